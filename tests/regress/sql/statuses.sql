-- The types that a status may have: numbers, as Rails and Django keep enums, char(n), domains; and the column that stands for one of
-- any other type.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2));
CREATE TABLE clip_submissions (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status smallint DEFAULT 0);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE FUNCTION totals() RETURNS TABLE (id int, spent numeric, actual numeric) LANGUAGE sql AS $$
    SELECT c.id, c.spent, coalesce(sum(k.earnings) FILTER (WHERE trim(l.status::text) ~ '^(0*1|2|1\.0|2\.00|APPROVED|PAID)$'), 0)
    FROM campaigns c LEFT JOIN clip_submissions l ON l.campaign_id = c.id LEFT JOIN clips k ON k.id = l.clip_id GROUP BY c.id ORDER BY c.id $$;
CREATE VIEW oracle AS SELECT * FROM totals();
INSERT INTO campaigns VALUES (1, 'one'), (2, 'two');
-- The default is no number.
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 40), (4, 80);
INSERT INTO clip_submissions VALUES (1, 1, 1, 1), (2, 1, 2, 0), (3, 2, 3, 2), (4, 2, 4, 10);
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach(approved => '{1,70000}');
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach(approved => '{7}');
\echo :SQLSTATE
-- As it prints them, whatever is given.
SELECT approved_when, corrected FROM spend_sync_attach(approved => '{" 01",2}');
TABLE oracle;
CREATE PROCEDURE write() LANGUAGE plpgsql AS $$
DECLARE
    statuses text[] := ARRAY(SELECT DISTINCT status::text FROM clip_submissions ORDER BY 1);
    one text;
BEGIN
    FOREACH one IN ARRAY statuses || ARRAY[NULL] LOOP
        EXECUTE 'UPDATE clip_submissions SET status = $1::text::' || (SELECT format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = 'clip_submissions'::regclass AND attname = 'status') || ' WHERE id = 2' USING one;
        UPDATE clips SET earnings = earnings + 1;
        EXECUTE 'INSERT INTO clip_submissions (id, campaign_id, clip_id, status) VALUES (9, 2, 1, ' || quote_nullable(one) || ')';
        IF EXISTS (SELECT FROM oracle WHERE spent IS DISTINCT FROM actual) THEN
            RAISE EXCEPTION 'drift with %', one;
        END IF;
        DELETE FROM clip_submissions WHERE id = 9;
        IF EXISTS (SELECT FROM oracle WHERE spent IS DISTINCT FROM actual) THEN
            RAISE EXCEPTION 'drift without %', one;
        END IF;
    END LOOP;
    UPDATE clip_submissions SET status = DEFAULT WHERE id = 2;
END
$$;
CALL write();
TABLE oracle;
SELECT * FROM spend_sync_clips(2);
SELECT * FROM spend_sync_check() WHERE severity = 'error';
-- The other integers, a domain over one, and numeric, of which the same may be written in several ways.
CREATE DOMAIN state AS bigint CHECK (VALUE >= 0);
ALTER TABLE clip_submissions ALTER status TYPE int;
CALL write();
TABLE oracle;
ALTER TABLE clip_submissions ALTER status DROP DEFAULT, ALTER status TYPE state;
CALL write();
TABLE oracle;
ALTER TABLE clip_submissions ALTER status TYPE numeric;
UPDATE clip_submissions SET status = 1.0 WHERE id = 1;
UPDATE clip_submissions SET status = 2.00 WHERE id = 3;
CALL write();
TABLE oracle;
SELECT corrected FROM spend_sync_attach(approved => '{one}');
\echo :SQLSTATE
-- char(n), whose trailing blanks are none.
SELECT FROM spend_sync_detach('campaigns');
ALTER TABLE clip_submissions ALTER status TYPE char(10) USING CASE WHEN status IN (1, 2) THEN 'APPROVED' ELSE 'PENDING' END;
SELECT approved_when, corrected FROM spend_sync_attach(approved => '{"APPROVED  ",PAID}');
CALL write();
TABLE oracle;
UPDATE clip_submissions SET status = 'PAID' WHERE id = 4;
TABLE oracle;
SELECT FROM spend_sync_detach('campaigns');
UPDATE clip_submissions SET status = 'approved' WHERE id = 4;
SELECT corrected FROM spend_sync_attach();
SELECT corrected FROM spend_sync_attach(approved => '{OTHER}');
\echo :SQLSTATE
SELECT FROM spend_sync_detach('campaigns');
-- Of any other type a column says what counts; the error has the command.
CREATE TYPE label AS ENUM ('APPROVED', 'PENDING', 'approved');
CREATE DOMAIN labels AS label;
ALTER TABLE clip_submissions ALTER status TYPE labels USING trim(status::text)::label;
SELECT corrected FROM spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE clip_submissions ADD approved_at timestamptz;
SELECT corrected FROM spend_sync_attach(status => 'approved_at');
\echo :SQLSTATE
ALTER TABLE public.clip_submissions ADD counts boolean GENERATED ALWAYS AS (status::label = 'APPROVED') STORED;
ALTER TABLE public.clip_submissions ADD approved boolean GENERATED ALWAYS AS (approved_at IS NOT NULL) STORED;
SELECT approved_when, corrected FROM spend_sync_attach(status => 'counts');
SELECT id, spent FROM campaigns ORDER BY id;
SELECT approved_when, corrected FROM spend_sync_attach(status => 'approved');
UPDATE clip_submissions SET approved_at = now() WHERE id = 1;
SELECT id, spent FROM campaigns ORDER BY id;
-- So are the conditions of json, of arrays, and of what holds no words at all.
ALTER TABLE clip_submissions ADD state jsonb DEFAULT '"APPROVED"', ADD labels text[] DEFAULT '{APPROVED,NEW}', ADD batch uuid;
CREATE FUNCTION hint_of(status text, approved text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
    PERFORM spend_sync_attach(status => hint_of.status, approved => hint_of.approved);
    RETURN 'none';
EXCEPTION WHEN datatype_mismatch THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN substring(hint FROM 'ALTER TABLE .* STORED');
END $$;
SELECT replace(hint_of(status, approved), 'ADD counts', 'ADD counts_' || n)
FROM (VALUES (1, 'state', '{APPROVED}'::text[]), (2, 'labels', '{APPROVED,PAID}'), (3, 'batch', '{APPROVED}')) AS of (n, status, approved) \gexec
SELECT id, counts_1, counts_2, counts_3 FROM clip_submissions ORDER BY id LIMIT 1;
