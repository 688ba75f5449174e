//! Binding tables: look, validate, create the triggers, bring the totals to the truth.

use crate::binding::present::Trigger;
use crate::binding::{owners, triggers};
use crate::catalog::shape::{Shape, Tables};
use crate::catalog::{Alike, Relation, shape};
use crate::errors::table::TableError;
use crate::errors::{Error, Result};
use crate::manage::detect::Given;
use crate::manage::replaced::{Locked, Totals};
use crate::manage::{advice, detect, grants, repair, replaced, statuses};
use crate::pg::{name, session, table};
use crate::statements::summed;
use crate::value::mapping::{DirectWrites, Flush};
use crate::value::money;
use crate::value::row::Row;
use crate::write::{flush, large};
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;
use rust_decimal::Decimal;

/// What `spend_sync_attach` was asked for.
pub struct Request {
    pub campaigns: Option<Oid>,
    pub clips: Option<Oid>,
    pub submissions: Option<Oid>,
    pub given: Given,
    pub direct_writes: String,
    pub flush: String,
    pub sync: bool,
}

/// What it did.
pub struct Attached {
    pub shape: Shape,
    /// A row a campaign, if totals were brought to the truth.
    pub synced: Option<Vec<Row>>,
}

/// Binds three tables. Keeps writers off them until the transaction ends: what was written before is in the sums, what is
/// written after fires the triggers.
pub fn attach(request: Request) -> Result<Attached> {
    if !session::is_utf8() {
        return Err(TableError::NotUtf8 {}.into());
    }
    flush::now()?;
    let direct_writes = DirectWrites::parse(&request.direct_writes)?;
    let (tables, locked) = lock(&request)?;
    let bound = tables.all().map(|table| table.oid);
    let when = Flush::parse(&request.flush)?;
    let columns = detect::columns(&tables, request.given, direct_writes, when)?;
    let (submissions, status) = (tables.submissions.clone(), columns.status.clone());
    let shape = match (shape::of_columns(tables, columns), status) {
        (Err(Error::Ours(error)), Some(status)) => Err(statuses::with_those_present(&submissions, &status, error)?),
        (found, _) => found,
    }?;
    if let Some(kind) = shape.status_enum() {
        // A rename that is under way has not seen this binding.
        table::keep_labels(kind)?;
    }
    let shape = shape::of_columns(shape.tables(), shape.columns)?;
    check_owner(&shape)?;
    statuses::check_comparable(&shape)?;
    statuses::check(&shape, request.sync)?;
    grants::to_owner_of(&shape.campaigns)?;
    let replaced = locked.triggers()?;
    replaced::replace(&bound, &replaced, || triggers::create_triggers(&shape, &replaced))?;
    large::forget(shape.id(), catalog::keeper()?)?;
    warn_of_missing_index(&shape)?;
    if !request.sync {
        return Ok(Attached { shape, synced: None });
    }
    let binding = binding::of(shape.id())?.ok_or_else(|| Error::internal("a binding just made is not there"))?;
    let synced = repair::sync_new(&binding)?;
    if !replaced.iter().any(|trigger| counted_the_same(trigger, &shape)) {
        statuses::tell(&shape)?;
    }
    warn_of_one_sided(&shape, &synced);
    Ok(Attached {
        shape,
        synced: Some(synced),
    })
}

/// The tables, locked. They, or tables that stand in their place by now, have perhaps got other names while we waited.
fn lock(request: &Request) -> Result<(Tables, Locked)> {
    let mut tables = tables(request)?;
    loop {
        let total = Totals {
            campaigns: tables.campaigns.oid,
            columns: vec![request.given.spent()],
        };
        let locked = replaced::lock(&tables.all().map(|table| table.oid), total)?;
        let found = self::tables(request)?;
        if found.are(&tables) {
            return Ok((found, locked));
        }
        tables = found;
    }
}

fn tables(request: &Request) -> Result<Tables> {
    let find = |given: Option<Oid>, usual: Usual| -> Result<Relation> {
        let found = match given {
            Some(oid) => oid,
            None => usual.find()?,
        };
        replaced::usable(found)
    };
    let tables = Tables {
        campaigns: find(request.campaigns, CAMPAIGNS)?,
        clips: find(request.clips, CLIPS)?,
        submissions: find(request.submissions, SUBMISSIONS)?,
    };
    let Tables {
        campaigns,
        clips,
        submissions,
    } = &tables;
    for (one, other) in [(campaigns, clips), (clips, submissions), (submissions, campaigns)] {
        if one.oid == other.oid {
            return Err(TableError::SameTable { table: one.display() }.into());
        }
    }
    Ok(tables)
}

/// What a table is called where nothing was said.
struct Usual {
    /// The argument.
    role: &'static str,
    name: &'static str,
    /// In the singular, with a prefix, in camel case.
    pattern: &'static str,
}

const CAMPAIGNS: Usual = Usual {
    role: "campaigns",
    name: "campaigns",
    pattern: "^(.+_)?campaigns?$",
};
const CLIPS: Usual = Usual {
    role: "clips",
    name: "clips",
    pattern: "^(.+_)?clips?$",
};
const SUBMISSIONS: Usual = Usual {
    role: "submissions",
    name: "clip_submissions",
    pattern: "^(.+_)?(clip_?)?submissions?$",
};

impl Usual {
    /// The table of this name that the search path finds; else the only one that is called alike, in a schema of the search path or, if
    /// there is none, in any.
    fn find(&self) -> Result<Oid> {
        if let Some(oid) = catalog::find_visible(self.name)? {
            return Ok(oid);
        }
        let alike = catalog::alike(self.pattern)?;
        let mut meant: Vec<&Alike> = alike.iter().filter(|table| table.is_visible).collect();
        if meant.is_empty() {
            meant.extend(&alike);
        }
        match meant.as_slice() {
            [only] => Ok(only.oid),
            _ => Err(TableError::TableMissing {
                role: self.role,
                name: self.name,
                candidates: alike.into_iter().map(|table| table.name).collect(),
            }
            .into()),
        }
    }
}

/// Whether a trigger that stood there counted the same statuses.
fn counted_the_same(trigger: &Trigger, shape: &Shape) -> bool {
    let said = trigger.says();
    said.is_some_and(|said| {
        said.columns.status == shape.columns.status && said.columns.approved == shape.columns.approved
    })
}

/// The statements of a flush run as the owner of the tables: one role, and it must be able to.
fn check_owner(shape: &Shape) -> Result<()> {
    owners::check(shape)?;
    if let Some((_, right)) = shape::missing_rights(shape)?.pop() {
        let owner = name::display_name(&shape.campaigns.owner_name);
        let advice = format!("GRANT {right} TO {owner};");
        return Err(TableError::OwnerCannot {
            problem: format!("It lacks {right}"),
            owner,
            advice,
        }
        .into());
    }
    Ok(())
}

/// A write looks up the submissions of its clips: without an index it would read all of them.
fn warn_of_missing_index(shape: &Shape) -> Result<()> {
    for finding in advice::missing_indexes(shape)? {
        session::warn(&finding.problem, &finding.advice);
    }
    Ok(())
}

/// A total that was kept by hand drifts to both sides. A balance, which payouts are taken off, is below the sum wherever
/// something was paid out, and brought to the sum it would be paid out again. One that is lowered nearly everywhere counts too little.
fn warn_of_one_sided(shape: &Shape, synced: &[Row]) {
    let amount = |row: &Row, column| row.get(column).and_then(money::parse);
    let kept = |row: &&Row| amount(row, summed::RECORDED).is_some_and(|recorded| !recorded.is_zero());
    let kept: Vec<&Row> = synced.iter().filter(kept).collect();
    let differences = kept.iter().filter_map(|row| amount(row, summed::DIFFERENCE));
    let (above, below): (Vec<Decimal>, Vec<Decimal>) = differences
        .filter(|by| !by.is_zero())
        .partition(Decimal::is_sign_negative);
    let column = name::display_name(&shape.spent.name);
    let warn = |differing: &[Decimal], side, hint: &str| {
        if differing.len() * 2 <= kept.len() {
            return;
        }
        let sum = money::exact_sum(differing.iter().map(Decimal::abs));
        let by = sum.map_or_else(String::new, |sum| format!(", by {sum} in all"));
        let (some, all, table) = (differing.len(), kept.len(), shape.campaigns.display());
        let message = format!("{some} of {all} totals of {table} that were not 0 were {side} their sums{by}");
        session::warn(&message, hint);
    };
    let balance = format!(
        "If payouts are taken off {column}, it is a balance and no total: roll this back, and keep what was earned in a column of its own."
    );
    warn(&below, "below", &balance);
    let too_little = "If more clips should count, roll this back: sync => false leaves totals as they are, and spend_sync_status() shows first what would change.";
    warn(&above, "above", too_little);
}
