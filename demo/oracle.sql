-- The truth, by plain SQL and nothing of the extension's: the campaigns whose recorded total is not the sum of the
-- earnings of their approved clips.
SELECT campaigns.title, campaigns.spent, coalesce(sum(clips.earnings), 0) AS plain_sum
FROM campaigns
LEFT JOIN clip_submissions s ON s."campaignId" = campaigns.id AND s.status = 'APPROVED'
LEFT JOIN clips ON clips.id = s."clipId"
GROUP BY campaigns.id
HAVING campaigns.spent IS DISTINCT FROM coalesce(sum(clips.earnings), 0);
