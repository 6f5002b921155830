"""Where redirects lead, and who may see a source's secrets."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from config.settings import SourceSettings
from feeds.fetch_guard import GuardError, refuse_private
from feeds.fetch_redirects import Hops, RedirectError, Secrets, same_host

HOME = "https://town.example/news"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        pytest.param("https://other.example/x", "https://other.example/x", id="absolute"),
        pytest.param("//other.example/x", "https://other.example/x", id="without scheme"),
        pytest.param("/x?a=1&b=2", "https://town.example/x?a=1&b=2", id="path"),
        pytest.param("today", "https://town.example/today", id="relative"),
        pytest.param("?page=2", "https://town.example/news?page=2", id="query"),
        pytest.param(" /x\t", "https://town.example/x", id="white space"),
        pytest.param("/x#top", "https://town.example/x", id="fragment"),
        pytest.param("/a b|c", "https://town.example/a%20b%7Cc", id="spaces"),
        pytest.param("/a%20b", "https://town.example/a%20b", id="quoted already"),
        pytest.param("/\x1b[31m", "https://town.example/%1B[31m", id="control characters"),
        pytest.param("/a\u00c3\u00b1o", "https://town.example/a%C3%B1o", id="UTF-8"),
        pytest.param("HTTPS://u:p@town.example/x", "https://town.example/x", id="a login"),
    ],
)
def test_the_target_is_absolute_and_plain(location: str, target: str) -> None:
    """Each form of Location leads to an absolute address that can be shown and published."""
    hops = Hops(HOME)

    hops.follow(302, location, cookie="")

    assert hops.url == target


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        pytest.param("ftp://town.example/x", "only http and https", id="ftp"),
        pytest.param("file:///etc/passwd", "only http and https", id="file"),
        pytest.param("ftp://town.example/\x07", "only http and https", id="a bell"),
        pytest.param("javascript:alert(1)", "only http and https", id="script"),
        pytest.param("http://", "only http and https", id="no host"),
        pytest.param("http://[::1", "no address", id="half a host"),
        pytest.param("http://town.example:99999/", "no address", id="no port"),
        pytest.param("http://town.example:x/", "no address", id="a word for a port"),
        pytest.param("http://to\x07wn.example/", "no address", id="a bell in the host"),
    ],
)
def test_other_targets_are_refused(location: str, problem: str) -> None:
    """What is no address of the web is not followed, and the message names it."""
    with pytest.raises(RedirectError, match=problem) as refused:
        Hops(HOME).follow(302, location, cookie="")

    assert str(refused.value).isprintable()


@given(location=some.text(some.characters(max_codepoint=255)))
@settings(max_examples=100, deadline=None)
def test_no_location_breaks_the_reader(location: str) -> None:
    """Whatever a Location says, it is followed on the web or refused in words."""
    hops = Hops(HOME)
    refused = ""

    try:
        hops.follow(302, location, cookie="")
    except RedirectError as error:
        refused = str(error)

    assert (hops.url + refused).isprintable()
    assert urlsplit(hops.url).scheme in {"http", "https"}


@pytest.mark.parametrize(
    ("home", "other", "same"),
    [
        pytest.param("https://a.example/x", "https://a.example/y", True, id="another path"),
        pytest.param("https://a.example", "https://A.example:443", True, id="the usual port"),
        pytest.param("http://a.example", "https://a.example", True, id="a step to TLS"),
        pytest.param("https://a.example", "http://a.example", False, id="a step from TLS"),
        pytest.param("https://a.example", "https://www.a.example", False, id="a subdomain"),
        pytest.param("https://a.example", "https://a.example:8443", False, id="another port"),
        pytest.param("http://a.example:8080", "https://a.example", False, id="both"),
    ],
)
def test_hosts_are_told_apart(home: str, other: str, *, same: bool) -> None:
    """Secrets stay within one host, scheme and port; only a step to TLS keeps them."""
    assert same_host(urlsplit(home), urlsplit(other)) is same


def test_a_login_in_the_address_becomes_a_header() -> None:
    """A name and password in the url are sent to that host as the header they stand for."""
    secrets = Secrets(
        SourceSettings(bulletin="b", name="s", url="https://anna:p%40ss@town.example/news")
    )

    assert secrets.headers_for(HOME) == {"Authorization": "Basic YW5uYTpwQHNz"}
    assert secrets.headers_for("https://other.example/") == {}


@pytest.mark.parametrize(
    ("home", "target", "refused"),
    [
        pytest.param("http://8.8.8.8/", "http://127.0.0.1/", True, id="this machine"),
        pytest.param("http://8.8.8.8/", "http://169.254.169.254/", True, id="a cloud's metadata"),
        pytest.param("http://8.8.8.8/", "http://[::ffff:10.0.0.1]/", True, id="mapped to IPv6"),
        pytest.param("http://8.8.8.8/", "http://9.9.9.9/", False, id="public to public"),
        pytest.param("http://8.8.8.8/", "http://[::ffff:9.9.9.9]/", False, id="public, mapped"),
        pytest.param("http://10.0.0.1/", "http://10.0.0.2/", False, id="private to private"),
        pytest.param("http://8.8.8.8/", "http://no-such.invalid/", False, id="to nowhere"),
        pytest.param("http://127.0.0.1:1/", "http://127.0.0.1:2/", False, id="the same host"),
    ],
)
def test_a_public_page_does_not_lead_inside(home: str, target: str, *, refused: bool) -> None:
    """A redirect from the public internet into a private network is refused."""
    if refused:
        with pytest.raises(GuardError, match="private network"):
            refuse_private(home, target)
    else:
        refuse_private(home, target)
