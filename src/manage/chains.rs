//! Totals of totals: what one sums is kept as another.

use crate::binding::{self, Binding, Bound};
use crate::catalog::shape::Shape;
use crate::errors::column::ColumnError;
use crate::errors::{Error, Result};
use crate::pg::name;
use pgrx::pg_sys::Oid;
use std::rc::Rc;

/// Of totals that are to be repaired those first that others are sums of. (What triggers bring up meanwhile comes too late for a sum that is
/// stored already, and may not be stored then.)
pub fn parts_first(mut totals: Vec<Rc<Binding>>) -> Vec<Rc<Binding>> {
    let mut ordered = Vec::new();
    while !totals.is_empty() {
        let has_parts = |whole: &Rc<Binding>| totals.iter().any(|part| feeds(part, whole));
        let next = totals.iter().position(|total| !has_parts(total));
        ordered.push(totals.remove(next.unwrap_or_default()));
    }
    ordered
}

fn feeds(part: &Binding, whole: &Binding) -> bool {
    let summed = whole.shape.earnings.as_ref();
    whole.shape.source().oid == part.oid() && summed.is_some_and(|summed| summed.number == part.shape.spent.number)
}

/// Insists that a total is no part of its own sum: to store it would go on without end.
pub fn check(shape: &Shape) -> Result<()> {
    let mut sums = shape
        .earnings
        .as_ref()
        .map(|summed| (shape.source().oid, summed.name.clone()));
    let mut seen = Vec::new();
    while let Some((table, column)) = sums.filter(|sums| !seen.contains(sums)) {
        if table == shape.campaigns.oid && column == shape.spent.name {
            return Err(Error::from(ColumnError::SumOfItself {
                total: shape.total(),
                column: name::display_name(&column),
            }));
        }
        sums = source_of(table, &column)?;
        seen.push((table, column));
    }
    Ok(())
}

/// The table and column that the total in a column sums, if it is one.
fn source_of(campaigns: Oid, column: &str) -> Result<Option<(Oid, String)>> {
    let is_it = |bound: &Bound| bound.tables.campaigns.oid == campaigns && bound.columns.spent == column;
    let bound = binding::whole_on(&[campaigns])?.into_iter().find(is_it);
    Ok(bound.and_then(|bound| Some((bound.tables.source().oid, bound.columns.earnings?))))
}
