-- What is attached, for people, and for drivers that read text alone. The triggers are the binding: this reads their arguments.
CREATE VIEW spend_sync.binding AS
SELECT b.campaigns,
       c.columns OPERATOR(pg_catalog.->>) 'campaign_id' AS campaign_id,
       c.columns OPERATOR(pg_catalog.->>) 'title' AS title,
       c.columns OPERATOR(pg_catalog.->>) 'spent' AS spent,
       b.clips,
       c.columns OPERATOR(pg_catalog.->>) 'clip_id' AS clip_id,
       c.columns OPERATOR(pg_catalog.->>) 'earnings' AS earnings,
       b.submissions,
       c.columns OPERATOR(pg_catalog.->>) 'submission_campaign' AS submission_campaign,
       c.columns OPERATOR(pg_catalog.->>) 'submission_clip' AS submission_clip,
       c.columns OPERATOR(pg_catalog.->>) 'status' AS status,
       ARRAY(SELECT pg_catalog.jsonb_array_elements_text(c.columns OPERATOR(pg_catalog.->) 'approved')) AS approved,
       c.columns OPERATOR(pg_catalog.->>) 'direct_writes' AS direct_writes,
       c.columns OPERATOR(pg_catalog.->>) 'flush' AS flush
FROM spend_sync.bindings() AS b, LATERAL (SELECT b.columns) AS c (columns);
COMMENT ON VIEW spend_sync.binding IS 'which tables and columns feed which total';
