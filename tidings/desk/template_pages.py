"""The pages of templates: whose they are, changed with a look at what they make, taken back."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from feeds.render import TemplateError
from tidings.cli import CommandError
from tidings.desk.frames import framed
from tidings.desk.setting_pages import put_in_force
from tidings.desk.uploads import read_upload
from tidings.setting_changes import change_setting
from tidings.template_files import TemplateFiles

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import Route

    from config.settings import BulletinSettings
    from tidings.desk.visit import Desk, Visit
    from tidings.template_files import TemplateFile

ALL = "/desk/templates"
EDIT = f"{ALL}/edit"
# The folder that is made beside the configuration where none is set.
_FOLDER = "templates"
_NOTHING = "Nothing can be shown of it alone. It is tried with all others when it is saved."


def template_routes(desk: Desk) -> list[Route]:
    """Return the addresses of templates."""
    pages = _Pages(desk)
    return [
        desk.get(ALL, pages.all),
        desk.post(f"{ALL}/set-up", pages.set_up),
        desk.get(EDIT, pages.one),
        desk.post(EDIT, pages.save, read=read_upload),
        desk.post(f"{ALL}/revert", pages.revert, read=read_upload),
        desk.get(f"{ALL}/preview", pages.look),
        desk.post(f"{ALL}/preview", pages.look, read=read_upload),
    ]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def _files(self) -> TemplateFiles:
        return TemplateFiles(self._desk.app)

    # --- looking -----------------------------------------------------------------------------

    def all(self, visit: Visit) -> Response:
        """List all templates, with which are the operator's own."""
        files = self._files
        grouped = groupby(files.all(), key=lambda file: file.group)
        return self._desk.page(
            "desk/templates.html",
            visit,
            folder=files.folder,
            groups=[(name, list(group)) for name, group in grouped],
        )

    def one(self, visit: Visit) -> Response:
        """Show one template, what it makes, and how it differs from ours."""
        file = self._found(visit.query.get("name", ""))
        return self._page(visit, file, file.text, bulletin=visit.query.get("bulletin", ""))

    def look(self, visit: Visit) -> Response:
        """Give what a template makes, or would make, for a frame."""
        asked = visit.fields or visit.query
        file = self._found(asked.get("name", ""))
        text = _typed(visit) if visit.fields else file.text
        try:
            preview = self._files.preview(
                file.name, text, self._bulletin(asked.get("bulletin", ""))
            )
        except TemplateError as error:
            return framed(_plain(str(error)), status=409)
        return framed(preview.html if preview else _plain(_NOTHING))

    # --- changing ----------------------------------------------------------------------------

    def save(self, visit: Visit) -> Response:
        """Put a text in the place of a template, or say what is wrong with it and where."""
        file, text = self._found(visit.fields.get("name", "")), _typed(visit)
        bulletin = visit.fields.get("bulletin", "")
        try:
            with self._desk.change(visit, "change template", file.name, before=file.own) as change:
                written = self._files.write(file.name, text, seen=visit.fields.get("seen", ""))
                change.after = written.own
        except (TemplateError, CommandError) as error:
            return self._page(visit, file, text, bulletin=bulletin, problem=str(error))
        said = f"{file.name} is changed; pages and mails follow at the next tick."
        return self._desk.see(_address(file.name, bulletin), visit, said=said)

    def revert(self, visit: Visit) -> Response:
        """Let our template count again."""
        file = self._found(visit.fields.get("name", ""))
        bulletin = visit.fields.get("bulletin", "")
        try:
            with self._desk.change(visit, "revert template", file.name, before=file.own):
                self._files.revert(file.name, seen=visit.fields.get("seen", ""))
        except (TemplateError, CommandError) as error:
            return self._page(visit, file, file.text, bulletin=bulletin, problem=str(error))
        to = _address(file.name, bulletin) if file.ours is not None else ALL
        return self._desk.see(to, visit, said=f"{file.name} is ours again; yours is in the log.")

    def set_up(self, visit: Visit) -> Response:
        """Make a folder for templates beside the configuration, and name it there."""
        settings = self._desk.app.settings
        if settings.site.templates is not None:
            raise CommandError(f"there is a folder already: {settings.site.templates}")
        folder = settings.path.absolute().parent / _FOLDER
        with self._desk.change(visit, "change setting", "site.templates") as change:
            folder.mkdir(exist_ok=True)
            done = change_setting(settings, "site.templates", _FOLDER)
            change.after = {"before": done.before, "after": done.after}
        said = put_in_force(self._desk, f"{folder} is there for templates of yours.")
        return self._desk.see(ALL, visit, said=said)

    # --- parts -------------------------------------------------------------------------------

    def _page(
        self, visit: Visit, file: TemplateFile, text: str, *, bulletin: str, problem: str = ""
    ) -> Response:
        settings = self._desk.app.settings
        chosen = self._bulletin(bulletin)
        asked = {"name": file.name, "bulletin": chosen.slug if chosen else ""}
        return self._desk.page(
            "desk/template.html",
            visit,
            status=409 if problem else 200,
            file=file,
            text=text,
            problem=problem,
            folder=settings.site.templates,
            bulletins=settings.bulletins,
            bulletin=asked["bulletin"],
            preview=f"{ALL}/preview?{urlencode(asked)}",
        )

    def _found(self, name: str) -> TemplateFile:
        file = self._files.find(name)
        if file is None:
            raise HTTPException(404, "There is no such template.")
        return file

    def _bulletin(self, slug: str) -> BulletinSettings | None:
        settings = self._desk.app.settings
        return settings.bulletin(slug) or next(iter(settings.bulletins), None)


def _typed(visit: Visit) -> str:
    """Return the text as a file has it: browsers send other ends of lines."""
    return visit.fields.get("text", "").replace("\r\n", "\n")


def _address(name: str, bulletin: str) -> str:
    return f"{EDIT}?{urlencode({'name': name, 'bulletin': bulletin})}"


def _plain(text: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Preview</title>'
        '<body style="font: 15px/1.5 system-ui, sans-serif; color: #7a1d14; background: #fff; '
        f'padding: 1rem; overflow-wrap: anywhere">{escape(text)}</body></html>'
    )
