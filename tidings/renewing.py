"""What others know of renewing a running service: how to ask for it, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

UNUSABLE = "changed, but cannot be used: the former one is in force; the log says what is wrong"


@dataclass(frozen=True, slots=True)
class State:
    """How the configuration in force stands to the one in the file.

    ``problem`` is why the file cannot be used, for an operator's eyes only; ``waiting`` are the
    keys, as ``server.port``, whose new values take effect at the next start.
    """

    problem: str = ""
    waiting: tuple[str, ...] = ()


IN_FORCE = State()


class Renew(Protocol):
    """Reads the configuration anew; whoever changes the file calls it afterwards."""

    @property
    def state(self) -> State:
        """How the configuration in force stands to the one in the file."""

    def __call__(self) -> None:
        """Put the configuration in force for all requests that come after this returns.

        Work that has begun ends by the former one. Raises ConfigError, StoreError, TemplateError
        or CommandError where it cannot be used; then the former one stays in force.
        """


class _NoRenewal:
    """Of an application without the service around it: it stays as it is."""

    state = IN_FORCE

    def __call__(self) -> None:
        """Do nothing."""


NO_RENEWAL: Renew = _NoRenewal()
