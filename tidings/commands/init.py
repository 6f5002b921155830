"""``tidings init``: from an address to a working configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from config.edit import add_tables
from config.load import ConfigError
from config.logins import without_login
from config.slugs import slug_problem, suggest_slug
from config.write import bulletin_toml, example_configuration, new_configuration
from feeds.text import language_tag
from tidings.app import load_settings
from tidings.cli import FAILED, OK, USAGE, CommandError
from tidings.commands.preview import show_entries
from tidings.configuring import read_text, write_text
from tidings.looking import look, own_feed
from tidings.options import check_options
from tidings.terminal import progress, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Container

    from config.settings import Settings
    from tidings.looking import Look


def run(options: argparse.Namespace) -> int:
    """Read the page, show what was found, and write or extend the configuration."""
    if options.example:
        say(example_configuration().rstrip())
        return OK
    if not options.source:
        raise CommandError("init wants the address of a page or the path of a file", code=USAGE)
    settings = load_settings(options.config) if options.config.exists() else None
    check_options(options)
    if options.slug:
        _check_slug(options, settings)
    with progress(f"reading {without_login(options.source)}"):
        seen = look(
            options.source,
            kind=options.kind,
            language=options.language,
            time_zone=options.time_zone,
        )
    if not options.page:
        seen = _feed_instead(seen, options)
    if seen.reading.problem:
        raise CommandError(f"{seen.location}: {seen.reading.problem}", code=FAILED)
    show_entries(seen.reading)
    slug = _slug(options, settings, seen)
    table = bulletin_toml(
        slug=slug,
        title=options.title or seen.reading.title or slug.replace("-", " ").capitalize(),
        language=options.language or language_tag(seen.reading.language) or "en",
        time_zone=options.time_zone,
        url=seen.url,
        file=_relative(options, seen),
        kind=options.kind,
        every=options.every,
        found_rules=seen.rules(),
    )
    _write(options, table, is_new=settings is None)
    _tell(options, slug, seen)
    return OK


def _feed_instead(seen: Look, options: argparse.Namespace) -> Look:
    """Return the first feed that the page names and that has items; else what was seen."""
    feed = own_feed(
        seen, lambda address: look(address, language=options.language, time_zone=options.time_zone)
    )
    if feed is None:
        return seen
    say(f"the page names a feed, which is read instead: {feed.location}")
    say("(to read the page itself: --page)")
    return feed


def _check_slug(options: argparse.Namespace, settings: Settings | None) -> None:
    if problem := slug_problem(options.slug):
        raise CommandError(f"--slug: {problem}", code=USAGE)
    if settings is not None and settings.bulletin(options.slug) is not None:
        raise CommandError(
            f"{options.config} has a bulletin {options.slug!r} already; choose another --slug",
            code=USAGE,
        )


def _slug(options: argparse.Namespace, settings: Settings | None, seen: Look) -> str:
    """Return the slug that was asked for, or one made of the title or the address."""
    taken: Container[str] = (
        {bulletin.slug for bulletin in settings.bulletins} if settings else frozenset()
    )
    slug: str = options.slug
    return slug or suggest_slug(options.title or seen.reading.title or seen.page_url, taken)


def _relative(options: argparse.Namespace, seen: Look) -> str:
    """Return the file's path as the configuration reads it: relative to its own folder."""
    if seen.file is None:
        return ""
    return os.path.relpath(seen.file.resolve(), options.config.resolve().parent)


def _write(options: argparse.Namespace, table: str, *, is_new: bool) -> None:
    """Write the configuration, once it was seen that it can be used."""
    seen = read_text(options.config)
    text = new_configuration(table) if is_new else add_tables(seen.text, table)
    try:
        write_text(options.config, text, seen=seen.digest, environ=os.environ)
    except ConfigError as error:
        # Lines of a text that is not written help nobody.
        problems = "; ".join(str(problem.without_line()) for problem in error.problems)
        raise CommandError(
            f"nothing was written, for it could not be used: {problems}", code=USAGE
        ) from error


def _tell(options: argparse.Namespace, slug: str, seen: Look) -> None:
    reading = seen.reading
    dated = sum(entry.when is not None for entry in reading.entries)
    say()
    say(f"{len(reading.entries)} items found, {dated} with a date; read as {reading.method}")
    say(f"written to {options.config} as [bulletins.{slug}]; next:")
    say(f"  tidings check {slug}          read it, store it, publish the feeds")
    say("  tidings run                  do so on schedule, and serve the pages")
    say(f"  tidings subscribers add ADDRESS {slug}")
