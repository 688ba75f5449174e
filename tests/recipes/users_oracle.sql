-- The truth about users, by plain SQL: those whose recorded total is not the sum of what their approved or paid
-- submissions' clips earned.
SELECT users.email, users.earned, coalesce(sum(clips.earnings), 0) AS plain_sum
FROM users
LEFT JOIN clip_submissions s ON s."userId" = users.id AND s.status IN ('APPROVED', 'PAID')
LEFT JOIN clips ON clips.id = s."clipId"
GROUP BY users.id
HAVING users.earned IS DISTINCT FROM coalesce(sum(clips.earnings), 0);
