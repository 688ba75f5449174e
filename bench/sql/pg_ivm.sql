-- The sums as a view that pg_ivm maintains; campaigns.spent itself stays as it is.
CREATE EXTENSION pg_ivm;
SELECT pgivm.create_immv('bench_spent', $$
  SELECT s."campaignId", sum(c.earnings) AS spent
  FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
  WHERE s.status = 'APPROVED'
  GROUP BY s."campaignId"$$);
