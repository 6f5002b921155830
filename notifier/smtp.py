"""One conversation with a relay, used for many mails and opened again when it is lost.

MAIL, RCPT and DATA go out together where the relay offers that (RFC 2920): a mail then costs two
round trips and not four. They are spoken here, and not by the library, to know at which step an
answer failed to come: only what was handed over whole can have arrived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.replies import Step, enhanced_code, judge
from notifier.smtp_open import Conversation, open_conversation, words_of
from notifier.transport import TransportError

if TYPE_CHECKING:
    import ssl

    from config.settings import RelaySettings

_GO_ON = 354
_CLOSING = 421
_CLASS = 100
_POSITIVE = 2
_STEPS = (Step.MAIL, Step.RCPT, Step.DATA)
_LONE_DOT = re.compile(rb"(?m)^\.")
# xtext (RFC 3461, 4): what stands in parameters of MAIL and RCPT.
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")

Reply = tuple[int, str]


class _LostError(TransportError):
    """The connection was gone before any of the mail had left: a new one may take it at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpLimits:
    """How long an answer is waited for, and how many mails one connection carries."""

    timeout_s: float
    messages: int


class SmtpTransport:
    """A way to one relay."""

    def __init__(
        self,
        settings: RelaySettings,
        limits: SmtpLimits,
        *,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._trusted = trusted
        self._conversation: Conversation | None = None
        self._sent = 0

    @property
    def relay(self) -> str:
        """Host and port."""
        return f"{self._settings.host}:{self._settings.port}"

    def connect(self) -> None:
        """Open the conversation where none is open."""
        if self._conversation is None:
            self._conversation = open_conversation(
                self._settings, timeout_s=self._limits.timeout_s, trusted=self._trusted
            )

    def send(self, sender: str, recipient: str, message: bytes, *, envelope_id: str = "") -> str:
        """Send over the open conversation, or over a new one where it was closed meanwhile."""
        used = self._conversation is not None
        self.connect()
        try:
            return self._send(sender, recipient, message, envelope_id)
        except _LostError:
            self.close()
            if not used:
                raise
        self.connect()
        try:
            return self._send(sender, recipient, message, envelope_id)
        except _LostError:
            self.close()
            raise

    def close(self) -> None:
        """Say goodbye; what the relay answers no longer matters."""
        conversation, self._conversation, self._sent = self._conversation, None, 0
        if conversation is not None:
            try:
                conversation.quit()
            except OSError:
                conversation.close()

    def _send(self, sender: str, recipient: str, message: bytes, envelope_id: str) -> str:
        conversation = self._conversation
        if conversation is None:
            raise RuntimeError("no conversation is open")
        commands = _commands(conversation, sender, recipient, message, envelope_id)
        self._announce(conversation, commands, sender, recipient)
        try:
            # Where this fails, the end of the mail did not leave, and the relay drops the rest.
            conversation.send(_dotted(message))
        except OSError as error:
            self.close()
            raise TransportError(f"the relay closed the connection ({error})") from error
        try:
            code, words = _answer(conversation)
        except OSError as error:
            self.close()
            raise TransportError(
                f"no answer came after the whole mail was handed over ({error})", uncertain=True
            ) from error
        if code < 0:
            self.close()
            raise TransportError("the relay gave no answer about the mail", uncertain=True)
        if code // _CLASS != _POSITIVE:
            self._after_refusal(conversation, code)
            raise _refusal(Step.WHOLE, "the mail", code, words)
        self._sent += 1
        if self._sent >= self._limits.messages:
            self.close()
        return f"{code} {words}"

    def _announce(
        self, conversation: Conversation, commands: list[bytes], sender: str, recipient: str
    ) -> None:
        """Speak MAIL, RCPT and DATA, until the relay waits for the mail."""
        whom = {Step.MAIL: f"sender {sender}", Step.RCPT: f"recipient {recipient}"}
        together = conversation.has_extn("pipelining")
        try:
            replies = _ask(conversation, commands, together=together)
        except OSError as error:
            raise _LostError(f"the relay closed the connection ({error})") from error
        for step, (code, words) in zip(_STEPS, replies, strict=False):
            positive = code == _GO_ON if step is Step.DATA else code // _CLASS == _POSITIVE
            if positive:
                continue
            if code == _CLOSING:
                raise _lost(step, whom.get(step, "the mail"), code, words)
            if code < 0:
                raise _LostError(f"the relay gave no answer about {whom.get(step, 'the mail')}")
            if step is not Step.DATA and replies[-1][0] == _GO_ON:
                # It waits for a mail to nobody; the end of none is its end (RFC 2920, 3.1).
                self._end_of_none(conversation)
            else:
                self._after_refusal(conversation, code)
            raise _refusal(step, whom.get(step, "the mail"), code, words)

    def _end_of_none(self, conversation: Conversation) -> None:
        try:
            conversation.send(b".\r\n")
            _answer(conversation)
        except OSError:
            self.close()

    def _after_refusal(self, conversation: Conversation, code: int) -> None:
        """Forget the mail that was refused; a relay that says goodbye is left."""
        try:
            if code == _CLOSING or conversation.rset()[0] // _CLASS != _POSITIVE:
                self.close()
        except OSError:
            self.close()


def _ask(conversation: Conversation, commands: list[bytes], *, together: bool) -> list[Reply]:
    """Send commands, at once or each after the answer to the one before; return the answers."""
    if together:
        conversation.send(b"".join(commands))
        return [_answer(conversation) for _ in commands]
    replies: list[Reply] = []
    for command in commands:
        conversation.send(command)
        replies.append(_answer(conversation))
        if replies[-1][0] // _CLASS not in (_POSITIVE, _GO_ON // _CLASS):
            break
    return replies


def _answer(conversation: Conversation) -> Reply:
    code, words = conversation.getreply()
    return code, words_of(words)


def _lost(step: Step, what: str, code: int, words: str) -> _LostError:
    return _LostError(
        f"the relay refuses {what}: {code} {words}",
        code=code,
        enhanced=enhanced_code(words),
        verdict=judge(step, code, words),
    )


def _refusal(step: Step, what: str, code: int, words: str) -> TransportError:
    return TransportError(
        f"the relay refuses {what}: {code} {words}",
        code=code,
        enhanced=enhanced_code(words),
        verdict=judge(step, code, words),
    )


def _commands(
    conversation: Conversation, sender: str, recipient: str, message: bytes, envelope_id: str
) -> list[bytes]:
    """Return MAIL, RCPT and DATA with what the relay understands of RFC 1870, 3461 and 6531."""
    mail, rcpt = [f"MAIL FROM:<{sender}>"], [f"RCPT TO:<{recipient}>"]
    if conversation.has_extn("size"):
        mail.append(f"SIZE={len(message)}")
        _refuse_too_long(conversation, message)
    if not (sender + recipient).isascii():
        if not conversation.has_extn("smtputf8"):
            raise _cannot(
                553, "5.6.7", f"the relay cannot write to {recipient}: it does not offer SMTPUTF8"
            )
        mail += ["SMTPUTF8", "BODY=8BITMIME"]
    if conversation.has_extn("dsn"):
        mail += ["RET=HDRS", *([f"ENVID={xtext(envelope_id)}"] if envelope_id else [])]
        rcpt += ["NOTIFY=FAILURE,DELAY"]
        if recipient.isascii():
            rcpt.append(f"ORCPT=rfc822;{xtext(recipient)}")
    return [f"{' '.join(words)}\r\n".encode() for words in (mail, rcpt, ["DATA"])]


def _refuse_too_long(conversation: Conversation, message: bytes) -> None:
    limit = conversation.esmtp_features.get("size", "")
    if limit.isdigit() and 0 < int(limit) < len(message):
        raise _cannot(
            552, "5.3.4", f"the mail has {len(message)} bytes, and the relay takes {limit}"
        )


def _cannot(code: int, enhanced: str, reason: str) -> TransportError:
    return TransportError(
        reason, code=code, enhanced=enhanced, verdict=judge(Step.RCPT, code, enhanced)
    )


def xtext(text: str) -> str:
    """Return text as a parameter may have it (RFC 3461, 4)."""
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found.group()):02X}", text)


def _dotted(message: bytes) -> bytes:
    """Return the message as DATA carries it (RFC 5321, 4.5.2)."""
    # From its end a search for so little takes a third of the time.
    if message.startswith(b".") or message.rfind(b"\n.") >= 0:
        message = _LONE_DOT.sub(b"..", message)
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")
