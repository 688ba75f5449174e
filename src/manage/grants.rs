//! What writers, and the owner of bound tables, need of the extension's own functions. PUBLIC may call them, unless a careful DBA
//! took that away: then the owner is granted it by name when tables are attached, and the check names who lacks what.

use crate::catalog;
use crate::catalog::Relation;
use crate::catalog::shape::Shape;
use crate::errors::Result;
use crate::manage::advice::Finding;
use crate::pg::{name, session, spi};
use crate::value::columns::Flush;
use crate::value::names::ident;

/// What statements of ours call, which run as the owner; and what triggers call that the owner makes, on a new partition too.
const OF_OWNER: [&str; 9] = [
    "is_own(xid)",
    "wakes()",
    "capture_clip()",
    "capture_submission()",
    "capture_campaign()",
    "keep_total()",
    "begin()",
    "flush()",
    "flush_at_commit()",
];

/// What is called as whoever writes: the WHEN of a trigger.
const OF_WRITERS: [&str; 1] = ["wakes()"];

/// Grants it to the owner of a table, where he lacks it.
pub fn to_owner_of(table: &Relation) -> Result<()> {
    if catalog::functions_denied(&table.owner_name, &OF_OWNER.map(str::to_owned))?.is_empty() {
        return Ok(());
    }
    let owner = ident(&table.owner_name);
    let functions = OF_OWNER.map(|function| format!("spend_sync.{function}")).join(", ");
    session::distrusting(|| {
        session::as_role(catalog::keeper()?, || {
            session::with_catalog_names(|| {
                spi::run(&format!("GRANT USAGE ON SCHEMA spend_sync TO {owner}"))?;
                spi::run(&format!("GRANT EXECUTE ON FUNCTION {functions} TO {owner}"))
            })
        })
    })
}

/// Who lacks what is called in his name. (That WHEN is of a trigger that fires where a total is brought up at commit.)
pub fn missing(shape: &Shape) -> Result<Vec<Finding>> {
    let table = &shape.campaigns;
    let owner = name::display_name(&table.owner_name);
    let finding = |role: &str, function: &str| Finding {
        severity: "error",
        object: format!("function spend_sync.{function}"),
        problem: format!("{role} may not call it; writes fail"),
        advice: format!(
            "GRANT USAGE ON SCHEMA spend_sync TO {role}; GRANT EXECUTE ON FUNCTION spend_sync.{function} TO {role};"
        ),
    };
    let of_writers = match shape.columns.flush {
        Flush::Statement => Vec::new(),
        Flush::Commit => catalog::functions_denied("public", &OF_WRITERS.map(str::to_owned))?,
    };
    let of_owner = catalog::functions_denied(&table.owner_name, &OF_OWNER.map(str::to_owned))?;
    let writers = of_writers.iter().map(|function| finding("PUBLIC", function));
    let owners = of_owner.iter().map(|function| finding(&owner, function));
    Ok(writers.chain(owners).collect())
}
