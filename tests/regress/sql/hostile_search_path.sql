-- A schema that comes first in the search path, before pg_catalog, with operators, functions, types and tables of the names
-- that our statements use: none of them is ever called. This matters: sums run as the
-- owner of campaigns, the log of corrections is written as the owner of the extension, perhaps a superuser.
CREATE EXTENSION spend_sync;
CREATE TYPE state AS ENUM ('PENDING', 'APPROVED');
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings float8 DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id text NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    clip_id int REFERENCES clips ON DELETE CASCADE,
    status state NOT NULL
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings::numeric) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;
INSERT INTO campaigns VALUES ('a', 'One'), ('b', 'Two');
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 30);
INSERT INTO clip_submissions VALUES (1, 'a', 1, 'APPROVED'), (2, 'a', 2, 'PENDING'), (3, 'b', 3, 'APPROVED');

CREATE SCHEMA evil;
-- For each operator of these names and built-in types, one that raises an error.
DO $$
DECLARE
    o record;
    number int := 0;
BEGIN
    FOR o IN
        SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r, oprresult::regtype AS result
        FROM pg_operator
        WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprkind = 'b'
          AND oprname IN ('=', '<>', '<', '>', '>=', '<=', '-', '+', '->', '->>', '||')
          AND oprleft = ANY ('{text,name,int4,int8,int2,numeric,float8,bool,oid,anyenum,anyarray,jsonb,char,regclass}'::regtype[])
          AND oprright = ANY ('{text,name,int4,int8,int2,numeric,float8,bool,oid,anyenum,anyarray,jsonb,char,regclass}'::regtype[])
          AND oprresult NOT IN ('anyarray'::regtype)
        ORDER BY oprname, oprleft, oprright
    LOOP
        number := number + 1;
        EXECUTE format('CREATE FUNCTION evil.operator_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS
            ''BEGIN RAISE EXCEPTION ''''fell for an operator''''; END''', number, o.l, o.r, o.result);
        EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.operator_%s)',
            o.oprname, o.l, o.r, number);
    END LOOP;
    IF number < 100 THEN RAISE EXCEPTION 'too few operators: %', number; END IF;
END $$;
CREATE FUNCTION evil.add_one(numeric, numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 666.66';
CREATE AGGREGATE evil.sum(numeric) (SFUNC = evil.add_one, STYPE = numeric, INITCOND = '666.66');
CREATE FUNCTION evil.count_one(bigint, anyelement) RETURNS bigint LANGUAGE sql AS 'SELECT 666::bigint';
CREATE AGGREGATE evil.count(anyelement) (SFUNC = evil.count_one, STYPE = bigint, INITCOND = '666');
-- Functions of the names that a statement of ours, or a catalog query, could call.
DO $$
DECLARE f record;
BEGIN
    FOR f IN
        SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, p.prorettype::regtype AS result, p.proretset
        FROM pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0
          AND p.proname IN ('unnest', 'abs', 'round', 'nullif', 'quote_ident', 'to_regclass', 'pg_get_userbyid', 'format_type', 'pg_has_role',
              'has_table_privilege', 'has_any_column_privilege', 'has_schema_privilege', 'row_security_active', 'pg_advisory_xact_lock', 'now',
              'clock_timestamp', 'convert_from', 'substr', 'length', 'pg_get_expr', 'jsonb_array_elements_text', 'numeric', 'text')
          AND NOT (p.proretset AND p.prorettype = 'record'::regtype)
    LOOP
        EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS
            ''BEGIN RAISE EXCEPTION ''''fell for a function''''; END''',
            f.proname, f.arguments, CASE WHEN f.proretset THEN 'SETOF' ELSE '' END, f.result);
    END LOOP;
END $$;
CREATE DOMAIN evil.text AS pg_catalog.text CHECK (false);
CREATE DOMAIN evil.regclass AS pg_catalog.regclass CHECK (false);
CREATE DOMAIN evil.name AS pg_catalog.name CHECK (false);
CREATE TABLE evil.pg_class AS SELECT * FROM pg_class LIMIT 0;
CREATE TABLE evil.pg_trigger AS SELECT * FROM pg_trigger LIMIT 0;
CREATE TABLE evil.pg_attribute (attrelid oid);
CREATE TABLE evil.pg_namespace AS SELECT * FROM pg_namespace LIMIT 0;
CREATE TABLE evil.correction (campaign_id text);
CREATE TYPE evil.state AS ENUM ('APPROVED');

\set hostile 'SET search_path = evil, pg_catalog, public;'
:hostile
-- It works: whoever does not name his schema falls for it.
SELECT 1 = 1;
SELECT sum(1.0);

SELECT public.spend_sync_attach('public.campaigns', 'public.clips', 'public.clip_submissions');
RESET search_path;
TABLE totals;
SELECT pg_get_triggerdef(oid) LIKE '%IS DISTINCT FROM%' AS filtered FROM pg_trigger WHERE tgname = 'spend_sync_wake_update';

-- Every write and every function of ours, with that in sight. (Conditions of our own would fall for it: none are written.)
:hostile
UPDATE public.clips SET earnings = 11;
UPDATE public.clip_submissions SET status = 'APPROVED';
INSERT INTO public.clips VALUES (4, 44);
INSERT INTO public.clip_submissions VALUES (4, 'b', 4, 'APPROVED');
RESET search_path;
TABLE totals;
:hostile
UPDATE public.campaigns SET spent = 5;
INSERT INTO public.campaigns VALUES ('c', 'Three', 7);
UPDATE public.clip_submissions SET campaign_id = 'c';
TRUNCATE public.clip_submissions;
INSERT INTO public.clip_submissions VALUES (1, 'a', 1, 'APPROVED'), (2, 'a', 2, 'PENDING'), (3, 'b', 3, 'APPROVED');
SELECT public.spend_sync_attach('public.campaigns', 'public.clips', 'public.clip_submissions', flush => 'commit', sync => false);
BEGIN;
UPDATE public.clips SET earnings = 12;
COMMIT;
RESET search_path;
TABLE totals;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 0;
RESET session_replication_role;
:hostile
SELECT * FROM public.spend_sync_status('public.campaigns');
SELECT public.spend_sync_report('public.campaigns');
SELECT * FROM public.spend_sync_check('public.campaigns');
SELECT * FROM public.sync_campaign('a'::pg_catalog.text, 'public.campaigns');
SELECT * FROM public.sync_all_campaigns('public.campaigns');
SELECT * FROM public.sync_all_campaigns();
SELECT * FROM spend_sync.binding;
RESET search_path;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY at, campaign_id;
TABLE totals;

-- Tables of the same names: the ones that are attached count, not the ones that the writer sees.
CREATE TABLE evil.campaigns (LIKE public.campaigns INCLUDING ALL);
CREATE TABLE evil.clips (LIKE public.clips INCLUDING ALL);
CREATE TABLE evil.clip_submissions (LIKE public.clip_submissions INCLUDING ALL);
CREATE TEMP TABLE campaigns (LIKE public.campaigns INCLUDING ALL);
CREATE TEMP TABLE clip_submissions (LIKE public.clip_submissions INCLUDING ALL);
:hostile
UPDATE public.clips SET earnings = 13;
INSERT INTO evil.clips VALUES (9, 9);
INSERT INTO evil.campaigns VALUES ('a', 'Evil', 9);
-- The attached table is not the one in sight now.
SELECT * FROM public.spend_sync_status();
SELECT public.spend_sync_detach('public.campaigns');
SELECT public.spend_sync_attach('public.campaigns', 'public.clips', 'public.clip_submissions');
-- Renames, of the tables that are attached and of those that are in sight only.
ALTER TABLE public.clips RENAME earnings TO earned;
ALTER TABLE clips RENAME earnings TO mine;
ALTER TABLE campaigns RENAME TO mine;
UPDATE public.clips SET earned = 14;
ALTER TABLE public.clips RENAME earned TO earnings;
ALTER TABLE public.campaigns RENAME TO contests;
UPDATE public.clips SET earnings = 15;
ALTER TABLE public.contests RENAME TO campaigns;
DROP TABLE clips, mine;
RESET search_path;
SELECT clips, earnings FROM spend_sync.binding;

-- The oracle.
TABLE totals;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
