"""The settings of the desk: the operator's part of the web face."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from config.kinds import HeaderName, Networks, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """Who may sign in at /desk/, and what the desk may ask of the network."""

    password_hash: str = setting(
        "",
        "Hash of the operator's password, by `tidings desk password`; empty: no sign-in by one.",
        secret=True,
    )
    totp_secret: str = setting(
        "",
        "Secret of a second factor, by `tidings desk totp`; empty: the password is all.",
        secret=True,
    )
    proxy_header: HeaderName = setting(
        "",
        "Header in which a proxy of [server] proxies names who signed in there; empty: none does.",
    )
    session: timedelta = setting(
        timedelta(hours=12), "Who does nothing for so long is signed out; a week is the most."
    )
    private_networks: Networks = setting(
        (),
        "Networks such as 10.0.0.0/8 that a page given at the desk may be in; empty: public ones.",
    )

    @property
    def has_sign_in(self) -> bool:
        """Whether an operator can sign in without a link that the command line made."""
        return bool(self.password_hash or self.proxy_header)
