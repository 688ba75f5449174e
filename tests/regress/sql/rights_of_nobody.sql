-- A role that was given nothing: each function, table, trigger function and event trigger of the extension in turn, found in the
-- catalog, so that what is added later is tried too. It reads nothing, changes nothing, and stops nobody.
CREATE EXTENSION spend_sync;
CREATE ROLE nobody_owner;
CREATE ROLE nobody_at_all;
CREATE SCHEMA app AUTHORIZATION nobody_owner;
CREATE SCHEMA lair AUTHORIZATION nobody_at_all;
GRANT USAGE ON SCHEMA app TO nobody_at_all; -- so that it gets as far as the functions' own checks
SET ROLE nobody_owner;
CREATE TABLE app.campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE app.clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE app.clip_submissions (campaign_id int REFERENCES app.campaigns, clip_id int REFERENCES app.clips, status text);
CREATE INDEX ON app.clip_submissions (campaign_id);
CREATE INDEX ON app.clip_submissions (clip_id);
INSERT INTO app.campaigns VALUES (1, 'Secret title', 4242.42);
INSERT INTO app.clips VALUES (1, 10);
INSERT INTO app.clip_submissions VALUES (1, 1, 'APPROVED');
SELECT corrected FROM spend_sync_attach('app.campaigns', 'app.clips', 'app.clip_submissions');
RESET ROLE;
CREATE TABLE before AS SELECT * FROM app.campaigns;

-- What is tried: each function with the campaigns table where it takes one, each table with each command.
CREATE VIEW attempts AS
    SELECT format('%s %s(%s)', CASE prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, p.oid::regproc,
            (SELECT string_agg(CASE format_type(t, NULL) WHEN 'regclass' THEN '''app.' || (ARRAY['campaigns', 'clips', 'clip_submissions'])[least(o, 3)] || '''::regclass'
                    WHEN 'uuid' THEN quote_literal(gen_random_uuid()) || '::uuid' WHEN 'xid' THEN '''1''::xid' WHEN 'text[]' THEN '''{1}''::text[]' ELSE '''1''::' || format_type(t, NULL) END, ', ' ORDER BY o)
             FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (t, o)
             WHERE o <= p.pronargs - CASE WHEN proname = 'spend_sync_attach' THEN p.pronargs - 3 ELSE 0 END)) AS sql
    FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'spend_sync'
    UNION ALL
    SELECT format(command, c.oid::regclass, (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = 1))
    FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'spend_sync',
    unnest(ARRAY['SELECT 1 / count(*) FROM %s', 'SELECT * FROM %s FOR UPDATE', 'INSERT INTO %s DEFAULT VALUES', 'UPDATE %s SET %s = NULL', 'DELETE FROM %s', 'TRUNCATE %s',
        'LOCK TABLE %s', 'ALTER TABLE %s RENAME TO mine', 'DROP TABLE %s', 'CREATE TRIGGER t AFTER INSERT ON %s FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip()']) AS command
    -- What PostgreSQL says of sequences there depends on its version.
    WHERE c.relkind <> 'S' OR command !~ '^(LOCK|CREATE TRIGGER)'
    UNION ALL
    SELECT unnest(ARRAY['DROP EXTENSION spend_sync', 'ALTER EVENT TRIGGER spend_sync_before DISABLE', 'DROP EVENT TRIGGER spend_sync_after',
        'CREATE TABLE spend_sync.mine (id int)', 'CREATE FUNCTION spend_sync.flush(int) RETURNS int LANGUAGE sql AS ''SELECT 1''', 'DROP SCHEMA spend_sync CASCADE',
        'ALTER TABLE app.clips RENAME TO mine', 'ALTER TABLE app.clips DISABLE TRIGGER ALL', 'DROP TRIGGER spend_sync_campaigns_row ON app.clips']);
CREATE PROCEDURE attempt(INOUT sql text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
    sql := sql || ' -> done';
EXCEPTION WHEN OTHERS THEN
    sql := regexp_replace(sql, '[0-9a-f]{8}-[0-9a-f-]*', 'some uuid') || ' -> ' || SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION attempt_all() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    attempts text[] := ARRAY(SELECT a.sql FROM public.attempts a);
    sql text;
BEGIN
    SET LOCAL ROLE nobody_at_all;
    FOREACH sql IN ARRAY attempts LOOP
        CALL public.attempt(sql);
        RETURN NEXT sql;
    END LOOP;
    RESET ROLE;
END $$;
GRANT SELECT ON attempts TO nobody_at_all;
GRANT EXECUTE ON FUNCTION attempt_all() TO nobody_at_all;
SELECT * FROM attempt_all() AS outcome ORDER BY outcome COLLATE "C";

-- Nothing has changed, and no message showed the title or the total.
SELECT count(*) AS leaked FROM attempt_all() AS outcome WHERE outcome ~ 'Secret|4242|10\.00';
SELECT * FROM app.campaigns EXCEPT TABLE before;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgname LIKE 'spend\_sync%';
SELECT count(*) AS corrections FROM spend_sync.correction;

-- What it does to tables of its own reaches no one else: forged triggers, temporary tables of the bound tables' names.
SET ROLE nobody_at_all;
CREATE TABLE lair.clips (id int, earnings numeric);
CREATE TRIGGER forged AFTER INSERT OR UPDATE ON lair.clips FOR EACH ROW EXECUTE FUNCTION spend_sync.capture_clip(
    '{"campaigns":["app","campaigns"],"clips":["app","clips"],"submissions":["app","clip_submissions"],"campaign_id":"id","title":"title","spent":"spent","clip_id":"id","earnings":"earnings","submission_campaign":"campaign_id","submission_clip":"clip_id","status":"status","approved":["APPROVED"],"direct_writes":"correct","flush":"statement"}');
INSERT INTO lair.clips VALUES (1, 100000);
\echo :SQLSTATE
CREATE TEMP TABLE campaigns (id int PRIMARY KEY, spent numeric);
CREATE TEMP TABLE clips (id int PRIMARY KEY, earnings numeric);
CREATE TEMP TABLE clip_submissions (campaign_id int, clip_id int, status text);
-- (The schema of a session's temporary tables has a number.)
DO $$
DECLARE
    reason text;
BEGIN
    PERFORM spend_sync_attach();
EXCEPTION WHEN wrong_object_type THEN
    GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
    RAISE NOTICE '%. %', regexp_replace(SQLERRM, '_\d+', ''), reason;
END $$;
ALTER TABLE clips RENAME earnings TO earned;
DROP TABLE clips;
RESET ROLE;
SET search_path = app, public;
UPDATE app.clips SET earnings = 11;
SELECT * FROM app.campaigns;

-- A writer without any right on campaigns, or on the extension, beyond what everybody has.
GRANT SELECT, UPDATE ON app.clips TO nobody_at_all;
GRANT INSERT (campaign_id, clip_id, status) ON app.clip_submissions TO nobody_at_all;
SET ROLE nobody_at_all;
UPDATE app.clips SET earnings = 12;
INSERT INTO app.clip_submissions VALUES (1, 1, 'APPROVED');
SELECT * FROM app.campaigns;
RESET ROLE;
-- Through a view as its caller, a function as its owner, a foreign key's cascade.
-- (A view of a caller's rights is one from PostgreSQL 15 on.)
SELECT current_setting('server_version_num')::int >= 150000 AS has_invokers \gset
\if :has_invokers
CREATE VIEW app.mine WITH (security_invoker = true) AS SELECT * FROM app.clips;
GRANT SELECT, UPDATE ON app.mine TO nobody_at_all;
\endif
CREATE FUNCTION app.earn(amount numeric) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_temp AS 'UPDATE app.clips SET earnings = amount';
SET ROLE nobody_at_all;
\if :has_invokers
UPDATE app.mine SET earnings = 13;
\endif
SELECT app.earn(14);
RESET ROLE;
SELECT c.spent, sum(k.earnings) AS oracle FROM app.campaigns c JOIN app.clip_submissions s ON s.campaign_id = c.id JOIN app.clips k ON k.id = s.clip_id GROUP BY c.id;

-- Somebody else's triggers on campaigns run as their owner, though a superuser repairs.
SET ROLE nobody_owner;
CREATE TABLE app.seen (role name);
CREATE FUNCTION app.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.seen VALUES (current_user); RETURN NEW; END $$;
CREATE TRIGGER look BEFORE UPDATE ON app.campaigns FOR EACH ROW EXECUTE FUNCTION app.look();
RESET ROLE;
SET session_replication_role = replica;
UPDATE app.campaigns SET spent = 0;
RESET session_replication_role;
TRUNCATE app.seen;
SELECT new_spent FROM sync_all_campaigns('app.campaigns');
UPDATE app.clips SET earnings = 15;
TABLE app.seen;
