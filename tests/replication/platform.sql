-- The same tables on publisher and subscriber, empty.
CREATE TABLE campaigns (id int PRIMARY KEY, title text, spent numeric(10,2) DEFAULT 0);
CREATE TABLE clips (id int PRIMARY KEY, earnings numeric(10,2) DEFAULT 0);
CREATE TABLE clip_submissions (
    id int PRIMARY KEY,
    campaign_id int NOT NULL REFERENCES campaigns ON DELETE CASCADE,
    clip_id int REFERENCES clips ON DELETE CASCADE ON UPDATE CASCADE,
    status text NOT NULL DEFAULT 'PENDING'
);
CREATE INDEX ON clip_submissions (campaign_id);
CREATE INDEX ON clip_submissions (clip_id);
CREATE VIEW drifted AS
    SELECT c.id, c.spent, coalesce(sum(k.earnings), 0) AS sum
    FROM campaigns c LEFT JOIN clip_submissions s ON s.campaign_id = c.id AND s.status = 'APPROVED'
    LEFT JOIN clips k ON k.id = s.clip_id
    GROUP BY c.id HAVING c.spent IS DISTINCT FROM coalesce(sum(k.earnings), 0);
