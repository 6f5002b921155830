from __future__ import annotations

import json
import time
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_read_html import MENU, reading

if TYPE_CHECKING:
    from feeds.model import Reading

# title, address, day, summary, author
THINGS = [
    (
        "Lighthouse gets a second lamp",
        "/n/lamp",
        "2021-03-04",
        "It turns the other way.",
        "A. Q",
    ),
    ("Seals return to the north bay", "/n/seals", "2021-02-11", "Forty were counted.", "B. Mole"),
    ("Rope makers open their yard", "/n/rope", "2021-01-20", "Every first Sunday.", "C. Pier"),
]
ROWS = [(t, f"https://harbour.example{u}", date.fromisoformat(d)) for t, u, d, _, _ in THINGS]
# Nothing here is a list, and nothing a reader could take for one.
BARE = "<p>Welcome.</p>"


def page(content: str, *, head: str = "") -> str:
    """Put content and head of a page together."""
    return f'<html lang="en"><head><title>News</title>{head}</head><body>{content}</body></html>'


def ld(value: object) -> str:
    """Write a value as a script of JSON-LD."""
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def each(pattern: str) -> str:
    """Write every thing by a pattern."""
    return "".join(pattern.format(t=t, u=u, d=d, s=s, a=a) for t, u, d, s, a in THINGS)


def rows(found: Reading) -> list[tuple[str, str, date | None]]:
    """Return title, address and day of each entry."""
    return [(e.title, e.url, e.when.day if e.when else None) for e in found.entries]


def node(kind: str = "NewsArticle", **further: object) -> list[dict[str, object]]:
    """Return the things as objects of a type of schema.org."""
    return [
        {"@type": kind, "headline": t, "url": u, "datePublished": d, "description": s, **further}
        for t, u, d, s, _ in THINGS
    ]


def at(value: object) -> list[dict[str, object]]:
    """Return list items around things."""
    things = value if isinstance(value, list) else [value]
    return [{"@type": "ListItem", "position": n, "item": t} for n, t in enumerate(things)]


EVENTS = [{"@type": "MusicEvent", "name": t, "url": u, "startDate": d} for t, u, d, _, _ in THINGS]
SHELL_JSONLD: dict[str, object] = {
    "array": node(),
    "graph": {"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, *node()]},
    "item list": {"@type": "ItemList", "itemListElement": at(node("BlogPosting"))},
    "list with addresses outside": {
        "@type": "ItemList",
        "itemListElement": [
            {"url": u, "item": {"@type": "Article", "name": t, "dateCreated": d}}
            for t, u, d, _, _ in THINGS
        ],
    },
    "blog": {"@type": "Blog", "name": "The blog", "blogPost": node("BlogPosting")},
    "collection": {"@type": "CollectionPage", "mainEntity": {"@type": "Blog", "blogPosts": node()}},
    "events": EVENTS,
    "references": {
        "@graph": [
            {"@type": "ItemList", "itemListElement": at([{"@id": f"#{n}"} for n in range(3)])},
            *({**thing, "@id": f"#{n}"} for n, thing in enumerate(node())),
        ]
    },
    "live blog": {"@type": "LiveBlogPosting", "headline": "Live", "liveBlogUpdate": node()},
    "full address of the type": node("https://schema.org/NewsArticle"),
    "markup in texts": [
        {**thing, "headline": f"<b>{thing['headline']}</b>"} for thing in node()
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", SHELL_JSONLD)
def test_jsonld_stands_in_where_nothing_is_shown(shape: str) -> None:
    """Whatever the shape, the things come in their order."""
    found = reading(page(BARE, head=ld(SHELL_JSONLD[shape])))

    assert rows(found) == ROWS
    assert found.method == "html: JSON-LD"
    assert found.entries[0].evidence["date"] == "JSON-LD"


MICRODATA = (
    '<div itemscope itemtype="https://schema.org/{kind}" {around}><meta itemprop="headline" '
    'content="{{t}}"><link itemprop="url" href="{{u}}"><meta itemprop="datePublished" '
    'content="{{d}}"></div>'
)
SHELL_MARKUP: dict[str, tuple[str, str]] = {
    "microdata": (each(MICRODATA.format(kind="BlogPosting", around="")), "microdata"),
    "microdata, hidden": (each(MICRODATA.format(kind="Event", around="hidden")), "microdata"),
    "microdata in a blog": (
        '<div itemscope itemtype="http://schema.org/Blog">'
        + each(MICRODATA.format(kind="BlogPosting", around="itemprop=blogPost"))
        + "</div>",
        "microdata",
    ),
    "rdfa, prefixes": (
        each(
            '<div typeof="schema:Article"><meta property="schema:headline" content="{t}">'
            '<link property="schema:url" href="{u}"><meta property="schema:datePublished" '
            'content="{d}"></div>'
        ),
        "RDFa",
    ),
    "rdfa, vocabulary": (
        '<div vocab="https://schema.org/">'
        + each(
            '<div typeof="Article" resource="{u}"><meta property="name" content="{t}">'
            '<meta property="datePublished" content="{d}"></div>'
        )
        + "</div>",
        "RDFa",
    ),
    "rdfa, older words": (
        each(
            '<div about="{u}" typeof="sioc:Item foaf:Document"><meta property="dc:title" '
            'content="{t}"><meta property="dc:date dc:created" content="{d}"></div>'
        ),
        "RDFa",
    ),
    "h-entry": (
        '<div hidden class="h-feed"><b class="p-name">All news</b>'
        + each(
            '<div class="h-entry"><b class="p-name">{t}</b><a class="u-url" href="{u}"></a>'
            '<time class="dt-published" datetime="{d}">then</time></div>'
        )
        + "</div>",
        "h-entry",
    ),
    "h-event": (
        each(
            '<div hidden class="h-event"><a class="p-name u-url" href="{u}">{t}</a>'
            '<data class="dt-start" value="{d}">soon</data></div>'
        ),
        "h-event",
    ),
    "hentry": (
        each(
            '<div hidden class="post hentry"><h2 class="entry-title"><a rel="bookmark" href="{u}">'
            '{t}</a></h2><abbr class="published" title="{d}">then</abbr></div>'
        ),
        "hentry",
    ),
    "vevent": (
        each(
            '<div hidden class="vevent"><a class="url" href="{u}"><b class="summary">{t}</b></a>'
            '<abbr class="dtstart" title="{d}">then</abbr></div>'
        ),
        "vevent",
    ),
}


@pytest.mark.parametrize("form", SHELL_MARKUP)
def test_stated_things_that_nobody_sees_stand_in(form: str) -> None:
    """Machine-readable elements alone give the items of a page that shows none."""
    markup, evidence = SHELL_MARKUP[form]

    found = reading(page(BARE + markup))

    assert rows(found) == ROWS
    assert {entry.evidence["date"] for entry in found.entries} == {evidence}


SHOWN = "<article><h3><a href='{u}'>{t}</a></h3><p>{s}</p></article>"
COMPLETING: dict[str, str] = {
    "JSON-LD": ld(node(author=[{"@type": "Person", "name": "A. Q"}])) + each(SHOWN),
    "microdata": each(
        '<article itemscope itemtype="http://schema.org/Article"><h3 itemprop="headline">'
        '<a href="{u}">{t}</a></h3><meta itemprop="datePublished" content="{d}"><p>{s}</p>'
        '<span hidden itemprop="author" itemscope><i itemprop="name">A. Q</i></span></article>'
    ),
    "RDFa": each(
        '<article typeof="schema:Article"><h3 property="schema:name"><a href="{u}">{t}</a></h3>'
        '<meta property="schema:datePublished" content="{d}"><p>{s}</p>'
        '<meta property="schema:author" content="A. Q"></article>'
    ),
    "h-entry": each(
        '<article class="h-entry"><h3><a class="p-name u-url" href="{u}">{t}</a></h3><p>{s}</p>'
        '<time hidden class="dt-published" datetime="{d}">x</time>'
        '<i hidden class="p-author h-card"><b class="p-name">A. Q</b> of town</i></article>'
    ),
    "hentry": each(
        '<article class="hentry"><h3 class="entry-title"><a href="{u}">{t}</a></h3><p>{s}</p>'
        '<abbr style="display: none" class="published" title="{d}">x</abbr>'
        '<i hidden class="author vcard"><b class="fn">A. Q</b></i></article>'
    ),
}


@pytest.mark.parametrize("form", COMPLETING)
def test_what_is_shown_is_completed(form: str) -> None:
    """Items come from the markup; the date and author that it lacks, with their evidence."""
    found = reading(page(COMPLETING[form]))

    assert rows(found) == ROWS
    assert found.method.endswith("that repeat")
    assert found.entries[0].evidence["date"] == form
    assert found.entries[0].author == "A. Q"
    assert any(c.kept and "completes the items" in c.reason for c in found.candidates)


def test_every_field_of_jsonld_is_read() -> None:
    """Image, author, categories and summary, each in any of its forms."""
    value = node(
        image=[{"@type": "ImageObject", "url": "/i.png"}],
        author=[{"@id": "#p"}, "B. Mole"],
        keywords="bay, seals",
        articleSection=["Nature"],
    )
    found = reading(page(BARE, head=ld({"@graph": [*value, {"@id": "#p", "name": "A. Q"}]})))

    first = found.entries[0]
    assert first.image_url == "https://harbour.example/i.png"
    assert first.author == "A. Q, B. Mole"
    assert first.categories == ("Nature", "bay", "seals")
    assert first.summary_html == "<p>It turns the other way.</p>"


def test_every_field_of_an_h_entry_is_read() -> None:
    """Content is cleaned, and kept as markup; a card goes by its name."""
    markup = each(
        '<div hidden class="h-entry"><a class="u-url" href="{u}"><b class="p-name">{t}</b></a>'
        '<div class="e-content"><p onclick="x()">{s} <em>Yes.</em></p></div>'
        '<img class="u-photo" src="/i.png" alt=""><a class="p-category" href="/t">Bays</a>'
        '<div class="h-entry u-comment"><b class="p-name">Re: {t}</b><a class="u-url" href="/c">'
        "</a></div></div>"
    )
    found = reading(page(BARE + markup))

    assert [entry.title for entry in found.entries] == [t for t, *_ in THINGS]
    assert "<em>Yes.</em>" in found.entries[0].summary_html
    assert "onclick" not in found.entries[0].summary_html
    assert found.entries[0].image_url == "https://harbour.example/i.png"
    assert found.entries[0].categories == ("Bays",)


VALUES_OF_ELEMENTS = (
    '<div hidden itemscope itemtype="http://schema.org/Article"><a href="{u}"><b itemprop="name">'
    '{t}</b></a><img itemprop="image" data-src="/i.png" src="data:,"><time itemprop='
    '"datePublished">{d}</time><p itemprop="description">{s}</p><span itemprop="author" itemscope '
    'itemtype="http://schema.org/Person">{a}</span><data itemprop="keywords" value="bay"></data>'
    '<a itemprop="articleSection" href="/s">Nature</a></div>'
)


def test_every_field_of_microdata_is_read() -> None:
    """Each element has its own way to state a value; a thing without a name goes by its text."""
    found = reading(page(BARE + each(VALUES_OF_ELEMENTS)))

    first = found.entries[0]
    assert rows(found) == ROWS
    assert first.image_url == "https://harbour.example/i.png"
    assert first.author == "A. Q"
    assert first.categories == ("Nature", "bay")
    assert first.summary_html == "<p>It turns the other way.</p>"


def test_every_field_of_a_state_is_read() -> None:
    """Things within things go by what they are called."""
    further = {
        "author": {"name": "A. Q"},
        "image": {"url": "/i.png"},
        "tags": ["bay", {"name": "seals"}],
    }
    things = [{**thing, **further, "title": {"rendered": thing["title"]}} for thing in STATE]
    found = reading(page(NEXT.format(json.dumps(things))))

    first = found.entries[0]
    assert (first.title, first.author) == (THINGS[0][0], "A. Q")
    assert first.image_url == "https://harbour.example/i.png"
    assert first.categories == ("bay", "seals")
    assert first.summary_html == "<p>It turns the other way.</p>"


def test_an_h_entry_implies_name_and_address() -> None:
    """A link that is an h-entry needs no parts; a note goes by its beginning."""
    markup = each('<a hidden class="h-entry" href="{u}">{t}</a>')
    notes = each(
        '<div hidden class="h-entry"><div class="e-content">{s}</div><a class="u-url" href="{u}">'
        '</a><time class="dt-published" datetime="{d}"></time></div>'
    )

    assert [r[:2] for r in rows(reading(page(BARE + markup)))] == [r[:2] for r in ROWS]
    assert [e.title for e in reading(page(BARE + notes)).entries] == [s for *_, s, _ in THINGS]


STATE = [{"title": t, "slug": u, "publishedAt": d, "excerpt": s} for t, u, d, s, _ in THINGS]
# 1970-01-01 at noon, in milliseconds of the count of days.
EPOCH = 719_163 * 86_400_000 - 43_200_000
MILLISECONDS = [
    {"name": t, "href": u, "created_at": date.fromisoformat(d).toordinal() * 86_400_000 - EPOCH}
    for t, u, d, _, _ in THINGS
]  # fmt: skip


def flat(things: list[dict[str, str]]) -> list[object]:
    """Write things as Nuxt does: every value once, named by its place."""
    made: list[object] = [{"state": 1}, list(range(2, 2 + len(things)))]
    made += [{} for _ in things]
    for place, thing in enumerate(things, start=2):
        made[place] = {name: len(made) + n for n, name in enumerate(thing)}
        made += thing.values()
    return made


NEXT = '<script id="__NEXT_DATA__" type="application/json">{}</script>'
NUXT = '<script type="application/json" id="__NUXT_DATA__">{}</script>'
STATES: dict[str, str] = {
    "next": NEXT.format(json.dumps({"props": {"menu": [{"title": "Home"}], "posts": STATE}})),
    "nuxt": f"<script>window.__NUXT__={json.dumps({'a': [{'b': STATE}]})};f()</script>",
    "nuxt, flat": NUXT.format(json.dumps(flat(STATE))),
    "assigned by name": f"<script>window['__STATE__'] = {json.dumps({'a': STATE})}</script>",
    "parsed": f"<script>window.__S__ = JSON.parse({json.dumps(json.dumps(STATE))})</script>",
    "store by name": NEXT.format(json.dumps({f"Post:{n}": post for n, post in enumerate(STATE)})),
    "edges": NEXT.format(json.dumps({"a": [{"node": {"frontmatter": post}} for post in STATE]})),
    "milliseconds": NEXT.format(json.dumps(MILLISECONDS)),
}  # fmt: skip


@pytest.mark.parametrize("form", STATES)
def test_the_state_of_an_application_stands_in(form: str) -> None:
    """A shell without any content hands its list to its scripts."""
    found = reading(page(f"<div id=app></div>{STATES[form]}"))

    assert rows(found) == ROWS
    assert found.method == "html: application state"


def test_a_bare_slug_lies_below_the_page() -> None:
    """The list's own address is the best guess for where its things are."""
    things = [{**thing, "slug": f"s{n}"} for n, thing in enumerate(STATE)]

    found = reading(page(NEXT.format(json.dumps(things))))

    assert found.entries[1].url == "https://harbour.example/news/s1"


@pytest.mark.parametrize(
    "script",
    [
        "window.__NUXT__=(function(a){return {posts:a}})([]);",
        "window.__STATE__ = {title: undefined}",
        'window.__STATE__ = {"posts": [',
        'window.__STATE__ = [{"title": "a", "date": 1}, {"title": "b"}]',
    ],
)
def test_what_is_no_json_is_not_read(script: str) -> None:
    """Nothing is run: such a page stays an application shell."""
    assert "JavaScript" in reading(page(f"<div id=app></div><script>{script}</script>")).problem


def test_state_beside_a_shown_list_is_not_read() -> None:
    """Where a list is shown, the state may hold anything."""
    other = [{**thing, "title": f"Ad {n}"} for n, thing in enumerate(STATE)]

    found = reading(page(each(SHOWN) + NEXT.format(json.dumps(other))))

    assert [entry.title for entry in found.entries] == [t for t, *_ in THINGS]
    assert not any("application state" in candidate.text for candidate in found.candidates)


PAGE_WIDE: dict[str, object] = {
    "site": [{"@type": "WebSite", "name": "H", "url": "/"}, {"@type": "Organization", "name": "H"}],
    "one article": {"@type": "Article", "name": "One", "url": "/n/1", "dateCreated": "2021-01-02"},
    "the page, twice": [
        {"@type": kind, "name": kind, "url": "/news", "dateCreated": "2021-01-02"}
        for kind in ("Article", "NewsArticle")
    ],
    "the page and its parts": {
        "@type": "NewsArticle", "headline": "One", "url": "/n/1", "datePublished": "2021-01-02",
        "hasPart": [{"@type": "WebPageElement"}] * 3, "about": EVENTS, "isPartOf": node(),
    },
    "breadcrumbs": {"@type": "BreadcrumbList", "itemListElement": [
        {"@type": "ListItem", "name": t, "item": u} for t, u, *_ in THINGS]},
    "breadcrumbs of articles": {"@type": "BreadcrumbList", "itemListElement": at(node())},
    "navigation": {"@type": "ItemList", "itemListElement": [
        {"@type": "SiteNavigationElement", "name": t, "url": u} for t, u, *_ in THINGS]},
    "products": {"@type": "ItemList", "itemListElement": at(node("Product"))},
}  # fmt: skip


@pytest.mark.parametrize("what", PAGE_WIDE)
def test_what_is_said_of_the_page_is_no_item(what: str) -> None:
    """Site, publisher, breadcrumbs and a single article are no list."""
    found = reading(page(MENU + BARE, head=ld(PAGE_WIDE[what])))

    assert found.entries == ()
    assert found.problem


def test_what_is_shown_decides_on_items_and_order() -> None:
    """More things, and another order, change nothing but the fields."""
    value = [*reversed(node()), {**node()[0], "headline": "Not shown", "url": "/n/other"}]

    found = reading(page(each(SHOWN), head=ld(value)))

    assert rows(found) == ROWS


def test_things_meet_by_title_where_items_have_no_links() -> None:
    """Dates from the page, links from what is stated."""
    shown = each("<article><h3>{t}</h3><time datetime='{d}'>{d}</time><p>{s}</p></article>")
    value = [{"@type": "Article", "name": t.upper(), "url": u} for t, u, *_ in THINGS]

    found = reading(page(shown, head=ld(value)))

    assert rows(found) == ROWS
    assert found.entries[0].evidence["link"] == "JSON-LD"
    assert found.entries[0].evidence["date"] == "time datetime"


def test_proposals_are_combined() -> None:
    """Dates come from one kind of structured data, links from another."""
    hidden = each("<p hidden class=h-entry><a class='p-name u-url' href='{u}'>{t}</a></p>")

    found = reading(page(BARE + hidden, head=ld([{**thing, "url": ""} for thing in node()])))

    assert rows(found) == ROWS
    assert found.entries[0].evidence["link"] == "h-entry"
    assert found.entries[0].evidence["date"] == "JSON-LD"


MACHINE = "<time datetime='2021-03-04'>4 March 2021</time>"


@pytest.mark.parametrize(
    ("shown", "stated", "day", "has_time"),
    [
        ("<i>4 March 2021</i>", "2021-03-04T10:00:00Z", date(2021, 3, 4), True),
        ("<i>4 March 2021</i>", "2021-03-03T23:30:00Z", date(2021, 3, 4), True),
        ("<i>4 March 2021</i>", "2021-03-05", date(2021, 3, 4), False),
        ("<i>3/4/2021</i>", "2021-04-03", date(2021, 4, 3), False),
        (MACHINE, "2021-05-06", date(2021, 3, 4), False),
    ],
    ids=["adds the time", "another zone", "a day off", "other order", "two machines"],
)
def test_the_machine_date_wins_where_it_says_more(
    shown: str, stated: str, day: date, *, has_time: bool
) -> None:
    """A stated time is added; a text that may be read in two ways gives way."""
    dated = each(SHOWN.replace("<p>", f"{shown}<p>"))
    value = [{**node()[0], "datePublished": stated}, *node()[1:]]

    when = reading(page(dated, head=ld(value))).entries[0].when

    assert when is not None
    assert when.day == day
    assert (when.instant is not None) == has_time


def test_a_date_that_is_every_things_own_is_not_believed() -> None:
    """Software that writes the day of its run into each thing does not date them."""
    dated = each("<article><h3><a href='{u}'>{t}</a></h3><p>{d}</p></article>")
    value = [{**thing, "datePublished": "2026-11-01"} for thing in node()]

    found = reading(page(dated, head=ld(value)))

    assert rows(found) == ROWS
    assert any("all one day" in candidate.reason for candidate in found.candidates)


def test_the_day_of_a_change_only_fills_a_gap() -> None:
    """An update does not redate what was published; alone, it is better than nothing."""
    updated = "<abbr hidden class='updated' title='2022-01-01'>x</abbr>"
    item = (
        "<article class=hentry><h3 class=entry-title><a href='{u}'>{t}</a></h3><p>@</p></article>"
    )

    dated = reading(page(each(item.replace("@", "{d}" + updated))))
    undated = reading(page(each(item.replace("@", updated))))

    assert rows(dated) == ROWS
    assert {entry.evidence["date"] for entry in undated.entries} == {"hentry, last change"}


def test_every_proposal_has_its_line() -> None:
    """The explanation says of each kind of structured data what became of it, and why."""
    shown = each("<article><h3><a href='{u}'>{t}</a></h3><time datetime='{d}'>{d}</time></article>")
    other = each('<i hidden class="h-entry"><a class="p-name u-url" href="{u}/x">No {t}</a></i>')
    lines = reading(page(shown + other, head=ld(node()[0]))).candidates

    by_name = {line.text.split(":")[0]: line for line in lines}
    assert by_name["1 thing in JSON-LD"].kept
    assert "summaries 1" in by_name["1 thing in JSON-LD"].reason
    assert not by_name["3 things in microformats"].kept
    assert "none of its things" in by_name["3 things in microformats"].reason


RING = {"@id": "a", "@type": "ItemList", "itemListElement": [{"@id": "a"}] * 5_000}
HOSTILE: dict[str, str] = {
    "deep list": '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
    "deep object": '<script type="application/ld+json">' + '{"a":' * 100_000 + "</script>",
    "deep graph": ld(1).replace("1", '{"@graph":[' * 900 + "]}" * 900),
    "ring": ld({"@graph": [RING]}),
    "numbers": ld([{"@type": 1, "headline": 2, "url": 3, "datePublished": 4, "author": 5}] * 9),
    "long number": '<script type="application/ld+json">' + "9" * 10_000 + "</script>",
    "many things": ld(node() * 5_000),
    "many scripts": ld(node()) * 3_000,
    "addresses": ld(node(url="http://[::1")),
    "acting addresses": ld(node(url="javascript:x()", image="data:,")),
    "nested microdata": '<i itemscope itemprop="author headline">' * 20_000 + "x" * 10_000,
    "nested rdfa": '<i typeof="Article" property="name">' * 20_000 + "x",
    "nested h-entries": '<b class="h-entry p-name e-content">' * 20_000 + "x",
    "many h-entries": '<p class="h-entry">note of the day' * 20_000,
    "deep state": "<script>window.__S__ = " + '[{"a":' * 50_000 + "</script>",
    "assignments": "<script>" + "window.a = {" * 50_000 + "</script>",
    "state that names itself": NUXT.format(
        json.dumps([{"title": 0, "date": 0, "url": 0}, *[[0, 1] * 2_000] * 200])
    ),
    "numbers beyond": NUXT.format("[[9,-1,true,1e9]]"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_data_is_answered(what: str) -> None:
    """Data that is made to hurt gives an answer, soon, and no address that acts."""
    begin = time.perf_counter()

    found = reading(page(BARE + HOSTILE[what]))

    assert bool(found.entries) != bool(found.problem)
    assert all(entry.url.startswith(("", "https://")) for entry in found.entries)
    assert time.perf_counter() - begin < 10


KEYS = st.sampled_from(
    "@type @id @graph itemListElement item name headline url datePublished author image keywords "
    "blogPost hasPart title date slug node data".split()
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(
    ["Article", "ItemList", "ListItem", "/a", "2021-03-04", "", "\x00", "http://[", "Seals"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner), max_leaves=40
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_reading_any_data_never_raises(value: object) -> None:
    """Any nesting of the known words, with values of any type, gives an answer."""
    text = json.dumps(value)
    for data in (
        ld(value),
        NEXT.format(text),
        NUXT.format(text),
        f"<script>window.__S__ = {text}</script>",
    ):
        found = reading(page(BARE + data))

        assert bool(found.entries) != bool(found.problem)


ATTRIBUTES = st.sampled_from(
    [
        "itemscope", "itemscope itemtype=http://schema.org/Article", "itemprop=headline",
        "itemprop='url name' href=/a", "itemprop=datePublished content=2021-03-04",
        "itemprop=blogPost itemscope", "typeof=schema:Event", "property=schema:name", "typeof",
        "class=h-entry", "class='p-name u-url' href=/b", "class='dt-published'", "class=hentry",
        "class='e-content p-author h-card'", "class=entry-title", "rel=bookmark href=//[", "class",
        "itemprop", "property='  '", "class=u-photo src=x", "hidden",
    ]
)  # fmt: skip
ELEMENTS = st.sampled_from("div a p span time img li article data abbr".split())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ELEMENTS, st.lists(ATTRIBUTES, max_size=2), st.booleans()), max_size=40))
def test_reading_any_annotated_markup_never_raises(
    pieces: list[tuple[str, list[str], bool]],
) -> None:
    """Any heap of annotated elements gives an answer."""
    markup = "".join(
        f"<{tag} {' '.join(attributes)}>text {n}" if opens else f"</{tag}>"
        for n, (tag, attributes, opens) in enumerate(pieces)
    )
    found = reading(page(markup))

    assert bool(found.entries) != bool(found.problem)
