-- The statements of a total name the status's type: where that gets another name, or another schema, a session that has
-- prepared some of them prepares the others by the new one.
CREATE EXTENSION spend_sync;
CREATE TYPE state AS ENUM ('PENDING', 'APPROVED');
\ir ../tables.sql
DROP VIEW totals;
ALTER TABLE clip_submissions ALTER status DROP DEFAULT, ALTER status TYPE state USING status::state;
\ir ../totals.sql
SELECT corrected FROM spend_sync_attach();
UPDATE clips SET earnings = 11 WHERE id = 1;
ALTER TYPE state RENAME TO condition;
UPDATE clips SET earnings = earnings + 1;
UPDATE clip_submissions SET status = 'PENDING' WHERE id = 1;
SELECT campaign_id FROM sync_all_campaigns();
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
CREATE SCHEMA moved;
ALTER TYPE condition SET SCHEMA moved;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
UPDATE clip_submissions SET status = 'APPROVED';
DELETE FROM clip_submissions WHERE id = 2;
SELECT * FROM totals WHERE spent IS DISTINCT FROM oracle;
SELECT * FROM spend_sync_check();
