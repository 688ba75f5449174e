-- The owner of the bound tables against whoever looks at his totals, repairs them, or drops a schema of his: perhaps a superuser.
-- Code of his own that this sets off runs as him, and leaves nothing behind in that session: no setting, no temporary table, and
-- above all no deferred trigger, which PostgreSQL would run at commit as the superuser.
CREATE EXTENSION spend_sync;
CREATE ROLE distrusted;
CREATE ROLE distrusted_fixer;
CREATE ROLE distrusted_victim;
CREATE SCHEMA lair AUTHORIZATION distrusted;
CREATE SCHEMA bait AUTHORIZATION distrusted;
CREATE SCHEMA app AUTHORIZATION distrusted_victim;
CREATE TABLE ran (role name, what text);
GRANT SELECT, INSERT ON ran TO PUBLIC;
SET ROLE distrusted;
SET search_path = lair, public;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric) PARTITION BY LIST (id);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES IN (1);
CREATE TABLE bait.clips_2 PARTITION OF clips FOR VALUES IN (2);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One');
INSERT INTO clips VALUES (1, 10), (2, 20);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED'), (1, 2, 'APPROVED');
SELECT corrected FROM spend_sync_attach();
CREATE FUNCTION attack() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    what text;
BEGIN
    INSERT INTO public.ran VALUES (current_user, 'at once');
    PERFORM set_config('search_path', 'lair', false), set_config('statement_timeout', '1h', false);
    FOREACH what IN ARRAY ARRAY['RESET ROLE', 'SET ROLE postgres', 'SET SESSION AUTHORIZATION DEFAULT', 'ALTER ROLE distrusted SUPERUSER',
        'CREATE TEMP TABLE pg_class (a int)', 'PREPARE mine AS SELECT 1', 'DECLARE mine CURSOR WITH HOLD FOR SELECT 1', 'LISTEN mine'] LOOP
        BEGIN
            EXECUTE what;
            INSERT INTO public.ran VALUES (current_user, what);
        EXCEPTION WHEN OTHERS THEN
        END;
    END LOOP;
END $$;
CREATE FUNCTION attack_now() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM lair.attack(); RETURN NULL; END $$;
CREATE FUNCTION attack_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.ran VALUES (current_user, 'deferred');
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        ALTER ROLE distrusted SUPERUSER;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER attack_now AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION attack_now();
RESET ROLE;
RESET search_path;
\set drift 'SET session_replication_role = replica; UPDATE lair.campaigns SET spent = 0; RESET session_replication_role; TRUNCATE ran;'
\set outcome 'SHOW search_path; SHOW statement_timeout; SELECT DISTINCT role, what FROM ran ORDER BY what; SELECT spent, rolsuper FROM lair.campaigns, pg_roles WHERE rolname = ''distrusted'';'

-- A superuser repairs, in each way; the trigger runs as the owner, and what it tries is in vain.
:drift
SELECT new_spent FROM sync_campaign(1, 'lair.campaigns');
:outcome
:drift
SELECT new_spent FROM sync_all_campaigns('lair.campaigns');
:outcome
:drift
-- (Its progress tells the time: no more of it than its SQLSTATE.)
\set VERBOSITY sqlstate
CALL spend_sync_repair('lair.campaigns');
\set VERBOSITY default
:outcome
:drift
SELECT corrected FROM spend_sync_attach('lair.campaigns', 'lair.clips', 'lair.clip_submissions');
:outcome
-- A superuser's command takes a partition: the total follows, by the same trigger.
BEGIN;
DROP TABLE bait.clips_2;
:outcome
ROLLBACK;

-- A deferred trigger is refused where it would not run as the owner, and the call with it.
SET ROLE distrusted;
CREATE CONSTRAINT TRIGGER attack_late AFTER UPDATE ON lair.campaigns DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION lair.attack_late();
RESET ROLE;
:drift
SELECT new_spent FROM sync_campaign(1, 'lair.campaigns');
\echo :SQLSTATE
SELECT new_spent FROM sync_all_campaigns('lair.campaigns');
\echo :SQLSTATE
\set VERBOSITY sqlstate
CALL spend_sync_repair('lair.campaigns');
\set VERBOSITY default
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach('lair.campaigns', 'lair.clips', 'lair.clip_submissions');
\echo :SQLSTATE
DROP TABLE bait.clips_2;
\echo :SQLSTATE
DROP SCHEMA bait CASCADE;
\echo :SQLSTATE
ALTER TABLE lair.clips DETACH PARTITION bait.clips_2;
\echo :SQLSTATE
SELECT FROM spend_sync_attach('lair.campaigns', 'lair.clips', 'lair.clip_submissions', flush => 'commit', sync => false);
DROP SCHEMA bait CASCADE;
\echo :SQLSTATE
SELECT FROM spend_sync_attach('lair.campaigns', 'lair.clips', 'lair.clip_submissions', sync => false);
:outcome
-- Detached, nothing of his is set off: a superuser can always get rid of it.
BEGIN;
SELECT spend_sync_detach('lair.campaigns');
DROP SCHEMA bait CASCADE;
ROLLBACK;
-- Nor as a role that may repair and has nothing else.
GRANT EXECUTE ON FUNCTION sync_all_campaigns(regclass) TO distrusted_fixer, distrusted;
GRANT USAGE ON SCHEMA lair TO distrusted_fixer;
SET ROLE distrusted_fixer;
SELECT new_spent FROM sync_all_campaigns('lair.campaigns');
\echo :SQLSTATE
-- The owner himself may: it is his session.
SET ROLE distrusted;
SELECT new_spent FROM sync_all_campaigns('lair.campaigns');
RESET ROLE;
RESET search_path;
RESET statement_timeout;
SELECT DISTINCT role, what FROM ran WHERE what IN ('at once', 'deferred') ORDER BY what;
-- Or whoever takes the role that the tables belong to, or makes his constraints immediate first.
BEGIN;
:drift
SET CONSTRAINTS ALL IMMEDIATE;
SELECT new_spent FROM sync_all_campaigns('lair.campaigns');
SELECT DISTINCT role, what FROM ran ORDER BY what;
ROLLBACK;

-- A preview plans with an index that the owner has made.
SET ROLE distrusted;
DROP TRIGGER attack_now ON lair.campaigns;
DROP TRIGGER attack_late ON lair.campaigns;
CREATE TABLE lair.queue (id int);
CREATE CONSTRAINT TRIGGER attack_late AFTER INSERT ON lair.queue DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION lair.attack_late();
CREATE FUNCTION lair.say(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
SELECT corrected FROM spend_sync_attach('lair.campaigns', 'lair.clips', 'lair.clip_submissions');
CREATE INDEX plan_me ON lair.clips ((id::text || lair.say('x')));
CREATE FUNCTION lair.do() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lair.attack();
    BEGIN
        INSERT INTO lair.queue VALUES (1);
    EXCEPTION WHEN insufficient_privilege THEN
        RETURN SQLERRM;
    END;
    RETURN 'queued';
END $$;
CREATE OR REPLACE FUNCTION lair.say(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    RAISE WARNING '%', lair.do();
    RETURN $1;
END $$;
RESET ROLE;
RESET search_path;
RESET statement_timeout;
DEALLOCATE ALL;
DISCARD TEMP;
:drift
SET client_min_messages = error; -- how often the planner calls it differs by version
SELECT count(*) FROM spend_sync_status('lair.campaigns');
:outcome
TRUNCATE ran;
SELECT jsonb_array_length(spend_sync_report('lair.campaigns') -> 'campaigns');
RESET client_min_messages;
:outcome
TRUNCATE ran;
SELECT severity, problem FROM spend_sync_check('lair.campaigns') WHERE problem !~ 'found wrong';
SELECT campaigns FROM spend_sync.binding;
DROP INDEX lair.plan_me;
:outcome

-- A stranger's trigger on a table of his own that names another's campaigns stays where it is: to drop it would wait for
-- whoever locks that table.
SET ROLE distrusted_victim;
CREATE TABLE app.campaigns (id int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TABLE app.clips (id int PRIMARY KEY, earnings numeric) PARTITION BY LIST (id);
CREATE TABLE app.clips_1 PARTITION OF app.clips FOR VALUES IN (1);
CREATE TABLE app.clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON app.clip_submissions (campaign_id);
CREATE INDEX ON app.clip_submissions (clip_id);
SELECT corrected FROM spend_sync_attach('app.campaigns', 'app.clips', 'app.clip_submissions');
SET ROLE distrusted;
CREATE TABLE lair.x (a int);
CREATE TRIGGER spend_sync_x_flush AFTER TRUNCATE ON lair.x FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(
    '{"campaigns":["app","campaigns"],"clips":["app","clips"],"submissions":["app","clip_submissions"],"campaign_id":"id","spent":"spent","clip_id":"id","earnings":"earnings","submission_campaign":"campaign_id","submission_clip":"clip_id","status":"status","approved":["APPROVED"],"direct_writes":"correct"}');
SET ROLE distrusted_victim;
CREATE TABLE app.clips_2 PARTITION OF app.clips FOR VALUES IN (2);
ALTER TABLE app.clips DETACH PARTITION app.clips_1;
RESET ROLE;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname ~ 'flush$' AND tgrelid::regclass::text ~ 'clips_\d|lair.x' ORDER BY 1, 2;

-- The oracle.
SELECT sync.new_spent FROM sync_all_campaigns('lair.campaigns') AS sync;
SELECT c.spent, (SELECT sum(k.earnings) FROM lair.clip_submissions s JOIN lair.clips k ON k.id = s.clip_id WHERE s.campaign_id = c.id) AS oracle
FROM lair.campaigns c;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA lair, bait, app CASCADE;
DROP EXTENSION spend_sync;
DROP TABLE ran;
DROP ROLE distrusted, distrusted_fixer, distrusted_victim;
