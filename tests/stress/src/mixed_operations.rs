//! One statement that writes clips and submissions (or spent), in both orders: a data-modifying WITH runs all its parts
//! on one snapshot, and all row triggers fire before the first statement trigger, so that a flush sees the whole
//! statement or nothing.
//!
//! Locks these exercise: all of DESIGN.md section 4 at once, and their order (all clip locks before all campaign
//! locks): the parts take the rows themselves in the other order than the flush takes its locks, which may end in 40P01
//! and nothing worse.

use crate::dice::Dice;
use crate::operations::{
    DUPLICATE_KEY, KEY_OR_PARENT, Kind, MISSING_PARENT, NOTHING, Needs, campaign, clip, status, submission,
    three_clips, unless_exists,
};
use crate::schema::Schema;

pub const KINDS: &[Kind] = &[
    Kind::anywhere(
        "with: clips, then submissions",
        4,
        DUPLICATE_KEY,
        clips_then_submissions,
    ),
    Kind::anywhere(
        "with: submissions, then clips",
        4,
        DUPLICATE_KEY,
        submissions_then_clips,
    ),
    Kind::anywhere("with: new clip and its link", 3, KEY_OR_PARENT, clip_with_link),
    Kind::anywhere("with: link dropped, clip paid", 2, NOTHING, dropped_link_pays),
    Kind::anywhere(
        "with: clip deleted, links moved",
        2,
        MISSING_PARENT,
        deleted_clip_hands_over,
    ),
    Kind::of(Needs::NoRule, "with: clips and spent", 2, NOTHING, clips_and_spent),
    Kind::anywhere("nested: writes amid a statement", 6, DUPLICATE_KEY, nested_writes),
    Kind::anywhere(
        "nested: amid one that decides too",
        4,
        DUPLICATE_KEY,
        nested_writes_and_decision,
    ),
];

fn clips_then_submissions(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "WITH paid AS (UPDATE {0}.clips SET earnings = {1} WHERE id IN ({2}) RETURNING id)
         UPDATE {0}.clip_submissions s SET status = {3} FROM paid WHERE s.\"clipId\" = paid.id",
        schema.name,
        dice.money(),
        three_clips(dice).join(", "),
        status(dice)
    )
}

fn submissions_then_clips(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "WITH decided AS (
             UPDATE {0}.clip_submissions SET status = {1} WHERE id IN ({2}, {3}) RETURNING \"clipId\")
         UPDATE {0}.clips c SET earnings = {4} FROM decided WHERE c.id = decided.\"clipId\"",
        schema.name,
        status(dice),
        submission(dice),
        submission(dice),
        dice.money()
    )
}

fn clip_with_link(dice: &mut Dice, schema: &Schema) -> String {
    let submission = submission(dice);
    let free = unless_exists(dice, schema, "clip_submissions", &submission);
    format!(
        "WITH new AS (
             INSERT INTO {0}.clips (id, earnings) VALUES ({1}, {2})
             ON CONFLICT (id) DO UPDATE SET earnings = excluded.earnings RETURNING id)
         INSERT INTO {0}.clip_submissions (id, \"campaignId\", \"clipId\", status)
         SELECT {submission}, {3}, new.id, {4} FROM new WHERE {free}",
        schema.name,
        clip(dice),
        dice.money(),
        campaign(dice),
        status(dice)
    )
}

fn dropped_link_pays(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "WITH dropped AS (DELETE FROM {0}.clip_submissions WHERE id = {1} RETURNING \"clipId\")
         UPDATE {0}.clips c SET earnings = {2} FROM dropped WHERE c.id = dropped.\"clipId\"",
        schema.name,
        submission(dice),
        dice.money()
    )
}

/// The links move before the foreign key's cascade would delete them.
fn deleted_clip_hands_over(dice: &mut Dice, schema: &Schema) -> String {
    let [gone, heir, _] = three_clips(dice);
    format!(
        "WITH gone AS (DELETE FROM {0}.clips WHERE id = {gone} RETURNING id)
         UPDATE {0}.clip_submissions s SET \"clipId\" = {heir} FROM gone WHERE s.\"clipId\" = gone.id",
        schema.name
    )
}

/// What the application did before it had the extension: it pays the clip and adds to spent by itself.
fn clips_and_spent(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "WITH paid AS (UPDATE {0}.clips SET earnings = {1} WHERE id = {2} RETURNING id)
         UPDATE {0}.campaigns k SET spent = k.spent + {1} FROM paid WHERE k.id = {3}",
        schema.name,
        dice.money(),
        clip(dice),
        campaign(dice)
    )
}

/// Earnings that make the schema's own trigger write amid the statement, for some of its rows.
fn nested_earnings(dice: &mut Dice) -> String {
    let cents = dice.pick(&[13, 17, 19, 23, 29]);
    format!("{}.{cents}", dice.below(90))
}

fn nested_writes(dice: &mut Dice, schema: &Schema) -> String {
    let [first, ..] = three_clips(dice);
    format!(
        "UPDATE {}.clips SET earnings = CASE WHEN id = {first} THEN {} ELSE {} END WHERE id IN ({first}, {}, {})",
        schema.name,
        nested_earnings(dice),
        dice.money(),
        clip(dice),
        clip(dice)
    )
}

fn nested_writes_and_decision(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "WITH decided AS (UPDATE {0}.clip_submissions SET status = {1} WHERE id IN ({2}, {3}))
         UPDATE {0}.clips SET earnings = {4} WHERE id IN ({5})",
        schema.name,
        status(dice),
        submission(dice),
        submission(dice),
        nested_earnings(dice),
        three_clips(dice).join(", ")
    )
}
