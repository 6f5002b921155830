"""Files, pictures and languages that the items of feeds name."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from feeds.attachments import media_type
from feeds.model import Attachment, Entry
from feeds.read_feed import read_feed

NAMESPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def _read(item: str) -> Entry:
    channel = f"<channel><item><title>Ferry</title>{item}</item></channel>"
    return _only(f"<rss version='2.0' {NAMESPACES}>{channel}</rss>")


def _only(text: str) -> Entry:
    (entry,) = read_feed(text, zone=ZoneInfo("UTC"), url="https://x.test/feed").entries
    return entry


@pytest.mark.parametrize(
    ("item", "attachments"),
    [
        (
            (
                '<enclosure url="/a.mp3" length="12" type="audio/mpeg"/>'
                "<itunes:duration>1:02:03</itunes:duration>"
            ),
            [Attachment(url="https://x.test/a.mp3", mime="audio/mpeg", size=12, seconds=3723)],
        ),
        # F4: no length, no type, a length in words, a negative one, twice, no address of the web.
        (
            '<enclosure url=" https://x.test/ñ.pdf\n"/>',
            [Attachment(url="https://x.test/%C3%B1.pdf", mime="application/pdf")],
        ),
        (
            (
                '<enclosure url="/a.bin" length="12 KB" type="x"/>'
                '<enclosure url="/a.bin" length="1"/>'
                '<enclosure url="/b" length="-5"/><enclosure url="javascript:x"/><enclosure/>'
            ),
            [
                Attachment(url="https://x.test/a.bin", mime="application/octet-stream"),
                Attachment(url="https://x.test/b", mime="application/octet-stream"),
            ],
        ),
        (
            '<media:group><media:content url="/v.mp4" fileSize="5" duration="7.5"/></media:group>',
            [Attachment(url="https://x.test/v.mp4", mime="video/mp4", size=5, seconds=7)],
        ),
        ("<media:content>text</media:content><!-- a -->", []),
    ],
)
def test_the_files_of_an_item_are_read(item: str, attachments: list[Attachment]) -> None:
    """Each once, with what its source says of it, or what its name tells."""
    assert list(_read(item).attachments) == attachments


def test_an_enclosure_of_atom_is_a_link() -> None:
    """It is a file, and no link of the entry."""
    entry = _only(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><entry xml:lang="fr_CA">'
        '<title>Ferry</title><link href="/1"/><content type="html">Fog</content>'
        '<link rel="enclosure" href="/a.mp3" type="Audio/MPEG; x=1" length="9" title=" A "/>'
        "</entry></feed>"
    )

    assert entry.attachments == (
        Attachment(url="https://x.test/a.mp3", mime="audio/mpeg", size=9, title="A"),
    )
    assert (entry.url, entry.language) == ("https://x.test/1", "fr-CA")


@pytest.mark.parametrize(
    ("item", "picture"),
    [
        ('<media:thumbnail url="/a.png"/>', "https://x.test/a.png"),
        ('<itunes:image href="/b.png"/>', "https://x.test/b.png"),
        ('<media:content url="/c" medium="image"/>', "https://x.test/c"),
        ('<enclosure url="/d.png" type="image/png" length="1"/>', "https://x.test/d.png"),
        ('<enclosure url="/e.mp3" type="audio/mpeg"/>', ""),
        ('<media:thumbnail url="javascript:x"/>', ""),
    ],
)
def test_the_picture_of_an_item_is_read(item: str, picture: str) -> None:
    """Which is no file to listen to."""
    entry = _read(item)

    assert entry.image_url == picture
    assert not (picture and entry.attachments)


@pytest.mark.parametrize(
    ("item", "entry"),
    [
        (
            {
                "authors": [{"name": "Ann"}, {"url": "https://x.test/"}, {"name": "Bob"}],
                "tags": ["sea", "", " sea wind ", 7],
                "language": "pt_br",
                "banner_image": "/b.png",
                "attachments": [
                    {"url": "/a.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 60},
                    {"url": None},
                    "x",
                ],
            },
            Entry(
                title="Ferry",
                author="Ann, Bob",
                categories=("sea", "sea wind", "7"),
                language="pt-BR",
                image_url="https://x.test/b.png",
                attachments=(
                    Attachment(url="https://x.test/a.mp3", mime="audio/mpeg", seconds=60),
                ),
            ),
        ),
        (
            {"author": {"name": "Ann"}, "attachments": {}, "tags": "sea", "language": 3},
            Entry(title="Ferry", author="Ann"),
        ),
        ({"author": "Ann", "authors": None}, Entry(title="Ferry")),
    ],
)
def test_what_json_feed_says_of_an_item_is_read(item: dict[str, object], entry: Entry) -> None:
    """Its authors, tags, language, picture and files; what is of a wrong type is nothing."""
    assert _only(json.dumps({"items": [{"title": "Ferry", **item}]})) == entry


@pytest.mark.parametrize(
    ("stated", "url", "mime"),
    [
        ("audio/mpeg", "https://x.test/a.pdf", "audio/mpeg"),
        ("Application/PDF; charset=x", "https://x.test/a", "application/pdf"),
        ("", "https://x.test/a.MP3?x=.pdf#.zip", "audio/mpeg"),
        ("mp3", "https://x.test/a.docx/", "application/octet-stream"),
        ("a/b/c", "https://x.test/", "application/octet-stream"),
    ],
)
def test_a_file_has_a_type(stated: str, url: str, mime: str) -> None:
    """As it is stated, else by the ending of its name, else that of any bytes."""
    assert media_type(stated, url) == mime
