"""TOML and environment become settings; whatever is wrong is said at once, with its line.

A value in the environment (``TIDINGS_MAIL_HOST``, or the file named by
``TIDINGS_MAIL_PASSWORD_FILE``) wins over the file.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from config.bounce_settings import BounceSettings
from config.convert import CONVERTERS, Unfit, describe
from config.desk_settings import DeskSettings
from config.feeds import feed_problems
from config.lines import line_of
from config.load_channels import ChannelLoader
from config.places import resolved
from config.schedule import Cron, Interval, Schedule
from config.selection_settings import MergeSettings, ViewSettings
from config.settings import (
    BucketSettings,
    BulletinSettings,
    FetchSettings,
    MailSettings,
    RelaySettings,
    RuleSettings,
    ServerSettings,
    Settings,
    SiteSettings,
    SourceSettings,
    StoreSettings,
)
from config.slugs import slug_problem, source_problem
from config.variables import PREFIX, variables_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTIONS: dict[str, type] = {
    "store": StoreSettings,
    "site": SiteSettings,
    "bucket": BucketSettings,
    "server": ServerSettings,
    "fetch": FetchSettings,
    "mail": MailSettings,
    "bounces": BounceSettings,
    "desk": DeskSettings,
}
# Keys of a source in TOML that stand for one field, its schedule.
_SCHEDULE_KEYS = ("every", "cron")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: ``place`` is file and line, or the name of a variable."""

    place: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.key, self.message) if part)

    def without_line(self) -> Problem:
        """Return it without its line, for a text that does not stand in its file."""
        return replace(self, place=re.sub(r":\d+$", "", self.place))


class ConfigError(Exception):
    """The configuration cannot be used; ``problems`` holds all that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a configuration file and the environment.

    Raises ConfigError.
    """
    return parse(_read(path), path, environ)


def parse(text: str, path: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a configuration that stands, or will stand, at a path.

    Raises ConfigError.
    """
    loader = _Loader(path, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError((_broken(path, text, error),)) from error
    settings = loader.settings(document, environ)
    if loader.problems:
        raise ConfigError(tuple(loader.problems))
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = "no such file; make one with: tidings init URL, or name yours with --config"
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 at byte {error.start}; save it as UTF-8"
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
    raise ConfigError((Problem(str(path), "", message),))


def _broken(path: Path, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    """Turn the parser's "... (at line 3, column 5)" into a place."""
    reason, _, place = str(error).rpartition(" (at ")
    # The other place that it names is the "end of document".
    line = "".join(c for c in place.partition(",")[0] if c.isdigit()) or text.count("\n") + 1
    return Problem(
        f"{path}:{line}", "", f'not TOML: {reason or error}; strings want quotes: title = "News"'
    )


class _Loader:
    """One pass over a document, which gathers every problem that it meets."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._overrides: dict[str, dict[str, tuple[str, str]]] = {}
        self.problems: list[Problem] = []

    def settings(self, document: dict[str, Any], environ: Mapping[str, str]) -> Settings:
        self._refuse_unknown((), document, [*SECTIONS, "alerts", "bulletins", "merges"])
        channels = ChannelLoader(self, environ)
        self._overrides = self._environment(environ, document)
        sections = {
            name: self._section(name, section, document) for name, section in SECTIONS.items()
        }
        bulletins = self.table(("bulletins",), document)
        loaded = [
            bulletin
            for slug in bulletins
            if (bulletin := self._bulletin(slug, bulletins, channels)) is not None
        ]
        merges = tuple(
            self._merge(slug, self.table(("merges",), document))
            for slug in self.table(("merges",), document)
        )
        settings = Settings(
            path=self._path,
            **sections,
            alerts=channels.of_operator(document),
            bulletins=tuple(loaded),
            merges=merges,
        )
        channels.refuse_unknown()
        for path, message in feed_problems(settings):
            self.note(path, message)
        return resolved(settings, self._path.absolute().parent)

    # --- sections and their keys -----------------------------------------------------------

    def _section(self, name: str, section: type, document: dict[str, Any]) -> Any:  # noqa: ANN401 - one of the section classes
        table = self.table((name,), document)
        values = self.values((name,), section, table)
        if section is MailSettings:
            values["relays"] = self._relays(table)
        self._override(name, section, values)
        return section(**values)

    def _override(self, place: str, owner: type, values: dict[str, Any]) -> None:
        """Put what the environment says of a table in the place of what it says itself."""
        hints = get_type_hints(owner, include_extras=True)
        for key, (variable, text) in self._overrides.get(place, {}).items():
            try:
                values[key] = CONVERTERS[hints[key]].from_text(text)
            except Unfit as error:
                said = "the value" if _is_secret(owner, key) else describe(text)
                self.problems.append(Problem(variable, "", f"found {said}, allowed is {error}"))

    def values(
        self,
        path: tuple[str, ...],
        owner: type,
        table: dict[str, Any],
        *,
        also: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Return the fields of a class that a table gives, converted; note what does not fit."""
        hints = get_type_hints(owner, include_extras=True)
        settable = [field.name for field in fields(owner) if "why" in field.metadata]
        known = [name for name in settable if hints[name] in CONVERTERS]
        others = [name for name in settable if name not in known and name != "schedule"]
        self._refuse_unknown(path, table, [*known, *others, *also])
        values: dict[str, Any] = {}
        for name in known:
            # A source's empty key says that the bulletin's own counts.
            if name not in table or (owner is SourceSettings and table[name] == ""):
                continue
            try:
                values[name] = CONVERTERS[hints[name]].from_toml(table[name])
            except Unfit as error:
                found = "the value" if _is_secret(owner, name) else describe(table[name])
                self.note((*path, name), f"found {found}, allowed is {error}")
        return values

    def _relays(self, mail: dict[str, Any]) -> tuple[RelaySettings, ...]:
        """Return the further relays in their order; one without a host is none."""
        path = ("mail", "relays")
        tables = self.table(path, mail)
        loaded = []
        for name in tables:
            values = self.values((*path, name), RelaySettings, self.table((*path, name), tables))
            self._override(_dotted((*path, name)), RelaySettings, values)
            loaded.append(RelaySettings(name=name, **values))
        return tuple(relay for relay in loaded if relay.host)

    # --- bulletins and sources -------------------------------------------------------------

    def _bulletin(
        self, slug: str, bulletins: dict[str, Any], channels: ChannelLoader
    ) -> BulletinSettings | None:
        path = ("bulletins", slug)
        table = self.table(path, bulletins)
        if problem := slug_problem(slug):
            self.note(path, problem)
        values = self.values(path, BulletinSettings, table, also=("sources", "views", "channels"))
        if table.get("title", "") == "":
            self.note(path, 'needs a title, such as title = "Harbour news"')
        sources = self.table((*path, "sources"), table)
        if not sources and not values.get("ended"):
            self.note(path, f"needs a source: a table [bulletins.{slug}.sources.main] with a url")
        bulletin = BulletinSettings(slug=slug, **{"title": "", **values})
        loaded = tuple(self._source(bulletin, name, sources) for name in sources)
        link = bulletin.link or next((source.location for source in loaded if source.url), "")
        views = self.table((*path, "views"), table)
        return replace(
            bulletin,
            link=link,
            sources=loaded,
            views=tuple(
                ViewSettings(
                    bulletin=slug,
                    name=name,
                    **self._titled((*path, "views", name), ViewSettings, views),
                )
                for name in views
            ),
            channels=channels.of_bulletin(slug, table),
        )

    def _merge(self, slug: str, merges: dict[str, Any]) -> MergeSettings:
        values = self._titled(("merges", slug), MergeSettings, merges)
        return MergeSettings(slug=slug, **{"bulletins": (), **values})

    def _titled(self, path: tuple[str, ...], owner: type, parent: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a table that must have a title."""
        table = self.table(path, parent)
        values = self.values(path, owner, table)
        if table.get("title", "") == "":
            self.note(path, 'needs a title, such as title = "Ferries"')
        return {"title": "", **values}

    def _source(
        self, bulletin: BulletinSettings, name: str, sources: dict[str, Any]
    ) -> SourceSettings:
        path = ("bulletins", bulletin.slug, "sources", name)
        if problem := source_problem(name):
            self.note(path, problem)
        table = self.table(path, sources)
        values = self.values(path, SourceSettings, table, also=_SCHEDULE_KEYS)
        if (table.get("url", "") == "") == (table.get("file", "") == ""):
            self.note(path, "needs either a url or a file")
        rules = self.table((*path, "rules"), table)
        source = SourceSettings(
            bulletin=bulletin.slug,
            name=name,
            rules=RuleSettings(**self.values((*path, "rules"), RuleSettings, rules)),
            headers=self._headers((*path, "headers"), table),
            **{
                "time_zone": bulletin.time_zone,
                "language": bulletin.language,
                **values,
            },
        )
        schedule = self._schedule(path, table)
        return replace(source, schedule=schedule) if schedule else source

    def _schedule(self, path: tuple[str, ...], table: dict[str, Any]) -> Schedule | None:
        given = [key for key in _SCHEDULE_KEYS if key in table]
        if len(given) == len(_SCHEDULE_KEYS):
            self.note(path, "has every and cron; give one of them")
        for key in given:
            try:
                converted: Schedule = (
                    Interval(CONVERTERS[Interval].from_toml(table[key]))
                    if key == "every"
                    else CONVERTERS[Cron].from_toml(table[key])
                )
            except Unfit as error:
                self.note((*path, key), f"found {describe(table[key])}, allowed is {error}")
            else:
                return converted
        return None

    def _headers(self, path: tuple[str, ...], table: dict[str, Any]) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, value in self.table(path, table).items():
            # Of the characters of a header, only ASCII means the same everywhere (RFC 9110, 5.5).
            fits = isinstance(value, str) and value.isascii() and value.isprintable()
            if fits and name.isascii() and name.replace("-", "").isalnum():
                headers[name] = value
            else:
                self.note((*path, name), "allowed is a header name with ASCII text on one line")
        return headers

    # --- environment, paths, problems ------------------------------------------------------

    def _environment(
        self, environ: Mapping[str, str], document: dict[str, Any]
    ) -> dict[str, dict[str, tuple[str, str]]]:
        """Return what the environment sets: section, key, and the variable with its text."""
        variables = variables_of(SECTIONS, document)
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for variable in sorted(environ):
            if not variable.startswith(tuple(f"{PREFIX}{s.upper()}_" for s in SECTIONS)):
                continue
            plain = variable if variable in variables else variable.removesuffix("_FILE")
            if plain not in variables:
                near = get_close_matches(variable, variables, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.problems.append(Problem(variable, "", f"unknown variable{hint}"))
                continue
            if plain != variable and plain in environ:
                self.problems.append(Problem(variable, "", f"{plain} is set too; give one of them"))
                continue
            text = environ[variable] if plain == variable else self.file(variable, environ)
            section, key = variables[plain]
            if text is not None:
                found.setdefault(section, {})[key] = (variable, text)
        return found

    def file(self, variable: str, environ: Mapping[str, str]) -> str | None:
        """Return the text of the file that a variable names; None, and a note, where none is."""
        try:
            return Path(environ[variable]).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            self.problems.append(
                Problem(variable, "", f"{environ[variable]}: cannot be read ({reason})")
            )
            return None

    def table(self, path: tuple[str, ...], parent: dict[str, Any]) -> dict[str, Any]:
        """Return a table within another; none, and a note, where something else stands there."""
        table = parent.get(path[-1], {})
        if isinstance(table, dict):
            return table
        self.note(path, f"found {describe(table)}, allowed is a table: [{_dotted(path)}]")
        return {}

    def _refuse_unknown(
        self, path: tuple[str, ...], table: dict[str, Any], known: list[str]
    ) -> None:
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                self.note((*path, key), f"unknown key{hint} Known: {', '.join(sorted(known))}")

    def note_variable(self, variable: str, message: str) -> None:
        """Note what is wrong with a variable."""
        self.problems.append(Problem(variable, "", message))

    def note(self, path: tuple[str, ...], message: str) -> None:
        """Note what is wrong with a key."""
        line = line_of(self._text, path)
        place = f"{self._path}:{line}" if line else str(self._path)
        self.problems.append(Problem(place, _dotted(path), message))


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(path)


def _is_secret(owner: type, name: str) -> bool:
    return any(f.name == name and f.metadata.get("secret") for f in fields(owner))
