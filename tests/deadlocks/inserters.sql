-- Tables for transactions that insert clips of their own and link them. :keys is what ties links: an immediate foreign key, a
-- deferrable one, or nothing.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(12,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (id serial PRIMARY KEY, campaign_id int, clip_id int, status text DEFAULT 'APPROVED');
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT :'keys' <> 'none' AS has_keys, CASE :'keys' WHEN 'deferred' THEN 'DEFERRABLE INITIALLY DEFERRED' ELSE '' END AS kind \gset
\if :has_keys
ALTER TABLE clip_submissions ADD FOREIGN KEY (campaign_id) REFERENCES campaigns :kind,
    ADD FOREIGN KEY (clip_id) REFERENCES clips :kind;
\endif
CREATE SEQUENCE numbers;
DO $$ BEGIN PERFORM spend_sync_attach(); END $$;
