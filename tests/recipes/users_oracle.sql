-- The truth about users, by plain SQL: those whose recorded totals are not the sum of what their approved or paid submissions' clips
-- earned, and of their payouts, once there are some.
SELECT to_regclass('payouts') IS NULL AS before_payouts \gset
\if :before_payouts
CREATE TEMPORARY TABLE payouts ("userId" text, amount numeric, status text);
\endif
SELECT users.email, users.earned, users.paid, earned.plain_sum, paid.plain_sum
FROM users,
  LATERAL (SELECT coalesce(sum(clips.earnings), 0) AS plain_sum
           FROM clip_submissions s JOIN clips ON clips.id = s."clipId"
           WHERE s."userId" = users.id AND s.status IN ('APPROVED', 'PAID')) AS earned,
  LATERAL (SELECT coalesce(sum(amount), 0) AS plain_sum FROM payouts p WHERE p."userId" = users.id AND p.status = 'PAID') AS paid
WHERE users.earned IS DISTINCT FROM earned.plain_sum OR users.paid IS DISTINCT FROM paid.plain_sum;
