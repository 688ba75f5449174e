-- Every kind of write, one transaction after another.
UPDATE clips SET earnings = earnings + 1.25;
BEGIN;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id % 6 = 0;
INSERT INTO clips SELECT 100 + n, n FROM generate_series(1, 10) n ON CONFLICT DO NOTHING;
INSERT INTO clip_submissions SELECT 100 + n, 1 + n % 5, 100 + n, 'APPROVED' FROM generate_series(1, 10) n ON CONFLICT DO NOTHING;
COMMIT;
UPDATE clip_submissions SET campaign_id = 1 WHERE id IN (7, 8, 9);
UPDATE clip_submissions SET clip_id = 1 WHERE id = 10;
BEGIN;
SAVEPOINT a;
UPDATE clips SET earnings = 1000;
ROLLBACK TO a;
DELETE FROM clips WHERE id IN (11, 12);
UPDATE clips SET id = 1000 + id WHERE id = 13;
COMMIT;
DELETE FROM clip_submissions WHERE id = 14;
UPDATE clip_submissions SET status = 'REJECTED' WHERE id = 16;
