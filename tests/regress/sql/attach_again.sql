-- Attaching what is attached replaces the binding: no trigger twice, nothing of the old one left behind.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2;

-- The same again: nothing to correct, no trigger more.
SELECT * FROM spend_sync_attach() \gx
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;

-- With other approved statuses the totals follow.
UPDATE clip_submissions SET status = 'PAID' WHERE id = 2;
TABLE totals;
SELECT * FROM spend_sync_attach(approved => '{APPROVED,PAID}', direct_writes => 'reject') \gx
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;
SELECT approved, direct_writes FROM spend_sync.binding;
SELECT id, spent FROM campaigns ORDER BY id;
UPDATE campaigns SET spent = 5 WHERE id = 1;
\echo :SQLSTATE
UPDATE clips SET earnings = earnings + 1;
SELECT id, spent FROM campaigns ORDER BY id;

-- And back: what was given last time is not remembered.
SELECT approved_when, on_direct_write, corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- With sync => false only the triggers are replaced.
ALTER TABLE clips DISABLE TRIGGER USER;
UPDATE clips SET earnings = 1.11 WHERE id = 1;
ALTER TABLE clips ENABLE TRIGGER USER;
SELECT corrected, total_difference FROM spend_sync_attach(sync => false);
TABLE totals;
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY at, campaign_id;

-- Triggers that somebody disabled, or dropped, are there again.
ALTER TABLE clips DISABLE TRIGGER spend_sync_campaigns_row;
DROP TRIGGER spend_sync_campaigns_row ON clip_submissions;
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE severity = 'error' ORDER BY 2, 3;
SELECT corrected FROM spend_sync_attach();
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE severity = 'error' ORDER BY 2, 3;
SELECT tgrelid::regclass::text AS "table", tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2;

-- Other tables for the same total: the old ones are free of triggers.
CREATE TABLE videos (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE entries (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, video_id int REFERENCES videos, status text);
CREATE INDEX ON entries (campaign_id);
CREATE INDEX ON entries (video_id);
INSERT INTO videos VALUES (1, 7.50);
INSERT INTO entries VALUES (1, 2, 1, 'APPROVED');
SELECT * FROM spend_sync_attach(clips => 'videos', submissions => 'entries') \gx
SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2;
UPDATE clips SET earnings = 1000;
UPDATE videos SET earnings = 8;
SELECT id, spent FROM campaigns ORDER BY id;
SELECT corrected FROM spend_sync_attach();
SELECT count(*) AS triggers FROM pg_trigger WHERE NOT tgisinternal;
TABLE totals;

-- A trigger that was made to fire always, in logical replication too, does so again; one that was disabled is mended.
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_row, DISABLE TRIGGER spend_sync_campaigns_flush;
SELECT corrected FROM spend_sync_attach();
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'clips'::regclass AND NOT tgisinternal ORDER BY 1;

-- In a transaction that wrote before, and that writes after; rolled back, nothing of it stays.
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = 50 WHERE id = 2;
UPDATE campaigns SET spent = 1 WHERE id = 3;
SELECT approved_when, corrected, total_difference FROM spend_sync_attach(approved => '{APPROVED,PENDING,PAID}');
UPDATE clips SET earnings = 60 WHERE id = 2;
ROLLBACK;
SELECT approved FROM spend_sync.binding;
TABLE totals;

-- By a function of a statement that writes the tables: it would go on without the new triggers. (A second total finds the
-- deferred triggers as it needs them, so nothing else refuses.)
CREATE TABLE users (id int PRIMARY KEY, earned numeric(10,2) DEFAULT 0);
ALTER TABLE clip_submissions ADD user_id int REFERENCES users;
CREATE FUNCTION attaches() RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
    PERFORM spend_sync_attach('users', spent => 'earned', submission_campaign => 'user_id');
    RETURN 1;
END $$;
UPDATE clips SET earnings = earnings + attaches();
\echo :SQLSTATE
BEGIN;
DECLARE open CURSOR FOR SELECT * FROM clips;
SELECT spend_sync_detach('campaigns');
\echo :SQLSTATE
ROLLBACK;
SELECT attaches();
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
-- Totals that the search path does not see are named where none is asked for.
CREATE SCHEMA tenant;
CREATE TABLE tenant.campaigns (LIKE campaigns INCLUDING ALL);
CREATE TABLE tenant.clips (LIKE clips INCLUDING ALL);
CREATE TABLE tenant.clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text DEFAULT 'approved');
CREATE INDEX ON tenant.clip_submissions (campaign_id);
CREATE INDEX ON tenant.clip_submissions (clip_id);
SELECT total FROM spend_sync_attach('tenant.campaigns');
SELECT count(*) > 0 AS seen FROM spend_sync_status();
SELECT severity FROM spend_sync_check() WHERE problem !~ 'found wrong';
\! psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair()' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
SELECT spend_sync_detach('campaigns');
SELECT * FROM spend_sync_check();
SELECT * FROM spend_sync_status();
SET search_path = tenant, public;
SELECT severity, object, problem FROM spend_sync_check();
-- Nothing counts: rows came after attach, whose status is spelt otherwise.
INSERT INTO clip_submissions VALUES (1, 1, 1);
SELECT severity, object, problem, advice FROM spend_sync_check();
SET search_path = public;
SELECT count(*) FROM spend_sync_detach('users');
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
