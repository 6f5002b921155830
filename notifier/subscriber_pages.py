"""The pages of subscribers: signing up, confirming, preferences, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.languages import language_name
from notifier.cadence import DAYS_OF_MONTH, WEEKDAYS
from notifier.wishes import zone_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from config.settings import BulletinSettings, SiteSettings
    from feeds.render import Renderer
    from notifier.signup_store import SignUp
    from notifier.wish_form import RuleView


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionView:
    """A subscription as the preference page shows it."""

    bulletin: BulletinSettings
    token: str
    is_active: bool
    rules: tuple[RuleView, ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the preference page shows; ``wrong`` are the fields that cannot be used."""

    address: str
    token: str
    language: str
    time_zone: str
    form: str
    paused_until: date | None
    tomorrow: date
    subscriptions: tuple[SubscriptionView, ...]
    wrong: frozenset[str] = frozenset()
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFeedView:
    """The private feed of a subscription: addresses of its formats; none where there is none."""

    bulletin: BulletinSettings
    urls: tuple[str, ...]


class SubscriberPages:
    """Renders the pages, each in the reader's language as far as there are words of it."""

    def __init__(self, site: SiteSettings, renderer: Renderer) -> None:
        self._site = site
        self._renderer = renderer

    def language(self, *wanted: str) -> str:
        """Return the first wanted language that there is."""
        return self._renderer.translations.best(*wanted)

    def languages(self) -> tuple[str, ...]:
        """Return the languages that there are."""
        return self._renderer.translations.languages()

    def sign_up(
        self,
        bulletin: BulletinSettings,
        *,
        language: str,
        fields: Mapping[str, str],
        rule: RuleView,
        wrong: Collection[str] = (),
    ) -> str:
        """Return the form that asks for mail."""
        return self._page(
            "subscribe.html",
            language,
            bulletin=bulletin,
            address=fields.get("address", ""),
            time_zone=fields.get("time_zone", "") or bulletin.time_zone.key,
            chosen_language=fields.get("language", "") or language,
            form=fields.get("form", "") or "html",
            rule=rule,
            wrong=frozenset(wrong),
        )

    def asked(self, bulletin: BulletinSettings, *, language: str) -> str:
        """Return the page after the form: the same for everybody."""
        return self._page("asked.html", language, bulletin=bulletin)

    def confirm(
        self,
        sign_up: SignUp,
        bulletins: Sequence[BulletinSettings],
        *,
        is_expired: bool,
        preferences: str = "",
    ) -> str:
        """Return the page with the button that confirms, or what it came to."""
        return self._page(
            "confirm.html",
            self.language(sign_up.wishes.language),
            sign_up=sign_up,
            bulletins=bulletins,
            is_expired=is_expired,
            preferences=preferences,
        )

    def preferences(self, preferences: Preferences, *, is_saved: bool = False) -> str:
        """Return the page of all wishes."""
        return self._page(
            "preferences.html",
            self.language(preferences.language),
            preferences=preferences,
            is_saved=is_saved,
        )

    def private_feeds(self, feeds: Sequence[PrivateFeedView], *, token: str, language: str) -> str:
        """Return the page on which private feeds are made and revoked."""
        return self._page("private_feeds.html", self.language(language), feeds=feeds, token=token)

    def delete(self, *, address: str, token: str, language: str, is_done: bool) -> str:
        """Return the page that deletes, or says that it is done."""
        return self._page(
            "delete.html", self.language(language), address=address, token=token, is_done=is_done
        )

    def unsubscribe(
        self, bulletin: BulletinSettings, *, token: str, language: str, state: str, weekly: bool
    ) -> str:
        """Return the page with the one button (asking), or the one after it.

        ``state`` is asking, done, back or weekly; ``weekly`` says that mail once a week is less
        than what was asked for.
        """
        return self._page(
            "unsubscribe.html",
            self.language(language, bulletin.language),
            bulletin=bulletin,
            token=token,
            state=state,
            weekly=weekly,
        )

    def _page(self, template: str, language: str, **values: object) -> str:
        return self._renderer.render(
            template,
            site=self._site,
            root="/",
            language=language,
            languages=[(tag, language_name(tag)) for tag in self.languages()],
            weekdays=WEEKDAYS,
            monthdays=DAYS_OF_MONTH,
            zones=zone_names(),
            **values,
        )
