//! Letting go of a total: its triggers go, it stays as it is.

use crate::binding::present::{self, Trigger};
use crate::catalog::Relation;
use crate::errors::call::CallError;
use crate::errors::{Error, Ours, Result};
use crate::manage::replaced::{self, Totals};
use crate::pg::name;
use crate::value::mapping::{FullName, Said};
use crate::write::{flush, large};
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;

/// A total that was let go.
pub struct Detached {
    pub campaigns: FullName,
    /// What its own trigger said, if that was a mapping.
    pub said: Option<Said>,
}

/// Removes the triggers of one total of a campaigns table, or of all of its totals, from all of their tables; totals stay as they
/// are.
pub fn detach(campaigns: Oid, spent: Option<String>) -> Result<Vec<Detached>> {
    flush::now()?;
    let table = replaced::usable(campaigns)?;
    let own = own_triggers(&table, spent.as_ref())?;
    let mut tables = vec![campaigns];
    for own in &own {
        for bound in tables_of(own, &table)? {
            if !tables.contains(&bound) {
                tables.push(bound);
            }
        }
    }
    let columns = own.iter().filter_map(Trigger::total).map(|total| total.spent).collect();
    let replaced = replaced::lock(
        &tables,
        Totals {
            campaigns,
            columns,
            with_gone: false,
        },
    )?
    .triggers()?;
    replaced::replace(&tables, &replaced, || Ok(()))?;
    for own in &own {
        if let Some(id) = own.total().map(|total| binding::id_of(&total)).transpose()?.flatten() {
            large::forget(id, catalog::keeper()?)?;
        }
    }
    let detached = |own: Trigger| Detached {
        campaigns: table.name.clone(),
        said: own.says().cloned(),
    };
    Ok(own.into_iter().map(detached).collect())
}

/// Those that speak for the totals; none is an error.
fn own_triggers(table: &Relation, spent: Option<&String>) -> Result<Vec<Trigger>> {
    let mut own = binding::attached_on(table.oid)?;
    if let Some(spent) = spent {
        own.retain(|own| own.total().is_some_and(|total| total.spent == *spent));
        if own.is_empty() {
            let (table, column) = (table.display(), name::display_name(spent));
            return Err(CallError::NoSuchTotal { table, column }.into());
        }
    }
    Ok(own)
}

/// The other tables of a total, where they are bound to it.
fn tables_of(own: &Trigger, campaigns: &Relation) -> Result<Vec<Oid>> {
    let named = match binding::resolve(own) {
        Ok((named, _)) => named.clips.into_iter().chain([named.submissions]),
        Err(Error::Ours(Ours::Trigger(_))) => return Ok(Vec::new()),
        Err(other) => return Err(other),
    };
    let mut tables = Vec::new();
    for table in named {
        if is_bound_to(own, campaigns, &table)? {
            tables.push(table.oid);
        }
    }
    Ok(tables)
}

/// Whether a table that the campaigns table's trigger names is bound to it: its own triggers name it too. A trigger may name what it
/// likes, and what is not bound is not its owner's to lock.
fn is_bound_to(own: &Trigger, campaigns: &Relation, table: &Relation) -> Result<bool> {
    let named = own.total();
    if named.as_ref().map(|total| &total.campaigns) != Some(&campaigns.name) && table.owner != campaigns.owner {
        return Ok(false);
    }
    let present = present::triggers_on(table.oid)?;
    Ok(present.iter().any(|trigger| trigger.total() == named))
}
