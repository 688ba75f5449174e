//! Making the triggers of every binding anew, as this version makes them: for the script that updates the extension.

use crate::binding::{self, owners, present, table_locks, triggers};
use crate::errors::Result;
use crate::manage::replaced;
use crate::pg::session;
use crate::pg::table::Against;
use crate::pg::table::TableLock;
use pgrx::pg_sys::Oid;

/// Makes them anew, in this transaction, which keeps writers off their tables until it ends. Totals stay as they are: one
/// trigger or the other has seen each write. Only where triggers stand on all tables of a binding that one role owns: anybody
/// may make a table whose trigger names others'. Whatever else there is stays as it is, and its next write says why.
pub fn all() -> Result<()> {
    for bound in binding::whole()? {
        let tables = &bound.tables;
        if binding::sound(owners::check(tables))?.is_some() {
            renew([tables.clips.oid, tables.submissions.oid, tables.campaigns.oid])?;
        } else {
            session::warn(
                &format!("the triggers of {} are left as they are", tables.campaigns.display()),
                "Let one role own all its tables, and call spend_sync_attach() again.",
            );
        }
    }
    Ok(())
}

fn renew(bound: [Oid; 3]) -> Result<()> {
    let [_, _, campaigns] = bound;
    table_locks::lock_tables(&bound.map(|table| TableLock(table, Against::Writers)))?;
    // Looked up anew: another command may have come first while we waited for a lock.
    let Some(shape) = binding::sound(binding::shape_of(campaigns))?.flatten() else {
        return Ok(());
    };
    let own = present::own_trigger(campaigns)?;
    let name = own.as_ref().and_then(present::Trigger::campaigns);
    let old = replaced::triggers_of(campaigns, name.as_ref(), &bound)?;
    replaced::replace(&bound, &old, || triggers::create_triggers(&shape, &old))
}
