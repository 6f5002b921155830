"""The settings of channels: other ways than mail to tell of news, and to reach the operator."""

from __future__ import annotations

from dataclasses import dataclass

from config.kinds import (
    CadenceText,
    ChannelAddress,
    Language,
    TemplateName,
    Texts,
    Uncertain,
    setting,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """A way beside mail by which the operator hears what is wrong: needs the extra channels."""

    name: str
    address: ChannelAddress = setting(
        "",
        "Where alerts go, as Apprise writes it; better by TIDINGS_ALERTS_PHONE_ADDRESS_FILE.",
        secret=True,
    )

    @property
    def full_name(self) -> str:
        """How the channel is named in commands, logs and alerts; its address never is."""
        return self.name

    @property
    def variable(self) -> str:
        """The variable that may hold its address."""
        return _variable("alerts", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """A chat, a push service or a webhook that is told of a bulletin: needs the extra channels."""

    bulletin: str
    name: str
    address: ChannelAddress = setting(
        "",
        "Where it is told, as Apprise writes it; better by "
        "TIDINGS_BULLETINS_HARBOUR_CHANNELS_CHAT_ADDRESS_FILE.",
        secret=True,
    )
    cadence: CadenceText = setting(
        "instant", "instant: each new item; or daily 7, weekly fri 18, monthly last, a cron."
    )
    language: Language = setting("", "Language of our own words; empty: the bulletin's.")
    template: TemplateName = setting(
        "message.txt", "Its message: a file in the folder channel of [site] templates, or ours."
    )
    uncertain: Uncertain = setting(
        "again", "A message whose answer was lost: again (once, maybe a second time) or never."
    )
    words: Texts = setting((), "Only items with one of these words or phrases; empty: all.")
    without: Texts = setting((), "No items with one of these.")
    categories: Texts = setting((), "Only items of one of these categories.")
    sources: Texts = setting((), "Only items that were found at one of these sources.")
    languages: Texts = setting((), 'Only items in one of these languages; "pt" is also "pt-BR".')

    @property
    def full_name(self) -> str:
        """How the channel is named in commands, logs and alerts; its address never is."""
        return f"{self.bulletin}/{self.name}"

    @property
    def variable(self) -> str:
        """The variable that may hold its address."""
        return _variable("bulletins", self.bulletin, "channels", self.name)


def _variable(*path: str) -> str:
    """Return the name under which the environment may have the address of a channel."""
    return "_".join(("TIDINGS", *path, "ADDRESS")).upper().replace("-", "_")
