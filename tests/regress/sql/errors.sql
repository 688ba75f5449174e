-- Every error of spend_sync's own: SQLSTATE, message, DETAIL and HINT; and after each nothing has changed.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

CREATE VIEW triggers AS
    SELECT count(*) AS triggers, md5(string_agg(tgrelid::regclass::text || tgname || encode(tgargs, 'escape'), ';' ORDER BY tgrelid::regclass::text, tgname)) AS content
    FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
SELECT content AS before FROM triggers \gset
\set unchanged 'SELECT triggers, content = :''before'' AS unchanged FROM triggers;'
:unchanged

-- P0002: no such campaign.
SELECT * FROM sync_campaign(99);
\echo :SQLSTATE
SELECT * FROM sync_campaign('99');
\echo :SQLSTATE
-- 22P02: what is no key of this type at all.
SELECT * FROM sync_campaign('ninety-nine');
\echo :SQLSTATE
SELECT * FROM sync_campaign('00000000-0000-0000-0000-000000000001'::uuid);
\echo :SQLSTATE
SELECT * FROM sync_campaign(3000000000);
\echo :SQLSTATE

-- 55000: the table named is not attached, or is no campaigns table.
SELECT * FROM sync_campaign(1, 'clips');
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns('clips');
\echo :SQLSTATE
SELECT * FROM spend_sync_status('pg_class');
\echo :SQLSTATE
SELECT spend_sync_report('totals');
\echo :SQLSTATE
SELECT spend_sync_detach('clips');
\echo :SQLSTATE
-- ... or none is that the search path sees.
SET search_path = pg_catalog;
SELECT * FROM public.sync_campaign(1);
\echo :SQLSTATE
SELECT * FROM public.sync_all_campaigns();
\echo :SQLSTATE
SELECT public.spend_sync_report();
\echo :SQLSTATE
SELECT * FROM public.spend_sync_check();
\echo :SQLSTATE
RESET search_path;

-- 42725: several are.
BEGIN;
CREATE TABLE users (id int PRIMARY KEY, spent numeric);
CREATE INDEX ON users (spent);
ALTER TABLE clip_submissions ADD user_id int;
CREATE INDEX ON clip_submissions (user_id);
SELECT corrected FROM spend_sync_attach('users', submission_campaign => 'user_id');
SAVEPOINT a;
SELECT * FROM spend_sync_clips(1);
\echo :SQLSTATE
ROLLBACK TO a;
SELECT * FROM sync_campaign(1);
\echo :SQLSTATE
ROLLBACK;

-- 42P01: a table is missing. PostgreSQL itself says so of a name that is given.
BEGIN;
ALTER TABLE clip_submissions RENAME TO sent;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ROLLBACK;
BEGIN;
ALTER TABLE clips RENAME TO videos;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ROLLBACK;
BEGIN;
ALTER TABLE campaigns RENAME TO contests;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ROLLBACK;
SELECT * FROM spend_sync_attach(clips => 'videos');
\echo :SQLSTATE
-- 42809 and 0A000: what is no table, or one table twice.
SELECT * FROM spend_sync_attach(campaigns => 'totals');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(campaigns => 'campaigns_pkey');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(clips => 'campaigns');
\echo :SQLSTATE
BEGIN;
SET LOCAL session_replication_role = replica; -- past the event triggers, which refuse it
CREATE TABLE more_clips () INHERITS (clips);
SET LOCAL session_replication_role = origin;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ROLLBACK;
:unchanged

-- 42703: a column is missing, whether named or by its usual name.
SELECT * FROM spend_sync_attach(spent => 'total');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(earnings => 'Earnings');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(title => 'name');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(campaign_id => 'key');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(clip_id => 'key');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(submission_campaign => 'campaign');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(submission_clip => 'clip');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(status => 'state');
\echo :SQLSTATE
CREATE TABLE bare (id int PRIMARY KEY, what text);
SELECT * FROM spend_sync_attach(campaigns => 'bare');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(submissions => 'bare');
\echo :SQLSTATE
CREATE TABLE keyless (id int, earnings numeric);
SELECT * FROM spend_sync_attach(clips => 'keyless');
\echo :SQLSTATE
:unchanged

-- 42702: the catalog says two things.
CREATE TABLE double_links (id int PRIMARY KEY, from_campaign int REFERENCES campaigns, to_campaign int REFERENCES campaigns,
    clip_id int REFERENCES clips, status text);
SELECT * FROM spend_sync_attach(submissions => 'double_links');
\echo :SQLSTATE
CREATE TABLE twin_names (id int PRIMARY KEY, campaign_id int, clip_id int, "clipId" int, status text);
SELECT * FROM spend_sync_attach(submissions => 'twin_names');
\echo :SQLSTATE
-- 42830: a key that is not unique.
SELECT * FROM spend_sync_attach(clip_id => 'views');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(campaign_id => 'spent');
\echo :SQLSTATE
:unchanged

-- 42804: a wrong type, of money, of a key, of a link, of a status.
SELECT * FROM spend_sync_attach(spent => 'title');
\echo :SQLSTATE
ALTER TABLE clips ADD paid money, ADD paid_at timestamptz UNIQUE;
SELECT * FROM spend_sync_attach(earnings => 'paid');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(clip_id => 'paid_at');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(submission_clip => 'status');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(submission_campaign => 'status');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(status => 'clip_id');
\echo :SQLSTATE
ALTER TABLE campaigns ADD computed numeric GENERATED ALWAYS AS (id * 2) STORED;
SELECT * FROM spend_sync_attach(spent => 'computed');
\echo :SQLSTATE
:unchanged

-- 22023: values that cannot be.
SELECT * FROM spend_sync_attach(direct_writes => 'ignore');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(approved => '{}');
\echo :SQLSTATE
CREATE TYPE state AS ENUM ('OPEN', 'PAID');
ALTER TABLE clip_submissions ADD state state, ADD is_open boolean;
SELECT * FROM spend_sync_attach(status => 'state');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach(status => 'is_open', approved => '{maybe}');
\echo :SQLSTATE
:unchanged

-- 22003: a total that does not fit its column, or is no number. The write fails whole.
UPDATE clips SET earnings = 99999999.99 WHERE id IN (1, 2);
\echo :SQLSTATE
UPDATE clips SET earnings = -99999999.99 WHERE id IN (1, 2);
\echo :SQLSTATE
UPDATE clips SET earnings = 'NaN' WHERE id = 3;
\echo :SQLSTATE
INSERT INTO clips VALUES (9, 'NaN');
INSERT INTO clip_submissions VALUES (9, 3, 9, 'APPROVED');
\echo :SQLSTATE
INSERT INTO clip_submissions VALUES (9, 3, 9, 'PENDING');
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 9;
\echo :SQLSTATE
TABLE totals;
-- Also where it got in past the triggers: repair says so, and so does attach; the preview shows it.
SET session_replication_role = replica;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 9;
RESET session_replication_role;
SELECT * FROM sync_campaign(3);
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
SELECT * FROM spend_sync_status();
SELECT spend_sync_report() -> 'campaigns' -> 2 AS third, spend_sync_report() -> 'summary' AS summary;
DELETE FROM clip_submissions WHERE id = 9;
-- Infinity, for a column that could hold it; each type's bounds.
CREATE SCHEMA bounds;
CREATE TABLE bounds.campaigns (id int PRIMARY KEY, as_numeric numeric, as_int2 int2, as_int4 int4, as_int8 int8, as_real real, as_small numeric(3,1));
CREATE TABLE bounds.clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE bounds.clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status boolean);
CREATE INDEX ON bounds.clip_submissions (campaign_id);
CREATE INDEX ON bounds.clip_submissions (clip_id);
INSERT INTO bounds.campaigns VALUES (1);
INSERT INTO bounds.clips VALUES (1, 0);
INSERT INTO bounds.clip_submissions VALUES (1, 1, 1, true);
CREATE PROCEDURE bounds.try(spent name, VARIADIC amounts text[]) LANGUAGE plpgsql AS $$
DECLARE
    amount text;
    stored text;
BEGIN
    UPDATE bounds.clips SET earnings = 0;
    PERFORM spend_sync_attach('bounds.campaigns', 'bounds.clips', 'bounds.clip_submissions', spent => try.spent);
    FOREACH amount IN ARRAY amounts LOOP
        BEGIN
            UPDATE bounds.clips SET earnings = amount::numeric;
            EXECUTE format('SELECT %I::text FROM bounds.campaigns', spent) INTO stored;
            RAISE NOTICE '% %: %', spent, amount, stored;
        EXCEPTION WHEN numeric_value_out_of_range THEN
            RAISE NOTICE '% %: %', spent, amount, sqlerrm;
        END;
    END LOOP;
    PERFORM spend_sync_detach('bounds.campaigns', try.spent);
END $$;
CALL bounds.try('as_numeric', 'Infinity', '-Infinity', 'NaN', '1e100');
CALL bounds.try('as_int2', '32767', '32767.4', '32767.5', '32768', '-32767', '-32768', '-32769', 'NaN');
CALL bounds.try('as_int4', '2147483647', '2147483648', '-2147483648', '-2147483649', 'Infinity');
CALL bounds.try('as_int8', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809');
CALL bounds.try('as_real', '1e38', '1e39', '-1e39', 'NaN');
CALL bounds.try('as_small', '99.94', '99.95', '-99.95', '0.04');
DROP SCHEMA bounds CASCADE;

-- 428C9: a direct write refused.
BEGIN;
SELECT on_direct_write FROM spend_sync_attach(direct_writes => 'reject');
SAVEPOINT a;
UPDATE campaigns SET spent = 1 WHERE id = 1;
\echo :SQLSTATE
ROLLBACK TO a;
TABLE totals;
ROLLBACK;

-- 39P01: a trigger function called by hand, or by a trigger that attach would not make.
SELECT spend_sync.capture_clip();
\echo :SQLSTATE
SELECT spend_sync.flush();
\echo :SQLSTATE
CREATE TABLE other (id int PRIMARY KEY);
CREATE FUNCTION argument() RETURNS text LANGUAGE sql AS
    $$ SELECT convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8') FROM pg_trigger WHERE tgname = 'spend_sync_campaigns_row' AND tgrelid = 'clips'::regclass $$;
SELECT format('CREATE TRIGGER wrong BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(%L)', argument()) \gexec
INSERT INTO other VALUES (1);
\echo :SQLSTATE
DROP TRIGGER wrong ON other;
SELECT format('CREATE TRIGGER wrong AFTER INSERT ON other FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.capture_submission(%L)', argument()) \gexec
INSERT INTO other VALUES (1);
\echo :SQLSTATE
DROP TRIGGER wrong ON other;
SELECT format('CREATE TRIGGER wrong BEFORE INSERT ON other FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(%L)', argument()) \gexec
INSERT INTO other VALUES (1);
\echo :SQLSTATE
DROP TRIGGER wrong ON other;
SELECT format('CREATE TRIGGER wrong AFTER INSERT ON other FOR EACH ROW EXECUTE FUNCTION spend_sync.flush(%L)', argument()) \gexec
INSERT INTO other VALUES (1);
\echo :SQLSTATE
DROP TRIGGER wrong ON other;
CREATE TRIGGER wrong AFTER INSERT ON other FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip();
INSERT INTO other VALUES (1);
\echo :SQLSTATE
DROP TRIGGER wrong ON other;
CREATE TRIGGER wrong AFTER INSERT ON other FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip('{"campaigns":"campaigns"}');
INSERT INTO other VALUES (1);
\echo :SQLSTATE
DROP TRIGGER wrong ON other;
-- On the right occasion, but on another table than its mapping names.
SELECT format('CREATE TRIGGER wrong AFTER INSERT ON other FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(%L)', argument()) \gexec
INSERT INTO other VALUES (1);
\echo :SQLSTATE
DROP TRIGGER wrong ON other;

:unchanged
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
