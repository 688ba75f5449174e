\set ECHO none
-- Commands one by one, `$1` in them being this amount: after each the view `wrong`, of the script's, is to be empty. Made quietly.
CREATE PROCEDURE write_each(amount numeric, commands text[]) LANGUAGE plpgsql AS $$
DECLARE
    command text;
    differing bigint;
BEGIN
    FOREACH command IN ARRAY commands LOOP
        EXECUTE command USING amount;
        SELECT count(*) FROM wrong INTO differing;
        IF differing > 0 THEN
            RAISE WARNING '% wrong after %', differing, command;
        END IF;
    END LOOP;
END $$;
\set ECHO all
