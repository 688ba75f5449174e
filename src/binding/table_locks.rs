//! The locks under which a binding changes.

use crate::catalog;
use crate::errors::table::TableError;
use crate::errors::{Error, Result};
use crate::pg::error::is_lock_timeout;
use crate::pg::session;
use crate::pg::subtransaction::attempt;
use crate::pg::table::TableLock;
use std::time::{Duration, Instant};

/// How long a table is waited for at first while others are held.
const PATIENCE: Duration = Duration::from_millis(100);

/// Locks all tables that `find` finds until the transaction ends: it is asked again once they are locked, for one of them may
/// have got a partition while we waited.
pub fn lock_found(find: impl Fn() -> Result<Vec<TableLock>>) -> Result<()> {
    let mut taken = Vec::new();
    loop {
        let found = find()?;
        if found.iter().all(|lock| taken.contains(lock)) {
            return Ok(());
        }
        lock_tables(&found)?;
        taken = found;
    }
}

/// Locks all of these tables until the transaction ends.
///
/// Writers come by the tables in an order of their own. So it waits for one holding none, and for each other one not long: then
/// it gives all back, and begins with the one that it did not get. (One that is always in use is got by waiting alone.) Each
/// time it waits twice as long, for where two tables are busy it would go from one to the other for ever. All waits together last
/// as long as lock_timeout allows for one.
pub fn lock_tables(locks: &[TableLock]) -> Result<()> {
    let begin = Instant::now();
    let (mut first, mut patience) = (0, PATIENCE);
    while let Some(refused) = take_all(locks, first, patience, begin)? {
        first = refused;
        patience = patience.saturating_mul(2);
    }
    Ok(())
}

/// Takes them all, or none; gives the one that it did not get.
fn take_all(locks: &[TableLock], first: usize, patience: Duration, begin: Instant) -> Result<Option<usize>> {
    let mut awaited = first;
    let taken = attempt(|| {
        let in_turn = locks.iter().enumerate().cycle().skip(first).take(locks.len());
        for (at, lock) in in_turn {
            awaited = at;
            if lock.take()? {
                continue;
            }
            let left = time_left(*lock, begin)?;
            let longest = match left {
                _ if at == first => left,
                Some(left) => Some(left.min(patience)),
                None => Some(patience),
            };
            session::with_lock_timeout(longest, || lock.wait())?;
        }
        Ok(())
    });
    match taken {
        Ok(()) => Ok(None),
        Err(error) if is_lock_timeout(&error) => {
            if let Some(lock) = locks.get(awaited) {
                time_left(*lock, begin)?;
            }
            Ok(Some(awaited))
        }
        Err(error) => Err(error),
    }
}

/// How long may still be waited; `None`: as long as it takes.
fn time_left(lock: TableLock, begin: Instant) -> Result<Option<Duration>> {
    let Some(timeout) = session::lock_timeout() else {
        return Ok(None);
    };
    match timeout.checked_sub(begin.elapsed()) {
        Some(left) if left >= Duration::from_millis(1) => Ok(Some(left)),
        _ => Err(timed_out(lock)?),
    }
}

fn timed_out(TableLock(table, _): TableLock) -> Result<Error> {
    let table = catalog::relation(table)?.map_or_else(|| "a table".to_owned(), |table| table.display());
    Ok(TableError::NotLocked { table }.into())
}
