"""Every mail that is no digest: notices in all languages, and what the operator is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from worlds import NOON

from config.settings import BulletinSettings, MailSettings, Settings, SiteSettings, SourceSettings
from feeds.fetch import Validators
from feeds.habit import Habit
from feeds.records import HeldNews, Repaired, SourceState
from feeds.render import Renderer, package_templates, package_translations
from feeds.turn_store import Turn, TurnKind
from notifier.bounce_store import Bounce
from notifier.bounces import Weight
from notifier.notice import notice_mail
from notifier.notice_store import CONFIRM, KNOWN, WELCOME
from notifier.sample import sample_notice
from notifier.stop_store import NOTICES, Stop
from tidings.alerts import alert_mail
from tidings.bouncing import returns_mail
from tidings.mail_alerts import stop_mail

LANGUAGES = ("en", "es", "fr", "pt")
MAIL = MailSettings(sender="news@example.org", operator="boss@example.org")
SETTINGS = Settings(
    path=Path("tidings.toml"),
    site=SiteSettings(base_url="https://news.example.org"),
    mail=MAIL,
    bulletins=(
        BulletinSettings(
            slug="harbour",
            title="Harbour news",
            sources=(SourceSettings(bulletin="harbour", name="main", url="https://x.test/"),),
        ),
    ),
)


def notices(*, title: str = "Harbour news") -> dict[str, bytes]:
    """Each kind of notice in each language."""
    renderer = Renderer(
        package_templates("notifier"), translations=(package_translations("notifier"),)
    )
    return {
        f"{kind} in {language}": notice_mail(
            replace(sample_notice(kind, language=language), created=NOON),
            BulletinSettings(slug="harbour", title=title),
            settings=MAIL,
            base_url="https://news.example.org",
            renderer=renderer,
            sent_at=NOON,
        )
        for kind in (CONFIRM, KNOWN, WELCOME)
        for language in LANGUAGES
    }


def _turns() -> dict[str, list[Turn]]:
    state = SourceState(
        bulletin="harbour",
        name="main",
        location="https://x.test/",
        next_check=NOON,
        validators=Validators(),
        moved_to="",
        baseline=NOON,
        checked=NOON,
        succeeded=NOON,
        failures=3,
        problem="the server answered 503 Service Unavailable",
        held="40 new items, where 2 came at most so far",
        held_since=NOON,
        held_news=HeldNews(
            count=40, titles=("Free parking on Sundays!!!", "Fees rise by 100 %", "Act now")
        ),
        repaired=Repaired(
            selectors={"item": "li.news", "title": "h3 > a"}, since=NOON, evidence="9 of 10 items"
        ),
        habit=Habit(
            last=NOON - timedelta(days=90),
            usual=timedelta(days=2),
            longest=timedelta(days=9),
            silent_at=NOON,
        ),
    )
    begun = {kind: Turn(kind=kind, state=state, told="now", mailed="") for kind in TurnKind}
    over = {kind: Turn(kind=kind, state=state, told="", mailed="then") for kind in TurnKind}
    return {
        **{f"{kind.value} begins": [turn] for kind, turn in begun.items()},
        **{f"{kind.value} is over": [turn] for kind, turn in over.items()},
        "all turns": [*begun.values(), *over.values()],
    }


def alerts() -> dict[str, bytes]:
    """Each mail to the operator."""
    problem = "relay mail.example.org port 465 refuses the login (535 5.7.8); see [mail] username"
    stop = Stop(id=1, problem=problem, since=NOON, ended=None)
    bounce = Bounce(
        name="7",
        weight=Weight.OURS,
        status="5.7.26",
        words="550 5.7.26 this mail has no signature of its domain",
        reported=NOON,
    )
    return {
        **{name: alert_mail(turns, SETTINGS, sent_at=NOON) for name, turns in _turns().items()},
        **{
            f"stop of {what or 'all'}, {'over' if ended else 'begun'}": stop_mail(
                replace(stop, what=what, ended=NOON if ended else None), SETTINGS, sent_at=NOON
            )
            for what in ("", NOTICES)
            for ended in (False, True)
        },
        "returns": returns_mail(3, bounce, SETTINGS, sent_at=NOON),
    }
