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
        (
            # form: html or text. Who is paused until some instant has no digest before it.
            "ALTER TABLE subscribers ADD COLUMN form TEXT NOT NULL DEFAULT 'html'",
            "ALTER TABLE subscribers ADD COLUMN paused_until TEXT",
            "ALTER TABLE subscribers ADD COLUMN consent_source TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE subscribers ADD COLUMN consent_at TEXT",
            # instant: it has a rule for which each new item is an occasion. corrected: up to
            # this number its corrections were told. ended: since when, and why, it is not active.
            "ALTER TABLE subscriptions ADD COLUMN instant INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE subscriptions ADD COLUMN corrected BIGINT NOT NULL DEFAULT 0",
            "ALTER TABLE subscriptions ADD COLUMN ended TEXT",
            "ALTER TABLE subscriptions ADD COLUMN ended_because TEXT NOT NULL DEFAULT ''",
            # The rules of a subscription in their order: the first that wants an item takes it.
            # next_digest is NULL where each new item is an occasion, and where it has ended.
            """
            CREATE TABLE rules (
                subscription BIGINT NOT NULL REFERENCES subscriptions (id),
                position INTEGER NOT NULL,
                cadence TEXT NOT NULL,
                wanted TEXT NOT NULL,
                next_digest TEXT,
                PRIMARY KEY (subscription, position)
            )
            """,
            """
            INSERT INTO rules (subscription, position, cadence, wanted, next_digest)
            SELECT id, 0, cadence, '', CASE WHEN active = 1 THEN next_digest END FROM subscriptions
            """,
            "UPDATE subscriptions SET instant = active WHERE cadence = 'instant'",
            "UPDATE subscriptions SET corrected = mark",
            "DROP INDEX subscriptions_due",
            "ALTER TABLE subscriptions DROP COLUMN cadence",
            "ALTER TABLE subscriptions DROP COLUMN next_digest",
            "CREATE INDEX rules_due ON rules (next_digest) WHERE next_digest IS NOT NULL",
            """
            CREATE INDEX subscriptions_instant ON subscriptions (bulletin, mark)
            WHERE active = 1 AND instant = 1
            """,
            # Items that a rule has taken and that wait for its occasion; where the rules have
            # changed since, position is NULL, and they are sorted anew.
            """
            CREATE TABLE waiting (
                subscription BIGINT NOT NULL REFERENCES subscriptions (id),
                item TEXT NOT NULL REFERENCES items (id),
                position INTEGER,
                PRIMARY KEY (subscription, item)
            )
            """,
            "CREATE INDEX waiting_of ON waiting (item)",
            # key: a digest of what it holds and for whom it is written, NULL of those that were
            # opened when an edition was a range of numbers. Since then after is the negative of
            # number, so that several can hold items up to one number. whole: it holds all that
            # was new, not what a filter took.
            "ALTER TABLE editions ADD COLUMN key TEXT",
            "ALTER TABLE editions ADD COLUMN language TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE editions ADD COLUMN form TEXT NOT NULL DEFAULT 'html'",
            "ALTER TABLE editions ADD COLUMN whole INTEGER NOT NULL DEFAULT 1",
            "CREATE UNIQUE INDEX editions_by_key ON editions (bulletin, key)",
            # kind: new, or corrected since it was told. revision: the one that the edition
            # shows, was: the one that was told before.
            "ALTER TABLE edition_items ADD COLUMN kind TEXT NOT NULL DEFAULT 'new'",
            "ALTER TABLE edition_items ADD COLUMN revision INTEGER",
            "ALTER TABLE edition_items ADD COLUMN was INTEGER",
            "CREATE INDEX edition_items_of ON edition_items (item)",
            # Somebody asked for mail and has not confirmed it yet; wishes is what they asked for.
            # network is a digest of where it came from, for the limits.
            """
            CREATE TABLE signups (
                id SERIAL_KEY,
                address TEXT NOT NULL,
                bulletin TEXT NOT NULL REFERENCES bulletins (slug),
                wishes TEXT NOT NULL,
                source TEXT NOT NULL,
                network TEXT NOT NULL,
                created TEXT NOT NULL,
                expires TEXT NOT NULL,
                confirmed TEXT,
                UNIQUE (address, bulletin)
            )
            """,
            "CREATE TABLE attempts_to_sign_up (network TEXT NOT NULL, made TEXT NOT NULL)",
            "CREATE INDEX attempts_from ON attempts_to_sign_up (network, made)",
            "CREATE INDEX attempts_made ON attempts_to_sign_up (made)",
            # Mails that are no edition: confirm, known, welcome. Rows before they are mails.
            """
            CREATE TABLE notices (
                id SERIAL_KEY,
                kind TEXT NOT NULL,
                address TEXT NOT NULL,
                bulletin TEXT NOT NULL,
                language TEXT NOT NULL,
                token TEXT NOT NULL,
                message_id TEXT NOT NULL UNIQUE,
                state TEXT NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                next_attempt TEXT NOT NULL,
                lease BIGINT NOT NULL DEFAULT 0,
                leased_until TEXT NOT NULL DEFAULT '',
                reply TEXT NOT NULL DEFAULT '',
                created TEXT NOT NULL,
                finished TEXT
            )
            """,
            "CREATE INDEX notices_to ON notices (address, created)",
            """
            CREATE INDEX notices_open ON notices (next_attempt, id)
            WHERE state IN ('queued', 'deferred', 'sending')
            """,
            # Addresses that are not written to, as digests: they stay when all else is deleted.
            """
            CREATE TABLE suppressions (
                hash TEXT PRIMARY KEY,
                reason TEXT NOT NULL,
                since TEXT NOT NULL
            )
            """,
        ),
        (
            # A feed of what a subscription wants, for whoever has its address; none when revoked.
            """
            CREATE TABLE private_feeds (
                id SERIAL_KEY,
                subscription BIGINT NOT NULL UNIQUE REFERENCES subscriptions (id),
                feed_id TEXT NOT NULL UNIQUE,
                made TEXT NOT NULL
            )
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
