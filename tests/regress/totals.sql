\set ECHO none
-- The oracle: of each campaign its total, and the plain sum that it should be; of whatever tables the script has made.
CREATE VIEW totals AS
    SELECT c.id, c.spent, coalesce((
        SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
        WHERE s.campaign_id = c.id AND s.status = 'APPROVED'), 0) AS oracle
    FROM campaigns c ORDER BY c.id;
\set ECHO all
