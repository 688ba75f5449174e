//! What is done to submissions: decisions, new links, links that go or move.
//!
//! Locks these exercise, each against what:
//! - an insert, a move to another clip, a whole relink, against that clip's earnings: FOR SHARE on the clip (DESIGN.md
//!   section 4, lock 1). The foreign key's own FOR KEY SHARE does not stop a change of earnings;
//! - decisions against the earnings of pending clips: all linked campaigns are locked, whatever the status (2);
//! - two moves crossing, and moves against repairs: the campaigns' locks in key order (2; without the order only more
//!   40P01);
//! - decisions at REPEATABLE READ or SERIALIZABLE after the clip grew: the sum by the latest snapshot (3);
//! - links of the loose schema to keys that do not exist, against the insert of that clip or campaign: the advisory
//!   lock (1).

use crate::dice::Dice;
use crate::operations::{
    DUPLICATE_KEY, KEY_OR_PARENT, Kind, MISSING_PARENT, NOTHING, campaign, clip, status, submission, unless_exists,
};
use crate::schema::Schema;

// A changed status is part of the key in the loose schema: 23505 if a row with the same id stands in the other
// partition.
pub const KINDS: &[Kind] = &[
    Kind::anywhere("submission: status", 20, DUPLICATE_KEY, set_status),
    Kind::anywhere("submission: decide a campaign's", 2, DUPLICATE_KEY, decide_campaign),
    Kind::anywhere("submission: decide a clip's", 2, DUPLICATE_KEY, decide_clip),
    Kind::anywhere("submission: insert", 14, KEY_OR_PARENT, insert),
    Kind::anywhere("submission: insert several", 5, KEY_OR_PARENT, insert_several),
    Kind::anywhere("submission: upsert", 5, MISSING_PARENT, upsert),
    Kind::anywhere("submission: delete", 2, NOTHING, delete),
    Kind::anywhere("submission: campaign", 5, MISSING_PARENT, set_campaign),
    Kind::anywhere("submission: clip", 5, MISSING_PARENT, set_clip),
    Kind::anywhere("submission: clip NULL", 2, NOTHING, clip_null),
    Kind::anywhere("submission: relink", 3, KEY_OR_PARENT, relink),
    Kind::anywhere("submission: fee", 6, NOTHING, set_fee),
    Kind::anywhere("submission: fees of a campaign", 3, NOTHING, raise_fees),
    Kind::loose("submission: campaign NULL", 1, NOTHING, campaign_null),
    Kind::loose("submission partition: insert", 2, DUPLICATE_KEY, partition_insert),
    Kind::loose("submission partition: relink", 2, NOTHING, partition_relink),
    Kind::loose("submission partition: status", 2, DUPLICATE_KEY, partition_status),
    Kind::loose("submission partition: delete", 1, NOTHING, partition_delete),
];

fn set_status(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clip_submissions SET status = {} WHERE id = {}",
        schema.name,
        status(dice),
        submission(dice)
    )
}

fn decide_campaign(dice: &mut Dice, schema: &Schema) -> String {
    let (name, status, campaign) = (schema.name, status(dice), campaign(dice));
    format!(
        "UPDATE {name}.clip_submissions SET status = {status} WHERE \"campaignId\" = {campaign} AND status = 'PENDING'"
    )
}

fn decide_clip(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clip_submissions SET status = {} WHERE \"clipId\" = {}",
        schema.name,
        status(dice),
        clip(dice)
    )
}

fn insert(dice: &mut Dice, schema: &Schema) -> String {
    let status = status(dice);
    insert_into("clip_submissions", &status, dice, schema)
}

fn insert_into(table: &str, status: &str, dice: &mut Dice, schema: &Schema) -> String {
    let submission = submission(dice);
    let free = unless_exists(dice, schema, "clip_submissions", &submission);
    format!(
        "INSERT INTO {}.{table} (id, \"campaignId\", \"clipId\", status)
         SELECT {submission}, {}, {}, {status} WHERE {free}",
        schema.name,
        campaign(dice),
        clip(dice)
    )
}

/// Three new links in one statement, to whatever the statement's snapshot finds of their parents and leaves free of
/// their keys: it keeps the tables full against cascading deletes.
fn insert_several(dice: &mut Dice, schema: &Schema) -> String {
    let links = [0; 3]
        .map(|_| format!("({}, {}, {})", submission(dice), campaign(dice), clip(dice)))
        .join(", ");
    format!(
        "INSERT INTO {0}.clip_submissions (id, \"campaignId\", \"clipId\", status)
         SELECT DISTINCT ON (new.id) new.id, new.campaign, new.clip, {1}
         FROM (VALUES {links}) AS new (id, campaign, clip)
         WHERE NOT EXISTS (SELECT FROM {0}.clip_submissions s WHERE s.id = new.id)
           AND EXISTS (SELECT FROM {0}.campaigns k WHERE k.id = new.campaign)
           AND EXISTS (SELECT FROM {0}.clips c WHERE c.id = new.clip)
         ON CONFLICT DO NOTHING",
        schema.name,
        status(dice)
    )
}

/// In the loose schema the key contains the status: a submission that stands in the other partition is left alone
/// there, or every id would soon stand in both.
fn upsert(dice: &mut Dice, schema: &Schema) -> String {
    let (submission, status) = (submission(dice), status(dice));
    let (key, elsewhere) = if schema.is_loose() {
        ("id, status", format!("status <> {status}"))
    } else {
        ("id", "false".into())
    };
    format!(
        "INSERT INTO {0}.clip_submissions (id, \"campaignId\", \"clipId\", status)
         SELECT {submission}, {1}, {2}, {status}
         WHERE NOT EXISTS (SELECT FROM {0}.clip_submissions WHERE id = {submission} AND {elsewhere})
         ON CONFLICT ({key}) DO UPDATE SET \"campaignId\" = excluded.\"campaignId\", \"clipId\" = excluded.\"clipId\"",
        schema.name,
        campaign(dice),
        clip(dice)
    )
}

fn delete(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "DELETE FROM {}.clip_submissions WHERE id = {}",
        schema.name,
        submission(dice)
    )
}

fn set_campaign(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign, submission) = (schema.name, campaign(dice), submission(dice));
    format!("UPDATE {name}.clip_submissions SET \"campaignId\" = {campaign} WHERE id = {submission}")
}

fn set_clip(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clip_submissions SET \"clipId\" = {} WHERE id = {}",
        schema.name,
        clip(dice),
        submission(dice)
    )
}

fn clip_null(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clip_submissions SET \"clipId\" = NULL WHERE id = {}",
        schema.name,
        submission(dice)
    )
}

fn relink(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clip_submissions SET \"campaignId\" = {}, \"clipId\" = {}, status = {} WHERE id = {}",
        schema.name,
        campaign(dice),
        clip(dice),
        status(dice),
        submission(dice)
    )
}

fn set_fee(dice: &mut Dice, schema: &Schema) -> String {
    let fee = if dice.chance(10) {
        "NULL".to_owned()
    } else {
        dice.money()
    };
    format!(
        "UPDATE {}.clip_submissions SET fee = {fee} WHERE id = {}",
        schema.name,
        submission(dice)
    )
}

fn raise_fees(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign, money) = (schema.name, campaign(dice), dice.money());
    format!("UPDATE {name}.clip_submissions SET fee = fee + {money} - 50 WHERE \"campaignId\" = {campaign}")
}

fn campaign_null(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clip_submissions SET \"campaignId\" = NULL WHERE id = {}",
        schema.name,
        submission(dice)
    )
}

fn partition_insert(dice: &mut Dice, schema: &Schema) -> String {
    let (partition, status) = dice.pick(&[
        ("clip_submissions_pending", "'PENDING'"),
        ("clip_submissions_decided", "'APPROVED'"),
    ]);
    insert_into(partition, status, dice, schema)
}

fn partition_relink(dice: &mut Dice, schema: &Schema) -> String {
    let partition = dice.pick(&["clip_submissions_pending", "clip_submissions_decided"]);
    let (name, campaign, clip, submission) = (schema.name, campaign(dice), clip(dice), submission(dice));
    format!("UPDATE {name}.{partition} SET \"campaignId\" = {campaign}, \"clipId\" = {clip} WHERE id = {submission}")
}

fn partition_status(dice: &mut Dice, schema: &Schema) -> String {
    let status = dice.pick(&["APPROVED", "REJECTED", "PAID"]);
    format!(
        "UPDATE {}.clip_submissions_decided SET status = '{status}' WHERE id = {}",
        schema.name,
        submission(dice)
    )
}

fn partition_delete(dice: &mut Dice, schema: &Schema) -> String {
    let partition = dice.pick(&["clip_submissions_pending", "clip_submissions_decided"]);
    format!(
        "DELETE FROM {}.{partition} WHERE id = {}",
        schema.name,
        submission(dice)
    )
}
