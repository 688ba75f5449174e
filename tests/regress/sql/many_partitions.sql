-- Where tables have many partitions by their own keys, a write of one clip locks those that it finds, and not all there are.
CREATE EXTENSION spend_sync;
CREATE TABLE campaigns (id int PRIMARY KEY, spent numeric(12,2) DEFAULT 0) PARTITION BY HASH (id);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(12,2) DEFAULT 0) PARTITION BY HASH (id);
CREATE TABLE clip_submissions (campaign_id int NOT NULL, clip_id int NOT NULL, status text NOT NULL) PARTITION BY HASH (clip_id);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
SELECT format('CREATE TABLE %s_%s PARTITION OF %1$s FOR VALUES WITH (MODULUS 20, REMAINDER %2$s)', name, n)
FROM unnest(ARRAY['campaigns', 'clips', 'clip_submissions']) name, generate_series(0, 19) n \gexec
INSERT INTO campaigns SELECT generate_series(1, 100);
INSERT INTO clips SELECT n, 1 FROM generate_series(1, 100) n;
INSERT INTO clip_submissions SELECT n, n, 'APPROVED' FROM generate_series(1, 100) n;
SELECT corrected FROM spend_sync_attach();
SET spend_sync.recompute_interval = -1;
-- The partitions that this transaction has locked, of each table.
CREATE VIEW locked AS
    SELECT i.inhparent::regclass AS of, count(DISTINCT l.relation) FROM pg_locks l JOIN pg_inherits i ON i.inhrelid = l.relation
    WHERE l.pid = pg_backend_pid() AND i.inhparent IN ('campaigns'::regclass, 'clips'::regclass, 'clip_submissions'::regclass)
    GROUP BY 1 ORDER BY 1;
UPDATE clips SET earnings = 2 WHERE id = 1;
BEGIN;
UPDATE clips SET earnings = 3 WHERE id = 1;
TABLE locked;
COMMIT;
BEGIN;
INSERT INTO clip_submissions VALUES (1, 2, 'APPROVED');
TABLE locked;
COMMIT;
SELECT id, spent FROM campaigns WHERE id < 4 ORDER BY id;
