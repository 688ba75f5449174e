//! Links without their rows, and rows that come (again) to links that wait for them: a foreign key is no proof (DESIGN.md
//! section 5, points 4 and 5).

use crate::dice::Dice;
use crate::operations::{
    DUPLICATE_KEY, KEY_OR_PARENT, Kind, MISSING_PARENT, NOTHING, Needs, campaign, clip, status, submission,
};
use crate::schema::{Schema, Shape};

const DEFERRED: Needs = Needs::Shape(Shape::Deferred);
const ORPHANS: Needs = Needs::Shape(Shape::Orphans);

/// What makes most transactions over deferred keys end well.
pub const SETTLE: &str = "deferred: links settled";

pub const KINDS: &[Kind] = &[
    Kind::of(
        Needs::NoRule,
        "campaign: replaced by one statement",
        2,
        DUPLICATE_KEY,
        campaign_by_one,
    ),
    Kind::anywhere("campaign: replaced by two", 1, DUPLICATE_KEY, campaign_by_two),
    Kind::anywhere("clip: replaced by one statement", 2, DUPLICATE_KEY, clip_by_one),
    Kind::anywhere("clip: replaced by two", 1, DUPLICATE_KEY, clip_by_two),
    Kind::of(DEFERRED, "deferred: link, then its rows", 8, NOTHING, link_then_rows),
    Kind::of(DEFERRED, SETTLE, 2, NOTHING, settle),
    Kind::of(ORPHANS, "replica: link to anything", 6, DUPLICATE_KEY, replica_link),
    Kind::of(ORPHANS, "replica: clip deleted", 3, NOTHING, replica_clip_deleted),
    Kind::of(
        ORPHANS,
        "replica: campaign deleted",
        1,
        NOTHING,
        replica_campaign_deleted,
    ),
    Kind::of(ORPHANS, "replica: clip's keys", 2, DUPLICATE_KEY, replica_clip_key),
    Kind::of(ORPHANS, "replica: earnings", 2, NOTHING, replica_earnings),
    Kind::of(
        ORPHANS,
        "replica: clip, then as usual",
        2,
        KEY_OR_PARENT,
        replica_clip_then_usual,
    ),
    Kind::of(ORPHANS, "orphan: moved", 1, MISSING_PARENT, orphan_moved),
];

/// The part that inserts sees the row that the other part deletes, and yet no unique index does.
fn campaign_by_one(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign) = (schema.name, campaign(dice));
    format!(
        "WITH gone AS (DELETE FROM {name}.campaigns WHERE id = {campaign} RETURNING id, title)
         INSERT INTO {name}.campaigns (id, title, spent) SELECT id, title, 77 FROM gone"
    )
}

fn campaign_by_two(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign) = (schema.name, campaign(dice));
    format!(
        "DELETE FROM {name}.campaigns WHERE id = {campaign};
         INSERT INTO {name}.campaigns (id, title, spent) VALUES ({campaign}, 'Campaign', {})",
        dice.money()
    )
}

fn clip_by_one(dice: &mut Dice, schema: &Schema) -> String {
    let (name, clip) = (schema.name, clip(dice));
    format!(
        "WITH gone AS (DELETE FROM {name}.clips WHERE id = {clip} RETURNING id)
         INSERT INTO {name}.clips (id, earnings) SELECT id, {} FROM gone",
        dice.money()
    )
}

fn clip_by_two(dice: &mut Dice, schema: &Schema) -> String {
    let (name, clip) = (schema.name, clip(dice));
    format!(
        "DELETE FROM {name}.clips WHERE id = {clip};
         INSERT INTO {name}.clips (id, earnings) VALUES ({clip}, {})",
        dice.money()
    )
}

fn link_then_rows(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign, clip) = (schema.name, campaign(dice), clip(dice));
    let (submission, status, money) = (submission(dice), status(dice), dice.money());
    format!(
        "INSERT INTO {name}.clip_submissions (id, \"campaignId\", \"clipId\", status)
         VALUES ({submission}, {campaign}, {clip}, {status})
         ON CONFLICT (id) DO UPDATE SET \"campaignId\" = excluded.\"campaignId\", \"clipId\" = excluded.\"clipId\";
         INSERT INTO {name}.clips (id, earnings) VALUES ({clip}, {money}) ON CONFLICT DO NOTHING;
         INSERT INTO {name}.campaigns (id, title) VALUES ({campaign}, 'Campaign') ON CONFLICT DO NOTHING"
    )
}

fn settle(_: &mut Dice, schema: &Schema) -> String {
    format!(
        "DELETE FROM {0}.clip_submissions s
         WHERE NOT EXISTS (SELECT FROM {0}.campaigns WHERE id = s.\"campaignId\")
            OR s.\"clipId\" IS NOT NULL AND NOT EXISTS (SELECT FROM {0}.clips WHERE id = s.\"clipId\");
         DELETE FROM {0}.account_links l
         WHERE NOT EXISTS (SELECT FROM {0}.accounts WHERE id = l.account)
            OR NOT EXISTS (SELECT FROM {0}.clips WHERE code = l.code)",
        schema.name
    )
}

/// In replica mode no foreign key is looked at, and none cascades; our triggers are made to fire.
fn in_replica_mode(statement: &str) -> String {
    format!("SET LOCAL session_replication_role = replica; {statement}; SET LOCAL session_replication_role = origin")
}

fn replica_link(dice: &mut Dice, schema: &Schema) -> String {
    in_replica_mode(&format!(
        "INSERT INTO {}.clip_submissions (id, \"campaignId\", \"clipId\", status) VALUES ({}, {}, {}, {})
         ON CONFLICT (id) DO UPDATE SET \"campaignId\" = excluded.\"campaignId\", \"clipId\" = excluded.\"clipId\"",
        schema.name,
        submission(dice),
        campaign(dice),
        clip(dice),
        status(dice)
    ))
}

fn replica_clip_deleted(dice: &mut Dice, schema: &Schema) -> String {
    in_replica_mode(&format!("DELETE FROM {}.clips WHERE id = {}", schema.name, clip(dice)))
}

fn replica_campaign_deleted(dice: &mut Dice, schema: &Schema) -> String {
    in_replica_mode(&format!(
        "DELETE FROM {}.campaigns WHERE id = {}",
        schema.name,
        campaign(dice)
    ))
}

fn replica_clip_key(dice: &mut Dice, schema: &Schema) -> String {
    let (old, new) = (clip(dice), clip(dice));
    in_replica_mode(&format!("UPDATE {}.clips SET id = {new} WHERE id = {old}", schema.name))
}

fn replica_earnings(dice: &mut Dice, schema: &Schema) -> String {
    let (money, clip) = (dice.money(), clip(dice));
    in_replica_mode(&format!(
        "UPDATE {}.clips SET earnings = {money} WHERE id = {clip}",
        schema.name
    ))
}

fn replica_clip_then_usual(dice: &mut Dice, schema: &Schema) -> String {
    let (name, clip, money) = (schema.name, clip(dice), dice.money());
    format!(
        "{}; INSERT INTO {name}.clips (id, earnings) VALUES ({clip}, {money})",
        in_replica_mode(&format!("DELETE FROM {name}.clips WHERE id = {clip}"))
    )
}

/// A link whose clip is gone moves to another campaign.
fn orphan_moved(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {0}.clip_submissions s SET \"campaignId\" = {1}
         WHERE NOT EXISTS (SELECT FROM {0}.clips WHERE id = s.\"clipId\")",
        schema.name,
        campaign(dice)
    )
}
