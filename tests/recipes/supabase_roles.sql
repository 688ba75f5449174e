-- What Supabase has and plain PostgreSQL has not: its roles, the claims of whoever calls, a schema for extensions, and
-- default privileges that give new functions to everybody by name. The tables' owner is no superuser, as there.
CREATE ROLE anon NOLOGIN;
CREATE ROLE authenticated NOLOGIN;
CREATE ROLE service_role NOLOGIN BYPASSRLS;
CREATE ROLE owner NOLOGIN;

CREATE SCHEMA auth;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
RETURN nullif(current_setting('request.jwt.claims', true), '')::jsonb;
GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;

CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role, owner;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA extensions GRANT EXECUTE ON FUNCTIONS TO anon, authenticated, service_role;

ALTER TABLE campaigns OWNER TO owner;
ALTER TABLE clips OWNER TO owner;
ALTER TABLE clip_submissions OWNER TO owner;
ALTER TABLE users OWNER TO owner;
GRANT CREATE ON SCHEMA public TO owner;
