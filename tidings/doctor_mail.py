"""The part of the examination that asks relays and the DNS, and the records that are wanted."""

from __future__ import annotations

import ipaddress
from email.utils import parseaddr
from functools import partial
from typing import TYPE_CHECKING

from notifier.dkim import DkimError, dns_name, dns_record
from notifier.dns_lookup import DnsError, Lookup
from notifier.dns_rules import (
    are_aligned,
    judge_dkim,
    judge_dmarc,
    judge_way,
    names_up,
    resolve_spf,
)
from notifier.findings import Record, failure, ok, skipped, warning
from notifier.relay_check import examine_relay
from tidings.app import mail_domain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.settings import Settings
    from notifier.findings import Finding
    from notifier.spf import Address

_NO_MAIL = "no relay is configured: mails are written to files"


def examine_relays(settings: Settings, *, offline: bool) -> Iterator[Finding]:
    """Ask each relay whether it takes our mail."""
    mail = settings.mail
    if not mail.all_relays:
        yield skipped("relay", f"{_NO_MAIL}; see [mail] host")
    for relay in mail.all_relays:
        if offline:
            yield skipped(relay.place, "not asked: --offline")
        else:
            sender = parseaddr(mail.bounce or mail.sender)[1]
            yield from examine_relay(relay, sender, timeout_s=mail.timeout.total_seconds())


def wanted_records(settings: Settings) -> list[Record]:
    """Return the records that belong into the DNS. Raises DkimError."""
    domain, envelope = mail_domain(settings), _envelope(settings)
    relays = " ".join(f"a:{relay.host}" for relay in settings.mail.all_relays)
    spf = " ".join(filter(None, ("v=spf1", relays, "~all")))
    records = [Record(name=envelope, kind="TXT", value=spf)]
    records += [Record(name=name, kind="TXT", value=text) for name, text in _keys(settings)]
    to = parseaddr(settings.mail.operator or settings.mail.sender)[1]
    dmarc = f"v=DMARC1; p=none; rua=mailto:{to}"
    records.append(Record(name=f"_dmarc.{domain}", kind="TXT", value=dmarc))
    return records


def examine_dns(settings: Settings, lookup: Lookup) -> Iterator[Finding]:
    """Ask the DNS what it says of us. What it does not answer is told once for each question."""
    domain, envelope = mail_domain(settings), _envelope(settings)
    try:
        keys = _keys(settings)
    except DkimError as error:
        yield failure("DKIM key", str(error), "make one: tidings doctor --make-dkim-key FILE")
        keys = []
    yield from _asked(f"SPF of {envelope}", lambda: resolve_spf(envelope, lookup))
    for name, text in keys:
        yield from _asked(f"DKIM key at {name}", partial(_dkim, name, text, lookup))
    if not keys:
        yield skipped("DKIM", "no [mail] dkim_key: the relay must sign")
    yield from _asked(
        f"DMARC of {domain}",
        lambda: judge_dmarc(domain, [(name, lookup.texts(name)) for name in names_up(domain)]),
    )
    if not keys and not are_aligned(envelope, domain):
        yield warning(
            "DMARC alignment",
            f"bounces go to {envelope}, which does not speak for {domain}",
            "put [mail] bounce below the sender's domain, or sign with [mail] dkim_key",
        )
    for name in dict.fromkeys((domain, envelope)):
        yield from _asked(f"mail to {name}", partial(_takes_mail, name, lookup))
    for host in dict.fromkeys(relay.host for relay in settings.mail.all_relays):
        yield from _asked(f"names of {host}", partial(_named, host, lookup))
        yield from _asked(
            f"SPF of {envelope} for {host}", partial(_lets_in, envelope, host, lookup)
        )


def _asked(about: str, ask: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield ask()
    except DnsError as error:
        yield warning(about, str(error), "ask again, or another resolver with --resolver")


def _dkim(name: str, text: str, lookup: Lookup) -> Finding:
    return judge_dkim(name, lookup.texts(name), text)


def _takes_mail(name: str, lookup: Lookup) -> Finding:
    """Judge whether answers and bounces arrive."""
    about = f"mail to {name}"
    hosts = lookup.mail_hosts(name) or (name,)
    reached = [host for host in hosts if host != "." and lookup.addresses(host)]
    if not reached:
        return failure(
            about,
            "no server takes it: answers and bounces are lost, and receivers refuse such senders",
            "add an MX record that names your mail server",
        )
    return ok(about, f"goes to {', '.join(reached)}")


def _public(host: str, lookup: Lookup) -> list[Address]:
    """Return the addresses of a relay that others may see."""
    try:
        found: list[Address] = [ipaddress.ip_address(host)]
    except ValueError:
        found = [ipaddress.ip_address(address) for address in lookup.addresses(host)]
    return [address for address in found if address.is_global]


def _lets_in(envelope: str, host: str, lookup: Lookup) -> Finding:
    """Judge whether the sender's domain lets a relay send for it."""
    return judge_way(envelope, host, _public(host, lookup), lookup)


def _named(host: str, lookup: Lookup) -> Finding:
    """Judge whether the addresses of a relay have names that lead back to them."""
    about = f"names of {host}"
    addresses = [str(found) for found in _public(host, lookup)]
    if not addresses:
        return skipped(about, "has no public address; the one it sends from is not known here")
    for address in addresses:
        if not any(address in lookup.addresses(name) for name in lookup.names(address)):
            return warning(
                about,
                f"{address} has no name that leads back to it (PTR)",
                "if the relay sends from there, have its owner name it",
            )
    return ok(about, "lead to its addresses and back")


def _keys(settings: Settings) -> list[tuple[str, str]]:
    """Return the name and the text of each key's record. Raises DkimError."""
    mail, domain = settings.mail, mail_domain(settings)
    found = []
    for path, selector in (
        (mail.dkim_key, mail.dkim_selector),
        (mail.dkim_ed25519_key, mail.dkim_ed25519_selector),
    ):
        if path is None:
            continue
        try:
            found.append((dns_name(selector, domain), dns_record(path.read_bytes())))
        except (OSError, ValueError, TypeError) as error:
            raise DkimError(f"{path}: is no key that can be read; see [mail] dkim_key") from error
    return found


def _envelope(settings: Settings) -> str:
    """Return the domain that stands in the envelope, which SPF is about."""
    bounce = parseaddr(settings.mail.bounce)[1].rpartition("@")[2]
    return bounce or mail_domain(settings)
