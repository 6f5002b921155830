"""What went wrong between us and a source, in a sentence with a remedy. Pure."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead
from socket import gaierror
from typing import TYPE_CHECKING

from urllib3.exceptions import InvalidHeader, LocationParseError, ProxyError, ReadTimeoutError

from config.schedule import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

_REMEDIES = {
    401: "it wants a login; give it as an Authorization header under the source's headers",
    402: "it wants to be paid; ask the publisher for access",
    403: (
        "it does not let us in; if a browser shows the page, put an address that reaches you "
        "into user_agent under [fetch], or ask the publisher"
    ),
    404: "there is no such page; correct the source's url",
    406: "it has no form of the page that we accept; remove Accept from the source's headers",
    407: "the proxy wants a login; give it in HTTP_PROXY and HTTPS_PROXY",
    410: "the page was removed for good; find its new address or remove the source",
    429: "we come too often; it is tried again later, a longer schedule of the source helps",
    451: "it is withheld for legal reasons; ask the publisher",
    503: "the server is busy or under repair; it is tried again by itself",
}
_SERVER = "the server has a fault; it is tried again by itself, tell the publisher if it lasts"
_CLIENT = "the server does not accept the request; check the source's url and headers"
_ODD = "that is no page; open it in a browser and correct the source's url"
_CLIENT_ERRORS = range(400, 500)
_SERVER_ERRORS = range(500, 600)

HEADERS_PROBLEM = "could not be asked: a header of the source cannot be sent; correct its headers"
ADDRESS_PROBLEM = "is no address that can be requested; correct the source's url"

# The first that fits says most; an error of a library wraps the one of the system.
_SENTENCES: tuple[tuple[type[BaseException], str], ...] = (
    (
        ProxyError,
        (
            "could not be reached through the proxy of the environment ({detail}); "
            "correct HTTP_PROXY, HTTPS_PROXY or NO_PROXY"
        ),
    ),
    (
        gaierror,
        (
            "could not be reached: its host name is not known ({detail}); check the spelling of "
            "the source's url, and the DNS of this machine"
        ),
    ),
    (
        ssl.SSLCertVerificationError,
        (
            "could not be trusted: its TLS certificate is not valid ({detail}); tell the "
            "publisher, or name your own authority's file in REQUESTS_CA_BUNDLE"
        ),
    ),
    (
        ssl.SSLError,
        (
            "could not be reached safely: TLS failed ({detail}); check that the server speaks "
            "https at that address"
        ),
    ),
    (
        ConnectionRefusedError,
        (
            "could not be reached: nothing listens there (connection refused); check host and port "
            "of the source's url, and that the server runs"
        ),
    ),
    (
        ReadTimeoutError,
        (
            "sent nothing for {timeout}; it is tried again, set timeout under [fetch] higher if it "
            "is always so slow"
        ),
    ),
    (
        TimeoutError,
        (
            "could not be reached within {timeout}; check the source's url and the network of this "
            "machine"
        ),
    ),
    (
        IncompleteRead,
        "broke off in the middle of the page; it is tried again, tell the publisher if it lasts",
    ),
    (
        ConnectionError,
        (
            "closed the connection without a whole answer; it is tried again, tell the publisher "
            "if it lasts"
        ),
    ),
    (HTTPException, "does not answer in HTTP; check host and port of the source's url"),
    (InvalidHeader, "answers with contradicting headers ({detail}); tell the publisher"),
    (LocationParseError, ADDRESS_PROBLEM),
    (UnicodeEncodeError, HEADERS_PROBLEM),
    (OSError, "could not be reached ({detail}); check the network and settings of this machine"),
)


def status_problem(status: int) -> str:
    """Say what an answer with this status means for the operator."""
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    return f"answers {name}: {_REMEDIES.get(status) or _remedy(status)}"


def _remedy(status: int) -> str:
    if status in _SERVER_ERRORS:
        return _SERVER
    return _CLIENT if status in _CLIENT_ERRORS else _ODD


def late_problem(deadline: timedelta) -> str:
    """Say that a request took longer than the operator allows."""
    return (
        f"was not read to its end within {format_duration(deadline)}; it is tried again, "
        "set deadline under [fetch] higher if it is always so slow"
    )


def transport_problem(error: BaseException, *, timeout: timedelta) -> str:
    """Say why there was no answer, or none to its end."""
    causes = tuple(_causes(error))
    for kind, sentence in _SENTENCES:
        cause = next((cause for cause in causes if isinstance(cause, kind)), None)
        if cause is not None:
            return sentence.format(detail=_detail(cause), timeout=format_duration(timeout))
    return f"could not be read ({type(error).__name__}); check the source's url"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it wraps: as reason, argument, cause or context."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = (
            getattr(current, "reason", None),
            *current.args,
            current.__cause__,
            current.__context__,
        )
        waiting += [cause for cause in wrapped if isinstance(cause, BaseException)]


def _detail(cause: BaseException) -> str:
    """Return the few plain words that a cause has for a reader."""
    match cause:
        case ssl.SSLCertVerificationError():
            return cause.verify_message.rstrip(".") or "not trusted"
        case ssl.SSLError():
            return (cause.reason or "no reason given").replace("_", " ").lower()
        case ProxyError():
            system = (inner for inner in _causes(cause) if isinstance(inner, OSError))
            return _detail(next(system, OSError("no reason given")))
        case OSError(strerror=str(words)):
            return words
    return " ".join(str(cause).split())
