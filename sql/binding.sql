-- What is attached, for people. The triggers are the binding: this reads their arguments.
CREATE VIEW spend_sync.binding AS
SELECT b.campaigns::pg_catalog.regclass AS campaigns,
       (c.columns OPERATOR(pg_catalog.->>) 'campaign_id')::pg_catalog.name AS campaign_id,
       (c.columns OPERATOR(pg_catalog.->>) 'title')::pg_catalog.name AS title,
       (c.columns OPERATOR(pg_catalog.->>) 'spent')::pg_catalog.name AS spent,
       b.clips::pg_catalog.regclass AS clips,
       (c.columns OPERATOR(pg_catalog.->>) 'clip_id')::pg_catalog.name AS clip_id,
       (c.columns OPERATOR(pg_catalog.->>) 'earnings')::pg_catalog.name AS earnings,
       b.submissions::pg_catalog.regclass AS submissions,
       (c.columns OPERATOR(pg_catalog.->>) 'submission_campaign')::pg_catalog.name AS submission_campaign,
       (c.columns OPERATOR(pg_catalog.->>) 'submission_clip')::pg_catalog.name AS submission_clip,
       (c.columns OPERATOR(pg_catalog.->>) 'status')::pg_catalog.name AS status,
       ARRAY(SELECT pg_catalog.jsonb_array_elements_text(c.columns OPERATOR(pg_catalog.->) 'approved')) AS approved,
       c.columns OPERATOR(pg_catalog.->>) 'direct_writes' AS direct_writes,
       c.columns OPERATOR(pg_catalog.->>) 'flush' AS flush
FROM spend_sync.bindings() AS b, LATERAL (SELECT b.columns) AS c (columns);
COMMENT ON VIEW spend_sync.binding IS 'which tables and columns feed which total';
