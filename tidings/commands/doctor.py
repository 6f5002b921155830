"""``tidings doctor``: look at everything that a mail needs on its way, and send none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from notifier.findings import Level
from tidings.app import load_settings, mail_domain, open_app
from tidings.cli import FAILED, OK, CommandError
from tidings.terminal import say, say_json, say_table

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from config.settings import Settings
    from notifier.findings import Finding, Record


def run(options: argparse.Namespace) -> int:
    """Print what was found; the exit code says whether something failed."""
    settings = load_settings(options.config)
    if options.make_dkim_key is not None:
        return _make_key(settings, options.make_dkim_key)
    findings, records = _examined(settings, options)
    failed = any(one.level is Level.FAILURE for one in findings)
    if options.json:
        say_json(
            {
                "healthy": not failed,
                "findings": [
                    {
                        "about": one.about,
                        "level": one.level.value,
                        "said": one.said,
                        "remedy": one.remedy,
                    }
                    for one in findings
                ],
                "records": [
                    {"name": one.name, "type": one.kind, "value": one.value} for one in records
                ],
            }
        )
    else:
        _show(findings, records)
    return FAILED if failed else OK


def _examined(
    settings: Settings, options: argparse.Namespace
) -> tuple[list[Finding], list[Record]]:
    from notifier.dkim import DkimError
    from notifier.findings import skipped
    from tidings.doctor import examine_house
    from tidings.doctor_mail import examine_relays, wanted_records

    with open_app(settings, register=False) as app:
        findings = list(examine_house(app, offline=options.offline))
    findings += examine_relays(settings, offline=options.offline)
    if not settings.mail.all_relays:
        findings.append(skipped("DNS", "no relay is configured: nothing is sent from a domain"))
        return findings, []
    if options.offline:
        findings.append(skipped("DNS", "not asked: --offline"))
    else:
        findings += _dns(settings, options.resolver)
    try:
        records = wanted_records(settings)
    except DkimError:
        # It is among the findings.
        records = []
    return findings, records


def _dns(settings: Settings, resolver: str) -> list[Finding]:
    from notifier.dns_lookup import DnsError, Lookup
    from notifier.findings import warning
    from tidings.doctor_mail import examine_dns

    try:
        return list(examine_dns(settings, Lookup(resolver)))
    except DnsError as error:
        return [warning("DNS", str(error), "name a resolver with --resolver ADDRESS")]


def _show(findings: list[Finding], records: list[Record]) -> None:
    say_table(
        ("", "what", "how it is"),
        [
            (
                one.level.value,
                one.about,
                f"{one.said} -> {one.remedy}" if one.remedy else one.said,
            )
            for one in findings
        ],
    )
    if records:
        say()
        say("What the DNS is to say (put the servers that send for you into the first one):")
        for record in records:
            say(f"  {record}")


def _make_key(settings: Settings, path: Path) -> int:
    """Write a new key, for its owner's eyes alone, and say what follows."""
    from notifier.dkim import dns_name, dns_record, make_key
    from notifier.findings import Record

    key = make_key()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CommandError(f"{path}: is there already, and stays; name another file") from error
    with os.fdopen(handle, "wb") as file:
        file.write(key)
    selector = settings.mail.dkim_selector
    name = dns_name(selector, mail_domain(settings))
    say(f"{path} holds the key; keep it secret, and name it by [mail] dkim_key. The DNS is to say:")
    say(f"  {Record(name=name, kind='TXT', value=dns_record(key))}")
    return OK
