-- Commands of this very session beneath a statement: names that change while a total is stored, and rows that are written into a table whose
-- rows are written anew, which loses them.
CREATE EXTENSION spend_sync;
\set SHOW_CONTEXT never
CREATE TYPE st AS ENUM ('PENDING', 'APPROVED', 'OTHER');
CREATE TABLE campaigns (id text PRIMARY KEY, spent numeric(12,2) NOT NULL DEFAULT 0);
CREATE TABLE users (id text PRIMARY KEY, earned numeric(12,2) NOT NULL DEFAULT 0);
CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(12,2), earnings2 numeric(12,2));
CREATE TABLE clip_submissions (id bigserial PRIMARY KEY, campaign_id text REFERENCES campaigns, user_id text REFERENCES users,
    clip_id text REFERENCES clips, status st NOT NULL DEFAULT 'PENDING');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (user_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns SELECT c FROM unnest('{a,b,c}'::text[]) c;
INSERT INTO users VALUES ('u1');
INSERT INTO clips SELECT 'k' || i, i, i * 1000 FROM generate_series(1, 9) i;
INSERT INTO clip_submissions (campaign_id, user_id, clip_id, status)
SELECT chr(97 + i % 3), 'u1', 'k' || i, 'APPROVED' FROM generate_series(1, 9) i;
SELECT FROM spend_sync_attach();
SELECT FROM spend_sync_attach(campaigns => 'users', spent => 'earned', submission_campaign => 'user_id');
-- Names.
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE current_setting('my.command'); RETURN NULL; END $$;
CREATE TRIGGER zz AFTER UPDATE ON campaigns FOR EACH ROW EXECUTE FUNCTION t();
SET my.command = 'ALTER TABLE clips RENAME earnings TO e_old';
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 'k6';
\echo :SQLSTATE
SELECT FROM sync_all_campaigns('users');
UPDATE clips SET earnings = earnings + 1 WHERE id IN ('k1', 'k2');
\echo :SQLSTATE
SET my.command = 'ALTER TYPE st RENAME VALUE $$APPROVED$$ TO $$OK$$';
UPDATE clips SET earnings = earnings + 1 WHERE id = 'k9';
\echo :SQLSTATE
SET my.command = 'ALTER TABLE users RENAME earned TO other';
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 'k6';
\echo :SQLSTATE
-- What is not bound may be renamed.
SET my.command = 'ALTER TABLE clips RENAME earnings2 TO more';
UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 'k6';
DROP TRIGGER zz ON campaigns;
CREATE VIEW oracle AS
SELECT 'campaign ' || c.id AS id, c.spent, coalesce(sum(k.earnings) FILTER (WHERE l.status = 'APPROVED'), 0) AS actual
FROM campaigns c LEFT JOIN clip_submissions l ON l.campaign_id = c.id LEFT JOIN clips k ON k.id = l.clip_id GROUP BY c.id
UNION ALL
SELECT 'user ' || c.id, c.earned, coalesce(sum(k.earnings) FILTER (WHERE l.status = 'APPROVED'), 0)
FROM users c LEFT JOIN clip_submissions l ON l.user_id = c.id LEFT JOIN clips k ON k.id = l.clip_id GROUP BY c.id ORDER BY 1;
TABLE oracle;
-- Rows that are written anew.
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN
    UPDATE clips SET earnings = earnings + 100 WHERE id = 'k9';
    RETURN 1;
END $$;
CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN
    UPDATE clip_submissions SET status = 'PENDING' WHERE clip_id = 'k8';
    RETURN 1;
END $$;
ALTER TABLE campaigns ADD x int DEFAULT f();
SELECT * FROM oracle WHERE spent <> actual;
ALTER TABLE clips ADD y int DEFAULT f();
SELECT * FROM oracle WHERE spent <> actual;
ALTER TABLE clip_submissions ADD z int DEFAULT g();
SELECT * FROM oracle WHERE spent <> actual;
ALTER TABLE campaigns ALTER x TYPE bigint USING f();
SELECT * FROM oracle WHERE spent <> actual;
CREATE FUNCTION h(clip text) RETURNS bool LANGUAGE plpgsql VOLATILE AS $$ BEGIN
    IF clip = 'k1' THEN
        UPDATE clip_submissions SET status = CASE status WHEN 'PENDING' THEN 'APPROVED' ELSE 'PENDING' END::st WHERE clip_id = 'k8';
    END IF;
    RETURN true;
END $$;
SELECT clip_id, status FROM clip_submissions WHERE clip_id IN ('k1', 'k8');
ALTER TABLE clip_submissions SET UNLOGGED, ADD CONSTRAINT writes CHECK (h(clip_id));
SELECT * FROM oracle WHERE spent <> actual;
ALTER TABLE clip_submissions DROP CONSTRAINT writes;
ALTER TABLE clip_submissions SET LOGGED, ADD CONSTRAINT writes CHECK (h(clip_id));
SELECT * FROM oracle WHERE spent <> actual;
ALTER TABLE clip_submissions DROP CONSTRAINT writes;
SELECT clip_id, status FROM clip_submissions WHERE clip_id IN ('k1', 'k8');
SELECT FROM spend_sync_attach(flush => 'commit');
ALTER TABLE campaigns ADD x2 int DEFAULT f();
SELECT * FROM oracle WHERE spent <> actual;
TABLE oracle;
