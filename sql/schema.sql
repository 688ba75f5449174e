-- The extension's own schema: the trigger functions, and the log of corrections.
COMMENT ON SCHEMA spend_sync IS 'spend_sync: trigger functions, bindings, log of corrections';

CREATE FUNCTION spend_sync.capture_clip() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_capture_clip';
COMMENT ON FUNCTION spend_sync.capture_clip() IS 'spend_sync: notes which clips a statement writes';

CREATE FUNCTION spend_sync.capture_submission() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_capture_submission';
COMMENT ON FUNCTION spend_sync.capture_submission() IS 'spend_sync: notes which links a statement writes';

CREATE FUNCTION spend_sync.capture_campaign() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_capture_campaign';
COMMENT ON FUNCTION spend_sync.capture_campaign() IS 'spend_sync: notes direct writes of a total';

CREATE FUNCTION spend_sync.keep_total() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_keep_total';
COMMENT ON FUNCTION spend_sync.keep_total() IS 'spend_sync: keeps a total from direct writes';

CREATE FUNCTION spend_sync.begin() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_begin';
COMMENT ON FUNCTION spend_sync.begin() IS 'spend_sync: notes that a statement begins';

CREATE FUNCTION spend_sync.flush() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_flush';
COMMENT ON FUNCTION spend_sync.flush() IS 'spend_sync: brings totals up at the end of a statement';

CREATE FUNCTION spend_sync.flush_at_commit() RETURNS trigger
    LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_flush_at_commit';
COMMENT ON FUNCTION spend_sync.flush_at_commit() IS 'spend_sync: brings totals up at commit';

CREATE FUNCTION spend_sync.wakes() RETURNS boolean
    VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'spend_sync-0.3.0', 'spend_sync_wakes';
COMMENT ON FUNCTION spend_sync.wakes() IS 'spend_sync: whether a row that is written has totals brought up at commit';

CREATE TABLE spend_sync.correction (
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    campaigns oid NOT NULL,
    campaign_id text NOT NULL,
    recorded numeric,
    actual numeric NOT NULL,
    found_by text NOT NULL
        CHECK (found_by = ANY (ARRAY['sync_campaign', 'sync_all_campaigns', 'spend_sync_repair', 'attach', 'direct write', 'write'])),
    role text NOT NULL,
    session_role text,
    application_name text,
    id bigint GENERATED ALWAYS AS IDENTITY,
    spent text,
    server bigint NOT NULL DEFAULT (pg_catalog.pg_control_system()).system_identifier
);
CREATE INDEX ON spend_sync.correction (campaigns, at);
CREATE INDEX ON spend_sync.correction (id);
-- A publication FOR ALL TABLES sends it on. So it has no key, for the other server's own log has these numbers too; names no
-- table by its name, which would have to be found there; and says which row is deleted, when old ones are.
ALTER TABLE spend_sync.correction REPLICA IDENTITY FULL;
-- Whoever has the rights of the owner of a campaigns table reads what was found there; who was granted something by name, all. Of another
-- server's rows the OID is none of this one's tables.
ALTER TABLE spend_sync.correction ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_or_granted ON spend_sync.correction USING (
    server OPERATOR(pg_catalog.=) (SELECT s.system_identifier FROM pg_catalog.pg_control_system() s)
    AND EXISTS (SELECT FROM pg_catalog.pg_class c
                WHERE c.oid OPERATOR(pg_catalog.=) campaigns AND pg_catalog.pg_has_role(c.relowner, 'USAGE'))
    OR EXISTS (SELECT FROM pg_catalog.pg_class l, pg_catalog.aclexplode(l.relacl) a
               WHERE l.oid OPERATOR(pg_catalog.=) 'spend_sync.correction'::pg_catalog.regclass
                 AND a.grantee OPERATOR(pg_catalog.<>) 0 AND pg_catalog.pg_has_role(a.grantee, 'USAGE')));
COMMENT ON TABLE spend_sync.correction IS 'a row whenever a total was found wrong and corrected';
COMMENT ON COLUMN spend_sync.correction.campaigns IS 'the campaigns table: campaigns::regclass is its name';
COMMENT ON COLUMN spend_sync.correction.campaign_id IS 'the campaign''s key';
COMMENT ON COLUMN spend_sync.correction.recorded IS 'what the total said';
COMMENT ON COLUMN spend_sync.correction.actual IS 'what its approved clips had earned';
COMMENT ON COLUMN spend_sync.correction.found_by IS 'what found it: a sync function, attach, a direct write, a write';
COMMENT ON COLUMN spend_sync.correction.role IS 'the role that called it';
COMMENT ON COLUMN spend_sync.correction.session_role IS 'the role that the session was opened as, which may have taken that role';
COMMENT ON COLUMN spend_sync.correction.application_name IS 'what the session called itself';
COMMENT ON COLUMN spend_sync.correction.id IS 'the row''s number';
COMMENT ON COLUMN spend_sync.correction.spent IS 'the total''s column, as it was called then';
COMMENT ON COLUMN spend_sync.correction.server IS 'the system identifier of the server that found it';
-- It is no configuration that pg_dump carries: a dump by the owner of an application would have to read all of it.

-- Written under the campaign's lock. What stands here decides only when a total is verified, never what it is: no row
-- is missed, none is dumped, and none is replicated.
CREATE UNLOGGED TABLE spend_sync.large_campaign (
    campaigns regclass NOT NULL,
    campaign_id text NOT NULL,
    approved_clips bigint NOT NULL,
    verified_at timestamptz NOT NULL,
    total smallint NOT NULL,
    PRIMARY KEY (campaigns, total, campaign_id)
);
COMMENT ON TABLE spend_sync.large_campaign IS
    'a row for each campaign of many approved clips that was verified: summed from its clips, or compared with them';
COMMENT ON COLUMN spend_sync.large_campaign.campaigns IS 'the campaigns table';
COMMENT ON COLUMN spend_sync.large_campaign.total IS 'the number of the total''s column';
COMMENT ON COLUMN spend_sync.large_campaign.campaign_id IS 'the campaign''s key';
COMMENT ON COLUMN spend_sync.large_campaign.approved_clips IS 'how many approved clips it had then';
COMMENT ON COLUMN spend_sync.large_campaign.verified_at IS
    'when that was last; no backend does it again before recompute_interval is over';
