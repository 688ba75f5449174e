-- Several totals on one table: what is spent, what is reserved, and both again by other means.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
ALTER TABLE campaigns ADD "reservedAmount" numeric(12,2) NOT NULL DEFAULT 0;
CREATE VIEW wrong AS
SELECT c.id, c.spent, c."reservedAmount", o.spent AS oracle, o.reserved AS oracle_reserved
FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0) AS spent,
           coalesce(sum(k.earnings) FILTER (WHERE s.status = 'PENDING'), 0) AS reserved
    FROM clip_submissions s LEFT JOIN clips k ON k.id = s.clip_id WHERE s.campaign_id = c.id) o
WHERE c.spent IS DISTINCT FROM o.spent OR c."reservedAmount" IS DISTINCT FROM o.reserved ORDER BY c.id;
SELECT * FROM spend_sync_attach() \gx
SELECT * FROM spend_sync_attach(spent => 'reservedAmount', approved => '{PENDING}') \gx
TABLE wrong;
SELECT id, spent, "reservedAmount" FROM campaigns ORDER BY id;
SELECT spent, approved, flush FROM spend_sync.binding ORDER BY spent;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname LIKE 'spend_sync%' ORDER BY 1, 2;
SELECT * FROM spend_sync_check();

-- Every write brings up both.
\ir ../write_each.sql
CREATE PROCEDURE write_all(amount numeric) LANGUAGE sql AS $$
    CALL write_each(amount, ARRAY[
        'UPDATE clips SET earnings = earnings + $1 WHERE id = 3',
        'UPDATE clips SET earnings = earnings + $1',
        'UPDATE clip_submissions SET status = CASE status WHEN ''PENDING'' THEN ''APPROVED'' ELSE ''PENDING'' END WHERE id = 3',
        'UPDATE clip_submissions SET status = CASE status WHEN ''PENDING'' THEN ''APPROVED'' ELSE ''PENDING'' END',
        'UPDATE clip_submissions SET status = ''REJECTED'' WHERE id = 1',
        'UPDATE clip_submissions SET campaign_id = 3 WHERE id = 2',
        'INSERT INTO clip_submissions VALUES (10, 2, 4, ''PENDING''), (11, 3, 4, ''APPROVED'')',
        'INSERT INTO clips VALUES (20, $1)',
        'UPDATE campaigns SET spent = $1, "reservedAmount" = -$1',
        'UPDATE campaigns SET spent = spent + $1, title = ''x'' WHERE id = 2',
        'INSERT INTO campaigns VALUES (30, ''new'', $1, $1)',
        'WITH c AS (UPDATE clips SET earnings = earnings * 2) UPDATE clip_submissions SET status = ''APPROVED'' WHERE id = 10',
        'DELETE FROM clip_submissions WHERE id IN (10, 11)',
        'UPDATE clip_submissions SET status = ''APPROVED'' WHERE id IN (1, 2, 4)',
        'UPDATE clip_submissions SET status = ''PENDING'', campaign_id = 1 WHERE id IN (2, 3)',
        'DELETE FROM clips WHERE id = 20',
        'DELETE FROM campaigns WHERE id = 30']);
$$;
CALL write_all(7);
SELECT id, spent, "reservedAmount" FROM campaigns ORDER BY id;
UPDATE campaigns SET spent = 99, "reservedAmount" = 98 WHERE id = 1 RETURNING spent, "reservedAmount";
TRUNCATE clip_submissions;
TABLE wrong;
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');
TABLE wrong;

-- One flushed at commit, beside one that is not.
SELECT brought_up_at FROM spend_sync_attach(spent => 'reservedAmount', approved => '{PENDING}', flush => 'commit');
BEGIN;
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 1;
SELECT id, spent - oracle AS spent, "reservedAmount" - oracle_reserved AS reserved FROM wrong;
SET CONSTRAINTS ALL IMMEDIATE;
TABLE wrong;
SAVEPOINT a;
UPDATE clips SET earnings = 0;
ROLLBACK TO a;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
COMMIT;
TABLE wrong;
SELECT FROM spend_sync_attach(flush => 'commit');
CALL write_all(3);
TABLE wrong;
SELECT FROM spend_sync_attach();
SELECT FROM spend_sync_attach(spent => 'reservedAmount', approved => '{PENDING}');
CALL write_all(5);

-- One refuses direct writes, the other corrects them.
SELECT on_direct_write FROM spend_sync_attach(direct_writes => 'reject');
UPDATE campaigns SET spent = 1 WHERE id = 1;
\echo :SQLSTATE
UPDATE campaigns SET "reservedAmount" = 1 WHERE id = 1 RETURNING "reservedAmount";
UPDATE clips SET earnings = earnings + 1;
TABLE wrong;
SELECT FROM spend_sync_attach();

-- A trigger of the user's on campaigns that writes both, and one that writes clips.
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.spent := NEW.spent + 1;
    NEW."reservedAmount" := NEW."reservedAmount" + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER a_meddle BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION meddle();
CALL write_all(2);
DROP TRIGGER a_meddle ON campaigns;
\set SHOW_CONTEXT never
CREATE TRIGGER zz_meddle BEFORE UPDATE ON campaigns FOR EACH ROW WHEN (pg_trigger_depth() < 3) EXECUTE FUNCTION meddle();
CALL write_all(2);
DROP TRIGGER zz_meddle ON campaigns;
CREATE FUNCTION write_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 3 THEN
        UPDATE clips SET earnings = earnings + 1 WHERE id = 2;
        UPDATE clip_submissions SET status = CASE status WHEN 'PENDING' THEN 'APPROVED' ELSE 'PENDING' END WHERE id = 4;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER write_back AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION write_back();
CALL write_all(2);
DROP TRIGGER write_back ON campaigns;
-- A CHECK over both meets no pair that was never true: what moves from one to the other does so at once.
UPDATE clips SET earnings = 40;
ALTER TABLE campaigns ADD CONSTRAINT budget CHECK (spent + "reservedAmount" <= 120);
CREATE PROCEDURE flip() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clip_submissions SET status = 'APPROVED';
    UPDATE clip_submissions SET status = 'PENDING' WHERE id = 1;
    UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 1;
    UPDATE clip_submissions SET status = 'PENDING';
    UPDATE clip_submissions SET status = 'APPROVED' WHERE id IN (1, 2);
    UPDATE clip_submissions SET status = 'PENDING' WHERE id IN (1, 2);
END $$;
CALL flip();
SET spend_sync.recompute_interval = 0;
CALL flip();
RESET spend_sync.recompute_interval;
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.spent + NEW."reservedAmount" <> OLD.spent + OLD."reservedAmount" THEN
        RAISE WARNING 'campaign % was %, is %', NEW.id, OLD.spent + OLD."reservedAmount", NEW.spent + NEW."reservedAmount";
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER watch AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION watch();
CALL flip();
SET spend_sync.recompute_interval = 0;
CALL flip();
RESET spend_sync.recompute_interval;
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
CALL flip();
SELECT FROM spend_sync_attach(spent => 'reservedAmount', approved => '{PENDING}', flush => 'commit', sync => false);
CALL flip();
SELECT FROM spend_sync_attach(sync => false);
SELECT FROM spend_sync_attach(spent => 'reservedAmount', approved => '{PENDING}', sync => false);
DROP TRIGGER watch ON campaigns;
\set VERBOSITY terse
UPDATE clips SET earnings = 41 WHERE id = 1;
\set VERBOSITY default
\echo :SQLSTATE
TABLE wrong;
SELECT id, spent, "reservedAmount" FROM campaigns ORDER BY id;
ALTER TABLE campaigns DROP CONSTRAINT budget;

-- Nor does what fires no row trigger: TRUNCATE, a type, partitions that come and go.
CREATE SCHEMA twins;
SET search_path = twins, public;
CREATE TABLE campaigns (id int PRIMARY KEY, spent int NOT NULL DEFAULT 0, reserved int NOT NULL DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings int) PARTITION BY RANGE (id);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES FROM (0) TO (10);
CREATE TABLE clips_2 PARTITION OF clips FOR VALUES FROM (10) TO (20);
CREATE TABLE clip_submissions (id serial PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1);
INSERT INTO clips VALUES (1, 10), (2, 10), (11, 5), (12, 5);
INSERT INTO clip_submissions (campaign_id, clip_id, status) VALUES (1, 1, 'APPROVED'), (1, 2, 'PENDING'), (1, 11, 'APPROVED'), (1, 12, 'PENDING');
SELECT corrected FROM spend_sync_attach();
SELECT corrected FROM spend_sync_attach(spent => 'reserved', approved => '{PENDING}');
ALTER TABLE campaigns ADD CONSTRAINT same CHECK (spent = reserved);
UPDATE clips SET earnings = earnings * 2;
ALTER TABLE clips ALTER earnings TYPE bigint USING earnings * 2;
SELECT spent, reserved FROM campaigns;
ALTER TABLE clips DETACH PARTITION clips_2;
SELECT spent, reserved FROM campaigns;
ALTER TABLE clips ATTACH PARTITION clips_2 FOR VALUES FROM (10) TO (20);
SELECT spent, reserved FROM campaigns;
TRUNCATE clips_1;
SELECT spent, reserved FROM campaigns;
DROP TABLE clips_2;
SELECT spent, reserved FROM campaigns;
INSERT INTO clips VALUES (1, 7), (2, 7);
BEGIN;
TRUNCATE clips, clip_submissions;
SELECT spent, reserved FROM campaigns;
ROLLBACK;
SELECT spent, reserved FROM campaigns;
TRUNCATE clip_submissions;
SELECT spent, reserved FROM campaigns;
INSERT INTO clip_submissions (campaign_id, clip_id, status) VALUES (1, 1, 'APPROVED'), (1, 2, 'PENDING');
BEGIN;
UPDATE clips SET earnings = earnings + 1;
TRUNCATE clips;
INSERT INTO clips VALUES (1, 3), (2, 3);
COMMIT;
SELECT spent, reserved FROM campaigns;
-- Nor the first rows that a session writes as a replica, as logical replication's apply does, where row triggers alone always fire.
DO $$
DECLARE
    own record;
BEGIN
    FOR own IN SELECT tgrelid::regclass AS "table", tgname FROM pg_trigger
        WHERE tgrelid IN ('clips'::regclass, 'clip_submissions'::regclass) AND tgname LIKE 'spend_sync%row' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', own."table", own.tgname);
    END LOOP;
END $$;
\c
SET search_path = twins, public;
SET session_replication_role = replica;
UPDATE clips SET earnings = 9;
SELECT spent, reserved FROM campaigns;
\c
SET search_path = twins, public;
SET session_replication_role = replica;
UPDATE clip_submissions SET status = CASE status WHEN 'APPROVED' THEN 'PENDING' ELSE 'APPROVED' END;
SELECT spent, reserved FROM campaigns;
RESET session_replication_role;
SELECT count(*) FROM spend_sync_detach('campaigns');
RESET search_path;

-- A total by which another one knows the campaigns.
CREATE TABLE numbered (id int PRIMARY KEY, n int NOT NULL UNIQUE DEFAULT 0, by_n numeric(12,2) NOT NULL DEFAULT 0);
CREATE TABLE by_id (id serial PRIMARY KEY, campaign_id int, clip_id int, status text DEFAULT 'APPROVED');
CREATE TABLE by_n (id serial PRIMARY KEY, n int, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON by_id (campaign_id);
CREATE INDEX ON by_id (clip_id);
CREATE INDEX ON by_n (n);
CREATE INDEX ON by_n (clip_id);
CREATE TABLE earned (id int PRIMARY KEY, earnings int);
INSERT INTO numbered VALUES (1);
INSERT INTO earned VALUES (1, 10), (2, 7);
INSERT INTO by_id (campaign_id, clip_id) VALUES (1, 1);
INSERT INTO by_n (n, clip_id) VALUES (10, 2), (11, 1), (12, 1), (12, 2);
SELECT corrected FROM spend_sync_attach('numbered', 'earned', 'by_id', spent => 'n', submission_campaign => 'campaign_id', submission_clip => 'clip_id');
SELECT corrected FROM spend_sync_attach('numbered', 'earned', 'by_n', spent => 'by_n', campaign_id => 'n', submission_campaign => 'n', submission_clip => 'clip_id');
UPDATE earned SET earnings = earnings + 1 WHERE id = 1;
TABLE numbered;
UPDATE earned SET earnings = earnings + 1 WHERE id = 1;
TABLE numbered;
DROP TABLE numbered, earned, by_id, by_n;

-- Repair, preview, why.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 1, "reservedAmount" = 2 WHERE id = 1;
RESET session_replication_role;
SELECT campaign_id, recorded_spent, actual_spent, needs_sync, total FROM spend_sync_status() WHERE needs_sync;
SELECT spend_sync_report() -> 'summary';
SELECT campaign_id, old_spent, new_spent, total FROM sync_campaign(1);
SELECT campaign_id, recorded, actual, spent FROM spend_sync.correction WHERE found_by = 'sync_campaign' ORDER BY id;
SELECT submission, clip_id, status, counts, total FROM spend_sync_clips(1) ORDER BY total, submission;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 1, "reservedAmount" = 2;
RESET session_replication_role;
SELECT campaign_id, total FROM sync_all_campaigns() WHERE difference <> 0 ORDER BY 2, 1;
TABLE wrong;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 1, "reservedAmount" = 2;
RESET session_replication_role;
\! psql -Xq -d spend_sync_test -c "CALL spend_sync_repair('campaigns', 1)" 2>&1 | sed -E 's/[0-9]+\.[0-9] s/N s/'
TABLE wrong;
SELECT object, problem FROM spend_sync_check();

-- Each total has its turn to be verified: what went wrong from outside is healed by writes.
CREATE PROCEDURE write_on(begin int) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..8 LOOP
        PERFORM set_config('spend_sync.debug_clock', begin + i * 100 || 's', false);
        UPDATE clips SET earnings = earnings + 1;
        COMMIT;
    END LOOP;
END $$;
SET session_replication_role = replica;
UPDATE campaigns SET "reservedAmount" = "reservedAmount" + 100 WHERE id < 3;
RESET session_replication_role;
CALL write_on(1000);
TABLE wrong;
SET session_replication_role = replica;
UPDATE campaigns SET spent = spent + 100 WHERE id < 3;
RESET session_replication_role;
CALL write_on(2000);
TABLE wrong;
RESET spend_sync.debug_clock;

-- Columns that get other names, and trade them.
ALTER TABLE campaigns RENAME "reservedAmount" TO reserved;
ALTER TABLE campaigns RENAME spent TO "reservedAmount";
ALTER TABLE campaigns RENAME reserved TO spent;
UPDATE clips SET earnings = earnings + 1;
SELECT spent, approved FROM spend_sync.binding ORDER BY spent;
SELECT count(*) AS traded FROM campaigns c, LATERAL (
    SELECT coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0) AS spent,
           coalesce(sum(k.earnings) FILTER (WHERE s.status = 'PENDING'), 0) AS reserved
    FROM clip_submissions s JOIN clips k ON k.id = s.clip_id WHERE s.campaign_id = c.id) o
WHERE c."reservedAmount" = o.spent AND c.spent = o.reserved;
ALTER TABLE campaigns RENAME spent TO reserved;
ALTER TABLE campaigns RENAME "reservedAmount" TO spent;
ALTER TABLE campaigns RENAME reserved TO "reservedAmount";
TABLE wrong;

-- A column that is dropped past all event triggers: writes say so, of the other total nothing is lost, and attaching it again clears up.
ALTER EVENT TRIGGER spend_sync_before DISABLE;
ALTER EVENT TRIGGER spend_sync_after DISABLE;
BEGIN;
ALTER TABLE campaigns RENAME "reservedAmount" TO gone;
UPDATE clips SET earnings = 1;
\echo :SQLSTATE
ROLLBACK;
BEGIN;
ALTER TABLE campaigns RENAME "reservedAmount" TO gone;
SELECT spent, campaigns FROM spend_sync.binding ORDER BY spent;
SELECT problem FROM spend_sync_check();
SELECT corrected FROM spend_sync_attach(spent => 'gone', approved => '{PENDING}', sync => false);
SELECT spent FROM spend_sync.binding ORDER BY spent;
UPDATE clips SET earnings = earnings + 1;
ROLLBACK;
BEGIN;
ALTER TABLE campaigns RENAME "reservedAmount" TO gone;
SELECT total FROM spend_sync_detach('campaigns', 'reservedAmount');
UPDATE clips SET earnings = earnings + 1;
SELECT spent FROM spend_sync.binding ORDER BY spent;
ROLLBACK;
ALTER EVENT TRIGGER spend_sync_before ENABLE;
ALTER EVENT TRIGGER spend_sync_after ENABLE;
ALTER TABLE campaigns DROP "reservedAmount";
\echo :SQLSTATE

-- One is let go, the other stays.
SELECT * FROM spend_sync_detach('campaigns', 'title');
\echo :SQLSTATE
BEGIN;
SELECT total, approved_when FROM spend_sync_detach('campaigns', 'spent');
UPDATE clips SET earnings = earnings + 100;
UPDATE campaigns SET spent = 5 WHERE id = 1 RETURNING spent;
SELECT count(*) AS wrong_reserved FROM wrong WHERE "reservedAmount" <> oracle_reserved;
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgname LIKE 'spend_sync%' GROUP BY 1 ORDER BY 1;
ROLLBACK;
SELECT total, approved_when FROM spend_sync_detach('campaigns') ORDER BY 1;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'spend_sync%';
SELECT * FROM spend_sync_detach('campaigns');
\echo :SQLSTATE
-- Totals of a table at two moments are named, and so is what a total summed before it was bound to other rows.
SELECT FROM spend_sync_attach(spent => 'reservedAmount', approved => '{PENDING}');
SELECT FROM spend_sync_attach(approved => '{PENDING}', flush => 'commit');
SELECT object, problem, advice FROM spend_sync_check() WHERE problem ~ 'at commit';
SELECT total FROM spend_sync_attach(approved => '{PENDING}');
SELECT count(*) FROM spend_sync_check() WHERE problem ~ 'at commit';
SELECT total FROM spend_sync_attach(approved => '{PENDING}', clips => NULL, count => true);
