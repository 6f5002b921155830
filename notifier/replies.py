"""What a relay's answer means: whom it is about, and what follows. Pure.

Enhanced status codes (RFC 3463) say it best; where a relay gives none, its code, the step at
which it came and, at last, its words must do. The same judgement serves reports of bounces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$|[^\d.])")
_PERMANENT = 500
_CLOSING = 421
# The mailbox or its domain is not there, or takes mail no more; writing again helps nobody.
_DEAD = re.compile(r"5\.(1\.(0|1|2|3|6|10)|2\.1|4\.1|4\.4)$")
_DEAD_WORDS = re.compile(
    r"user unknown|unknown (user|recipient|mailbox|local part)|no such (user|mailbox|recipient)"
    r"|does not exist|doesn't exist|no mailbox here|mailbox not found|recipient not found"
    r"|(account|mailbox|address) (is |has been )?(disabled|deactivated|closed)"
    r"|invalid (recipient|mailbox)|not a valid (recipient|mailbox)",
    re.IGNORECASE,
)
# Policy, authentication and reputation, and how we speak the protocol: that is us.
_OURS = re.compile(r"5\.(7\.\d+|1\.7|1\.8|5\.\d+)$")
_OUR_WORDS = re.compile(
    r"authenticat|relay(ing)? (access )?(is )?(denied|not permitted)|black ?list|block ?list"
    r"|spamhaus|barracuda|your (ip|host|network|domain)|reputation",
    re.IGNORECASE,
)
# The state of the relay or of the net, not of the one who is written to.
_OF_RELAY = re.compile(r"4\.(3\.\d+|4\.5)$")


class Step(StrEnum):
    """How far the conversation about one mail had come."""

    CONNECT = "connect"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    WHOLE = "whole"


class About(StrEnum):
    """Whose affair a refusal is."""

    US = "us"
    RELAY = "relay"
    RECIPIENT = "recipient"
    MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a refusal says.

    ``permanent``: another try gets the same answer. ``dead``: the address takes no mail for
    good, and is to be suppressed. ``policy``: it seems to be about us, but was said of this
    recipient or this mail only.
    """

    about: About
    permanent: bool
    dead: bool = False
    policy: bool = False


def enhanced_code(text: str) -> str:
    """Return the enhanced status code at the beginning of a reply's words, empty without one."""
    found = _ENHANCED.match(text)
    return found.group(1) if found else ""


def judge(step: Step, code: int, text: str) -> Verdict:
    """Judge a refusal: a reply of 4xx or 5xx, with its words, at a step."""
    enhanced = enhanced_code(text)
    if code < _PERMANENT:
        return Verdict(about=_later(step, code, enhanced), permanent=False)
    if step in (Step.CONNECT, Step.MAIL):
        return Verdict(about=About.US, permanent=True)
    if is_dead(enhanced, text):
        return Verdict(about=About.RECIPIENT, permanent=True, dead=True)
    if _OURS.match(enhanced) or _OUR_WORDS.search(text):
        return Verdict(about=About.US, permanent=True, policy=True)
    about = About.RECIPIENT if step is Step.RCPT else About.MAIL
    return Verdict(about=about, permanent=True)


def is_dead(enhanced: str, text: str) -> bool:
    """Whether a permanent refusal says that the address takes no mail for good.

    A full mailbox (5.2.2), a mail that is too long (5.2.3, 5.3.4) or disliked does not.
    """
    if enhanced:
        return _DEAD.match(enhanced) is not None
    return _DEAD_WORDS.search(text) is not None


def _later(step: Step, code: int, enhanced: str) -> About:
    """Whom a temporary refusal is about: the domain written to, unless the relay is ill."""
    if step in (Step.CONNECT, Step.MAIL) or code == _CLOSING or _OF_RELAY.match(enhanced):
        return About.RELAY
    return About.RECIPIENT
