\echo Use "ALTER EXTENSION spend_sync UPDATE TO '0.3.0'" to load this file. \quit

-- Functions that are dropped and made anew, or new: who was granted one by name keeps it, and nobody gets any by default privileges.
SELECT pg_catalog.set_config('spend_sync_update.grants', coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
           CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, p.oid::pg_catalog.regprocedure, a.grantee::pg_catalog.regrole)), '[]')::pg_catalog.text, true)
FROM pg_catalog.pg_extension AS e, pg_catalog.pg_depend AS d, pg_catalog.pg_proc AS p, pg_catalog.aclexplode(p.proacl) AS a
WHERE e.extname OPERATOR(pg_catalog.=) 'spend_sync'
  AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
  AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) p.oid
  AND p.prorettype OPERATOR(pg_catalog.<>) ALL (ARRAY['pg_catalog.trigger', 'pg_catalog.event_trigger']::pg_catalog.regtype[])
  AND a.grantee OPERATOR(pg_catalog.<>) ALL (ARRAY[0::pg_catalog.oid, p.proowner]);

-- The library carries its version in its name: each function is made anew to call it.
DROP FUNCTION @extschema@.spend_sync_attach(regclass, regclass, regclass, name, name, name, name, name, name, name, name,
    text[], text, boolean);

CREATE OR REPLACE FUNCTION @extschema@.spend_sync_attach(campaigns regclass DEFAULT NULL, clips regclass DEFAULT
        '-', submissions regclass DEFAULT NULL, campaign_id TEXT DEFAULT NULL, title name DEFAULT NULL, spent name
        DEFAULT NULL, clip_id TEXT DEFAULT NULL, earnings name DEFAULT NULL, submission_campaign TEXT DEFAULT NULL,
        submission_clip TEXT DEFAULT NULL, status name DEFAULT 'status', approved TEXT[] DEFAULT '{APPROVED}',
        direct_writes TEXT DEFAULT 'correct', sync bool DEFAULT true, flush TEXT DEFAULT 'statement',
        count bool DEFAULT false)
    RETURNS TABLE (total TEXT, source TEXT, link TEXT, approved_when TEXT, on_direct_write TEXT, brought_up_at TEXT,
        corrected bigint, total_difference NUMERIC)
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_attach_wrapper';

CREATE FUNCTION @extschema@.spend_sync_plan(campaigns regclass DEFAULT NULL, clips regclass DEFAULT
        '-', submissions regclass DEFAULT NULL, campaign_id TEXT DEFAULT NULL, title name DEFAULT NULL, spent name
        DEFAULT NULL, clip_id TEXT DEFAULT NULL, earnings name DEFAULT NULL, submission_campaign TEXT DEFAULT NULL,
        submission_clip TEXT DEFAULT NULL, status name DEFAULT 'status', approved TEXT[] DEFAULT '{APPROVED}',
        direct_writes TEXT DEFAULT 'correct', sync bool DEFAULT true, flush TEXT DEFAULT 'statement',
        count bool DEFAULT false)
    RETURNS TABLE (severity TEXT, object TEXT, problem TEXT, advice TEXT)
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_plan_wrapper';

CREATE OR REPLACE FUNCTION @extschema@.spend_sync_check(campaigns regclass DEFAULT NULL)
    RETURNS TABLE (severity TEXT, object TEXT, problem TEXT, advice TEXT) STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_check_wrapper';

CREATE FUNCTION @extschema@.spend_sync_clips(id bigint, campaigns regclass DEFAULT NULL)
    RETURNS TABLE (submission TEXT, clip_id TEXT, status TEXT, amount NUMERIC, counts bool, total TEXT) STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_clips_by_number_wrapper';

CREATE FUNCTION @extschema@.spend_sync_clips(id TEXT[], campaigns regclass DEFAULT NULL)
    RETURNS TABLE (submission TEXT, clip_id TEXT, status TEXT, amount NUMERIC, counts bool, total TEXT) STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_clips_by_row_wrapper';

CREATE FUNCTION @extschema@.spend_sync_clips(id TEXT, campaigns regclass DEFAULT NULL)
    RETURNS TABLE (submission TEXT, clip_id TEXT, status TEXT, amount NUMERIC, counts bool, total TEXT) STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_clips_by_text_wrapper';

CREATE FUNCTION @extschema@.spend_sync_clips(id uuid, campaigns regclass DEFAULT NULL)
    RETURNS TABLE (submission TEXT, clip_id TEXT, status TEXT, amount NUMERIC, counts bool, total TEXT) STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_clips_by_uuid_wrapper';

DROP FUNCTION @extschema@.spend_sync_detach(regclass);
CREATE FUNCTION @extschema@.spend_sync_detach(campaigns regclass, spent name DEFAULT NULL)
    RETURNS TABLE (total TEXT, source TEXT, link TEXT, approved_when TEXT)
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_detach_wrapper';

CREATE OR REPLACE FUNCTION @extschema@.spend_sync_report(campaigns regclass DEFAULT NULL) RETURNS jsonb STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_report_wrapper';

DROP FUNCTION @extschema@.spend_sync_status(regclass);
CREATE FUNCTION @extschema@.spend_sync_status(campaigns regclass DEFAULT NULL)
    RETURNS TABLE (campaign_id TEXT, title TEXT, recorded_spent NUMERIC, actual_spent NUMERIC, difference NUMERIC,
        needs_sync bool, approved_clips bigint, total TEXT) STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_status_wrapper';

DROP FUNCTION @extschema@.sync_all_campaigns(regclass);
CREATE FUNCTION @extschema@.sync_all_campaigns(campaigns regclass DEFAULT NULL)
    RETURNS TABLE (campaign_id TEXT, title TEXT, old_spent NUMERIC, new_spent NUMERIC, difference NUMERIC,
        approved_clips bigint, total TEXT)
    LANGUAGE c AS 'spend_sync-0.3.0', 'sync_all_campaigns_wrapper';

DROP FUNCTION @extschema@.sync_campaign(bigint, regclass);
CREATE FUNCTION @extschema@.sync_campaign(id bigint, campaigns regclass DEFAULT NULL)
    RETURNS TABLE (campaign_id TEXT, title TEXT, old_spent NUMERIC, new_spent NUMERIC, difference NUMERIC,
        approved_clips bigint, total TEXT)
    LANGUAGE c AS 'spend_sync-0.3.0', 'sync_campaign_by_number_wrapper';

CREATE FUNCTION @extschema@.sync_campaign(id TEXT[], campaigns regclass DEFAULT NULL)
    RETURNS TABLE (campaign_id TEXT, title TEXT, old_spent NUMERIC, new_spent NUMERIC, difference NUMERIC,
        approved_clips bigint, total TEXT)
    LANGUAGE c AS 'spend_sync-0.3.0', 'sync_campaign_by_row_wrapper';

DROP FUNCTION @extschema@.sync_campaign(text, regclass);
CREATE FUNCTION @extschema@.sync_campaign(id TEXT, campaigns regclass DEFAULT NULL)
    RETURNS TABLE (campaign_id TEXT, title TEXT, old_spent NUMERIC, new_spent NUMERIC, difference NUMERIC,
        approved_clips bigint, total TEXT)
    LANGUAGE c AS 'spend_sync-0.3.0', 'sync_campaign_by_text_wrapper';

DROP FUNCTION @extschema@.sync_campaign(uuid, regclass);
CREATE FUNCTION @extschema@.sync_campaign(id uuid, campaigns regclass DEFAULT NULL)
    RETURNS TABLE (campaign_id TEXT, title TEXT, old_spent NUMERIC, new_spent NUMERIC, difference NUMERIC,
        approved_clips bigint, total TEXT)
    LANGUAGE c AS 'spend_sync-0.3.0', 'sync_campaign_by_uuid_wrapper';

CREATE OR REPLACE FUNCTION spend_sync.capture_clip() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_capture_clip';

CREATE OR REPLACE FUNCTION spend_sync.capture_submission() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_capture_submission';

CREATE OR REPLACE FUNCTION spend_sync.capture_campaign() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_capture_campaign';

CREATE OR REPLACE FUNCTION spend_sync.keep_total() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_keep_total';

CREATE OR REPLACE FUNCTION spend_sync.begin() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_begin';

CREATE OR REPLACE FUNCTION spend_sync.flush() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_flush';

CREATE OR REPLACE FUNCTION spend_sync.flush_at_commit() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_flush_at_commit';

CREATE OR REPLACE FUNCTION spend_sync.wakes() RETURNS boolean VOLATILE PARALLEL UNSAFE
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_wakes';

CREATE OR REPLACE FUNCTION spend_sync.follow() RETURNS event_trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_follow';

CREATE OR REPLACE PROCEDURE @extschema@.spend_sync_repair(campaigns regclass DEFAULT NULL, batch_size integer
        DEFAULT 500)
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_repair';

CREATE OR REPLACE FUNCTION spend_sync.is_own(number xid) RETURNS bool STRICT PARALLEL RESTRICTED
    LANGUAGE c AS 'spend_sync-0.3.0', 'is_own_wrapper';

CREATE OR REPLACE FUNCTION spend_sync.renew_triggers() RETURNS VOID STRICT
    LANGUAGE c AS 'spend_sync-0.3.0', 'renew_triggers_wrapper';
COMMENT ON FUNCTION spend_sync.keep_total() IS 'spend_sync: keeps a total from direct writes';
COMMENT ON FUNCTION spend_sync.begin() IS 'spend_sync: notes that a statement begins';
COMMENT ON FUNCTION spend_sync.flush_at_commit() IS 'spend_sync: brings totals up at commit';
COMMENT ON FUNCTION spend_sync.wakes() IS 'spend_sync: whether a row that is written has totals brought up at commit';

-- The log tells more of whoever had a total corrected, and its rows can be named.
ALTER TABLE spend_sync.correction
    ALTER role TYPE text,
    ADD session_role text,
    ADD application_name text,
    ADD id bigint GENERATED ALWAYS AS IDENTITY,
    ADD spent text,
    ADD server bigint NOT NULL DEFAULT (pg_catalog.pg_control_system()).system_identifier;
-- A publication FOR ALL TABLES sends it on. So it has no key, for the other server's own log has these numbers too; names no
-- table by its name, which would have to be found there; and says which row is deleted, when old ones are.
ALTER TABLE spend_sync.correction ALTER campaigns TYPE oid;
CREATE INDEX ON spend_sync.correction (id);
COMMENT ON COLUMN spend_sync.correction.campaigns IS 'the campaigns table: campaigns::regclass is its name';
ALTER TABLE spend_sync.correction REPLICA IDENTITY FULL;
-- Whoever has the rights of the owner of a campaigns table reads what was found there; who was granted something by name, all. Of another
-- server's rows the OID is none of this one's tables.
ALTER TABLE spend_sync.correction ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_or_granted ON spend_sync.correction USING (
    server OPERATOR(pg_catalog.=) (SELECT s.system_identifier FROM pg_catalog.pg_control_system() s)
    AND EXISTS (SELECT FROM pg_catalog.pg_class c
                WHERE c.oid OPERATOR(pg_catalog.=) campaigns AND pg_catalog.pg_has_role(c.relowner, 'USAGE'))
    OR EXISTS (SELECT FROM pg_catalog.pg_class l, pg_catalog.aclexplode(l.relacl) a
               WHERE l.oid OPERATOR(pg_catalog.=) 'spend_sync.correction'::pg_catalog.regclass
                 AND a.grantee OPERATOR(pg_catalog.<>) 0 AND pg_catalog.pg_has_role(a.grantee, 'USAGE')));
-- It is no configuration that pg_dump carries any more: a dump by the owner of an application would have to read all of it.
ALTER EXTENSION spend_sync DROP TABLE spend_sync.correction;
ALTER EXTENSION spend_sync ADD TABLE spend_sync.correction;
ALTER TABLE spend_sync.large_campaign SET UNLOGGED;
ALTER TABLE spend_sync.large_campaign RENAME recomputed_at TO verified_at;
-- What it says is found out again: of each total of its own now.
DELETE FROM spend_sync.large_campaign;
ALTER TABLE spend_sync.large_campaign
    ADD total smallint NOT NULL,
    DROP CONSTRAINT large_campaign_pkey,
    ADD PRIMARY KEY (campaigns, total, campaign_id);
COMMENT ON COLUMN spend_sync.large_campaign.total IS 'the number of the total''s column';
COMMENT ON TABLE spend_sync.large_campaign IS
    'a row for each campaign of many approved clips that was verified: summed from its clips, or compared with them';
COMMENT ON COLUMN spend_sync.large_campaign.approved_clips IS 'how many approved clips it had then';
COMMENT ON COLUMN spend_sync.large_campaign.verified_at IS
    'when that was last; no backend does it again before recompute_interval is over';
COMMENT ON COLUMN spend_sync.correction.session_role IS 'the role that the session was opened as, which may have taken that role';
COMMENT ON COLUMN spend_sync.correction.application_name IS 'what the session called itself';
COMMENT ON COLUMN spend_sync.correction.id IS 'the row''s number';
COMMENT ON COLUMN spend_sync.correction.spent IS 'the total''s column, as it was called then';
COMMENT ON COLUMN spend_sync.correction.server IS 'the system identifier of the server that found it';
COMMENT ON COLUMN spend_sync.correction.recorded IS 'what the total said';

-- Names as text, which each driver reads.
DROP VIEW spend_sync.binding;
DROP FUNCTION spend_sync.bindings();
CREATE FUNCTION spend_sync.bindings()
    RETURNS TABLE (campaigns TEXT, clips TEXT, submissions TEXT, columns jsonb) STRICT STABLE
    LANGUAGE c AS 'spend_sync-0.3.0', 'bindings_wrapper';
CREATE VIEW spend_sync.binding AS
SELECT b.campaigns,
       c.columns OPERATOR(pg_catalog.->>) 'campaign_id' AS campaign_id,
       c.columns OPERATOR(pg_catalog.->>) 'title' AS title,
       c.columns OPERATOR(pg_catalog.->>) 'spent' AS spent,
       b.clips,
       c.columns OPERATOR(pg_catalog.->>) 'clip_id' AS clip_id,
       c.columns OPERATOR(pg_catalog.->>) 'earnings' AS earnings,
       b.submissions,
       c.columns OPERATOR(pg_catalog.->>) 'submission_campaign' AS submission_campaign,
       c.columns OPERATOR(pg_catalog.->>) 'submission_clip' AS submission_clip,
       c.columns OPERATOR(pg_catalog.->>) 'status' AS status,
       ARRAY(SELECT pg_catalog.jsonb_array_elements_text(c.columns OPERATOR(pg_catalog.->) 'approved')) AS approved,
       c.columns OPERATOR(pg_catalog.->>) 'direct_writes' AS direct_writes,
       c.columns OPERATOR(pg_catalog.->>) 'flush' AS flush
FROM spend_sync.bindings() AS b, LATERAL (SELECT b.columns) AS c (columns);
COMMENT ON VIEW spend_sync.binding IS 'which tables and columns feed which total';
GRANT SELECT ON spend_sync.binding TO PUBLIC;

-- Default privileges may have given rights to write the log to others, whose triggers there would run as whoever repairs a total. Who
-- reads it, and who prunes it, stay.
DO $$
DECLARE
    taken text;
BEGIN
    FOR taken IN
        SELECT pg_catalog.format('REVOKE %s ON %s FROM %s', o.rights, o.object,
                                 CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::pg_catalog.regrole::pg_catalog.text END)
        FROM (SELECT 'CREATE' AS rights, 'SCHEMA spend_sync' AS object, n.nspacl AS acl, n.nspowner AS owner
              FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.=) 'spend_sync'
              UNION ALL
              SELECT CASE c.relkind WHEN 'S' THEN 'ALL' ELSE 'INSERT, UPDATE, TRUNCATE, REFERENCES, TRIGGER' END,
                     CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END OPERATOR(pg_catalog.||) c.oid::pg_catalog.regclass::pg_catalog.text,
                     c.relacl, c.relowner
              FROM pg_catalog.pg_class AS c
              WHERE c.relnamespace OPERATOR(pg_catalog.=) 'spend_sync'::pg_catalog.regnamespace
                AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'S']::pg_catalog."char"[])) AS o,
             LATERAL pg_catalog.aclexplode(o.acl) AS a
        WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner
    LOOP
        EXECUTE taken;
    END LOOP;
END
$$;
-- A WHEN runs as whoever writes, who must be allowed to call it.
GRANT EXECUTE ON FUNCTION spend_sync.wakes() TO PUBLIC;
GRANT EXECUTE ON FUNCTION spend_sync.bindings() TO PUBLIC;
GRANT SELECT ON spend_sync.correction TO PUBLIC;
REVOKE EXECUTE ON FUNCTION spend_sync.renew_triggers() FROM PUBLIC;
-- The owner of the tables brings totals to the truth without being told that he may, so everybody may call these; they refuse a
-- caller who has neither the owner's rights nor a grant of his own (a grant to PUBLIC, as this one, is none).
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(text, regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(bigint, regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(uuid, regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_campaign(text[], regclass) TO PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.sync_all_campaigns(regclass) TO PUBLIC;
GRANT EXECUTE ON PROCEDURE @extschema@.spend_sync_repair(regclass, integer) TO PUBLIC;

DO $$
DECLARE
    command text;
BEGIN
    FOR command IN
        SELECT pg_catalog.format('REVOKE EXECUTE ON %s %s FROM %s', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
                                 p.oid::pg_catalog.regprocedure, a.grantee::pg_catalog.regrole)
        FROM pg_catalog.pg_extension AS e, pg_catalog.pg_depend AS d, pg_catalog.pg_proc AS p, pg_catalog.aclexplode(p.proacl) AS a
        WHERE e.extname OPERATOR(pg_catalog.=) 'spend_sync'
          AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
          AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) p.oid
          AND a.grantee OPERATOR(pg_catalog.<>) ALL (ARRAY[0::pg_catalog.oid, p.proowner])
        UNION ALL
        SELECT pg_catalog.format('GRANT EXECUTE ON %s %s TO %s', g OPERATOR(pg_catalog.->>) 0, g OPERATOR(pg_catalog.->>) 1, g OPERATOR(pg_catalog.->>) 2)
        FROM pg_catalog.jsonb_array_elements(pg_catalog.current_setting('spend_sync_update.grants')::pg_catalog.jsonb) AS g
        WHERE pg_catalog.to_regprocedure(g OPERATOR(pg_catalog.->>) 1) IS NOT NULL
    LOOP
        EXECUTE command;
    END LOOP;
END
$$;

-- Partitions may also go with what their own keys name.
DROP EVENT TRIGGER spend_sync_before;
DROP EVENT TRIGGER spend_sync_after;
CREATE EVENT TRIGGER spend_sync_before ON ddl_command_start
    WHEN TAG IN ('ALTER FOREIGN TABLE', 'ALTER FUNCTION', 'ALTER INDEX', 'ALTER MATERIALIZED VIEW', 'ALTER ROUTINE', 'ALTER SCHEMA', 'ALTER TABLE', 'ALTER TYPE', 'ALTER VIEW',
                 'DROP ACCESS METHOD', 'DROP AGGREGATE', 'DROP CAST', 'DROP COLLATION', 'DROP CONVERSION', 'DROP DOMAIN', 'DROP EXTENSION',
                 'DROP FOREIGN DATA WRAPPER', 'DROP FOREIGN TABLE', 'DROP FUNCTION', 'DROP INDEX', 'DROP LANGUAGE',
                 'DROP MATERIALIZED VIEW', 'DROP OPERATOR', 'DROP OPERATOR CLASS', 'DROP OPERATOR FAMILY', 'DROP OWNED', 'DROP PROCEDURE', 'DROP ROUTINE',
                 'DROP SCHEMA', 'DROP SEQUENCE', 'DROP SERVER', 'DROP TABLE', 'DROP TEXT SEARCH CONFIGURATION',
                 'DROP TEXT SEARCH DICTIONARY', 'DROP TEXT SEARCH PARSER', 'DROP TEXT SEARCH TEMPLATE', 'DROP TRANSFORM', 'DROP TYPE',
                 'DROP VIEW')
    EXECUTE FUNCTION spend_sync.follow();
COMMENT ON EVENT TRIGGER spend_sync_before IS 'spend_sync: notes what the names of bound tables and columns mean';

CREATE EVENT TRIGGER spend_sync_after ON ddl_command_end
    WHEN TAG IN ('ALTER FOREIGN TABLE', 'ALTER FUNCTION', 'ALTER INDEX', 'ALTER MATERIALIZED VIEW', 'ALTER ROUTINE', 'ALTER SCHEMA', 'ALTER TABLE', 'ALTER TYPE', 'ALTER VIEW',
                 'CREATE FOREIGN TABLE', 'CREATE SCHEMA', 'CREATE TABLE',
                 'DROP ACCESS METHOD', 'DROP AGGREGATE', 'DROP CAST', 'DROP COLLATION', 'DROP CONVERSION', 'DROP DOMAIN', 'DROP EXTENSION',
                 'DROP FOREIGN DATA WRAPPER', 'DROP FOREIGN TABLE', 'DROP FUNCTION', 'DROP INDEX', 'DROP LANGUAGE',
                 'DROP MATERIALIZED VIEW', 'DROP OPERATOR', 'DROP OPERATOR CLASS', 'DROP OPERATOR FAMILY', 'DROP OWNED', 'DROP PROCEDURE', 'DROP ROUTINE',
                 'DROP SCHEMA', 'DROP SEQUENCE', 'DROP SERVER', 'DROP TABLE', 'DROP TEXT SEARCH CONFIGURATION',
                 'DROP TEXT SEARCH DICTIONARY', 'DROP TEXT SEARCH PARSER', 'DROP TEXT SEARCH TEMPLATE', 'DROP TRANSFORM', 'DROP TYPE',
                 'DROP VIEW')
    EXECUTE FUNCTION spend_sync.follow();
COMMENT ON EVENT TRIGGER spend_sync_after IS 'spend_sync: writes new names into the triggers, sums what partitions brought or took';

-- What the setting said, the total says now: it is lost with it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_db_role_setting AS s, pg_catalog.unnest(s.setconfig) AS c
               WHERE c OPERATOR(pg_catalog.~~) 'spend_sync.flush=%') THEN
        RAISE WARNING 'the setting spend_sync.flush is gone: totals are brought up at the end of each statement'
            USING HINT = 'Reset it, and attach with flush => ''commit'' what is to be brought up at commit.';
    END IF;
END
$$;

-- The triggers of every binding, as this version makes them: writers wait until this transaction ends.
SELECT spend_sync.renew_triggers();
