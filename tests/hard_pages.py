"""Three pages that are not read rightly by themselves, what stands on them, and how to say so.

Each may be served as it is; ``clicks`` name what a person points at, one after the other: the text
of an element, which of those, and what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.pointing_values import Part


@dataclass(frozen=True)
class HardPage:
    """A page, its items (title, day, path of the link), and the clicks that lead to them."""

    html: str
    items: tuple[tuple[str, str, str], ...]
    clicks: tuple[tuple[str, int, Part], ...]


_STYLE = """<style>body{font:16px/1.4 sans-serif;margin:1rem auto;max-width:60rem;padding:0 1rem}
.cols{display:flex;gap:2rem}.cols>main{flex:3}.cols>aside{flex:1}td{padding:.2rem .6rem}
.promo{background:#eee}</style>"""

# A council that keeps its notices in a table: two rows for each, other rows between them, a menu in
# a table as well, and a list of meetings whose days lie ahead, which looks more like news.
_NOTICES = (
    ("Public hearing on the harbour plan", "2026-11-18", "/council/hearing.pdf"),
    ("Closing times of the town hall", "2026-11-12", "/council/closing.pdf"),
    ("Water rates for the coming year", "2026-11-03", "/council/water.pdf"),
    ("Vacancy: warden of the fish market", "2026-10-28", "/council/warden.pdf"),
)


def _council() -> str:
    months = ("", "", "", "", "", "", "", "", "", "", "October", "November", "December")
    rows = ""
    for place, (title, day, path) in enumerate(_NOTICES):
        year, month, number = day.split("-")
        rows += (
            f"<tr><td>No. {place + 41}</td><td>{title}</td></tr>"
            f"<tr><td>{int(number)} {months[int(month)]} {year}</td>"
            f'<td><a href="{path}">Document (PDF)</a></td></tr>'
        )
        if place == 1:
            rows += '<tr><td colspan="2"><b>Pay your rates by standing order!</b></td></tr>'
    meetings = "".join(
        f'<div class="meeting"><h3><a href="/meetings/{n}">Meeting of committee {n}</a></h3>'
        f"<p>{n + 1} December 2026</p><p>The agenda is put up a week before the meeting.</p></div>"
        for n in range(1, 8)
    )
    menu = "".join(f'<tr><td><a href="/{w}">{w.title()}</a></td></tr>' for w in ("mayor", "taxes"))
    return (
        f'<!doctype html><html lang="en"><head><title>Town council</title>{_STYLE}</head><body>'
        f"<h1>Town council</h1><table>{menu}</table><h2>Meetings</h2>{meetings}"
        f"<h2>Notices</h2><table>{rows}</table></body></html>"
    )


# A club whose news are bold words in paragraphs without any class, under class names that a tool
# made, beside a list of posts that everybody reads, made in the same way.
_CLUB = (
    ("Regatta postponed by a week", "2026-11-20", ""),
    ("New slipway in use", "2026-11-09", ""),
    ("Winter storage: places left", "2026-10-30", ""),
    ("Course for beginners is full", "2026-10-11", ""),
    ("Thank you, volunteers", "2026-10-02", ""),
)


def _club() -> str:
    months = ("", "", "", "", "", "", "", "", "", "", "Oct", "Nov")
    news = "".join(
        f'<div class="css-1q{n}x7"><span class="Txt_label__kQ3zB">Club</span>'
        f'<p class="css-0{n}ab"><b>{title}</b></p>'
        f"<p>Written by the board. As of {int(day[8:])} {months[int(day[5:7])]} {day[:4]}.</p>"
        f"<p>Members find more about it on the board in the club house, as ever. Event: "
        f"{n + 1} May 2027.</p></div>"
        for n, (title, day, _) in enumerate(_CLUB)
    )
    popular = "".join(
        f'<div class="css-2p{n}y8"><p class="css-9{n}cd"><a href="/wiki/{n}">How to tie knot '
        f"no. {n}</a></p><p>{n + 10} March 2019</p></div>"
        for n in range(1, 8)
    )
    return (
        f'<!doctype html><html lang="en"><head><title>Sailing club</title>{_STYLE}</head><body>'
        f'<h1>Sailing club</h1><div class="cols"><main><h2>News</h2><div class="css-77ab">{news}'
        f'</div></main><div><h2>Popular</h2><div class="css-78ab">{popular}</div></div></div>'
        "</body></html>"
    )


# A port with days above several items, one item above all in another form, and offers of others
# between them that are made like items.
_PORT = (
    ("Berth 4 closed for repairs", "2026-11-20", "/port/berth-4"),
    ("Ice warning for the outer basin", "2026-11-20", "/port/ice"),
    ("Pilot boats on winter duty", "2026-11-20", "/port/pilots"),
    ("Tariffs of the coming year", "2026-11-17", "/port/tariffs"),
    ("Lock out of service at night", "2026-11-17", "/port/lock"),
)


def _port() -> str:
    def line(place: int) -> str:
        title, _, path = _PORT[place]
        return f'<div class="row"><a href="{path}">{title}</a> <small>read in 2 min</small></div>'

    def offer(number: int) -> str:
        return (
            f'<div class="row promo"><a href="/offers/{number}">Offer no. {number} of our partners'
            "</a> <small>advertisement</small></div>"
        )

    lead, _, path = _PORT[0]
    return (
        f'<!doctype html><html lang="en"><head><title>Port</title>{_STYLE}</head><body>'
        f'<h1>Port</h1><div class="cols"><main><p class="day">20 November 2026</p>'
        f'<div class="lead"><h2><a href="{path}">{lead}</a></h2></div>'
        f'{line(1)}{offer(1)}{line(2)}<p class="day">17 November 2026</p>'
        f"{line(3)}{offer(2)}{line(4)}</main><aside><h2>Shops</h2><ul>"
        '<li><a href="/shops/1">Chandlery</a><li><a href="/shops/2">Fuel</a></ul></aside></div>'
        "</body></html>"
    )


HARD_PAGES = {
    "council": HardPage(
        _council(),
        _NOTICES,
        (
            (_NOTICES[0][0], 0, "title"),
            ("18 November 2026", 0, "date"),
            ("Document (PDF)", 0, "link"),
        ),
    ),
    "club": HardPage(
        _club(),
        _CLUB,
        (
            (_CLUB[0][0], 0, "title"),
            ("Written by the board. As of 20 Nov 2026.", 0, "date"),
        ),
    ),
    "port": HardPage(
        _port(),
        _PORT,
        (
            (_PORT[1][0], 0, "title"),
            ("Offer no. 1 of our partners", 0, "not"),
            (_PORT[0][0], 0, "title"),
            ("20 November 2026", 0, "date"),
        ),
    ),
}
