//! Letting go of a total: its triggers go, it stays as it is.

use crate::binding::present::{self, Trigger};
use crate::catalog::Relation;
use crate::errors::call::CallError;
use crate::errors::{Error, Ours, Result};
use crate::manage::replaced;
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

/// Removes the triggers of a campaigns table's binding from all of its tables; totals stay as they are.
pub fn detach(campaigns: Oid) -> Result<Detached> {
    flush::now()?;
    let table = replaced::usable(campaigns)?;
    let Some(own) = present::own_trigger(campaigns)? else {
        return Err(CallError::NotAttached { table: table.display() }.into());
    };
    let (campaigns_table, mut tables) = (table, vec![campaigns]);
    match binding::resolve(&own) {
        Ok((named, _)) => {
            for table in [named.clips, named.submissions] {
                if is_bound_to(&own, &campaigns_table, &table)? {
                    tables.push(table.oid);
                }
            }
        }
        Err(Error::Ours(Ours::Trigger(_))) => {}
        Err(other) => return Err(other),
    }
    let replaced = replaced::lock(&tables, campaigns)?.triggers()?;
    replaced::replace(&tables, &replaced, || Ok(()))?;
    large::forget(campaigns, catalog::keeper()?)?;
    Ok(Detached {
        campaigns: campaigns_table.name,
        said: own.says(),
    })
}

/// Whether a table that the campaigns table's trigger names is bound to it: its own triggers name it too. A trigger may name what it
/// likes, and what is not bound is not its owner's to lock.
fn is_bound_to(own: &Trigger, campaigns: &Relation, table: &Relation) -> Result<bool> {
    let named = own.campaigns();
    if named.as_ref() != Some(&campaigns.name) && table.owner != campaigns.owner {
        return Ok(false);
    }
    let present = present::triggers_on(table.oid)?;
    Ok(present.iter().any(|trigger| trigger.campaigns() == named))
}
