"""A confirmed sign-up becomes a subscription; also what the command line asks for on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notifier.model import Subscription
    from notifier.signup_store import SignUp
    from tidings.app import App


def confirm(app: App, sign_ups: Iterable[SignUp]) -> tuple[Subscription, ...]:
    """Begin what was asked for. Doing it twice, or dying in the middle, changes nothing.

    Who complained since they asked, or was suppressed by the operator, is left alone.
    """
    begun = []
    for sign_up in sign_ups:
        suppressed = app.suppressions.find(sign_up.address)
        if suppressed is not None and not suppressed.reason.ends_by_consent:
            continue
        wishes, now = sign_up.wishes, app.clock()
        subscription = app.subscribers.subscribe(
            sign_up.address,
            sign_up.bulletin,
            rules=wishes.rules,
            time_zone=wishes.time_zone,
            language=wishes.language,
            form=wishes.form,
            consent=(sign_up.source, now),
            now=now,
        )
        app.signups.confirmed(sign_up, token=subscription.token, now=now)
        begun.append(subscription)
    return tuple(begun)
