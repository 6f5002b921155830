"""A source that somebody is about to have read: its page, the rules so far, what the form says.

Pure values, and how one follows from another. A draft is kept between requests as JSON beside the
bytes of its page; where is the matter of ``tidings.desk.draft_store``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast, get_args
from zoneinfo import ZoneInfo

from config.schedule import Interval
from config.settings import RuleSettings, SourceSettings
from config.write import given_rules
from feeds.located import locate, located
from feeds.numbered import Opened, open_page
from feeds.pointing import point as rules_for
from feeds.pointing_values import Part, Point

if TYPE_CHECKING:
    from datetime import datetime

    from feeds.located import Located
    from feeds.page import Page

PARTS: tuple[Part, ...] = ("title", "date", "link", "summary", "item", "not")
# Steps that can be taken back; what is older stays as it is.
_MOST_STEPS = 60
_MOST_POINTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The rules as they stood at some moment, and what led to them.

    ``points`` are those that the rules satisfy; rules from somebody's hand begin without any.
    ``said`` tells what changed with this step.
    """

    rules: RuleSettings
    points: tuple[Point, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is to be configured of a new bulletin, as it stands in the form."""

    title: str = ""
    slug: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    every: str = "1h"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFeed:
    """A feed that the page names, and how many items it has."""

    url: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A page that was fetched once, and what somebody has made of it so far.

    ``of`` names the bulletin and the source whose rules are being corrected; both are empty for a
    new bulletin. ``trouble`` is why the last word changed nothing. ``url`` may hold a login.
    """

    id: str
    made: datetime
    url: str
    page: Page
    steps: tuple[Step, ...]
    form: Form = Form()
    feed: OwnFeed | None = None
    of: tuple[str, str] = ("", "")
    kind: str = "auto"
    trouble: tuple[str, ...] = ()

    @property
    def rules(self) -> RuleSettings:
        """The rules in force."""
        return self.steps[-1].rules

    @property
    def points(self) -> tuple[Point, ...]:
        """What was pointed at, as far as the rules go by it."""
        return self.steps[-1].points

    @property
    def is_new(self) -> bool:
        """Whether a new bulletin comes of it."""
        return not self.of[0]

    def source(self) -> SourceSettings:
        """Return the source as it would be configured."""
        return SourceSettings(
            bulletin=self.of[0] or self.form.slug,
            name=self.of[1] or "main",
            url=self.url,
            kind=cast("Any", self.kind),
            schedule=Interval(timedelta(hours=1)),
            time_zone=ZoneInfo(self.form.time_zone),
            language=self.form.language,
            rules=self.rules,
        )

    def open(self, now: datetime) -> Opened | None:
        """Lay out its page, once for all that is asked of it; None where it is no page."""
        opened = open_page(self.page, source=self.source(), now=now)
        return opened if isinstance(opened, Opened) else None

    def read(self, now: datetime, opened: Opened | None = None) -> Located:
        """Read its page by the rules in force; ``opened`` where it is laid out already."""
        if opened is not None:
            return locate(opened, self.rules)
        return located(self.page, source=self.source(), now=now)


def is_part(text: str) -> bool:
    """Tell whether a text names what somebody may point at."""
    return text in get_args(Part)


def with_point(draft: Draft, point: Point, opened: Opened) -> tuple[Draft, Located]:
    """Return the draft after one more point on its page, with its reading.

    The newest word counts: a former one that cannot be kept with it is let go. Where the newest
    cannot be satisfied itself nothing changes, and ``trouble`` says why.
    """
    points = (*(one for one in draft.points if one != point), point)[-_MOST_POINTS:]
    found = rules_for(opened, points, rules=draft.rules)
    if point in found.unmet or not found.located.reading.entries:
        why = found.problems[found.unmet.index(point) :][:1] if point in found.unmet else ()
        return replace(draft, trouble=why or (_NOTHING_LEFT,)), locate(opened, draft.rules)
    kept = tuple(one for one in points if one not in found.unmet)
    step = Step(rules=found.rules, points=kept, said=found.explanation)
    return _stepped(draft, step), found.located


def with_rules(draft: Draft, rules: RuleSettings, said: tuple[str, ...] = ()) -> Draft:
    """Return the draft with rules from somebody's hand; what was pointed at before is done with."""
    if rules == draft.rules:
        return replace(draft, trouble=())
    return _stepped(draft, Step(rules=rules, said=said or ("By the rules as you wrote them.",)))


def without_last_step(draft: Draft) -> Draft:
    """Return the draft as it was a step before."""
    if len(draft.steps) == 1:
        return replace(draft, trouble=())
    before = draft.steps[:-1]
    last = replace(before[-1], said=("The last step was taken back.",))
    return replace(draft, steps=(*before[:-1], last), trouble=())


def from_the_start(draft: Draft) -> Draft:
    """Return the draft as it was when its page was fetched."""
    return replace(draft, steps=(replace(draft.steps[0], said=()),), trouble=())


def _stepped(draft: Draft, step: Step) -> Draft:
    steps = (*draft.steps, step)
    # The first one is where one can always return to.
    kept = steps if len(steps) <= _MOST_STEPS else (steps[0], *steps[-_MOST_STEPS + 1 :])
    return replace(draft, steps=kept, trouble=())


_NOTHING_LEFT = "Nothing would be found any more; nothing was changed. Point at something else."


# --- as JSON ----------------------------------------------------------------------------------


def state_of(draft: Draft) -> str:
    """Return what is to be kept of a draft beside its page, as JSON."""
    return json.dumps(
        {
            "url": draft.url,
            "steps": [
                {
                    "rules": given_rules(step.rules),
                    "points": [[point.number, point.part] for point in step.points],
                    "said": step.said,
                }
                for step in draft.steps
            ],
            "form": asdict(draft.form),
            "feed": asdict(draft.feed) if draft.feed else None,
            "of": draft.of,
            "kind": draft.kind,
            "trouble": draft.trouble,
        },
        ensure_ascii=False,
    )


def draft_from(identifier: str, made: datetime, state: str, page: Page) -> Draft:
    """Return the draft of what was kept."""
    kept = json.loads(state)
    return Draft(
        id=identifier,
        made=made,
        url=kept["url"],
        page=page,
        steps=tuple(
            Step(
                rules=RuleSettings(**step["rules"]),
                points=tuple(Point(number, part) for number, part in step["points"]),
                said=tuple(step["said"]),
            )
            for step in kept["steps"]
        ),
        form=Form(**kept["form"]),
        feed=OwnFeed(**kept["feed"]) if kept["feed"] else None,
        of=(kept["of"][0], kept["of"][1]),
        kind=kept["kind"],
        trouble=tuple(kept["trouble"]),
    )
