//! Our own update of a campaign, and how the trigger that it fires knows it: the one place where the two meet.

use crate::pg::trigger::TriggerCall;
use pgrx::pg_sys::Oid;
use rust_decimal::Decimal;
use std::cell::Cell;

/// An update of ours that runs.
#[derive(Clone, Copy)]
struct Running {
    /// The trigger depth at which it runs.
    depth: i32,
    /// The campaigns table that it writes.
    campaigns: Oid,
    /// By how much it moves the total of its one row.
    difference: Option<Decimal>,
    /// A row has come to hold a total that much larger.
    is_stored: bool,
}

thread_local! {
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
}

/// Says that an update of ours runs, as long as it lives; updates may nest.
pub struct OwnUpdate(Option<Running>);

impl OwnUpdate {
    pub fn of(campaigns: Oid, difference: Option<Decimal>) -> Self {
        Self(RUNNING.replace(Some(Running {
            depth: TriggerCall::depth(),
            campaigns,
            difference,
            is_stored: false,
        })))
    }

    pub fn is_stored(&self) -> bool {
        RUNNING.get().is_some_and(|running| running.is_stored)
    }
}

impl Drop for OwnUpdate {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

/// Whether a trigger of a campaigns table that runs at this depth was fired by our own update of it: it is one deeper.
/// What the users' triggers write in turn is deeper still, and what their rules write is another table's: no less a
/// direct write than any other. `grown_by` is how much the row's total grew.
pub fn is_ours(depth: i32, campaigns: Oid, grown_by: impl FnOnce() -> Option<Decimal>) -> bool {
    let own = RUNNING
        .get()
        .filter(|own| own.depth == depth - 1 && own.campaigns == campaigns);
    if let Some(own) = own
        && own.difference.is_some()
    {
        let is_stored = grown_by() == own.difference;
        RUNNING.set(Some(Running { is_stored, ..own }));
    }
    own.is_some()
}
