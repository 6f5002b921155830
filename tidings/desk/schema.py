"""The tables of the desk, as migrations."""

from __future__ import annotations

from feeds.migrations import Migrations

DESK = Migrations(
    "desk",
    (
        (
            # Only a hash of each token is stored: who reads the store can sign in nowhere.
            # said: what the next page tells of the last change.
            """
            CREATE TABLE sessions (
                token TEXT PRIMARY KEY,
                operator TEXT NOT NULL,
                created TEXT NOT NULL,
                used TEXT NOT NULL,
                said TEXT NOT NULL DEFAULT ''
            )
            """,
            # Links that sign somebody in once, made on the command line.
            """
            CREATE TABLE sign_in_links (
                token TEXT PRIMARY KEY,
                expires TEXT NOT NULL
            )
            """,
            "CREATE TABLE sign_in_failures (network TEXT NOT NULL, at TEXT NOT NULL)",
            # The times of codes of the second factor that were used: none is good twice.
            "CREATE TABLE used_codes (step BIGINT PRIMARY KEY)",
            # outcome: empty while the change is being made, then done, or what went wrong.
            # before and after are JSON.
            """
            CREATE TABLE audit (
                id SERIAL_KEY,
                at TEXT NOT NULL,
                operator TEXT NOT NULL,
                action TEXT NOT NULL,
                subject TEXT NOT NULL,
                before TEXT NOT NULL DEFAULT '',
                after TEXT NOT NULL DEFAULT '',
                outcome TEXT NOT NULL DEFAULT ''
            )
            """,
            "CREATE INDEX audit_of ON audit (subject, id)",
        ),
        (
            # The last trial of each source: what a check would have changed, as JSON.
            """
            CREATE TABLE trials (
                bulletin TEXT NOT NULL,
                source TEXT NOT NULL,
                begun TEXT NOT NULL,
                finished TEXT,
                report TEXT NOT NULL DEFAULT '',
                problem TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (bulletin, source)
            )
            """,
        ),
        (
            # Tokens of programs; again only a hash of each.
            """
            CREATE TABLE api_tokens (
                name TEXT PRIMARY KEY,
                token TEXT NOT NULL UNIQUE,
                may_change INTEGER NOT NULL,
                created TEXT NOT NULL,
                used TEXT
            )
            """,
        ),
        (
            # Pages that somebody is about to have read, until they are saved or a day is over.
            # state: the rules with the steps that led to them, and what the form says, as JSON.
            # page: as it was fetched; parts: its style sheets and pictures. Both compressed.
            """
            CREATE TABLE drafts (
                id TEXT PRIMARY KEY,
                made TEXT NOT NULL,
                used TEXT NOT NULL,
                state TEXT NOT NULL,
                page BYTES NOT NULL,
                parts BYTES NOT NULL,
                size BIGINT NOT NULL
            )
            """,
        ),
    ),
)
