"""Which bulletins stay, which say that they leave, and which addresses lead elsewhere, now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feeds.farewell import is_over, site_routes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from config.settings import BulletinSettings, Settings
    from feeds.farewell import Farewell
    from feeds.farewell_store import FarewellStore
    from feeds.routes import Route
    from feeds.selection_store import SelectionStore


class Departures:
    """What is known of bulletins that move or end; asked again with ``refresh``."""

    def __init__(
        self,
        *,
        farewells: FarewellStore,
        selections: SelectionStore,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = farewells
        self._selections = selections
        self._settings = settings
        self._clock = clock
        self._farewells: dict[str, Farewell] = {}

    def refresh(self) -> tuple[BulletinSettings, ...]:
        """Begin what farewells are new; return the bulletins that are published still."""
        now = self._clock()
        bulletins = self._settings.bulletins
        self._farewells = self._store.farewells(bulletins, now=now)
        return tuple(
            each for each in bulletins if not is_over(each, self._farewells.get(each.slug), now)
        )

    def farewell(self, slug: str) -> Farewell | None:
        """Return what a bulletin's feeds say of its leaving; None where it stays."""
        return self._farewells.get(slug)

    def routes(self) -> tuple[Route, ...]:
        """Return all addresses of the site that lead elsewhere or are gone."""
        return site_routes(
            self._settings, self._farewells, named=self._selections.paths(), now=self._clock()
        )
