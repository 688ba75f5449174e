-- Code of a type's owner: casts, and CHECKs of a domain. What runs as the owner of the tables runs none of another role's.
CREATE EXTENSION spend_sync;
CREATE ROLE types_owner;
CREATE ROLE types_stranger;
CREATE SCHEMA kinds AUTHORIZATION types_stranger;
GRANT ALL ON SCHEMA kinds, public TO types_owner;
CREATE TABLE ran (role name, what text);
GRANT ALL ON ran TO PUBLIC;
SET ROLE types_stranger;
CREATE TYPE kinds.state AS ENUM ('PENDING', 'APPROVED');
CREATE TYPE kinds.name AS ENUM ('one', 'two');
CREATE DOMAIN kinds.amount AS numeric(12,2);
CREATE DOMAIN kinds.spending AS kinds.amount;
CREATE FUNCTION kinds.note(what text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO public.ran VALUES (current_user, what); RETURN 'APPROVED'; END $$;
CREATE FUNCTION kinds.checked(amount numeric) RETURNS bool LANGUAGE sql AS $$ SELECT kinds.note('check') <> '' $$;
CREATE FUNCTION kinds.text(kinds.state) RETURNS text LANGUAGE sql AS $$ SELECT kinds.note('status') $$;
CREATE FUNCTION kinds.text(kinds.name) RETURNS text LANGUAGE sql AS $$ SELECT kinds.note('title') $$;
GRANT USAGE ON SCHEMA kinds TO PUBLIC;
RESET ROLE;
ALTER DOMAIN kinds.spending OWNER TO types_owner;

SET ROLE types_owner;
CREATE TABLE campaigns (id int PRIMARY KEY, title kinds.name, spent kinds.spending DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2));
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status kinds.state);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'one'), (2, NULL);
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 30);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'PENDING'), (3, 2, 3, 'APPROVED');
RESET ROLE;
SET client_min_messages = warning;
\ir ../totals.sql

-- A domain that the total is of, or that such a one is over.
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
ALTER DOMAIN kinds.amount OWNER TO types_owner;
ALTER DOMAIN kinds.spending OWNER TO types_stranger;
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
-- Who has the owner's rights could act as him anyway.
GRANT types_owner TO types_stranger;
SELECT corrected FROM spend_sync_attach();
REVOKE types_owner FROM types_stranger;
UPDATE clips SET earnings = 11 WHERE id = 1;
\echo :SQLSTATE
SELECT * FROM sync_campaign(1);
\echo :SQLSTATE
ALTER DOMAIN kinds.spending OWNER TO types_owner;
UPDATE clips SET earnings = 11 WHERE id = 1;
SELECT * FROM totals;
-- Given away since.
ALTER DOMAIN kinds.spending OWNER TO types_stranger;
SET ROLE types_stranger;
ALTER DOMAIN kinds.spending ADD CHECK (kinds.checked(VALUE)) NOT VALID;
RESET ROLE;
UPDATE clips SET earnings = 12 WHERE id = 1;
\echo :SQLSTATE
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
TABLE ran;
ALTER DOMAIN kinds.spending DROP CONSTRAINT spending_check;
ALTER DOMAIN kinds.spending OWNER TO types_owner;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2;
SELECT * FROM totals;

-- A title's cast.
SET ROLE types_stranger;
CREATE CAST (kinds.name AS text) WITH FUNCTION kinds.text(kinds.name) AS IMPLICIT;
RESET ROLE;
SELECT campaign_id, title, recorded_spent FROM spend_sync_status() ORDER BY 1;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 5;
RESET session_replication_role;
SELECT campaign_id, title, old_spent, new_spent FROM sync_all_campaigns() ORDER BY 1;
TABLE ran;

-- The name of the status's type passes to another type of its owner's.
SET ROLE types_stranger;
ALTER TYPE kinds.state RENAME TO old_state;
CREATE DOMAIN kinds.state AS text CHECK (kinds.note('name') <> '');
CREATE FUNCTION kinds.old_state(text) RETURNS kinds.old_state LANGUAGE sql AS $$ SELECT kinds.note('cast'); SELECT 'APPROVED'::kinds.old_state $$;
CREATE CAST (text AS kinds.old_state) WITH FUNCTION kinds.old_state(text) AS IMPLICIT;
RESET ROLE;
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 3;
SELECT * FROM spend_sync_check();
SELECT * FROM totals;
TABLE ran;

-- A status's cast that PostgreSQL would compare it by. One that is no function is none.
SET ROLE types_stranger;
CREATE CAST (kinds.old_state AS text) WITH FUNCTION kinds.text(kinds.old_state) AS ASSIGNMENT;
RESET ROLE;
UPDATE clips SET earnings = earnings + 1;
SELECT * FROM totals;
SET ROLE types_stranger;
DROP CAST (kinds.old_state AS text);
CREATE CAST (kinds.old_state AS text) WITH FUNCTION kinds.text(kinds.old_state) AS IMPLICIT;
RESET ROLE;
\c -
SET client_min_messages = warning;
UPDATE clips SET earnings = earnings + 1;
\echo :SQLSTATE
SELECT * FROM sync_all_campaigns();
\echo :SQLSTATE
TABLE ran;
SET ROLE types_stranger;
DROP CAST (kinds.old_state AS text);
CREATE CAST (kinds.old_state AS text) WITH INOUT AS IMPLICIT;
RESET ROLE;
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 2;
SELECT * FROM totals;
TABLE ran;

SELECT severity, object, problem, advice FROM spend_sync_check() WHERE problem ~ 'cast';
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
SET ROLE types_stranger;
DROP CAST (kinds.old_state AS text); CREATE CAST (kinds.old_state AS text) WITH INOUT AS ASSIGNMENT;
RESET ROLE;
SELECT corrected FROM spend_sync_attach();

-- A domain given away is told of, too.
ALTER DOMAIN kinds.spending OWNER TO types_stranger;
SELECT severity, object, problem, advice FROM spend_sync_check();
ALTER DOMAIN kinds.spending OWNER TO types_owner;
-- What the owner has put in the tables himself runs as him, be it another's: it is told of.
SET ROLE types_stranger;
CREATE DOMAIN kinds.rest AS numeric(12,2);
CREATE FUNCTION kinds.seen(numeric) RETURNS numeric IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION kinds.alike(numeric, numeric) RETURNS bool IMMUTABLE LANGUAGE sql AS $$ SELECT $1 = $2 $$;
CREATE OPERATOR kinds.== (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = kinds.alike);
CREATE FUNCTION kinds.on_campaign() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION kinds.unused(numeric) RETURNS numeric IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
RESET ROLE;
ALTER TABLE campaigns ADD rest kinds.rest GENERATED ALWAYS AS (100 - spent) STORED, ADD CHECK (kinds.seen(spent) IS NOT NULL),
    ADD later numeric DEFAULT kinds.unused(1);
ALTER TABLE clips ADD CHECK (kinds.unused(earnings) IS NOT NULL);
CREATE INDEX ON clips (id) WHERE earnings OPERATOR(kinds.==) 1;
CREATE TRIGGER on_campaign BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION kinds.on_campaign();
SELECT severity, object, problem, advice FROM spend_sync_check() WHERE problem !~ 'found wrong';

DROP EXTENSION spend_sync CASCADE;
DROP TABLE campaigns, clips, clip_submissions, ran CASCADE;
DROP SCHEMA kinds CASCADE;
DROP OWNED BY types_owner, types_stranger;
DROP ROLE types_owner, types_stranger;
