"""What SpamAssassin thinks of the mails that our templates can make, by its own rules alone."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import digests
import other_mails
from programs import program

from notifier.model import Form

if TYPE_CHECKING:
    from pathlib import Path

# No network, nothing learned, no lists: the mail as it is.
_PREFERENCES = """\
use_bayes 0
use_auto_whitelist 0
skip_rbl_checks 1
use_razor2 0
use_pyzor 0
"""
_SCORE = re.compile(r"X-Spam-Status: \w+, score=(-?[\d.]+) .*?tests=(\S+)", re.DOTALL)
# A well-formed mail of a list has -1.0: what we may lose of it, and still be well-formed.
MOST = -0.5

MAILS = {
    **{f"{kind} as html": (kind, {}) for kind in digests.KINDS},
    **{f"{kind} as text": (kind, {"form": Form.TEXT}) for kind in digests.KINDS},
    **{
        f"corrected in {language} as {form.value}": (
            "withdrawn",
            {"language": language, "is_corrected": True, "form": form},
        )
        for language in other_mails.LANGUAGES
        for form in Form
    },
    "of a filter": ("some", {"number": 8}),
    "without a mailbox": ("some", {"bounce": ""}),
    "with a long title": ("some", {"title": "Notices of the harbour board of Long Name " * 5}),
    "with letters": ("letters", {"title": "港の知らせ"}),
}


def test_no_mail_looks_like_spam(tmp_path: Path) -> None:
    """Every kind, in every language and form, at -0.5 points or less; 5 would be spam."""
    mails = {
        name: digests.mail(digests.KINDS[kind], **given)  # type: ignore[arg-type]
        for name, (kind, given) in MAILS.items()
    }
    mails |= other_mails.notices() | other_mails.alerts()
    mails |= {f"{name}, letters": mail for name, mail in other_mails.notices(title="港").items()}
    scores = judged(mails, tmp_path)

    assert {name: score for name, score in scores.items() if score[0] > MOST} == {}
    assert set(scores) == set(mails)


def judged(mails: dict[str, bytes], folder: Path) -> dict[str, tuple[float, str]]:
    """The points of each mail, and the rules that gave them; all in one run."""
    (folder / "preferences").write_text(_PREFERENCES)
    (folder / "mbox").write_bytes(
        b"".join(
            b"From news@example.org Sun Nov 22 08:00:00 2026\n"
            b"X-Name: "
            + name.encode()
            + b"\n"
            + re.sub(rb"^(>*From )", rb">\1", mail.replace(b"\r\n", b"\n"), flags=re.MULTILINE)
            + b"\n"
            for name, mail in mails.items()
        )
    )
    command = [
        program("spamassassin", tests="how mails look to a spam filter"),
        *("--local", "--mbox", f"--prefspath={folder / 'preferences'}"),
    ]
    run = subprocess.run(  # noqa: S603 - a program of Debian
        [*command, str(folder / "mbox")],
        capture_output=True,
        check=True,
        timeout=300,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    found = {}
    for mail in re.split(
        r"^From news@.*\n", run.stdout.decode(errors="replace"), flags=re.MULTILINE
    )[1:]:
        name = re.search(r"^X-Name: (.*)$", mail, re.MULTILINE)
        score = _SCORE.search(mail)
        assert name, mail[:500]
        assert score, mail[:500]
        found[name[1]] = (float(score[1]), score[2])
    return found
