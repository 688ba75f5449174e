-- Errors that are not ours reach the client whole, though they are raised inside of our statements: SQLSTATE, message,
-- DETAIL, HINT, the names of schema, table, column and constraint, CONTEXT.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (
    id int PRIMARY KEY,
    title text,
    spent numeric(10,2) DEFAULT 0 CONSTRAINT within_reason CHECK (spent < 1000),
    owner int
);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10), (2, 20);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 2, 2, 'APPROVED');
SELECT corrected FROM spend_sync_attach();

-- Runs a statement and shows everything that its error carries. Of the CONTEXT only who is in it: its text is ours.
CREATE FUNCTION diagnose(statement text)
RETURNS TABLE (code text, message text, detail text, hint text, "table" text, "column" text, "constraint" text, datatype text, context text)
LANGUAGE plpgsql AS $$
DECLARE
    schema_name text;
    table_name text;
BEGIN
    EXECUTE statement;
    message := 'no error';
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT, schema_name = SCHEMA_NAME, table_name = TABLE_NAME, "column" = COLUMN_NAME,
        "constraint" = CONSTRAINT_NAME, datatype = PG_DATATYPE_NAME, context = PG_EXCEPTION_CONTEXT;
    "table" := nullif(concat_ws('.', nullif(schema_name, ''), nullif(table_name, '')), '');
    context := concat_ws(', ',
        substring(context FROM 'PL/pgSQL function [a-z_]+\(\) line \d+ at \w+'),
        CASE WHEN context LIKE '%SQL statement "UPDATE %' OR context LIKE '%SQL statement "WITH %' THEN 'the statement' END,
        CASE WHEN context LIKE '%while locking tuple%' OR context LIKE '%while updating tuple%' THEN 'the row' END,
        CASE WHEN context LIKE '%function diagnose(text)%' THEN 'the caller' END);
    RETURN NEXT;
END $$;
\x on
\set SHOW_CONTEXT never
\pset format unaligned

-- The user's CHECK on the total, on campaigns.
SELECT * FROM diagnose('UPDATE clips SET earnings = 1000 WHERE id = 1');
UPDATE clips SET earnings = 1000 WHERE id = 1;
\echo :SQLSTATE
-- For comparison: what the same error carries when the application writes the total itself.
SET session_replication_role = replica;
SELECT * FROM diagnose('UPDATE campaigns SET spent = 1000 WHERE id = 1');
RESET session_replication_role;

-- A domain's CHECK.
CREATE DOMAIN amount AS numeric CONSTRAINT positive CHECK (VALUE >= 0);
CREATE SCHEMA with_domain;
CREATE TABLE with_domain.campaigns (id int PRIMARY KEY, spent amount DEFAULT 0);
CREATE TABLE with_domain.clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE with_domain.clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text);
CREATE INDEX ON with_domain.clip_submissions (campaign_id);
CREATE INDEX ON with_domain.clip_submissions (clip_id);
INSERT INTO with_domain.campaigns VALUES (1);
INSERT INTO with_domain.clips VALUES (1, 1);
INSERT INTO with_domain.clip_submissions VALUES (1, 1, 1, 'APPROVED');
SELECT corrected FROM spend_sync_attach('with_domain.campaigns', 'with_domain.clips', 'with_domain.clip_submissions');
SELECT code, message, datatype, "constraint" FROM diagnose('UPDATE with_domain.clips SET earnings = -1');

-- A trigger of the user's on campaigns, with a SQLSTATE of its own and all that RAISE can carry.
CREATE FUNCTION over_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'campaign % is over its budget', NEW.id USING ERRCODE = 'MY001', DETAIL = 'It has 500.',
        HINT = 'Raise the budget.', SCHEMA = 'my_schema', TABLE = 'my_table', COLUMN = 'my_column', CONSTRAINT = 'my_constraint', DATATYPE = 'my_type';
END $$;
CREATE TRIGGER over_budget BEFORE UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent > 500) EXECUTE FUNCTION over_budget();
SELECT * FROM diagnose('UPDATE clips SET earnings = 501 WHERE id = 1');
SELECT * FROM diagnose('INSERT INTO clips VALUES (3, 600); INSERT INTO clip_submissions VALUES (3, 1, 3, ''APPROVED'')');
SET session_replication_role = replica;
UPDATE clips SET earnings = 502 WHERE id = 2;
RESET session_replication_role;
-- ... out of repair, too.
SELECT * FROM diagnose('SELECT sync_campaign(2)');
SELECT code, message, "constraint" FROM diagnose('SELECT sync_all_campaigns()');
SELECT code, message, "constraint" FROM diagnose('SELECT spend_sync_attach()');
SET spend_sync.recompute_interval = 0; -- the write after the drift heals it
UPDATE clips SET earnings = 20 WHERE id = 2;
RESET spend_sync.recompute_interval;
DROP TRIGGER over_budget ON campaigns;

-- At commit.
CREATE CONSTRAINT TRIGGER over_budget AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.spent > 500) EXECUTE FUNCTION over_budget();
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
UPDATE clips SET earnings = 501 WHERE id = 1;
COMMIT;
\echo :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE
DROP TRIGGER over_budget ON campaigns;
BEGIN;
UPDATE clips SET earnings = 1001 WHERE id = 1;
COMMIT;
\echo :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE
SELECT FROM spend_sync_attach(sync => false);

-- A foreign key of campaigns, broken by a BEFORE trigger that our update fires.
CREATE TABLE owners (id int PRIMARY KEY);
ALTER TABLE campaigns ADD CONSTRAINT has_an_owner FOREIGN KEY (owner) REFERENCES owners;
CREATE FUNCTION give_away() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.owner := 42;
    RETURN NEW;
END $$;
CREATE TRIGGER give_away BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION give_away();
SELECT * FROM diagnose('UPDATE clips SET earnings = 11 WHERE id = 1');
DROP TRIGGER give_away ON campaigns;

-- A trigger that divides by zero: an error of PostgreSQL's own.
CREATE FUNCTION divide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.title := (1 / (NEW.id - NEW.id))::text;
    RETURN NEW;
END $$;
CREATE TRIGGER divide BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION divide();
SELECT * FROM diagnose('UPDATE clips SET earnings = 11 WHERE id = 1');
DROP TRIGGER divide ON campaigns;

-- A lock time-out, while somebody else holds the campaign.
BEGIN;
SELECT id FROM campaigns WHERE id = 1 FOR UPDATE;
PREPARE TRANSACTION 'holds campaign 1';
SET lock_timeout = '10ms';
SELECT * FROM diagnose('UPDATE clips SET earnings = 11 WHERE id = 1');
SELECT code, message FROM diagnose('SELECT sync_campaign(1)');
SELECT code, message FROM diagnose('UPDATE clips SET earnings = 21 WHERE id = 2');
RESET lock_timeout;
-- ... or a statement time-out.
SET statement_timeout = '50ms';
UPDATE clips SET earnings = 11 WHERE id = 1;
\echo :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE
RESET statement_timeout;
ROLLBACK PREPARED 'holds campaign 1';

-- After all of these the session goes on as if nothing had been.
SELECT code, message FROM diagnose('UPDATE clips SET earnings = 12 WHERE id = 1');
\x off
\pset format aligned
TABLE totals;
-- An error of the user's, caught in a loop a thousand times: nothing is left behind each time.
DO $$
DECLARE caught int := 0;
BEGIN
    FOR n IN 1..1000 LOOP
        BEGIN
            UPDATE clips SET earnings = 1000 + n WHERE id = 1;
        EXCEPTION WHEN check_violation THEN caught := caught + 1;
        END;
    END LOOP;
    RAISE NOTICE '% caught', caught;
END $$;
UPDATE clips SET earnings = 13 WHERE id = 1;

-- The oracle.
TABLE totals;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
