-- Totals of a direct source: rows that hold what they add themselves. There are no clips, and nothing is looked up.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
CREATE TABLE users (id text PRIMARY KEY, name text, paid numeric(12,2) DEFAULT 0, moved numeric, lines int NOT NULL DEFAULT 0, other int);
-- No foreign key: a line may come before its user, and stay behind him.
CREATE TABLE ledger (id int PRIMARY KEY, user_id text, amount numeric(10,2), kind text DEFAULT 'PENDING', note text);
CREATE INDEX ON ledger (user_id);
INSERT INTO users VALUES ('a', 'Ann'), ('b', 'Ben'), ('c', 'Cy');
INSERT INTO ledger VALUES (1, 'a', 10, 'PAID'), (2, 'a', 20.50, 'PENDING'), (3, 'b', NULL, 'PAID'), (4, 'b', -5, 'LATE'), (5, 'z', 7, 'PAID'), (6, NULL, 9, 'PAID');
CREATE VIEW wrong AS
SELECT u.*, o.* FROM users u, LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE kind IN ('PAID', 'LATE')), 0) AS o_paid, coalesce(sum(amount), 0) AS o_moved,
           count(*) FILTER (WHERE kind = 'PAID') AS o_lines
    FROM ledger l WHERE l.user_id = u.id) o
WHERE u.paid IS DISTINCT FROM o_paid OR u.moved IS DISTINCT FROM o_moved OR u.lines <> o_lines ORDER BY u.id;

-- What is said, and what is not there.
SELECT * FROM spend_sync_plan('users', NULL, 'ledger', spent => 'paid');
SELECT * FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', clip_id => 'id', submission_clip => 'id');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach('users', NULL, 'users', spent => 'paid', submission_campaign => 'name', earnings => 'paid');
\echo :SQLSTATE
SELECT * FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID,LATE}') \gx
SELECT * FROM spend_sync_attach('users', NULL, 'ledger', spent => 'moved', submission_campaign => 'user_id', earnings => 'amount', status => NULL) \gx
SELECT * FROM spend_sync_attach('users', NULL, 'ledger', spent => 'lines', submission_campaign => 'user_id', count => true, status => 'kind', approved => '{PAID}') \gx
SELECT id, paid, moved, lines FROM users ORDER BY id;
TABLE wrong;
SELECT campaigns, spent, clips, clip_id, earnings, submissions, submission_clip FROM spend_sync.binding ORDER BY spent;
SELECT count(*) FROM spend_sync_status() WHERE needs_sync;
SELECT * FROM spend_sync_check();
SELECT * FROM spend_sync_clips('b') ORDER BY total, submission;
SELECT * FROM spend_sync_plan('users', NULL, 'ledger', spent => 'other', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID}');
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgname LIKE 'spend_sync%' GROUP BY 1 ORDER BY 1;

-- Every kind of write.
\ir ../write_each.sql
CREATE PROCEDURE write_all(amount numeric) LANGUAGE sql AS $$
    CALL write_each(amount, ARRAY[
        'INSERT INTO ledger VALUES (10, ''a'', $1, ''PAID'')',
        'INSERT INTO ledger VALUES (11, ''a'', $1, ''PENDING''), (12, ''c'', -$1, ''LATE''), (13, NULL, 1, ''PAID''), (14, ''y'', 2, ''PAID'')',
        'UPDATE ledger SET amount = amount + $1 WHERE id = 10',
        'UPDATE ledger SET amount = amount + $1',
        'UPDATE ledger SET note = ''x''',
        'UPDATE ledger SET kind = ''PAID'' WHERE id = 11',
        'UPDATE ledger SET kind = CASE kind WHEN ''PAID'' THEN ''LATE'' WHEN ''LATE'' THEN NULL ELSE ''PAID'' END',
        'UPDATE ledger SET kind = CASE kind WHEN ''PAID'' THEN ''LATE'' WHEN ''LATE'' THEN NULL ELSE ''PAID'' END, amount = amount - 1, user_id = CASE WHEN user_id < ''c'' THEN chr(ascii(user_id) + 1) ELSE user_id END',
        'UPDATE ledger SET user_id = ''a'' WHERE id IN (1, 2, 6)',
        'UPDATE ledger SET user_id = NULL WHERE id = 6',
        'UPDATE ledger SET amount = NULL WHERE id = 1',
        'UPDATE ledger SET amount = 10 WHERE id = 1',
        'INSERT INTO users VALUES (''y'', ''Yve'', 99, 99, 99)',
        'UPDATE users SET paid = $1, moved = NULL, lines = -1',
        'UPDATE users SET paid = paid + $1, name = ''x'' WHERE id = ''a''',
        'UPDATE users SET id = ''yy'' WHERE id = ''y''',
        'UPDATE users SET id = ''y'' WHERE id = ''yy''',
        'DELETE FROM users WHERE id = ''y''',
        'INSERT INTO users VALUES (''y'')',
        'INSERT INTO ledger VALUES (1, ''b'', 3, ''PAID'') ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, user_id = excluded.user_id',
        'WITH l AS (DELETE FROM ledger WHERE id = 12 RETURNING *) INSERT INTO ledger SELECT 15, user_id, amount, kind FROM l',
        'WITH u AS (DELETE FROM users WHERE id = ''y'' RETURNING *), l AS (INSERT INTO ledger VALUES (16, ''y'', $1, ''PAID'')) INSERT INTO users SELECT id FROM u',
        'WITH l AS (DELETE FROM ledger WHERE user_id = ''y''), u AS (DELETE FROM users WHERE id = ''y'' RETURNING *) INSERT INTO users SELECT id FROM u',
        'WITH l AS (INSERT INTO ledger VALUES (17, ''w'', $1, ''PAID'')) INSERT INTO users VALUES (''w'')',
        'INSERT INTO ledger SELECT 100 + n, chr(97 + n % 4), n, CASE WHEN n % 3 > 0 THEN ''PAID'' END FROM generate_series(1, 300) n',
        'DELETE FROM ledger WHERE id >= 10',
        'DELETE FROM users WHERE id IN (''w'', ''y'')',
        'UPDATE ledger SET user_id = v.who, amount = v.amount, kind = v.kind FROM (VALUES (1, ''a'', 10, ''PAID''), (2, ''a'', 20.50, ''PENDING''), (3, ''b'', NULL, ''PAID'')) v (id, who, amount, kind) WHERE ledger.id = v.id']);
$$;
CALL write_all(3);
SELECT id, name, paid, round(moved, 2) AS moved, lines FROM users ORDER BY id;
SET spend_sync.recompute_interval = 0;
CALL write_all(3);
SET spend_sync.recompute_interval = -1;
CALL write_all(4);
RESET spend_sync.recompute_interval;
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL write_all(2);
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
CALL write_all(2);
COMMIT;
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID,LATE}', flush => 'commit');
BEGIN;
INSERT INTO ledger VALUES (20, 'a', 5, 'PAID'), (21, 'x', 6, 'PAID');
SAVEPOINT s;
UPDATE ledger SET amount = 100;
ROLLBACK TO s;
INSERT INTO users VALUES ('x');
SAVEPOINT s;
DELETE FROM ledger WHERE id = 20;
RELEASE s;
SELECT id, paid - o_paid AS paid FROM wrong;
SET CONSTRAINTS ALL IMMEDIATE;
TABLE wrong;
UPDATE ledger SET amount = amount + 1;
COMMIT;
TABLE wrong;
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID,LATE}');
TRUNCATE ledger;
TABLE wrong;
INSERT INTO ledger VALUES (1, 'a', 10, 'PAID'), (2, 'a', 20.50, 'PENDING'), (3, 'b', NULL, 'PAID'), (4, 'b', -5, 'LATE');
DELETE FROM users WHERE id = 'x';
TABLE wrong;

-- A write moves totals, and sums none, be it amid another statement: what is wrong by 1,000 stays so. So do those of a trigger that adds a
-- line for each, while rows of the outer statement are untold; and what it is told later counts once.
CREATE PROCEDURE offset_all(by int) LANGUAGE plpgsql AS $$ BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE users SET paid = paid + by;
    RESET session_replication_role;
END $$;
CREATE FUNCTION add_fee() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO ledger VALUES (NEW.id + 1000, NEW.user_id, NEW.amount / 10, 'PAID');
    RETURN NULL;
END $$;
CREATE TRIGGER z_fee AFTER INSERT ON ledger FOR EACH ROW WHEN (NEW.id < 1000 AND NEW.amount > 0) EXECUTE FUNCTION add_fee();
CREATE TRIGGER a_fee AFTER UPDATE OF note ON ledger FOR EACH ROW WHEN (NEW.id < 1000 AND NEW.amount > 0) EXECUTE FUNCTION add_fee();
BEGIN;
SET LOCAL spend_sync.recompute_interval = '1d';
CALL offset_all(1000);
INSERT INTO ledger SELECT n, chr(97 + n % 3), n, 'PAID' FROM generate_series(10, 40) n;
UPDATE ledger SET amount = amount + 1 WHERE id = 10;
SELECT id, paid - o_paid AS paid FROM wrong;
DELETE FROM ledger WHERE id > 1000;
UPDATE ledger SET amount = amount + 1, note = 'fee' WHERE id < 20;
INSERT INTO ledger VALUES (50, 'a', 0, 'PAID'), (51, 'a', -3, 'PAID');
DELETE FROM ledger WHERE id = 51;
SELECT id, paid - o_paid AS paid FROM wrong;
SELECT sync_campaign('a') IS NOT NULL AS synced;
SELECT id, paid - o_paid AS paid FROM wrong;
ROLLBACK;
-- A flush that summed has perhaps read rows that are told of only later: they are not added once more.
CREATE FUNCTION repair() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM sync_campaign(NEW.user_id, 'users');
    RETURN NULL;
END $$;
CREATE TRIGGER a_repair AFTER INSERT OR UPDATE ON ledger FOR EACH ROW WHEN (NEW.id % 4 = 0) EXECUTE FUNCTION repair();
INSERT INTO ledger SELECT n, chr(97 + n % 3), n, 'PAID' FROM generate_series(10, 40) n;
TABLE wrong;
DELETE FROM ledger WHERE id > 1000;
UPDATE ledger SET amount = amount + 1, note = 'fee' WHERE id < 30 AND id > 10;
TABLE wrong;
DROP TRIGGER a_repair ON ledger;
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE users SET paid = 7 WHERE id = NEW.user_id;
    INSERT INTO ledger VALUES (NEW.id + 5000, NEW.user_id, 1, 'PAID');
    RETURN NULL;
END $$;
CREATE TRIGGER a_meddle AFTER UPDATE ON ledger FOR EACH ROW WHEN (NEW.id % 4 = 0 AND NEW.id < 1000) EXECUTE FUNCTION meddle();
UPDATE ledger SET amount = amount + 1 WHERE id < 30 AND id > 10;
TABLE wrong;
SET spend_sync.recompute_interval = 0;
DELETE FROM ledger WHERE id > 1000;
UPDATE ledger SET amount = amount + 1 WHERE id < 30 AND id > 10;
INSERT INTO ledger VALUES (60, 'a', 5, 'PAID');
TABLE wrong;
RESET spend_sync.recompute_interval;
DROP TRIGGER a_meddle ON ledger;
-- A trigger on users that writes lines amid the store.
CREATE FUNCTION write_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO ledger SELECT max(id) + 1, 'c', 1, 'PAID' FROM ledger;
    RETURN NULL;
END $$;
CREATE TRIGGER write_back AFTER UPDATE ON users FOR EACH ROW WHEN (pg_trigger_depth() < 3) EXECUTE FUNCTION write_back();
UPDATE ledger SET amount = amount + 1 WHERE id < 30;
TABLE wrong;
UPDATE ledger SET amount = amount + 1 WHERE id = 1;
TABLE wrong;
DROP TRIGGER write_back ON users;
DROP TRIGGER a_fee ON ledger;
DROP TRIGGER z_fee ON ledger;
-- A user who comes to be beneath a trigger that takes the lines away which came before him, or brings others.
CREATE FUNCTION claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM ledger WHERE user_id = NEW.id AND amount = 5;
    UPDATE ledger SET user_id = 'a' WHERE user_id = NEW.id AND amount = 6;
    INSERT INTO ledger SELECT max(id) + 1, NEW.id, 8, 'PAID' FROM ledger WHERE NEW.id = 'p' HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE FUNCTION adopt(was text, becomes text) RETURNS void LANGUAGE sql AS 'UPDATE ledger SET user_id = becomes WHERE user_id = was';
CREATE TRIGGER a_claim AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION claim();
INSERT INTO ledger VALUES (80, 'p', 5, 'PAID'), (81, 'p', 6, 'PAID'), (82, 'p', 7, 'PAID'), (83, 'q', 5, 'PAID'), (84, 'r', 6, 'PAID'), (85, 't', 7, 'PAID');
INSERT INTO users VALUES ('q');
TABLE wrong;
INSERT INTO users VALUES ('p'), ('q2');
TABLE wrong;
INSERT INTO users VALUES ('t') RETURNING adopt('t', 'a');
TABLE wrong;
WITH l AS (INSERT INTO ledger VALUES (95, 'r', 5, 'PAID')) INSERT INTO users VALUES ('r'), ('s');
TABLE wrong;
DROP TRIGGER a_claim ON users;
TABLE wrong;
-- And one who comes to be while rows that are told of only later have taken his lines away.
CREATE FUNCTION make_user(who text) RETURNS text LANGUAGE sql AS 'INSERT INTO users VALUES (who) RETURNING id';
INSERT INTO ledger VALUES (100, 'u', 5, 'PAID'), (101, 'v', 6, 'PAID'), (102, 'w', 7, 'PAID');
DELETE FROM ledger WHERE user_id = 'u' RETURNING make_user(user_id);
TABLE wrong;
CREATE FUNCTION make_old_user() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO users VALUES (OLD.user_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER a_make AFTER UPDATE OF user_id ON ledger FOR EACH ROW EXECUTE FUNCTION make_old_user();
UPDATE ledger SET user_id = 'a' WHERE user_id = 'v';
TABLE wrong;
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID,LATE}', flush => 'commit');
UPDATE ledger SET user_id = 'a' WHERE user_id = 'w';
TABLE wrong;
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID,LATE}');
DROP TRIGGER a_make ON ledger;
DELETE FROM users WHERE id >= 'p';
-- What a trigger of another total's users writes amid a flush is no drift.
CREATE TABLE teams (id int PRIMARY KEY, got numeric DEFAULT 0);
ALTER TABLE ledger ADD team int;
CREATE INDEX ON ledger (team);
INSERT INTO teams VALUES (1);
SELECT FROM spend_sync_attach('teams', NULL, 'ledger', spent => 'got', submission_campaign => 'team', earnings => 'amount', status => NULL, flush => 'commit');
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID,LATE}', flush => 'commit');
CREATE FUNCTION bonus() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO ledger SELECT max(id) + 1, 'a', 1, 'PAID' FROM ledger;
    RETURN NULL;
END $$;
CREATE TRIGGER bonus AFTER UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION bonus();
SET spend_sync.recompute_interval = 0;
INSERT INTO ledger (id, user_id, amount, kind, team) VALUES (900, 'a', 5, 'PAID', 1);
RESET spend_sync.recompute_interval;
TABLE wrong;
SELECT found_by, count(*) FROM spend_sync.correction WHERE found_by = 'write' GROUP BY found_by;
DROP TRIGGER bonus ON teams;
SELECT count(*) FROM spend_sync_detach('teams');
DROP TABLE teams;
SELECT FROM spend_sync_attach('users', NULL, 'ledger', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID,LATE}');
-- A caught error takes its own away.
DO $$ BEGIN
    INSERT INTO ledger VALUES (70, 'a', 5, 'PAID');
    BEGIN
        UPDATE ledger SET amount = amount * 2;
        INSERT INTO ledger VALUES (70, 'a', 5, 'PAID');
    EXCEPTION WHEN unique_violation THEN NULL;
    END;
    UPDATE ledger SET amount = amount + 1 WHERE id = 70;
END $$;
TABLE wrong;
-- More users than are kept row by row, new ones and old ones, with lines that came before them.
BEGIN;
INSERT INTO ledger SELECT 10000 + n, 'u' || n % 12000, n, 'PAID' FROM generate_series(1, 24000) n;
INSERT INTO users (id) SELECT 'u' || n FROM generate_series(0, 11999) n;
UPDATE ledger SET amount = amount + 1 WHERE id > 10000;
SAVEPOINT s;
DELETE FROM ledger WHERE id > 20000;
ROLLBACK TO s;
COMMIT;
TABLE wrong;
-- Keys too long to be kept.
INSERT INTO ledger SELECT 50000 + n, repeat(md5(n::text), 60), n, 'PAID' FROM generate_series(1, 40) n;
INSERT INTO users (id) SELECT repeat(md5(n::text), 60) FROM generate_series(1, 40) n;
UPDATE ledger SET amount = amount + 1 WHERE id > 50000;
SELECT count(*) FROM wrong;

-- DDL: names, types, what a total hangs on.
ALTER TABLE ledger RENAME amount TO money;
ALTER TABLE ledger RENAME TO lines;
ALTER TABLE lines RENAME user_id TO who;
UPDATE lines SET money = money + 1;
SELECT spent, earnings, submissions, submission_campaign FROM spend_sync.binding ORDER BY spent;
ALTER TABLE lines RENAME who TO user_id;
ALTER TABLE lines RENAME TO ledger;
ALTER TABLE ledger RENAME money TO amount;
SELECT pg_get_viewdef('wrong') AS wrong \gset
DROP VIEW wrong;
ALTER TABLE ledger ALTER amount TYPE bigint USING amount * 3;
CREATE VIEW wrong AS :wrong
SELECT count(*) FROM wrong;
BEGIN;
ALTER TABLE ledger DROP amount;
\echo :SQLSTATE
ROLLBACK;
BEGIN;
ALTER TABLE ledger DROP amount CASCADE;
INSERT INTO ledger VALUES (90000, 'a');
\echo :SQLSTATE
ROLLBACK;
BEGIN;
DROP TRIGGER spend_sync_users_row ON ledger;
INSERT INTO ledger VALUES (90000, 'a', 1, 'PAID');
\echo :SQLSTATE
ROLLBACK;
-- Who may not read the lines is told nothing of them.
CREATE ROLE reader;
GRANT SELECT ON users TO reader;
SET ROLE reader;
SELECT * FROM spend_sync_status('users');
\echo :SQLSTATE
RESET ROLE;
SELECT * FROM spend_sync_detach('users', 'moved');
SELECT * FROM spend_sync_detach('users');
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'spend_sync%';

-- A partitioned source: its partitions bring their lines, and take them along.
CREATE TABLE parted (id int, user_id text, amount numeric(10,2), kind text) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (100);
CREATE TABLE parted_high (amount numeric(10,2), kind text, user_id text, id int);
INSERT INTO parted_high VALUES (5, 'PAID', 'a', 101), (6, 'LATE', 'b', 102);
DROP VIEW wrong;
DELETE FROM users WHERE length(id) > 1;
CREATE VIEW wrong AS
SELECT u.id, u.paid FROM users u WHERE u.paid IS DISTINCT FROM (SELECT coalesce(sum(amount), 0) FROM parted l WHERE l.user_id = u.id AND kind = 'PAID');
SELECT total, source, link FROM spend_sync_attach('users', NULL, 'parted', spent => 'paid', submission_campaign => 'user_id', earnings => 'amount', status => 'kind', approved => '{PAID}');
INSERT INTO parted VALUES (1, 'a', 3, 'PAID'), (2, 'b', 4, 'PAID');
ALTER TABLE parted ATTACH PARTITION parted_high FOR VALUES FROM (100) TO (200);
TABLE wrong;
INSERT INTO parted_high VALUES (1, 'PAID', 'a', 103);
UPDATE parted SET id = id + 100 WHERE id = 1;
UPDATE parted SET id = 1, user_id = 'c' WHERE id = 103;
UPDATE parted_high SET amount = amount + 1;
TABLE wrong;
ALTER TABLE parted DETACH PARTITION parted_high;
TABLE wrong;
TRUNCATE parted_low;
TABLE wrong;
SELECT id, paid FROM users WHERE length(id) = 1 ORDER BY id;
DROP VIEW wrong;
DROP TABLE parted;
UPDATE users SET paid = 1 WHERE id = 'a';
\echo :SQLSTATE
SELECT count(*) FROM spend_sync_detach('users');

-- Totals of totals: what campaigns spent is what brands did; and clips with a campaign of their own need no submissions.
CREATE TABLE brands (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE campaigns (id int PRIMARY KEY, brand_id int REFERENCES brands, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, earnings numeric(12,2), approved boolean DEFAULT true);
CREATE INDEX ON clips (campaign_id);
CREATE INDEX ON campaigns (brand_id);
SELECT total, source, approved_when FROM spend_sync_attach(clips => NULL, submissions => 'clips', status => 'approved', approved => '{true}');
SELECT total, source FROM spend_sync_attach('brands', NULL, 'campaigns', submission_campaign => 'brand_id', earnings => 'spent', status => NULL);
INSERT INTO brands VALUES (1), (2);
INSERT INTO campaigns VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO clips SELECT n, n % 3 + 1, n FROM generate_series(1, 30) n;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
UPDATE clips SET campaign_id = 3, earnings = 100 WHERE id = 2;
UPDATE campaigns SET brand_id = 2 WHERE id = 1;
UPDATE clips SET approved = false WHERE id = 3;
UPDATE campaigns SET spent = 0;
DELETE FROM clips WHERE id > 20;
SELECT c.*, (SELECT sum(earnings) FROM clips k WHERE campaign_id = c.id AND approved) AS oracle FROM campaigns c ORDER BY id;
SELECT b.*, (SELECT sum(spent) FROM campaigns c WHERE brand_id = b.id) AS oracle FROM brands b ORDER BY id;
SELECT found_by, count(*) FROM spend_sync.correction WHERE found_by <> 'attach' GROUP BY found_by;
