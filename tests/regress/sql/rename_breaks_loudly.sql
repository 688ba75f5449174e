-- Where renames are not followed (the event triggers are disabled, as session_replication_role = replica does too), what is
-- renamed under a binding makes the next write fail with an error that names it; so does what is dropped or changed. No total
-- is ever left behind in silence, and attaching again mends it.
CREATE EXTENSION spend_sync;
ALTER EVENT TRIGGER spend_sync_before DISABLE;
ALTER EVENT TRIGGER spend_sync_after DISABLE;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

DROP VIEW totals;
CREATE FUNCTION oracle() RETURNS TABLE (id int, spent numeric, oracle numeric) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT c.id, c.spent, coalesce((
            SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
            WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0)
        FROM campaigns c ORDER BY c.id;
END $$;

-- Each column that the binding names. PostgreSQL renames it in the triggers' conditions, not in their argument.
CREATE PROCEDURE rename_and_write(relation text, attribute text) LANGUAGE plpgsql AS $$
DECLARE
    statement text;
    detail text;
    hint text;
BEGIN
    EXECUTE format('ALTER TABLE %s RENAME %s TO other', relation, attribute);
    FOREACH statement IN ARRAY ARRAY['UPDATE clips SET %s = 1', 'INSERT INTO clip_submissions SELECT 100', 'INSERT INTO campaigns SELECT 100'] LOOP
        CONTINUE WHEN statement NOT LIKE '% ' || relation || ' %';
        BEGIN
            EXECUTE format(statement, CASE attribute WHEN 'earnings' THEN 'other' ELSE 'earnings' END);
            RAISE NOTICE 'written';
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
            RAISE NOTICE E'% %\nDETAIL: %\nHINT: %', SQLSTATE, SQLERRM, detail, hint;
        END;
    END LOOP;
    EXECUTE format('ALTER TABLE %s RENAME other TO %s', relation, attribute);
END $$;
ALTER TABLE clip_submissions ALTER campaign_id SET DEFAULT 1, ALTER clip_id SET DEFAULT 1, ALTER status SET DEFAULT 'APPROVED';
CALL rename_and_write('clips', 'id');
CALL rename_and_write('clips', 'earnings');
CALL rename_and_write('clip_submissions', 'campaign_id');
CALL rename_and_write('clip_submissions', 'clip_id');
CALL rename_and_write('clip_submissions', 'status');
CALL rename_and_write('campaigns', 'id');
CALL rename_and_write('campaigns', 'spent');
-- What is renamed back works as before.
UPDATE clips SET earnings = earnings + 1;
SELECT * FROM oracle();

-- The functions say so as well, and attaching again mends it.
ALTER TABLE clips RENAME earnings TO earned;
SELECT * FROM sync_campaign(1);
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
SELECT * FROM spend_sync_status();
\echo :SQLSTATE
SELECT spend_sync_report();
\echo :SQLSTATE
SELECT severity, object, problem, advice FROM spend_sync_check();
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SELECT source, corrected FROM spend_sync_attach(earnings => 'earned');
UPDATE clips SET earned = earned + 1;
SELECT id, spent FROM campaigns ORDER BY id;
SELECT earnings FROM spend_sync.binding;
ALTER TABLE clips RENAME earned TO earnings;
SELECT source, corrected FROM spend_sync_attach();

-- Each table: from the one that is renamed, and from the others. Errors at the write, whichever table is written.
ALTER TABLE clips RENAME TO videos;
UPDATE videos SET earnings = 5 WHERE id = 1;
\echo :SQLSTATE
UPDATE clip_submissions SET status = 'PENDING';
\echo :SQLSTATE
UPDATE campaigns SET spent = 5;
\echo :SQLSTATE
SELECT source, corrected FROM spend_sync_attach(clips => 'videos');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
UPDATE videos SET earnings = earnings + 1;
SELECT id, spent FROM campaigns ORDER BY id;
ALTER TABLE videos RENAME TO clips;
SELECT source, corrected FROM spend_sync_attach();

ALTER TABLE clip_submissions RENAME TO entries;
UPDATE clips SET earnings = 5 WHERE id = 1;
\echo :SQLSTATE
UPDATE entries SET status = 'PENDING';
\echo :SQLSTATE
SELECT link, corrected FROM spend_sync_attach(submissions => 'entries');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
ALTER TABLE entries RENAME TO clip_submissions;
SELECT link, corrected FROM spend_sync_attach();

ALTER TABLE campaigns RENAME TO contests;
UPDATE clips SET earnings = 5 WHERE id = 1;
\echo :SQLSTATE
UPDATE clip_submissions SET status = 'PENDING';
\echo :SQLSTATE
UPDATE contests SET spent = 5;
\echo :SQLSTATE
SELECT total, corrected FROM spend_sync_attach('contests');
SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE tgname LIKE 'spend\_sync%' ORDER BY 1, 2;
UPDATE clips SET earnings = earnings + 1;
SELECT id, spent FROM contests ORDER BY id;
ALTER TABLE contests RENAME TO campaigns;
SELECT total, corrected FROM spend_sync_attach();
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
SELECT * FROM oracle();

-- Tables that take each other's place, as migrations do: not attached, and said so.
CREATE TABLE new_clips (LIKE clips INCLUDING ALL);
INSERT INTO new_clips SELECT * FROM clips;
BEGIN;
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey;
ALTER TABLE clips RENAME TO old_clips;
ALTER TABLE new_clips RENAME TO clips;
SAVEPOINT a;
UPDATE old_clips SET earnings = 5 WHERE id = 1;
\echo :SQLSTATE
ROLLBACK TO a;
-- No trigger on the new table sees this one; the check does.
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SELECT severity, object, problem FROM spend_sync_check() WHERE severity = 'error';
SELECT source, corrected FROM spend_sync_attach();
SELECT tgrelid::regclass::text AS "table", tgname FROM pg_trigger WHERE tgname LIKE 'spend\_sync%' ORDER BY 1, 2;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SELECT * FROM oracle();
ROLLBACK;
SELECT * FROM oracle();

-- A schema may be renamed: tables of one schema find each other by their bare names.
CREATE SCHEMA before;
ALTER TABLE campaigns SET SCHEMA before;
UPDATE clips SET earnings = 5 WHERE id = 1;
\echo :SQLSTATE
UPDATE before.campaigns SET spent = 5 WHERE id = 1;
\echo :SQLSTATE
ALTER TABLE clips SET SCHEMA before;
ALTER TABLE clip_submissions SET SCHEMA before;
UPDATE before.clips SET earnings = 15 WHERE id = 1;
SELECT id, spent FROM before.campaigns ORDER BY id;
ALTER SCHEMA before RENAME TO after;
UPDATE after.clips SET earnings = 16 WHERE id = 1;
SELECT id, spent FROM after.campaigns ORDER BY id;
SELECT campaign_id, recorded_spent, needs_sync FROM spend_sync_status('after.campaigns');
SET search_path = after, public;
SELECT * FROM oracle();
-- Two schemas that trade names, as a blue-green release does: each session that has written before goes on writing to the
-- tables it means.
CREATE SCHEMA next;
CREATE TABLE next.campaigns (LIKE campaigns INCLUDING ALL);
CREATE TABLE next.clips (LIKE clips INCLUDING ALL);
CREATE TABLE next.clip_submissions (LIKE clip_submissions INCLUDING ALL);
INSERT INTO next.campaigns SELECT * FROM campaigns;
INSERT INTO next.clips SELECT * FROM clips;
INSERT INTO next.clip_submissions SELECT * FROM clip_submissions;
SELECT corrected FROM spend_sync_attach('next.campaigns', 'next.clips', 'next.clip_submissions');
UPDATE next.clips SET earnings = 0.17 WHERE id = 1;
UPDATE after.clips SET earnings = 17 WHERE id = 1;
ALTER SCHEMA after RENAME TO previous;
ALTER SCHEMA next RENAME TO after;
UPDATE previous.clips SET earnings = 18 WHERE id = 1;
UPDATE after.clips SET earnings = 0.18 WHERE id = 1;
SELECT a.id, p.spent AS previous, a.spent AS after FROM previous.campaigns p JOIN after.campaigns a USING (id) ORDER BY id;
SELECT * FROM oracle();
SET search_path = previous, public;
SELECT * FROM oracle();
SET client_min_messages = warning;
DROP SCHEMA after CASCADE;
RESET client_min_messages;
ALTER SCHEMA previous RENAME TO after;
SET search_path = after, public;

-- PostgreSQL itself keeps the columns that the triggers' conditions name from being dropped; their types change.
ALTER TABLE clips DROP earnings;
\echo :SQLSTATE
ALTER TABLE clips ALTER earnings TYPE numeric(12,2);
\echo :SQLSTATE
-- Other columns come and go: the places of those that count move, and nothing else does.
ALTER TABLE clips DROP views, ADD more int DEFAULT 7;
ALTER TABLE campaigns DROP title;
UPDATE clips SET earnings = 17 WHERE id = 1;
\echo :SQLSTATE
SELECT total, corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 17 WHERE id = 1;
SELECT * FROM oracle();

-- The status that counts is renamed in its type.
CREATE TYPE state AS ENUM ('PENDING', 'APPROVED');
SELECT spend_sync_detach('campaigns');
ALTER TABLE clip_submissions ALTER status DROP DEFAULT, ALTER status TYPE state USING status::state;
SELECT corrected FROM spend_sync_attach();
ALTER TYPE state RENAME VALUE 'APPROVED' TO 'ACCEPTED';
UPDATE clips SET earnings = 18 WHERE id = 1;
\echo :SQLSTATE
\c -
SET search_path = after, public;
UPDATE clips SET earnings = 18 WHERE id = 1;
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach(approved => '{ACCEPTED}');
UPDATE clips SET earnings = 19 WHERE id = 1;
ALTER TYPE state RENAME VALUE 'ACCEPTED' TO 'APPROVED';
SELECT corrected FROM spend_sync_attach();
SELECT * FROM oracle();

-- The campaigns table is dropped: its clips cannot be written until the triggers left on them go too.
DROP TABLE campaigns CASCADE;
UPDATE clips SET earnings = 20 WHERE id = 1;
\echo :SQLSTATE
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(10,2));
INSERT INTO campaigns VALUES (1, 5), (2, 6);
SELECT total, corrected FROM spend_sync_attach(approved => '{APPROVED}');
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
UPDATE clips SET earnings = 21 WHERE id = 1;

-- The oracle.
SELECT * FROM oracle() WHERE spent IS DISTINCT FROM oracle;
