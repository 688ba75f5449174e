//! Rows of one key, by an index: past planner and executor, whose start is most of what a look at one row costs.

use super::cache;
use super::datum::{self, KeyAttribute, StatusAttribute};
use super::error::caught_as;
use super::raw;
use super::snapshot::{RowVersion, written_by};
use crate::errors::{Error, Result};
use crate::value::key::Key;
use crate::value::money::MoneyType;
use crate::value::param::Param;
use pgrx::pg_sys::{self, Datum, Oid};
use rust_decimal::Decimal;
use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// A btree index over all rows of an ordinary table, whose first column is the key; all of it PostgreSQL's own, so that to look
/// runs nobody's code.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    pub table: Oid,
    pub index: Oid,
    /// The function that finds equal keys.
    pub equal: Oid,
    /// The type in which keys are given.
    pub argument: Oid,
    pub collation: Oid,
    /// The state of the catalogs in which it was found, [`cache::epoch`].
    pub epoch: u64,
}

/// A scan of the rows of one key.
///
/// It owns what is open, and does not close it when dropped: after an error, the abort does.
#[derive(Clone, Copy)]
pub(super) struct Scan {
    pub table: pg_sys::Relation,
    pub snapshot: pg_sys::Snapshot,
    index: pg_sys::Relation,
    scan: pg_sys::IndexScanDesc,
}

impl Scan {
    /// Begins it, with everything committed in sight, once the table is locked; `None` if the catalogs have changed, or the table is
    /// gone.
    ///
    /// # Safety
    /// To be called by [`caught_as`]; the key must be of the type of the index's argument.
    pub unsafe fn begin(index: Index, key: Datum, mode: u32) -> Option<Self> {
        const EQUAL: u16 = 3;
        // SAFETY: as above. A scan keeps copies of its keys.
        unsafe {
            let table = raw::try_relation_open(index.table, mode.cast_signed());
            if table.is_null() {
                return None;
            }
            if cache::epoch() != index.epoch {
                raw::table_close(table, pg_sys::NoLock.cast_signed());
                return None;
            }
            raw::CommandCounterIncrement();
            let snapshot = raw::RegisterSnapshot(raw::GetLatestSnapshot());
            let opened = raw::index_open(index.index, pg_sys::AccessShareLock.cast_signed());
            let mut wanted = MaybeUninit::<pg_sys::ScanKeyData>::zeroed();
            let (argument, collation, equal) = (index.argument, index.collation, index.equal);
            raw::ScanKeyEntryInitialize(wanted.as_mut_ptr(), 0, 1, EQUAL, argument, collation, equal, key);
            let scan = raw::index_beginscan(
                table,
                opened,
                snapshot,
                #[cfg(feature = "pg18")]
                null_mut(),
                1,
                0,
            );
            raw::index_rescan(scan, wanted.as_mut_ptr(), 1, null_mut(), 0);
            Some(Self {
                table,
                snapshot,
                index: opened,
                scan,
            })
        }
    }

    /// A slot for rows of the table.
    ///
    /// # Safety
    /// As for [`Self::begin`].
    pub unsafe fn slot(&self) -> *mut pg_sys::TupleTableSlot {
        // SAFETY: as above.
        unsafe { raw::table_slot_create(self.table, null_mut()) }
    }

    /// Puts the next row into the slot, if there is one.
    ///
    /// # Safety
    /// As for [`Self::begin`].
    pub unsafe fn next(&self, slot: *mut pg_sys::TupleTableSlot) -> bool {
        // SAFETY: as above.
        unsafe { raw::index_getnext_slot(self.scan, pg_sys::ScanDirection::ForwardScanDirection, slot) }
    }

    /// Ends the scan, and leaves table and snapshot open. The index is let go: whoever makes it anew locks it after its table, and
    /// would wait here for a transaction that may come to wait for that.
    ///
    /// # Safety
    /// As for [`Self::begin`].
    pub unsafe fn end_scan(&self) {
        // SAFETY: as above; the table's lock lasts until the transaction ends.
        unsafe {
            raw::index_endscan(self.scan);
            raw::index_close(self.index, pg_sys::AccessShareLock.cast_signed());
        }
    }

    /// Closes table and snapshot.
    ///
    /// # Safety
    /// As for [`Self::begin`].
    pub unsafe fn close(&self) {
        // SAFETY: as above.
        unsafe {
            raw::UnregisterSnapshot(self.snapshot);
            raw::table_close(self.table, pg_sys::NoLock.cast_signed());
        }
    }
}

/// Makes the first columns of the row in a slot ready to be read by [`column`].
///
/// # Safety
/// To be called by [`caught_as`], with a slot that holds a row of so many columns.
pub(super) unsafe fn unpack(slot: *mut pg_sys::TupleTableSlot, columns: c_int) {
    // SAFETY: as above.
    unsafe {
        if c_int::from((*slot).tts_nvalid) < columns {
            raw::slot_getsomeattrs_int(slot, columns);
        }
    }
}

/// A column of the row in a slot; `None` for NULL.
///
/// # Safety
/// The slot must hold a row, with that column unpacked.
pub(super) unsafe fn column(slot: *mut pg_sys::TupleTableSlot, number: i16) -> Option<Datum> {
    let at = usize::try_from(number - 1).ok()?;
    // SAFETY: as above.
    unsafe { (!*(*slot).tts_isnull.add(at)).then(|| *(*slot).tts_values.add(at)) }
}

/// A row as it was seen: its version, and copies of two of its columns.
#[derive(Clone, Copy)]
pub struct Seen {
    pub version: RowVersion,
    columns: [Option<Datum>; 2],
}

impl Seen {
    /// The key in the first or the second column that was asked for; `None` for NULL.
    pub fn key(&self, at: usize, attribute: KeyAttribute) -> Option<Key> {
        // SAFETY: the column is of that type, as the catalogs say, and not null.
        self.datum(at)
            .and_then(|datum| unsafe { datum::key(datum, attribute.kind) })
    }

    /// Whether the status there counts.
    pub fn counts(&self, at: usize, status: &StatusAttribute) -> bool {
        // SAFETY: as above.
        self.datum(at)
            .is_some_and(|datum| unsafe { datum::counts(datum, status) })
    }

    /// The amount there; NULL counts 0, `None` is one that cannot be held exactly.
    pub fn amount(&self, at: usize, kind: MoneyType) -> Option<Decimal> {
        match self.datum(at) {
            // SAFETY: as above.
            Some(datum) => unsafe { datum::amount(datum, kind) },
            None => Some(Decimal::ZERO),
        }
    }

    fn datum(&self, at: usize) -> Option<Datum> {
        self.columns.get(at).copied().flatten()
    }
}

/// What a look at the rows of a key found.
pub enum Looked {
    /// The catalogs have changed since the index was found: nothing was looked at.
    Outdated,
    None,
    One(Seen),
    Several,
}

/// Looks at the rows of this key, as `statement` would, with everything committed in sight.
pub fn look(index: Index, key: &Param, columns: [i16; 2], statement: &CStr) -> Result<Looked> {
    let key = key.datum().ok_or_else(|| Error::internal("a key that is NULL"))?;
    // SAFETY: the key is of the type that the index takes; nothing in here owns anything.
    caught_as(statement, || unsafe {
        let Some(scan) = Scan::begin(index, key, pg_sys::AccessShareLock) else {
            return Looked::Outdated;
        };
        let slot = scan.slot();
        let looked = if !scan.next(slot) {
            Looked::None
        } else {
            let seen = see(scan.table, slot, columns);
            if scan.next(slot) {
                Looked::Several
            } else {
                Looked::One(seen)
            }
        };
        raw::ExecDropSingleTupleTableSlot(slot);
        scan.end_scan();
        scan.close();
        looked
    })
}

/// # Safety
/// As for [`Scan::begin`], with a slot that holds a row of the table.
unsafe fn see(table: pg_sys::Relation, slot: *mut pg_sys::TupleTableSlot, columns: [i16; 2]) -> Seen {
    // SAFETY: as above; each column is copied before the row is let go.
    unsafe {
        unpack(slot, c_int::from(columns[0].max(columns[1])));
        let copy = |number: i16| {
            let of_it = stored((*table).rd_att, number);
            Some(raw::datumCopy(column(slot, number)?, of_it.by_value, of_it.length))
        };
        Seen {
            version: RowVersion::at(
                (*slot).tts_tableOid,
                (*slot).tts_tid,
                written_by(slot).unwrap_or_default(),
            ),
            columns: columns.map(copy),
        }
    }
}

/// How a column stands in rows.
pub(super) struct Stored {
    pub by_value: bool,
    pub length: c_int,
    pub is_dropped: bool,
}

/// # Safety
/// The columns must be of a relation that is open, and have that one.
pub(super) unsafe fn stored(columns: pg_sys::TupleDesc, number: i16) -> Stored {
    let at = usize::try_from(number - 1).unwrap_or_default();
    // SAFETY: as above.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        let attributes = (*columns).attrs.as_ptr();
        #[cfg(feature = "pg18")]
        let attributes = (*columns).compact_attrs.as_ptr();
        let attribute = &*attributes.add(at);
        Stored {
            by_value: attribute.attbyval,
            length: c_int::from(attribute.attlen),
            is_dropped: attribute.attisdropped,
        }
    }
}
