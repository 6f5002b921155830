"""What the DNS must say of a domain that sends mail: SPF, DKIM and DMARC (RFC 9989).

Pure but for SPF, whose record names others that must be asked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from notifier.findings import Level, failure, ok, skipped, warning
from notifier.spf import Spf, SpfError, spf_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifier.findings import Finding
    from notifier.spf import Address, Questions

# Tags of RFC 7489 that RFC 9989 has removed.
_GONE = ("pct", "rf", "ri")
_POLICIES = ("none", "quarantine", "reject")
# So many names are asked on the way up (RFC 9989, 4.10).
_MOST_NAMES = 8


def judge_spf(domain: str, texts: Sequence[str]) -> Finding:
    """Judge the SPF record of the domain that stands in the envelope."""
    about = f"SPF of {domain}"
    records = spf_records(texts)
    if not records:
        return failure(about, "there is no record", "add the record below, with your relay in it")
    if len(records) > 1:
        return failure(about, f"there are {len(records)} records, which count as none", "keep one")
    (record,) = records
    words = record.split()[1:]
    if any(word.lower() in ("all", "+all") for word in words):
        return failure(about, f"lets anybody send: {record}", "end it in ~all or -all")
    if not any(word.lower().endswith("all") or word.startswith("redirect=") for word in words):
        return warning(about, f"says nothing of all others: {record}", "end it in ~all or -all")
    return ok(about, record)


def resolve_spf(domain: str, lookup: Questions) -> Finding:
    """Judge the SPF record as a receiver does that follows it to its end."""
    found = judge_spf(domain, lookup.texts(domain))
    if found.level is Level.FAILURE:
        return found
    whole = Spf(lookup)
    try:
        whole.result(domain)
    except SpfError as error:
        return failure(
            found.about, f"counts as an error: {error}", "mend it; the whole takes ten questions"
        )
    return replace(found, said=f"{found.said} ({whole.questions} of 10 questions)")


def judge_way(domain: str, host: str, addresses: Sequence[Address], lookup: Questions) -> Finding:
    """Judge whether SPF lets the addresses of a relay send for a domain.

    A relay may send on from others than those that it is reached at: these are no proof.
    """
    about = f"SPF of {domain} for {host}"
    if not addresses:
        return skipped(about, "has no public address; the one it sends from is not known here")
    for address in addresses:
        asked = Spf(lookup, address)
        try:
            result = asked.result(domain)
        except SpfError as error:
            return failure(about, f"counts as an error: {error}", "mend it")
        if result != "pass" and not asked.unsure:
            return warning(
                about,
                f"says {result} of {address}",
                "if the relay sends from there, add it, or what its owner tells you to include",
            )
        if result != "pass":
            return skipped(about, f"depends on the mail: {', '.join(asked.unsure)}")
    return ok(about, f"says pass of {', '.join(map(str, addresses))}")


def judge_dkim(name: str, texts: Sequence[str], wanted: str) -> Finding:
    """Judge the key at a name in the DNS by the one with which we sign."""
    about = f"DKIM key at {name}"
    if not texts:
        return failure(about, "there is no record", "add the record below")
    if len(texts) > 1:
        return failure(about, f"there are {len(texts)} records", "keep the one below")
    found = tags_of(texts[0])
    if "".join(found.get("p", "").split()) == tags_of(wanted)["p"]:
        if "y" in found.get("t", "").split(":"):
            return warning(about, "is ours, but says that it is a test (t=y)", "take out t=y")
        return ok(about, "is ours")
    said = "is revoked (p is empty)" if not found.get("p") else "is another one than ours"
    return failure(about, said, "put the record below in its place, or name the right dkim_key")


def judge_dmarc(domain: str, found: Sequence[tuple[str, Sequence[str]]]) -> Finding:
    """Judge what was found on the way from a domain up: each name with its TXT records."""
    about = f"DMARC of {domain}"
    for name, texts in found:
        records = [text for text in texts if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]
        if len(records) > 1:
            return failure(about, f"there are {len(records)} records at {name}", "keep one")
        if records:
            return _judge_policy(about, name, records[0])
    return failure(about, "there is no record", "add the record below")


def _judge_policy(about: str, name: str, record: str) -> Finding:
    tags = tags_of(record)
    policy = tags.get("p", "").lower()
    if policy not in _POLICIES:
        return warning(
            about, f"{name} names no policy that is known: {record}", "set p to none or stricter"
        )
    gone = [tag for tag in _GONE if tag in tags]
    if gone:
        return warning(
            about,
            f"{name} has tags that RFC 9989 has removed: {', '.join(gone)}",
            "take them out; for a trial there is t=y",
        )
    return ok(about, f"{name}: {record}")


def names_up(domain: str) -> tuple[str, ...]:
    """Return where a DMARC record is looked for: at the domain, then at those above it."""
    labels = domain.split(".")
    names = [".".join(labels[place:]) for place in range(len(labels))]
    if len(names) > _MOST_NAMES:
        names = [names[0], *names[-(_MOST_NAMES - 1) :]]
    return tuple(f"_dmarc.{name}" for name in names)


def are_aligned(envelope: str, sender: str) -> bool:
    """Tell whether one domain stands below the other: SPF then speaks for the sender, too."""
    one, other = f".{envelope.lower()}", f".{sender.lower()}"
    return one.endswith(other) or other.endswith(one)


def tags_of(record: str) -> dict[str, str]:
    """Return the tags of a record of DKIM or DMARC."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
