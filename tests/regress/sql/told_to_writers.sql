-- What an error tells a writer without the rights of the tables' owner: nothing that stands in campaigns. Their owner, his members
-- and superusers are told all, and so is the server's log.
CREATE EXTENSION spend_sync;
-- Which statement stores a total is one of two; here it is that of sums.
SET spend_sync.recompute_interval = 0;
CREATE ROLE told_owner;
CREATE ROLE told_member IN ROLE told_owner;
CREATE ROLE told_writer;
CREATE SCHEMA app AUTHORIZATION told_owner;
GRANT USAGE ON SCHEMA app TO told_writer;
SET ROLE told_owner;
SET search_path = app, public;
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(12,2));
CREATE TABLE clip_submissions (campaign_id text REFERENCES campaigns, clip_id text REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES ('hush-hush', 'Secret'), ('other', NULL);
INSERT INTO clips VALUES ('k1', 1234.56), ('k2', 0);
INSERT INTO clip_submissions VALUES ('hush-hush', 'k1', 'APPROVED'), ('hush-hush', 'k2', 'APPROVED');
SELECT corrected FROM spend_sync_attach();
GRANT UPDATE, SELECT (id) ON clips TO told_writer;
\set write 'UPDATE clips SET earnings = 99999999 WHERE id = ''k2'''

-- A total that does not fit.
SET ROLE told_writer;
:write;
\echo :SQLSTATE
SET ROLE told_member;
:write;
RESET ROLE;
:write;
-- Within a function of the writer's, which looks at all that an error has.
CREATE FUNCTION public.diagnosed(command text) RETURNS TABLE (part text, said text) LANGUAGE plpgsql AS $$
DECLARE
    m text; d text; h text; c text; s text;
BEGIN
    EXECUTE command;
    RETURN QUERY SELECT 'done', ''::text;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT, c = PG_EXCEPTION_CONTEXT, s = RETURNED_SQLSTATE;
    RETURN QUERY VALUES ('sqlstate', s), ('message', m), ('detail', d), ('hint', h), ('context', regexp_replace(c, 'SQL statement "UPDATE "app.*', 'ours', 'n'));
END $$;
SET ROLE told_writer;
SELECT * FROM public.diagnosed($$UPDATE app.clips SET earnings = 99999999 WHERE id = 'k2'$$);

-- A trigger that skips our update, or changes it.
SET ROLE told_owner;
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    CASE TG_ARGV[0]
        WHEN 'skip' THEN RETURN NULL;
        WHEN 'change' THEN NEW.spent := 1;
        WHEN 'cast' THEN NEW.title := (NEW.spent::text)::int;
        WHEN 'key' THEN NEW.title := NEW.id::uuid;
        WHEN 'json' THEN NEW.title := (('{"spent": ' || NEW.spent || ', "id": ' || NEW.id || '}')::jsonb)::text;
        WHEN 'execute' THEN EXECUTE format('UPDATE app.ledger_%I SET spent = %L', NEW.id, NEW.spent);
        WHEN 'syntax' THEN EXECUTE format('UPDATE app.campaigns SET spnt = %L', NEW.spent);
        WHEN 'zero' THEN EXECUTE format('SELECT %s / 0', NEW.spent);
        WHEN 'query' THEN FOR one IN EXECUTE format('SELECT %L::int', NEW.spent) LOOP NULL; END LOOP;
        WHEN 'strict' THEN SELECT * INTO STRICT one FROM app.clips WHERE id = NEW.id;
        WHEN 'null' THEN NEW.id := NULL;
        WHEN 'twice' THEN NEW.id := 'other';
        WHEN 'statement' THEN INSERT INTO app.campaigns (id) VALUES (NEW.id);
        WHEN 'raise' THEN RAISE check_violation USING MESSAGE = 'No.', DETAIL = 'What the owner wants to be told.', HINT = 'Ask.';
        WHEN 'assert' THEN ASSERT false, 'What the owner asserts.';
    END CASE;
    RETURN NEW;
END $$;
\pset format unaligned
SELECT format($$
    SET ROLE told_owner;
    CREATE OR REPLACE TRIGGER spoil BEFORE UPDATE ON app.campaigns FOR EACH ROW EXECUTE FUNCTION app.spoil(%L);
    SET ROLE told_writer;
    SELECT %1$L AS how, d.* FROM public.diagnosed('UPDATE app.clips SET earnings = 6234.56 WHERE id = ''k1''') d;
    $$, how)
FROM unnest('{skip,change,cast,key,json,execute,syntax,zero,query,strict,"null",twice,statement,raise,assert}'::text[]) AS how
\gexec
-- Settings of the writer's make none of it talk.
SET plpgsql.print_strict_params = on;
SET log_parameter_max_length_on_error = -1;
\c
SET spend_sync.recompute_interval = 0;
SET plpgsql.print_strict_params = on;
SET log_parameter_max_length_on_error = -1;
SET ROLE told_owner;
CREATE OR REPLACE TRIGGER spoil BEFORE UPDATE ON app.campaigns FOR EACH ROW EXECUTE FUNCTION app.spoil('strict');
SET ROLE told_writer;
SELECT d.* FROM public.diagnosed('UPDATE app.clips SET earnings = 6234.56 WHERE id = ''k1''') d;
SET ROLE told_member;
SELECT d.* FROM public.diagnosed('UPDATE app.clips SET earnings = 6234.56 WHERE id = ''k1''') d;
\pset format aligned
SET ROLE told_owner;
SET search_path = app, public;
DROP TRIGGER spoil ON campaigns;

-- What stands in campaigns by itself: a generated column, a domain's CHECK, an index.
UPDATE clips SET earnings = 0;
ALTER TABLE campaigns ADD whole numeric GENERATED ALWAYS AS (1 / (spent - 7)) STORED;
SET ROLE told_writer;
UPDATE clips SET earnings = 7 WHERE id = 'k2';
SET ROLE told_member;
UPDATE clips SET earnings = 7 WHERE id = 'k2';
SET ROLE told_owner;
ALTER TABLE campaigns DROP whole;
CREATE UNIQUE INDEX ON campaigns (spent) WHERE spent > 0;
RESET ROLE;
SET session_replication_role = replica;
UPDATE app.campaigns SET spent = 8 WHERE id = 'other';
RESET session_replication_role;
SET ROLE told_writer;
UPDATE clips SET earnings = 8 WHERE id = 'k2';
SET ROLE told_member;
UPDATE clips SET earnings = 8 WHERE id = 'k2';
SET ROLE told_owner;
DROP INDEX campaigns_spent_idx;

-- The log of corrections holds totals too: an error of it shows none.
RESET ROLE;
ALTER TABLE spend_sync.correction ADD CONSTRAINT narrow CHECK (actual < 0) NOT VALID;
GRANT UPDATE (spent) ON campaigns TO told_writer;
CREATE FUNCTION app.bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.spent := 77; RETURN NEW; END $$;
CREATE TRIGGER zz_bend BEFORE UPDATE ON app.campaigns FOR EACH ROW WHEN (NEW.spent = OLD.spent) EXECUTE FUNCTION app.bend();
SET ROLE told_writer;
UPDATE campaigns SET spent = 77;
RESET ROLE;
DROP FUNCTION app.bend() CASCADE;
ALTER TABLE spend_sync.correction DROP CONSTRAINT narrow;
SET ROLE told_owner;
SELECT corrected FROM spend_sync_attach(direct_writes => 'reject');
SET ROLE told_writer;
UPDATE campaigns SET spent = 77;
\echo :SQLSTATE
SET ROLE told_member;
UPDATE campaigns SET spent = 77;

-- Who was granted a repair, and has no right else.
RESET ROLE;
GRANT EXECUTE ON FUNCTION sync_all_campaigns(regclass) TO told_writer;
SET session_replication_role = replica;
UPDATE app.clips SET earnings = 999999999.99;
RESET session_replication_role;
SET ROLE told_writer;
SELECT * FROM sync_all_campaigns('app.campaigns');
\echo :SQLSTATE
SET ROLE told_owner;
SELECT * FROM sync_all_campaigns('app.campaigns');
RESET ROLE;
SET session_replication_role = replica;
UPDATE app.clips SET earnings = 1;
RESET session_replication_role;
SET application_name = 'the night''s work';
SELECT new_spent FROM sync_all_campaigns('app.campaigns');
SELECT campaign_id, found_by, role, session_role, application_name FROM spend_sync.correction WHERE found_by = 'sync_all_campaigns' ORDER BY campaign_id;

-- Plans that PostgreSQL prints at a writer's wish: those of his own statements, and none of ours, in which the total stands, here as
-- the digits 5, 4322 and 5000. How often these, and whether there are plans at all.
\set options '-c role=told_writer -c client_min_messages=log -c debug_print_plan=on -c debug_print_parse=on -c debug_print_rewritten=on -c plan_cache_mode=force_custom_plan -c spend_sync.recompute_interval=0'
\setenv PGOPTIONS :options
\! psql -Xq -d spend_sync_test -c "UPDATE app.clips SET earnings = 54321.5 WHERE id = 'k2'" 2>&1 | awk '/ 5 0 -30 16 -120 19/ {told++} /LOG:  plan:/ {plans++} END {print told + 0, (plans > 0)}'
\setenv PGOPTIONS
SELECT spent FROM app.campaigns WHERE id = 'hush-hush';

-- Whom he has waited for too long is no value.
BEGIN;
UPDATE app.campaigns SET title = 'Held' WHERE id = 'hush-hush';
\setenv PGOPTIONS '-c role=told_writer -c lock_timeout=50ms'
\! psql -Xq -d spend_sync_test -c "UPDATE app.clips SET earnings = 5 WHERE id = 'k2'" 2>&1 | grep ERROR
\setenv PGOPTIONS
ROLLBACK;

RESET search_path;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA app CASCADE;
DROP FUNCTION public.diagnosed(text);
DROP EXTENSION spend_sync;
DROP ROLE told_member, told_owner, told_writer;
