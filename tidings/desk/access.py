"""Who asks for a page of the desk: by the cookie of a session, or by the word of a proxy."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from tidings.peers import PEER

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tidings.app import App
    from tidings.desk.session_store import SessionStore

# What a browser says of a request that a page of ours made, or a person by typing its address.
_OURS = ("same-origin", "none")
_LONGEST_NAME = 100
# How somebody is named in the log of changes who signed in by the one password, or by a link.
OPERATOR = "operator"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who is signed in, by which session, and what its forms must carry."""

    name: str
    token: str
    csrf: str
    said: str = ""


class Access:
    """Tells operators from strangers."""

    def __init__(self, app: App, sessions: SessionStore) -> None:
        self._app = app
        self._sessions = sessions

    def operator(self, request: Request) -> Operator | None:
        """Return who is signed in; None for a stranger."""
        token = request.cookies.get(self._cookie(request), "")
        session = self._sessions.find(token, now=self._app.clock())
        # Whoever signed out at the proxy, or is another one there, is signed out here.
        if session is None or session.operator != (self.vouched(request) or OPERATOR):
            return None
        return Operator(name=session.operator, token=token, csrf=_csrf(token), said=session.said)

    def sign_in(self, response: Response, request: Request, name: str) -> None:
        """Begin a session, always a new one: a token that was planted is worth nothing."""
        self._sessions.close(request.cookies.get(self._cookie(request), ""))
        token = self._sessions.open(name, now=self._app.clock())
        response.set_cookie(
            self._cookie(request),
            token,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def sign_out(self, response: Response, request: Request) -> None:
        """End the session."""
        name = self._cookie(request)
        self._sessions.close(request.cookies.get(name, ""))
        response.delete_cookie(
            name, path="/", secure=self._is_secure(request), httponly=True, samesite="lax"
        )

    def _cookie(self, request: Request) -> str:
        # The prefix lets no other host of the domain set it (RFC 6265bis, 4.1.3.2).
        return "__Host-tidings" if self._is_secure(request) else "tidings"

    def _is_secure(self, request: Request) -> bool:
        """Whether the browser came by https; on this machine itself it may come without."""
        if request.url.scheme == "https":
            return True
        is_here = request.url.hostname in _LOOPBACK
        return self._app.settings.base_url.startswith("https:") and not is_here

    def vouched(self, request: Request) -> str:
        """Return whom a trusted proxy names; empty where none does."""
        header = self._app.settings.desk.proxy_header
        if not header or not self._is_trusted(request):
            return ""
        values = request.headers.getlist(header)
        # Two of them: one came from the reader, and the proxy only added its own.
        name = values[0].strip() if len(values) == 1 else ""
        return name if name.isprintable() and len(name) <= _LONGEST_NAME else ""

    def _is_trusted(self, request: Request) -> bool:
        peer = request.scope.get(PEER)
        try:
            address = ip_address(peer[0]) if peer else None
        except ValueError:
            return False
        return address is not None and any(
            address in network for network in self._app.settings.server.proxies
        )


def refuse_foreign(request: Request) -> None:
    """Refuse a form that a page of another site sent. Raises HTTPException.

    Browsers say where a form stands, in one header or another; who says nothing is no browser,
    and has no cookie that a stranger could make use of.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    is_foreign = (site is not None and site not in _OURS) or (
        site is None and origin is not None and origin.partition("://")[2] != host
    )
    if is_foreign:
        raise HTTPException(403, "This form came from another site; nothing was changed.")


def refuse_forged(operator: Operator, sent: str) -> None:
    """Refuse a form without the mark of the session's own pages. Raises HTTPException."""
    if not hmac.compare_digest(operator.csrf.encode(), sent.encode()):
        raise HTTPException(
            403, "This form is not of your session; go back, load the page anew and try again."
        )


def _csrf(token: str) -> str:
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()
