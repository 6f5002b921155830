"""The desk as an operator's browser sees it: over HTTP, with cookies, by its own forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING

import requests

from tidings.commands.desk import sign_in_address

if TYPE_CHECKING:
    from tidings.app import App

_CSRF = re.compile(r'name="form" value="([0-9a-f]+)"')
PATIENCE_S = 20


@dataclass
class Operator:
    """Somebody with a browser; ``base`` is the address of the service."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)
    csrf: str = ""

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask for a page, and remember the mark of its forms."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.session.get(f"{self.base}{path}", headers=given, timeout=PATIENCE_S)
        if found := _CSRF.search(answer.text):
            self.csrf = found.group(1)
        return answer

    def post(self, path: str, /, *, follow: bool = True, **fields: str) -> requests.Response:
        """Send a form of the last page."""
        return self.session.post(
            f"{self.base}{path}",
            data={"form": self.csrf, **fields},
            timeout=PATIENCE_S,
            allow_redirects=follow,
        )

    def enter(self, app: App) -> Operator:
        """Sign in by a link of the command line, which is opened at ``base``."""
        address = sign_in_address(app)
        self.post(f"/desk/{address.partition('/desk/')[2]}", follow=False)
        assert self.get("/desk/log").ok
        return self


def text_of(answer: requests.Response) -> str:
    """Return the words of a page, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
