//! What a session does beside writing a row: cursors that it leaves open, statements over more rows than are kept one by
//! one, TRUNCATE.

use crate::dice::Dice;
use crate::operations::{IN_USE_OR_PARENT, KEY_OR_PARENT, Kind, NOTHING, clip, status};
use crate::schema::Schema;

pub const KINDS: &[Kind] = &[
    Kind::anywhere("cursor: left open", 3, NOTHING, cursor),
    Kind::anywhere("cursor: writes at its place", 2, NOTHING, current_of),
    Kind::anywhere("cursor: with hold", 1, NOTHING, with_hold),
    Kind::anywhere("bulk: comes", 1, KEY_OR_PARENT, bulk_comes),
    Kind::anywhere("bulk: is paid", 1, NOTHING, bulk_is_paid),
    Kind::anywhere("bulk: goes", 1, NOTHING, bulk_goes),
    Kind::anywhere("truncate: links", 1, IN_USE_OR_PARENT, truncate_links),
];

/// More than the captured rows that are kept one by one.
const MANY: u32 = 10_100;
const SOME: u32 = 40;

/// A name that the transaction has not used yet.
fn cursor_name(dice: &mut Dice) -> String {
    format!("cursor_{}_{}", dice.below(1_000_000), dice.below(1_000_000))
}

fn cursor(dice: &mut Dice, schema: &Schema) -> String {
    let (cursor, table) = (
        cursor_name(dice),
        dice.pick(&["campaigns", "clips", "clip_submissions"]),
    );
    format!(
        "DECLARE {cursor} CURSOR FOR SELECT * FROM {}.{table}; MOVE 2 IN {cursor}",
        schema.name
    )
}

fn current_of(dice: &mut Dice, schema: &Schema) -> String {
    let (name, cursor, clip, money) = (schema.name, cursor_name(dice), clip(dice), dice.money());
    format!(
        "DECLARE {cursor} CURSOR FOR SELECT * FROM {name}.clips WHERE id >= {clip} FOR UPDATE; MOVE NEXT IN {cursor};
         UPDATE {name}.clips SET earnings = {money} WHERE id = {clip}; MOVE NEXT IN {cursor}"
    )
}

/// Held ones would pile up: all that were open are closed first.
fn with_hold(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "CLOSE ALL; DECLARE {} CURSOR WITH HOLD FOR SELECT * FROM {}.campaigns",
        cursor_name(dice),
        schema.name
    )
}

/// Many clips seldom: each snapshot has to sum them until they go.
fn bulk_comes(dice: &mut Dice, schema: &Schema) -> String {
    let (name, rows, money, status) = (
        schema.name,
        if dice.chance(10) { MANY } else { SOME },
        dice.money(),
        status(dice),
    );
    format!(
        "INSERT INTO {name}.clips (id, earnings) SELECT 'b' || n, {money} / 100 FROM generate_series(1, {rows}) n
         ON CONFLICT (id) DO UPDATE SET earnings = excluded.earnings;
         INSERT INTO {name}.clip_submissions (id, \"campaignId\", \"clipId\", status)
         SELECT 'b' || n, k.id, 'b' || n, {status} FROM generate_series(1, {rows}) n
         CROSS JOIN LATERAL (SELECT id FROM {name}.campaigns ORDER BY id OFFSET n % 2 LIMIT 1) k
         WHERE NOT EXISTS (SELECT FROM {name}.clip_submissions WHERE id = 'b' || n)
           AND EXISTS (SELECT FROM {name}.clips WHERE id = 'b' || n)"
    )
}

fn bulk_is_paid(dice: &mut Dice, schema: &Schema) -> String {
    let money = dice.money();
    format!(
        "UPDATE {}.clips SET earnings = {money} / 100 WHERE id LIKE 'b%'",
        schema.name
    )
}

fn bulk_goes(_: &mut Dice, schema: &Schema) -> String {
    format!(
        "DELETE FROM {0}.clip_submissions WHERE id LIKE 'b%'; DELETE FROM {0}.clips WHERE id LIKE 'b%'",
        schema.name
    )
}

/// Some of the links come back at once.
fn truncate_links(dice: &mut Dice, schema: &Schema) -> String {
    // Seldom: everyone waits for it.
    if !dice.chance(15) {
        return cursor(dice, schema);
    }
    let status = status(dice);
    format!(
        "TRUNCATE {0}.clip_submissions;
         INSERT INTO {0}.clip_submissions (id, \"campaignId\", \"clipId\", status)
         SELECT 's' || lpad((row_number() OVER ())::text, 2, '0'), k.id, c.id, {status}
         FROM {0}.clips c CROSS JOIN (SELECT id FROM {0}.campaigns ORDER BY id LIMIT 2) k
         WHERE c.id LIKE 'k%' LIMIT 24",
        schema.name
    )
}
