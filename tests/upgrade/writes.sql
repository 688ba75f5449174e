-- Writes of each kind: summed, moved, direct.
UPDATE clips SET earnings = earnings + 0.25;
UPDATE clip_submissions SET status = 'APPROVED' WHERE id % 8 = 0;
BEGIN;
UPDATE clips SET earnings = earnings * 2 WHERE id IN ('k1', 'k2', 'k3');
DELETE FROM clip_submissions WHERE id = (SELECT max(id) FROM clip_submissions);
INSERT INTO clips VALUES ('n' || (SELECT count(*) FROM clips), 5);
COMMIT;
UPDATE campaigns SET spent = spent + 1 WHERE id = 'c1';
