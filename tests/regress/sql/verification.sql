-- A total is moved by what is written, and now and then compared with its clips: by the first write after the interval, if the
-- budget of the backend allows it. Drift heals then, and is logged. The clock is the test's.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id text PRIMARY KEY, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (campaign_id text REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
\ir ../totals.sql
INSERT INTO campaigns VALUES ('hot'), ('cold'), ('huge');
INSERT INTO clips SELECT n, 1 FROM generate_series(1, 12110) n;
INSERT INTO clip_submissions SELECT 'hot', n, 'APPROVED' FROM generate_series(1, 100) n;
INSERT INTO clip_submissions SELECT 'cold', n, 'APPROVED' FROM generate_series(101, 110) n;
INSERT INTO clip_submissions SELECT 'huge', n, 'APPROVED' FROM generate_series(111, 12110) n;
ANALYZE;
CREATE PROCEDURE drift(campaign text) LANGUAGE plpgsql AS $$
BEGIN
    SET session_replication_role = replica;
    UPDATE campaigns SET spent = spent + 1000 WHERE id = campaign;
    RESET session_replication_role;
END $$;
CREATE VIEW wrong AS SELECT id, spent - oracle AS by FROM totals WHERE spent IS DISTINCT FROM oracle;
SET spend_sync.recompute_interval = '1min';
-- What attach has counted, all backends know of those campaigns that are many clips.
SELECT corrected FROM spend_sync_attach();
SELECT campaign_id, approved_clips FROM spend_sync.large_campaign;
TRUNCATE spend_sync.correction;
CREATE VIEW found AS SELECT campaign_id, recorded, actual, found_by FROM spend_sync.correction ORDER BY id;

-- Within the interval it moves along; the first write after it heals it, and logs the drift without what the write itself has added.
CALL drift('hot');
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SET spend_sync.debug_clock = '59s';
UPDATE clips SET earnings = earnings + 1 WHERE id = 2;
TABLE wrong;
SET spend_sync.debug_clock = '61s';
UPDATE clips SET earnings = earnings + 5 WHERE id = 3;
TABLE wrong;
TABLE found;
-- Also where the total is what the write makes it already.
CALL drift('hot');
SET spend_sync.debug_clock = '130s';
UPDATE clips SET earnings = earnings - 1000 WHERE id = 3;
TABLE wrong;
TABLE found;
-- A link, and several rows at once.
CALL drift('hot');
SET spend_sync.debug_clock = '200s';
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 5;
TABLE wrong;
CALL drift('hot');
SET spend_sync.debug_clock = '270s';
UPDATE clips SET earnings = earnings + 1 WHERE id IN (6, 7);
TABLE wrong;
SELECT count(*) FROM found;
TRUNCATE spend_sync.correction;

-- A campaign that is seldom written has its turn: it waits since its last write, and any write may look.
SET spend_sync.debug_clock = '400s';
CALL drift('cold');
UPDATE clips SET earnings = earnings + 1 WHERE id IN (8, 101);
SET spend_sync.debug_clock = '401s';
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
SET spend_sync.debug_clock = '402s';
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
TABLE wrong;
TABLE found;
TRUNCATE spend_sync.correction;

-- A total that somebody meant to write is looked at without the interval.
SET spend_sync.debug_clock = '410s';
CALL drift('cold');
UPDATE campaigns SET spent = 7 WHERE id = 'cold';
TABLE wrong;
UPDATE clips SET earnings = earnings + 1 WHERE id = 9;
TABLE wrong;
TRUNCATE spend_sync.correction;

-- Not where others would wait for it, nor at SERIALIZABLE, nor where it is never to be.
CALL drift('hot');
SET spend_sync.debug_clock = '500s';
BEGIN;
SET LOCAL spend_sync.recompute_interval = -1;
UPDATE clips SET earnings = earnings + 1 WHERE id = 102;
SET LOCAL spend_sync.recompute_interval = '1min';
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
COMMIT;
TABLE wrong;
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
COMMIT;
TABLE wrong;
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
COMMIT;
TABLE wrong;

-- Two totals of the same clips: the one that is brought up after the other has its turn as well.
CREATE TABLE users (id int PRIMARY KEY, earned numeric(12,2) DEFAULT 0);
INSERT INTO users VALUES (1);
ALTER TABLE clip_submissions ADD user_id int REFERENCES users;
CREATE INDEX ON clip_submissions (user_id);
UPDATE clip_submissions SET user_id = 1 WHERE clip_id <= 10;
SELECT corrected FROM spend_sync_attach('users', spent => 'earned', submission_campaign => 'user_id', title => 'id');
SET session_replication_role = replica;
UPDATE users SET earned = earned + 1000;
RESET session_replication_role;
SET spend_sync.debug_clock = '1000s';
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
SET spend_sync.debug_clock = '1001s';
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
SET spend_sync.debug_clock = '1002s';
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
SELECT earned, sum(k.earnings) AS oracle FROM users u JOIN clip_submissions s ON s.user_id = u.id AND s.status = 'APPROVED'
JOIN clips k ON k.id = s.clip_id GROUP BY u.id;
SELECT spend_sync_detach('users');

-- A verification that statement_timeout would end is not begun: writes go on.
CALL drift('huge');
UPDATE spend_sync.large_campaign SET verified_at = verified_at - interval '1 day';
SET spend_sync.debug_clock = '2000s';
SET statement_timeout = '110ms';
UPDATE clips SET earnings = earnings + 1 WHERE id = 200;
TABLE wrong;
RESET statement_timeout;
UPDATE clips SET earnings = earnings + 1 WHERE id = 200;
TABLE wrong;
SET spend_sync.debug_clock = '2100s';
UPDATE clips SET earnings = earnings + 1 WHERE id = 200;
TABLE wrong;
-- Of many clips all backends share the time.
SELECT campaign_id, verified_at > now() - interval '1 minute' AS just_now FROM spend_sync.large_campaign;
CALL drift('huge');
\c
SET spend_sync.recompute_interval = '1min';
SET spend_sync.debug_clock = '1h';
UPDATE clips SET earnings = earnings + 1 WHERE id = 200;
TABLE wrong;
-- One that takes long is earned first.
UPDATE spend_sync.large_campaign SET approved_clips = 1000000000, verified_at = verified_at - interval '1 day';
\c
SET spend_sync.recompute_interval = '1min';
SET spend_sync.debug_clock = '1h';
UPDATE clips SET earnings = earnings + 1 WHERE id = 200;
TABLE wrong;
SET spend_sync.debug_clock = '6h';
UPDATE clips SET earnings = earnings + 1 WHERE id = 200;
TABLE wrong;
SELECT approved_clips FROM spend_sync.large_campaign;

-- A backend younger than the interval verifies one write in 1,000: not each of those that come with a connection of their own,
TRUNCATE spend_sync.correction;
\c
SET spend_sync.recompute_interval = '1min';
CALL drift('hot');
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
\c
SET spend_sync.recompute_interval = '1min';
CALL drift('hot');
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
\c
SET spend_sync.recompute_interval = '1min';
CALL drift('hot');
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
SELECT count(*) < 3 AS not_each FROM found;
-- and one of many.
SET spend_sync.recompute_interval = '1d';
DO $$
BEGIN
    FOR n IN 1..50000 LOOP
        UPDATE clips SET earnings = earnings + 0.01 WHERE id = 8;
        COMMIT;
        EXIT WHEN n % 100 = 0 AND NOT EXISTS (SELECT FROM wrong);
    END LOOP;
END $$;
TABLE wrong;

-- Interval 0: each write sums.
SET spend_sync.recompute_interval = 0;
CALL drift('hot');
UPDATE clips SET earnings = earnings + 1 WHERE id = 8;
TABLE wrong;
SELECT spend_sync_detach('campaigns');
SELECT count(*) FROM spend_sync.large_campaign;
