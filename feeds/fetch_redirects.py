"""Where redirects lead, what is remembered of them, and who may see the source's secrets."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from config.logins import without_login

if TYPE_CHECKING:
    from config.settings import SourceSettings

SCHEMES = frozenset({"http", "https"})
MOST_HOPS = 10
_PERMANENT = frozenset({301, 308})
_PORTS = {"http": 80, "https": 443}
# What an operator may give for every host to see: it chooses among contents and opens nothing.
_HARMLESS = frozenset({"accept", "accept-language"})
# What may stand in an address as it is; a percent sign begins what was quoted already.
_RESERVED = "!#$%&'()*+,/:;=?@[]~"


class RedirectError(Exception):
    """A redirect that is not followed; the message says why and what to do."""


class Hops:
    """The addresses of one request, from the first to the one that answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.moved_to = ""
        self._permanent = True
        self._seen: set[tuple[str, str]] = set()
        self._path = [url]

    @property
    def asked(self) -> str:
        """The address that was asked first."""
        return self._path[0]

    @property
    def redirected(self) -> bool:
        """Whether another address answers than was asked."""
        return len(self._path) > 1

    def follow(self, status: int, location: str, *, cookie: str) -> None:
        """Go on to where an answer points; ``cookie`` is what was sent to get that answer.

        Raises RedirectError.
        """
        # The same address with another cookie is no loop: that is how sites set cookies.
        asked = (self.url, cookie)
        target = _target(self.url, location)
        if asked in self._seen:
            loop = " -> ".join(self._path[self._path.index(self.url) :])
            raise RedirectError(
                f"redirects in a loop ({loop}); "
                "open it in a browser and give the address that shows the page"
            )
        if len(self._path) > MOST_HOPS:
            raise RedirectError(
                f"redirects more than {MOST_HOPS} times, last to {target}; "
                "open it in a browser and give the address that shows the page"
            )
        self._seen.add(asked)
        self._path.append(target)
        self._permanent = self._permanent and status in _PERMANENT
        self.url = target
        if self._permanent:
            self.moved_to = target


def _target(url: str, location: str) -> str:
    """Return the absolute address of a Location header, as it is to be requested and shown."""
    # Headers are read as Latin-1; an address that is not ASCII was written as UTF-8.
    raw = location.encode("latin-1", "replace")
    try:
        absolute = urljoin(url, raw.decode("utf-8", "replace").strip())
        parts = urlsplit(absolute)
        if parts.port == 0 or not parts.netloc.isprintable():
            raise ValueError(absolute)  # noqa: TRY301 -- as urlsplit and the port itself do
    except ValueError as error:
        raise RedirectError(
            f"redirects to something that is no address ({location[:200]!r}); tell the publisher"
        ) from error
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise RedirectError(
            f"redirects to {location[:200]!r}, which is not followed: only http and https are; "
            "open it in a browser and give the address that shows the page"
        )
    parts = parts._replace(
        path=quote(parts.path, safe=_RESERVED), query=quote(parts.query, safe=_RESERVED)
    )
    # A login in a redirect is the server's, not the operator's, and would be published.
    return without_login(parts._replace(fragment="").geturl())


class Secrets:
    """The headers and the login that an operator gave for the host of one source."""

    def __init__(self, source: SourceSettings) -> None:
        self._home = urlsplit(source.url)
        self._headers = source.headers

    def headers_for(self, url: str) -> dict[str, str]:
        """Return what may be sent to this address: all to the source's own host, else little."""
        if not same_host(self._home, urlsplit(url)):
            return {
                name: value for name, value in self._headers.items() if name.lower() in _HARMLESS
            }
        if "@" not in self._home.netloc:
            return self._headers
        login = f"{unquote(self._home.username or '')}:{unquote(self._home.password or '')}"
        return {
            "Authorization": f"Basic {b64encode(login.encode()).decode('ascii')}",
            **self._headers,
        }


def same_host(home: SplitResult, other: SplitResult) -> bool:
    """Say whether two addresses are of one host, one scheme and one port, or a step to TLS."""
    if home.hostname != other.hostname:
        return False
    here, there = _scheme_and_port(home), _scheme_and_port(other)
    return here == there or (here, there) == (("http", 80), ("https", 443))


def _scheme_and_port(parts: SplitResult) -> tuple[str, int]:
    scheme = parts.scheme.lower()
    return scheme, parts.port or _PORTS.get(scheme, 0)
