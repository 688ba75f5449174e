-- A flush amid a statement sums rows of it that no row trigger has told of yet. The log says drift where drift was, and
-- nowhere else: whoever asked, whatever was flushed since, whatever was rolled back.
CREATE EXTENSION spend_sync;
-- Small campaigns are summed: that finds drift at once.
SET spend_sync.recompute_interval = 0;
\ir ../tables.sql
SELECT total FROM spend_sync_attach();
DELETE FROM spend_sync.correction;

-- A repair asked for amid a statement, by a trigger that fires before ours. What is taken back is not another server's, of the same number.
INSERT INTO spend_sync.correction (campaigns, campaign_id, actual, found_by, role, server, id) OVERRIDING SYSTEM VALUE
SELECT 'campaigns'::regclass, 'theirs', 1, 'write', 'somebody', 1, n FROM generate_series(1, 100) n;
CREATE FUNCTION legacy() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM sync_campaign('1'); RETURN NULL; END$$;
CREATE TRIGGER legacy AFTER UPDATE ON clips FOR EACH ROW EXECUTE FUNCTION legacy();
UPDATE clips SET earnings = 11 WHERE id = 1;
DROP TRIGGER legacy ON clips;
TABLE totals;
SELECT campaign_id, recorded, actual, found_by, count(*) FROM spend_sync.correction GROUP BY 1, 2, 3, 4;
DELETE FROM spend_sync.correction;

-- Drift that was healed stays logged, whatever another flush amid a later statement suspected.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 999 WHERE id = 1;
RESET session_replication_role;
CREATE FUNCTION approve(int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO clip_submissions VALUES (9, 2, $1, 'APPROVED');
    RETURN 1;
END$$;
BEGIN;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
UPDATE clips SET earnings = earnings + 1 WHERE id = 3 RETURNING approve(3);
UPDATE clips SET earnings = earnings + 1 WHERE id = 3;
COMMIT;
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction;
DELETE FROM spend_sync.correction;

-- What was taken back is taken back for good, though the flush that did it is rolled back.
SELECT total FROM spend_sync_attach(flush => 'commit');
CREATE FUNCTION nudge(int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN count(*) FROM sync_campaign(1);
END$$;
BEGIN;
UPDATE clips SET earnings = 6 WHERE id = 4;
UPDATE clips SET earnings = earnings + 1 WHERE id = 2 RETURNING nudge(id);
SELECT campaign_id, found_by FROM spend_sync.correction;
SAVEPOINT a;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT campaign_id, found_by FROM spend_sync.correction;
ROLLBACK TO a;
SELECT campaign_id, found_by FROM spend_sync.correction;
COMMIT;
SELECT campaign_id, found_by FROM spend_sync.correction;
TABLE totals;
SELECT total FROM spend_sync_attach(flush => 'statement');

-- A trigger of the user's writes a clip of another total of the same flush, which is not stored yet.
CREATE TABLE other (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
CREATE TABLE links (campaign_id int, clip_id int, status text);
INSERT INTO other VALUES (7);
INSERT INTO links VALUES (7, 1, 'APPROVED'), (7, 4, 'APPROVED');
CREATE INDEX ON links (campaign_id);
CREATE INDEX ON links (clip_id);
SELECT total FROM spend_sync_attach('other', 'clips', 'links');
DELETE FROM spend_sync.correction;
CREATE FUNCTION bonus() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clips SET earnings = earnings + 1 WHERE id = 4;
    RETURN NEW;
END$$;
CREATE TRIGGER bonus AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION bonus();
UPDATE clips SET earnings = 20 WHERE id = 1;
TABLE totals;
SELECT o.spent, sum(c.earnings) AS oracle FROM other o, links l JOIN clips c ON c.id = l.clip_id GROUP BY 1;
SELECT campaigns::regclass, campaign_id, recorded, actual, found_by FROM spend_sync.correction;
-- And before any of them is.
DROP TRIGGER bonus ON campaigns;
CREATE TRIGGER bonus BEFORE UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION bonus();
UPDATE clips SET earnings = 30 WHERE id = 1;
TABLE totals;
SELECT o.spent, sum(c.earnings) AS oracle FROM other o, links l JOIN clips c ON c.id = l.clip_id GROUP BY 1;
SELECT campaigns::regclass, campaign_id, recorded, actual, found_by FROM spend_sync.correction;
-- At commit, where no statement ends in between.
SELECT total FROM spend_sync_attach(flush => 'commit');
SELECT total FROM spend_sync_attach('other', 'clips', 'links', flush => 'commit');
UPDATE clips SET earnings = 40 WHERE id = 1;
TABLE totals;
SELECT o.spent, sum(c.earnings) AS oracle FROM other o, links l JOIN clips c ON c.id = l.clip_id GROUP BY 1;
SELECT campaigns::regclass, campaign_id, recorded, actual, found_by FROM spend_sync.correction;
