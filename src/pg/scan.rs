//! Rows of a catalog, by one of its indexes: at a tenth of what a query of them costs.

use super::error::caught;
use super::list::cells;
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys::{self, Oid};
use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// What `copy` makes of each row whose column has this value, or of all rows, as they stand at one moment, with what this transaction has
/// changed.
///
/// # Safety
/// The index must be of the catalog, and begin with the column, which must be of type oid. `copy` is called by `caught`, with a row of the catalog and its columns;
/// what it gives may point to memory of this context, but not into the row.
pub(super) unsafe fn rows<T: Copy>(
    catalog: Oid,
    index: Oid,
    wanted: Option<(i16, Oid)>,
    copy: impl Fn(pg_sys::HeapTuple, pg_sys::TupleDesc) -> T,
) -> Result<Vec<T>> {
    let copy = &copy;
    // SAFETY: the catalog is open, and locked as readers do, for as long as its rows are read.
    let copies = caught(|| unsafe {
        raw::CommandCounterIncrement();
        let mode = pg_sys::AccessShareLock.cast_signed();
        let catalog = raw::table_open(catalog, mode);
        let mut key = MaybeUninit::<pg_sys::ScanKeyData>::zeroed();
        if let Some((column, value)) = wanted {
            let (equal, procedure) = (pg_sys::BTEqualStrategyNumber as u16, pg_sys::F_OIDEQ.into());
            raw::ScanKeyInit(key.as_mut_ptr(), column, equal, procedure, value.into());
        }
        let keys = i32::from(wanted.is_some());
        let scan = raw::systable_beginscan(catalog, index, true, null_mut(), keys, key.as_mut_ptr());
        let mut copies = null_mut();
        loop {
            let row = raw::systable_getnext(scan);
            if row.is_null() {
                break;
            }
            let place = raw::palloc0(size_of::<T>()).cast::<T>();
            place.write(copy(row, (*catalog).rd_att));
            copies = raw::lappend(copies, place.cast());
        }
        raw::systable_endscan(scan);
        raw::table_close(catalog, mode);
        copies
    })?;
    // SAFETY: a fresh list of fresh copies, which nobody else has.
    unsafe {
        let rows = cells(copies).iter().map(|cell| *cell.ptr_value.cast::<T>()).collect();
        pg_sys::list_free_deep(copies);
        Ok(rows)
    }
}
