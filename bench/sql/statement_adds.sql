-- A trigger for each statement that adds the differences found in the transition tables.
CREATE FUNCTION bench_clip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns k SET spent = k.spent + d.difference
  FROM (SELECT s."campaignId", sum(n.earnings - o.earnings) AS difference
        FROM new_clips n JOIN old_clips o ON o.id = n.id JOIN clip_submissions s ON s."clipId" = n.id
        WHERE s.status = 'APPROVED' AND n.earnings IS DISTINCT FROM o.earnings
        GROUP BY s."campaignId") d
  WHERE k.id = d."campaignId";
  RETURN NULL;
END $$;
CREATE TRIGGER bench_clip AFTER UPDATE ON clips REFERENCING OLD TABLE AS old_clips NEW TABLE AS new_clips
  FOR EACH STATEMENT EXECUTE FUNCTION bench_clip();

CREATE FUNCTION bench_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns k SET spent = k.spent + d.difference
  FROM (SELECT w."campaignId", sum(w.sign * c.earnings) AS difference
        FROM (SELECT "campaignId", "clipId", status, 1 AS sign FROM new_submissions
              UNION ALL SELECT "campaignId", "clipId", status, -1 FROM old_submissions) w
        JOIN clips c ON c.id = w."clipId"
        WHERE w.status = 'APPROVED'
        GROUP BY w."campaignId") d
  WHERE k.id = d."campaignId";
  RETURN NULL;
END $$;
CREATE TRIGGER bench_submission AFTER UPDATE ON clip_submissions
  REFERENCING OLD TABLE AS old_submissions NEW TABLE AS new_submissions
  FOR EACH STATEMENT EXECUTE FUNCTION bench_submission();
