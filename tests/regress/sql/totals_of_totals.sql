-- Totals of what is a total itself: repaired from the parts up, and never part of their own sum.
\set SHOW_CONTEXT never
CREATE EXTENSION spend_sync;
-- Made, and attached, in the order in which a repair must not go.
CREATE TABLE brands (id int PRIMARY KEY, budget numeric, spent numeric DEFAULT 0);
CREATE TABLE campaigns (id int PRIMARY KEY, brand_id int REFERENCES brands, spent numeric DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, campaign_id int REFERENCES campaigns, earnings numeric);
CREATE INDEX ON campaigns (brand_id);
CREATE INDEX ON clips (campaign_id);
INSERT INTO brands VALUES (1, 150);
INSERT INTO campaigns VALUES (1, 1), (2, 1);
INSERT INTO clips VALUES (1, 1, 60), (2, 2, 40);
SELECT total FROM spend_sync_attach('brands', NULL, 'campaigns', earnings => 'spent', status => NULL);
SELECT total FROM spend_sync_attach(clips => NULL, submissions => 'clips', status => NULL);
TABLE brands;
SET session_replication_role = replica;
UPDATE campaigns SET spent = 1;
UPDATE brands SET spent = 7;
RESET session_replication_role;
SELECT campaign_id, new_spent, total FROM sync_all_campaigns();
TABLE brands;
-- What a repair of the parts makes of the whole meanwhile may not fit; it is the whole's turn then.
SET session_replication_role = replica;
UPDATE campaigns SET spent = 100;
RESET session_replication_role;
ALTER TABLE brands ADD CHECK (spent <= budget);
SELECT campaign_id, new_spent, total FROM sync_all_campaigns();
TABLE brands;
SELECT * FROM spend_sync_status() WHERE needs_sync;
-- One that would be part of its own sum, by itself or by another.
ALTER TABLE brands ADD parent int REFERENCES campaigns;
CREATE INDEX ON brands (parent);
SELECT total FROM spend_sync_attach('campaigns', NULL, 'brands', submission_campaign => 'parent', earnings => 'spent', status => NULL);
\echo :SQLSTATE
SELECT severity, problem FROM spend_sync_plan('campaigns', NULL, 'brands', submission_campaign => 'parent', earnings => 'spent', status => NULL);
ALTER TABLE campaigns ADD budgets numeric DEFAULT 0;
SELECT total FROM spend_sync_attach('campaigns', NULL, 'brands', spent => 'budgets', submission_campaign => 'parent', earnings => 'budget', status => NULL);
UPDATE brands SET parent = 1;
UPDATE clips SET earnings = earnings + 1 WHERE id = 1;
SELECT id, spent, budgets FROM campaigns ORDER BY id;
TABLE brands;
