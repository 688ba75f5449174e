-- Code of the tables' owner that a writer's statement sets off runs as the owner, and finds its names where the owner meant: never
-- by the writer's search path, in which a function of the writer's would come first. Whoever runs as whom is noted down.
CREATE EXTENSION spend_sync;
CREATE ROLE names_owner;
CREATE ROLE names_writer;
CREATE ROLE names_reader;
CREATE SCHEMA shop AUTHORIZATION names_owner;
CREATE SCHEMA w AUTHORIZATION names_writer;
GRANT USAGE ON SCHEMA shop, w TO PUBLIC;
CREATE TABLE public.ran (role name, what text);
GRANT SELECT, INSERT, TRUNCATE ON public.ran TO PUBLIC;
SET ROLE names_owner;
SET search_path = shop, public;
CREATE TYPE label AS (en text, de text);
CREATE FUNCTION pick(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT coalesce($1, $2) $$;
-- Honest functions, each with a bare name in it. (plpgsql, so that the name is looked up when it runs.)
CREATE FUNCTION label_text(label) RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN pick(($1).en, ($1).de); END $$;
CREATE FUNCTION shout(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN pick(t, 'index'); END $$;
CREATE FUNCTION louder(text, text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN pick($1, $2); END $$;
CREATE FUNCTION is_fine(numeric) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN pick('t', 'check')::boolean; END $$;
CREATE FUNCTION on_campaign() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pick('a', 'trigger'); RETURN NEW; END $$;
CREATE OPERATOR ### (LEFTARG = text, RIGHTARG = text, FUNCTION = louder);
CREATE CAST (label AS text) WITH FUNCTION label_text(label); -- which nothing calls: a title is read as its type prints it
CREATE DOMAIN amount AS numeric(10,2) CHECK (is_fine(VALUE));
CREATE DOMAIN state AS text CHECK (is_fine(1));
CREATE TABLE campaigns (id text PRIMARY KEY, title label, spent amount DEFAULT 0, secret text DEFAULT 'the secret',
    spoken text GENERATED ALWAYS AS (shout(id || spent::text)) STORED, CHECK (is_fine(spent)));
CREATE TABLE clips (id int PRIMARY KEY, earnings amount, note text, CHECK (note IS NULL OR is_fine(earnings)));
CREATE TABLE clip_submissions (campaign_id text REFERENCES campaigns, clip_id int, status state) PARTITION BY RANGE (shout(status));
CREATE TABLE clip_submissions_1 PARTITION OF clip_submissions DEFAULT;
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES ('a', row('A', 'A')), ('b', NULL);
INSERT INTO clips VALUES (1, 1), (2, 2), (101, 4);
INSERT INTO clip_submissions VALUES ('a', 1, 'APPROVED'), ('a', 101, 'APPROVED'), ('b', 2, 'APPROVED');
CREATE INDEX ON clips ((note || shout('x')));
CREATE INDEX ON clips (id) WHERE note = 'x' ### 'y';
CREATE INDEX ON campaigns ((secret ### 'x'));
CREATE STATISTICS of_clips ON (note || shout('y')), id FROM clips;
CREATE TABLE heard (id text);
GRANT INSERT ON heard TO PUBLIC;
CREATE RULE hear AS ON UPDATE TO campaigns DO ALSO INSERT INTO heard VALUES (shout(NEW.id));
CREATE TRIGGER on_campaign BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION on_campaign();
GRANT SELECT, INSERT, UPDATE, DELETE ON clips, clip_submissions TO names_writer;
GRANT SELECT ON campaigns, clips, clip_submissions TO names_reader;
SELECT total FROM spend_sync_attach(submission_clip => 'clip_id');
SELECT title, spent FROM (SELECT title, recorded_spent AS spent FROM spend_sync_status()) s;
RESET ROLE;

-- The writer's functions of the same names.
SET ROLE names_writer;
CREATE FUNCTION w.pick(text, text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.ran VALUES (current_user, coalesce($2, $1));
    RETURN $1;
END $$;
SET search_path = w, shop, pg_catalog;
SET constraint_exclusion = on;
SELECT secret FROM campaigns;
-- Few and many, clips and links, moved and summed, in and out.
UPDATE clips SET earnings = 3 WHERE id = 1;
UPDATE clips SET earnings = earnings + 1;
INSERT INTO clips SELECT n, 1 FROM generate_series(10, 90) n;
INSERT INTO clip_submissions SELECT 'a', n, 'APPROVED' FROM generate_series(10, 90) n;
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 10;
UPDATE clip_submissions SET campaign_id = 'b' WHERE clip_id = 11;
DELETE FROM clips WHERE id = 12;
DELETE FROM clip_submissions WHERE clip_id IN (12, 13);
UPDATE clips SET id = 95 WHERE id = 90;
TRUNCATE public.ran;
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 101;
SELECT * FROM public.ran WHERE role <> 'names_writer';
COMMIT;
\c
SET ROLE names_writer;
SET search_path = w, shop, pg_catalog;
UPDATE clips SET earnings = 5 WHERE id = 101;
UPDATE clips SET earnings = 5;
SELECT DISTINCT role FROM public.ran;
-- Whoever looks, or repairs.
RESET ROLE;
TRUNCATE public.ran;
RESET search_path;
GRANT EXECUTE ON FUNCTION sync_all_campaigns(regclass), sync_campaign(text, regclass) TO names_reader;
SET ROLE names_reader;
SET search_path = w, shop, public, pg_catalog;
SELECT campaign_id, title FROM spend_sync_status();
SELECT campaign_id, title FROM sync_campaign('a'::text);
SELECT campaign_id, title FROM sync_all_campaigns();
SELECT spend_sync_report() -> 'campaigns' -> 0 -> 'title' AS title;
RESET ROLE;
SET search_path = w, shop, public, pg_catalog;
SELECT campaign_id, title FROM spend_sync_status();
SELECT campaign_id, title FROM sync_campaign('a'::text);
SELECT title FROM sync_campaign('b'::text);
\set VERBOSITY sqlstate
CALL spend_sync_repair();
\set VERBOSITY default
SELECT * FROM public.ran;
-- The functions of check's advice.
RESET search_path;
SELECT severity, object, advice FROM spend_sync_check('shop.campaigns');

-- The oracle.
SET search_path = shop;
SELECT c.id, c.spent, (SELECT sum(k.earnings) FROM shop.clip_submissions s JOIN shop.clips k ON k.id = s.clip_id
    WHERE s.campaign_id = c.id AND s.status = 'APPROVED') AS oracle FROM shop.campaigns c ORDER BY id;
RESET search_path;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA shop, w CASCADE;
DROP EXTENSION spend_sync;
DROP TABLE public.ran;
DROP ROLE names_owner, names_writer, names_reader;
