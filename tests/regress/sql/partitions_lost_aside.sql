-- Partitions that go, rows and all, by commands that do not name them, and amid commands of others.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0) PARTITION BY RANGE (id);
CREATE TABLE campaigns_1 PARTITION OF campaigns FOR VALUES FROM (0) TO (3);
CREATE TABLE campaigns_2 PARTITION OF campaigns FOR VALUES FROM (3) TO (100);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (id int, campaign_id int, clip_id int, status text) PARTITION BY RANGE (id);
CREATE FUNCTION part_of(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE TABLE submissions_1 PARTITION OF clip_submissions FOR VALUES FROM (0) TO (100);
CREATE TABLE submissions_2 PARTITION OF clip_submissions FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (part_of(id));
CREATE TABLE submissions_2a PARTITION OF submissions_2 FOR VALUES FROM (0) TO (1000);
CREATE TABLE submissions_3 PARTITION OF clip_submissions FOR VALUES FROM (200) TO (300);
\ir ../totals.sql
INSERT INTO campaigns (id) VALUES (1);
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 40);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (101, 1, 2, 'APPROVED'), (201, 1, 3, 'APPROVED');
CREATE INDEX ON clip_submissions (clip_id);
CREATE INDEX ON clip_submissions (campaign_id);
SELECT total FROM spend_sync_attach();
TABLE totals;

-- With the function that a partition is partitioned by.
SET client_min_messages = warning;
DROP FUNCTION part_of CASCADE;
RESET client_min_messages;
TABLE totals;

-- With the extension that it was made a member of (one that every server has).
CREATE TABLE submissions_member PARTITION OF clip_submissions FOR VALUES FROM (300) TO (400);
INSERT INTO clip_submissions VALUES (301, 1, 2, 'APPROVED');
TABLE totals;
ALTER EXTENSION plpgsql ADD TABLE submissions_member;
DROP EXTENSION plpgsql;
CREATE EXTENSION plpgsql;
TABLE totals;

-- Where another event trigger begins commands that fail, amid the one that drops it.
CREATE FUNCTION audit() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('app.inner', true) = '1' THEN
        RETURN;
    END IF;
    PERFORM set_config('app.inner', '1', true);
    BEGIN
        ALTER TABLE nosuch RENAME TO b;
    EXCEPTION WHEN undefined_table THEN
        NULL;
    END;
    PERFORM set_config('app.inner', '', true);
END$$;
CREATE EVENT TRIGGER z_audit ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION audit();
DROP TABLE submissions_3;
DROP EVENT TRIGGER z_audit;
TABLE totals;

-- A campaign whose key moves it to another partition takes its total along or gets a new one; nobody wrote that by hand.
UPDATE campaigns SET id = 3 WHERE id = 1;
TABLE totals;
UPDATE clip_submissions SET campaign_id = 3;
UPDATE campaigns SET id = 1 WHERE id = 3;
TABLE totals;
SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction WHERE found_by <> 'attach';
SELECT total FROM spend_sync_attach(direct_writes => 'reject');
UPDATE clip_submissions SET campaign_id = 1;
UPDATE campaigns SET id = 3 WHERE id = 1;
TABLE totals;
