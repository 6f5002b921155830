"""What a setting can be: its kinds of values, and how a field is declared with its line of why."""

from __future__ import annotations

from dataclasses import field
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal

SourceKind = Literal["auto", "html", "text", "feed"]
MailSecurity = Literal["starttls", "tls", "none"]
Uncertain = Literal["again", "never"]
SearchShown = Literal["auto", "yes", "no"]

# Texts and numbers with a form of their own; config.convert says which.
Port = Annotated[int, "port"]
Count = Annotated[int, "1 or more"]
Rate = Annotated[float, "0 or more"]
Language = Annotated[str, "language"]
Pattern = Annotated[str, "regular expression"]
DateFormat = Annotated[str, "date format"]
WebAddress = Annotated[str, "web address"]
WebAddresses = Annotated[tuple[str, ...], "web addresses"]
BucketAddress = Annotated[str, "bucket address"]
DatabaseAddress = Annotated[str, "database address"]
HeaderName = Annotated[str, "header name"]
Mailbox = Annotated[str, "mailbox"]
OptionalMailbox = Annotated[str, "mailbox, or nothing"]
ChannelAddress = Annotated[str, "channel address"]
CadenceText = Annotated[str, "cadence"]
TemplateName = Annotated[str, "name of a template"]

Texts = tuple[str, ...]
Network = IPv4Network | IPv6Network
Networks = tuple[Network, ...]


def setting(default: Any, why: str, *, secret: bool = False) -> Any:  # noqa: ANN401
    """Declare a field with its default and the operator's line of why.

    A secret is never printed and may come from the file that ``NAME_FILE`` names.
    """
    metadata = {"why": why, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def required(why: str) -> Any:  # noqa: ANN401
    """Declare a field that has no default."""
    return field(metadata={"why": why, "secret": False})
