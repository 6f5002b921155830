"""Templates become text: the only door of Jinja2, shared by pages and mails.

An unknown variable is an error, and what ends in .html or .xml is escaped. Templates that did not
ship with us are text, not programs: where there are any, all run in a sandbox. What a template
marks for translation (``{% trans %}``, ``_()``, ``ngettext()``) stands in the language that its
variable ``language`` names, in English without one: that is what ``spoken()`` says, and ``ours()``
marks words of ours that stand in text of another language.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from feeds.languages import weekday_name
from feeds.render_bounds import bounded, sandbox
from feeds.translations import CatalogueError, Translations

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime, timedelta
    from zoneinfo import ZoneInfo

    from jinja2 import Template

_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ks ps sd ug ur yi".split())
_ESCAPED = (".html", ".xml")
_MEGABYTE = 1_000_000
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


class TemplateError(Exception):
    """A template cannot be rendered; the message names it, the line and the remedy."""


def package_templates(package: str) -> Path:
    """Return the folder of templates that ships with one of our packages."""
    return Path(str(files(package))) / "templates"


def package_translations(package: str) -> Path:
    """Return the folder of catalogues that ships with one of our packages."""
    return Path(str(files(package))) / "translations"


class Renderer:
    """Renders templates by name; of two with one name the one in the earlier folder is used.

    ``foreign`` is the folder of an operator's own, which comes before all others; catalogues may
    stand in its folder ``translations``. ``translations`` are the folders of ours.
    """

    def __init__(
        self, *folders: Path, foreign: Path | None = None, translations: tuple[Path, ...] = ()
    ) -> None:
        self._folders = (foreign, *folders) if foreign else folders
        own = (foreign / "translations",) if foreign else ()
        self.translations = Translations(*own, *translations)
        self._sandboxed = foreign is not None
        self._environment: Any = None

    def render(self, name: str, /, **values: object) -> str:
        """Return a template filled in. Raises TemplateError; then there is no text at all."""
        import jinja2

        try:
            found = self._template(name)
            rendered = bounded(found, values) if self._sandboxed else found.render(**values)
        except jinja2.TemplateSyntaxError as error:
            raise self._explained(error.name or name, error.lineno, str(error.message)) from error
        except jinja2.TemplateNotFound as error:
            raise self._explained(name, None, f"there is no template {error}") from error
        except CatalogueError as error:
            raise TemplateError(str(error)) from error
        except Exception as error:
            # A template can fail in every way that Python can; all of them are the template's.
            template, line = _place(error, name)
            raise self._explained(template, line, str(error) or type(error).__name__) from error
        return rendered

    def fingerprint(self) -> str:
        """Return a digest of all templates in use: what was rendered is stale when it moves."""
        digest = hashlib.sha256()
        for name, path in sorted(self._in_use().items()):
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        for path in self.translations.files():
            digest.update(path.read_bytes() + b"\0")
        return digest.hexdigest()

    def _in_use(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in reversed(self._folders):
            for path in folder.rglob("*"):
                if path.is_file() and not path.name.startswith("."):
                    found[path.relative_to(folder).as_posix()] = path
        return found

    def _template(self, name: str) -> Template:
        if self._environment is None:
            self._environment = _environment(
                self._folders, self.translations, sandboxed=self._sandboxed
            )
        template: Template = self._environment.get_template(name)
        return template

    def _explained(self, name: str, line: int | None, problem: str) -> TemplateError:
        path = self._in_use().get(name)
        place = f"{path or name}:{line}" if line else f"{path or name}"
        return TemplateError(
            f"{place}: {problem}; mend the template, or remove it from [site] templates to use ours"
        )


def _environment(folders: tuple[Path, ...], translations: Translations, *, sandboxed: bool) -> Any:  # noqa: ANN401 - the type is behind this door
    import jinja2

    kind = sandbox() if sandboxed else jinja2.Environment
    environment = kind(
        loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
        autoescape=lambda name: name is not None and name.endswith(_ESCAPED),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    _translate(environment, translations)
    filters: dict[str, Callable[..., str]] = {
        "day": day,
        "duration": duration,
        "instant": instant,
        "minute": minute,
        "size": size,
        "span": span,
        "weekday": weekday_name,
    }
    environment.filters.update(filters)
    environment.globals["direction"] = direction
    return environment


@lru_cache(maxsize=512)
def _marked(language: str, around: str) -> Markup:
    """Return the attributes of words of a language within text of another, none in its own.

    Who reads aloud or breaks lines must know where another language begins.
    """
    if language.partition("-")[0].lower() == around.partition("-")[0].lower():
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(language, direction(language))


def _translate(environment: Any, translations: Translations) -> None:  # noqa: ANN401 - as above
    """Let templates speak the language that their variable ``language`` names."""
    from jinja2 import pass_context

    @pass_context
    def message(context: Any, text: str) -> str:  # noqa: ANN401 - Jinja's
        return translations.message(str(context.get("language") or ""), text)

    @pass_context
    def counted(context: Any, one: str, many: str, number: int) -> str:  # noqa: ANN401 - Jinja's
        return translations.counted(str(context.get("language") or ""), one, many, number)

    @pass_context
    def spoken(context: Any) -> str:  # noqa: ANN401 - Jinja's
        return translations.best(str(context.get("language") or ""))

    @pass_context
    def ours(context: Any, around: str) -> Markup:  # noqa: ANN401 - Jinja's
        return _marked(spoken(context), around)

    environment.globals |= {"spoken": spoken, "ours": ours}
    environment.install_gettext_callables(message, counted, newstyle=True)


def _place(error: Exception, name: str) -> tuple[str, int | None]:
    """Find the template and the line in the traceback of an error."""
    place: tuple[str, int | None] = (name, None)
    trace = error.__traceback__
    while trace is not None:
        # Jinja has put frames of the templates' own files and lines in place of its code's.
        if "__jinja_exception__" in trace.tb_frame.f_globals:
            place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return place


@lru_cache(maxsize=512)
def day(value: date, language: str) -> str:
    """Write a day as people of a language write it: 14 September 2020."""
    from babel.dates import format_date

    return format_date(value, format="long", locale=_locale(language))


@lru_cache(maxsize=512)
def span(days: tuple[date, date], language: str) -> str:
    """Write the days from one to another, with years where they differ."""
    from babel.dates import format_interval

    first, last = days
    skeleton = "MMMMd" if first.year == last.year else "yMMMd"
    return format_interval(first, last, skeleton, locale=_locale(language))


def instant(value: datetime, zone: ZoneInfo, language: str) -> str:
    """Write an instant as people of a language write it, in a zone."""
    from babel.dates import format_datetime

    return format_datetime(value, format="medium", tzinfo=zone, locale=_locale(language))


def minute(value: datetime, zone: ZoneInfo, language: str) -> str:
    """Write an instant as people say it: without its seconds."""
    from babel.dates import format_date, format_time, get_datetime_format

    locale = _locale(language)
    # Apostrophes quote words of the pattern, such as the "at" between day and time.
    pattern = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    clock = format_time(value, "short", tzinfo=zone, locale=locale)
    return pattern.replace("{0}", clock).replace(
        "{1}", format_date(value.astimezone(zone), "medium", locale=locale)
    )


def duration(value: timedelta, language: str) -> str:
    """Write how long something takes as people of a language write it: 30 minutes."""
    from babel.units import format_unit

    seconds = int(value.total_seconds())
    unit, length = next((unit, each) for unit, each in _UNITS if seconds % each == 0)
    return format_unit(seconds // length, f"duration-{unit}", locale=_locale(language))


def size(count: int, language: str) -> str:
    """Write how large a file is as people of a language write it: 3.4 MB."""
    from babel.units import format_unit

    unit, value = ("megabyte", count / 1e6) if count >= _MEGABYTE else ("kilobyte", count / 1e3)
    rounded = max(round(value, 1 if unit == "megabyte" else 0), 1)
    return format_unit(rounded, unit, length="short", locale=_locale(language))


def direction(language: str) -> str:
    """Return rtl for languages that are written from right to left, else ltr."""
    return "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def _locale(language: str) -> str:
    """Return the name of the nearest locale that is known; British English where none is."""
    from babel import Locale, UnknownLocaleError

    # "en" alone would be American, and most of the world puts the day first.
    if language in {"", "en"}:
        return "en_GB"
    for name in (language, language.partition("-")[0]):
        try:
            return str(Locale.parse(name, sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return "en_GB"


@lru_cache(maxsize=512)
def month_of_year(value: date, language: str) -> str:
    """Write a month and its year as people of a language write them: September 2020."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", value, locale=_locale(language))


@lru_cache(maxsize=512)
def month_name(value: date, language: str) -> str:
    """Write a month without its year: September."""
    from babel.dates import format_date

    return format_date(value, "LLLL", locale=_locale(language))
