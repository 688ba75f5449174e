-- A command that writes a table anew calls code that writes it: what that writes goes with the rows of before. Of CLUSTER and VACUUM FULL
-- no event trigger tells.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
CREATE TABLE users (id int PRIMARY KEY, paid numeric(12,2) DEFAULT 0);
CREATE TABLE ledger (id int PRIMARY KEY, user_id int, amount numeric(10,2));
CREATE INDEX ON ledger (user_id);
INSERT INTO users VALUES (1);
INSERT INTO ledger VALUES (1, 1, 5.5), (2, 1, 6);
CREATE TABLE writes (what text);
CREATE FUNCTION writing(n int) RETURNS int LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    command text;
BEGIN
    FOR command IN DELETE FROM writes RETURNING what LOOP
        EXECUTE command;
    END LOOP;
    RETURN n;
END $$;
CREATE FUNCTION indexed(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql SET search_path FROM CURRENT AS 'BEGIN RETURN writing(n); END';
CREATE INDEX by_code ON ledger (indexed(id));
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => NULL);
CREATE VIEW sums AS SELECT u.paid, (SELECT sum(amount) FROM ledger) AS actual FROM users u;
INSERT INTO writes VALUES ('INSERT INTO ledger SELECT 100 + n, 1, 10 FROM generate_series(1, 5) n');
SET enable_indexscan = off;
CLUSTER ledger USING by_code;
\echo :SQLSTATE
TABLE sums;
-- What writes other tables, or none, goes on; so does what we run restricted ourselves, with the table locked.
CREATE TABLE notes (note text);
UPDATE writes SET what = 'INSERT INTO notes VALUES (''clustered'')';
CLUSTER ledger USING by_code;
TABLE notes;
CREATE FUNCTION pays() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO ledger VALUES (7, 1, 1) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER pays AFTER UPDATE OF paid ON users FOR EACH ROW EXECUTE FUNCTION pays();
SET session_replication_role = replica;
UPDATE users SET paid = 0;
RESET session_replication_role;
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => NULL);
TABLE sums;
BEGIN;
LOCK TABLE ledger;
UPDATE ledger SET amount = amount + 1;
COMMIT;
TABLE sums;
-- The table that has the totals is copied.
CREATE INDEX users_by_code ON users (indexed(id));
INSERT INTO writes VALUES ('INSERT INTO ledger SELECT 200 + n, 1, 10 FROM generate_series(1, 5) n');
CLUSTER users USING users_by_code;
\echo :SQLSTATE
TABLE sums;
-- By way of a repair.
DELETE FROM writes;
CREATE TABLE orgs (id int PRIMARY KEY, paid numeric DEFAULT 0);
CREATE TABLE bills (id int PRIMARY KEY, org_id int, amount numeric);
CREATE INDEX ON bills (org_id);
INSERT INTO orgs VALUES (1);
INSERT INTO bills VALUES (1, 1, 5);
SELECT FROM spend_sync_attach('orgs', NULL, 'bills', spent => 'paid', submission_campaign => 'org_id', earnings => 'amount', status => NULL);
CREATE FUNCTION bills() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO ledger SELECT 300 + n, 1, 10 FROM generate_series(1, 5) n;
    RETURN NULL;
END $$;
CREATE TRIGGER bills AFTER UPDATE OF paid ON orgs FOR EACH ROW EXECUTE FUNCTION bills();
SET session_replication_role = replica;
UPDATE orgs SET paid = 0;
RESET session_replication_role;
INSERT INTO writes VALUES ('SELECT sync_campaign(''1'', ''orgs'')');
CLUSTER ledger USING by_code;
\echo :SQLSTATE
TABLE sums;
SELECT FROM sync_campaign('1', 'orgs');
TABLE sums;
