"""In which time zone a page's days probably begin, by the country of its address. Pure."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

# Where nearly everybody lives in one of several zones.
_MAIN = {
    "cl": "America/Santiago",
    "cn": "Asia/Shanghai",
    "de": "Europe/Berlin",
    "ec": "America/Guayaquil",
    "es": "Europe/Madrid",
    "my": "Asia/Kuala_Lumpur",
    "nz": "Pacific/Auckland",
    "pt": "Europe/Lisbon",
    "ua": "Europe/Kyiv",
    "uk": "Europe/London",
}
# Names of countries that are taken for other things by everybody.
_ELSEWHERE = frozenset(
    "ag ai am as bz cc cd co fm gg im io is la ly me ms nu pw sh st to tv ws".split()
)


def guess_zone(url: str, otherwise: str = "UTC") -> str:
    """Return the zone of the country that an address names, where that is plain enough.

    ``otherwise`` is what is taken where it is not, such as the zone of who asks.
    """
    country = (urlsplit(url).hostname or "").rpartition(".")[2].lower()
    found = _MAIN.get(country) or ("" if country in _ELSEWHERE else _only_zones().get(country, ""))
    return next((zone for zone in (found, otherwise) if is_zone(zone)), "UTC")


def is_zone(name: str) -> bool:
    """Tell whether a time zone has this name."""
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (LookupError, ValueError, OSError):
        return False


@lru_cache(maxsize=1)
def all_zones() -> tuple[str, ...]:
    """Return the names of all time zones, to choose from; they are looked for on disk, once."""
    return tuple(sorted(available_timezones()))


@lru_cache(maxsize=1)
def _only_zones() -> dict[str, str]:
    """Return the zone of each country that has one only, by the table of the zones' own authors."""
    zones: dict[str, list[str]] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones.setdefault(country.lower(), []).append(zone)
    return {country: names[0] for country, names in zones.items() if len(names) == 1}
