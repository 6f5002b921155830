"""One tick of the program at a given time, which may kill itself at a seam of the item's path.

``python tick_at.py CONFIG TIME [MODULE:FUNCTION]``: a process of its own, killed where that
function returns, as by a power cut: nothing is cleaned up, nothing is said.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import datetime
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tidings.app import load_settings, open_app
from tidings.logs import set_up_logging
from tidings.work import tick

if TYPE_CHECKING:
    from types import FrameType


def kill_where_returns(seam: str) -> None:
    """End this process the hard way when a function comes to its end, in whatever thread."""
    module, _, name = seam.partition(":")
    function = reduce(getattr, name.split("."), import_module(module))
    code = function.__code__

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is code:
            os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(watch)
    sys.setprofile(watch)


def main(config: str, time: str, seam: str = "") -> None:
    """Do what is due at that time."""
    set_up_logging(quiet=False, debug=False)
    now = datetime.fromisoformat(time)
    with open_app(load_settings(Path(config)), clock=lambda: now) as app:
        if seam:
            kill_where_returns(seam)
        tick(app, lambda: False)


if __name__ == "__main__":
    main(*sys.argv[1:])
