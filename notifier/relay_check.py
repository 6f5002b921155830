"""Whether a relay takes our mail: as far as its word on the sender, without a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.findings import failure, ok, warning
from notifier.smtp_open import open_conversation, words_of
from notifier.transport import TransportError

if TYPE_CHECKING:
    import ssl

    from config.settings import RelaySettings
    from notifier.findings import Finding

_REFUSED = 400


def examine_relay(
    relay: RelaySettings, sender: str, *, timeout_s: float, trusted: ssl.SSLContext | None = None
) -> list[Finding]:
    """Connect, encrypt, log in, name the sender, and go."""
    about = relay.place
    try:
        conversation = open_conversation(relay, timeout_s=timeout_s, trusted=trusted)
    except TransportError as error:
        message, _, remedy = str(error).removeprefix(f"{about} ").rpartition("; ")
        return [failure(about, message, remedy)]
    try:
        code, said = conversation.mail(sender)
        conversation.rset()
        conversation.quit()
    except OSError as error:
        return [failure(about, f"hung up: {error}", "see the relay's own log")]
    finally:
        conversation.close()
    if code >= _REFUSED:
        words = f"refuses the sender {sender or '<>'}: {code} {words_of(said)}"
        return [failure(about, words, "see [mail] sender and bounce")]
    found = [ok(about, f"takes mail of {sender}")]
    if relay.security == "none" and relay.username:
        found.append(warning(about, "gets the password unencrypted", "see [mail] security"))
    return found
