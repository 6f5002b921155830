"""What of a page may stand in its picture: tags, attributes, pictures. Everything else goes.

The looks of what was found stand here as well, so that a legend elsewhere says the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# They stay as they are.
TAGS = frozenset(
    "html head body a abbr acronym address article aside b bdi bdo big blockquote br caption "
    "center cite code col colgroup dd del details dfn dir div dl dt em fieldset figcaption figure "
    "font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd label legend li main mark menu "
    "nav ol p picture pre q rp rt ruby s samp search section small span strike strong sub "
    "summary sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
VOID = frozenset("br col hr img wbr".split())
# Others under a name that does nothing.
RENAMED: Mapping[str, str] = {
    "form": "div", "button": "span", "marquee": "div", "listing": "pre", "plaintext": "pre",
    "xmp": "pre", "dialog": "div", "output": "span", "data": "span",
}  # fmt: skip
# They keep their place, and nothing of what is in them.
PLACES = frozenset(
    "audio canvas embed frame iframe input math meter object progress select svg textarea "
    "video".split()
)
# Gone with all that is in them.
DROPPED = frozenset(
    "applet area base basefont bgsound command datalist fencedframe frameset link map meta "
    "noembed noframes noscript optgroup option param portal script source template track".split()
)
# What the author of a page made up: it does nothing where no script says what it does.
CUSTOM = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
ATTRIBUTES = frozenset(
    "align alt bgcolor border cellpadding cellspacing class color colspan datetime dir face height "
    "hidden id lang nowrap reversed rowspan size span start style title type valign value "
    "width".split()
)
LONGEST: Mapping[str, int] = {"class": 1_000, "style": 4_000, "id": 200, "title": 500}
LONGEST_VALUE = 200
PICTURES = frozenset(
    "image/avif image/bmp image/gif image/jpeg image/png image/svg+xml image/webp image/x-icon "
    "image/vnd.microsoft.icon".split()
)
# A picture that stands in the page itself.
OWN_PICTURE = re.compile(
    r"data:image/(?:avif|bmp|gif|jpeg|png|webp|x-icon);base64,[A-Za-z0-9+/=]{1,200000}"
)


@dataclass(frozen=True, slots=True)
class Look:
    """How one part of a found item is outlined: a colour and a line that tell it apart."""

    colour: str
    line: str
    width: int = 2


# Colours that any colour vision tells apart (Okabe and Ito), each with a line of its own.
LOOKS: Mapping[str, Look] = {
    "item": Look("#56b4e9", "solid", 1),
    "summary": Look("#e69f00", "dotted"),
    "link": Look("#cc79a7", "dashed"),
    "date": Look("#009e73", "double", 4),
    "title": Look("#d55e00", "solid", 3),
}


def looks_css() -> str:
    """Return the style of what was found; a light rim holds it apart from dark pages."""
    rules = [_rule("not", "4px dashed #000", "0 0 0 4px #fff", prefix="marked-") + _FADED]
    for part, look in LOOKS.items():
        line = f"{look.line} {look.colour}"
        rules.append(_rule(part, f"{look.width}px {line}", "0 0 0 1px #fff"))
        rim = "0 0 0 2px #fff,0 0 0 6px #000"
        rules.append(_rule(part, f"{look.width + 2}px {line}", rim, prefix="marked-"))
    return "".join(rules) + _AT


_FADED = '[data-tidings~="marked-not"][data-tidings][data-tidings]{opacity:.5!important}'
_AT = (
    "[data-tidings-at][data-tidings-at][data-tidings-at][data-tidings-at]"
    "{outline:3px dashed #0072b2!important;outline-offset:2px!important;"
    "box-shadow:0 0 0 2px #fff!important;cursor:crosshair!important}"
)


def _rule(part: str, outline: str, rim: str, *, prefix: str = "") -> str:
    return (
        f'[data-tidings~="{prefix}{part}"][data-tidings][data-tidings]'
        f"{{outline:{outline}!important;outline-offset:1px!important;"
        f"box-shadow:{rim}!important}}"
    )
