-- The database that each client gets a copy of: five platforms, one for each type of key that a driver may send, and one
-- whose totals are brought up at commit, owned by an ordinary role. Bigint keys lie beyond 2^53, where a float would lose
-- them.
\ir extension.sql

\set direct_writes correct
\set key text
\set value '''c'' || lpad(n::text, 24, ''0'')'
\set schema at_commit
\set flush commit
\ir platform.sql
\set schema by_text
\set flush statement
\ir platform.sql
\set schema by_bigint
\set key bigint
\set value '9100000000000000000 + n'
\ir platform.sql
\set schema by_uuid
\set key uuid
\set value '(''c0ffee00-0000-4000-8000-'' || lpad(n::text, 12, ''0''))::uuid'
\ir platform.sql
\set schema by_integer
\set key integer
\set value '70000 + n'
\ir platform.sql
\set direct_writes reject
\set schema by_smallint
\set key smallint
\set value 'n::smallint'
\ir platform.sql

-- The truth, by plain SQL.
CREATE VIEW truth AS
  SELECT 'by_text.campaigns'::regclass AS campaigns, c.id::text, c.spent, coalesce(sum(k.earnings), 0) AS sum
    FROM by_text.campaigns c
    LEFT JOIN by_text.clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN by_text.clips k ON k.id = s."clipId" GROUP BY c.id
  UNION ALL
  SELECT 'at_commit.campaigns'::regclass, c.id::text, c.spent, coalesce(sum(k.earnings), 0)
    FROM at_commit.campaigns c
    LEFT JOIN at_commit.clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN at_commit.clips k ON k.id = s."clipId" GROUP BY c.id
  UNION ALL
  SELECT 'by_bigint.campaigns'::regclass, c.id::text, c.spent, coalesce(sum(k.earnings), 0)
    FROM by_bigint.campaigns c
    LEFT JOIN by_bigint.clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN by_bigint.clips k ON k.id = s."clipId" GROUP BY c.id
  UNION ALL
  SELECT 'by_uuid.campaigns'::regclass, c.id::text, c.spent, coalesce(sum(k.earnings), 0)
    FROM by_uuid.campaigns c
    LEFT JOIN by_uuid.clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN by_uuid.clips k ON k.id = s."clipId" GROUP BY c.id
  UNION ALL
  SELECT 'by_integer.campaigns'::regclass, c.id::text, c.spent, coalesce(sum(k.earnings), 0)
    FROM by_integer.campaigns c
    LEFT JOIN by_integer.clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN by_integer.clips k ON k.id = s."clipId" GROUP BY c.id
  UNION ALL
  SELECT 'by_smallint.campaigns'::regclass, c.id::text, c.spent, coalesce(sum(k.earnings), 0)
    FROM by_smallint.campaigns c
    LEFT JOIN by_smallint.clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN by_smallint.clips k ON k.id = s."clipId" GROUP BY c.id;
GRANT SELECT ON truth TO app;
