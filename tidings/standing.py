"""One configuration in force: what answers and works by it, and how long it is needed."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tidings.app import open_app
from tidings.ticking import Ticker
from tidings.trials import check_templates
from tidings.web import published_documents, web_application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.settings import Settings
    from tidings.renewing import Renew

# How often one that waits for its last request looks whether the server has ended.
_LOOK_S = 0.5


class Standing:
    """An App with its web application and its ticker, open until nobody needs it any more.

    Raises what opening a store raises, and TemplateError: before any mail, what is wrong in a
    template of the operator's is said.
    """

    def __init__(self, settings: Settings, renew: Renew, ending: Callable[[], bool]) -> None:
        with ExitStack() as stack:
            self.app = stack.enter_context(open_app(settings))
            check_templates(self.app)
            self.published = published_documents(self.app)
            self.application = web_application(self.app, self.published, renew=renew)
            self.ticker = Ticker(self.app, ending)
            self._opened = stack.pop_all()
        self._requests = 0
        self._left = threading.Condition()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Keep it open for a request that ``enter`` has counted."""
        try:
            yield
        finally:
            with self._left:
                self._requests -= 1
                self._left.notify_all()

    def enter(self) -> None:
        """Count a request that it answers."""
        with self._left:
            self._requests += 1

    def close(self, is_over: Callable[[], bool]) -> None:
        """Close it when its last request has ended; its ticker has ended before.

        Where ``is_over`` says that the server has ended nobody waits for an answer any more.
        """
        with self._left:
            while self._requests and not is_over():
                self._left.wait(_LOOK_S)
        self._opened.close()
