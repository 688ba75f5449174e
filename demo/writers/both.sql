-- One transaction that does both, on clips of two campaigns, and thinks a moment in between. Two of them can meet
-- crosswise and deadlock, as any two transactions that lock two rows can; pgbench then tries again.
\set seen 39 * random(2, 101) + random(0, 2)
\set decided 39 * random(2, 101) + random(0, 2)
\set decision random(1, 2)
BEGIN;
UPDATE clips SET earnings = coalesce(earnings, 0) + 0.37 WHERE id = 'cm' || substr(md5('clip' || :seen), 1, 23);
\sleep 1 ms
UPDATE clip_submissions SET status = (ARRAY['APPROVED', 'REJECTED']::"SubmissionStatus"[])[:decision]
WHERE "clipId" = 'cm' || substr(md5('clip' || :decided), 1, 23);
END;
