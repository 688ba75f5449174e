-- Names that were made to break whoever builds SQL of them: quotes, percent signs, backslashes, dollars, line ends, Unicode, 63
-- bytes, in each place that has a name. Everything works, messages show them whole, and nothing of them is ever run.
CREATE EXTENSION spend_sync;
SET client_min_messages = warning;
CREATE TABLE ran (what text);
CREATE FUNCTION hostile(what text) RETURNS int LANGUAGE sql AS $$ INSERT INTO ran VALUES (what) RETURNING 1 $$;

-- One round with a name in all places: attach, write each table, rename, check, repair, detach. Gives what was wrong.
CREATE FUNCTION try(n text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    t text[] := ARRAY(SELECT format('%I.%I', left(n, 40), left(left(n, 20) || k || n, 63)) FROM unnest('{c,k,s}'::text[]) k);
    c name := left('a' || n, 63);
    s name := left('b' || n, 63);
    attach text;
    oracle text;
    step text;
    found text;
BEGIN
    EXECUTE format('CREATE SCHEMA %I', left(n, 40));
    EXECUTE format('CREATE TYPE %1$I.%1$I AS ENUM (%2$L, %3$L)', left(n, 40), left(n, 63), 'no');
    EXECUTE format('CREATE TABLE %s (%I text PRIMARY KEY, %I text, %I numeric(10,2))', t[1], c, left('t' || n, 63), s);
    EXECUTE format('CREATE TABLE %s (%I text PRIMARY KEY, %I numeric(10,2))', t[2], c, s);
    EXECUTE format('CREATE TABLE %1$s (%2$I text REFERENCES %3$s, %4$I text REFERENCES %5$s, %6$I %7$I.%7$I)',
        t[3], c, t[1], s, t[2], left('st' || n, 63), left(n, 40));
    EXECUTE format('CREATE INDEX ON %s (%I)', t[3], c);
    EXECUTE format('CREATE INDEX ON %s (%I)', t[3], s);
    attach := format('SELECT spend_sync_attach(%L, %L, %L, title => %L, spent => %L, earnings => %L, status => %L, approved => %L, flush => ',
        t[1], t[2], t[3], left('t' || n, 63), s, s, left('st' || n, 63), ARRAY[left(n, 63)]);
    EXECUTE attach || '''statement'')';
    oracle := format('SELECT string_agg(c.%1$I, %5$L) FROM %2$s c WHERE c.%3$I IS DISTINCT FROM
            (SELECT sum(k.%3$I) FROM %4$s s JOIN %6$s k ON k.%1$I = s.%3$I WHERE s.%1$I = c.%1$I AND s.%7$I::text = %8$L)',
        c, t[1], s, t[3], ', ', t[2], left('st' || n, 63), left(n, 63));
    FOREACH step IN ARRAY ARRAY[
        format('INSERT INTO %s VALUES (%L, %L)', t[1], n, n),
        format('INSERT INTO %s VALUES (%L, 1.50)', t[2], n),
        format('INSERT INTO %s VALUES (%L, %L, %L)', t[3], n, n, left(n, 63)),
        format('UPDATE %s SET %I = 2.50', t[2], s),
        attach || '''commit'')',
        format('UPDATE %s SET %I = 3.50; SET CONSTRAINTS ALL IMMEDIATE', t[2], s),
        format('UPDATE %s SET %I = 4.50; SET CONSTRAINTS ALL DEFERRED', t[2], s),
        attach || '''statement'')',
        format('UPDATE %s SET %I = 0', t[1], s),
        format('UPDATE %s SET %I = %L', t[2], c, n || '2') || format(' WHERE false'),
        format('SELECT * FROM sync_campaign(%L, %L)', n, t[1]),
        format('SELECT * FROM sync_all_campaigns(%L)', t[1]),
        format('SELECT spend_sync_report(%L)', t[1]),
        format('ALTER TABLE %1$s RENAME %2$I TO %3$I; UPDATE %1$s SET %3$I = 5.50; ALTER TABLE %1$s RENAME %3$I TO %2$I', t[2], s, left('z' || n, 63))]
    LOOP
        EXECUTE step;
        EXECUTE oracle INTO found;
        IF found IS NOT NULL AND step NOT LIKE 'INSERT INTO %' THEN
            RETURN NEXT 'drift after ' || step;
        END IF;
    END LOOP;
    EXECUTE format('SELECT string_agg(problem, %L) FROM spend_sync_check(%L) WHERE severity = %L', '; ', t[1], 'error') INTO found;
    IF found IS NOT NULL THEN
        RETURN NEXT 'check: ' || found;
    END IF;
    BEGIN
        EXECUTE format('UPDATE %s SET %I = 99999999.99', t[2], s);
        EXECUTE format('INSERT INTO %s VALUES (%L, 1)', t[2], n || 'b');
        EXECUTE format('INSERT INTO %s VALUES (%L, %L, %L)', t[3], n, n || 'b', left(n, 63));
        RETURN NEXT 'no error';
    EXCEPTION WHEN numeric_value_out_of_range THEN
        IF SQLERRM <> format('the total of campaign "%s" cannot be stored', n) THEN
            RETURN NEXT SQLERRM;
        END IF;
    END;
    BEGIN
        EXECUTE format('ALTER TABLE %s DROP %I CASCADE', t[2], s);
        RETURN NEXT 'a bound column could be dropped';
    EXCEPTION WHEN dependent_objects_still_exist THEN
        NULL;
    END;
    -- Past the event triggers it goes.
    PERFORM set_config('session_replication_role', 'replica', false);
    EXECUTE format('ALTER TABLE %s DROP %I CASCADE', t[2], s);
    PERFORM set_config('session_replication_role', 'origin', false);
    BEGIN
        EXECUTE format('INSERT INTO %s VALUES (%L)', t[2], n || 'c');
        RETURN NEXT 'no error';
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
    END;
    PERFORM spend_sync_detach(t[1]::regclass);
    IF EXISTS (SELECT FROM pg_trigger WHERE tgname LIKE 'spend\_sync%') THEN
        RETURN NEXT 'triggers were left';
    END IF;
    EXECUTE format('DROP SCHEMA %I CASCADE', left(n, 40));
END $$;

SELECT n, problem FROM unnest(ARRAY[
    'quote''quote', '"double" ""twice""', 'per%cent %s %1$s %I %L %n', 'back\slash\\', E'line\nend\r\n', 'dollar$$dollar$x$ $1',
    'semicolon; DROP TABLE ran; --', E'\u00e4\u00f6\u00fc \u65e5\u672c\u8a9e', E'\U0001F980\U0001F980', 'comma, {brace} [bracket] (paren)', ' spaces ', 'NULL', 'select',
    repeat('x', 63), repeat(E'\u00e4', 31), repeat('"', 31), repeat('''', 31), '''||hostile(''a'')||''', '");SELECT hostile(''b'');--', '/* comment */', '\'')||hostile(''c'')--',
    E'tab\tand \u202e right to left', 'json":{"a":[1]}', '{"campaigns":"x"}', '%', '.', 'a.b', '@extschema@', E'e\u0301']) n,
    LATERAL try(n) AS problem;
TABLE ran;

-- Roles have names too.
CREATE ROLE "role ""%s"" 'x'";
CREATE SCHEMA theirs AUTHORIZATION "role ""%s"" 'x'";
SET ROLE "role ""%s"" 'x'";
SET search_path = theirs, public;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric);
CREATE TABLE clip_submissions (campaign_id int, clip_id int, status text);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
INSERT INTO campaigns VALUES (1, 7);
SELECT corrected FROM spend_sync_attach();
SELECT * FROM sync_campaign(1);
SELECT * FROM spend_sync_status('public.ran');
RESET ROLE;
SELECT role FROM spend_sync.correction;
ALTER TABLE clips OWNER TO CURRENT_USER;
UPDATE clips SET earnings = 1;
SELECT severity, object, problem, advice FROM spend_sync_check();
