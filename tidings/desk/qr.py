"""Texts as pictures that a telephone reads, made here: a secret is shown to nobody else.

The only door of segno.
"""

from __future__ import annotations

import base64
import io


def picture(text: str) -> str:
    """Return the address of a picture (SVG within a data: URL), dark on light in every mode."""
    import segno

    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", scale=6, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
