"""Services beside mail: the only door of Apprise, which is loaded when there is something to tell.

Apprise says yes or no, and why not only in its log, which also holds addresses with their keys.
So its log goes nowhere but into this module, and what is said of a failure are words of ours.
"""

from __future__ import annotations

import logging
import re
import threading
from contextlib import contextmanager
from http import HTTPStatus
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from notifier.transport import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifier.message import Message

MISSING = (
    "a channel is configured, but the library for it is not installed; "
    "install it with: pip install 'tidings[channels]'"
)
# The service says that this message is at fault, or that we may not send, or not there.
_OF_MESSAGE = frozenset((400, 413, 422))
_OF_ADDRESS = frozenset((401, 403, 404, 405, 410))
_STATUS = re.compile(r"\berror\s*[=:]\s*(\d{3})\b")
_UNANSWERED = re.compile(
    r"read timed out|connection aborted|remote end closed|connection broken|incompleteread|"
    r"connection reset",
    re.IGNORECASE,
)
_UNREACHED = re.compile(
    r"connect timeout|connecttimeout|failed to establish|refused|resolve|resolution|unreachable|"
    r"ssl|certificate|max retries",
    re.IGNORECASE,
)
_FAILED_TO_ASK = re.compile(r"connection error", re.IGNORECASE)


class ChannelError(TransportError):
    """A channel did not take a message, or nobody knows whether it did; see TransportError."""

    @property
    def permanent(self) -> bool:
        """Whether another try of this message would get the same answer."""
        return self.code in _OF_MESSAGE

    @property
    def is_of_address(self) -> bool:
        """Whether no message will be taken before somebody mends the address."""
        return self.code in _OF_ADDRESS or (self.code is not None and self.code // 100 == 3)  # noqa: PLR2004 - a redirect


def is_there() -> bool:
    """Tell whether the library is installed, without loading it."""
    return find_spec("apprise") is not None


class Channel:
    """One service, which takes messages one after another."""

    def __init__(self, address: str) -> None:
        """Make ready; nobody is asked. Raises ChannelError for an address that is none."""
        if not address:
            raise ChannelError("no address is given")
        import apprise

        _listen()
        asset = apprise.AppriseAsset(
            app_id="Tidings",
            app_desc="Tidings",
            app_url="",
            # Pictures would be fetched from a stranger's server by whoever reads.
            image_url_mask="",
            image_url_logo="",
            # A key stands in the address, and a redirect would carry it elsewhere.
            http_redirects=False,
            async_mode=False,
            interpret_escapes=False,
            interpret_emojis=False,
            storage_mode="memory",
        )
        with _hearing():
            self._service: Any = apprise.Apprise.instantiate(address, asset=asset)
        if self._service is None:
            raise ChannelError("its address is none that Apprise knows")
        # A title that the service does not show stands in the text.
        room = self._service.body_maxlen
        self.longest = int(room if self._service.title_maxlen > 0 else room - room // 8)

    @property
    def name(self) -> str:
        """What kind of service it is."""
        return str(self._service.service_name)

    def tell(self, message: Message) -> None:
        """Hand over one message. Raises ChannelError."""
        with _hearing() as said:
            try:
                told = self._service.notify(
                    body=message.text, title=message.title, body_format="text"
                )
            except Exception as error:  # noqa: BLE001 - plugins fail in every way; no text of theirs is shown
                raise ChannelError(f"its plugin failed ({type(error).__name__})") from None
        if not told:
            raise _failure("\n".join(said))


def _failure(said: str) -> ChannelError:
    """Return what Apprise's log says, in words that hold nothing of the address."""
    status = _STATUS.findall(said)
    if status:
        return _answered(int(status[-1]))
    if _UNANSWERED.search(said):
        return ChannelError("it gave no answer to the message", uncertain=True)
    if _UNREACHED.search(said):
        return ChannelError("it cannot be reached")
    if _FAILED_TO_ASK.search(said):
        return ChannelError("the connection failed", uncertain=True)
    return ChannelError("it did not take the message")


def _answered(status: int) -> ChannelError:
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    what = "it has moved, or leads elsewhere" if status // 100 == 3 else "it answered"  # noqa: PLR2004 - a redirect
    return ChannelError(f"{what} (HTTP {status}{phrase})", code=status)


class _Ear(logging.Handler):
    """Keeps what is said in a thread while that thread listens."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        said: list[str] | None = getattr(self.heard, "said", None)
        if said is not None:
            said.append(record.getMessage())


_EAR = _Ear()


def _listen() -> None:
    """Let what Apprise logs go nowhere else, whatever level we log at."""
    log = logging.getLogger("apprise")
    log.propagate = False
    log.setLevel(logging.DEBUG)
    if _EAR not in log.handlers:
        log.addHandler(_EAR)


@contextmanager
def _hearing() -> Iterator[list[str]]:
    said: list[str] = []
    _EAR.heard.said = said
    try:
        yield said
    finally:
        _EAR.heard.said = None
