CREATE TABLE IF NOT EXISTS migrations (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    applied TEXT NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE TABLE bulletins (
    slug TEXT PRIMARY KEY,
    feed_id TEXT NOT NULL UNIQUE,
    number BIGINT NOT NULL DEFAULT 0,
    lease BIGINT NOT NULL DEFAULT 0,
    leased_until TEXT NOT NULL DEFAULT ''
);
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
);
CREATE INDEX sources_due ON sources (next_check) WHERE active = 1;
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
);
CREATE INDEX checks_of_source ON checks (bulletin, source, id);
CREATE INDEX checks_read ON checks (bulletin, source, id) WHERE dated IS NOT NULL;
CREATE INDEX checks_by_news ON checks (bulletin, source, new)
WHERE outcome = 'changed' AND doubted = '';
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
);
CREATE INDEX items_changed ON items (bulletin, changed);
CREATE INDEX items_by_url ON items (bulletin, url_key) WHERE url_key <> '';
CREATE INDEX items_by_title ON items (bulletin, title_key);
CREATE INDEX items_merged ON items (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX items_by_source_id ON items (bulletin, source_id) WHERE source_id <> '';
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
);
CREATE INDEX sightings_on_page ON sightings (bulletin, source, position)
WHERE position IS NOT NULL;
CREATE TABLE revisions (
    item TEXT NOT NULL REFERENCES items (id),
    revision INTEGER NOT NULL,
    replaced TEXT NOT NULL,
    content TEXT NOT NULL,
    evidence TEXT NOT NULL,
    merged_from TEXT,
    PRIMARY KEY (item, revision)
);
DROP INDEX items_by_url;
DROP INDEX items_by_title;
DROP INDEX items_by_source_id;
CREATE INDEX items_by_url ON items (bulletin, url_key, number) WHERE url_key <> '';
CREATE INDEX items_by_title ON items (bulletin, title_key, number);
CREATE INDEX items_by_source_id ON items (bulletin, source_id, number)
WHERE source_id <> '';
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE subscribers (
    id SERIAL_KEY,
    address TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    created TEXT NOT NULL
);
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
);
CREATE INDEX subscriptions_due ON subscriptions (next_digest) WHERE active = 1;
CREATE INDEX subscriptions_of ON subscriptions (bulletin, mark) WHERE active = 1;
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
);
CREATE TABLE edition_items (
    edition BIGINT NOT NULL REFERENCES editions (id),
    item TEXT NOT NULL REFERENCES items (id),
    PRIMARY KEY (edition, item)
);
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
);
CREATE INDEX deliveries_of ON deliveries (subscription);
CREATE INDEX deliveries_open ON deliveries (next_attempt, id)
WHERE state IN ('queued', 'deferred', 'uncertain', 'sending');
INSERT INTO migrations (name, version, applied)
VALUES ('feeds', 1, '2026-11-25T13:32:01.267017Z');
INSERT INTO migrations (name, version, applied)
VALUES ('feeds', 2, '2026-11-25T13:32:01.267017Z');
INSERT INTO migrations (name, version, applied)
VALUES ('notifier', 1, '2026-11-25T13:32:01.267017Z');
INSERT INTO bulletins (slug, feed_id, number, lease, leased_until)
VALUES ('harbour', 'tag:news.example.org,2026-11-25:harbour/7pgnqncm4a64p', 12, 6, '');
INSERT INTO sources (bulletin, name, location, schedule, recipe, active, next_check, etag, last_modified, digest, moved_to, baseline, checked, succeeded, failures, problem, held, held_since, told, mailed, mailing_until)
VALUES ('harbour', 'main', '/folder/page.html', 'every 1h', 'd833e2c346805bb7', 1, '2026-11-25T14:32:38.089420Z', '', '', '9ec8a531bb6ae564c44c0126f7c9a1bdcdf59fab994a609e31c6b6f46e88d6cb', '', '2026-11-25T13:32:01.341875Z', '2026-11-25T13:32:38.089420Z', '2026-11-25T13:32:38.089420Z', 0, '', '', NULL, '', '', '');
INSERT INTO sources (bulletin, name, location, schedule, recipe, active, next_check, etag, last_modified, digest, moved_to, baseline, checked, succeeded, failures, problem, held, held_since, told, mailed, mailing_until)
VALUES ('harbour', 'notices', '/folder/notices.txt', 'every 1h', 'd833e2c346805bb7', 1, '2026-11-25T14:32:38.090114Z', '', '', '15e8c5b65f7438e3788a97c5f7614cca64d06d29989c83bbce6d0db1eb6feefa', '', '2026-11-25T13:32:01.345611Z', '2026-11-25T13:32:38.090114Z', '2026-11-25T13:32:38.090114Z', 0, '', '', NULL, '', '', '');
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/er45z6gskvkng', 'er45z6gskvkng', 'harbour', 1, 12, 'New harbour master', 'https://www.harbour.example/news/1/', '2026-11-01', NULL, '<p>Ines Ferreira takes office.</p>', '', '', '', '[]', 'en', '2026-11-01T12:00:01.000000Z', '2026-11-01T12:00:01.000000Z', '2026-11-25T13:32:01.341875Z', 1, 1, '', 'harbour.example/news/1', 'new harbour master', 1, NULL, NULL);
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/f7c585ankuhky', 'f7c585ankuhky', 'harbour', 2, 10, 'Bridge closed for repairs', 'https://harbour.example/news/2?utm_source=page', '2026-11-03', NULL, '<p>The swing bridge stays closed until Monday.</p>', '', '', '', '[]', 'en', '2026-11-03T12:00:02.000000Z', '2026-11-25T13:32:21.249437Z', '2026-11-25T13:32:01.341875Z', 1, 1, '', 'harbour.example/news/2', 'bridge closed for repairs', 1, NULL, NULL);
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/kntyqunh8wgcb', 'kntyqunh8wgcb', 'harbour', 3, 9, 'Ferry timetable for winter', 'https://harbour.example/news/3', '2026-11-05', NULL, '<p>The last ferry leaves at ten.</p>', '', '', '', '[]', 'en', '2026-11-05T12:00:03.000000Z', '2026-11-25T13:32:21.249437Z', '2026-11-25T13:32:01.341875Z', 1, 1, '', 'harbour.example/news/3', 'ferry timetable for winter', 1, NULL, NULL);
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/tf4f87gsyyda2', 'tf4f87gsyyda2', 'harbour', 4, 4, 'Water level', '', '2026-10-28', NULL, '<p>The gauge stood at 2.07 metres.</p>', '', '', '', '[]', '', '2026-10-28T12:00:04.000000Z', '2026-10-28T12:00:04.000000Z', '2026-11-25T13:32:01.345611Z', 0, 1, '', '', 'water level', 1, NULL, NULL);
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/mw8z8bhusa9db', 'mw8z8bhusa9db', 'harbour', 6, 6, 'Water level', '', '2026-11-04', NULL, '<p>The gauge stood at 2.31 metres.</p>', '', '', '', '[]', '', '2026-11-04T12:00:06.000000Z', '2026-11-04T12:00:06.000000Z', '2026-11-25T13:32:01.345611Z', 0, 1, '', '', 'water level', 1, NULL, NULL);
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/2eqirk89gftgy', '2eqirk89gftgy', 'harbour', 7, 11, 'Test notice, please ignore', 'https://harbour.example/news/test', '2026-11-06', NULL, '<p>Only a test.</p>', '', '', '', '[]', 'en', '2026-11-06T12:00:07.000000Z', '2026-11-06T12:00:07.000000Z', '2026-11-25T13:32:21.249437Z', 0, 0, '', 'harbour.example/news/test', 'test notice please ignore', 1, '2026-11-25T13:32:22.877018Z', NULL);
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/j4dd52cfjbqce', 'j4dd52cfjbqce', 'harbour', 8, 8, 'Storm warning', 'https://harbour.example/news/4', '2026-11-07', NULL, '<p>Gale from the west tonight.</p>', '', '', '', '[]', 'en', '2026-11-07T12:00:08.000000Z', '2026-11-07T12:00:08.000000Z', '2026-11-25T13:32:21.249437Z', 0, 0, '', 'harbour.example/news/4', 'storm warning', 1, NULL, NULL);
INSERT INTO items (id, token, bulletin, number, changed, title, url, day, instant, summary_html, full_html, author, image_url, categories, language, published, updated, first_seen, revision, baseline, source_id, url_key, title_key, keys_version, forgotten, merged_into)
VALUES ('tag:news.example.org,2026-11-25:harbour/r744ijt7zg6mr', 'r744ijt7zg6mr', 'harbour', 5, 12, 'Harbour master appointed', '', '2026-11-02', NULL, '<p>Ines Ferreira is the new harbour master.</p>', '', '', '', '[]', '', '2026-11-02T12:00:05.000000Z', '2026-11-02T12:00:05.000000Z', '2026-11-25T13:32:01.345611Z', 0, 1, '', '', 'harbour master appointed', 1, '2026-11-25T13:32:37.715588Z', 'tag:news.example.org,2026-11-25:harbour/er45z6gskvkng');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'main', 'tag:news.example.org,2026-11-25:harbour/kntyqunh8wgcb', 2, NULL, 'url', 1.0, '3bf9a1999923f150');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'main', 'tag:news.example.org,2026-11-25:harbour/f7c585ankuhky', 3, NULL, 'url', 1.0, 'c7ba3d0781ba3d57');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'main', 'tag:news.example.org,2026-11-25:harbour/er45z6gskvkng', 4, NULL, 'url', 1.0, '4b2b0f3ac79d7bc2');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'notices', 'tag:news.example.org,2026-11-25:harbour/mw8z8bhusa9db', 0, NULL, 'new', 1.0, 'f4d89b202fec15d7');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'notices', 'tag:news.example.org,2026-11-25:harbour/er45z6gskvkng', 1, NULL, 'new', 1.0, '4df8f68db2dee4ac');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'notices', 'tag:news.example.org,2026-11-25:harbour/tf4f87gsyyda2', 2, NULL, 'new', 1.0, '194838b3b170b4e5');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'main', 'tag:news.example.org,2026-11-25:harbour/j4dd52cfjbqce', 0, NULL, 'new', 1.0, '615ed39b271f2f83');
INSERT INTO sightings (bulletin, source, item, position, missing_since, evidence, strength, stated)
VALUES ('harbour', 'main', 'tag:news.example.org,2026-11-25:harbour/2eqirk89gftgy', 1, NULL, 'new', 1.0, '1f39a168588e017a');
INSERT INTO revisions (item, revision, replaced, content, evidence, merged_from)
VALUES ('tag:news.example.org,2026-11-25:harbour/kntyqunh8wgcb', 0, '2026-11-25T13:32:21.249437Z', '{"author": "", "categories": "[]", "day": "2026-11-05", "full_html": "", "image_url": "", "instant": null, "language": "en", "summary_html": "<p>The last ferry leaves at nine.</p>", "title": "Ferry timetable for winter", "url": "https://harbour.example/news/3"}', 'url', NULL);
INSERT INTO revisions (item, revision, replaced, content, evidence, merged_from)
VALUES ('tag:news.example.org,2026-11-25:harbour/f7c585ankuhky', 0, '2026-11-25T13:32:21.249437Z', '{"author": "", "categories": "[]", "day": "2026-11-03", "full_html": "", "image_url": "", "instant": null, "language": "en", "summary_html": "<p>The swing bridge stays closed until Friday.</p>", "title": "Bridge closed for repairs", "url": "https://harbour.example/news/2?utm_source=page"}', 'url', NULL);
INSERT INTO revisions (item, revision, replaced, content, evidence, merged_from)
VALUES ('tag:news.example.org,2026-11-25:harbour/er45z6gskvkng', 0, '2026-11-25T13:32:37.715588Z', '{"author": "", "categories": "[]", "day": "2026-11-02", "full_html": "", "image_url": "", "instant": null, "language": "", "summary_html": "<p>Ines Ferreira is the new harbour master.</p>", "title": "Harbour master appointed", "url": ""}', 'merged', 'tag:news.example.org,2026-11-25:harbour/r744ijt7zg6mr');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'main', '2026-11-25T13:32:01.273851Z', '2026-11-25T13:32:01.341875Z', 'baseline', NULL, 3, 3, 0, 0, 3, 3, 3, '', '');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'notices', '2026-11-25T13:32:01.343643Z', '2026-11-25T13:32:01.345611Z', 'baseline', NULL, 3, 3, 0, 0, 3, 0, 3, '', '');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'main', '2026-11-25T13:32:21.175834Z', '2026-11-25T13:32:21.249437Z', 'changed', NULL, 5, 2, 2, 0, 5, 5, 5, '', '');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'notices', '2026-11-25T13:32:21.251363Z', '2026-11-25T13:32:21.251512Z', 'unchanged', NULL, 0, 0, 0, 0, NULL, NULL, NULL, '', '');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'main', '2026-11-25T13:32:23.307258Z', '2026-11-25T13:32:23.307376Z', 'unchanged', NULL, 0, 0, 0, 0, NULL, NULL, NULL, '', '');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'notices', '2026-11-25T13:32:23.308420Z', '2026-11-25T13:32:23.308541Z', 'unchanged', NULL, 0, 0, 0, 0, NULL, NULL, NULL, '', '');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'main', '2026-11-25T13:32:38.089265Z', '2026-11-25T13:32:38.089420Z', 'unchanged', NULL, 0, 0, 0, 0, NULL, NULL, NULL, '', '');
INSERT INTO checks (bulletin, source, started, finished, outcome, status, found, new, revised, missing, dated, linked, summarised, doubted, error)
VALUES ('harbour', 'notices', '2026-11-25T13:32:38.090025Z', '2026-11-25T13:32:38.090114Z', 'unchanged', NULL, 0, 0, 0, 0, NULL, NULL, NULL, '', '');
INSERT INTO secrets (name, value)
VALUES ('message-id', 'the secret of a store that nobody uses');
INSERT INTO subscribers (address, state, created)
VALUES ('ann@example.org', 'active', '2026-11-25T13:32:01.666909Z');
INSERT INTO subscriptions (subscriber, bulletin, cadence, time_zone, language, mark, next_digest, token, active, created)
VALUES (1, 'harbour', 'instant', 'UTC', 'en', 12, NULL, 'EFZqFhzDUSdchESFlWDZog', 1, '2026-11-25T13:32:01.666909Z');
INSERT INTO editions (bulletin, number, after, upto, opened, audience)
VALUES ('harbour', 1, 6, 10, '2026-11-25T13:32:21.621383Z', 1);
INSERT INTO edition_items (edition, item)
VALUES (1, 'tag:news.example.org,2026-11-25:harbour/2eqirk89gftgy');
INSERT INTO edition_items (edition, item)
VALUES (1, 'tag:news.example.org,2026-11-25:harbour/j4dd52cfjbqce');
INSERT INTO deliveries (edition, subscription, address, state, message_id, attempts, doubts, next_attempt, lease, leased_until, reply, created, finished)
VALUES (1, 1, 'ann@example.org', 'sent', '<e1.0482abba483d875aab106253@localhost>', 1, 0, '2026-11-25T13:32:21.683992Z', 1, '', 'written to /folder/data/mails/e1.0482abba483d875aab106253@localhost.eml', '2026-11-25T13:32:21.621383Z', '2026-11-25T13:32:21.683992Z');
