-- One statement that writes several of the tables: its parts see neither each other's rows nor each other's totals,
-- and PostgreSQL runs them in an order of its own. The total is right when the whole statement ends.
CREATE EXTENSION spend_sync;
\ir ../tables.sql
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
SELECT FROM spend_sync_attach(flush => 'commit', sync => false);
BEGIN;
WITH w AS (UPDATE clips SET earnings = 9 WHERE id = 3)
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 3;
WITH w AS (UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 3)
UPDATE clips SET earnings = 10 WHERE id = 3;
WITH s AS (DELETE FROM clip_submissions WHERE id = 6 RETURNING clip_id)
DELETE FROM clips k USING s WHERE k.id = s.clip_id;
COMMIT;
SELECT FROM spend_sync_attach(sync => false);
TABLE totals;

-- The oracle.
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
