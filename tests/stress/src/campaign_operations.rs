//! What is done to campaigns: spent by hand, their coming, going and changing of key, and repair.
//!
//! Locks these exercise, each against what:
//! - insert and change of key in the loose schema, against links that wait for that key: the advisory lock (DESIGN.md
//!   section 4, lock 1);
//! - spent by hand and repair, against any write: lock, then a new snapshot, then the sum (2, 3);
//! - the keyed schema's inserts and changes of key take the foreign keys' FOR KEY SHARE beside our FOR NO KEY UPDATE
//!   (2).
//!
//! A repair finds nothing to repair, ever: what it finds in a transaction that has left nothing to its commit is drift.

use crate::dice::Dice;
use crate::operations::{DUPLICATE_KEY, Kind, NO_SUCH_CAMPAIGN, NOTHING, Needs, campaign, on_conflict, unless_exists};
use crate::schema::{Schema, Shape};

pub const KINDS: &[Kind] = &[
    Kind::anywhere("campaign: spent", 3, NOTHING, spent),
    Kind::anywhere("campaign: spent of all", 1, NOTHING, spent_of_all),
    Kind::anywhere("campaign: title only", 1, NOTHING, title),
    Kind::of(Needs::NoRule, "campaign: insert", 4, DUPLICATE_KEY, insert),
    Kind::of(
        Needs::Shape(Shape::Meddled),
        "campaign: plain insert",
        4,
        DUPLICATE_KEY,
        plain_insert,
    ),
    Kind::anywhere("campaign: delete", 1, NOTHING, delete),
    Kind::anywhere("campaign: key", 2, DUPLICATE_KEY, key),
    Kind::extension("sync_campaign", 3, NO_SUCH_CAMPAIGN, sync),
    Kind::extension("sync_all_campaigns", 1, NOTHING, sync_all),
];

fn spent(dice: &mut Dice, schema: &Schema) -> String {
    let spent = if dice.chance(20) {
        "NULL".to_owned()
    } else {
        dice.money()
    };
    let column = dice.pick(&["spent", "spent", "reserved", "fees"]);
    format!(
        "UPDATE {}.campaigns SET {column} = {spent} WHERE id = {}",
        schema.name,
        campaign(dice)
    )
}

/// Locks every campaign in the order they lie in.
fn spent_of_all(dice: &mut Dice, schema: &Schema) -> String {
    let money = dice.money();
    format!(
        "UPDATE {}.campaigns SET spent = spent + {money}, reserved = -{money}, sent = -1, counted = NULL",
        schema.name
    )
}

fn title(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "UPDATE {}.campaigns SET title = 'Campaign {}' WHERE id = {}",
        schema.name,
        dice.below(100),
        campaign(dice)
    )
}

/// Half of them come with a total that is wrong, or NULL; the total of the others is wrong if links wait for the key.
fn insert(dice: &mut Dice, schema: &Schema) -> String {
    let spent = dice.pick(&["DEFAULT", "DEFAULT", "NULL", "12.34"]);
    let (name, campaign, conflict) = (schema.name, campaign(dice), on_conflict(dice));
    format!("INSERT INTO {name}.campaigns (id, title, spent) VALUES ({campaign}, 'Campaign', {spent}) {conflict}")
}

/// A rule forbids ON CONFLICT.
fn plain_insert(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign) = (schema.name, campaign(dice));
    let free = unless_exists(dice, schema, "campaigns", &campaign);
    format!("INSERT INTO {name}.campaigns (id, title, spent) SELECT {campaign}, 'Campaign', 12.34 WHERE {free}")
}

fn delete(dice: &mut Dice, schema: &Schema) -> String {
    format!("DELETE FROM {}.campaigns WHERE id = {}", schema.name, campaign(dice))
}

/// Takes its links along in the keyed schema, changes them for others in the loose one.
fn key(dice: &mut Dice, schema: &Schema) -> String {
    let (old, new) = (campaign(dice), campaign(dice));
    let free = unless_exists(dice, schema, "campaigns", &new);
    format!(
        "UPDATE {}.campaigns SET id = {new} WHERE id = {old} AND {free}",
        schema.name
    )
}

fn sync(dice: &mut Dice, schema: &Schema) -> String {
    let campaign = campaign(dice);
    let key = if schema.shape == Shape::Tenants {
        format!("format('(%s,%s)', ascii(right({campaign}, 1)) % 2, {campaign})")
    } else {
        campaign
    };
    repaired(&format!("sync_campaign({key}, '{}.campaigns')", schema.name))
}

fn sync_all(_: &mut Dice, schema: &Schema) -> String {
    repaired(&format!("sync_all_campaigns('{}.campaigns')", schema.name))
}

/// The rows of a repair that had something to repair, in the form of the oracle's: where, recorded, actual.
pub fn repaired(function: &str) -> String {
    format!(
        "SELECT 'sync ' || total || '.' || campaign_id, old_spent, new_spent FROM {function} WHERE difference IS DISTINCT FROM 0"
    )
}
