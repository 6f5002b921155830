"""Signed tokens: short, unforgeable, each for one purpose, and renewed when a secret has leaked."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as some
from test_edition_store import World

from notifier.subscription_tokens import TokenKind, Tokens

if TYPE_CHECKING:
    from feeds.database import Database

TOKENS = Tokens(["secret"])
NUMBERS = some.integers(0, 2**40 - 1)
KINDS = some.sampled_from(TokenKind)


@given(KINDS, NUMBERS)
def test_a_token_is_read_as_it_was_made(kind: TokenKind, number: int) -> None:
    """Of letters and digits, short enough for an address of one line, and for nothing else."""
    token = TOKENS.token(kind, number)

    assert len(token) == 22
    assert set(token) <= set(string.ascii_letters + string.digits)
    assert TOKENS.number(kind, token) == number
    assert all(TOKENS.number(other, token) is None for other in TokenKind if other is not kind)


@given(KINDS, NUMBERS)
def test_a_token_of_a_mail_address_survives_the_loss_of_capitals(
    kind: TokenKind, number: int
) -> None:
    """Some mail systems write local parts in one case."""
    token = TOKENS.mail_token(kind, number)

    assert token == token.lower()
    assert TOKENS.number(kind, token.upper()) == number


@given(KINDS, NUMBERS, some.integers(0, 21), some.characters())
def test_an_altered_token_is_nobodys(kind: TokenKind, number: int, place: int, letter: str) -> None:
    """Whatever stands in the place of one of its letters."""
    token = TOKENS.token(kind, number)
    altered = token[:place] + letter + token[place + 1 :]

    assert TOKENS.number(kind, altered) in ({number} if altered == token else {None})


@given(KINDS, some.text())
def test_any_text_is_nobodys_token(kind: TokenKind, text: str) -> None:
    """And breaks nothing."""
    assert TOKENS.number(kind, text) is None


@given(KINDS, NUMBERS)
def test_former_secrets_count_until_they_are_retired(kind: TokenKind, number: int) -> None:
    """A way out must work as long as somebody has the mail."""
    token = TOKENS.token(kind, number)

    assert Tokens(["new", "secret"]).number(kind, token) == number
    assert Tokens(["new"]).number(kind, token) is None


def test_links_are_renewed_for_all(database: Database) -> None:
    """Those of former mails still work, until the secret has leaked."""
    world = World(database)
    ann = world.subscribe("ann", "daily")
    legacy = "LKJ-x_12345678901234ab"
    bob = world.subscribe("bob", "daily")
    with database.transaction() as transaction:
        transaction.run(
            "UPDATE subscriptions SET token = :token WHERE id = :id", token=legacy, id=bob.id
        )
    before = world.subscribers.by_token(legacy)

    world.subscribers.rotate_tokens(retire=False)
    first, _ = world.subscribers.subscriptions()
    kept = world.subscribers.by_token(ann.token)
    world.subscribers.rotate_tokens(retire=True)
    second, _ = world.subscribers.subscriptions()

    assert before is not None
    assert before.id == bob.id
    assert len({ann.token, first.token, second.token}) == 3
    assert kept is not None
    assert world.subscribers.by_token(ann.token) is None
    assert world.subscribers.by_token(first.token) is None
    assert world.subscribers.by_token(second.token) is not None


def test_a_token_for_an_address_of_ours_opens_as_the_other(database: Database) -> None:
    """Mail servers may change the case of letters on the way."""
    world = World(database)
    ann = world.subscribe("ann", "daily")

    found = world.subscribers.by_token(world.subscribers.mail_token(ann.id).upper())

    assert found is not None
    assert found.id == ann.id
