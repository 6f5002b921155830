"""What a relay's answer means: whom it is about, and what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.replies import About, Step, Verdict, enhanced_code, judge

US, RELAY, RECIPIENT, MAIL = About.US, About.RELAY, About.RECIPIENT, About.MAIL
DEAD = Verdict(about=RECIPIENT, permanent=True, dead=True)
REFUSED = Verdict(about=RECIPIENT, permanent=True)
POLICY = Verdict(about=US, permanent=True, policy=True)
LATER = Verdict(about=RECIPIENT, permanent=False)
BUSY = Verdict(about=RELAY, permanent=False)


@pytest.mark.parametrize(
    ("step", "reply", "verdict"),
    [
        (Step.RCPT, "550 5.1.1 no such user", DEAD),
        (Step.RCPT, "550 5.1.10 null MX", DEAD),
        (Step.RCPT, "550 5.2.1 mailbox disabled", DEAD),
        (Step.RCPT, "550 5.4.1 Recipient address rejected: Access denied", DEAD),
        (Step.RCPT, "550 User unknown in virtual alias table", DEAD),
        (Step.WHOLE, "550 5.1.1 no such user after all", DEAD),
        (Step.RCPT, "552 5.2.2 mailbox full", REFUSED),
        (Step.RCPT, "552 5.2.3 message too long", REFUSED),
        (Step.RCPT, "553 5.6.7 no SMTPUTF8", REFUSED),
        (Step.RCPT, "550 no", REFUSED),
        (Step.WHOLE, "554 5.6.0 not liked", Verdict(about=MAIL, permanent=True)),
        (Step.WHOLE, "554 no", Verdict(about=MAIL, permanent=True)),
        (Step.RCPT, "550 5.7.1 relaying denied", POLICY),
        (Step.RCPT, "554 Relay access denied", POLICY),
        (Step.RCPT, "554 Client host blocked using zen.spamhaus.org", POLICY),
        (Step.WHOLE, "550 5.7.26 unauthenticated mail", POLICY),
        (Step.WHOLE, "550 5.7.515 access denied", POLICY),
        (Step.RCPT, "503 5.5.1 bad sequence", POLICY),
        (Step.MAIL, "550 5.1.8 sender unknown", Verdict(about=US, permanent=True)),
        (Step.MAIL, "550 5.1.1 no such user", Verdict(about=US, permanent=True)),
        (Step.CONNECT, "535 5.7.8 wrong password", Verdict(about=US, permanent=True)),
        (Step.RCPT, "450 4.2.1 greylisted", LATER),
        (Step.RCPT, "451 4.7.1 try later", LATER),
        (Step.WHOLE, "452 4.2.2 full", LATER),
        (Step.RCPT, "451 4.3.0 queue file write error", BUSY),
        (Step.WHOLE, "452 4.3.1 disk full", BUSY),
        (Step.RCPT, "421 4.7.0 closing", BUSY),
        (Step.MAIL, "451 busy", BUSY),
        (Step.CONNECT, "421 too many connections", BUSY),
    ],
)
def test_whom_a_refusal_is_about(step: Step, reply: str, verdict: Verdict) -> None:
    """By its enhanced code, else by its code, its step and its words."""
    code, _, words = reply.partition(" ")

    assert judge(step, int(code), words) == verdict


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("5.1.1 no such user", "5.1.1"),
        ("4.7.26", "4.7.26"),
        ("5.1.1234 x", ""),
        ("see 5.1.1", ""),
        ("3.1.1 x", ""),
        ("5.1.1.1 is an address", ""),
        ("", ""),
    ],
)
def test_an_enhanced_code(words: str, code: str) -> None:
    """It stands at the beginning, and is no address."""
    assert enhanced_code(words) == code


@given(st.sampled_from(Step), st.integers(400, 599), st.text())
def test_every_answer_has_a_meaning(step: Step, code: int, words: str) -> None:
    """Only a permanent refusal suppresses, and never for a fault of ours."""
    verdict = judge(step, code, words)

    assert verdict.permanent == (code >= 500)
    assert not verdict.dead or (verdict.permanent and verdict.about is RECIPIENT)
    assert not verdict.policy or verdict.about is US
