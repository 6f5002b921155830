"""Channels of a configuration: their tables, and the variables that hold their addresses.

One without an address is none's mistake: a command that tells nobody may lack the variable that
the service has.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from config.channel_settings import AlertSettings, ChannelSettings
from config.convert import CONVERTERS, Unfit
from config.kinds import ChannelAddress
from config.slugs import channel_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_Path = tuple[str, ...]
_Channel = TypeVar("_Channel", AlertSettings, ChannelSettings)


class Loading(Protocol):
    """What a loader gives: values and tables of a document, files, and notes of what is wrong."""

    def values(self, path: _Path, owner: type, table: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a class that a table gives."""

    def table(self, path: _Path, parent: dict[str, Any]) -> dict[str, Any]:
        """Return a table within another."""

    def note(self, path: _Path, message: str) -> None:
        """Note what is wrong with a key."""

    def note_variable(self, variable: str, message: str) -> None:
        """Note what is wrong with a variable."""

    def file(self, variable: str, environ: Mapping[str, str]) -> str | None:
        """Return the text of the file that a variable names; None, and a note, where none is."""


@dataclass(slots=True)
class ChannelLoader:
    """Reads the channels of one document; in the end it knows which variables named none."""

    loading: Loading
    environ: Mapping[str, str]
    _known: dict[str, _Path] = field(default_factory=dict)

    def of_operator(self, document: dict[str, Any]) -> tuple[AlertSettings, ...]:
        """Return the channels of alerts."""
        tables = self.loading.table(("alerts",), document)
        return tuple(
            self._addressed(("alerts", name), AlertSettings(name=name, **values))
            for name in tables
            for values in [self._values(("alerts", name), AlertSettings, tables)]
        )

    def of_bulletin(self, slug: str, bulletin: dict[str, Any]) -> tuple[ChannelSettings, ...]:
        """Return the channels of one bulletin."""
        path = ("bulletins", slug, "channels")
        tables = self.loading.table(path, bulletin)
        return tuple(
            self._addressed((*path, name), ChannelSettings(bulletin=slug, name=name, **values))
            for name in tables
            for values in [self._values((*path, name), ChannelSettings, tables)]
        )

    def _values(self, path: _Path, owner: type, tables: dict[str, Any]) -> dict[str, Any]:
        if problem := channel_problem(path[-1]):
            self.loading.note(path, problem)
        return self.loading.values(path, owner, self.loading.table(path, tables))

    def _addressed(self, path: _Path, channel: _Channel) -> _Channel:
        """Return a channel with the address of the environment, where that has one."""
        variable = channel.variable
        if self._known.setdefault(variable, path) != path:
            self.loading.note(path, f"{variable} would be the variable of two channels; rename one")
        text = self._text(variable)
        if text is not None:
            try:
                channel = replace(channel, address=CONVERTERS[ChannelAddress].from_text(text))
            except Unfit as error:
                self.loading.note_variable(variable, f"found the value, allowed is {error}")
        return channel

    def _text(self, variable: str) -> str | None:
        from_file = f"{variable}_FILE"
        if from_file not in self.environ:
            return self.environ.get(variable)
        if variable in self.environ:
            self.loading.note_variable(from_file, f"{variable} is set too; give one of them")
            return None
        return self.loading.file(from_file, self.environ)

    def refuse_unknown(self) -> None:
        """Note each variable that is the address of no channel; called when all are loaded."""
        for variable in sorted(self.environ):
            if not variable.startswith(("TIDINGS_ALERTS_", "TIDINGS_BULLETINS_")):
                continue
            if variable.removesuffix("_FILE") not in self._known:
                near = get_close_matches(variable, self._known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.loading.note_variable(variable, f"unknown variable{hint}")
