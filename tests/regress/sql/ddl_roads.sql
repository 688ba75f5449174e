-- Roads by which names, columns and rows of bound tables go that are not the usual ones: followed, refused, or the next write says so.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0, views int);
CREATE TABLE clip_submissions (campaign_id int REFERENCES campaigns, clip_id int REFERENCES clips, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 'One'), (2, 'Two');
INSERT INTO clips VALUES (1, 10), (2, 20), (3, 30);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED'), (1, 2, 'APPROVED'), (2, 3, 'PENDING');
SELECT corrected FROM spend_sync_attach();

-- ALTER TYPE renames columns of tables.
ALTER TYPE campaigns RENAME ATTRIBUTE spent TO total;
ALTER TYPE clips RENAME ATTRIBUTE earnings TO earned;
ALTER TABLE campaigns ADD spent numeric(10,2) DEFAULT 0;
UPDATE clips SET earned = earned + 1 WHERE id = 1;
SELECT id, total, spent FROM campaigns ORDER BY id;
ALTER TABLE campaigns DROP spent;
ALTER TYPE campaigns RENAME ATTRIBUTE total TO spent;
ALTER TYPE clips RENAME ATTRIBUTE earned TO earnings;

-- A type that is dropped takes the total along: no other column of its name is bound in its stead.
CREATE DOMAIN amount AS numeric(10,2);
ALTER TABLE campaigns ALTER spent TYPE amount;
DROP DOMAIN amount CASCADE;
ALTER TABLE campaigns ADD spent numeric(10,2) NOT NULL DEFAULT 0;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
\echo :SQLSTATE
SELECT severity, object, problem FROM spend_sync_check();
SELECT corrected FROM spend_sync_attach();
CREATE DOMAIN number AS int;
ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_campaign_id_fkey;
ALTER TABLE campaigns ALTER id TYPE number;
DROP DOMAIN number CASCADE;
ALTER TABLE campaigns ADD id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
\echo :SQLSTATE
SELECT corrected FROM spend_sync_attach();

-- Tables that inherit from bound ones, made otherwise than by CREATE TABLE; and the other way round.
CREATE SCHEMA more CREATE TABLE child () INHERITS (public.clips);
\echo :SQLSTATE
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE child () INHERITS (clips) SERVER nowhere;
\echo :SQLSTATE
CREATE TABLE base (views int);
ALTER TABLE clips INHERIT base;
\echo :SQLSTATE
SELECT spend_sync_detach('campaigns');
ALTER TABLE clips INHERIT base;
SELECT spend_sync_attach();
\echo :SQLSTATE
ALTER TABLE clips NO INHERIT base;
SELECT corrected FROM spend_sync_attach();

-- A label is followed for who has the rights of the tables' owner: who owns the type alone locks nothing of his.
CREATE TYPE state AS ENUM ('PENDING', 'APPROVED');
ALTER TABLE clip_submissions ALTER status TYPE state USING status::state;
CREATE ROLE roads_typist;
GRANT USAGE ON SCHEMA public TO roads_typist;
CREATE VIEW locked AS SELECT relation::regclass, mode FROM pg_locks
    WHERE pid = pg_backend_pid() AND relation IN ('campaigns'::regclass, 'clips'::regclass, 'clip_submissions'::regclass);
GRANT SELECT ON locked TO roads_typist;
ALTER TYPE state OWNER TO roads_typist;
SET ROLE roads_typist;
BEGIN;
ALTER TYPE state RENAME VALUE 'APPROVED' TO 'OK';
SELECT * FROM locked WHERE mode ~ 'Row|Exclusive';
COMMIT;
RESET ROLE;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
\echo :SQLSTATE
ALTER TYPE state RENAME VALUE 'OK' TO 'APPROVED';
BEGIN;
ALTER TYPE state RENAME VALUE 'APPROVED' TO 'OK';
SELECT * FROM locked WHERE mode = 'ShareRowExclusiveLock' ORDER BY 1;
COMMIT;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SELECT campaign_id, needs_sync FROM spend_sync_status();

-- A column that goes takes a partition along whose key a function makes of it. What is detached keeps none of our triggers,
-- on no level.
DROP TABLE clip_submissions CASCADE;
CREATE TABLE rates (k int, factor int);
CREATE FUNCTION bucket(n int) RETURNS int IMMUTABLE LANGUAGE sql
    BEGIN ATOMIC SELECT n % 7 + 0 * (SELECT count(factor)::int FROM rates); END;
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text) PARTITION BY RANGE (clip_id);
CREATE TABLE mid PARTITION OF clip_submissions FOR VALUES FROM (1) TO (2) PARTITION BY LIST (bucket(clip_id));
CREATE TABLE leaf PARTITION OF mid DEFAULT;
CREATE TABLE rest PARTITION OF clip_submissions DEFAULT;
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO clip_submissions VALUES (1, 1, 'APPROVED'), (1, 2, 'APPROVED');
SELECT corrected FROM spend_sync_attach();
ALTER TABLE rates DROP COLUMN factor CASCADE;
SELECT campaign_id, recorded_spent, actual_spent, needs_sync FROM spend_sync_status();
CREATE TABLE mid PARTITION OF clip_submissions FOR VALUES FROM (1) TO (2) PARTITION BY LIST (clip_id);
CREATE TABLE leaf PARTITION OF mid DEFAULT;
ALTER TABLE clip_submissions DETACH PARTITION mid;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgrelid IN ('mid'::regclass, 'leaf'::regclass);
DROP OWNED BY roads_typist CASCADE;
DROP ROLE roads_typist;
