//! The locks under which a binding changes.

use crate::errors::Result;
use crate::pg::table::TableLock;
/// Locks all of these tables until the transaction ends, and waits for none of them while it holds another: writers come by
/// them in an order of their own.
pub fn lock_tables(locks: &[TableLock]) -> Result<()> {
    let mut awaited = 0;
    while let Some(first) = locks.get(awaited) {
        first.wait()?;
        let mut taken = vec![*first];
        let others = locks.iter().enumerate().filter(|(at, _)| *at != awaited);
        let mut refused = None;
        for (at, lock) in others {
            if !lock.take() {
                refused = Some(at);
                break;
            }
            taken.push(*lock);
        }
        let Some(at) = refused else {
            break;
        };
        taken.into_iter().for_each(TableLock::give_back);
        awaited = at;
    }
    Ok(())
}
