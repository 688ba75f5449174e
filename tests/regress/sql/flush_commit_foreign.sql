-- What a trigger on campaigns sets off at commit may be another server's: by postgres_fdw, whose own transaction ends with ours, and
-- by dblink. Where these are not to be had there is nothing to see.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
SELECT count(*) = 2 AS has_them FROM pg_available_extensions WHERE name IN ('postgres_fdw', 'dblink') \gset
\if :has_them
\else
\quit
\endif
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION dblink;
SELECT brought_up_at, corrected FROM spend_sync_attach(flush => 'commit');
CREATE TABLE log (number int GENERATED ALWAYS AS IDENTITY, what text);
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'HOST', port :'PORT', dbname :'DBNAME');
CREATE USER MAPPING FOR PUBLIC SERVER loop OPTIONS (user :'USER');
CREATE FOREIGN TABLE far_log (what text) SERVER loop OPTIONS (table_name 'log');
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO far_log VALUES (format('campaign %s: %s', NEW.id, NEW.spent));
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION tell();

UPDATE clips SET earnings = 11 WHERE id = 1;
BEGIN;
UPDATE clips SET earnings = 12 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 999 WHERE id = 3;
ROLLBACK TO a;
COMMIT;
BEGIN;
UPDATE clips SET earnings = 13 WHERE id = 1;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE clips SET earnings = 14 WHERE id = 1;
COMMIT;
BEGIN;
UPDATE clips SET earnings = 99 WHERE id = 1;
ROLLBACK;
-- Rolled back to a savepoint after it was told: the other server forgets it too.
BEGIN;
UPDATE clips SET earnings = 15 WHERE id = 1;
SAVEPOINT a;
UPDATE clips SET earnings = 98 WHERE id = 1;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO a;
COMMIT;
-- A transaction that wrote there cannot be prepared, and says so.
BEGIN;
UPDATE clips SET earnings = 97 WHERE id = 1;
PREPARE TRANSACTION 'told';
\echo :SQLSTATE
SELECT what FROM log ORDER BY number;
TABLE totals;
-- The other server refuses: the commit fails, and nothing of it stays.
\set SHOW_CONTEXT never
ALTER TABLE log ADD CHECK (what !~ '96');
UPDATE clips SET earnings = 76 WHERE id = 1;
\echo :SQLSTATE
UPDATE clips SET earnings = 16 WHERE id = 1;
TABLE totals;
-- Told by a deferred trigger, and by one of another table, both at commit.
DROP TRIGGER tell ON campaigns;
CREATE CONSTRAINT TRIGGER tell AFTER UPDATE ON campaigns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell();
UPDATE clips SET earnings = earnings + 1;
DROP TRIGGER tell ON campaigns;

-- dblink: another session of its own, which sees what is committed, and commits by itself.
CREATE FUNCTION link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM dblink_exec('loop', format('INSERT INTO log (what) VALUES (%L)', format('linked %s: %s', NEW.id, NEW.spent)));
    RETURN NULL;
END $$;
SELECT dblink_connect('loop', format('host=%s port=%s dbname=%s user=%s', :'HOST', :'PORT', :'DBNAME', :'USER'));
CREATE TRIGGER link AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION link();
UPDATE clips SET earnings = 21 WHERE id = 1;
BEGIN;
UPDATE clips SET earnings = 22 WHERE id = 1;
COMMIT;
DROP TRIGGER link ON campaigns;
SELECT dblink_disconnect('loop');
SELECT what FROM log ORDER BY number;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
