//! Letting go of a total: its triggers go, it stays as it is.

use crate::binding::present;
use crate::errors::call::CallError;
use crate::errors::{Error, Ours, Result};
use crate::manage::replaced;
use crate::write::{flush, large};
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;

/// Removes the triggers of a campaigns table's binding from all of its tables; totals stay as they are.
pub fn detach(campaigns: Oid) -> Result<()> {
    flush::now()?;
    let table = replaced::usable(campaigns)?;
    let Some(own) = present::own_trigger(campaigns)? else {
        return Err(CallError::NotAttached { table: table.display() }.into());
    };
    let tables = match binding::resolve(&own) {
        Ok((tables, _)) => vec![campaigns, tables.clips.oid, tables.submissions.oid],
        Err(Error::Ours(Ours::Trigger(_))) => vec![campaigns],
        Err(other) => return Err(other),
    };
    replaced::lock(&tables, campaigns)?;
    let replaced = replaced::triggers_of(campaigns, &tables)?;
    replaced::replace(&tables, &replaced, || Ok(()))?;
    large::forget(campaigns, catalog::keeper()?)
}
