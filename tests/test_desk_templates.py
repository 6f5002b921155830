"""Templates at the desk: whose they are, tried before they are written, kept in their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desks import PATIENCE_S, Operator, text_of
from sites import Site, bulletin, serving
from worlds import Clock

from config.load import load
from feeds.render import Renderer, TemplateError, package_templates, package_translations
from tidings.cli import CommandError
from tidings.desk.audit_store import AuditStore
from tidings.template_files import TemplateFiles
from tidings.template_previews import Previews

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

    from tidings.app import App

NAMES = sorted(
    path.relative_to(package_templates(package)).as_posix()
    for package in ("feeds", "notifier")
    for path in package_templates(package).rglob("*")
    if path.is_file()
)
# They dress a feed that a browser opens, and no page, or are run by none here.
UNSEEN = {"feed.css", "copy.js"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A bulletin that was read, and a folder for templates."""
    (tmp_path / "templates").mkdir()
    site = Site(tmp_path, head='base_url = "https://news.test"\ntemplates = "templates"')
    site.configure(bulletin("harbour", "Harbour & news") + bulletin("empty", "Nothing yet"))
    site.says("harbour", ("1 November 2026", "The lighthouse <i>opens</i>"))
    (tmp_path / "empty.txt").write_text("Nothing\n")
    site.tick()
    return site


@pytest.fixture
def app(site: Site) -> Iterator[App]:
    """The installation, open."""
    with site.app() as app:
        yield app


@pytest.fixture
def operator(app: App) -> Iterator[Operator]:
    """Somebody at the desk."""
    with serving(app) as base:
        yield Operator(base).enter(app)


def send(operator: Operator, path: str, **fields: str) -> requests.Response:
    """Send the form of a template, as browsers do."""
    parts = [(name, (None, value)) for name, value in {"form": operator.csrf, **fields}.items()]
    return operator.session.post(f"{operator.base}{path}", files=parts, timeout=PATIENCE_S)


@pytest.mark.parametrize("name", NAMES)
def test_each_template_can_be_looked_at(app: App, name: str) -> None:
    """With the latest items of a bulletin, or with one of ours where it has none yet."""
    files = TemplateFiles(app)
    file = files.find(name)
    assert file is not None

    for slug, title in (("harbour", "lighthouse"), ("empty", "ferry leaves at seven")):
        preview = files.preview(name, file.text, app.settings.bulletin(slug))
        assert (preview is None) == (name in UNSEEN)
        if preview and name in {"bulletin.html", "item.html", "digest/body.html"}:
            assert title in preview.html
            assert "<i>opens" not in preview.html


def test_a_template_is_tried_written_shown_and_taken_back(
    site: Site, app: App, operator: Operator
) -> None:
    """What yours changes is shown, it counts at once, and each step is in the log."""
    address = "/desk/templates/edit?name=digest/subject.txt"
    page = operator.get(address)
    ours = (package_templates("notifier") / "digest/subject.txt").read_text()
    own = "Hear: {{ digest.title }}\r\n"
    given = {"name": "digest/subject.txt", "text": own, "seen": "", "bulletin": "harbour"}
    looked = send(operator, "/desk/templates/preview", **given)
    assert "Hear: Harbour &amp; news" in looked.text
    assert "sandbox" in looked.headers["content-security-policy"]
    assert "yours" not in text_of(operator.get("/desk/templates")).partition("Mails")[2][:80]
    assert page.ok

    saved = send(operator, "/desk/templates/edit", **given)

    place = site.folder / "templates/digest/subject.txt"
    assert "is changed" in text_of(saved)
    assert place.read_text() == own.replace("\r\n", "\n")
    assert "+Hear: {{ digest.title }}" in text_of(saved)
    coming = operator.get("/desk/editions/harbour/next")
    assert "Hear: Harbour & news" in text_of(coming)
    stale = send(operator, "/desk/templates/edit", **given)
    assert stale.status_code == 409
    assert "somebody else has changed it meanwhile" in text_of(stale)
    seen = TemplateFiles(app).find("digest/subject.txt")
    assert seen is not None
    back = send(operator, "/desk/templates/revert", **(given | {"seen": seen.seen}))
    assert "is ours again" in text_of(back)
    assert not place.exists()
    assert "Hear" not in text_of(operator.get("/desk/editions/harbour/next"))
    lines = AuditStore(app.database, clock=app.clock).lines(limit=9)
    assert [(line.action, line.before, line.after) for line in reversed(lines)] == [
        ("change template", None, "Hear: {{ digest.title }}\n"),
        ("change template", "Hear: {{ digest.title }}\n", None),
        ("revert template", "Hear: {{ digest.title }}\n", None),
    ]
    send(operator, "/desk/templates/edit", **(given | {"text": ours}))
    assert not place.exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("digest/body.html", "{{ digest.nothing }}", "templates/digest/body.html:1"),
        ("digest/body.txt", "one\n{% if %}", "templates/digest/body.txt:2"),
        ("unsubscribe.html", "{{ 1 / 0 }}", "templates/unsubscribe.html:1"),
        ("parts.html", "nothing", "has no attribute"),
        ("layout.html", "{{ ''.__class__.__mro__ }}", "templates/layout.html:1"),
        (
            "style.css",
            "{% for n in range(99999) %}{% for m in range(99) %}{% endfor %}{% endfor %}",
            "",
        ),
        ("item.html", "{% include '../../tidings.toml' %}", "there is no template"),
    ],
)
def test_a_template_that_fails_is_refused_with_its_line(
    site: Site, operator: Operator, name: str, text: str, said: str
) -> None:
    """Whichever page or mail it breaks; nothing is written, and what was typed is still there."""
    operator.get("/desk/templates")

    answer = send(operator, "/desk/templates/edit", name=name, text=text, seen="")

    assert answer.status_code == 409
    assert said in text_of(answer)
    assert "/tmp/tidings-" not in answer.text  # noqa: S108 - where it was tried
    assert list((site.folder / "templates").rglob("*")) == []
    looked = send(operator, "/desk/templates/preview", name=name, text=text)
    assert looked.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "name", ["../tidings.toml", "/etc/passwd", "digest/../../tidings.toml", "nothing.html", ""]
)
def test_a_name_leads_nowhere_else(site: Site, operator: Operator, name: str) -> None:
    """Only what is a template by name is read or written."""
    operator.get("/desk/templates")
    before = (site.folder / "tidings.toml").read_text()

    for path in ("edit", "revert", "preview"):
        assert send(operator, f"/desk/templates/{path}", name=name, text="x").status_code == 404
        if path != "revert":
            assert operator.get(f"/desk/templates/{path}?name={name}").status_code == 404
    assert (site.folder / "tidings.toml").read_text() == before


def test_a_link_out_of_the_folder_is_not_written_through(site: Site, app: App) -> None:
    """Whoever can put links there can write by themselves; the desk does not do it for them."""
    outside = site.folder / "elsewhere.txt"
    outside.write_text("{{ subject }}")
    (site.folder / "templates/digest").mkdir()
    (site.folder / "templates/digest/subject.txt").symlink_to(outside)
    files = TemplateFiles(app)
    found = files.find("digest/subject.txt")
    assert found is not None

    with pytest.raises(CommandError, match="leads out of the folder"):
        files.write("digest/subject.txt", "News", seen=found.seen)
    assert outside.read_text() == "{{ subject }}"


def test_one_that_is_needed_is_not_deleted(site: Site, app: App) -> None:
    """A part of the operator's alone goes only when nothing includes it any more."""
    folder = site.folder / "templates"
    (folder / "greeting.html").write_text("<p>Hello</p>")
    (folder / "message.html").write_text('{% include "greeting.html" %}')
    files = TemplateFiles(app)
    part = files.find("greeting.html")
    assert part is not None
    assert part.ours is None

    with pytest.raises(TemplateError):
        files.revert("greeting.html", seen=part.seen)
    (folder / "message.html").unlink()
    files.revert("greeting.html", seen=part.seen)
    assert files.find("greeting.html") is None


def test_the_folder_is_made_by_one_click(tmp_path: Path) -> None:
    """Beside the configuration, and named there; until then nothing can be changed."""
    site = Site(tmp_path)
    site.configure(bulletin("harbour", "Harbour"))
    site.says("harbour", ("1 November 2026", "The lighthouse"))
    with site.app() as app, serving(app) as base:
        operator = Operator(base).enter(app)
        assert "Make the folder" in text_of(operator.get("/desk/templates"))
        refused = send(operator, "/desk/templates/edit", name="style.css", text="x", seen="")
        assert refused.status_code == 409

        operator.post("/desk/templates/set-up")

    assert load(tmp_path / "tidings.toml", {}).site.templates == tmp_path / "templates"
    assert (tmp_path / "templates").is_dir()


def test_a_template_that_comes_or_goes_is_seen_at_once(tmp_path: Path) -> None:
    """A service that has used ours uses the operator's when it is there, and ours when not."""
    renderer = Renderer(
        package_templates("feeds"),
        foreign=tmp_path,
        translations=(package_translations("feeds"),),
    )
    ours = renderer.render("style.css")
    (tmp_path / "style.css").write_text("mine")
    mine = renderer.render("style.css")
    (tmp_path / "style.css").unlink()

    assert (mine, renderer.render("style.css")) == ("mine", ours)


def test_everything_is_tried_where_there_is_nothing_yet(tmp_path: Path) -> None:
    """Without a bulletin there are samples of all pages and mails."""
    (tmp_path / "tidings.toml").write_text("")
    with Site(tmp_path, clock=Clock()).app() as app:
        Previews(app, None, app.renderer).try_all()
        assert TemplateFiles(app).all()


def test_a_file_that_is_no_text_is_told(site: Site, operator: Operator) -> None:
    """With its path, on a page; nothing is guessed of it, and nothing written over it."""
    place = site.folder / "templates/style.css"
    place.write_bytes(b"\xff\xfe")

    answer = operator.get("/desk/templates")

    assert answer.status_code == 409
    assert f"{place} is not UTF-8" in text_of(answer)
    assert send(operator, "/desk/templates/edit", name="style.css", text="x").status_code == 409
    assert place.read_bytes() == b"\xff\xfe"
