"""Catalogues of translated words: which languages there are, and what a message is in one.

Catalogues are text (.po), as translators keep them, and are read when a language is first asked
for. A language without a catalogue, and a message that one lacks, are answered in English, which
is the language of the messages themselves.
"""

from __future__ import annotations

import gettext
import threading
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ENGLISH = "en"
_CATALOGUE = "LC_MESSAGES/tidings.po"


class CatalogueError(Exception):
    """A catalogue cannot be read; the message names it and the remedy."""


class Translations:
    """The catalogues of some folders; of two for one language the earlier folder's speaks first."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._read: dict[str, gettext.NullTranslations] = {}
        self._guard = threading.Lock()

    def languages(self) -> tuple[str, ...]:
        """Return the languages that there are, by tag: en, es, pt-BR."""
        found = {path.parent.parent.name.replace("_", "-") for path in self.files()}
        return tuple(sorted(found | {ENGLISH}))

    def files(self) -> tuple[Path, ...]:
        """Return the catalogues, so that what was rendered can be told stale when one changes."""
        return tuple(
            path for folder in self._folders for path in sorted(folder.glob(f"*/{_CATALOGUE}"))
        )

    def best(self, *wanted: str) -> str:
        """Return the first wanted language that there is, "pt" for "pt-BR"; English where none."""
        for tag in wanted:
            folded = tag.strip().replace("_", "-").casefold()
            if folded in self._known:
                return self._known[folded]
            if (short := folded.partition("-")[0]) in self._known:
                return self._known[short]
        return ENGLISH

    @cached_property
    def _known(self) -> dict[str, str]:
        """The languages by their tags in small letters: asked for each element of a page."""
        return {language.casefold(): language for language in self.languages()}

    def message(self, language: str, text: str) -> str:
        """Return a message in a language. Raises CatalogueError."""
        return self._catalogue(language).gettext(text)

    def counted(self, language: str, one: str, many: str, number: int) -> str:
        """Return the form of a message that goes with a number. Raises CatalogueError."""
        return self._catalogue(language).ngettext(one, many, number)

    def _catalogue(self, language: str) -> gettext.NullTranslations:
        catalogue = self._read.get(language)
        if catalogue is None:
            with self._guard:
                # A bound: what language somebody asks for comes from outside.
                catalogue = _catalogue(self._paths(self.best(language)))
                if len(self._read) < len(self.languages()) * 4:
                    self._read[language] = catalogue
        return catalogue

    def _paths(self, language: str) -> Iterable[Path]:
        names = (language, language.replace("-", "_"))
        for folder in self._folders:
            for name in dict.fromkeys(names):
                path = folder / name / _CATALOGUE
                if path.is_file():
                    yield path
                    break


def _catalogue(paths: Iterable[Path]) -> gettext.NullTranslations:
    """Return the catalogues as one: each is asked for what those before it lack."""
    whole = gettext.NullTranslations()
    for place, path in enumerate(paths):
        if place:
            whole.add_fallback(_read(path))
        else:
            whole = _read(path)
    return whole


def _read(path: Path) -> gettext.GNUTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    compiled = BytesIO()
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        # The compiled form, in memory: the standard library then chooses among plural forms.
        write_mo(compiled, catalogue)
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)
    except (OSError, PoFileError, ValueError) as error:
        raise CatalogueError(f"{path}: {error}; mend the catalogue, or remove it") from error
