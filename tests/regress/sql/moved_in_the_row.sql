-- One campaign's total is moved in its row, past the executor, where none but our own triggers would fire; else by an UPDATE. Which of
-- the two it was shows in whether the BEFORE trigger of ours was called.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, note text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX links_by_clip ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, repeat('long ', 10000)), (2, 'two');
INSERT INTO clips SELECT n, n FROM generate_series(1, 4) n;
INSERT INTO clip_submissions SELECT n, 1, n, 'APPROVED' FROM generate_series(1, 3) n;
INSERT INTO clip_submissions VALUES (4, 1, 4);
SET spend_sync.recompute_interval = -1;
SELECT corrected FROM spend_sync_attach();
SET track_functions = 'all';
CREATE VIEW calls AS SELECT coalesce(sum(calls), 0) AS by_now FROM pg_stat_xact_user_functions WHERE funcname = 'keep_total';
CREATE TABLE called AS TABLE calls;
CREATE VIEW way AS SELECT CASE WHEN calls.by_now > called.by_now THEN 'by UPDATE' ELSE 'in the row' END AS moved FROM calls, called;
\set begin 'BEGIN; UPDATE called SET by_now = calls.by_now FROM calls;'
CREATE VIEW off AS
    SELECT c.id, spent, spent - coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS by
    FROM campaigns c ORDER BY c.id;
\set grow 'BEGIN; UPDATE called SET by_now = calls.by_now FROM calls; UPDATE clips SET earnings = earnings + 1 WHERE id = 1; TABLE way; COMMIT;'
:grow
:begin UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 4; TABLE way; COMMIT;
:begin UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3; TABLE way; COMMIT;
TABLE off;
-- The rest of the row is as it was: what is kept elsewhere, what came later, and what went.
ALTER TABLE campaigns ADD went int DEFAULT 5, ADD came int DEFAULT 7;
ALTER TABLE campaigns DROP went;
:grow
SELECT id, length(note), came FROM campaigns ORDER BY id;
-- Of a column that is dropped nothing outlives the next version of the row.
ALTER TABLE campaigns ADD went text;
ALTER TABLE campaigns ALTER went SET STORAGE EXTERNAL;
UPDATE campaigns SET went = repeat('gone ', 10000) WHERE id = 1;
ALTER TABLE campaigns DROP went;
:grow
SELECT reltoastrelid::regclass AS kept_elsewhere FROM pg_class WHERE oid = 'campaigns'::regclass \gset
SELECT count(*) FROM :kept_elsewhere;
-- Indexes of the total find it.
CREATE INDEX ON campaigns (spent);
CREATE FUNCTION doubled(numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 * 2; END';
CREATE INDEX ON campaigns (doubled(spent));
:grow
SET enable_seqscan = off;
SELECT id FROM campaigns WHERE spent = (SELECT spent FROM off WHERE id = 1);
SELECT id FROM campaigns WHERE doubled(spent) = (SELECT 2 * spent FROM off WHERE id = 1);
RESET enable_seqscan;
-- A CHECK of PostgreSQL's own functions holds; one that calls somebody's takes an UPDATE.
ALTER TABLE campaigns ADD CONSTRAINT capped CHECK (spent < 20 AND tableoid = 'campaigns'::regclass);
:grow
UPDATE clips SET earnings = 100 WHERE id = 1;
CREATE FUNCTION is_noted(numeric) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''checked %'', $1; RETURN true; END';
ALTER TABLE campaigns ADD CONSTRAINT noted CHECK (is_noted(spent)) NOT VALID;
:grow
ALTER TABLE campaigns DROP CONSTRAINT noted, DROP CONSTRAINT capped;
-- What else fires, or is computed, takes an UPDATE.
CREATE FUNCTION says() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE NOTICE ''% % sees %'', TG_WHEN, TG_LEVEL, NEW.spent; RETURN NEW; END';
CREATE TRIGGER theirs BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION says();
:grow
DROP TRIGGER theirs ON campaigns;
CREATE TRIGGER theirs AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION says();
:grow
DROP TRIGGER theirs ON campaigns;
CREATE TRIGGER theirs AFTER UPDATE ON campaigns FOR EACH STATEMENT EXECUTE FUNCTION says();
:grow
DROP TRIGGER theirs ON campaigns;
CREATE TRIGGER theirs AFTER INSERT ON campaigns FOR EACH ROW EXECUTE FUNCTION says();
:grow
DROP TRIGGER theirs ON campaigns;
CREATE TABLE seen (spent numeric);
CREATE RULE theirs AS ON UPDATE TO campaigns DO ALSO INSERT INTO seen VALUES (NEW.spent);
:grow
SELECT count(*) FROM seen;
DROP RULE theirs ON campaigns;
ALTER TABLE campaigns ADD twice numeric GENERATED ALWAYS AS (spent * 2) STORED;
:grow
SELECT c.id, c.twice = 2 * off.spent AS follows FROM campaigns c JOIN off USING (id) ORDER BY 1;
ALTER TABLE campaigns DROP twice;
ALTER TABLE campaigns ADD CONSTRAINT alone UNIQUE (spent) DEFERRABLE INITIALLY DEFERRED;
:begin
UPDATE clip_submissions SET campaign_id = 2 WHERE id = 2;
UPDATE called SET by_now = calls.by_now FROM calls;
UPDATE clips SET earnings = (SELECT spent FROM campaigns WHERE id = 1) WHERE id = 2;
TABLE way;
COMMIT;
ALTER TABLE campaigns DROP CONSTRAINT alone, ADD CONSTRAINT together UNIQUE (id, spent);
CREATE TABLE follows (id int, spent numeric(10,2), FOREIGN KEY (id, spent) REFERENCES campaigns (id, spent) ON UPDATE CASCADE);
INSERT INTO follows SELECT id, spent FROM campaigns WHERE id = 1;
:grow
SELECT f.spent - c.spent AS behind FROM follows f JOIN campaigns c USING (id);
DROP TABLE follows;
:grow
-- A row that this transaction has written may wait for a foreign key's check, which has to look at the version that comes of it.
CREATE TABLE users (id int PRIMARY KEY);
ALTER TABLE campaigns ADD owner int REFERENCES users DEFERRABLE INITIALLY DEFERRED;
:begin
INSERT INTO campaigns (id, owner) VALUES (3, 9);
INSERT INTO clips VALUES (5, 5);
INSERT INTO clip_submissions VALUES (5, 3, 5, 'APPROVED');
UPDATE called SET by_now = calls.by_now FROM calls;
UPDATE clips SET earnings = 6 WHERE id = 5;
TABLE way;
COMMIT;
:grow
-- A few campaigns are moved one after the other, each in its row: by clips, by links, by a link that goes from one to the other. More than a
-- few, and all where a trigger of the user's stands on campaigns, by one UPDATE.
INSERT INTO campaigns (id) VALUES (3);
INSERT INTO clips VALUES (5, 5);
INSERT INTO clip_submissions VALUES (5, 3, 5, 'APPROVED');
:begin UPDATE clips SET earnings = earnings + 1 WHERE id IN (1, 2, 5); TABLE way; COMMIT;
:begin UPDATE clip_submissions SET status = 'PENDING' WHERE id IN (2, 5); TABLE way; COMMIT;
:begin UPDATE clip_submissions SET status = 'APPROVED' WHERE id IN (2, 5); TABLE way; COMMIT;
:begin UPDATE clip_submissions SET campaign_id = 3 WHERE id = 2; TABLE way; COMMIT;
TABLE off;
:begin UPDATE clips SET earnings = earnings + 1; TABLE way; COMMIT;
CREATE TRIGGER theirs AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION says();
:begin UPDATE clips SET earnings = earnings + 1 WHERE id IN (1, 5); TABLE way; COMMIT;
DROP TRIGGER theirs ON campaigns;
-- One that this transaction has written, and one whose total is NULL, are summed, the others moved.
BEGIN;
UPDATE campaigns SET note = 'own' WHERE id = 3;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (1, 5);
COMMIT;
SET session_replication_role = replica; UPDATE campaigns SET spent = NULL WHERE id = 3; RESET session_replication_role;
UPDATE clips SET earnings = earnings + 1 WHERE id IN (1, 5);
TABLE off;
-- What is not in the row is summed, and what it cannot hold is refused, as ever.
SET session_replication_role = replica; UPDATE campaigns SET spent = NULL; RESET session_replication_role;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
TABLE off;
UPDATE clips SET earnings = 99999999 WHERE id IN (1);
TABLE off;
-- Without an index for it links are found as PostgreSQL finds them.
DROP INDEX links_by_clip;
:grow
TABLE off;
-- Other types of keys and of money.
SELECT spend_sync_detach('campaigns');
CREATE TABLE uuid_campaigns (id uuid PRIMARY KEY, spent bigint DEFAULT 0, note text);
CREATE TABLE text_clips (id varchar(20) PRIMARY KEY, earnings int);
CREATE TABLE uuid_links (campaign_id uuid, clip_id text, is_paid boolean);
CREATE INDEX ON uuid_links (clip_id);
INSERT INTO uuid_campaigns VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
INSERT INTO text_clips VALUES ('one', 1), ('two', 2);
INSERT INTO uuid_links SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', id, true FROM text_clips;
SELECT corrected FROM spend_sync_attach(
    'uuid_campaigns', 'text_clips', 'uuid_links', status => 'is_paid', approved => '{true}');
:begin UPDATE text_clips SET earnings = 50 WHERE id = 'one'; TABLE way; COMMIT;
:begin UPDATE uuid_links SET is_paid = false WHERE clip_id = 'two'; TABLE way; COMMIT;
SELECT spend_sync_detach('uuid_campaigns');
-- A domain's CHECK may write what it checks.
CREATE FUNCTION is_noted(bigint) RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF $1 = 51 THEN
        UPDATE uuid_campaigns SET note = 'seen';
    END IF;
    RETURN $1 < 100;
END $$;
CREATE DOMAIN capped AS bigint CHECK (is_noted(VALUE));
ALTER TABLE uuid_campaigns ALTER spent TYPE capped;
SELECT corrected FROM spend_sync_attach(
    'uuid_campaigns', 'text_clips', 'uuid_links', status => 'is_paid', approved => '{true}');
:begin UPDATE text_clips SET earnings = 49 WHERE id = 'one'; TABLE way; COMMIT;
UPDATE text_clips SET earnings = 100 WHERE id = 'one';
UPDATE text_clips SET earnings = 51 WHERE id = 'one';
SELECT spent FROM uuid_campaigns;
SELECT spend_sync_detach('uuid_campaigns');
-- Rows of a publication need an identity.
CREATE TABLE nameless (id int NOT NULL UNIQUE, spent numeric DEFAULT 0);
INSERT INTO nameless VALUES (1);
CREATE TABLE nameless_links (campaign_id int, clip_id varchar(20), status text);
CREATE INDEX ON nameless_links (clip_id);
INSERT INTO nameless_links VALUES (1, 'one', 'APPROVED');
SELECT corrected FROM spend_sync_attach('nameless', 'text_clips', 'nameless_links');
:begin UPDATE text_clips SET earnings = 3 WHERE id = 'one'; TABLE way; COMMIT;
SET client_min_messages = error;
CREATE PUBLICATION updates FOR TABLE nameless;
UPDATE text_clips SET earnings = 4 WHERE id = 'one';
DROP PUBLICATION updates;
SELECT spent FROM nameless;
