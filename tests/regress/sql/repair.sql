-- CALL spend_sync_repair(): what sync_all_campaigns() does, in batches that commit as they go.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(6,2));
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW wrong AS
    SELECT count(*) AS wrong FROM campaigns c WHERE c.spent IS DISTINCT FROM coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0);
INSERT INTO campaigns SELECT n, 'Campaign ' || n FROM generate_series(1, 10) n;
INSERT INTO clips SELECT n, n FROM generate_series(1, 10) n;
INSERT INTO clip_submissions SELECT n, n, n, 'APPROVED' FROM generate_series(1, 10) n;
SELECT total FROM spend_sync_attach(sync => false);
TABLE wrong;

-- It tells how far it is; the seconds differ from run to run.
\! psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair(batch_size => 4)' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;
SELECT campaign_id, recorded, actual, found_by, role FROM spend_sync.correction ORDER BY campaign_id::int;
\! psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair()' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
-- Each batch is a transaction of its own.
SELECT count(DISTINCT xmin::text) AS transactions FROM campaigns;

-- A campaign that cannot be stored does not stop the others, in its batch or after it; it is named at the end.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
UPDATE clips SET earnings = 10000 WHERE id = 6;
RESET session_replication_role;
\set VERBOSITY terse
\! psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair(batch_size => 2)' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;
-- The same by one statement; and what a CHECK refuses, and what somebody holds locked.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
ALTER TABLE campaigns ADD CONSTRAINT no_nine CHECK (spent <> 9);
SELECT * FROM sync_all_campaigns() ORDER BY campaign_id::int;
SELECT id, spent FROM campaigns ORDER BY id;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
BEGIN;
SELECT id FROM campaigns WHERE id IN (2, 3) FOR UPDATE;
\! PGOPTIONS='-c lock_timeout=200ms' psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair(batch_size => 5)' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
COMMIT;
SELECT id, spent FROM campaigns ORDER BY id;
ALTER TABLE campaigns DROP CONSTRAINT no_nine;
SET spend_sync.recompute_interval = 0; -- this write repairs its campaign
UPDATE clips SET earnings = 6 WHERE id = 6;
RESET spend_sync.recompute_interval;
\! psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair(batch_size => 2)' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;
-- So does one that is cancelled: here by a lock that it waits for in its third batch.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
BEGIN;
SELECT id FROM campaigns WHERE id = 5 FOR UPDATE;
\! PGOPTIONS='-c statement_timeout=1s' psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair(batch_size => 2)' 2>&1 | grep -v CONTEXT | sed -E 's/[0-9]+\.[0-9] s/N s/'
COMMIT;
TABLE wrong;
\! psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair(batch_size => 100)' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;

-- It cannot commit amid somebody's transaction.
\set VERBOSITY default
BEGIN;
CALL spend_sync_repair();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
CREATE FUNCTION repair() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL spend_sync_repair(); END $$;
SELECT repair();
-- Bad input.
CALL spend_sync_repair(batch_size => 0);
\echo :LAST_ERROR_SQLSTATE
CALL spend_sync_repair(batch_size => -1);
CALL spend_sync_repair(batch_size => NULL);
CALL spend_sync_repair('clips');
-- It is for nobody until one says so; the right to call it is all it takes.
CREATE ROLE repairer;
GRANT USAGE ON SCHEMA public TO repairer;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
SET ROLE repairer;
CALL spend_sync_repair();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT EXECUTE ON PROCEDURE spend_sync_repair TO repairer;
\! PGOPTIONS='-c role=repairer' psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair()' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;
SELECT found_by, role, count(*) FROM spend_sync.correction GROUP BY found_by, role ORDER BY 1, 2;
-- What a transaction still owes comes first, also where it does not end yet: a procedure of the user's.
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
CREATE PROCEDURE pay_and_repair() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1;
    CALL spend_sync_repair(batch_size => 3);
END $$;
\! psql -Xq -d spend_sync_test -c 'CALL pay_and_repair()' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;
DROP OWNED BY repairer;
DROP ROLE repairer;
-- A constraint that waits for the end of the transaction, and refuses one campaign, keeps no other wrong.
SELECT FROM spend_sync_attach(sync => false);
CREATE FUNCTION refuses_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = 2 AND NEW.spent > 0 THEN RAISE 'not for campaign 2' USING ERRCODE = 'check_violation'; END IF;
    RETURN NULL;
END $$;
ALTER FUNCTION refuses_two() SET search_path = pg_catalog, pg_temp;
CREATE CONSTRAINT TRIGGER refuses_two AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuses_two();
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
\! psql -Xq -d spend_sync_test -c 'CALL spend_sync_repair(batch_size => 4)' 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;
-- A trigger that repairs all is led to itself without end: that is no campaign's fault, and none is tried alone.
DROP TRIGGER refuses_two ON campaigns;
CREATE FUNCTION repairs_all() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM sync_all_campaigns(); RETURN NULL; END';
CREATE TRIGGER repairs_all BEFORE UPDATE ON campaigns FOR EACH STATEMENT EXECUTE FUNCTION repairs_all();
SET statement_timeout = '20s';
\set VERBOSITY sqlstate
UPDATE clips SET earnings = earnings + 1;
SELECT FROM sync_all_campaigns();
\set VERBOSITY default
RESET statement_timeout;
DROP TRIGGER repairs_all ON campaigns;
SELECT FROM sync_all_campaigns();
TABLE wrong;
