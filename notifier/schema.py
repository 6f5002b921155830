"""The tables of subscribers, editions and deliveries, as migrations."""

from __future__ import annotations

from feeds.migrations import Migrations
from notifier.first_schema import FIRST

NOTIFIER = Migrations(
    "notifier",
    (
        *FIRST,
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
        # What came back: one row for a delivery, however often it is reported. told: of what is
        # said of us, whether the operator knows it.
        (
            """
            CREATE TABLE bounces (
                delivery BIGINT PRIMARY KEY REFERENCES deliveries (id),
                subscriber BIGINT NOT NULL REFERENCES subscribers (id),
                weight TEXT NOT NULL,
                status TEXT NOT NULL,
                words TEXT NOT NULL,
                reported TEXT NOT NULL,
                told INTEGER NOT NULL DEFAULT 0
            )
            """,
            "CREATE INDEX bounces_of ON bounces (subscriber, reported)",
            "CREATE INDEX bounces_untold ON bounces (delivery) WHERE weight = 'ours' AND told = 0",
            # Mailboxes of reports: who reads one until when, and up to which mail it was read.
            """
            CREATE TABLE report_sources (
                name TEXT PRIMARY KEY,
                held_until TEXT NOT NULL DEFAULT '',
                lease BIGINT NOT NULL DEFAULT 0,
                validity BIGINT NOT NULL DEFAULT 0,
                uid BIGINT NOT NULL DEFAULT 0
            )
            """,
        ),
        (
            # health: how the sources were read in the week before it opened, as JSON.
            "ALTER TABLE editions ADD COLUMN health TEXT NOT NULL DEFAULT ''",
            "CREATE INDEX editions_public ON editions (bulletin, number) WHERE whole = 1",
        ),
        # A channel is a subscriber by the name of "channel:NAME". Its deliveries are told by a loop
        # of their own, in their order.
        (
            "ALTER TABLE deliveries ADD COLUMN channel INTEGER NOT NULL DEFAULT 0",
            """
            CREATE INDEX deliveries_to_channels ON deliveries (subscription, id)
            WHERE channel = 1 AND state IN ('queued', 'deferred', 'uncertain', 'sending')
            """,
            # What the operator is told beside the mails about sources and stops: a row for each
            # way, which is a channel of alerts or empty for mail. name tells alerts apart.
            """
            CREATE TABLE alerts (
                id SERIAL_KEY,
                way TEXT NOT NULL,
                name TEXT NOT NULL,
                subject TEXT NOT NULL,
                words TEXT NOT NULL,
                state TEXT NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                next_attempt TEXT NOT NULL,
                lease BIGINT NOT NULL DEFAULT 0,
                reply TEXT NOT NULL DEFAULT '',
                created TEXT NOT NULL,
                finished TEXT,
                UNIQUE (way, name)
            )
            """,
            "CREATE INDEX alerts_open ON alerts (way, next_attempt) WHERE finished IS NULL",
            # Channels that take nothing; bulletin is empty of those of alerts.
            """
            CREATE TABLE channel_troubles (
                bulletin TEXT NOT NULL,
                channel TEXT NOT NULL,
                problem TEXT NOT NULL,
                since TEXT NOT NULL,
                PRIMARY KEY (bulletin, channel)
            )
            """,
        ),
        # Notices are kept in the ledger as deliveries are: with their attempts and their bounces.
        (
            "ALTER TABLE notices ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE notices ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0",
            "UPDATE notices SET next_attempt = leased_until WHERE state = 'sending'",
            "ALTER TABLE notices DROP COLUMN leased_until",
            "DROP INDEX notices_open",
            """
            CREATE INDEX notices_open ON notices (next_attempt, id)
            WHERE state IN ('queued', 'deferred', 'uncertain', 'sending')
            """,
            """
            CREATE TABLE notice_attempts (
                notice BIGINT NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
                number INTEGER NOT NULL,
                started TEXT NOT NULL,
                finished TEXT,
                state TEXT NOT NULL,
                relay TEXT NOT NULL DEFAULT '',
                code INTEGER,
                enhanced TEXT NOT NULL DEFAULT '',
                reply TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (notice, number)
            )
            """,
            """
            INSERT INTO notice_attempts (notice, number, started, finished, state, reply)
            SELECT id, attempts, created, finished, state, reply FROM notices
            WHERE attempts > 0
            """,
            """
            CREATE TABLE notice_bounces (
                notice BIGINT PRIMARY KEY REFERENCES notices (id) ON DELETE CASCADE,
                weight TEXT NOT NULL,
                status TEXT NOT NULL,
                words TEXT NOT NULL,
                reported TEXT NOT NULL,
                told INTEGER NOT NULL DEFAULT 0
            )
            """,
            """
            CREATE INDEX notice_bounces_untold ON notice_bounces (notice)
            WHERE weight = 'ours' AND told = 0
            """,
            # what: empty where no mail leaves, else which mails do not.
            "ALTER TABLE mail_stops ADD COLUMN what TEXT NOT NULL DEFAULT ''",
            # Processes that send at a set rate, each until when: they share it.
            "CREATE TABLE senders (name TEXT PRIMARY KEY, until TEXT NOT NULL)",
            # Foreign mails in mailboxes without numbers, by a digest of their names.
            """
            CREATE TABLE foreign_mails (
                source TEXT NOT NULL,
                mark TEXT NOT NULL,
                PRIMARY KEY (source, mark)
            )
            """,
        ),
        (
            # approval: see the model; approval_number counts those of a bulletin that were
            # approved. told: whether the operator knows, telling_until: until when he is told.
            "ALTER TABLE editions ADD COLUMN approval TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE editions ADD COLUMN approval_number INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE editions ADD COLUMN told INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE editions ADD COLUMN telling_until TEXT NOT NULL DEFAULT ''",
            "CREATE INDEX editions_waiting ON editions (bulletin) WHERE approval = 'waiting'",
            # renewed: since when its time and its attempts count; before that, attempts_before.
            "ALTER TABLE deliveries ADD COLUMN renewed TEXT",
            "ALTER TABLE deliveries ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0",
        ),
    ),
)
