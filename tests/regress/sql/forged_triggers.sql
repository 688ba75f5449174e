-- Roles without any right to the tables give tables of their own triggers of ours that say what they like: nobody else's
-- commands fail, nobody waits, and no row of theirs is counted.
CREATE EXTENSION spend_sync;
\set ECHO none
SELECT format('CREATE ROLE %I', current_database() || '_stranger') \gexec
SELECT current_database() || '_stranger' AS stranger \gset
\set ECHO all
\ir ../tables.sql
SELECT total FROM spend_sync_attach();
CREATE SCHEMA free;
GRANT ALL ON SCHEMA free, public TO :stranger;
CREATE TABLE innocent (a int);

SET ROLE :stranger;
-- A WHEN of some megabytes, read by no command of others.
CREATE TABLE free.huge (a text);
SELECT format('CREATE TRIGGER x AFTER UPDATE ON free.huge FOR EACH ROW WHEN (NEW.a <> %L) '
              'EXECUTE FUNCTION spend_sync.flush_at_commit()', repeat('x', 5000000)) AS create_huge \gset
\o /dev/null
:create_huge;
\o
-- A constraint of our triggers' name, which cannot be deferred.
CREATE TABLE public.same_name (a int CONSTRAINT spend_sync_wake CHECK (a > 0));
-- Names that PostgreSQL cannot take, or none at all.
CREATE TABLE free.names (a text);
\set ECHO none
SELECT format('CREATE TRIGGER %I AFTER INSERT ON free.names FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(%L)',
              'y' || n, argument)
FROM (VALUES
    (1, '{"campaigns":"u\u0000"}'), (2, 'null'), (3, '"\ud800"'), (4, ''), (5, repeat('[', 90000)),
    (6, '{"campaigns":"' || repeat('a', 95000) || '"}'),
    (7, '{"campaigns":"campaigns\u0000","clips":"clips","submissions":"clip_submissions","campaign_id":"id",'
        '"title":"title","spent":"spent","clip_id":"id","earnings":"earnings","submission_campaign":"campaign_id",'
        '"submission_clip":"clip_id","status":"status","approved":["APPROVED"],"direct_writes":"correct","flush":"statement"}')
) AS forged (n, argument) \gexec
\set ECHO all
-- One that is like those of the bound tables.
CREATE TABLE free.like_bound (a int);
\set ECHO none
SELECT format('CREATE TRIGGER z AFTER INSERT ON free.like_bound FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(%L)',
              '{"campaigns":["public","campaigns"],"clips":["public","clips"],"submissions":["public","clip_submissions"],'
              '"campaign_id":"id","title":"title","spent":"spent","clip_id":"id","earnings":"earnings",'
              '"submission_campaign":"campaign_id","submission_clip":"clip_id","status":"status","approved":["APPROVED"],'
              '"direct_writes":"correct","flush":"statement"}') \gexec
-- It also says that statements begin of which none will tell the end.
CREATE TABLE free.begins (a int);
SELECT pg_get_triggerdef(oid) AS create_flush FROM pg_trigger WHERE tgname = 'z' AND tgrelid = 'free.like_bound'::regclass \gset
SELECT replace(replace(replace(:'create_flush', 'AFTER', 'BEFORE'), 'free.like_bound', 'free.begins'), 'spend_sync.flush(', 'spend_sync.begin(') \gexec
\set ECHO all
-- Tables of his own that are bound, with one of our names taken: what makes the triggers of all bindings anew passes them by.
CREATE TABLE free.campaigns (id int PRIMARY KEY, spent numeric);
CREATE TABLE free.clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE free.clip_submissions (campaign_id int, clip_id int, status text);
DO $$ BEGIN PERFORM spend_sync_attach('free.campaigns', 'free.clips', 'free.clip_submissions'); END $$;
DROP TRIGGER spend_sync_wake ON free.clips;
CREATE TRIGGER spend_sync_wake AFTER INSERT ON free.clips EXECUTE FUNCTION suppress_redundant_updates_trigger();
RESET ROLE;
SELECT spend_sync.renew_triggers();
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'clips'::regclass AND tgname LIKE 'spend\_sync%';
WITH other AS (INSERT INTO free.begins VALUES (1)) UPDATE clips SET earnings = earnings + 1;
TABLE totals;

ALTER TABLE innocent RENAME a TO b;
CREATE SCHEMA s;
DROP SCHEMA s;
UPDATE clips SET earnings = earnings + 1;
TABLE totals;
SELECT campaigns FROM spend_sync.binding;
SELECT severity, problem FROM spend_sync_check() WHERE severity = 'error' ORDER BY 2;
SELECT total FROM spend_sync_attach();
SELECT spend_sync_detach('campaigns');
-- The stranger's stay, and so no lock of his table was waited for.
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgfoid = 'spend_sync.flush'::regproc GROUP BY 1 ORDER BY 1;
DROP OWNED BY :stranger;
DROP ROLE :stranger;
