"""A setting is changed in its file: as somebody types it, tried before it is written.

What may be typed depends on the setting; secrets are set and never shown.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from config.edit import remove, set_value, value_at
from config.load import parse
from config.logins import without_login
from config.origins import HIDDEN, origins
from tidings.cli import USAGE, CommandError
from tidings.configuring import read_text, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.edit import Value
    from config.origins import Origin
    from config.settings import Settings

Kind = Literal["text", "lines", "choice", "secret", "fixed"]


@dataclass(frozen=True, slots=True)
class Field:
    """How a setting is typed: in what kind of field, and what stands in it at first.

    Of one that is ``fixed`` here, the text says why, and where it is changed.
    """

    kind: Kind
    text: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change made of a setting, as it may be shown."""

    key: str
    before: str
    after: str


def all_origins(settings: Settings, environ: Mapping[str, str] = os.environ) -> tuple[Origin, ...]:
    """Return every setting in force and where it comes from, though the file be broken by now."""
    text = read_text(settings.path).text
    is_toml = value_at(text, ()) is not None
    return origins(settings, text if is_toml else "", environ)


def field_of(origin: Origin, text: str) -> Field:
    """Return how a setting is typed; ``text`` is that of the file."""
    if origin.kind == "environment":
        return Field("fixed", f"It comes from the environment, by {origin.place}; change it there.")
    present: object = json.loads(origin.value)
    if isinstance(present, dict):
        return Field("fixed", "It is a table; change it in the file.")
    raw = value_at(text, origin.path)
    if origin.is_secret or (isinstance(raw, str) and "://" in raw and without_login(raw) != raw):
        return Field("secret")
    given = present if raw is None else raw
    if isinstance(given, bool):
        return Field("choice", str(given).lower())
    if isinstance(given, list):
        return Field("lines", "\n".join(map(str, given)))
    return Field("text", str(given))


def change_setting(
    settings: Settings, key: str, typed: str | None, *, environ: Mapping[str, str] = os.environ
) -> Changed:
    """Write a setting as it was typed; None takes it out, so that its default counts.

    Raises CommandError, ConfigError and EditError; then the file is as it was.
    """
    origin = next((one for one in all_origins(settings, environ) if one.key == key), None)
    if origin is None:
        raise CommandError(f"there is no setting {key}", code=USAGE)
    file = read_text(settings.path)
    field = field_of(origin, file.text)
    if field.kind == "fixed":
        raise CommandError(f"{key} cannot be changed here. {field.text}", code=USAGE)
    if value_at(file.text, ()) is None:
        # What is no TOML is mended by hand; this says where.
        parse(file.text, settings.path, environ)
    text = (
        remove(file.text, origin.path)
        if typed is None
        else set_value(file.text, origin.path, _value(origin, field, typed))
    )
    written = write_text(settings.path, text, seen=file.digest, environ=environ)
    after = next((one.value for one in origins(written, text, environ) if one.key == key), "")
    return Changed(key, _shown(origin.value), _shown(after))


def _shown(value: str) -> str:
    """Return a value for people: texts without quotes."""
    found = json.loads(value) if value else ""
    return found if isinstance(found, str) else value


def _value(origin: Origin, field: Field, typed: str) -> Value:
    """Return what was typed as TOML has it; what does not fit stays text, and is refused later."""
    text = typed.replace("\r\n", "\n").strip()
    present: object = json.loads(origin.value)
    match field.kind:
        case "choice":
            return text == "true"
        case "lines":
            return [line.strip() for line in text.split("\n") if line.strip()]
        case "text" if isinstance(present, int) and text.isascii() and text.isdigit():
            return int(text)
        case "text" if isinstance(present, float):
            return _number(text)
        case _:
            return text


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def is_hidden(origin: Origin) -> bool:
    """Tell whether something is set that is not shown."""
    return bool(json.loads(origin.value) == HIDDEN)
