"""The variables of the environment that say what a configuration says, by their names. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from config.settings import RelaySettings

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "TIDINGS_"


def variables_of(
    sections: Mapping[str, type], document: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    """Return each variable with the table and the key that it stands for.

    Relays are known by the tables that the document has for them.
    """
    variables = {
        f"{PREFIX}{section}_{field.name}".upper(): (section, field.name)
        for section, owner in sections.items()
        for field in fields(owner)
        if field.name != "relays"
    }
    mail = document.get("mail")
    relays = mail.get("relays") if isinstance(mail, dict) else None
    for name in relays if isinstance(relays, dict) else ():
        for field in fields(RelaySettings):
            variable = f"{PREFIX}mail_relays_{name}_{field.name}".upper().replace("-", "_")
            variables[variable] = (f"mail.relays.{name}", field.name)
    return variables
