-- Tables of other names, which README's examples attach beside the demo's.
CREATE SCHEMA billing;
CREATE SCHEMA media;
CREATE TABLE billing."Campaign" (id uuid PRIMARY KEY, "spentCents" bigint NOT NULL DEFAULT 0);
CREATE TABLE media.clip (id bigint PRIMARY KEY, earned_cents bigint);
CREATE TABLE media.entry (
    id bigint PRIMARY KEY,
    "campaignId" uuid NOT NULL REFERENCES billing."Campaign",
    clip_id bigint REFERENCES media.clip,
    is_approved boolean NOT NULL DEFAULT false
);
CREATE INDEX ON media.entry ("campaignId");
CREATE INDEX ON media.entry (clip_id);
