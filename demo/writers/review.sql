-- A reviewer: decides on one of the same clips' submissions, either way, whatever was decided before.
\set clip 39 * random(2, 101) + random(0, 2)
\set decision random(1, 3)
UPDATE clip_submissions SET status = (ARRAY['APPROVED', 'REJECTED', 'PENDING']::"SubmissionStatus"[])[:decision]
WHERE "clipId" = 'cm' || substr(md5('clip' || :clip), 1, 23);
