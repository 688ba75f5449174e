-- One statement that writes several of the tables: its parts see neither each other's rows nor each other's totals,
-- and PostgreSQL runs them in an order of its own. The total is right when the whole statement ends.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO clips VALUES (1, 10.00), (2, 20.00), (3, 30.00), (4, 40.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 1, 3, 'PENDING'), (4, 2, 3, 'APPROVED');
SELECT corrected, total_difference FROM spend_sync_attach();
TABLE totals;

-- Clips and submissions, in both orders, main part and WITH.
WITH w AS (UPDATE clips SET earnings = 31 WHERE id = 3)
UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3;
TABLE totals;
WITH w AS (UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3)
UPDATE clips SET earnings = 32 WHERE id = 3;
TABLE totals;
WITH w AS (UPDATE clips SET earnings = 33 WHERE id = 3), v AS (UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3)
SELECT 1 AS one;
TABLE totals;
WITH w AS (UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3), v AS (UPDATE clips SET earnings = 34 WHERE id = 3)
SELECT 1 AS one;
TABLE totals;

-- A clip and its submission are made together; the clip's key is known from RETURNING.
WITH clip AS (INSERT INTO clips VALUES (5, 55) RETURNING id)
INSERT INTO clip_submissions SELECT 5, 2, id, 'APPROVED' FROM clip;
TABLE totals;
WITH campaign AS (INSERT INTO campaigns VALUES (4, 'Four', 4.44) RETURNING id),
     clip AS (INSERT INTO clips VALUES (6, 66) RETURNING id)
INSERT INTO clip_submissions SELECT 6, campaign.id, clip.id, 'APPROVED' FROM campaign, clip;
TABLE totals;

-- Gone together.
WITH s AS (DELETE FROM clip_submissions WHERE id = 5 RETURNING clip_id)
DELETE FROM clips k USING s WHERE k.id = s.clip_id;
TABLE totals;

-- A move, another earning, another status, a new link and one that goes, in one statement.
WITH a AS (UPDATE clip_submissions SET campaign_id = 3 WHERE id = 1),
     b AS (UPDATE clips SET earnings = earnings + 1),
     c AS (UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3),
     d AS (INSERT INTO clip_submissions VALUES (7, 3, 4, 'APPROVED'))
DELETE FROM clip_submissions WHERE id = 4;
TABLE totals;

-- A direct write beside the writes that move the total.
WITH a AS (UPDATE campaigns SET spent = 0.01 WHERE id = 1)
UPDATE clips SET earnings = 100 WHERE id = 2;
TABLE totals;
WITH a AS (UPDATE clips SET earnings = 200 WHERE id = 2)
UPDATE campaigns SET spent = 0.02, title = title || '!';
TABLE totals;

-- A function that writes, called from a query that writes.
CREATE FUNCTION earn(clip int, amount numeric) RETURNS numeric LANGUAGE sql AS
    $$ UPDATE clips SET earnings = amount WHERE id = clip RETURNING earnings $$;
UPDATE clip_submissions SET status = CASE WHEN earn(clip_id, 7) > 0 THEN 'APPROVED' END WHERE id IN (2, 3);
TABLE totals;
SELECT earn(id, 8) FROM clips ORDER BY id;
TABLE totals;

-- At commit, all of that again.
BEGIN;
SET LOCAL spend_sync.flush = 'commit';
WITH w AS (UPDATE clips SET earnings = 9 WHERE id = 3)
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3;
WITH w AS (UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3)
UPDATE clips SET earnings = 10 WHERE id = 3;
WITH s AS (DELETE FROM clip_submissions WHERE id = 6 RETURNING clip_id)
DELETE FROM clips k USING s WHERE k.id = s.clip_id;
COMMIT;
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
