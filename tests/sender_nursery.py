"""Processes that send what is due, made quickly: each is forked from one that has all imported.

``python sender_nursery.py`` reads orders as lines of JSON and answers each with a line:
``start`` forks a sender and gives its process id, ``wait`` gives how one ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.settings import MailSettings
from feeds.database import open_database
from notifier.outbox import Outbox
from notifier.outbox_store import OutboxStore
from notifier.pace_store import PaceStore
from notifier.relays import ways_out
from notifier.suppression_store import Reason, SuppressionStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifier.model import Delivery

LEASE = timedelta(minutes=5)


def write(delivery: Delivery) -> Callable[[datetime], bytes]:
    """Return what makes a mail that is too long to be in the net as a whole at once."""
    text = f"Message-ID: {delivery.message_id}\r\nTo: {delivery.address}\r\n\r\n"
    return lambda _at: text.encode() + b"A line of some length, to fill it up.\r\n" * 500


def send(order: dict[str, Any]) -> None:
    """Send what is due at a time, to a port."""
    now = datetime.fromisoformat(order["now"]).astimezone(UTC)
    settings = MailSettings(
        host="127.0.0.1",
        port=order["port"],
        security="none",
        connections=order["connections"],
        timeout=timedelta(seconds=order["timeout"]),
    )
    with open_database(order["database"], Path(order["data"])) as database:
        suppressions = SuppressionStore(database)
        Outbox(
            deliveries=OutboxStore(database),
            paces=PaceStore(database),
            open_way=ways_out(settings, Path(order["data"]), lambda: now),
            settings=settings,
            write=write,
            sender=lambda _delivery: "news@example.org",
            suppress=lambda address: suppressions.suppress(address, Reason.BOUNCED, now=now),
            lease=LEASE,
            clock=lambda: now,
        ).run(lambda: False)


def main() -> None:
    """Obey until there are no more orders."""
    # It is loaded before the first fork, not at each of them.
    import_module("feeds.database_postgres")
    for line in sys.stdin:
        order = json.loads(line)
        if order["order"] == "wait":
            if order["kill_after_s"] is not None:
                time.sleep(order["kill_after_s"])
                # It is ours until it is waited for, also when it has ended.
                os.kill(order["pid"], signal.SIGKILL)
            print(os.waitstatus_to_exitcode(os.waitpid(order["pid"], 0)[1]), flush=True)  # noqa: T201 - the answer
            continue
        pid = os.fork()
        if not pid:
            try:
                send(order)
            except BaseException:  # noqa: BLE001 - told to who reads the test
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
