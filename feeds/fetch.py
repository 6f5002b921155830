"""A source becomes a page: over HTTP, or from a file of this machine.

Only here is requests used, and only when a first address is fetched: whoever wants the types, or
reads files, does not load it. What stands in a page is read elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import urldefrag, urlsplit

from config.logins import without_login
from feeds.backoff import parse_http_date, parse_retry_after
from feeds.fetch_body import ACCEPTED_CODINGS, BodyError, read_body, too_large
from feeds.fetch_file import read_file
from feeds.fetch_guard import PUBLIC_ONLY, GuardError, in_time, look_up, refuse_private
from feeds.fetch_redirects import SCHEMES, Hops, RedirectError, Secrets
from feeds.page import FetchError, NotModified, Page, Validators

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from types import TracebackType

    from requests import PreparedRequest, Response, Session
    from requests.cookies import RequestsCookieJar
    from urllib3.connectionpool import ConnectionPool

    from config.settings import FetchSettings, SourceSettings
    from feeds.fetch_connections import Bounds
    from feeds.fetch_guard import Guard

__all__ = ["FetchError", "Fetcher", "NotModified", "Page", "Validators"]

_ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, "
    "application/feed+json, application/xml;q=0.9, text/plain;q=0.9, */*;q=0.8"
)
_OK = range(200, 300)
_PARTIAL, _NOT_MODIFIED = 206, 304
_STEP = 65_536
_NOTHING_KNOWN = Validators()
_PROXIED = (
    "would be asked through a proxy, which finds addresses by itself and could not be kept out of "
    "private networks; name its host in NO_PROXY, or write the source into the configuration"
)


class Fetcher:
    """Fetches sources one after another; each thread has its own.

    Connections are kept open between fetches until ``close``. Proxies and authorities of
    certificates come from the environment, logins from the source's settings alone. With a
    guard, for addresses that somebody else chose, no host out of its bounds is asked, no proxy
    and no file.
    """

    def __init__(self, settings: FetchSettings, *, guard: Guard | None = None) -> None:
        self._settings = settings
        self._guard = guard
        self._client: _Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a later fetch opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def fetch(
        self, source: SourceSettings, *, validators: Validators, url: str = ""
    ) -> Page | NotModified:
        """Return the source's page, or that it is still the one of the validators.

        ``url`` is asked in place of the source's own: the permanent redirect that is remembered.
        Raises FetchError.
        """
        moved = bool(url) and url != source.url
        return self._answer(
            source, _Question(url=url or source.url, validators=validators, linked=moved)
        )

    def fetch_linked(
        self, source: SourceSettings, url: str, *, within: timedelta | None = None
    ) -> Page:
        """Return a page that a source's page links to, under the same rules as a redirect.

        The operator's headers go to the source's own host only, and no link leads from the
        public internet into a private network. ``within`` is a shorter deadline than the usual
        one. Raises FetchError.
        """
        page = self._answer(source, _Question(url=url, linked=True, within=within))
        if isinstance(page, NotModified):
            raise FetchError(url, "answers 304 though nothing was known of it")
        return page

    def _answer(self, source: SourceSettings, question: _Question) -> Page | NotModified:
        if source.file is not None and not source.url:
            if self._guard is not None:
                raise FetchError(
                    source.location, "is a file of this machine; give an address of the web"
                )
            return read_file(source.file, question.validators, limit=self._settings.max_bytes)
        if self._client is None:
            self._client = _Client(self._settings, self._guard)
        return self._client.fetch(source, question)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked for, whether the source's page leads there, and how long it may take."""

    url: str
    validators: Validators = _NOTHING_KNOWN
    linked: bool = False
    within: timedelta | None = None


class _Client:
    """Fetches addresses, with one session of requests."""

    def __init__(self, settings: FetchSettings, guard: Guard | None) -> None:
        from feeds.fetch_connections import Bounds
        from feeds.fetch_deadline import Deadline

        self._settings = settings
        self._guard = guard
        self._deadline = Deadline()
        self._bounds = Bounds(self._deadline, guard)
        self._session = _open_session(self._bounds)
        # Of each scheme and host: reading the environment costs as much as a whole request.
        self._routes: dict[tuple[str, str], _Route] = {}

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def fetch(self, source: SourceSettings, question: _Question) -> Page | NotModified:
        """Ask for an address and follow its redirects to an answer. Raises FetchError."""
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        _checked(source.url)
        hops = Hops(_checked(question.url))
        longest = self._settings.deadline
        self._deadline.start(min(longest, question.within or longest).total_seconds())
        self._bounds.guard = self._guard
        try:
            if question.linked:
                self._leave(source.url, hops.url)
        except GuardError as error:
            raise FetchError(source.location, str(error)) from error
        try:
            return self._follow(hops, Secrets(source), question.validators)
        except (RedirectError, BodyError, GuardError) as error:
            raise _failure(hops, str(error)) from error
        except (RequestException, HTTPError, OSError, UnicodeError) as error:
            wrapped = error.args[0] if isinstance(error, RequestException) and error.args else None
            cause = wrapped if isinstance(wrapped, Exception) else error
            raise _failure(hops, self._problem(cause)) from error

    def _leave(self, home: str, target: str) -> None:
        """Go from one address to another that it names. Raises GuardError."""
        guard = self._guard
        # A source's own host is the operator's word; a guard takes nobody's.
        if guard is None and urlsplit(home).hostname == urlsplit(target).hostname:
            return
        resolve = guard.resolve if guard else look_up
        left = self._deadline.left
        public = refuse_private(
            home, target, lambda host, port: in_time(resolve, host, port, within=left())
        )
        # Looked up again when it is connected to, it must still be what it was.
        if public:
            self._bounds.guard = guard.for_public_page() if guard else PUBLIC_ONLY

    def _problem(self, error: Exception) -> str:
        from feeds.fetch_problems import late_problem, transport_problem

        if self._deadline.left() <= 0:
            return late_problem(self._settings.deadline)
        return transport_problem(error, timeout=self._settings.timeout)

    def _follow(self, hops: Hops, secrets: Secrets, validators: Validators) -> Page | NotModified:
        from requests.cookies import RequestsCookieJar, extract_cookies_to_jar

        # Cookies last for one fetch: what a site thinks of an earlier visit changes no page.
        cookies = RequestsCookieJar()
        while True:
            request = self._prepare(hops, secrets, validators, cookies)
            response = self._send(request)
            try:
                if not response.is_redirect:
                    return self._conclude(response, hops, validators)
                extract_cookies_to_jar(cookies, request, response.raw)  # type: ignore[no-untyped-call]
            finally:
                response.close()
            self._redirect(response, hops)

    def _prepare(
        self, hops: Hops, secrets: Secrets, validators: Validators, cookies: RequestsCookieJar
    ) -> PreparedRequest:
        from requests import PreparedRequest, RequestException
        from requests.exceptions import InvalidHeader

        from feeds.fetch_problems import ADDRESS_PROBLEM, HEADERS_PROBLEM

        headers = {
            "User-Agent": self._settings.user_agent,
            "Accept": _ACCEPT,
            "Accept-Encoding": ACCEPTED_CODINGS,
            **secrets.headers_for(hops.url),
            **validators.conditions(),
        }
        # Prepared without the session, which would add a login from ~/.netrc.
        request = PreparedRequest()
        try:
            request.prepare(method="GET", url=hops.url, headers=headers, cookies=cookies)
        except InvalidHeader as error:
            raise _failure(hops, HEADERS_PROBLEM) from error
        except (RequestException, UnicodeError) as error:
            raise _failure(hops, ADDRESS_PROBLEM) from error
        return request

    def _send(self, request: PreparedRequest) -> Response:
        """Return an answer whose body is still to be read.

        Past the session, which would read the body of a redirect whole, however long.
        """
        url = str(request.url)
        route = self._route(url)
        if self._guard is not None and self._is_proxied(url):
            raise GuardError(_PROXIED)
        patience = min(self._settings.timeout.total_seconds(), self._deadline.left())
        if patience <= 0:
            raise TimeoutError
        return self._session.get_adapter(url).send(
            request,
            stream=True,
            timeout=(patience, patience),
            verify=route.verify,
            proxies=route.proxies,
        )

    def _route(self, url: str) -> _Route:
        """Return how the environment wants an address to be reached."""
        parts = urlsplit(url)
        key = parts.scheme, parts.netloc
        if key not in self._routes:
            found = self._session.merge_environment_settings(url, {}, True, None, None)  # noqa: FBT003
            self._routes[key] = _Route(
                proxies=dict(found["proxies"]), verify=found["verify"] or True
            )
        return self._routes[key]

    def _is_proxied(self, url: str) -> bool:
        from requests.utils import select_proxy

        return bool(select_proxy(url, self._route(url).proxies))

    def _redirect(self, response: Response, hops: Hops) -> None:
        before = hops.url
        cookie = response.request.headers.get("Cookie", "")
        hops.follow(response.status_code, response.headers["Location"], cookie=cookie)
        # What a proxy may reach is the proxy's to decide.
        if not self._is_proxied(hops.url):
            self._leave(before, hops.url)

    def _conclude(
        self, response: Response, hops: Hops, validators: Validators
    ) -> Page | NotModified:
        status = response.status_code
        if status == _NOT_MODIFIED:
            return _not_modified(response, hops, validators)
        if status not in _OK or status == _PARTIAL:
            from feeds.fetch_problems import status_problem

            pause = _retry_after(response)
            raise _failure(hops, status_problem(status), status=status, retry_after=pause)
        body = self._body(response)
        digest = hashlib.sha256(body).hexdigest()
        fresh = Validators(digest=digest).updated(response.headers)
        if fresh.digest == validators.digest:
            return NotModified(status=status, validators=fresh, moved_to=hops.moved_to)
        return Page(
            body=body,
            url=urldefrag(response.url).url,
            content_type=response.headers.get("Content-Type", ""),
            status=status,
            validators=fresh,
            moved_to=hops.moved_to,
        )

    def _body(self, response: Response) -> bytes:
        raw, limit = response.raw, self._settings.max_bytes
        if (raw.length_remaining or 0) > limit:
            raise too_large(limit)
        chunks = iter(lambda: raw.read(_STEP, decode_content=False), b"")
        coding = response.headers.get("Content-Encoding", "")
        return read_body(chunks, coding=coding, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """The proxies and the authorities of certificates for a host."""

    proxies: dict[str, str]
    verify: bool | str


def _open_session(bounds: Bounds) -> Session:
    import requests
    from requests.adapters import HTTPAdapter

    from feeds.fetch_connections import bind

    class Adapter(HTTPAdapter):
        """Opens connections that keep the bounds."""

        def get_connection_with_tls_context(
            self,
            request: PreparedRequest,
            verify: bool | str | None,  # noqa: FBT001 -- as requests calls it
            proxies: Mapping[str, str] | None = None,
            cert: str | tuple[str, str] | None = None,
        ) -> ConnectionPool:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            bind(pool, bounds)
            return pool

    session = requests.Session()
    adapter = Adapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _checked(url: str) -> str:
    """Return an address without its login. Raises FetchError where it is none of the web."""
    from feeds.fetch_problems import ADDRESS_PROBLEM

    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 -- raises where it is no port
    except ValueError as error:
        raise FetchError(without_login(url), ADDRESS_PROBLEM) from error
    shown = without_login(parts.geturl())
    if parts.scheme not in SCHEMES:
        raise FetchError(
            shown, "only http and https addresses are read; name a file of this machine by file"
        )
    return shown


def _not_modified(response: Response, hops: Hops, validators: Validators) -> NotModified:
    if not validators.conditions():
        problem = "answers 304 Not Modified though nothing was known of it; tell the publisher"
        raise _failure(hops, problem, status=_NOT_MODIFIED)
    # It has no body, but only a read gives the connection back for the next request.
    if not response.raw.chunked:
        response.raw.read(1)
    stated = validators.updated(response.headers)
    return NotModified(status=_NOT_MODIFIED, validators=stated, moved_to=hops.moved_to)


def _retry_after(response: Response) -> timedelta | None:
    """Return the pause that an answer asks for, by the server's own clock where it tells it."""
    value = response.headers.get("Retry-After", "")
    now = parse_http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    return parse_retry_after(value, now=now)


def _failure(
    hops: Hops,
    problem: str,
    *,
    status: int | None = None,
    retry_after: timedelta | None = None,
) -> FetchError:
    asked = hops.asked
    told = f"redirected to {hops.url}, which {problem}" if hops.redirected else problem
    return FetchError(asked, told, status=status, retry_after=retry_after)
