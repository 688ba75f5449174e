-- A trigger for each statement that sums every campaign found through the transition table anew.
CREATE FUNCTION bench_clip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns k
  SET spent = (SELECT coalesce(sum(c.earnings), 0) FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
               WHERE s."campaignId" = k.id AND s.status = 'APPROVED')
  WHERE k.id IN (SELECT s."campaignId" FROM new_clips n JOIN clip_submissions s ON s."clipId" = n.id);
  RETURN NULL;
END $$;
CREATE TRIGGER bench_clip AFTER UPDATE ON clips REFERENCING NEW TABLE AS new_clips
  FOR EACH STATEMENT EXECUTE FUNCTION bench_clip();

CREATE FUNCTION bench_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns k
  SET spent = (SELECT coalesce(sum(c.earnings), 0) FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
               WHERE s."campaignId" = k.id AND s.status = 'APPROVED')
  WHERE k.id IN (SELECT "campaignId" FROM new_submissions UNION SELECT "campaignId" FROM old_submissions);
  RETURN NULL;
END $$;
CREATE TRIGGER bench_submission AFTER UPDATE ON clip_submissions
  REFERENCING OLD TABLE AS old_submissions NEW TABLE AS new_submissions
  FOR EACH STATEMENT EXECUTE FUNCTION bench_submission();
