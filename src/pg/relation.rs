//! Relations as the system caches know them, and who descends from whom: at a hundredth of what a query of the catalogs costs.
//! It is looked up at every command on a bound table, and by each session after it.

use super::error::caught;
use super::list::cells;
use super::{raw, scan};
use crate::errors::Result;
use crate::value::mapping::FullName;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::{CStr, CString, c_char};
use std::ptr::null_mut;

/// A row of `pg_class`.
pub struct Class {
    pub name: FullName,
    /// `relkind`: r, p, v, ...
    pub kind: char,
    pub owner: Oid,
    /// `relpersistence`: p, u, t.
    pub persistence: char,
    pub is_partition: bool,
    /// `CREATE TABLE ... OF` a type.
    pub is_typed: bool,
}

/// Its row in the system cache, but for the columns of variable length.
///
/// # Safety
/// To be called by `caught`, or where no frame above owns anything.
pub(super) unsafe fn row(relation: Oid) -> Option<pg_sys::FormData_pg_class> {
    // SAFETY: the row is copied before it is given back.
    unsafe {
        let row = raw::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID.cast_signed(), Datum::from(relation));
        if row.is_null() {
            return None;
        }
        let class = *pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_class>();
        raw::ReleaseSysCache(row);
        Some(class)
    }
}

/// The relation with this OID, if there is one now.
pub fn class(relation: Oid) -> Result<Option<Class>> {
    // SAFETY: the schema's name is null or a fresh C string.
    let found = caught(|| unsafe {
        raw::AcceptInvalidationMessages();
        row(relation).map(|class| (class, raw::get_namespace_name(class.relnamespace)))
    })?;
    let letter = |letter: c_char| char::from(letter.cast_unsigned());
    Ok(found
        .filter(|(_, schema)| !schema.is_null())
        .map(|(class, schema)| Class {
            // SAFETY: as above; a name is a C string in a field of fixed size.
            name: unsafe {
                FullName {
                    schema: text(schema),
                    table: text(class.relname.data.as_ptr()),
                }
            },
            kind: letter(class.relkind),
            owner: class.relowner,
            persistence: letter(class.relpersistence),
            is_partition: class.relispartition,
            is_typed: class.reloftype != Oid::INVALID,
        }))
}

/// Whether PostgreSQL's statistics say that a table has no rows although it has blocks, as after a load that was rolled back and vacuumed:
/// however many it has got since, the planner expects none.
pub fn is_thought_empty(relation: Oid) -> Result<bool> {
    // SAFETY: looks one row up.
    let class = caught(|| unsafe { row(relation) })?;
    Ok(class.is_some_and(|class| class.relpages > 0 && class.reltuples == 0.0))
}

/// The OID of a relation by its full name.
pub fn named(name: &FullName) -> Result<Option<Oid>> {
    let (Ok(schema), Ok(table)) = (CString::new(name.schema.as_str()), CString::new(name.table.as_str())) else {
        return Ok(None);
    };
    let (schema, table) = (schema.as_ptr(), table.as_ptr());
    // SAFETY: both are C strings, which outlive the call.
    let found = caught(|| unsafe {
        raw::AcceptInvalidationMessages();
        match raw::get_namespace_oid(schema, true) {
            Oid::INVALID => Oid::INVALID,
            schema => raw::get_relname_relid(table, schema),
        }
    })?;
    Ok(Some(found).filter(|oid| *oid != Oid::INVALID))
}

/// The tables that inherit from one, as its partitions or otherwise; those that are being detached are none any more, and one that is
/// gone has none.
pub fn children(relation: Oid) -> Result<Vec<Oid>> {
    // SAFETY: reads catalogs; locks none of them.
    let list = caught(|| unsafe {
        raw::AcceptInvalidationMessages();
        if row(relation).is_none() {
            return null_mut();
        }
        raw::find_inheritance_children(relation, pg_sys::NoLock.cast_signed())
    })?;
    // SAFETY: a fresh list of OIDs.
    Ok(unsafe { oids(list) })
}

/// All partitioned tables, of whichever level.
pub fn partitioned() -> Result<Vec<Oid>> {
    // What pgrx has no names for: pg_partitioned_table, and its index.
    const CATALOG: Oid = Oid::from_u32(3350);
    const INDEX: Oid = Oid::from_u32(3351);
    // SAFETY: the first column of each row is the table's OID.
    unsafe { scan::rows(CATALOG, INDEX, None, |row, _| *pg_sys::GETSTRUCT(row).cast::<Oid>()) }
}

/// Whether a partition of it is being detached by two transactions, of which the first has ended.
pub fn is_losing_partition(relation: Oid) -> Result<bool> {
    let mut is_detached = false;
    let (is_there, no_transaction) = (&raw mut is_detached, null_mut());
    let mode = pg_sys::NoLock.cast_signed();
    // SAFETY: reads catalogs; tells of one through our own variable. Who detached it is asked for no more where all are wanted.
    caught(|| unsafe { raw::find_inheritance_children_extended(relation, false, mode, is_there, no_transaction) })?;
    Ok(is_detached)
}

/// Whether it inherits from another, as its partition or otherwise.
pub fn has_parent(relation: Oid) -> Result<bool> {
    // SAFETY: reads catalogs.
    caught(|| unsafe { raw::has_superclass(relation) })
}

/// The tables that a partition is one of, the nearest first; none of any other table.
pub fn ancestors(relation: Oid) -> Result<Vec<Oid>> {
    // SAFETY: reads catalogs. PostgreSQL's own function takes whatever a table inherits from for what it is a partition of.
    let list = caught(|| unsafe {
        match row(relation) {
            Some(class) if class.relispartition => raw::get_partition_ancestors(relation),
            _ => null_mut(),
        }
    })?;
    // SAFETY: a fresh list of OIDs.
    Ok(unsafe { oids(list) })
}

/// # Safety
/// A C string, to be read now.
pub(super) unsafe fn text(text: *const c_char) -> String {
    // SAFETY: as promised.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// # Safety
/// A list of OIDs, or null.
unsafe fn oids(list: *const pg_sys::List) -> Vec<Oid> {
    // SAFETY: as promised.
    unsafe { cells(list).iter().map(|cell| cell.oid_value).collect() }
}
