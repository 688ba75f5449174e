-- A partition that comes or goes: the campaigns that its rows feed are summed, and no others; an empty one costs nothing. (What
-- is wrong elsewhere tells: it stays so.)
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0) PARTITION BY RANGE (id);
CREATE TABLE campaigns_1 PARTITION OF campaigns FOR VALUES FROM (0) TO (100);
CREATE TABLE campaigns_2 PARTITION OF campaigns FOR VALUES FROM (100) TO (200);
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2) DEFAULT 0) PARTITION BY LIST (id);
CREATE TABLE clips_a PARTITION OF clips FOR VALUES IN ('a');
CREATE TABLE clips_b PARTITION OF clips FOR VALUES IN ('b', 'B');
CREATE TABLE clips_c PARTITION OF clips FOR VALUES IN ('c') PARTITION BY LIST (id);
CREATE TABLE clips_c1 PARTITION OF clips_c FOR VALUES IN ('c');
CREATE TABLE clip_submissions (
    campaign_id int NOT NULL, clip_id text NOT NULL, status text NOT NULL DEFAULT 'APPROVED'
) PARTITION BY LIST (campaign_id);
CREATE TABLE clip_submissions_1 PARTITION OF clip_submissions FOR VALUES IN (1);
CREATE TABLE clip_submissions_rest PARTITION OF clip_submissions DEFAULT;
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1), (2), (3), (101);
INSERT INTO clips VALUES ('a', 1), ('b', 10), ('c', 100);
INSERT INTO clip_submissions VALUES (1, 'a'), (1, 'b'), (2, 'b'), (2, 'c'), (3, 'c'), (101, 'a');
SELECT corrected FROM spend_sync_attach();
CREATE FUNCTION spoil() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    ALTER TABLE campaigns DISABLE TRIGGER USER;
    UPDATE campaigns SET spent = 0.5;
    ALTER TABLE campaigns ENABLE TRIGGER USER;
    SET LOCAL session_replication_role = origin;
END $$;
CREATE FUNCTION spoiled() RETURNS TABLE (id int, spent numeric, oracle numeric) LANGUAGE sql AS $$
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0)
    FROM campaigns c ORDER BY c.id $$;

-- Of clips: campaigns 1 and 2.
SELECT spoil();
ALTER TABLE clips DETACH PARTITION clips_b;
SELECT * FROM spoiled();
SELECT spoil();
ALTER TABLE clips ATTACH PARTITION clips_b FOR VALUES IN ('b', 'B');
SELECT * FROM spoiled();
SELECT spoil();
DROP TABLE clips_a;
SELECT * FROM spoiled();
-- One with partitions of its own, and one that is dropped with it: 2 and 3.
SELECT spoil();
ALTER TABLE clips DETACH PARTITION clips_c;
SELECT * FROM spoiled();
ALTER TABLE clips ATTACH PARTITION clips_c FOR VALUES IN ('c');
SELECT spoil();
DROP TABLE clips_c1;
SELECT * FROM spoiled();

-- Of submissions: 1.
SELECT spoil();
ALTER TABLE clip_submissions DETACH PARTITION clip_submissions_1;
SELECT * FROM spoiled();
SELECT spoil();
ALTER TABLE clip_submissions ATTACH PARTITION clip_submissions_1 FOR VALUES IN (1);
SELECT * FROM spoiled();

-- Of campaigns: 101, which was away while its clips changed.
ALTER TABLE campaigns DETACH PARTITION campaigns_2;
UPDATE clip_submissions SET clip_id = 'b' WHERE campaign_id = 101;
SELECT spoil();
ALTER TABLE campaigns ATTACH PARTITION campaigns_2 FOR VALUES FROM (100) TO (200);
SELECT * FROM spoiled();

-- Empty ones: nothing; those that come in a schema, too, which fire triggers as others do.
SELECT spoil();
CREATE TABLE clips_d PARTITION OF clips FOR VALUES IN ('d');
ALTER TABLE clips DETACH PARTITION clips_d;
ALTER TABLE clips ATTACH PARTITION clips_d FOR VALUES IN ('d');
DROP TABLE clips_d;
CREATE SCHEMA more
    CREATE TABLE clips_e PARTITION OF public.clips FOR VALUES IN ('e')
    CREATE VIEW nothing AS SELECT 1 AS one;
SELECT * FROM spoiled();
SELECT count(*) FROM sync_all_campaigns();
INSERT INTO more.clips_e VALUES ('e', 1000);
INSERT INTO clip_submissions VALUES (3, 'e');
SELECT * FROM spoiled();
TRUNCATE more.clips_e;
SELECT * FROM spoiled();
SELECT severity, problem FROM spend_sync_check() WHERE severity = 'error';
-- One goes with its schema: who was fed by it nobody knows any more, so all are looked at.
INSERT INTO more.clips_e VALUES ('e', 1000);
SELECT spoil();
SET client_min_messages = warning;
DROP SCHEMA more CASCADE;
RESET client_min_messages;
SELECT * FROM spoiled();

-- Very long keys, and more than are kept one by one: all are looked at.
SELECT spoil();
ALTER TABLE clips DETACH PARTITION clips_b;
CREATE TABLE clips_long (id text PRIMARY KEY, earnings numeric(10,2));
INSERT INTO clips_long VALUES (repeat('long', 600), 7);
INSERT INTO clip_submissions VALUES (3, repeat('long', 600));
SELECT spoil();
DO $$ BEGIN EXECUTE format('ALTER TABLE clips ATTACH PARTITION clips_long FOR VALUES IN (%L)', repeat('long', 600)); END $$;
SELECT * FROM spoiled();
CREATE TABLE clips_many PARTITION OF clips DEFAULT;
INSERT INTO clips_many SELECT n, 0.01 FROM generate_series(1, 10001) n;
INSERT INTO clip_submissions SELECT 3, n FROM generate_series(1, 10001) n;
SELECT spoil();
ALTER TABLE clips DETACH PARTITION clips_many;
SELECT * FROM spoiled();

-- Two totals, of which one has a write waiting: both have their triggers on the partition before one is summed.
CREATE TABLE brands (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
INSERT INTO brands VALUES (3);
SELECT corrected FROM spend_sync_attach('brands', submission_campaign => 'campaign_id', flush => 'commit');
SELECT spoil();
BEGIN;
UPDATE clip_submissions SET status = 'APPROVED' WHERE clip_id = '10001';
CREATE TABLE clips_z (id text PRIMARY KEY, earnings numeric(10,2));
INSERT INTO clips_z VALUES ('z', 3);
INSERT INTO clip_submissions VALUES (3, 'z');
ALTER TABLE clips ATTACH PARTITION clips_z FOR VALUES IN ('z');
COMMIT;
SELECT * FROM spoiled();
TABLE brands;
SELECT spend_sync_detach('brands');
DROP TABLE clips_z;

-- A partition of another role that has the owner's rights is not read, for that would be as that role: all are looked at.
CREATE ROLE feed_owner;
CREATE ROLE feed_member IN ROLE feed_owner;
ALTER TABLE campaigns OWNER TO feed_owner;
ALTER TABLE clips OWNER TO feed_owner;
ALTER TABLE clip_submissions OWNER TO feed_owner;
ALTER TABLE clips_b OWNER TO feed_member;
GRANT ALL ON SCHEMA public TO feed_owner;
ALTER TABLE clips ATTACH PARTITION clips_b FOR VALUES IN ('b', 'B');
SELECT * FROM spoiled();
SET ROLE feed_member;
ALTER TABLE clips DETACH PARTITION clips_b;
RESET ROLE;
SELECT * FROM spoiled();
DROP TABLE campaigns, clips, clip_submissions, clips_b, clips_many CASCADE;
REVOKE ALL ON SCHEMA public FROM feed_owner;
DROP ROLE feed_member, feed_owner;
