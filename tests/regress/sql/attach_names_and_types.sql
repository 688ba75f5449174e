-- Any name that PostgreSQL allows, any type that keys, statuses and money usually have.
CREATE EXTENSION spend_sync;
CREATE TYPE public.state AS ENUM ('PENDING', 'APPROVED', 'PAID');
CREATE DOMAIN public.word AS varchar(40);
CREATE DOMAIN public.money_amount AS numeric(12,2) CHECK (VALUE > -1000000);

-- Makes tables of these types, writes them in the ways there are, and compares each total with the oracle: the plain sum
-- of the earnings as decimals, in the type of the spent column. `linked` is the type of the links, if another.
SET client_min_messages = warning;
CREATE FUNCTION try_types(key text, status text, approved text[], spent text, earnings text, linked text DEFAULT NULL)
RETURNS TABLE (totals text, synced text, exact boolean) LANGUAGE plpgsql AS $$
DECLARE
    yes text := quote_literal(approved[1]);
    no text := CASE WHEN status = 'boolean' THEN '''false''' ELSE '''PENDING''' END;
    keys text[] := CASE WHEN key = 'uuid'
        THEN '{c0000000-0000-0000-0000-000000000001,c0000000-0000-0000-0000-000000000002,c0000000-0000-0000-0000-000000000003}'
        ELSE '{1,2,3}' END;
    statement text;
    total text;
    oracle text;
BEGIN
    DROP SCHEMA IF EXISTS typed CASCADE;
    CREATE SCHEMA typed;
    EXECUTE format('CREATE TABLE typed.campaigns (id %s PRIMARY KEY, spent %s)', key, spent);
    EXECUTE format('CREATE TABLE typed.clips (id %s PRIMARY KEY, earnings %s)', key, earnings);
    EXECUTE format('CREATE TABLE typed.clip_submissions (id int PRIMARY KEY, campaign_id %1$s REFERENCES typed.campaigns,
        clip_id %1$s REFERENCES typed.clips, status %2$s)', coalesce(linked, key), status);
    CREATE INDEX ON typed.clip_submissions (campaign_id);
    CREATE INDEX ON typed.clip_submissions (clip_id);
    EXECUTE format('CREATE VIEW typed.totals AS SELECT c.spent::text AS total,
            (coalesce((SELECT sum(k.earnings::numeric) FROM typed.clip_submissions s JOIN typed.clips k ON k.id = s.clip_id
             WHERE s.campaign_id = c.id AND s.status = %s), 0)::%s)::text AS oracle FROM typed.campaigns c', yes, spent);
    EXECUTE format('INSERT INTO typed.campaigns VALUES (%L, 0)', keys[1]);
    PERFORM spend_sync_attach('typed.campaigns', 'typed.clips', 'typed.clip_submissions', approved => try_types.approved);
    exact := true;
    FOREACH statement IN ARRAY ARRAY[
        format('INSERT INTO typed.clips VALUES (%L, 10), (%L, 20), (%L, 12)', keys[1], keys[2], keys[3]),
        format('INSERT INTO typed.clip_submissions VALUES (1, %L, %L, %s), (2, %1$L, %4$L, %5$s), (3, %1$L, %6$L, %3$s)',
            keys[1], keys[1], yes, keys[2], no, keys[3]),
        format('UPDATE typed.clips SET earnings = 32 WHERE id = %L', keys[3]),
        format('UPDATE typed.clip_submissions SET status = %s WHERE id = 2', yes),
        'UPDATE typed.clips SET earnings = earnings / 3',
        'DELETE FROM typed.clip_submissions WHERE id = 1']
    LOOP
        EXECUTE statement;
        SELECT t.total, t.oracle INTO total, oracle FROM typed.totals t;
        totals := concat_ws(' ', totals, CASE WHEN total = oracle THEN total ELSE total || '<>' || oracle END);
        exact := exact AND total = oracle;
    END LOOP;
    SELECT trim_scale(s.difference) || ', ' || s.approved_clips || ' clips' INTO synced FROM sync_campaign(keys[1], 'typed.campaigns') s;
    RETURN NEXT;
END $$;

\pset tuples_only on
-- Keys.
SELECT * FROM try_types('text', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('varchar(30)', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('public.word', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('uuid', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('smallint', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('bigint', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
-- A link may be narrower than the key.
SELECT * FROM try_types('bigint', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)', 'int');
SELECT * FROM try_types('varchar(30)', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)', 'text');

-- Statuses.
SELECT * FROM try_types('int', 'public.state', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('int', 'public.state', '{PAID}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('int', 'varchar(20)', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('int', 'public.word', '{APPROVED}', 'numeric(10,2)', 'numeric(10,2)');
SELECT * FROM try_types('int', 'boolean', '{true}', 'numeric(10,2)', 'numeric(10,2)');
-- For a boolean the default of approved means true.
CREATE SCHEMA yes_no;
CREATE TABLE yes_no.campaigns (id int PRIMARY KEY, spent int DEFAULT 0);
CREATE TABLE yes_no.clips (id int PRIMARY KEY, earnings int);
CREATE TABLE yes_no.clip_submissions (id int PRIMARY KEY, campaign_id int, clip_id int, is_approved boolean);
CREATE INDEX ON yes_no.clip_submissions (campaign_id);
CREATE INDEX ON yes_no.clip_submissions (clip_id);
SELECT approved_when
FROM spend_sync_attach('yes_no.campaigns', 'yes_no.clips', 'yes_no.clip_submissions', status => 'is_approved');
INSERT INTO yes_no.campaigns VALUES (1);
INSERT INTO yes_no.clips VALUES (1, 100), (2, 200), (3, 400);
INSERT INTO yes_no.clip_submissions VALUES (1, 1, 1, true), (2, 1, 2, false), (3, 1, 3, NULL);
SELECT spent FROM yes_no.campaigns;
UPDATE yes_no.clip_submissions SET is_approved = NOT is_approved;
SELECT spent FROM yes_no.campaigns;
DROP SCHEMA yes_no CASCADE;
-- Values that need care on the way into a statement.
SELECT * FROM try_types('int', 'text', '{"it''s \\\\ \"so\", {ja}"}', 'numeric(10,2)', 'numeric(10,2)');

-- Money: any scale, cents as integers, floating point (each clip made a decimal first). A column with fewer decimals
-- than its clips keeps the rounded total.
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'numeric', 'numeric');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'numeric(20,8)', 'numeric(12,6)');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'numeric(10,2)', 'numeric(12,6)');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'numeric(10,0)', 'numeric(12,6)');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'public.money_amount', 'public.money_amount');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'smallint', 'smallint');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'int', 'int');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'bigint', 'bigint');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'bigint', 'numeric(12,6)');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'numeric(20,6)', 'float8');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'float8', 'float8');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'real', 'real');
SELECT * FROM try_types('int', 'text', '{APPROVED}', 'numeric(10,2)', 'real');

\pset tuples_only off
DROP SCHEMA typed CASCADE;

-- Names with everything in them, in two schemas.
CREATE SCHEMA "Of.Campaigns";
CREATE SCHEMA "of ""clips""";
CREATE TABLE "Of.Campaigns"."cam""paigns.all" ("Ca.Id" int PRIMARY KEY, "order" text, "sp""ent $1" numeric(10,2));
CREATE TABLE "of ""clips"""."clips; DROP TABLE x" ("select" text PRIMARY KEY, "earn'ings" numeric(10,2));
CREATE TABLE "of ""clips"""."übermittelte clips" (
    id int PRIMARY KEY,
    "für" int REFERENCES "Of.Campaigns"."cam""paigns.all",
    "mit\" text REFERENCES "of ""clips"""."clips; DROP TABLE x",
    "{}" text
);
CREATE INDEX ON "of ""clips"""."übermittelte clips" ("für");
CREATE INDEX ON "of ""clips"""."übermittelte clips" ("mit\");
CREATE VIEW named_totals AS
    SELECT "Ca.Id" AS id, "sp""ent $1" AS spent, coalesce((
        SELECT sum("earn'ings") FROM "of ""clips"""."übermittelte clips" s
        JOIN "of ""clips"""."clips; DROP TABLE x" k ON k."select" = "mit\"
        WHERE s."für" = "Ca.Id" AND "{}" = 'it''s'), 0) AS oracle
    FROM "Of.Campaigns"."cam""paigns.all" ORDER BY 1;
SELECT * FROM spend_sync_attach('"Of.Campaigns"."cam""paigns.all"', '"of ""clips"""."clips; DROP TABLE x"',
    '"of ""clips"""."übermittelte clips"', title => 'order', spent => 'sp"ent $1', earnings => 'earn''ings', status => '{}',
    approved => ARRAY['it''s', '\']) \gx
INSERT INTO "Of.Campaigns"."cam""paigns.all" VALUES (1, 'First');
INSERT INTO "of ""clips"""."clips; DROP TABLE x" VALUES ('a''b"c\d', 5), ('', 7), ('ключ', 11);
INSERT INTO "of ""clips"""."übermittelte clips" VALUES
    (1, 1, 'a''b"c\d', 'it''s'), (2, 1, '', 'it''s'), (3, 1, 'ключ', 'it''s'), (4, 1, 'ключ', 'no');
TABLE named_totals;
UPDATE "of ""clips"""."clips; DROP TABLE x" SET "earn'ings" = "earn'ings" * 2;
TABLE named_totals;
SELECT * FROM spend_sync.binding \gx
SELECT * FROM spend_sync_status('"Of.Campaigns"."cam""paigns.all"');
SELECT * FROM spend_sync_check('"Of.Campaigns"."cam""paigns.all"');
SELECT * FROM named_totals WHERE spent IS DISTINCT FROM oracle;

-- The longest names there are.
SELECT repeat('ö', 30) || 'abc' AS long1, repeat('x', 63) AS long2 \gset
CREATE TABLE :"long1" (:"long2" int PRIMARY KEY, spent numeric DEFAULT 0);
CREATE TABLE :"long2" (id int PRIMARY KEY, :"long1" numeric);
CREATE TABLE subs (id int PRIMARY KEY, a int REFERENCES :"long1", b int REFERENCES :"long2", status text);
CREATE INDEX ON subs (a);
CREATE INDEX ON subs (b);
SELECT total FROM spend_sync_attach(:'long1', :'long2', 'subs', earnings => :'long1');
INSERT INTO :"long1" VALUES (1);
INSERT INTO :"long2" VALUES (1, 3), (2, 4);
INSERT INTO subs VALUES (1, 1, 1, 'APPROVED'), (2, 1, 2, 'APPROVED');
SELECT spent FROM :"long1";
SELECT octet_length(tgname), tgname FROM pg_trigger WHERE tgrelid = 'subs'::regclass AND NOT tgisinternal ORDER BY 2;
SELECT * FROM spend_sync_check(:'long1');
-- The oracle.
SELECT spent FROM :"long1" WHERE spent IS DISTINCT FROM (
    SELECT sum(k.:"long1") FROM subs JOIN :"long2" k ON k.id = b WHERE status = 'APPROVED');
