"""Templates that are not ours come to an end."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from config.settings import MailSettings
from feeds.render import Renderer, TemplateError, package_templates
from notifier.sample import try_digests, try_notices

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = MailSettings(sender="news@example.org")
LOOPS = [
    "\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "\n{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}",
    "\n{% for a in range(99999) %}{{ 'x' * 900 }}{% endfor %}",
    "\n{{ 'x' * 10000000000 }}",
    "\n{{ [1] * 10000000000 }}",
    "\n{{ 9 ** 99999999 }}",
    "\n{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "\n{% include 'page.html' %}",
    "\n{{ range(99999999) | list }}",
]


@pytest.mark.parametrize("text", LOOPS)
def test_an_endless_template_ends(tmp_path: Path, text: str) -> None:
    """It says where it was stopped, and nothing of it is used."""
    (tmp_path / "page.html").write_text(text)
    before = sys.gettrace()
    with pytest.raises(TemplateError) as caught:
        Renderer(foreign=tmp_path).render("page.html")

    assert str(caught.value).startswith(f"{tmp_path / 'page.html'}:")
    assert sys.gettrace() is before


def test_a_long_template_that_ends_is_rendered(tmp_path: Path) -> None:
    """The bounds are far from what a page of ten thousand items needs."""
    (tmp_path / "page.html").write_text(
        "{% for a in range(10000) %}\n<li>{{ a }}</li>\n{% if a %}{{ a * 2 }}{% endif %}\n"
        "{% endfor %}"
    )
    rendered = Renderer(foreign=tmp_path).render("page.html")

    assert rendered.count("<li>") == 10_000


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("notice/subject.txt", "{{ bulletin.titel }}", 1),
        ("notice/body.txt", "fine\n{% if kind == 'known' %}{{ nothing }}{% endif %}", 2),
        ("notice/body.html", "<p>\n{% for %}", 2),
        ("subject.txt", "{{ digest.titel }}", 1),
        ("body.txt", "fine\n{% if digest.more %}{{ nothing }}{% endif %}", 2),
        ("body.html", "<p>\n{% for one in digest.corrected %}\n{{ one.former }}{% endfor %}", 3),
        ("body.html", "<p>{% if not digest.health %}\n{{ digest.health.good }}{% endif %}", 2),
        ("body.html", "<p>{% for %}", 1),
    ],
)
def test_a_wrong_template_is_found_before_there_is_a_mail(
    tmp_path: Path, name: str, text: str, line: int
) -> None:
    """Also where the next mail would not have come by."""
    path = tmp_path / (name if "/" in name else f"digest/{name}")
    path.parent.mkdir()
    path.write_text(text)
    renderer = Renderer(package_templates("notifier"), foreign=tmp_path)
    attempt = try_notices if "notice" in name else try_digests

    with pytest.raises(TemplateError, match=re.escape(f"{path}:{line}: ")):
        attempt(SETTINGS, base_url="https://x.test", renderer=renderer)


def test_our_templates_have_all_that_they_ask_for() -> None:
    """A digest of everything, one of nothing but a title, and every notice."""
    renderer = Renderer(package_templates("notifier"))

    for attempt in (try_digests, try_notices):
        attempt(SETTINGS, base_url="https://x.test", renderer=renderer)
