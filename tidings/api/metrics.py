"""Figures for Prometheus at ``/metrics``, read from the store when they are asked for.

The one door of prometheus_client. What is counted is rows, so that a restart forgets nothing and
several services tell the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from tidings.web_answers import is_here, page_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from prometheus_client.core import Metric
    from starlette.requests import Request

    from feeds.records import SourceState
    from tidings.api.token_store import ApiTokenStore
    from tidings.app import App
    from tidings.desk.visit import Desk

_SCHEME = "bearer "


def metrics_route(desk: Desk, tokens: ApiTokenStore) -> Route:
    """Return the address of the figures: for this machine, and for whoever has a token."""

    def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        is_known = given.lower().startswith(_SCHEME) and tokens.find(
            given[len(_SCHEME) :].strip(), now=desk.app.clock()
        )
        if not is_known and not is_here(request):
            return Response(
                "Wanted is a token: Authorization: Bearer tidings_...\n",
                401,
                media_type="text/plain",
                headers={**page_headers(), "WWW-Authenticate": "Bearer"},
            )
        body, media_type = exposition(desk.app)
        return Response(body, media_type=media_type, headers=page_headers())

    return Route("/metrics", metrics, methods=["GET"])


def exposition(app: App) -> tuple[bytes, str]:
    """Return the figures in the text format of Prometheus, and its type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Figures(Collector):
        def collect(self) -> Iterator[Metric]:
            yield from _of_sources(app.sources.sources())
            yield from _of_mail(app)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _of_sources(sources: tuple[SourceState, ...]) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    labels = ("bulletin", "source")
    for name, does, figure in (
        ("healthy", "1 where it is read well.", lambda source: float(not source.problem)),
        ("held", "1 where its readings are held.", lambda source: float(bool(source.held))),
        ("silent", "1 where it brings no news for unusually long.", _silent),
        ("paused", "1 where it is not read.", lambda source: float(source.paused is not None)),
        ("failures", "Failed checks in a row.", lambda source: float(source.failures)),
        (
            "checked_timestamp_seconds",
            "When it was last read.",
            lambda source: _seconds(source.checked),
        ),
        (
            "succeeded_timestamp_seconds",
            "When it was last read with success.",
            lambda source: _seconds(source.succeeded),
        ),
        (
            "next_check_timestamp_seconds",
            "When it is read next.",
            lambda source: _seconds(source.next_check),
        ),
    ):
        family = GaugeMetricFamily(f"tidings_source_{name}", does, labels=labels)
        for source in sources:
            family.add_metric((source.bulletin, source.name), figure(source))
        yield family


def _silent(source: SourceState) -> float:
    return float(source.is_silent)


def _seconds(instant: datetime | None) -> float:
    """Return an instant as Prometheus writes them; 0 where it was not yet."""
    return 0.0 if instant is None else instant.timestamp()


def _of_mail(app: App) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    deliveries = GaugeMetricFamily(
        "tidings_deliveries", "Deliveries that are in a state.", labels=("state",)
    )
    for state, count in app.deliveries.tally().items():
        deliveries.add_metric((state.value,), count)
    yield deliveries
    stop = app.stops.current()
    yield GaugeMetricFamily(
        "tidings_mail_stopped_timestamp_seconds",
        "Since when no mail leaves; 0 where it does.",
        value=_seconds(stop.since if stop else None),
    )
    yield GaugeMetricFamily(
        "tidings_editions_out_of_balance",
        "Editions whose ledger does not add up: always 0, or something is wrong.",
        value=len(app.ledger.unbalanced()),
    )
    yield GaugeMetricFamily(
        "tidings_feeds_refused",
        "Feeds that are not published as they should be.",
        value=len(app.publisher.refused()),
    )
