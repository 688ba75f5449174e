//! What is done to clips: their earnings, their coming, going and changing of key.
//!
//! Locks these exercise, each against what:
//! - earnings of a clip whose submission is pending, against an approval: every linked campaign is locked whatever the
//!   status (DESIGN.md section 4, lock 2);
//! - earnings against a new or moved link: the new link's FOR SHARE on the clip (lock 1);
//! - earnings at REPEATABLE READ after another transaction has linked the clip: the look-up by the latest snapshot (3);
//! - insert, delete and change of key in the loose schema, against links to that key: the advisory lock on the key (1).

use crate::dice::Dice;
use crate::operations::{
    DUPLICATE_KEY, Kind, NOTHING, campaign, clip, clip_and_partition, on_conflict, three_clips, unless_exists,
};
use crate::schema::{Schema, Shape};

pub const KINDS: &[Kind] = &[
    Kind::anywhere("clip: earnings", 18, NOTHING, earnings),
    Kind::anywhere("clip: several earnings", 5, NOTHING, several_earnings),
    Kind::anywhere("clip: a campaign's earnings", 3, NOTHING, campaign_earnings),
    Kind::anywhere("clip: earnings NULL", 3, NOTHING, earnings_null),
    Kind::anywhere("clip: title only", 1, NOTHING, title),
    Kind::anywhere("clip: insert", 5, DUPLICATE_KEY, insert),
    Kind::anywhere("clip: upsert", 4, NOTHING, upsert),
    Kind::anywhere("clip: merge", 1, DUPLICATE_KEY, merge),
    Kind::anywhere("clip: delete", 1, NOTHING, delete),
    Kind::anywhere("clip: key", 2, DUPLICATE_KEY, key),
    Kind::loose("clip partition: earnings", 4, NOTHING, partition_earnings),
    Kind::loose("clip partition: insert", 2, DUPLICATE_KEY, partition_insert),
    Kind::loose("clip partition: delete", 1, NOTHING, partition_delete),
];

fn earnings(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clips SET earnings = {} WHERE id = {}",
        schema.name,
        dice.money(),
        clip(dice)
    )
}

fn several_earnings(dice: &mut Dice, schema: &Schema) -> String {
    let money = dice.money();
    format!(
        "UPDATE {}.clips SET earnings = {money} WHERE id IN ({})",
        schema.name,
        three_clips(dice).join(", ")
    )
}

/// The view-tracking run of one campaign. The difference keeps each clip's amount its own, and does not grow for ever;
/// nothing is below 0 where a CHECK forbids it.
fn campaign_earnings(dice: &mut Dice, schema: &Schema) -> String {
    let absolute = if schema.shape == Shape::Checked { "abs" } else { "" };
    format!(
        "UPDATE {0}.clips SET earnings = {absolute}({1} - coalesce(earnings, 0))
         WHERE id IN (SELECT \"clipId\" FROM {0}.clip_submissions WHERE \"campaignId\" = {2})",
        schema.name,
        dice.money(),
        campaign(dice)
    )
}

fn earnings_null(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clips SET earnings = NULL WHERE id = {}",
        schema.name,
        clip(dice)
    )
}

/// Captures nothing, but makes a new row version for others' locks to follow.
fn title(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.clips SET title = 'Clip {}' WHERE id = {}",
        schema.name,
        dice.below(100),
        clip(dice)
    )
}

fn insert(dice: &mut Dice, schema: &Schema) -> String {
    let earnings = if dice.chance(15) {
        "NULL".to_owned()
    } else {
        dice.money()
    };
    format!(
        "INSERT INTO {}.clips (id, earnings) VALUES ({}, {earnings}) {}",
        schema.name,
        clip(dice),
        on_conflict(dice)
    )
}

fn upsert(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "INSERT INTO {}.clips (id, earnings) VALUES ({}, {})
         ON CONFLICT (id) DO UPDATE SET earnings = excluded.earnings",
        schema.name,
        clip(dice),
        dice.money()
    )
}

/// Pays one clip, inserts it if need be, and deletes another, in one statement.
fn merge(dice: &mut Dice, schema: &Schema) -> String {
    let [paid, gone, _] = three_clips(dice);
    format!(
        "MERGE INTO {}.clips c USING (VALUES ({paid}, {}), ({gone}, NULL)) AS new (id, earnings) ON c.id = new.id
         WHEN MATCHED AND new.earnings IS NULL THEN DELETE
         WHEN MATCHED THEN UPDATE SET earnings = new.earnings
         WHEN NOT MATCHED AND new.earnings IS NOT NULL THEN INSERT (id, earnings) VALUES (new.id, new.earnings)",
        schema.name,
        dice.money()
    )
}

fn delete(dice: &mut Dice, schema: &Schema) -> String {
    format!("DELETE FROM {}.clips WHERE id = {}", schema.name, clip(dice))
}

/// Takes its links along in the keyed schema; leaves them to whoever has the old key next in the loose one, where it
/// also takes over the links that wait for the new key, and may move to the other partition.
fn key(dice: &mut Dice, schema: &Schema) -> String {
    let (old, new) = (clip(dice), clip(dice));
    let free = unless_exists(dice, schema, "clips", &new);
    format!(
        "UPDATE {}.clips SET id = {new} WHERE id = {old} AND {free}",
        schema.name
    )
}

fn partition_earnings(dice: &mut Dice, schema: &Schema) -> String {
    let (key, partition) = clip_and_partition(dice, schema);
    format!(
        "UPDATE {}.{partition} SET earnings = {} WHERE id = {key}",
        schema.name,
        dice.money()
    )
}

fn partition_insert(dice: &mut Dice, schema: &Schema) -> String {
    let (key, partition) = clip_and_partition(dice, schema);
    let (name, earnings) = (schema.name, dice.money());
    format!(
        "INSERT INTO {name}.{partition} (id, earnings) VALUES ({key}, {earnings}) {}",
        on_conflict(dice)
    )
}

fn partition_delete(dice: &mut Dice, schema: &Schema) -> String {
    let (key, partition) = clip_and_partition(dice, schema);
    format!("DELETE FROM {}.{partition} WHERE id = {key}", schema.name)
}
