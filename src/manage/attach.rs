//! Binding tables: look, validate, create the triggers, bring the totals to the truth.

use crate::binding::{owners, triggers};
use crate::catalog::shape::{Shape, Tables};
use crate::catalog::{Alike, shape};
use crate::errors::problems::Problems;
use crate::errors::table::TableError;
use crate::errors::{Error, Result};
use crate::manage::advice::Finding;
use crate::manage::detect::Given;
use crate::manage::replaced::{Locked, Totals};
use crate::manage::{advice, chains, detect, grants, rebound, repair, replaced, statuses};
use crate::pg::{name, session, table};
use crate::statements::summed;
use crate::value::columns::{DirectWrites, Flush};
use crate::value::mapping::FullName;
use crate::value::money;
use crate::value::row::Row;
use crate::write::{flush, large};
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What `spend_sync_attach` was asked for.
pub struct Request {
    pub campaigns: Option<Oid>,
    pub clips: Clips,
    pub submissions: Option<Oid>,
    pub given: Given,
    pub direct_writes: String,
    pub flush: String,
    pub sync: bool,
}

/// Which table of clips was named.
#[derive(Clone, Copy)]
pub enum Clips {
    /// `None`: the one that is called so.
    Of(Option<Oid>),
    /// Submissions hold what is summed themselves.
    None,
}

/// What it did.
pub struct Attached {
    pub shape: Shape,
    /// A row a campaign, if totals were brought to the truth.
    pub synced: Option<Vec<Row>>,
}

/// Binds tables. Keeps writers off them until the transaction ends: what was written before is in the sums, what is
/// written after fires the triggers.
pub fn attach(request: Request) -> Result<Attached> {
    if !session::is_utf8() {
        return Err(TableError::NotUtf8 {}.into());
    }
    flush::now()?;
    let direct_writes = DirectWrites::parse(&request.direct_writes)?;
    let (tables, locked) = lock(&request)?;
    let bound = tables.oids();
    let when = Flush::parse(&request.flush)?;
    let mut problems = Problems::default();
    let shape = look(tables, request.given, (direct_writes, when), &mut problems)?;
    let shape = problems.or_first(shape)?;
    if let Some(kind) = shape.status_enum() {
        // A rename that is under way has not seen this binding.
        table::keep_labels(kind)?;
    }
    let shape = shape::of_columns(shape.tables(), shape.columns)?;
    check_owner(&shape)?;
    chains::check(&shape)?;
    statuses::check_comparable(&shape)?;
    statuses::check(&shape, request.sync)?;
    grants::to_owner_of(&shape.campaigns)?;
    let replaced = locked.triggers()?;
    replaced::replace(&bound, &replaced, || triggers::create_triggers(&shape, &replaced))?;
    rebound::warn_of_gone(&shape, &replaced);
    rebound::tell_of_changes(&shape, &replaced);
    large::forget(shape.id(), catalog::keeper()?)?;
    warn_of_tables(&shape)?;
    if !request.sync {
        return Ok(Attached { shape, synced: None });
    }
    if let Some(finding) = advice::doubled_clips(&shape)? {
        session::warn(&finding.problem, &finding.advice);
    }
    let binding = binding::of(shape.id())?.ok_or_else(|| Error::internal("a binding just made is not there"))?;
    let synced = repair::sync_new(&binding)?;
    if !replaced
        .iter()
        .any(|trigger| rebound::counted_the_same(trigger, &shape))
    {
        statuses::tell(&shape)?;
    }
    for Finding { problem, advice, .. } in one_sided(&shape, &synced) {
        session::warn(&problem, &advice);
    }
    Ok(Attached {
        shape,
        synced: Some(synced),
    })
}

/// What these tables' columns are bound as, looked up and checked; `None` where there are problems.
pub fn look(
    tables: Tables,
    given: Given,
    policies: (DirectWrites, Flush),
    problems: &mut Problems,
) -> Result<Option<Shape>> {
    let Some(columns) = detect::columns(&tables, given, policies, problems)? else {
        return Ok(None);
    };
    let (submissions, status) = (tables.submissions.clone(), columns.status.clone());
    let mut met = Problems::default();
    let shape = shape::noting(tables, columns, &mut met)?;
    for problem in met {
        problems.take::<()>(Err(match &status {
            Some(status) => statuses::with_those_present(&submissions, status, problem)?,
            None => Error::Ours(problem),
        }))?;
    }
    Ok(shape)
}

/// The tables, locked. They, or tables that stand in their place by now, have perhaps got other names while we waited.
fn lock(request: &Request) -> Result<(Tables, Locked)> {
    let mut tables = tables(request)?;
    loop {
        let total = Totals {
            campaigns: tables.campaigns.oid,
            columns: vec![request.given.spent()],
            with_gone: true,
        };
        let locked = replaced::lock(&tables.oids(), total)?;
        let found = self::tables(request)?;
        if found.are(&tables) {
            return Ok((found, locked));
        }
        tables = found;
    }
}

fn tables(request: &Request) -> Result<Tables> {
    let mut problems = Problems::default();
    let tables = find_tables(request, &mut problems)?;
    problems.or_first(tables)
}

/// The tables that are meant; `None` where there are problems.
pub fn find_tables(request: &Request, problems: &mut Problems) -> Result<Option<Tables>> {
    let named_clips = match request.clips {
        Clips::Of(clips) => clips,
        Clips::None => None,
    };
    let beside = match request.campaigns.or(named_clips).or(request.submissions) {
        Some(named) => catalog::relation(named)?.map(|named| named.name.schema),
        None => None,
    };
    let mut find = |given: Option<Oid>, usual: Usual| {
        let found = given.map_or_else(|| usual.find(beside.as_deref()), Ok);
        problems.take(found.and_then(replaced::usable))
    };
    let campaigns = find(request.campaigns, CAMPAIGNS)?;
    let clips = match request.clips {
        Clips::Of(clips) => find(clips, CLIPS)?.map(Some),
        Clips::None => Some(None),
    };
    let submissions = find(request.submissions, SUBMISSIONS)?;
    let (Some(campaigns), Some(clips), Some(submissions)) = (campaigns, clips, submissions) else {
        return Ok(None);
    };
    let tables = Tables {
        campaigns,
        clips,
        submissions,
    };
    let mut seen = BTreeSet::new();
    if let Some(twice) = tables.all().into_iter().find(|table| !seen.insert(table.oid.to_u32())) {
        let table = twice.display();
        problems.take::<()>(Err(TableError::SameTable { table }.into()))?;
        return Ok(None);
    }
    if beside.is_none() && !belong_together(&tables)? {
        let tables = tables.all().iter().map(|table| table.display()).collect();
        problems.take::<()>(Err(TableError::Scattered { tables }.into()))?;
        return Ok(None);
    }
    Ok(Some(tables))
}

/// Whether tables of which none was named are of one place: one schema, the search path, or linked by foreign keys.
fn belong_together(tables: &Tables) -> Result<bool> {
    let links = catalog::foreign_keys(tables.submissions.oid)?;
    let (mut are_beside, mut are_in_sight, mut are_linked) = (true, true, true);
    for table in tables.all() {
        are_beside &= table.name.schema == tables.submissions.name.schema;
        are_in_sight &= name::is_visible(table.oid)?;
        are_linked &= table.oid == tables.submissions.oid || links.iter().any(|link| link.table == table.oid);
    }
    Ok(are_beside || are_in_sight || are_linked)
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
    /// The table of this name, or the only one that is called alike: in the schema of a table that was named, if there is one, else in those
    /// of the search path, else in any.
    fn find(&self, beside: Option<&str>) -> Result<Oid> {
        if let Some(found) = beside.map_or(Ok(None), |schema| self.find_in(schema))? {
            return Ok(found);
        }
        if let Some(oid) = catalog::find_visible(self.name)? {
            return Ok(oid);
        }
        let alike = catalog::alike(self.pattern, None)?;
        let mut meant: Vec<&Alike> = alike.iter().filter(|table| table.is_visible).collect();
        if meant.is_empty() {
            meant.extend(&alike);
        }
        match meant.as_slice() {
            [only] => Ok(only.oid),
            _ => Err(self.missing(alike)),
        }
    }

    fn find_in(&self, schema: &str) -> Result<Option<Oid>> {
        let name = FullName {
            schema: schema.to_owned(),
            table: self.name.to_owned(),
        };
        if let Some(oid) = catalog::find(&name)? {
            return Ok(Some(oid));
        }
        let alike = catalog::alike(self.pattern, Some(schema))?;
        match alike.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only.oid)),
            _ => Err(self.missing(alike)),
        }
    }

    fn missing(&self, alike: Vec<Alike>) -> Error {
        TableError::TableMissing {
            role: self.role,
            name: self.name,
            candidates: alike.into_iter().map(|table| table.name).collect(),
        }
        .into()
    }
}

/// The statements of a flush run as the owner of the tables: one role, and it must be able to.
pub fn check_owner(shape: &Shape) -> Result<()> {
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

/// A write looks up the submissions of its clips: without an index it would read all of them. No total knows of shares, or of units; and who
/// locks campaigns before clips goes against all others.
fn warn_of_tables(shape: &Shape) -> Result<()> {
    let findings = advice::missing_indexes(shape)?.into_iter();
    let of_money = advice::shares(shape)?.into_iter().chain(advice::units(shape));
    for finding in findings.chain(of_money).chain(advice::row_writers(shape)?) {
        session::warn(&finding.problem, &finding.advice);
    }
    Ok(())
}

/// A total that was kept by hand drifts to both sides. A balance, which payouts are taken off, is below the sum wherever
/// something was paid out, and brought to the sum it would be paid out again. One that is lowered nearly everywhere counts too little.
pub fn one_sided(shape: &Shape, summed: &[Row]) -> Vec<Finding> {
    let amount = |row: &Row, column| row.get(column).and_then(money::parse);
    let kept = |row: &&Row| amount(row, summed::RECORDED).is_some_and(|recorded| !recorded.is_zero());
    let kept: Vec<&Row> = summed.iter().filter(kept).collect();
    let differences = kept.iter().filter_map(|row| amount(row, summed::DIFFERENCE));
    let (above, below): (Vec<Decimal>, Vec<Decimal>) = differences
        .filter(|by| !by.is_zero())
        .partition(Decimal::is_sign_negative);
    let column = name::display_name(&shape.spent.name);
    let balance = format!(
        "If payouts are taken off {column}, it is a balance and no total: roll this back, and keep what was earned in a column of its own."
    );
    let too_little = "If more clips should count, roll this back: sync => false leaves totals as they are, and spend_sync_status() shows first what would change.";
    let sides = [(below, "below", balance.as_str()), (above, "above", too_little)];
    let many = sides
        .into_iter()
        .filter(|(differing, _, _)| differing.len() * 2 > kept.len());
    let finding = |(differing, side, advice): (Vec<Decimal>, &str, &str)| {
        let sum = money::exact_sum(differing.iter().map(Decimal::abs));
        let by = sum.map_or_else(String::new, |sum| format!(", by {sum} in all"));
        let (some, all, table) = (differing.len(), kept.len(), shape.campaigns.display());
        Finding {
            severity: "warning",
            object: shape.total(),
            problem: format!("{some} of {all} totals of {table} that were not 0 were {side} their sums{by}"),
            advice: advice.to_owned(),
        }
    };
    many.map(finding).collect()
}
