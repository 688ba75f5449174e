-- More rows than are remembered one by one, written in several savepoints: they are folded into their campaigns, be they of
-- levels that were merged, that are still open, or that a flush keeps for a rollback. What a rollback undoes of the look-ups
-- is looked up again.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) NOT NULL DEFAULT 0 CHECK (spent < 10000000));
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2));
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, status text NOT NULL);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW wrong AS
    SELECT c.id, c.spent FROM campaigns c WHERE c.spent IS DISTINCT FROM (
        SELECT coalesce(sum(k.earnings), 0) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED');
INSERT INTO campaigns SELECT generate_series(0, 9);
INSERT INTO campaigns SELECT generate_series(121, 130);
INSERT INTO clips SELECT n, 1 FROM generate_series(1, 40000) n;
INSERT INTO clip_submissions SELECT n, n % 10, n, 'APPROVED' FROM generate_series(1, 100) n;
-- Campaigns of one clip each.
INSERT INTO clip_submissions SELECT n, n, n, 'APPROVED' FROM generate_series(121, 130) n;
SELECT corrected FROM spend_sync_attach(flush => 'commit');
CREATE FUNCTION write(block int) RETURNS void LANGUAGE sql AS
    $$ UPDATE clips SET earnings = earnings + 1 WHERE id > (block - 1) * 6000 AND id <= block * 6000 $$;
\t on

-- Blocks that catch exceptions, and succeed.
BEGIN;
SELECT write(1);
DO $$
BEGIN
    FOR block IN 1..6 LOOP
        BEGIN
            PERFORM write(block);
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
    END LOOP;
END $$;
COMMIT;
TABLE wrong;

-- Savepoints that stay open; all rolled back but the first.
BEGIN;
SELECT write(1);
SAVEPOINT s2;
SELECT write(2);
SAVEPOINT s3;
SELECT write(3);
SAVEPOINT s4;
SELECT write(4);
ROLLBACK TO s2;
COMMIT;
TABLE wrong;

-- While the first level is folded, the one that folds it has moved, or deleted, links of what that wrote: of clips written, of
-- clips deleted whose links no foreign key deletes, and of a campaign that came to be after its link.
INSERT INTO clip_submissions VALUES (110, 10, 110, 'APPROVED');
BEGIN;
SELECT write(1);
DELETE FROM clips WHERE id IN (123, 124);
UPDATE clips SET id = 50125 WHERE id = 125;
INSERT INTO campaigns VALUES (10);
SAVEPOINT s2;
UPDATE clip_submissions SET campaign_id = 9 WHERE id IN (121, 123);
DELETE FROM clip_submissions WHERE id IN (110, 122, 124, 125);
SAVEPOINT s3;
SELECT write(2);
SAVEPOINT s4;
SELECT write(3);
ROLLBACK TO s2;
COMMIT;
TABLE wrong;
SELECT spent FROM campaigns WHERE id = 10;
-- The same where nothing is rolled back.
INSERT INTO clip_submissions VALUES (111, 11, 111, 'APPROVED');
BEGIN;
SELECT write(1);
DELETE FROM clips WHERE id IN (127, 128);
UPDATE clips SET id = 50129 WHERE id = 129;
INSERT INTO campaigns VALUES (11), (12);
SAVEPOINT s2;
UPDATE clip_submissions SET campaign_id = 9 WHERE id IN (126, 127);
DELETE FROM clip_submissions WHERE id IN (128, 129);
INSERT INTO clip_submissions VALUES (112, 12, 112, 'APPROVED');
SAVEPOINT s3;
SELECT write(2);
SAVEPOINT s4;
SELECT write(3);
COMMIT;
TABLE wrong;
SELECT id, spent FROM campaigns WHERE id IN (11, 12) ORDER BY id;

-- Flushes in savepoints that stay open: each keeps what the one before it wrote, until all of that comes back.
CREATE FUNCTION flush() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    UPDATE clips SET earnings = earnings + 1 WHERE id = 20000;
    SET CONSTRAINTS ALL DEFERRED;
END $$;
BEGIN;
SELECT write(1);
SAVEPOINT s2;
UPDATE clip_submissions SET campaign_id = 8 WHERE id = 130;
SELECT flush();
SELECT write(2);
SAVEPOINT s3;
SELECT flush();
SELECT write(3);
ROLLBACK TO s2;
COMMIT;
TABLE wrong;

-- New campaigns without a link are not remembered.
BEGIN;
INSERT INTO clip_submissions SELECT n, n - 1000, n, 'APPROVED' FROM generate_series(1200, 1220) n;
INSERT INTO campaigns SELECT generate_series(200, 30000);
COMMIT;
TABLE wrong;
SELECT brought_up_at FROM spend_sync_attach(sync => false);

-- Errors: those that a savepoint ends are gone with it.
CREATE FUNCTION transaction_kb() RETURNS bigint LANGUAGE sql AS
    $$ SELECT sum(total_bytes) / 1024 FROM pg_backend_memory_contexts WHERE name = 'TopTransactionContext' $$;
BEGIN;
SELECT set_config('test.kb', transaction_kb()::text, true) <> '' AS begun;
DO $$
DECLARE caught int := 0;
BEGIN
    FOR n IN 1..1000 LOOP
        BEGIN
            UPDATE clips SET earnings = 99999999 WHERE id = 1;
        EXCEPTION WHEN check_violation THEN
            caught := caught + 1;
        END;
    END LOOP;
    RAISE NOTICE 'caught: %', caught;
END $$;
SELECT CASE WHEN kb <= 300 THEN 'flat' ELSE kb || ' kB more' END AS errors
FROM (SELECT transaction_kb() - current_setting('test.kb')::bigint AS kb) g;
COMMIT;
TABLE wrong;
