-- An application's tables, bound as the released versions did, with names that must be quoted, a partition, two totals, one
-- trigger that fires always, and a correction. Totals are right.
-- Somebody may repair one campaign; by default, others may call whatever is made from now on.
GRANT EXECUTE ON FUNCTION sync_campaign(bigint, regclass) TO pg_monitor;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO pg_read_all_stats;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO pg_read_all_stats;
GRANT CREATE ON SCHEMA spend_sync TO pg_read_all_stats;
CREATE TYPE "SubmissionStatus" AS ENUM ('PENDING', 'APPROVED');
CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE users (id text PRIMARY KEY, "totalEarnings" numeric(10,2));
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2)) PARTITION BY HASH (id);
CREATE TABLE clips_0 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE clips_1 PARTITION OF clips FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    "campaignId" text REFERENCES campaigns,
    "userId" text REFERENCES users,
    "clipId" text REFERENCES clips,
    status "SubmissionStatus" NOT NULL
);
CREATE INDEX ON clip_submissions ("campaignId");
CREATE INDEX ON clip_submissions ("userId");
CREATE INDEX ON clip_submissions ("clipId");
INSERT INTO campaigns SELECT 'c' || n, 'Campaign ' || n FROM generate_series(1, 3) n;
INSERT INTO users SELECT 'u' || n FROM generate_series(1, 2) n;
INSERT INTO clips SELECT 'k' || n, n FROM generate_series(1, 60) n;
INSERT INTO clip_submissions SELECT n, 'c' || 1 + n % 3, 'u' || 1 + n % 2, 'k' || n,
    CASE WHEN n % 4 = 0 THEN 'PENDING' ELSE 'APPROVED' END::"SubmissionStatus" FROM generate_series(1, 60) n;

-- The triggers of 0.1.0 and 0.2.0. (Their own spend_sync_attach() is a function of a library that is not here.)
CREATE PROCEDURE bind(campaigns text, spent text, submission_campaign text, title text) LANGUAGE plpgsql AS $bind$
DECLARE
    mapping text := format('{"campaigns":"%s","clips":"clips","submissions":"clip_submissions","campaign_id":"id",%s"spent":"%s",'
        '"clip_id":"id","earnings":"earnings","submission_campaign":"%s","submission_clip":"clipId","status":"status",'
        '"approved":["APPROVED"],"direct_writes":"correct"}', campaigns, title, spent, submission_campaign);
    bound record;
BEGIN
    FOR bound IN SELECT * FROM (VALUES
        ('clips', 'capture_clip', 'INSERT OR DELETE',
         'WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings OR OLD.id IS DISTINCT FROM NEW.id)'),
        ('clip_submissions', 'capture_submission', 'INSERT OR DELETE',
         format('WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.%1$I IS DISTINCT FROM NEW.%1$I '
                'OR OLD."clipId" IS DISTINCT FROM NEW."clipId")', submission_campaign)),
        (campaigns, 'capture_campaign', 'INSERT', '')) AS b (name, function, events, condition)
    LOOP
        EXECUTE format('CREATE TRIGGER spend_sync_%s_row AFTER %s ON %I FOR EACH ROW EXECUTE FUNCTION spend_sync.%s(%L)',
            campaigns, bound.events, bound.name, bound.function, mapping);
        EXECUTE format('CREATE TRIGGER spend_sync_%s_update AFTER UPDATE ON %I FOR EACH ROW %s EXECUTE FUNCTION spend_sync.%s(%L)',
            campaigns, bound.name, bound.condition, bound.function, mapping);
    END LOOP;
    FOR bound IN SELECT unnest(ARRAY['clips', 'clips_0', 'clips_1', 'clip_submissions', campaigns]) AS name LOOP
        EXECUTE format('CREATE TRIGGER spend_sync_%s_flush AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION spend_sync.flush(%L)', campaigns, bound.name, mapping);
    END LOOP;
END
$bind$;
UPDATE campaigns c SET spent = (SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s."clipId"
                                WHERE s."campaignId" = c.id AND s.status = 'APPROVED');
UPDATE users u SET "totalEarnings" = (SELECT sum(k.earnings) FROM clip_submissions s JOIN clips k ON k.id = s."clipId"
                                      WHERE s."userId" = u.id AND s.status = 'APPROVED');
CALL bind('campaigns', 'spent', 'campaignId', '"title":"title",');
CALL bind('users', 'totalEarnings', 'userId', '');
ALTER TABLE clip_submissions ENABLE ALWAYS TRIGGER spend_sync_campaigns_row;
INSERT INTO spend_sync.correction (campaigns, campaign_id, recorded, actual, found_by, role)
VALUES ('campaigns', 'c2', 7, 9, 'direct write', current_user);

CREATE VIEW drifted AS
    SELECT id, spent, sum FROM (
        SELECT 'campaign ' || c.id AS id, c.spent, coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0) AS sum
        FROM campaigns c LEFT JOIN clip_submissions s ON s."campaignId" = c.id LEFT JOIN clips k ON k.id = s."clipId" GROUP BY c.id
        UNION ALL
        SELECT 'user ' || u.id, u."totalEarnings", coalesce(sum(k.earnings) FILTER (WHERE s.status = 'APPROVED'), 0)
        FROM users u LEFT JOIN clip_submissions s ON s."userId" = u.id LEFT JOIN clips k ON k.id = s."clipId" GROUP BY u.id) t
    WHERE spent IS DISTINCT FROM sum;
