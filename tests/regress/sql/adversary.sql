-- What an adversary, or an accident, once got past us: each ends in the truth or in an error, never in a wrong total.
SET client_min_messages = warning;
CREATE EXTENSION spend_sync;
-- Roles outlive the database of an earlier run.
DROP ROLE IF EXISTS adversary, adversary_owner;
CREATE ROLE adversary_owner;
CREATE ROLE adversary;
CREATE SCHEMA app AUTHORIZATION adversary_owner;
CREATE SCHEMA lair AUTHORIZATION adversary;
GRANT USAGE ON SCHEMA app TO adversary;
SET ROLE adversary_owner;
SET search_path = app, public;
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) NOT NULL DEFAULT 0, touched text);
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (
  id int PRIMARY KEY, campaign_id text REFERENCES campaigns, clip_id text REFERENCES clips, status text NOT NULL);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES ('a'), ('b');
INSERT INTO clips VALUES ('k1', 1), ('k2', 2);
INSERT INTO clip_submissions VALUES (1, 'a', 'k1', 'APPROVED'), (2, 'b', 'k2', 'APPROVED');
SELECT corrected FROM spend_sync_attach();
CREATE FUNCTION oracle() RETURNS TABLE (id text, spent numeric, sum numeric) LANGUAGE sql SET search_path = app AS $$
  SELECT * FROM (
    SELECT c.id, c.spent, (SELECT coalesce(sum(k.earnings), 0) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
      WHERE s.campaign_id = c.id AND s.status = 'APPROVED') AS sum FROM campaigns c) t
  WHERE spent IS DISTINCT FROM sum ORDER BY id $$;
GRANT SELECT, UPDATE ON clips TO adversary;

-- A trigger of the owner's on campaigns runs as the owner: not with names from the path of a writer without its rights.
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := who(); RETURN NEW; END $$;
CREATE FUNCTION who() RETURNS text LANGUAGE sql AS $$ SELECT 'the app, as ' || current_user $$;
CREATE TRIGGER touch BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION touch();
SET ROLE adversary;
-- Without USAGE the lair would be left out of the owner's search path by itself.
GRANT USAGE ON SCHEMA lair TO PUBLIC;
CREATE FUNCTION lair.who() RETURNS text LANGUAGE sql AS $$ SELECT 'the lair, as ' || current_user $$;
SET search_path = lair, app, pg_catalog;
UPDATE clips SET earnings = 10 WHERE id = 'k1';
SHOW search_path;
SET ROLE adversary_owner;
SET search_path = app, public;
SELECT id, spent, touched FROM campaigns ORDER BY id;
DROP TRIGGER touch ON campaigns;

-- A trigger that answers each total with more earnings never comes to an end at commit: an error, not for ever.
CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF pg_trigger_depth() < 3 THEN UPDATE clips SET earnings = earnings + 1 WHERE id = 'k1'; END IF; RETURN NULL; END $$;
CREATE TRIGGER bump AFTER UPDATE OF spent ON campaigns FOR EACH ROW EXECUTE FUNCTION bump();
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
UPDATE clips SET earnings = 11 WHERE id = 'k1';
\echo :SQLSTATE
SELECT FROM spend_sync_attach(sync => false);
UPDATE clips SET earnings = 12 WHERE id = 'k1';
SELECT * FROM oracle();
DROP TRIGGER bump ON campaigns;

-- A rule on campaigns that writes another attached table is a direct write of that one, at whatever depth.
CREATE TABLE other_campaigns (LIKE campaigns INCLUDING ALL);
INSERT INTO other_campaigns SELECT * FROM campaigns;
SELECT corrected FROM spend_sync_attach('other_campaigns', submission_campaign => 'campaign_id');
CREATE RULE also AS ON UPDATE TO campaigns WHERE NEW.spent <> OLD.spent DO ALSO UPDATE other_campaigns SET spent = 777 WHERE id = 'b';
UPDATE clips SET earnings = 13 WHERE id = 'k1';
SELECT id, spent FROM other_campaigns ORDER BY id;
DROP RULE also ON campaigns;
SELECT spend_sync_detach('other_campaigns');
DROP TABLE other_campaigns;

-- A stranger's trigger that names our tables keeps nobody from attaching and detaching.
SELECT tgname, pg_get_triggerdef(oid) ~ 'spend_sync.flush' AS ours FROM pg_trigger WHERE tgrelid = 'clips'::regclass AND NOT tgisinternal ORDER BY 1;
SELECT replace(replace(replace(convert_from(substr(tgargs, 1, length(tgargs) - 1), 'UTF8'),
    '"campaigns":"campaigns"', '"campaigns":["app","campaigns"]'), '"clips":"clips"', '"clips":["app","clips"]'),
    '"submissions":"clip_submissions"', '"submissions":["app","clip_submissions"]') AS forged
FROM pg_trigger WHERE tgrelid = 'clips'::regclass AND tgname = 'spend_sync_campaigns_flush' \gset
SET ROLE adversary;
CREATE TABLE lair.x (a int);
CREATE TRIGGER spend_sync_x_flush AFTER TRUNCATE ON lair.x FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(:'forged');
SET ROLE adversary_owner;
SELECT spend_sync_detach('campaigns');
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 14 WHERE id = 'k1';
SELECT * FROM oracle();

-- Who may only create triggers on campaigns cannot take its total over.
GRANT TRIGGER ON campaigns TO adversary;
SET ROLE adversary;
CREATE TABLE lair.clips (id text PRIMARY KEY, earnings numeric);
CREATE TABLE lair.clip_submissions (id int, campaign_id text, clip_id text, status text);
SELECT replace(replace(:'forged', '"app","clips"', '"lair","clips"'), '"app","clip_submissions"', '"lair","clip_submissions"') AS forged \gset
CREATE TRIGGER a AFTER INSERT ON app.campaigns FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_campaign(:'forged');
CREATE TRIGGER a AFTER INSERT OR UPDATE ON lair.clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(:'forged');
INSERT INTO lair.clip_submissions VALUES (1, 'a', 'k', 'APPROVED');
INSERT INTO lair.clips VALUES ('k', 1332);
\echo :SQLSTATE
SET ROLE adversary_owner;
UPDATE clips SET earnings = 15 WHERE id = 'k1';
\echo :SQLSTATE
SELECT severity, problem FROM spend_sync_check();
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 16 WHERE id = 'k1';
SELECT * FROM oracle();

-- A table that comes to inherit from a bound one would count and fire nothing.
CREATE TABLE child () INHERITS (clips);
UPDATE clips SET earnings = 17 WHERE id = 'k1';
SELECT * FROM oracle();

-- An owner may change in a running session; writes fail until one role owns all tables again.
RESET ROLE;
UPDATE app.clips SET earnings = 18 WHERE id = 'k1';
ALTER TABLE app.clip_submissions OWNER TO postgres;
UPDATE app.clips SET earnings = 19 WHERE id = 'k1';
\echo :SQLSTATE
ALTER TABLE app.clip_submissions OWNER TO adversary_owner;
UPDATE app.clips SET earnings = 19 WHERE id = 'k1';
SELECT * FROM app.oracle();
SET ROLE adversary_owner;
SELECT spend_sync_detach('campaigns');

-- What attach must not take.
CREATE TEMP TABLE clips_for_a_day (id text PRIMARY KEY, earnings numeric);
\set VERBOSITY sqlstate
SELECT * FROM spend_sync_attach(clips => 'clips_for_a_day', submission_clip => 'clip_id');
\set VERBOSITY default
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_campaign_id_fkey;
ALTER TABLE campaigns ALTER COLUMN id TYPE text COLLATE "C";
ALTER TABLE clip_submissions ALTER COLUMN campaign_id TYPE text COLLATE "POSIX";
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE clip_submissions ALTER COLUMN campaign_id TYPE text;
CREATE TYPE stage AS ENUM ('PENDING', 'APPROVED');
CREATE DOMAIN some_stage AS stage;
ALTER TABLE clip_submissions ALTER COLUMN status TYPE some_stage USING status::stage;
SELECT * FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE clip_submissions ALTER COLUMN status TYPE text;

-- A status that no row has is perhaps misspelt.
UPDATE clip_submissions SET status = lower(status);
SELECT corrected FROM spend_sync_attach(sync => false);
SELECT corrected FROM spend_sync_attach(approved => '{approved}');
SELECT id, spent FROM campaigns ORDER BY id;

-- Flush triggers on partitions in another schema outlive a rename that is not followed, and go with the next attach.
SELECT spend_sync_detach('campaigns');
RESET ROLE;
CREATE SCHEMA wide;
CREATE SCHEMA parts;
SET search_path = wide;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric NOT NULL DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric) PARTITION BY HASH (id);
CREATE TABLE parts.clips_0 PARTITION OF clips FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1);
INSERT INTO clips VALUES (1, 5);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED');
SELECT corrected FROM public.spend_sync_attach();
ALTER EVENT TRIGGER spend_sync_before DISABLE;
ALTER EVENT TRIGGER spend_sync_after DISABLE;
ALTER SCHEMA wide RENAME TO wider;
SET search_path = wider;
TRUNCATE parts.clips_0;
\echo :SQLSTATE
SELECT corrected FROM public.spend_sync_attach();
TRUNCATE parts.clips_0;
SELECT * FROM campaigns;
SELECT public.spend_sync_detach('campaigns');
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname LIKE 'spend_sync%' AND tgrelid::regclass::text !~ '^lair' ORDER BY 1, 2;
