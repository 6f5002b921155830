"""The tables of subscribers, editions and deliveries, as migrations."""

from __future__ import annotations

from feeds.migrations import Migrations

NOTIFIER = Migrations(
    "notifier",
    (
        (
            "CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
            """
            CREATE TABLE subscribers (
                id SERIAL_KEY,
                address TEXT NOT NULL UNIQUE,
                state TEXT NOT NULL,
                created TEXT NOT NULL
            )
            """,
            # mark: everything up to this number of the bulletin was told, or was there before.
            # next_digest is NULL for the instant cadence: there every new item is an occasion.
            """
            CREATE TABLE subscriptions (
                id SERIAL_KEY,
                subscriber BIGINT NOT NULL REFERENCES subscribers (id),
                bulletin TEXT NOT NULL REFERENCES bulletins (slug),
                cadence TEXT NOT NULL,
                time_zone TEXT NOT NULL,
                language TEXT NOT NULL,
                mark BIGINT NOT NULL,
                next_digest TEXT,
                token TEXT NOT NULL UNIQUE,
                active INTEGER NOT NULL DEFAULT 1,
                created TEXT NOT NULL,
                UNIQUE (subscriber, bulletin)
            )
            """,
            "CREATE INDEX subscriptions_due ON subscriptions (next_digest) WHERE active = 1",
            "CREATE INDEX subscriptions_of ON subscriptions (bulletin, mark) WHERE active = 1",
            # An edition holds the items after one number up to another, frozen when it opens.
            """
            CREATE TABLE editions (
                id SERIAL_KEY,
                bulletin TEXT NOT NULL REFERENCES bulletins (slug),
                number INTEGER NOT NULL,
                after BIGINT NOT NULL,
                upto BIGINT NOT NULL,
                opened TEXT NOT NULL,
                audience INTEGER NOT NULL,
                UNIQUE (bulletin, number),
                UNIQUE (bulletin, after, upto)
            )
            """,
            """
            CREATE TABLE edition_items (
                edition BIGINT NOT NULL REFERENCES editions (id),
                item TEXT NOT NULL REFERENCES items (id),
                PRIMARY KEY (edition, item)
            )
            """,
            """
            CREATE TABLE deliveries (
                id SERIAL_KEY,
                edition BIGINT NOT NULL REFERENCES editions (id),
                subscription BIGINT NOT NULL REFERENCES subscriptions (id),
                address TEXT NOT NULL,
                state TEXT NOT NULL,
                message_id TEXT NOT NULL UNIQUE,
                attempts INTEGER NOT NULL DEFAULT 0,
                doubts INTEGER NOT NULL DEFAULT 0,
                next_attempt TEXT NOT NULL,
                lease BIGINT NOT NULL DEFAULT 0,
                leased_until TEXT NOT NULL DEFAULT '',
                reply TEXT NOT NULL DEFAULT '',
                created TEXT NOT NULL,
                finished TEXT,
                UNIQUE (edition, subscription)
            )
            """,
            "CREATE INDEX deliveries_of ON deliveries (subscription)",
            """
            CREATE INDEX deliveries_open ON deliveries (next_attempt, id)
            WHERE state IN ('queued', 'deferred', 'uncertain', 'sending')
            """,
        ),
        # The ledger: each attempt is a row from before it begins. A claim is a due time that lies
        # ahead, so that "due" is one column for every open state.
        (
            "ALTER TABLE deliveries ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0",
            "UPDATE deliveries SET next_attempt = leased_until WHERE state = 'sending'",
            "ALTER TABLE deliveries DROP COLUMN leased_until",
            """
            CREATE TABLE attempts (
                delivery BIGINT NOT NULL REFERENCES deliveries (id),
                number INTEGER NOT NULL,
                started TEXT NOT NULL,
                finished TEXT,
                state TEXT NOT NULL,
                relay TEXT NOT NULL DEFAULT '',
                code INTEGER,
                enhanced TEXT NOT NULL DEFAULT '',
                reply TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (delivery, number)
            )
            """,
            """
            INSERT INTO attempts (delivery, number, started, finished, state, reply)
            SELECT id, attempts, created, finished, state, reply FROM deliveries
            WHERE attempts > 0
            """,
            # When mail stopped for a reason that is ours, and what the operator was told of it.
            """
            CREATE TABLE mail_stops (
                id SERIAL_KEY,
                problem TEXT NOT NULL,
                since TEXT NOT NULL,
                ended TEXT,
                told TEXT NOT NULL DEFAULT '',
                telling_until TEXT NOT NULL DEFAULT ''
            )
            """,
            # How fast each domain takes mail, learned from its answers; no row is no limit.
            """
            CREATE TABLE paces (
                domain TEXT PRIMARY KEY,
                rate DOUBLE PRECISION NOT NULL,
                changed TEXT NOT NULL
            )
            """,
        ),
    ),
)
