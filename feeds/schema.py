"""The tables of reading and publishing, as migrations."""

from __future__ import annotations

from feeds.migrations import Migrations

FEEDS = Migrations(
    "feeds",
    (
        (
            # number counts every new item and every revision; lease is the fencing number of
            # whoever works on the bulletin until leased_until.
            """
            CREATE TABLE bulletins (
                slug TEXT PRIMARY KEY,
                feed_id TEXT NOT NULL UNIQUE,
                number BIGINT NOT NULL DEFAULT 0,
                lease BIGINT NOT NULL DEFAULT 0,
                leased_until TEXT NOT NULL DEFAULT ''
            )
            """,
            # held: why its readings are held, since held_since. told: when the operator was told
            # that it is unwell, empty once it was said to be well; mailed: the same for the mail,
            # which one process at a time sends, until mailing_until.
            """
            CREATE TABLE sources (
                bulletin TEXT NOT NULL REFERENCES bulletins (slug),
                name TEXT NOT NULL,
                location TEXT NOT NULL,
                schedule TEXT NOT NULL,
                recipe TEXT NOT NULL,
                active INTEGER NOT NULL DEFAULT 1,
                next_check TEXT NOT NULL,
                etag TEXT NOT NULL DEFAULT '',
                last_modified TEXT NOT NULL DEFAULT '',
                digest TEXT NOT NULL DEFAULT '',
                moved_to TEXT NOT NULL DEFAULT '',
                baseline TEXT,
                checked TEXT,
                succeeded TEXT,
                failures INTEGER NOT NULL DEFAULT 0,
                problem TEXT NOT NULL DEFAULT '',
                held TEXT NOT NULL DEFAULT '',
                held_since TEXT,
                told TEXT NOT NULL DEFAULT '',
                mailed TEXT NOT NULL DEFAULT '',
                mailing_until TEXT NOT NULL DEFAULT '',
                PRIMARY KEY (bulletin, name)
            )
            """,
            "CREATE INDEX sources_due ON sources (next_check) WHERE active = 1",
            """
            CREATE TABLE checks (
                id SERIAL_KEY,
                bulletin TEXT NOT NULL,
                source TEXT NOT NULL,
                started TEXT NOT NULL,
                finished TEXT NOT NULL,
                outcome TEXT NOT NULL,
                status INTEGER,
                found INTEGER NOT NULL,
                new INTEGER NOT NULL,
                revised INTEGER NOT NULL,
                missing INTEGER NOT NULL,
                dated INTEGER,
                linked INTEGER,
                summarised INTEGER,
                doubted TEXT NOT NULL,
                error TEXT NOT NULL
            )
            """,
            "CREATE INDEX checks_of_source ON checks (bulletin, source, id)",
            # What is normal for a source: its last good readings, and the most that they brought.
            """
            CREATE INDEX checks_read ON checks (bulletin, source, id) WHERE dated IS NOT NULL
            """,
            """
            CREATE INDEX checks_by_news ON checks (bulletin, source, new)
            WHERE outcome = 'changed' AND doubted = ''
            """,
            # keys_version: the recipe of url_key and title_key; identity itself has no recipe.
            # forgotten: a tombstone, which keeps what it is known by so that it never comes back;
            # merged_into: the item that it was found to be, itself never a merged one.
            """
            CREATE TABLE items (
                id TEXT PRIMARY KEY,
                token TEXT NOT NULL,
                bulletin TEXT NOT NULL REFERENCES bulletins (slug),
                number BIGINT NOT NULL,
                changed BIGINT NOT NULL,
                title TEXT NOT NULL,
                url TEXT NOT NULL,
                day TEXT,
                instant TEXT,
                summary_html TEXT NOT NULL,
                full_html TEXT NOT NULL,
                author TEXT NOT NULL,
                image_url TEXT NOT NULL,
                categories TEXT NOT NULL,
                language TEXT NOT NULL,
                published TEXT NOT NULL,
                updated TEXT NOT NULL,
                first_seen TEXT NOT NULL,
                revision INTEGER NOT NULL,
                baseline INTEGER NOT NULL,
                source_id TEXT NOT NULL,
                url_key TEXT NOT NULL,
                title_key TEXT NOT NULL,
                keys_version INTEGER NOT NULL,
                forgotten TEXT,
                merged_into TEXT REFERENCES items (id),
                UNIQUE (bulletin, number),
                UNIQUE (bulletin, token)
            )
            """,
            "CREATE INDEX items_changed ON items (bulletin, changed)",
            "CREATE INDEX items_by_url ON items (bulletin, url_key) WHERE url_key <> ''",
            "CREATE INDEX items_by_title ON items (bulletin, title_key)",
            "CREATE INDEX items_merged ON items (merged_into) WHERE merged_into IS NOT NULL",
            "CREATE INDEX items_by_source_id ON items (bulletin, source_id) WHERE source_id <> ''",
            # Which items stood where on a source's page at its last reading, and a fingerprint
            # of what it said of them: what another source says is no correction.
            """
            CREATE TABLE sightings (
                bulletin TEXT NOT NULL,
                source TEXT NOT NULL,
                item TEXT NOT NULL REFERENCES items (id),
                position INTEGER,
                missing_since TEXT,
                evidence TEXT NOT NULL,
                strength REAL NOT NULL,
                stated TEXT NOT NULL,
                PRIMARY KEY (bulletin, source, item)
            )
            """,
            """
            CREATE INDEX sightings_on_page ON sightings (bulletin, source, position)
            WHERE position IS NOT NULL
            """,
            # The contents that an item had before; the newest stands in items. merged_from: the
            # wording is that of another item, which is now this one.
            """
            CREATE TABLE revisions (
                item TEXT NOT NULL REFERENCES items (id),
                revision INTEGER NOT NULL,
                replaced TEXT NOT NULL,
                content TEXT NOT NULL,
                evidence TEXT NOT NULL,
                merged_from TEXT,
                PRIMARY KEY (item, revision)
            )
            """,
        ),
        (
            # With the number, so that the latest of a key are found without reading all of them.
            "DROP INDEX items_by_url",
            "DROP INDEX items_by_title",
            "DROP INDEX items_by_source_id",
            """
            CREATE INDEX items_by_url ON items (bulletin, url_key, number) WHERE url_key <> ''
            """,
            "CREATE INDEX items_by_title ON items (bulletin, title_key, number)",
            """
            CREATE INDEX items_by_source_id ON items (bulletin, source_id, number)
            WHERE source_id <> ''
            """,
        ),
        (
            # held_news: what a held reading would bring. repaired: the rules by which a rebuilt
            # page is read; silent_at: from when on silence breaks with the habit of the source.
            # Both are turns that the operator is told of and mailed, as told and mailed are.
            "ALTER TABLE sources ADD COLUMN held_news TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE sources ADD COLUMN repaired TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE sources ADD COLUMN repair_told TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE sources ADD COLUMN repair_mailed TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE sources ADD COLUMN habit TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE sources ADD COLUMN silent_at TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE sources ADD COLUMN silence_told TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE sources ADD COLUMN silence_mailed TEXT NOT NULL DEFAULT ''",
            """
            CREATE INDEX checks_with_news ON checks (bulletin, source, id)
            WHERE outcome = 'changed' AND new > 0
            """,
        ),
        (
            # withdrawn: since when it is shown as withdrawn; restored: when that was taken back.
            "ALTER TABLE items ADD COLUMN withdrawn TEXT",
            "ALTER TABLE items ADD COLUMN restored TEXT",
            # strength: of the match that brought the wording which replaced this one, NULL where
            # it was not written down; handed_over: what a merge took over besides wordings.
            "ALTER TABLE revisions ADD COLUMN strength REAL",
            "ALTER TABLE revisions ADD COLUMN handed_over TEXT NOT NULL DEFAULT ''",
            # Rows whose keys are of an older recipe, and the places of one item, found at once.
            "CREATE INDEX items_by_keys_version ON items (keys_version)",
            "CREATE INDEX sightings_of ON sightings (item)",
        ),
        (
            # attachments: files that belong to an item. archive: the part of the bulletin's
            # archive that it was put into when it came (feeds.archive), and stays in. What came
            # before there was an archive is parted by its number.
            "ALTER TABLE items ADD COLUMN attachments TEXT NOT NULL DEFAULT '[]'",
            "ALTER TABLE items ADD COLUMN archive TEXT NOT NULL DEFAULT ''",
            """
            UPDATE items SET archive = substr(first_seen, 1, 7) || '-'
                || substr(CAST(10000 + number / 100 AS TEXT), 2)
            """,
            "CREATE INDEX items_archived ON items (bulletin, archive)",
            # What readers of the live feed were promised: news and corrections.
            """
            CREATE INDEX items_promised ON items (bulletin, changed)
            WHERE forgotten IS NULL AND (baseline = 0 OR updated > published)
            """,
        ),
        (
            # Items by the day that they are filed under, with what the archive counts.
            """
            CREATE INDEX items_by_day ON items (
                bulletin, (substr(coalesce(day, published), 1, 10)), published, token, updated
            ) WHERE forgotten IS NULL
            """,
            # Tombstones, which publishing asks for every time: there are few.
            "CREATE INDEX items_gone ON items (bulletin, number) WHERE forgotten IS NOT NULL",
            # Feeds that no bulletin's own row names: its views, and merges of bulletins.
            """
            CREATE TABLE named_feeds (
                path TEXT PRIMARY KEY,
                feed_id TEXT NOT NULL UNIQUE,
                minted TEXT NOT NULL
            )
            """,
            # What a bulletin's feeds say since when: that it moved to a place, or ended (empty).
            """
            CREATE TABLE farewells (
                bulletin TEXT PRIMARY KEY REFERENCES bulletins (slug),
                moved_to TEXT NOT NULL,
                item TEXT NOT NULL UNIQUE,
                said TEXT NOT NULL
            )
            """,
        ),
        (
            # What a hub is to be told: topic is the address of a feed, digest that of the document
            # as it was put out last, since changed. next_attempt is NULL where nothing is due;
            # lease numbers the attempts, so that a late outcome changes nothing.
            """
            CREATE TABLE pings (
                id SERIAL_KEY,
                hub TEXT NOT NULL,
                topic TEXT NOT NULL,
                digest TEXT NOT NULL,
                changed TEXT NOT NULL,
                next_attempt TEXT,
                attempts INTEGER NOT NULL DEFAULT 0,
                lease BIGINT NOT NULL DEFAULT 0,
                problem TEXT NOT NULL DEFAULT '',
                UNIQUE (hub, topic)
            )
            """,
            "CREATE INDEX pings_due ON pings (next_attempt) WHERE next_attempt IS NOT NULL",
        ),
        (
            # What a source last said of an item, where the item's content, which another source
            # may have written, says something else.
            "ALTER TABLE sightings ADD COLUMN said TEXT",
        ),
        (
            # paused: since when an operator has it read no more. held_back: since when one keeps
            # an item out of coming mails.
            "ALTER TABLE sources ADD COLUMN paused TEXT",
            "ALTER TABLE items ADD COLUMN held_back TEXT",
            "CREATE INDEX items_held_back ON items (bulletin, number) WHERE held_back IS NOT NULL",
            # The last pages of each source that said something else than before, or could not be
            # believed, compressed; fetched: when it last was so, outcome: of the check then.
            """
            CREATE TABLE kept_pages (
                id SERIAL_KEY,
                bulletin TEXT NOT NULL,
                source TEXT NOT NULL,
                digest TEXT NOT NULL,
                fetched TEXT NOT NULL,
                outcome TEXT NOT NULL,
                url TEXT NOT NULL,
                content_type TEXT NOT NULL,
                status INTEGER,
                size BIGINT NOT NULL,
                body BYTES NOT NULL,
                UNIQUE (bulletin, source, digest)
            )
            """,
        ),
        (
            # What readers search (feeds.search_index_store): the words of each item that is shown.
            # id is made of its day and of its own id, so that its order is that of time.
            """
            CREATE TABLE searched (
                id NUMBER_KEY,
                item TEXT NOT NULL,
                scope TEXT NOT NULL,
                title TEXT NOT NULL,
                words SEARCH_WORDS NOT NULL
            )
            """,
            # How far the items of before there was a search are put there: up to a number of a
            # bulletin, by which recipe.
            """
            CREATE TABLE search_filled (
                recipe INTEGER NOT NULL,
                is_done INTEGER NOT NULL,
                bulletin TEXT NOT NULL,
                number BIGINT NOT NULL
            )
            """,
            "INSERT INTO search_filled (recipe, is_done, bulletin, number) VALUES (0, 0, '', 0)",
        ),
    ),
)
