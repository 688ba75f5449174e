//! What is done to the second total: accounts, their links, and the clips' other key.
//!
//! Its links know a clip by its code, those of campaigns by its id: a statement that writes both has clips to lock by
//! each (DESIGN.md section 5, lock 1), and one total of the two waits for the commit.

use crate::campaign_operations::repaired;
use crate::dice::Dice;
use crate::operations::{Kind, MISSING_PARENT, NO_SUCH_CAMPAIGN, NOTHING, Needs, campaign, clip, status, submission};
use crate::schema::{self, Schema};

pub const KINDS: &[Kind] = &[
    Kind::of(Needs::SecondTotal, "account link: status", 8, NOTHING, set_status),
    Kind::of(Needs::SecondTotal, "account link: insert", 8, MISSING_PARENT, insert),
    Kind::of(Needs::SecondTotal, "account link: relink", 3, MISSING_PARENT, relink),
    Kind::of(Needs::SecondTotal, "account link: delete", 1, NOTHING, delete),
    Kind::of(Needs::SecondTotal, "account: delete and insert", 1, NOTHING, replace),
    Kind::of(Needs::SecondTotal, "account: spent", 2, NOTHING, spent),
    Kind::of(Needs::SecondTotal, "clip: code", 3, NOTHING, code_of_clip),
    Kind::of(
        Needs::SecondTotal,
        "with: links of both kinds",
        8,
        MISSING_PARENT,
        both_links,
    ),
    Kind::of(
        Needs::SecondTotal,
        "sync_campaign of an account",
        2,
        NO_SUCH_CAMPAIGN,
        sync,
    ),
];

const ACCOUNTS: u32 = 4;
const LINKS: u32 = 30;

fn account(dice: &mut Dice) -> String {
    format!("'a{}'", dice.below(ACCOUNTS) + 1)
}

fn link(dice: &mut Dice) -> String {
    format!("'l{:02}'", dice.below(LINKS) + 1)
}

fn code(dice: &mut Dice) -> String {
    format!("'x{:02}'", dice.below(schema::CLIP_KEYS) + 1)
}

fn set_status(dice: &mut Dice, schema: &Schema) -> String {
    let (status, link) = (status(dice), link(dice));
    format!(
        "UPDATE {}.account_links SET status = {status} WHERE id = {link}",
        schema.name
    )
}

fn insert(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "INSERT INTO {}.account_links (id, account, code, status) VALUES ({}, {}, {}, {})
         ON CONFLICT (id) DO UPDATE SET code = excluded.code",
        schema.name,
        link(dice),
        account(dice),
        code(dice),
        status(dice)
    )
}

fn relink(dice: &mut Dice, schema: &Schema) -> String {
    let (account, code, link) = (account(dice), code(dice), link(dice));
    format!(
        "UPDATE {}.account_links SET account = {account}, code = {code} WHERE id = {link}",
        schema.name
    )
}

fn delete(dice: &mut Dice, schema: &Schema) -> String {
    format!("DELETE FROM {}.account_links WHERE id = {}", schema.name, link(dice))
}

fn replace(dice: &mut Dice, schema: &Schema) -> String {
    let (name, account) = (schema.name, account(dice));
    format!(
        "DELETE FROM {name}.accounts WHERE id = {account};
         INSERT INTO {name}.accounts (id, spent) VALUES ({account}, 5) ON CONFLICT DO NOTHING"
    )
}

fn spent(dice: &mut Dice, schema: &Schema) -> String {
    let (money, account) = (dice.money(), account(dice));
    format!(
        "UPDATE {}.accounts SET spent = spent + {money} WHERE id = {account}",
        schema.name
    )
}

/// One total loses the clip, the other keeps it.
fn code_of_clip(dice: &mut Dice, schema: &Schema) -> String {
    let (name, old, new) = (schema.name, code(dice), code(dice));
    format!(
        "UPDATE {name}.clips SET code = {new} WHERE code = {old}
         AND NOT EXISTS (SELECT FROM {name}.clips WHERE code = {new})"
    )
}

/// A clip of each kind becomes linked by one statement.
fn both_links(dice: &mut Dice, schema: &Schema) -> String {
    format!(
        "WITH linked AS (
             INSERT INTO {0}.account_links (id, account, code, status) VALUES ({1}, {2}, {3}, {4})
             ON CONFLICT (id) DO UPDATE SET status = excluded.status, code = excluded.code)
         UPDATE {0}.clip_submissions SET \"campaignId\" = {5}, \"clipId\" = {6}, status = {4} WHERE id = {7}",
        schema.name,
        link(dice),
        account(dice),
        code(dice),
        status(dice),
        campaign(dice),
        clip(dice),
        submission(dice)
    )
}

fn sync(dice: &mut Dice, schema: &Schema) -> String {
    repaired(&format!("sync_campaign({}, '{}.accounts')", account(dice), schema.name))
}
