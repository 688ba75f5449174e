-- A trigger for each row that adds the difference: what most people write first.
CREATE FUNCTION bench_clip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns k SET spent = k.spent + NEW.earnings - OLD.earnings
  FROM clip_submissions s
  WHERE s."clipId" = NEW.id AND s.status = 'APPROVED' AND k.id = s."campaignId";
  RETURN NULL;
END $$;
CREATE TRIGGER bench_clip AFTER UPDATE OF earnings ON clips FOR EACH ROW
  WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings) EXECUTE FUNCTION bench_clip();

CREATE FUNCTION bench_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.status = 'APPROVED' THEN
    UPDATE campaigns SET spent = spent - (SELECT earnings FROM clips WHERE id = OLD."clipId")
    WHERE id = OLD."campaignId";
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.status = 'APPROVED' THEN
    UPDATE campaigns SET spent = spent + (SELECT earnings FROM clips WHERE id = NEW."clipId")
    WHERE id = NEW."campaignId";
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER bench_submission AFTER INSERT OR UPDATE OR DELETE ON clip_submissions FOR EACH ROW
  EXECUTE FUNCTION bench_submission();
