"""A draft becomes configuration: a new bulletin, or the rules of a source that there is."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_type_hints

from config.convert import CONVERTERS, Unfit
from config.edit import EditError, add_tables, set_value
from config.kinds import Language
from config.logins import without_login
from config.settings import RuleSettings
from config.slugs import slug_problem
from config.write import bulletin_toml, given_rules, new_configuration
from feeds.text import clean_text
from tidings.cli import CommandError
from tidings.configuring import read_text, write_text
from tidings.desk.zone_guess import is_zone
from tidings.errors import expected
from tidings.looking import Look

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from feeds.model import Reading
    from tidings.desk.draft import Draft, Form
    from tidings.desk.visit import Desk, Visit

# How often a page may be read, as the form offers it.
PAUSES = {
    "15m": "every 15 minutes",
    "30m": "every 30 minutes",
    "1h": "every hour",
    "3h": "every 3 hours",
    "6h": "every 6 hours",
    "12h": "twice a day",
    "1d": "once a day",
}
_LONGEST_TITLE = 300
_LONGEST_RULE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What somebody filled in, and what is wrong with it by field; good where nothing is."""

    form: Form
    problems: Mapping[str, str]


def checked_form(fields: Mapping[str, str], former: Form, taken: frozenset[str]) -> Checked:
    """Read a form; what is wrong in it stays as it was where a page has to be read by it."""
    problems: dict[str, str] = {}
    form = replace(
        former,
        title=clean_text(fields.get("title", former.title))[:_LONGEST_TITLE],
        slug=fields.get("slug", former.slug).strip().lower()[:_LONGEST_TITLE],
    )
    if not form.title:
        problems["title"] = "Give it a title: it stands above its pages and in its mails."
    if problem := taken_problem(form.slug, taken):
        problems["slug"] = problem
    language = fields.get("language", former.language).strip()
    try:
        form = replace(form, language=CONVERTERS[Language].from_text(language) or "en")
    except Unfit as error:
        problems["language"] = f"Allowed is {error}."
    zone = fields.get("time_zone", former.time_zone).strip()
    if is_zone(zone):
        form = replace(form, time_zone=zone)
    else:
        problems["time_zone"] = "There is no such time zone; write it as Europe/Lisbon."
    every = fields.get("every", former.every)
    form = replace(form, every=every if every in PAUSES else former.every)
    return Checked(form=form, problems=problems)


def taken_problem(slug: str, taken: frozenset[str]) -> str:
    """Say why a new bulletin cannot have a name; empty where it can."""
    if not slug:
        return "Give it a name: it becomes part of its addresses."
    if problem := slug_problem(slug):
        return f"{problem[0].upper()}{problem[1:]}."
    return f"“{slug}” is taken; choose another name." if slug in taken else ""


def rules_from(fields: Mapping[str, str]) -> RuleSettings:
    """Return the rules that somebody wrote. Raises CommandError for one that cannot be used."""
    values = {}
    for name, kind in get_type_hints(RuleSettings, include_extras=True).items():
        text = fields.get(name, "").strip()[:_LONGEST_RULE]
        try:
            values[name] = CONVERTERS[kind].from_text(text) if text else ""
        except Unfit as error:
            raise CommandError(f"{name}: found {text!r}, allowed is {error}") from error
    return RuleSettings(**values)


def found_rules(draft: Draft, reading: Reading) -> dict[str, str]:
    """Return the rules by which a page was read by itself; none where it was not."""
    if given_rules(draft.rules):
        return {}
    source = draft.source()
    look = Look(
        location=source.location,
        url=source.url,
        page_url=draft.page.url,
        file=source.file,
        zone=source.time_zone,
        reading=reading,
        page=draft.page,
        language=source.language,
    )
    return look.rules()


def save_new(desk: Desk, visit: Visit, draft: Draft, reading: Reading) -> str:
    """Write a new bulletin into the configuration and put it in force.

    Returns why it is not in force yet, empty where it is. Raises what ``write_text`` raises; a
    text that cannot be used is not written.
    """
    form, rules = draft.form, given_rules(draft.rules)
    table = bulletin_toml(
        slug=form.slug,
        title=form.title,
        language=form.language,
        time_zone=form.time_zone,
        url=draft.url,
        every=form.every,
        found_rules=found_rules(draft, reading),
    )
    told = {
        "title": form.title,
        "language": form.language,
        "time_zone": form.time_zone,
        "url": without_login(draft.url),
        "every": form.every,
        "rules": rules,
    }
    with desk.change(visit, "new bulletin", form.slug) as change:
        path = desk.app.settings.path
        seen = read_text(path)
        text = _added(seen.text, table)
        if rules:
            text = _with_rules(text, form.slug, "main", rules)
        write_text(path, text, seen=seen.digest, environ=os.environ)
        change.after = told
        return _renew(desk, path)


def save_rules(desk: Desk, visit: Visit, draft: Draft, before: RuleSettings) -> str:
    """Write the rules of a source into the configuration and put them in force, as above."""
    slug, name = draft.of
    rules = given_rules(draft.rules)
    with desk.change(visit, "rules", f"{slug}/{name}", before=given_rules(before)) as change:
        path = desk.app.settings.path
        seen = read_text(path)
        text = _with_rules(seen.text, slug, name, rules)
        write_text(path, text, seen=seen.digest, environ=os.environ)
        change.after = rules
        return _renew(desk, path)


def _added(text: str, table: str) -> str:
    if not text.strip():
        return new_configuration(table)
    try:
        return add_tables(text, table)
    except EditError as error:
        raise CommandError(f"nothing was written: {error}") from error


def _with_rules(text: str, slug: str, name: str, rules: dict[str, str]) -> str:
    try:
        return set_value(text, ("bulletins", slug, "sources", name, "rules"), dict(rules))
    except EditError as error:
        raise CommandError(f"nothing was written: {error}") from error


def _renew(desk: Desk, path: Path) -> str:
    """Put it in force; return why that could not be, for what is written stays written."""
    try:
        desk.renew()
    except Exception as error:
        message = expected(error)
        if message is None:
            raise
        return f"{path} was written, but is not in force yet: {message}"
    return ""
