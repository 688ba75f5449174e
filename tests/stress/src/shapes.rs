//! The tables of the schemas that are made for one kind of trouble each; `schema` says which.

/// Two links tables know the clips by different keys. `ON_KEYS` is what their foreign keys do.
const TWO_TOTALS: &str = r#"
    CREATE TABLE campaigns (
        id text PRIMARY KEY, title text NOT NULL, budget numeric(10,2) DEFAULT 0, spent numeric(10,2) DEFAULT 0,
        reserved numeric(10,2) DEFAULT 0);
    CREATE TABLE accounts (id text PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
    CREATE TABLE clips (id text PRIMARY KEY, title text, earnings numeric(10,2) DEFAULT 0, code text UNIQUE NOT NULL);
    CREATE TABLE clip_submissions (
        id text PRIMARY KEY,
        "campaignId" text NOT NULL REFERENCES campaigns (id) ON_KEYS,
        "clipId" text REFERENCES clips (id) ON_KEYS,
        status text DEFAULT 'PENDING');
    CREATE TABLE account_links (
        id text PRIMARY KEY,
        account text NOT NULL REFERENCES accounts (id) ON_KEYS,
        code text REFERENCES clips (code) ON_KEYS,
        status text DEFAULT 'PENDING');
    CREATE INDEX ON account_links (account, status);
    CREATE INDEX ON account_links (code);
    -- A clip that comes without a code has that of its first key; a key that changes leaves it.
    CREATE FUNCTION coded() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        NEW.code := coalesce(NEW.code, replace(NEW.id, 'k', 'x'));
        RETURN NEW;
    END $$;
    CREATE TRIGGER coded BEFORE INSERT ON clips FOR EACH ROW EXECUTE FUNCTION coded();
    INSERT INTO accounts (id) SELECT 'a' || n FROM generate_series(1, 3) n;
"#;

/// Django's default: nothing cascades, and all is looked at by the commit alone.
pub fn deferred() -> String {
    TWO_TOTALS.replace("ON_KEYS", "DEFERRABLE INITIALLY DEFERRED")
}

/// Immediate keys that leave orphans: a trigger keeps some links from the cascades. It fires in replica mode too, as ours
/// are made to.
pub fn orphans() -> String {
    let keeps = r#"
    CREATE FUNCTION keeps_links() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        -- Of a cascade alone: the links' own deletes and changes pass.
        IF pg_trigger_depth() > 1 AND right(OLD.id, 1) IN ('1', '4', '7') THEN
            RETURN NULL;
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END $$;
    CREATE TRIGGER keeps BEFORE UPDATE OR DELETE ON clip_submissions FOR EACH ROW EXECUTE FUNCTION keeps_links();
    CREATE TRIGGER keeps BEFORE UPDATE OR DELETE ON account_links FOR EACH ROW EXECUTE FUNCTION keeps_links();
    ALTER TABLE clips ENABLE ALWAYS TRIGGER coded;
    "#;
    TWO_TOTALS.replace("ON_KEYS", "ON DELETE CASCADE ON UPDATE CASCADE") + keeps
}

/// All of ours fire whatever `session_replication_role` is. The constraint trigger does in replica mode by itself.
pub const ALWAYS: &str = r#"
    DO $$
    DECLARE ours record;
    BEGIN
        FOR ours IN
            SELECT tgrelid::regclass AS "table", tgname FROM pg_trigger
            WHERE tgname LIKE 'spend\_sync\_%' AND tgname <> 'spend_sync_wake'
              AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'SCHEMA'::regnamespace)
        LOOP
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', ours."table", ours.tgname);
        END LOOP;
    END $$
"#;

/// Amounts never below 0, a CHECK that only a wrong total can violate, and a trigger that notes each total that it sees
/// beside the sum at that moment. That is the truth only where each statement has its own snapshot.
pub const CHECKED: &str = r#"
    CREATE TABLE campaigns (
        id text PRIMARY KEY, title text NOT NULL, budget numeric(10,2) DEFAULT 0,
        spent numeric(10,2) DEFAULT 0 CHECK (spent >= 0 AND spent < 1000000),
        reserved numeric(10,2) DEFAULT 0 CHECK (reserved >= 0 AND reserved < 1000000));
    CREATE TABLE clips (id text PRIMARY KEY, title text, earnings numeric(10,2) DEFAULT 0 CHECK (earnings >= 0));
    CREATE TABLE clip_submissions (
        id text PRIMARY KEY,
        "campaignId" text NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE ON UPDATE CASCADE,
        "clipId" text REFERENCES clips (id) ON DELETE CASCADE ON UPDATE CASCADE,
        status text DEFAULT 'PENDING');
    CREATE TABLE completions (campaign text, spent numeric, actual numeric);
    CREATE INDEX ON completions (campaign) WHERE spent IS DISTINCT FROM actual;
    CREATE FUNCTION completes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF current_setting('transaction_isolation') = 'read committed' THEN
            INSERT INTO completions SELECT NEW.id, NEW.spent, coalesce(sum(c.earnings), 0)
            FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
            WHERE s."campaignId" = NEW.id AND s.status = 'APPROVED';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER completes AFTER UPDATE ON campaigns FOR EACH ROW WHEN (NEW.spent IS DISTINCT FROM OLD.spent)
        EXECUTE FUNCTION completes();
"#;

/// A rule, a CHECK and a WHEN of campaigns whose function writes the total of the next campaign, at random, and a trigger
/// that writes each total to a foreign table, which is one of this database.
pub const MEDDLED: &str = r#"
    CREATE TABLE campaigns (
        id text PRIMARY KEY, title text NOT NULL, budget numeric(10,2) DEFAULT 0, spent numeric(10,2) DEFAULT 0,
        reserved numeric(10,2) DEFAULT 0);
    CREATE TABLE clips (id text PRIMARY KEY, title text, earnings numeric(10,2) DEFAULT 0);
    CREATE TABLE clip_submissions (
        id text PRIMARY KEY,
        "campaignId" text NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE ON UPDATE CASCADE,
        "clipId" text REFERENCES clips (id) ON DELETE CASCADE ON UPDATE CASCADE,
        status text DEFAULT 'PENDING');
    CREATE FUNCTION meddle(campaign text, percent int) RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        -- What it writes would call it again.
        IF coalesce(current_setting('stress.meddles', true), '') <> 'yes' AND random() * 100 < percent THEN
            PERFORM set_config('stress.meddles', 'yes', true);
            UPDATE campaigns SET spent = spent + 1000, reserved = reserved + 1000 WHERE id = 'c' || (substr(campaign, 2)::int % 6 + 1);
            PERFORM set_config('stress.meddles', 'no', true);
        END IF;
        RETURN true;
    END $$;
    CREATE FUNCTION does_nothing() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS 'BEGIN RETURN NULL; END';
    CREATE RULE meddles AS ON UPDATE TO campaigns DO ALSO SELECT meddle(NEW.id, 15);
    ALTER TABLE campaigns ADD CHECK (meddle(id, 15)) NOT VALID;
    CREATE TRIGGER meddles AFTER UPDATE ON campaigns FOR EACH ROW WHEN (meddle(NEW.id, 15))
        EXECUTE FUNCTION does_nothing();

    CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public;
    DO $$ BEGIN
        EXECUTE format('CREATE SERVER IF NOT EXISTS stress_itself FOREIGN DATA WRAPPER postgres_fdw
            OPTIONS (host %L, port %L, dbname %L)', split_part(current_setting('unix_socket_directories'), ',', 1),
            current_setting('port'), current_database());
    END $$;
    CREATE USER MAPPING IF NOT EXISTS FOR CURRENT_USER SERVER stress_itself;
    CREATE TABLE totals_seen (campaign text, spent numeric);
    CREATE FOREIGN TABLE totals_sent (campaign text, spent numeric) SERVER stress_itself
        OPTIONS (schema_name 'stress_meddled', table_name 'totals_seen');
    CREATE FUNCTION sends() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        INSERT INTO totals_sent VALUES (NEW.id, NEW.spent);
        RETURN NULL;
    END $$;
    CREATE TRIGGER sends AFTER UPDATE OF spent ON campaigns FOR EACH ROW WHEN (NEW.spent IS DISTINCT FROM OLD.spent)
        EXECUTE FUNCTION sends();
"#;

/// Keys of several columns. A tenant hangs on the key, so that statements need not name it.
pub const TENANTS: &str = r#"
    CREATE TABLE campaigns (
        id text UNIQUE, tenant int GENERATED ALWAYS AS (ascii(right(id, 1)) % 2) STORED, title text NOT NULL,
        budget numeric(10,2) DEFAULT 0, spent numeric(10,2) DEFAULT 0, reserved numeric(10,2) DEFAULT 0, PRIMARY KEY (tenant, id));
    CREATE TABLE clips (
        id text UNIQUE, tenant int GENERATED ALWAYS AS (ascii(right(id, 1)) % 2) STORED, title text, earnings numeric(10,2) DEFAULT 0,
        PRIMARY KEY (tenant, id));
    CREATE TABLE clip_submissions (
        id text PRIMARY KEY, "campaignId" text, "clipId" text, status text DEFAULT 'PENDING',
        campaign_tenant int GENERATED ALWAYS AS (ascii(right("campaignId", 1)) % 2) STORED,
        clip_tenant int GENERATED ALWAYS AS (ascii(right("clipId", 1)) % 2) STORED);
"#;
