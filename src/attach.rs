//! Binding tables: look, validate, create the triggers, bring the totals to the truth; and undoing it.

use crate::backend;
use crate::binding;
use crate::catalog::{self, Relation};
use crate::check;
use crate::corrections::FoundBy;
use crate::ddl;
use crate::detect::{self, Given};
use crate::errors::{Error, Result, listed};
use crate::flush;
use crate::large;
use crate::mapping::{DirectWrites, FullName};
use crate::repair;
use crate::shape::{self, Shape, Tables};
use crate::trigger_catalog::{self, Trigger};
use crate::values::Row;
use pgrx::pg_sys::Oid;

/// What `spend_sync_attach` was asked for.
pub struct Request {
    pub campaigns: Option<Oid>,
    pub clips: Option<Oid>,
    pub submissions: Option<Oid>,
    pub given: Given,
    pub direct_writes: String,
    pub sync: bool,
}

/// What it did.
pub struct Attached {
    pub shape: Shape,
    /// A row a campaign, if totals were brought to the truth.
    pub synced: Option<Vec<Row>>,
}

/// Binds three tables. Takes SHARE ROW EXCLUSIVE locks on them until the transaction ends: what was written before is
/// in the sums, what is written after fires the triggers.
pub fn attach(request: Request) -> Result<Attached> {
    if !backend::is_utf8() {
        return Err(Error::NotUtf8);
    }
    flush::now()?;
    let direct_writes = DirectWrites::parse(&request.direct_writes)?;
    let tables = tables(&request)?;
    lock(&tables)?;
    let columns = detect::columns(&tables, request.given, direct_writes)?;
    let shape = shape::describe(tables, columns)?;
    check_owner(&shape)?;
    let old = binding::own_trigger(shape.campaigns.oid)?;
    let bound = [shape.campaigns.oid, shape.clips.oid, shape.submissions.oid];
    let old_name = old.as_ref().and_then(Trigger::campaigns);
    let replaced = triggers_of(shape.campaigns.oid, old_name.as_ref(), &bound)?;
    ddl::drop_triggers(&replaced)?;
    ddl::create_triggers(&shape, &replaced)?;
    large::forget(shape.campaigns.oid, catalog::keeper()?)?;
    warn_of_missing_index(&shape)?;
    warn_of_unknown_status(&shape)?;
    if !request.sync {
        return Ok(Attached { shape, synced: None });
    }
    let binding =
        binding::of(shape.campaigns.oid)?.ok_or_else(|| Error::internal("a binding just made is not there"))?;
    let synced = repair::sync_all(&binding, FoundBy::Attach)?;
    Ok(Attached {
        shape,
        synced: Some(synced),
    })
}

/// Removes the triggers of a campaigns table's binding from all of its tables; totals stay as they are.
pub fn detach(campaigns: Oid) -> Result<()> {
    flush::now()?;
    let table = usable(campaigns)?;
    let Some(own) = binding::own_trigger(campaigns)? else {
        return Err(Error::NothingAttached {
            campaigns: Some(table.display()),
        });
    };
    let tables = match binding::resolve(&own) {
        Ok((tables, _)) => vec![campaigns, tables.clips.oid, tables.submissions.oid],
        Err(Error::BrokenBinding { .. } | Error::WrongTrigger { .. }) => vec![campaigns],
        Err(other) => return Err(other),
    };
    ddl::drop_triggers(&triggers_of(campaigns, own.campaigns().as_ref(), &tables)?)?;
    large::forget(campaigns, catalog::keeper()?)
}

fn tables(request: &Request) -> Result<Tables> {
    let find = |given: Option<Oid>, role, name| -> Result<Relation> {
        let found = match given {
            Some(oid) => Some(oid),
            None => catalog::find_visible(name)?,
        };
        usable(found.ok_or(Error::TableMissing { role, name })?)
    };
    let tables = Tables {
        campaigns: find(request.campaigns, "campaigns", "campaigns")?,
        clips: find(request.clips, "clips", "clips")?,
        submissions: find(request.submissions, "submissions", "clip_submissions")?,
    };
    let Tables {
        campaigns,
        clips,
        submissions,
    } = &tables;
    for (one, other) in [(campaigns, clips), (clips, submissions), (submissions, campaigns)] {
        if one.oid == other.oid {
            return Err(Error::SameTable { table: one.display() });
        }
    }
    Ok(tables)
}

/// A table that the role in force owns and whose rows all fire row triggers.
fn usable(oid: Oid) -> Result<Relation> {
    let table = owned(oid)?;
    match table.unfit() {
        None => Ok(table),
        Some(problem) => Err(Error::NotATable {
            table: table.display(),
            problem: problem.to_owned(),
        }),
    }
}

fn owned(oid: Oid) -> Result<Relation> {
    let table = catalog::relation(oid)?.ok_or_else(|| Error::internal("a relation that is not there"))?;
    if table.is_ours {
        return Ok(table);
    }
    let role = backend::display_name(&catalog::role_name(backend::current_role())?);
    Err(Error::NotOwner {
        table: table.display(),
        role,
    })
}

/// In the order in which a write touches them, so that writers and attach do not deadlock.
fn lock(tables: &Tables) -> Result<()> {
    for table in tables.all() {
        backend::run(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table.sql()))?;
    }
    Ok(())
}

/// The statements of a flush run as the owner of the campaigns table: it must be able to.
fn check_owner(shape: &Shape) -> Result<()> {
    if let Some((_, right)) = shape::missing_rights(shape)?.pop() {
        let owner = backend::display_name(&shape.campaigns.owner_name);
        let advice = format!("GRANT {right} TO {owner};");
        return Err(Error::OwnerCannot {
            problem: format!("It lacks {right}"),
            owner,
            advice,
        });
    }
    binding::check_rows_are_seen(shape)
}

/// The triggers that go when a campaigns table is detached, or attached anew: those that name it now, those that name it
/// as its own triggers do (it may have been renamed), and what renamed or dropped tables have left behind on its tables.
/// Strangers' triggers on strangers' tables say what they like and stay.
fn triggers_of(campaigns: Oid, old_name: Option<&FullName>, tables: &[Oid]) -> Result<Vec<Trigger>> {
    let mut found = Vec::new();
    for trigger in trigger_catalog::triggers()? {
        let named = trigger.campaigns();
        let target = named.as_ref().map(catalog::find).transpose()?.flatten();
        let on_its_tables = tables.contains(&catalog::root(trigger.relation)?);
        let names_it = target == Some(campaigns) || (old_name.is_some() && named.as_ref() == old_name);
        if on_its_tables && (names_it || target.is_none()) {
            owned(trigger.relation)?;
            found.push(trigger);
        } else if names_it && catalog::relation(trigger.relation)?.is_some_and(|table| table.is_ours) {
            found.push(trigger);
        }
    }
    Ok(found)
}

/// A write looks up the submissions of its clips: without an index it would read all of them.
fn warn_of_missing_index(shape: &Shape) -> Result<()> {
    for finding in check::missing_indexes(shape)? {
        backend::warn(&finding.problem, &finding.advice);
    }
    Ok(())
}

/// A text may be anything: a status that no row has is perhaps misspelt, and all totals would be 0.
fn warn_of_unknown_status(shape: &Shape) -> Result<()> {
    if let Some(present) = check::statuses_if_none_counts(shape)? {
        let message = format!("no row of {} has a status that counts", shape.submissions.display());
        backend::warn(
            &message,
            &format!("Its statuses are {}; see the argument approved.", listed(&present)),
        );
    }
    Ok(())
}
