"""A digest as the short message of a channel: it fits, and no stranger's sign is read in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from feeds.render import Renderer, package_templates, package_translations
from notifier.message import message_of, plain_words
from notifier.sample import sample_digest

if TYPE_CHECKING:
    from pathlib import Path

    from notifier.message import Message
    from notifier.model import Digest

RENDERER = Renderer(package_templates("notifier"), translations=(package_translations("notifier"),))
BARE = sample_digest(is_full=False)
FULL = replace(sample_digest(is_full=True), language="en")


def message(digest: Digest, *, longest: int = 2_000) -> Message:
    """Return the message of our own template."""
    found = message_of(digest, renderer=RENDERER, template="message.txt", longest=longest)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("[Win now](https://evil.example)", "](https"),
        ("![x](https://evil.example/p.png)", "]("),
        ("[Win][1]", "]["),
        ("<https://evil.example|our site>", "<https"),
        ("<!channel> fire", "<!"),
        ("<@U123> you", "<@"),
        ("@everyone free tickets", "@everyone"),
        ("(@here)", "@here"),
        ("<b>bold</b>", "<b>"),
        ("```rm -rf```", "``"),
        ("a\u202egpj.exe", "\u202e"),
        ("two\nlines\r\n# Head", "\n"),
        ("nul\0", "\0"),
    ],
)
def test_no_chat_reads_signs_of_its_own_in_a_title(title: str, read: str) -> None:
    """They stay as text that reads the same."""
    words = plain_words(title)

    assert read not in words
    assert "evil.example" in words or "evil.example" not in title


@pytest.mark.parametrize(
    "title", ["Write to ann@example.org", "3 < 4 and [sic]", "Ärger & Öl, 5 %", "مرحبا", "a_b*c"]
)
def test_plain_titles_stay_as_they_are(title: str) -> None:
    """An address of mail can be copied."""
    assert plain_words(title) == title


def test_one_item_is_told_with_its_text_and_its_link_last() -> None:
    """What was withdrawn since is left out, and nothing is told where that was all."""
    item = replace(BARE.items[0], summary_text="From Monday on. " * 200)
    long = message(replace(BARE, items=(item,), language="en"), longest=1_000)
    gone = replace(BARE, items=(replace(item, is_withdrawn=True),))

    assert long.title == "Harbour news"
    assert long.text.startswith("The ferry leaves at seven\n")
    assert long.text.endswith("…\n\nhttps://example.org/ferry")
    assert 600 < len(long.text) <= 1_000
    assert message_of(gone, renderer=RENDERER, template="message.txt", longest=999) is None


def test_many_items_are_told_by_title_and_the_rest_is_counted() -> None:
    """In the language of the channel; in octets, for some services count those."""
    digest = replace(FULL, language="es", more=0)
    whole = message(digest)
    few = message(digest, longest=200)

    # One of the six was withdrawn.
    assert whole.text.count("The ferry leaves") == 5
    assert whole.text.startswith("5 novedades, ")
    assert 0 < few.text.count("The ferry leaves") < 5
    assert f"Y {5 - few.text.count('The ferry leaves')} más en la web" in few.text
    assert len(few.text.encode()) <= 200


def test_an_operator_s_template_is_used_and_is_bounded(tmp_path: Path) -> None:
    """Its own signs stay; a title's do not; what it says too much is cut."""
    (tmp_path / "channel").mkdir()
    (tmp_path / "channel" / "ours.txt").write_text(
        "**{{ digest.items[0].title }}** [go]({{ digest.items[0].url }})" + "!" * 900
    )
    renderer = Renderer(package_templates("notifier"), foreign=tmp_path)
    digest = replace(BARE, items=(replace(BARE.items[0], title="[x](y)"),))
    found = message_of(digest, renderer=renderer, template="ours.txt", longest=500)

    assert found is not None
    assert found.text.startswith("**[x]\u2060(y)** [go](https://example.org/ferry)!!")
    assert found.text.endswith("…")
    assert len(found.text.encode()) <= 500
