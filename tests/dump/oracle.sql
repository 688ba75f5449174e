-- The truth, by plain SQL: a row for each total that is not the sum of its approved clips. Whatever the search path,
-- which stays as it was.
SELECT pg_catalog.current_setting('search_path') AS path \gset
SET search_path = pg_catalog;
SELECT 'campaign', c.id, c.spent, coalesce(sum(k.earnings), 0) FROM "App".campaigns c
    LEFT JOIN "App".clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN "App".clips k ON k.id = s."clipId"
    GROUP BY c.id HAVING c.spent IS DISTINCT FROM coalesce(sum(k.earnings), 0)
UNION ALL
SELECT 'user', u.id, u."totalEarnings", coalesce(sum(k.earnings), 0) FROM "App".users u
    LEFT JOIN "App".clip_submissions s ON s."userId" = u.id AND s.status = 'APPROVED'
    LEFT JOIN "App".clips k ON k.id = s."clipId"
    GROUP BY u.id HAVING u."totalEarnings" IS DISTINCT FROM coalesce(sum(k.earnings), 0)
UNION ALL
SELECT 'paid', u.id, u."totalPaid", coalesce(sum(p.amount), 0) FROM "App".users u LEFT JOIN "App"."Payout" p ON p."userId" = u.id
    GROUP BY u.id HAVING u."totalPaid" IS DISTINCT FROM coalesce(sum(p.amount), 0)
UNION ALL
SELECT 'deal', d.id::text, d."spentCents", coalesce(sum(k.cents), 0) FROM "tenant-b"."Deal" d
    LEFT JOIN "tenant-b".entry s ON s.deal = d.id AND s.state = 'it''s \ paid'
    LEFT JOIN media.clip k ON k.id = s.clip
    GROUP BY d.id HAVING d."spentCents" IS DISTINCT FROM coalesce(sum(k.cents), 0)
UNION ALL
SELECT 'brief', b.tenant || ' ' || b."No", b.spent, coalesce(sum(k.fee), 0) FROM shared.brief b
    LEFT JOIN shared.pitch s ON s.tenant = b.tenant AND s.brief = b."No" AND s.is_approved
    LEFT JOIN shared.piece k ON k.tenant = s.tenant AND k."No" = s.piece
    GROUP BY b.tenant, b."No" HAVING b.spent IS DISTINCT FROM coalesce(sum(k.fee), 0)
ORDER BY 1, 2;
SELECT pg_catalog.set_config('search_path', :'path', false) AS path \gset
