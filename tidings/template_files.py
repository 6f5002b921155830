"""The operator's own templates as files: listed beside ours, tried, written, taken away again."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from feeds.files import replace_file
from feeds.render import Renderer, TemplateError, package_templates, package_translations
from tidings.cli import CommandError
from tidings.template_previews import Preview, Previews

if TYPE_CHECKING:
    from config.settings import BulletinSettings
    from tidings.app import App

_PACKAGES = ("feeds", "notifier")
_OPERATORS = ("mails.html",)
MAILS = "Mails and messages"
OF_READERS = "Pages of readers"
OF_SUBSCRIBERS = "Pages of subscribers"
STYLES = "Styles and scripts"
FOR_OPERATORS = "For you alone"
_ORDER = (MAILS, OF_READERS, OF_SUBSCRIBERS, STYLES, FOR_OPERATORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFile:
    """A template: ours, the operator's in its place, or one that only the operator has.

    ``ours`` and ``own`` are their texts, None where there is none. ``group`` says who sees it.
    """

    name: str
    group: str
    ours: str | None
    own: str | None

    @property
    def text(self) -> str:
        """The text that counts."""
        return (self.ours or "") if self.own is None else self.own

    @property
    def seen(self) -> str:
        """What tells whether somebody else has changed it meanwhile."""
        return "" if self.own is None else hashlib.sha256(self.own.encode()).hexdigest()

    @property
    def diff(self) -> tuple[str, ...]:
        """What the operator's has changed of ours, line by line; none where it has not."""
        if self.ours is None or self.own is None:
            return ()
        lines = difflib.unified_diff(
            self.ours.splitlines(), self.own.splitlines(), "ours", "yours", lineterm="", n=3
        )
        return tuple(lines)


class TemplateFiles:
    """All templates of readers' pages and mails."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.folder = app.settings.site.templates

    def all(self) -> tuple[TemplateFile, ...]:
        """Return every template, by who sees it and by name."""
        names = set(_ours()) | set(self._own())
        files = (self._file(name) for name in names)
        return tuple(sorted(files, key=lambda file: (_ORDER.index(file.group), file.name)))

    def find(self, name: str) -> TemplateFile | None:
        """Return one template; None for a name that none has, whatever path it would be."""
        return self._file(name) if name in _ours() or name in self._own() else None

    def preview(self, name: str, text: str, bulletin: BulletinSettings | None) -> Preview | None:
        """Return what a text would make as that template. Raises TemplateError."""
        with TemporaryDirectory(prefix="tidings-") as folder:
            return self._made(Path(folder), name, text, bulletin)

    def write(self, name: str, text: str, *, seen: str) -> TemplateFile:
        """Put a text in the place of a template, once everything was made with it.

        A text that is ours again leaves nothing of the operator's. Raises TemplateError with the
        line, and CommandError; then nothing was changed.
        """
        folder, file = self._changing(name, seen)
        if text == file.ours:
            return self.revert(name, seen=seen)
        self._try(name, text)
        replace_file(_inside(folder, name), text.encode())
        return self._file(name)

    def revert(self, name: str, *, seen: str) -> TemplateFile:
        """Take the operator's template away, so that ours counts, once everything was made so.

        Raises TemplateError and CommandError.
        """
        folder, file = self._changing(name, seen)
        if file.own is None:
            raise CommandError(f"{name}: it is ours already")
        if file.ours is not None:
            self._try(name, file.ours)
        else:
            self._try_without(name)
        _inside(folder, name).unlink(missing_ok=True)
        return self._file(name)

    def _changing(self, name: str, seen: str) -> tuple[Path, TemplateFile]:
        file = self.find(name)
        if file is None:
            raise CommandError("there is no such template")
        if self.folder is None:
            raise CommandError("there is no folder for templates of yours; set [site] templates")
        if file.seen != seen:
            raise CommandError(
                f"{name}: somebody else has changed it meanwhile; look at it again, then make "
                "your change once more"
            )
        return self.folder, file

    def _try(self, name: str, text: str) -> None:
        with TemporaryDirectory(prefix="tidings-") as folder:
            self._made(Path(folder), name, text, self._bulletin(), everything=True)

    def _try_without(self, name: str) -> None:
        # What stands there instead cannot be rendered: whoever needs it says so.
        with TemporaryDirectory(prefix="tidings-") as folder:
            text = "{% extends '' %}"
            self._made(Path(folder), name, text, self._bulletin(), everything=True)

    def _made(
        self,
        folder: Path,
        name: str,
        text: str,
        bulletin: BulletinSettings | None,
        *,
        everything: bool = False,
    ) -> Preview | None:
        """Make a page, or everything, with a text in a folder that comes before all others."""
        replace_file(_inside(folder, name), text.encode())
        own = (self.folder,) if self.folder else ()
        renderer = Renderer(
            *own,
            *map(package_templates, _PACKAGES),
            foreign=folder,
            translations=(
                *(each / "translations" for each in own),
                *map(package_translations, _PACKAGES),
            ),
        )
        previews = Previews(self._app, bulletin, renderer)
        try:
            if everything:
                previews.try_all()
                return None
            return previews.preview(name)
        except TemplateError as error:
            place = self.folder or Path()
            raise TemplateError(str(error).replace(str(folder), str(place))) from error

    def _bulletin(self) -> BulletinSettings | None:
        return next(iter(self._app.settings.bulletins), None)

    def _file(self, name: str) -> TemplateFile:
        ours, own = _ours().get(name), self._own().get(name)
        return TemplateFile(name=name, group=_group(name), ours=_read(ours), own=_read(own))

    def _own(self) -> dict[str, Path]:
        """Return the operator's files by name, but for catalogues and what is hidden."""
        if self.folder is None or not self.folder.is_dir():
            return {}
        found = {
            path.relative_to(self.folder).as_posix(): path
            for path in self.folder.rglob("*")
            if path.is_file() and path.suffix in {".html", ".txt", ".css", ".js", ".xml"}
        }
        return {
            name: path
            for name, path in found.items()
            if not any(part.startswith(".") for part in name.split("/"))
        }


def _ours() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for package in reversed(_PACKAGES):
        folder = package_templates(package)
        for path in folder.rglob("*"):
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = path
    return found


def _group(name: str) -> str:
    if name.startswith(("digest/", "notice/", "channel/")):
        return MAILS
    if name.endswith((".css", ".js")):
        return STYLES
    if name in _OPERATORS:
        return FOR_OPERATORS
    where = package_templates("notifier") / name
    return OF_SUBSCRIBERS if where.is_file() else OF_READERS


def _inside(folder: Path, name: str) -> Path:
    """Return the place of a template in a folder, and nowhere else. Raises CommandError."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CommandError(f"{name}: it leads out of the folder of templates")
    return path


def _read(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8; save it as UTF-8") from error
