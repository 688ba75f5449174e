-- PostgreSQL 15 and later: a numeric with a negative scale holds tens or hundreds. Totals are summed exactly, and rounded once
-- where they are stored.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(8,-1) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns,
    clip_id int REFERENCES clips,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
-- (A function, as a view would hold on to the types.)
CREATE FUNCTION totals() RETURNS TABLE (id int, spent numeric, oracle numeric) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT c.id, c.spent, coalesce((
            SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
            WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0)::numeric(8,-1)
        FROM campaigns c ORDER BY c.id;
END $$;
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
SELECT corrected FROM spend_sync_attach();
SELECT problem FROM spend_sync_check();
INSERT INTO clips VALUES (1, 4.00), (2, 4.00), (3, 5.00);
INSERT INTO clip_submissions VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED'), (3, 2, 3, 'APPROVED');
SELECT * FROM totals();
UPDATE clips SET earnings = earnings + 3;
SELECT * FROM totals();
-- Earnings of tens, in a column that holds every sum of them: large campaigns are moved.
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips ALTER earnings TYPE numeric(6,-1);
SET spend_sync.recompute_interval = '1d';
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = earnings + 15;
SELECT * FROM totals();
UPDATE clips SET earnings = earnings + 10;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 2;
SELECT * FROM totals();
UPDATE clips SET earnings = 9999990 WHERE id = 3;
SELECT * FROM totals();
-- Nine digits before the point are all that it holds.
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips ALTER earnings TYPE numeric(12,-1);
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 999999990 WHERE id = 3;
SELECT * FROM totals();
UPDATE clips SET earnings = 1000000000 WHERE id = 3;
\echo :SQLSTATE
SELECT * FROM totals();

-- The oracle.
SELECT * FROM totals() WHERE spent IS DISTINCT FROM oracle;
