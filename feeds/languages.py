"""Names of languages and weekdays, as people of a language write them."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=64)
def language_name(tag: str) -> str:
    """Return what a language calls itself: español; the tag where nobody knows."""
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(tag, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return tag
    return name or tag


@lru_cache(maxsize=256)
def weekday_name(weekday: str, language: str) -> str:
    """Return the name of mon, tue ... in a language."""
    from babel import Locale, UnknownLocaleError

    number = "mon tue wed thu fri sat sun".split().index(weekday)
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    return str(locale.days["stand-alone"]["wide"][number])
