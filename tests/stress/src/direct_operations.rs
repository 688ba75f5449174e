//! Spent written by hand, and what the writer is told: RETURNING gives the true total, an INSERT starts at 0 (DESIGN.md
//! section 4). A row that a statement gives is a finding, as of a repair.

use crate::dice::Dice;
use crate::operations::{DUPLICATE_KEY, Kind, NOTHING, Needs, campaign, clip};
use crate::oracle;
use crate::schema::Schema;

pub const KINDS: &[Kind] = &[
    Kind::of(Needs::NoRule, "direct: spent, returned", 5, NOTHING, returned),
    Kind::of(Needs::NoRule, "direct: insert, returned", 2, DUPLICATE_KEY, inserted),
    Kind::of(Needs::NoRule, "direct: upsert", 3, NOTHING, upsert),
    Kind::of(Needs::NoRule, "direct: merge", 2, DUPLICATE_KEY, merge),
    Kind::anywhere("direct: absurd", 2, NOTHING, absurd),
    Kind::anywhere("direct: after its clip", 3, NOTHING, after_clip),
];

/// The lock comes first: with it held, what the next statement's snapshot sums is what the row has. (There may be none to
/// lock, and one to write a moment later: another session replaces it.) At the other levels the snapshot is the
/// transaction's.
fn returned(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign, sum) = (
        schema.name,
        campaign(dice),
        oracle::sum_of_campaign(&schema.totals[0], "w.id"),
    );
    format!(
        "DO $$BEGIN
             UPDATE {name}.campaigns SET title = title WHERE id = {campaign};
             PERFORM set_config('stress.held', FOUND::text, true);
         END$$;
         WITH w AS (UPDATE {name}.campaigns SET spent = spent + {} WHERE id = {campaign} RETURNING id, spent)
         SELECT 'returned {name}.campaigns.spent.' || id, spent, {sum} FROM w
         WHERE spent IS DISTINCT FROM {sum} AND current_setting('transaction_isolation') = 'read committed'
               AND current_setting('stress.held')::boolean",
        dice.money()
    )
}

fn inserted(dice: &mut Dice, schema: &Schema) -> String {
    let (name, campaign, money) = (schema.name, campaign(dice), dice.money());
    format!(
        "WITH w AS (
             INSERT INTO {name}.campaigns (id, title, spent) VALUES ({campaign}, 'Campaign', 1 + {money})
             ON CONFLICT DO NOTHING RETURNING id, spent)
         SELECT 'inserted {name}.campaigns.spent.' || id, spent, 0 FROM w WHERE spent IS DISTINCT FROM 0"
    )
}

fn upsert(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "INSERT INTO {}.campaigns AS k (id, title, spent) VALUES ({}, 'Campaign', {})
         ON CONFLICT (id) DO UPDATE SET spent = k.spent + excluded.spent",
        schema.name,
        campaign(dice),
        dice.money()
    )
}

fn merge(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "MERGE INTO {}.campaigns k USING (VALUES ({}, {}), ('c5', 7)) AS new (id, spent) ON k.id = new.id
         WHEN MATCHED THEN UPDATE SET spent = k.spent + new.spent
         WHEN NOT MATCHED THEN INSERT (id, title, spent) VALUES (new.id, 'Campaign', new.spent)",
        schema.name,
        // c5 comes once: no row can be written twice.
        dice.pick(&["'c1'", "'c2'", "'c3'", "'c4'"]),
        dice.money()
    )
}

/// What no CHECK would let through.
fn absurd(dice: &mut Dice, schema: &Schema) -> String {
    let absurd = dice.pick(&["-1", "9999999", "spent - 5000000", "-spent - 1"]);
    format!(
        "UPDATE {}.campaigns SET spent = {absurd} WHERE id = {}",
        schema.name,
        campaign(dice)
    )
}

/// What the application does: it pays a clip and adds what it thinks has come.
fn after_clip(dice: &mut Dice, schema: &Schema) -> String {
    let (name, money, clip, campaign) = (schema.name, dice.money(), clip(dice), campaign(dice));
    format!(
        "UPDATE {name}.clips SET earnings = {money} WHERE id = {clip};
         UPDATE {name}.campaigns SET spent = spent + {money}, title = 'Paid' WHERE id = {campaign}"
    )
}
