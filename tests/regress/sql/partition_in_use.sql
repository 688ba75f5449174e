-- A statement knows the triggers of its tables as they were when it began: a partition that comes or goes amid one which writes it would
-- get, or lose, rows that nobody tells of. PostgreSQL asks that of the parent alone.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int, region text, earnings numeric(12,2), PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE clips_x PARTITION OF clips FOR VALUES IN ('x');
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW oracle AS
SELECT c.id, c.spent, coalesce(sum(k.earnings), 0) AS actual
FROM campaigns c LEFT JOIN clip_submissions l ON l.campaign_id = c.id AND l.status = 'APPROVED' LEFT JOIN clips k ON k.id = l.clip_id GROUP BY c.id;
INSERT INTO campaigns VALUES (1);
INSERT INTO clip_submissions SELECT 1, i, 'APPROVED' FROM generate_series(1, 9) i;
SELECT FROM spend_sync_attach();
CREATE TABLE e (id int NOT NULL, region text NOT NULL, earnings numeric(12,2));
CREATE FUNCTION att() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    ALTER TABLE clips ATTACH PARTITION e FOR VALUES IN ('e');
    RETURN 5;
END $$;
CREATE FUNCTION det() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    ALTER TABLE clips DETACH PARTITION clips_x;
    RETURN 5;
END $$;
INSERT INTO e SELECT i, 'e', CASE WHEN i = 3 THEN att() ELSE 5 END FROM generate_series(1, 5) i;
\echo :SQLSTATE
INSERT INTO e SELECT i, 'e', 5 FROM generate_series(1, 5) i;
UPDATE e SET earnings = CASE WHEN id = 3 THEN att() ELSE 7 END;
\echo :SQLSTATE
DELETE FROM e WHERE id = 3 AND att() > 0;
\echo :SQLSTATE
CREATE FUNCTION comes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM att(); RETURN NULL; END $$;
CREATE TRIGGER comes BEFORE INSERT ON e FOR EACH STATEMENT EXECUTE FUNCTION comes();
INSERT INTO e VALUES (7, 'e', 5);
\echo :SQLSTATE
DROP TRIGGER comes ON e;
-- With a partition of its own.
CREATE TABLE p (id int NOT NULL, region text NOT NULL, earnings numeric(12,2)) PARTITION BY RANGE (id);
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (100);
CREATE FUNCTION att_p() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    ALTER TABLE clips ATTACH PARTITION p FOR VALUES IN ('p');
    RETURN 5;
END $$;
INSERT INTO p_1 SELECT i, 'p', CASE WHEN i = 3 THEN att_p() ELSE 5 END FROM generate_series(1, 5) i;
\echo :SQLSTATE
-- One that goes.
INSERT INTO clips VALUES (7, 'x', 1), (8, 'x', 2);
UPDATE clips_x SET earnings = det() WHERE id = 7;
\echo :SQLSTATE
INSERT INTO clips_x SELECT 9, 'x', det();
\echo :SQLSTATE
TABLE oracle;
-- With no total it is as PostgreSQL has it; and by a statement of its own, or once the other has ended.
ALTER TABLE clips ATTACH PARTITION e FOR VALUES IN ('e');
CREATE FUNCTION goes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM det(); RETURN NULL; END $$;
CREATE TRIGGER zz AFTER UPDATE ON clips_x FOR EACH STATEMENT EXECUTE FUNCTION goes();
UPDATE clips_x SET earnings = 100;
\echo :SQLSTATE
DROP TRIGGER zz ON clips_x;
SELECT det();
TABLE oracle;
SELECT FROM spend_sync_detach('campaigns');
ALTER TABLE clips DETACH PARTITION e;
DELETE FROM e;
INSERT INTO e SELECT i, 'e', CASE WHEN i = 3 THEN att() ELSE 5 END FROM generate_series(1, 5) i;
SELECT count(*) FROM clips;
