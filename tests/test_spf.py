"""SPF as a receiver resolves it, on a real DNS server: to its end, within its limits (RFC 7208)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest
from nameserver import Nameserver

from notifier.dns_lookup import Lookup
from notifier.dns_rules import judge_way, resolve_spf
from notifier.findings import Level
from notifier.spf import Spf, SpfError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifier.spf import Address

IN, OUT = ipaddress.ip_address("8.8.4.4"), ipaddress.ip_address("9.9.9.9")
SIX = ipaddress.ip_address("2001:4860::1")
SPF = {
    "four": "ip4:8.8.4.0/24 -all",
    "six": "ip6:2001:4860::/32 ~all",
    "host": "a:mail.test -all",
    "net": "a:mail.test/16 -all",
    "own": "a mx -all",
    "mx": "mx:list.test -all",
    "includes": "include:four.test include:six.test -all",
    "far": "include:includes.test ?all",
    "redirects": "redirect=far.test",
    "nowhere": "redirect=nothing.test",
    "open": "ip4:9.9.9.9",
    "empty": "include:nothing.test -all",
    "first": "-ip4:8.8.4.4 ip4:8.8.4.0/24 -all",
    "macro": "exists:%{i}.list.test -all",
    "loop": "include:loop.test -all",
    "many": " ".join(f"include:six{n}.test" for n in range(11)) + " -all",
    "nested": "include:ten.test a:mail.test -all",
    "ten": " ".join(f"include:six{n}.test" for n in range(9)) + " -all",
    "void": "a:no1.test a:no2.test a:no3.test -all",
    "two": "a:no1.test a:no2.test ip4:8.8.4.4 -all",
    "wrong": "ip4:8.8.4.444 -all",
    "unknown": "ipv4:8.8.4.4 -all",
    "hosts": "mx:big.test -all",
    "dangling": "include: -all",
    **{f"six{n}": "ip6:2001:4860::/32 -all" for n in range(11)},
}
RECORDS: dict[tuple[str, str], list[str] | None] = {
    **{(f"{name}.test", "TXT"): [f'"v=spf1 {text}"'] for name, text in SPF.items()},
    ("double.test", "TXT"): ['"v=spf1 -all"', '"v=spf1 ~all"'],
    ("mail.test", "A"): ["8.8.4.4"],
    ("mail.test", "AAAA"): ["2001:4860::1"],
    ("own.test", "A"): ["8.8.4.5"],
    ("own.test", "MX"): ["10 mail.test."],
    ("list.test", "MX"): ["10 mail.test.", "20 other.test."],
    ("big.test", "MX"): [f"{n} m{n}.test." for n in range(11)],
    ("down.test", "TXT"): None,
}


@pytest.fixture(scope="module")
def lookup() -> Iterator[Lookup]:
    """Who asks the server of these records."""
    with Nameserver(RECORDS) as names:
        yield Lookup(names.address)


@pytest.mark.parametrize(
    ("name", "address", "result"),
    [
        ("four", IN, "pass"),
        ("four", OUT, "fail"),
        ("four", SIX, "fail"),
        ("six", SIX, "pass"),
        ("six", IN, "softfail"),
        ("host", IN, "pass"),
        ("host", SIX, "pass"),
        ("host", OUT, "fail"),
        ("net", ipaddress.ip_address("8.8.99.99"), "pass"),
        ("own", IN, "pass"),
        ("own", ipaddress.ip_address("8.8.4.5"), "pass"),
        ("own", OUT, "fail"),
        ("mx", IN, "pass"),
        ("includes", SIX, "pass"),
        ("includes", OUT, "fail"),
        ("far", IN, "pass"),
        ("far", OUT, "neutral"),
        ("redirects", IN, "pass"),
        ("open", IN, "neutral"),
        ("first", IN, "fail"),
        ("two", IN, "pass"),
        ("nothing", IN, "none"),
    ],
)
def test_a_record_is_followed_to_its_end(
    lookup: Lookup, name: str, address: Address, result: str
) -> None:
    """The first word that matches decides; an included record that fails does not."""
    assert Spf(lookup, address).result(f"{name}.test") == result


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("double", "2 records"),
        ("nowhere", "leads to no record"),
        ("empty", "leads to no record"),
        ("loop", "more than 10 questions"),
        ("many", "more than 10 questions"),
        ("nested", "more than 10 questions"),
        ("void", "have no records"),
        ("wrong", "is no network"),
        ("unknown", "nobody knows"),
        ("hosts", "more than 10 hosts"),
        ("dangling", "a word that is none"),
    ],
)
def test_what_counts_as_an_error_for_receivers_is_one(lookup: Lookup, name: str, said: str) -> None:
    """Whatever the address; all questions count together, however deep they stand."""
    with pytest.raises(SpfError, match=said):
        Spf(lookup).result(f"{name}.test")

    assert resolve_spf(f"{name}.test", lookup).level is Level.FAILURE


@pytest.mark.parametrize(
    ("name", "addresses", "level"),
    [
        ("redirects", [IN, SIX], Level.OK),
        ("four", [IN, SIX], Level.WARNING),
        ("macro", [IN], Level.SKIPPED),
        ("four", [], Level.SKIPPED),
        ("void", [IN], Level.FAILURE),
    ],
)
def test_it_is_said_whether_a_relay_would_pass(
    lookup: Lookup, name: str, addresses: list[Address], level: Level
) -> None:
    """Of each of its public addresses, where that does not depend on the mail."""
    assert judge_way(f"{name}.test", "mail.test", addresses, lookup).level is level
