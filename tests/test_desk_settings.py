"""Settings at the desk: shown with their origin, changed in their file, and the operator's own."""

from __future__ import annotations

import base64
import re
import socket
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import uvicorn
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from desks import Operator, text_of

from config.load import ConfigError, load
from config.origins import HIDDEN
from feeds.instants import to_column
from tidings.app import utc_now
from tidings.cli import CommandError
from tidings.desk.audit_store import AuditStore
from tidings.desk.passwords import is_password
from tidings.setting_changes import Field, all_origins, change_setting, field_of
from tidings.succession import Succession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

    from tidings.app import App

PASSWORD = "harbour ferry lamp nine"  # noqa: S105
CONFIGURATION = """\
# What the harbour says.
[site]
base_url = "https://news.test"  # for readers
window = 20

[mail]
password = "never shown"
connections = 2

[bulletins.harbour]
title = "Harbour <b>news</b>"

[bulletins.harbour.sources.main]
url = "https://me:key@harbour.example/news"
headers = { Authorization = "Bearer abc", Accept-Language = "pt" }
every = "4h"
"""


@dataclass
class Running:
    """A service that follows its file, and somebody at its desk."""

    renew: Succession
    operator: Operator
    path: Path

    @property
    def app(self) -> App:
        """What is in force."""
        return self.renew.app

    def change(self, key: str, value: str = "", **more: str) -> requests.Response:
        """Send the form of a setting."""
        self.operator.get(f"/desk/settings?edit={key}")
        return self.operator.post("/desk/settings", follow=True, key=key, value=value, **more)

    def log(self) -> list[tuple[str, str, object, str]]:
        """Return the log, the first change first."""
        lines = AuditStore(self.app.database, clock=self.app.clock).lines(limit=50)
        return [(one.action, one.subject, one.after, one.outcome) for one in reversed(lines)]

    def grow_old(self) -> None:
        """Let the sign-in be long ago."""
        with self.app.database.transaction() as transaction:
            transaction.run("UPDATE sessions SET created = :then", then=a_while_ago())


def a_while_ago() -> str:
    """Return an instant at which somebody signed in, as a column has it."""
    return to_column(utc_now() - timedelta(minutes=11))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """The service over a file with comments, without its network."""
    path = tmp_path / "tidings.toml"
    path.write_text(CONFIGURATION)
    renew = Succession(lambda: load(path, {}), lambda: False)
    with closing(renew), socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            renew.application, lifespan="on", log_config=None, interface="asgi3"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Running(renew, Operator(base).enter(renew.app), path)
        server.should_exit = True
        thread.join()


def test_what_is_in_force_is_shown_with_its_origin(running: Running) -> None:
    """The line of each, why it is, and no secret: not of a relay, an address or a header."""
    given = text_of(running.operator.get("/desk/settings"))
    everything = text_of(running.operator.get("/desk/settings?all=1"))
    found = text_of(running.operator.get("/desk/settings?find=webSub"))

    assert "tidings.toml:4" in given
    assert "Harbour <b>news</b>" in given
    assert "max_backoff" not in given
    assert "max_backoff" in everything
    assert "hubs" in found
    assert "max_backoff" not in found
    for secret in ("never shown", "me:key", "Bearer abc"):
        assert secret not in everything
    for key in ("mail.password", "bulletins.harbour.sources.main.url"):
        page = running.operator.get(f"/desk/settings?edit={key}").text
        assert "never shown" not in page
        assert "me:key" not in page


def test_a_setting_is_changed_where_it_stands(running: Running) -> None:
    """The rest of the file is left as it is, and it is in force when the page says so."""
    said = running.change("site.window", "30")

    assert "site.window is changed." in text_of(said)
    assert running.app.settings.site.window == 30
    assert running.path.read_text() == CONFIGURATION.replace("window = 20", "window = 30")
    running.change("site.window", default="1")
    assert running.app.settings.site.window == 50
    running.change("bulletins.harbour.approval", "true")
    running.change("site.hubs", "https://hub.example/\r\nhttps://hub2.example/\r\n")
    running.change("mail.domain_rate", "2.5")
    running.change("mail.password", "another secret")
    settings = running.app.settings
    assert settings.bulletins[0].approval
    assert settings.site.hubs == ("https://hub.example/", "https://hub2.example/")
    assert settings.mail.domain_rate == 2.5
    assert settings.mail.password == "another secret"  # noqa: S105
    assert "# What the harbour says." in running.path.read_text()
    log = running.log()
    assert log[0][1:3] == ("site.window", {"before": "20", "after": "30"})
    assert log[-1][1:3] == ("mail.password", {"before": HIDDEN, "after": HIDDEN})
    assert "another secret" not in str(log)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("site.window", "many", "allowed is a whole number"),
        ("site.base_url", "ftp://x", "allowed is"),
        ("bulletins.harbour.title", "", "needs a title"),
        ("bulletins.harbour.sources.main.headers", "x", "change it in the file"),
        ("site.nothing", "x", "there is no setting"),
        ("mail.password", "two\nlines", "found the value, allowed is a text on one line"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    running: Running, key: str, value: str, said: str
) -> None:
    """The file and what is in force stay as they were, and what was typed is still there."""
    answer = running.change(key, value)

    assert answer.status_code == 409
    assert said in text_of(answer)
    assert running.path.read_text() == CONFIGURATION
    assert running.log()[-1][3].startswith("failed")
    assert "two" not in str(running.log())


def test_a_file_that_was_broken_meanwhile_is_shown_and_left_alone(running: Running) -> None:
    """The former settings are in force, the page says what is wrong, and writes over nothing."""
    running.path.write_text("[site\n")
    with pytest.raises(ConfigError):
        running.renew()

    page = running.operator.get("/desk/settings?all=1")

    assert page.ok
    assert "cannot be used; the former settings are in force" in text_of(page)
    assert running.change("site.window", "30").status_code == 409
    assert running.path.read_text() == "[site\n"


def test_what_opens_the_desk_asks_who_is_there(running: Running) -> None:
    """Long after signing in the password is asked, and wrong ones are counted."""
    running.change("desk.session", "2h")
    assert running.app.settings.desk.session.total_seconds() == 7200
    running.grow_old()
    unsure = running.change("desk.proxy_header", "X-User")
    assert unsure.status_code == 409
    assert "within ten minutes of signing in" in text_of(unsure)
    assert running.change("server.proxies", "0.0.0.0/0").status_code == 409
    assert running.change("site.title", "Everybody may").ok
    password = {"new": PASSWORD, "again": PASSWORD}
    running.operator.get("/desk/settings/password")
    refused = running.operator.post("/desk/settings/password", follow=True, **password)
    assert refused.status_code == 409
    assert running.app.settings.desk.password_hash == ""


def test_the_operator_sets_a_password_and_a_second_factor(running: Running) -> None:
    """Neither is shown or logged; the former sessions end; the first code is asked for."""
    page = "/desk/settings/password"
    other = Operator(running.operator.base).enter(running.app)
    running.operator.get(page)
    for new, again in (("short", "short"), (PASSWORD, PASSWORD + "x")):
        assert running.operator.post(page, new=new, again=again).status_code == 409
    assert running.operator.post(page, new=PASSWORD, again=PASSWORD).ok
    assert is_password(PASSWORD, running.app.settings.desk.password_hash)
    assert "Sign in" in other.get("/desk/log").text

    running.grow_old()
    running.operator.get(page)
    wrong = running.operator.post(page, new="x" * 10, again="x" * 10, present_password="no")
    assert "That is not your present password." in text_of(wrong)
    second = "/desk/settings/second-factor"
    shown = running.operator.get(second).text
    found = re.search(r'name="secret" value="([A-Z2-7]+)"', shown)
    assert found
    assert "data:image/svg+xml;base64," in shown
    secret = found.group(1)
    sure = {"secret": secret, "present_password": PASSWORD}
    for given in ({**sure, "code": "000000x"}, {**sure, "code": code_of(secret), "secret": "!"}):
        assert running.operator.post(second, follow=True, **given).status_code == 409
    done = running.operator.post(second, follow=True, **sure, code=code_of(secret))
    assert done.ok
    assert running.app.settings.desk.totp_secret == secret
    assert secret not in running.operator.get(second).text
    running.operator.post(f"{second}/off", present_password=PASSWORD)
    assert running.app.settings.desk.totp_secret == ""

    log = str(running.log())
    assert "set password" in log
    assert secret not in log
    assert "argon2" not in log


def code_of(secret: str) -> str:
    """Return the code of now, as an application shows it."""
    key = base64.b32decode(secret)
    totp = TOTP(key, 6, SHA1(), 30, enforce_key_length=False)  # noqa: S303
    return totp.generate(int(time.time())).decode()


def test_what_the_environment_says_is_changed_there(tmp_path: Path) -> None:
    """The field says by which variable; a change of the file would change nothing."""
    path, environ = tmp_path / "tidings.toml", {"TIDINGS_SITE_TITLE": "Harbour"}
    path.write_text("")
    settings = load(path, environ)
    (title,) = [one for one in all_origins(settings, environ) if one.key == "site.title"]

    assert field_of(title, "") == Field(
        "fixed", "It comes from the environment, by TIDINGS_SITE_TITLE; change it there."
    )
    with pytest.raises(CommandError, match="TIDINGS_SITE_TITLE"):
        change_setting(settings, "site.title", "x", environ=environ)
    assert path.read_text() == ""
