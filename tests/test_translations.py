"""The words of pages and mails in other languages: all there, and with the same blanks to fill."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from feeds.render import Renderer, TemplateError, package_templates, package_translations
from feeds.translations import Translations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("feeds", "notifier")
CATALOGUES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package / "translations").glob("*/LC_MESSAGES/tidings.po"))
]
BLANK = re.compile(r"%\((\w+)\)s|%%|%")
Messages = str | tuple[str, ...]


def extracted(package: str) -> set[Messages]:
    """Return every message of the templates of a package."""
    kinds = {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}}
    return {
        message
        for _, _, message, _, _ in extract_from_dir(
            ROOT / package / "templates",
            method_map=[(kind, "jinja2") for kind in kinds],
            options_map={kind: options | {"silent": "false"} for kind, options in kinds.items()},
            keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
        )
    }


def catalogue(path: Path) -> Catalog:
    """Read one."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def name(path: Path) -> str:
    """Name a catalogue by its package and language."""
    return f"{path.relative_to(ROOT).parts[0]}-{path.parent.parent.name}"


def forms(message: Iterable[str] | None) -> tuple[str, ...]:
    """Return the forms of a message: one, or one for each number."""
    return (message,) if isinstance(message, str) else tuple(message or ())


@pytest.mark.parametrize("package", PACKAGES)
def test_the_promised_languages_are_there(package: str) -> None:
    """English needs no catalogue: it is what the templates say."""
    translations = Translations(package_translations(package))

    assert translations.languages() == ("en", "es", "fr", "pt")


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_catalogue_says_all_that_templates_say_and_nothing_else(path: Path) -> None:
    """No reader meets a sentence in a language that is not theirs."""
    messages = [message for message in catalogue(path) if message.id]

    assert {
        message.id if isinstance(message.id, str) else tuple(message.id) for message in messages
    } == extracted(path.relative_to(ROOT).parts[0])
    assert [message.id for message in messages if message.fuzzy] == []
    assert [message.id for message in messages if not all(forms(message.string))] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_translation_has_the_blanks_of_its_message(path: Path) -> None:
    """A name that is missing or misspelt would break the page that says it."""
    for message in catalogue(path):
        known = {name for form in forms(message.id) for name in BLANK.findall(form)}
        for form in forms(message.string):
            assert set(BLANK.findall(form)) == known or isinstance(message.id, tuple), message.id
            assert set(BLANK.findall(form)) <= known, message.id


def render(tmp_path: Path, template: str, **values: object) -> str:
    """Render one template of an operator's own."""
    (tmp_path / "page.html").write_text(template)
    (tmp_path / "translations" / "nl" / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    (tmp_path / "translations" / "nl" / "LC_MESSAGES" / "tidings.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n'
        'Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
        'msgid "Hello %(name)s"\nmsgstr "Dag %(name)s"\n'
        'msgid "%(num)s ship"\nmsgid_plural "%(num)s ships"\n'
        'msgstr[0] "%(num)s schip"\nmsgstr[1] "%(num)s schepen"\n'
    )
    renderer = Renderer(
        package_templates("feeds"),
        foreign=tmp_path,
        translations=(package_translations("notifier"),),
    )
    return renderer.render("page.html", **values)


@pytest.mark.parametrize(
    ("language", "said"),
    [("nl", "Dag &lt;b&gt;"), ("nl-BE", "Dag &lt;b&gt;"), ("xx", "Hello &lt;b&gt;"), ("", "Hello")],
)
def test_a_template_speaks_the_language_it_is_given(
    tmp_path: Path, language: str, said: str
) -> None:
    """The nearest that there is, English else; and what is filled in is escaped."""
    text = "{% trans name=name %}Hello {{ name }}{% endtrans %}"

    assert said in render(tmp_path, text, language=language, name="<b>")


@pytest.mark.parametrize(("ships", "said"), [(1, "1 schip"), (3, "3 schepen")])
def test_numbers_choose_the_form_of_their_language(tmp_path: Path, ships: int, said: str) -> None:
    """By the rule that the catalogue states."""
    text = '{{ ngettext("%(num)s ship", "%(num)s ships", ships) }}'

    assert render(tmp_path, text, language="nl", ships=ships) == said


def test_a_template_that_names_no_language_is_english(tmp_path: Path) -> None:
    """As all were before there were catalogues."""
    assert render(tmp_path, '{{ _("Unsubscribe") }}') == "Unsubscribe"


def test_a_broken_catalogue_is_named(tmp_path: Path) -> None:
    """With its file; nothing is rendered half."""
    render(tmp_path, "fine")
    path = tmp_path / "translations" / "nl" / "LC_MESSAGES" / "tidings.po"
    path.write_text('msgid "unended\n')
    renderer = Renderer(foreign=tmp_path)
    (tmp_path / "page.html").write_text('{{ _("Hello") }}')

    with pytest.raises(TemplateError, match=re.escape(str(path))):
        renderer.render("page.html", language="nl")


def test_a_changed_catalogue_makes_what_was_rendered_stale(tmp_path: Path) -> None:
    """Pages are written anew when their words are."""
    render(tmp_path, "fine")
    before = Renderer(foreign=tmp_path).fingerprint()
    path = tmp_path / "translations" / "nl" / "LC_MESSAGES" / "tidings.po"
    path.write_text(path.read_text().replace("Dag", "Hoi"))

    assert Renderer(foreign=tmp_path).fingerprint() != before
