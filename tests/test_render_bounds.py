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
BIG = "{% set a = 'x' * 999999 %}"
TWICE = "".join("{% set a = [a, a] %}" for _ in range(60))
# One filter, operator, call or format that would fill the memory, or take for ever.
SINGLE = [
    "{{ 'x' | center(1000000000) }}",
    "{{ 'x'.center(1000000000) }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ 'x'.encode().zfill(1000000000) }}",
    "{{ '\t'.expandtabs(1000000000) }}",
    "{{ (1).to_bytes(1000000000, 'big') }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%.1000000000f' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ ('%9999d' * 9999) % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{w}}'.format(1, w=1000000000) }}",
    "{{ '{a:1000000000}'.format_map({'a': 1}) }}",
    "{{ _('%(a)1000000000d', a=1) }}",
    "{{ 'x' | indent(1000000000, first=true) }}",
    BIG + r"{{ ('\n' * 99999) | indent(a, blank=true) }}",
    "{{ 'xx' | wordwrap(1000000000) }}",
    BIG + "{{ a | wordwrap(1, wrapstring=a) }}",
    BIG + "{{ a | replace('', a) }}",
    BIG + "{{ a.replace('x', a) }}",
    BIG + "{{ range(99999) | join(a) }}",
    BIG + "{{ a.join('yyyyyyyyy') }}",
    "{{ range(99999) | map('center', 9999) | join }}",
    "{{ [1] | batch(1000000000, 'x') | list }}",
    "{{ [1] | slice(1000000000) | list }}",
    "{{ {'a': 1} | tojson(indent=1000000000) }}",
    BIG + "{% set b = a ~ a ~ a ~ a ~ a ~ a %}",
    BIG + "{% set b = a + a + a + a + a + a %}",
    "{% set a = [] %}" + TWICE + "{{ a }}",
    "{% set a = 1 %}" + TWICE.replace("[a, a]", "dict(a=a, b=a)") + "{{ a == a }}",
    "{% set a = 99 %}" + TWICE.replace("[a, a]", "a * a"),
    BIG + "{% set b %}{% for n in range(99) %}{{ a }}{% endfor %}{% endset %}",
    BIG + "{% for n in range(99999) %}{% if 'yy' in a %}{% endif %}{% endfor %}",
    BIG + "{% for n in range(99999) %}{% if a[1:] is number %}{% endif %}{% endfor %}",
    "{% for n in range(99999) %}{% set b = range(99999) | sum %}{% endfor %}",
    "{{ lipsum(1000000000) }}",
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


@pytest.mark.parametrize("text", SINGLE)
def test_nothing_that_a_template_does_at_once_is_without_bounds(tmp_path: Path, text: str) -> None:
    """It is refused with its place, before it is done."""
    (tmp_path / "page.html").write_text(f"fine\n{text}")

    with pytest.raises(TemplateError, match=re.escape(f"{tmp_path / 'page.html'}:2: ")):
        Renderer(foreign=tmp_path).render("page.html")


def test_what_templates_do_to_mails_is_far_from_the_bounds(tmp_path: Path) -> None:
    """Wrapped, centred, joined and formatted as by others; a text of a megabyte passes through."""
    (tmp_path / "page.txt").write_text(
        "{{ text | wordwrap(72) | indent(4) }}{{ 'News' | center(72) }}{{ '%5d' % 7 }}"
        "{{ '{:>8.2f}'.format(1.5) }}{{ '%s: %s' | format(1, 2) }}{{ [1, [2, 3]] | join(', ') }}"
        "{{ range(3) | map('string') | list }}{{ long }}{% set a, b = 1, 2 %}{{ a ~ b }}"
        "{{ 1 < 2 <= 2 and 'a' in text }}{{ text[:9] }}{% set ns = namespace(n=0) %}"
        "{% for x in range(3) %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}"
    )
    values = {"text": "some words " * 900, "long": "x" * 1_000_000}

    foreign = Renderer(foreign=tmp_path).render("page.txt", **values)

    assert foreign == Renderer(tmp_path).render("page.txt", **values)


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
