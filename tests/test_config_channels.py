"""Channels in the configuration: their keys, and addresses that stand elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.load import ConfigError, load

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import Settings

HARBOUR = """
[bulletins.harbour-news]
title = "Harbour news"
[bulletins.harbour-news.sources.main]
url = "https://harbour.example/"
"""
CHAT = "[bulletins.harbour-news.channels.chat]\n"
PHONE = "[alerts.phone]\n"
KEY = "k3y-nobody-may-see"
CHAT_VARIABLE = "TIDINGS_BULLETINS_HARBOUR_NEWS_CHANNELS_CHAT_ADDRESS"


def loaded(folder: Path, text: str, **environ: str) -> Settings:
    """Load a configuration with a bulletin."""
    path = folder / "tidings.toml"
    path.write_text(HARBOUR + text)
    return load(path, environ)


def test_an_address_may_stand_in_the_environment_or_in_a_file(tmp_path: Path) -> None:
    """It wins over what the configuration says, as all variables do."""
    secret = tmp_path / "secret"
    secret.write_text("json://127.0.0.1/b\n")
    settings = loaded(
        tmp_path,
        f'{CHAT}address = "json://127.0.0.1/a"\ncadence = "weekly fri 18:00"\n{PHONE}',
        **{CHAT_VARIABLE: f"ntfy://{KEY}", "TIDINGS_ALERTS_PHONE_ADDRESS_FILE": str(secret)},
    )

    without = loaded(tmp_path, CHAT)
    (chat,) = settings.bulletins[0].channels
    assert (chat.full_name, chat.address) == ("harbour-news/chat", f"ntfy://{KEY}")
    # A command that tells nobody may lack the variable that the service has.
    assert without.bulletins[0].channels[0].address == ""
    assert chat.cadence == "weekly fri 18"
    assert [(one.name, one.address) for one in settings.alerts] == [("phone", "json://127.0.0.1/b")]


@pytest.mark.parametrize(
    ("text", "environ", "complaint"),
    [
        (f'{CHAT}address = "{KEY}"', {}, "found the value, allowed is an address as Apprise"),
        (f'{CHAT}address = "json://{KEY} x"', {}, "found the value, allowed is an address"),
        (f'{CHAT}address = "json://{"x" * 2_001}"', {}, "found the value, allowed is an address"),
        (CHAT, {CHAT_VARIABLE: KEY}, f"{CHAT_VARIABLE}: found the value, allowed is"),
        (CHAT, {CHAT_VARIABLE: "a://b", f"{CHAT_VARIABLE}_FILE": "x"}, "is set too"),
        (CHAT, {f"{CHAT_VARIABLE}_FILE": "nowhere"}, "nowhere: cannot be read"),
        (f'{CHAT}address = "a://b"', {"TIDINGS_ALERTS_FONE_ADDRESS": "a://b"}, "unknown variable"),
        (f'{PHONE}address = "a://b"\nword = 1', {}, "unknown key. Known: address"),
        ('[alerts."My Phone"]\naddress = "a://b"', {}, "a channel's name has small letters"),
        (f'{CHAT}address = "a://b"\ncadence = "often"', {}, "allowed is instant, daily, weekly"),
        (f'{CHAT}address = "a://b"\nsources = ["mian"]', {}, "did you mean 'main'?"),
        (f'{CHAT}address = "a://b"\ntemplate = "../x"', {}, "allowed is the name of a file"),
        (f'{CHAT}address = "a://b"\nuncertain = "maybe"', {}, "allowed is one of again, never"),
    ],
)
def test_a_mistake_is_said_without_the_address(
    tmp_path: Path, text: str, environ: dict[str, str], complaint: str
) -> None:
    """With the key, the line and the remedy, but nothing that is secret."""
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, text, **environ)

    assert complaint in str(raised.value)
    assert KEY not in str(raised.value)


def test_two_channels_cannot_have_one_variable(tmp_path: Path) -> None:
    """Where hyphens are underscores, names may run into one another."""
    path = tmp_path / "tidings.toml"
    path.write_text(
        "".join(
            f'[bulletins.{slug}]\ntitle = "x"\nsources.main.url = "https://harbour.example/"\n'
            f'[bulletins.{slug}.channels.{name}]\naddress = "a://b"\n'
            for slug, name in (("a", "b-channels-c"), ("a-channels-b", "c"))
        )
    )

    with pytest.raises(ConfigError, match="would be the variable of two channels"):
        load(path, {})
