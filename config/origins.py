"""Each setting in force, as it may be shown, and where it comes from. Pure.

Secrets are never shown, not even in part or by their length.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

from config.lines import places
from config.load import SECTIONS
from config.logins import without_login
from config.schedule import Cron, Interval, format_duration
from config.variables import PREFIX
from config.write import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from dataclasses import Field

    from config.settings import BulletinSettings, Settings, SourceSettings

Path = tuple[str, ...]
Kind: TypeAlias = Literal["file", "environment", "default"]

HIDDEN = "(set, not shown)"
# Of headers that anybody may know; others may carry a key.
_OPEN_HEADERS = ("accept", "user-agent", "referer", "dnt", "cache-control")
# What a source has from its bulletin where it does not say otherwise.
_OF_THE_BULLETIN = ("time_zone", "language")
_TABLES = ("rules", "relays", "sources", "views")


@dataclass(frozen=True, slots=True)
class Origin:
    """A setting: its value as JSON (and TOML, but for tables) has it, and the place that says so.

    ``place`` is file and line, or the name of a variable, or empty for a default.
    """

    path: Path
    value: str
    kind: Kind
    place: str
    why: str
    is_secret: bool

    @property
    def key(self) -> str:
        """The dotted key."""
        return ".".join(self.path)


def origins(settings: Settings, text: str, environ: Mapping[str, str]) -> tuple[Origin, ...]:
    """Return every setting in force, in the order of the example configuration.

    ``text`` is that of the file from which the settings were loaded.
    """
    return tuple(_Finder(settings, places(text), environ).all())


class _Finder:
    """One pass over settings, with the lines of the keys that are given."""

    def __init__(
        self, settings: Settings, lines: Mapping[Path, int], environ: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._lines = lines
        self._environ = environ

    def all(self) -> Iterator[Origin]:
        for name in SECTIONS:
            yield from self._of((name,), getattr(self._settings, name))
        for relay in self._settings.mail.relays:
            yield from self._of(("mail", "relays", relay.name), relay)
        for channel in self._settings.alerts:
            yield from self._of(("alerts", channel.name), channel)
        for bulletin in self._settings.bulletins:
            yield from self._of_bulletin(bulletin)
        for merge in self._settings.merges:
            yield from self._of(("merges", merge.slug), merge)

    def _of_bulletin(self, bulletin: BulletinSettings) -> Iterator[Origin]:
        path = ("bulletins", bulletin.slug)
        yield from self._of(path, bulletin)
        for source in bulletin.sources:
            yield from self._of_source((*path, "sources", source.name), source)
        for view in bulletin.views:
            yield from self._of((*path, "views", view.name), view)
        for channel in bulletin.channels:
            yield from self._of((*path, "channels", channel.name), channel)

    def _of_source(self, path: Path, source: SourceSettings) -> Iterator[Origin]:
        yield from self._of(path, source)
        yield from self._of((*path, "rules"), source.rules)

    def _of(self, path: Path, owner: object) -> Iterator[Origin]:
        for field in fields(owner):  # type: ignore[arg-type] # each is one of the settings
            if "why" in field.metadata and field.name not in _TABLES:
                yield self._one(path, field, getattr(owner, field.name))

    def _one(self, path: Path, field: Field[object], value: object) -> Origin:
        key = (*path, "cron" if isinstance(value, Cron) else _key_of(field))
        kind, place = self._place(key)
        if kind == "default" and len(path) > 2 and field.name in _OF_THE_BULLETIN:  # noqa: PLR2004 - a source's
            kind, place = self._place((*path[:2], field.name))
        secret = bool(field.metadata["secret"])
        return Origin(
            key, shown(value, is_secret=secret), kind, place, field.metadata["why"], secret
        )

    def _place(self, key: Path) -> tuple[Kind, str]:
        variable = f"{PREFIX}{'_'.join(key)}".upper().replace("-", "_")
        for name in (variable, f"{variable}_FILE"):
            # One that sets nothing was refused when the settings were loaded.
            if name in self._environ:
                return "environment", name
        line = self._lines.get(key)
        return ("default", "") if line is None else ("file", f"{self._settings.path}:{line}")


def _key_of(field: Field[object]) -> str:
    return "every" if field.name == "schedule" else field.name


def shown(value: object, *, is_secret: bool) -> str:
    """Return a value as it may be shown, written as in TOML."""
    return literal((HIDDEN if value else "") if is_secret else _open(value))


def _open(value: object) -> object:
    """Return what may be known of a value, in a type that TOML has."""
    match value:
        case Interval():
            return format_duration(value.every)
        case Cron():
            return value.expression
        case dict():
            return {name: _header(name, text) for name, text in value.items()}
        case tuple():
            return tuple(_address(str(each)) for each in value)
        case str():
            return _address(value)
        case _:
            return value


def _address(text: str) -> str:
    return without_login(text) if "://" in text else text


def _header(name: str, text: str) -> str:
    return text if name.lower().startswith(_OPEN_HEADERS) else HIDDEN
