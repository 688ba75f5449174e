-- spend_sync_check(): what is wrong, slow, or will be, each with what to do; and silence where all is well.
CREATE EXTENSION spend_sync;
CREATE ROLE check_owner;
CREATE ROLE check_clips_owner;
GRANT CREATE ON SCHEMA public TO check_owner, check_clips_owner;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL
);
ALTER TABLE campaigns OWNER TO check_owner;
ALTER TABLE clips OWNER TO check_owner;
ALTER TABLE clip_submissions OWNER TO check_owner;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10), (2, 20);
\x on
\pset format unaligned

-- Nothing is attached.
SELECT * FROM spend_sync_check();
\echo :SQLSTATE

-- Missing indexes; attach says the same, as a warning.
SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_check();
-- An index that does not begin with the column, or does not cover every row, is none.
CREATE INDEX not_first ON clip_submissions (status, clip_id);
CREATE INDEX not_all ON clip_submissions (campaign_id) WHERE status = 'APPROVED';
SELECT object, problem FROM spend_sync_check();
CREATE INDEX CONCURRENTLY ON public.clip_submissions (clip_id);
CREATE INDEX ON public.clip_submissions (campaign_id, status);
-- Healthy: no row.
SELECT * FROM spend_sync_check();

-- A trigger that is disabled, or fires only on a replica.
ALTER TABLE clips DISABLE TRIGGER spend_sync_campaigns_row;
ALTER TABLE clip_submissions ENABLE REPLICA TRIGGER spend_sync_campaigns_row;
SELECT * FROM spend_sync_check();
ALTER TABLE public.clips ENABLE TRIGGER spend_sync_campaigns_row;
ALTER TABLE public.clip_submissions ENABLE TRIGGER spend_sync_campaigns_row;
ALTER TABLE clips ENABLE ALWAYS TRIGGER spend_sync_campaigns_row;
SELECT * FROM spend_sync_check();
-- One that is gone.
DROP TRIGGER spend_sync_campaigns_flush ON clips;
SELECT * FROM spend_sync_check();
SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_check();

-- Tables of two owners; and one owner who has taken from itself what it needs.
ALTER TABLE clips OWNER TO check_clips_owner;
GRANT ALL ON clips TO check_owner;
SELECT * FROM spend_sync_check();
ALTER TABLE public.clips OWNER TO check_owner;
SELECT * FROM spend_sync_check();
REVOKE SELECT ON clips FROM check_owner;
SELECT * FROM spend_sync_check();
GRANT SELECT ON clips TO check_owner;
REVOKE UPDATE ON clips FROM check_owner;
SELECT * FROM spend_sync_check();
GRANT UPDATE ON public.clips TO check_owner;
-- Row-level security hides nothing from the owner.
ALTER TABLE clips ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT * FROM spend_sync_check();
ALTER TABLE clips DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;

-- Functions of triggers on campaigns that find names wherever the session looks; C functions find none.
CREATE SCHEMA tools;
CREATE FUNCTION tools."Look up"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER looks BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION tools."Look up"();
CREATE TRIGGER looks_too BEFORE INSERT ON campaigns FOR EACH ROW EXECUTE FUNCTION tools."Look up"();
CREATE TRIGGER finds_none BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT * FROM spend_sync_check();
ALTER FUNCTION tools."Look up"() SET search_path = pg_catalog, tools, public, pg_temp;
SELECT * FROM spend_sync_check();
ALTER FUNCTION tools."Look up"() RESET ALL;
ALTER FUNCTION tools."Look up"() SET work_mem = '4MB';
SELECT object, advice FROM spend_sync_check();
DROP SCHEMA tools CASCADE;
DROP TRIGGER finds_none ON campaigns;

-- A column that rounds, or keeps fewer digits. (PostgreSQL does not change the type of a column while a trigger's WHEN
-- names it: detach, change it, attach.)
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips ALTER earnings TYPE numeric(12,4);
SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_check();
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips ALTER earnings TYPE numeric;
SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_check();
SELECT spend_sync_detach('campaigns');
ALTER TABLE campaigns ALTER spent TYPE double precision;
SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_check();
SELECT spend_sync_detach('campaigns');
ALTER TABLE campaigns ALTER spent TYPE int;
SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_check();
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips ALTER earnings TYPE numeric(10,2);
ALTER TABLE campaigns ALTER spent TYPE numeric(10,2);
SELECT corrected FROM spend_sync_attach();
SELECT * FROM spend_sync_check();

-- Drift found lately.
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 2, 2, 'APPROVED');
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
SELECT campaign_id, difference FROM sync_campaign(1);
SELECT * FROM spend_sync_check();
SELECT campaign_id, difference FROM sync_all_campaigns() WHERE difference <> 0;
SELECT * FROM spend_sync_check();
UPDATE spend_sync.correction SET at = at - interval '8 days';
SELECT * FROM spend_sync_check();

-- A partition that no statement trigger watches.
CREATE SCHEMA parts;
CREATE TABLE parts.campaigns (id int PRIMARY KEY, spent numeric);
CREATE TABLE parts.clips (id int PRIMARY KEY, earnings numeric) PARTITION BY LIST (id);
CREATE TABLE parts.clip_submissions (id int, campaign_id int, clip_id int, status text) PARTITION BY LIST (id);
SELECT corrected FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions');
SELECT * FROM spend_sync_check('parts.campaigns');
CREATE INDEX ON parts.clip_submissions (campaign_id);
CREATE INDEX ON parts.clip_submissions (clip_id);
ALTER EVENT TRIGGER spend_sync_before DISABLE;
ALTER EVENT TRIGGER spend_sync_after DISABLE;
CREATE TABLE parts.clips_new PARTITION OF parts.clips DEFAULT;
SELECT * FROM spend_sync_check('parts.campaigns');
SELECT corrected FROM spend_sync_attach('parts.campaigns', 'parts.clips', 'parts.clip_submissions');
SELECT * FROM spend_sync_check('parts.campaigns');

-- Renamed, and not followed: the next write will fail, and here is why.
ALTER TABLE clips RENAME earnings TO earned;
SELECT * FROM spend_sync_check();
ALTER TABLE clips RENAME earned TO earnings;
ALTER TABLE clips RENAME TO videos;
SELECT * FROM spend_sync_check();
ALTER TABLE videos RENAME TO clips;
SELECT * FROM spend_sync_check();
ALTER EVENT TRIGGER spend_sync_before ENABLE;
ALTER EVENT TRIGGER spend_sync_after ENABLE;

-- The total in a unique key locks campaigns as a DELETE would; in INCLUDE, or where it is in some rows alone, it does not.
CREATE UNIQUE INDEX wide ON campaigns (id, spent);
CREATE UNIQUE INDEX included ON campaigns (id) INCLUDE (spent);
CREATE UNIQUE INDEX of_some ON campaigns (id, spent) WHERE spent > 0;
SELECT * FROM spend_sync_check('campaigns');
DROP INDEX wide, included, of_some;

-- Event triggers of one's own fire for commands of ours too, with PostgreSQL's names alone in sight: the advice mends it. They run as who
-- gives the command, also where ours need the owner.
CREATE TABLE ddl_log (tag text, who name DEFAULT current_user);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO ddl_log (tag) VALUES (tg_tag); END';
CREATE EVENT TRIGGER log_ddl ON ddl_command_end WHEN TAG IN ('CREATE TRIGGER', 'ALTER TABLE') EXECUTE FUNCTION log_ddl();
ALTER TABLE clips RENAME earnings TO earned;
\echo :SQLSTATE
SELECT * FROM spend_sync_check('campaigns');
SELECT advice FROM spend_sync_check('campaigns') \gexec
ALTER TABLE clips RENAME earnings TO earned;
ALTER TABLE clips RENAME earned TO earnings;
SELECT tag, who = current_user AS as_caller, count(*) > 1 AS some FROM ddl_log GROUP BY 1, 2 ORDER BY 1;
DROP EVENT TRIGGER log_ddl;
DROP FUNCTION log_ddl;
DROP TABLE ddl_log;
SELECT * FROM spend_sync_check('campaigns');

-- A trigger that writes campaigns for each row of submissions has them before the links' clips are locked. One of a statement does not, nor
-- one that waits, nor one that reads them, nor one that writes a table whose name only begins so.
CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
    'BEGIN Update ONLY "public"."campaigns" SET title = title; RETURN NULL; END';
CREATE FUNCTION reads() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
    'BEGIN PERFORM FROM campaigns; UPDATE campaigns_of_old SET x = 1; RETURN NULL; END';
CREATE TRIGGER counts AFTER INSERT ON clip_submissions FOR EACH ROW EXECUTE FUNCTION counts();
CREATE TRIGGER statement AFTER INSERT ON clip_submissions EXECUTE FUNCTION counts();
CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON clip_submissions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION counts();
CREATE TRIGGER reads AFTER INSERT ON clip_submissions FOR EACH ROW WHEN (false) EXECUTE FUNCTION reads();
SELECT * FROM spend_sync_check();
SELECT severity, problem FROM spend_sync_plan() WHERE problem ~ 'row by row';
SELECT FROM spend_sync_attach(sync => false);
SET client_min_messages = warning;
DROP FUNCTION counts, reads CASCADE;
RESET client_min_messages;

-- A table that is not attached.
SELECT * FROM spend_sync_check('clips');
\echo :SQLSTATE

\x off
\pset format aligned
REVOKE CREATE ON SCHEMA public FROM check_owner, check_clips_owner;
-- The oracle.
SELECT c.* FROM campaigns c WHERE spent IS DISTINCT FROM (
    SELECT coalesce(sum(k.earnings), 0) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
    WHERE s.campaign_id = c.id AND s.status = 'APPROVED');
REASSIGN OWNED BY check_owner, check_clips_owner TO CURRENT_ROLE;
DROP ROLE check_owner, check_clips_owner;
-- Two owners' totals in sight: what one may not see of the other's keeps nothing of his own from him.
CREATE ROLE check_other;
CREATE SCHEMA other AUTHORIZATION check_other;
GRANT USAGE ON SCHEMA public TO check_other;
SET ROLE check_other;
CREATE TABLE other.accounts (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE other.lines (account int, amount numeric(10,2), kind text);
SELECT count(*) FROM spend_sync_attach('other.accounts', NULL, 'other.lines', earnings => 'amount', submission_campaign => 'account', status => 'kind');
INSERT INTO other.lines VALUES (1, 2, 'approved');
SET search_path = other, public;
SELECT * FROM spend_sync_check() WHERE object ~ 'accounts|campaigns';
SELECT * FROM spend_sync_check('public.campaigns');
\echo :SQLSTATE
RESET ROLE;
RESET search_path;
DROP OWNED BY check_other;
DROP ROLE check_other;
