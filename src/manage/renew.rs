//! Making the triggers of every binding anew, as this version makes them: for the script that updates the extension.

use crate::binding::{self, Bound, owners, table_locks, triggers};
use crate::catalog::shape::Tables;
use crate::errors::Result;
use crate::manage::replaced::{self, Totals};
use crate::pg::error::is_of_the_moment;
use crate::pg::session;
use crate::pg::subtransaction::attempt;

/// Makes them anew, in this transaction, which keeps writers off their tables until it ends. Totals stay as they are: one
/// trigger or the other has seen each write. Only where triggers stand on all tables of a binding that one role owns: anybody
/// may make a table whose trigger names others', and a trigger that has one of our names. Whatever else there is stays as it
/// is, and its next write says why.
pub fn all() -> Result<()> {
    let (mut sound, mut locks) = (Vec::new(), Vec::new());
    for bound in binding::whole()? {
        if binding::sound(owners::check_tables(&bound.tables))?.is_some() {
            locks.extend(replaced::locks(&bound.tables.oids(), &totals(&bound))?);
            sound.push(bound);
        } else {
            let hint = "Let one role own all its tables, and call spend_sync_attach() again.";
            warn(&bound.tables, hint);
        }
    }
    // Together, for writers come by the tables of several in an order of their own.
    table_locks::lock_tables(&locks)?;
    for bound in &sound {
        if let Err(problem) = attempt(|| renew(bound)) {
            if is_of_the_moment(&problem) {
                return Err(problem);
            }
            let hint = "Call spend_sync_attach() again, as the owner of its tables: it says why.";
            warn(&bound.tables, hint);
        }
    }
    Ok(())
}

fn totals(bound: &Bound) -> Totals {
    Totals {
        campaigns: bound.tables.campaigns.oid,
        columns: vec![bound.columns.spent.clone()],
        with_gone: false,
    }
}

fn warn(tables: &Tables, hint: &str) {
    let campaigns = tables.campaigns.display();
    session::warn(&format!("the triggers of {campaigns} are left as they are"), hint);
}

fn renew(bound: &Bound) -> Result<()> {
    let tables = bound.tables.oids();
    let locked = replaced::lock(&tables, totals(bound))?;
    // Looked up anew: another command may have come first while we waited for a lock.
    let Some(id) = binding::id_of(&bound.total())? else {
        return Ok(());
    };
    let Some(shape) = binding::sound(binding::shape_of(id))?.flatten() else {
        return Ok(());
    };
    let old = locked.triggers()?;
    replaced::replace(&tables, &old, || triggers::create_triggers(&shape, &old))
}
