-- A trigger for each row that sums the campaign anew.
CREATE FUNCTION bench_clip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns k
  SET spent = (SELECT coalesce(sum(c.earnings), 0) FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
               WHERE s."campaignId" = k.id AND s.status = 'APPROVED')
  WHERE k.id IN (SELECT "campaignId" FROM clip_submissions WHERE "clipId" = NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER bench_clip AFTER UPDATE OF earnings ON clips FOR EACH ROW
  WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings) EXECUTE FUNCTION bench_clip();

CREATE FUNCTION bench_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns k
  SET spent = (SELECT coalesce(sum(c.earnings), 0) FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
               WHERE s."campaignId" = k.id AND s.status = 'APPROVED')
  WHERE k.id IN (OLD."campaignId", NEW."campaignId");
  RETURN NULL;
END $$;
CREATE TRIGGER bench_submission AFTER INSERT OR UPDATE OR DELETE ON clip_submissions FOR EACH ROW
  EXECUTE FUNCTION bench_submission();
