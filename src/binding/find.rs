//! Which bindings there are.

use super::load::of;
use crate::binding::present::{Trigger, TriggerFunction};
use crate::binding::{Binding, present, resolve};
use crate::catalog;
use crate::catalog::Relation;
use crate::catalog::shape::Tables;
use crate::errors::call::CallError;
use crate::errors::{Error, Result};
use crate::pg::name;
use crate::value::mapping::Columns;
use pgrx::pg_sys::Oid;
use std::rc::Rc;

/// The campaigns tables that are attached.
fn campaigns_triggers() -> Result<Vec<Trigger>> {
    let mut own: Vec<Trigger> = present::triggers()?;
    own.retain(|trigger| trigger.function == TriggerFunction::CaptureCampaign);
    own.dedup_by_key(|trigger| trigger.relation);
    Ok(own)
}

/// All bindings whose names resolve: their tables and columns.
pub fn all() -> Result<Vec<(Tables, Columns)>> {
    let mut all = Vec::new();
    for trigger in campaigns_triggers()? {
        all.extend(sound(resolve(&trigger))?);
    }
    Ok(all)
}

/// A binding by its names, and the triggers that say them.
pub struct Bound {
    pub tables: Tables,
    pub columns: Columns,
    pub triggers: Vec<Trigger>,
}

impl Bound {
    /// Whether triggers of it stand on each of its tables. Anybody may make a campaigns table whose trigger names others'
    /// tables; one on these takes a right to them.
    fn is_whole(&self) -> bool {
        let stands_on = |table: &&Relation| self.triggers.iter().any(|trigger| trigger.relation == table.oid);
        self.tables.all().iter().all(stands_on)
    }
}

/// The bindings that stand on all of their tables.
pub fn whole() -> Result<Vec<Bound>> {
    let mut all: Vec<Bound> = Vec::new();
    for trigger in present::triggers()? {
        let Some((tables, columns)) = sound(resolve(&trigger))? else {
            continue;
        };
        let same = |one: &&mut Bound| one.tables.are(&tables) && one.columns == columns;
        match all.iter_mut().find(same) {
            Some(bound) => bound.triggers.push(trigger),
            None => all.push(Bound {
                tables,
                columns,
                triggers: vec![trigger],
            }),
        }
    }
    all.retain(Bound::is_whole);
    Ok(all)
}

/// What could be found; an error of ours says why nothing could, one of PostgreSQL's must go on to the client.
pub fn sound<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error @ Error::Postgres(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The attached campaigns tables that the search path sees.
pub fn visible() -> Result<Vec<Trigger>> {
    let mut own = campaigns_triggers()?;
    own.retain(|trigger| name::is_visible(trigger.relation));
    Ok(own)
}

/// The one of them; none or several is an error.
pub fn only_visible() -> Result<Oid> {
    match visible()?.as_slice() {
        [] => Err(CallError::NothingAttached {}.into()),
        [one] => Ok(one.relation),
        several => {
            let candidates = several.iter().map(|trigger| catalog::display(&trigger.table)).collect();
            Err(CallError::SeveralAttached { candidates }.into())
        }
    }
}

/// The binding of a campaigns table that must be attached.
pub fn attached(campaigns: Oid) -> Result<Rc<Binding>> {
    match of(campaigns)? {
        Some(binding) => Ok(binding),
        None => Err(not_attached(campaigns)?),
    }
}

fn not_attached(campaigns: Oid) -> Result<Error> {
    Ok(match catalog::relation(campaigns)? {
        Some(table) => CallError::NotAttached { table: table.display() }.into(),
        None => CallError::NothingAttached {}.into(),
    })
}
