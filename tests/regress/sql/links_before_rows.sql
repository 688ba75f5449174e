-- A link may be there before its clip or its campaign, whatever the foreign key says: one statement deletes and inserts a key,
-- a trigger keeps links that a cascade would delete, triggers are disabled, a session is in replica role, the key is deferred
-- or none. Who inserts a clip or a campaign looks for links that name it.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (id serial PRIMARY KEY, campaign_id text REFERENCES campaigns, clip_id text REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;
INSERT INTO campaigns (id) VALUES ('a'), ('b'), ('c');
INSERT INTO clips VALUES ('k1', 3), ('k2', 5), ('k3', 7);
INSERT INTO clip_submissions (campaign_id, clip_id, status) VALUES
    ('a', 'k1', 'APPROVED'), ('b', 'k2', 'APPROVED'), ('c', 'k3', 'APPROVED'), ('c', 'k1', 'PENDING');
SELECT corrected FROM spend_sync_attach();

-- One statement, under keys with NO ACTION: a campaign is deleted and inserted, re-keyed and inserted.
WITH old AS (DELETE FROM campaigns WHERE id = 'a' RETURNING *)
INSERT INTO campaigns (id, title) SELECT id, 'replaced' FROM old;
TABLE totals;
WITH old AS (UPDATE campaigns SET id = 'archived' WHERE id = 'b' RETURNING 1)
INSERT INTO campaigns (id, title) SELECT 'b', 'fresh' FROM old;
TABLE totals;
WITH old AS (DELETE FROM campaigns WHERE id = 'a' RETURNING *)
INSERT INTO campaigns (id, spent) SELECT id, 99 FROM old;
TABLE totals;
-- With an upsert, with NULL, and by a campaign that takes the key of another.
WITH old AS (DELETE FROM campaigns WHERE id = 'a' RETURNING *)
INSERT INTO campaigns (id, spent) SELECT id, NULL FROM old ON CONFLICT (id) DO NOTHING;
WITH old AS (DELETE FROM campaigns WHERE id = 'b' RETURNING *)
UPDATE campaigns SET id = old.id FROM old WHERE campaigns.id = 'archived';
TABLE totals;
-- The same of clips.
WITH old AS (DELETE FROM clips WHERE id = 'k1' RETURNING *)
INSERT INTO clips SELECT id, earnings + 1 FROM old;
TABLE totals;
WITH old AS (UPDATE clips SET id = 'k9' WHERE id = 'k2' RETURNING earnings)
INSERT INTO clips SELECT 'k2', earnings + 1 FROM old;
TABLE totals;
-- Links, clip and campaign at once.
WITH l AS (DELETE FROM clip_submissions WHERE campaign_id = 'a'), k AS (DELETE FROM clips WHERE id = 'k3' RETURNING *),
     kk AS (INSERT INTO clips SELECT id, 70 FROM k), c AS (DELETE FROM campaigns WHERE id = 'c' RETURNING id)
INSERT INTO campaigns (id) SELECT id FROM c;
TABLE totals;
INSERT INTO clip_submissions (campaign_id, clip_id, status) VALUES ('a', 'k1', 'APPROVED');

-- A trigger keeps approved links that a cascade would delete.
ALTER TABLE clip_submissions
    DROP CONSTRAINT clip_submissions_campaign_id_fkey, DROP CONSTRAINT clip_submissions_clip_id_fkey,
    ADD FOREIGN KEY (campaign_id) REFERENCES campaigns ON DELETE CASCADE ON UPDATE CASCADE,
    ADD FOREIGN KEY (clip_id) REFERENCES clips ON DELETE CASCADE ON UPDATE CASCADE;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF TG_OP = 'UPDATE' OR OLD.status = 'APPROVED' THEN RETURN NULL; END IF; RETURN OLD; END $$;
CREATE TRIGGER keep BEFORE DELETE ON clip_submissions FOR EACH ROW EXECUTE FUNCTION keep();
DELETE FROM clips WHERE id = 'k1';
TABLE totals;
INSERT INTO clips VALUES ('k1', 3);
DELETE FROM campaigns WHERE id = 'b';
INSERT INTO campaigns VALUES ('b');
TABLE totals;
DELETE FROM clips WHERE id = 'k1';
DELETE FROM campaigns WHERE id IN ('b', 'c');
INSERT INTO clips VALUES ('k1', 30), ('k1', 31) ON CONFLICT (id) DO NOTHING;
INSERT INTO campaigns (id) VALUES ('b'), ('c') ON CONFLICT (id) DO UPDATE SET title = 'was there';
DELETE FROM clips WHERE id = 'k2';
COPY clips FROM stdin;
k2	8.00
\.
TABLE totals;
-- An orphan's clip is written, and its status, while it has no campaign; then another gets its key.
INSERT INTO campaigns (id, spent) VALUES ('archived', 0);
DELETE FROM campaigns WHERE id = 'b';
UPDATE clips SET earnings = 80 WHERE id = 'k2';
UPDATE campaigns SET id = 'b' WHERE id = 'archived';
TABLE totals;
-- The same by SET NULL: a link that has lost its clip has lost it.
DROP TRIGGER keep ON clip_submissions;
CREATE TRIGGER keep BEFORE UPDATE ON clip_submissions FOR EACH ROW WHEN (NEW.clip_id IS NULL) EXECUTE FUNCTION keep();
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey,
    ADD FOREIGN KEY (clip_id) REFERENCES clips ON DELETE SET NULL;
DELETE FROM clips WHERE id = 'k1';
TABLE totals;
INSERT INTO clips VALUES ('k1', 6);
TABLE totals;
DROP TRIGGER keep ON clip_submissions;
DELETE FROM clips WHERE id = 'k1';
INSERT INTO clips VALUES ('k1', 6);
TABLE totals;

-- A clip, and a campaign, that are deleted in replica role and inserted again.
SET session_replication_role = replica;
DELETE FROM clips WHERE id = 'k2';
DELETE FROM campaigns WHERE id = 'c';
RESET session_replication_role;
INSERT INTO clips VALUES ('k2', 9);
INSERT INTO campaigns (id) VALUES ('c');
TABLE totals;
-- Links that are made while triggers are disabled, or in replica role, before what they name.
ALTER TABLE clip_submissions DISABLE TRIGGER ALL;
INSERT INTO clip_submissions (campaign_id, clip_id, status) VALUES ('a', 'k7', 'APPROVED'), ('d', 'k7', 'APPROVED');
ALTER TABLE clip_submissions ENABLE TRIGGER ALL;
INSERT INTO clips VALUES ('k7', 11);
INSERT INTO campaigns (id) VALUES ('d');
TABLE totals;
SET session_replication_role = replica;
INSERT INTO clip_submissions (campaign_id, clip_id, status) VALUES ('a', 'k8', 'APPROVED'), ('e', 'k8', 'APPROVED');
RESET session_replication_role;
UPDATE clips SET id = 'k8' WHERE id = 'k9';
UPDATE campaigns SET id = 'e' WHERE id = 'd';
TABLE totals;
SELECT campaign_id, recorded_spent, actual_spent FROM spend_sync_status() WHERE needs_sync;

-- Deferred keys: links first, in one transaction, at each statement and at commit.
ALTER TABLE clip_submissions
    DROP CONSTRAINT clip_submissions_campaign_id_fkey, DROP CONSTRAINT clip_submissions_clip_id_fkey,
    ADD FOREIGN KEY (campaign_id) REFERENCES campaigns DEFERRABLE INITIALLY DEFERRED NOT VALID,
    ADD FOREIGN KEY (clip_id) REFERENCES clips DEFERRABLE INITIALLY DEFERRED NOT VALID;
BEGIN;
INSERT INTO clip_submissions (campaign_id, clip_id, status) VALUES ('f', 'k10', 'APPROVED');
INSERT INTO clips VALUES ('k10', 12);
SAVEPOINT s;
INSERT INTO campaigns (id) VALUES ('f');
ROLLBACK TO s;
INSERT INTO campaigns (id) VALUES ('f');
UPDATE clips SET earnings = 13 WHERE id = 'k10';
COMMIT;
TABLE totals;

-- What is inserted and not linked to is written once: no second version of its row.
BEGIN;
SELECT pg_stat_get_xact_tuples_updated('campaigns'::regclass) AS updated \gset
INSERT INTO campaigns (id) VALUES ('g');
INSERT INTO campaigns (id) SELECT 'n' || i FROM generate_series(1, 25000) i;
INSERT INTO clips SELECT 'n' || i, 1 FROM generate_series(1, 25000) i;
SELECT pg_stat_get_xact_tuples_updated('campaigns'::regclass) - :updated AS updated;
-- Of so many only the tables have guards; of links to what is not there, too.
SELECT mode, count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() GROUP BY mode ORDER BY mode;
INSERT INTO clip_submissions (campaign_id, clip_id, status)
    SELECT 'm' || i % 100, 'm' || i, 'APPROVED' FROM generate_series(1, 12000) i;
SELECT mode, count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() GROUP BY mode ORDER BY mode;
INSERT INTO campaigns (id) SELECT 'm' || i FROM generate_series(0, 99) i;
INSERT INTO clips SELECT 'm' || i, 1 FROM generate_series(1, 12000) i;
COMMIT;
SELECT spent, oracle, count(*) FROM totals WHERE id LIKE 'm%' OR id LIKE 'n%' GROUP BY spent, oracle ORDER BY spent;
-- No one holds such a lock by SQL: the classes that SQL knows are 1 and 2.
BEGIN;
INSERT INTO clips VALUES ('k11', 1);
SELECT classid::regclass AS guarded, objsubid, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY objsubid, mode;
SELECT pg_advisory_unlock_all();
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
ROLLBACK;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
