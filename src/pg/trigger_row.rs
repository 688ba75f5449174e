//! Rows of `pg_trigger`, by its indexes. They are read at every command on a bound table, and
//! by each session after it.

use super::error::caught;
use super::relation::text;
use super::{raw, scan, session};
use crate::errors::Result;
use crate::value::mapping::ARGUMENT_MAX;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CStr;
use std::ptr::{null, null_mut};

/// Bytes around an argument: its length, and the zero that it ends in.
const AROUND: usize = 5;
/// Bytes, as it is stored, of a condition; one longer than any of ours is not looked at either.
const CONDITION_MAX: usize = 20_000;

/// The bits of `pg_trigger.tgtype`: when, at which level and on which events a trigger fires.
pub mod fires {
    pub const ROW: i16 = 1;
    pub const BEFORE: i16 = 2;
    pub const INSERT: i16 = 4;
    pub const DELETE: i16 = 8;
    pub const UPDATE: i16 = 16;
    pub const TRUNCATE: i16 = 32;
}

/// A row of `pg_trigger`, as far as a trigger of ours is told by it.
pub struct TriggerRow {
    pub name: String,
    pub relation: Oid,
    /// The trigger whose clone on a partition it is.
    pub parent: Option<Oid>,
    pub function: Oid,
    /// Of a constraint trigger.
    pub constraint: Option<Oid>,
    /// Its argument, if it has one alone, of a length that a mapping may have.
    pub argument: Option<String>,
    /// `tgenabled`: O, D, R, A.
    pub enabled: char,
    /// `tgtype`: the bits of [`fires`].
    pub fires: i16,
    pub is_deferrable: bool,
    /// Initially.
    pub is_deferred: bool,
    /// Whether it fires for some columns alone (UPDATE OF).
    pub has_columns: bool,
    /// Its WHEN, as PostgreSQL keeps expressions; empty: none. `None`: a longer one than is looked at.
    pub condition: Option<String>,
}

/// Those of a table, clones too.
pub fn of_table(relation: Oid) -> Result<Vec<TriggerRow>> {
    found_by(
        pg_sys::TriggerRelidNameIndexId,
        pg_sys::Anum_pg_trigger_tgrelid,
        relation,
    )
}

/// The one with this OID.
pub fn by_oid(trigger: Oid) -> Result<Option<TriggerRow>> {
    let found = found_by(pg_sys::TriggerOidIndexId, pg_sys::Anum_pg_trigger_oid, trigger)?;
    Ok(found.into_iter().next())
}

/// The name of a function of ours, if it is one: it stands in the extension's schema.
pub fn own_function(function: Oid) -> Result<Option<String>> {
    // SAFETY: null, or fresh C strings.
    let name = caught(|| unsafe {
        let schema = raw::get_namespace_name(raw::get_func_namespace(function));
        let is_ours = !schema.is_null() && CStr::from_ptr(schema) == c"spend_sync";
        if is_ours {
            raw::get_func_name(function)
        } else {
            null_mut()
        }
    })?;
    // SAFETY: as above.
    Ok((!name.is_null()).then(|| unsafe { text(name) }))
}

/// The name of a constraint, which a trigger's need not follow; `None`: it is not there any more.
pub fn constraint_name(constraint: Oid) -> Result<Option<String>> {
    // SAFETY: null, or a fresh C string.
    let name = caught(|| unsafe { raw::get_constraint_name(constraint) })?;
    // SAFETY: as above.
    Ok((!name.is_null()).then(|| unsafe { text(name) }))
}

/// The function of ours of this name that takes no arguments; an invalid OID, if there is none.
pub fn own_named(name: &CStr) -> Result<Oid> {
    use pg_sys::SysCacheIdentifier::PROCNAMEARGSNSP;
    let (name, none) = (Datum::from(name.as_ptr()), Datum::from(0));
    // SAFETY: the string outlives the call.
    caught(|| unsafe {
        let schema = raw::get_namespace_oid(c"spend_sync".as_ptr(), true);
        let arguments = Datum::from(raw::buildoidvector(null(), 0));
        let column = pg_sys::Anum_pg_proc_oid.cast_signed() as i16;
        raw::GetSysCacheOid(
            PROCNAMEARGSNSP.cast_signed(),
            column,
            name,
            arguments,
            schema.into(),
            none,
        )
    })
}

/// What was copied of a row, in memory of PostgreSQL's.
#[derive(Clone, Copy)]
struct Copied {
    row: pg_sys::HeapTuple,
    argument: *mut pg_sys::varlena,
    condition: *mut pg_sys::varlena,
    is_condition_long: bool,
}

fn found_by(index: u32, column: u32, value: Oid) -> Result<Vec<TriggerRow>> {
    let column = column.cast_signed() as i16;
    // SAFETY: as `scan::rows` calls it.
    let copy = |row, columns| unsafe { copied(row, columns) };
    // SAFETY: both indexes are by an OID; what is copied is whole, and of its own memory.
    unsafe {
        let copies = scan::rows(pg_sys::TriggerRelationId, index.into(), Some((column, value)), copy)?;
        Ok(copies.into_iter().map(|copy| taken(copy)).collect())
    }
}

/// # Safety
/// To be called by `caught`, with a row of the catalog, whose columns are these.
unsafe fn copied(row: pg_sys::HeapTuple, columns: pg_sys::TupleDesc) -> Copied {
    const COLUMNS: usize = pg_sys::Anum_pg_trigger_tgnewtable as usize;
    let (mut values, mut nulls) = ([Datum::null(); COLUMNS], [true; COLUMNS]);
    // SAFETY: as promised; there is a place for each column.
    unsafe {
        raw::heap_deform_tuple(row, columns, values.as_mut_ptr(), nulls.as_mut_ptr());
        let column = |number: u32| {
            let place = number as usize - 1;
            values.get(place).copied().filter(|_| nulls.get(place) == Some(&false))
        };
        let argument = column(pg_sys::Anum_pg_trigger_tgargs).filter(|argument| {
            fixed(row).tgnargs == 1 && raw::toast_raw_datum_size(*argument) <= ARGUMENT_MAX + AROUND
        });
        let condition = column(pg_sys::Anum_pg_trigger_tgqual);
        let is_condition_long = condition.is_some_and(|condition| raw::toast_datum_size(condition) > CONDITION_MAX);
        let condition = condition.filter(|_| !is_condition_long);
        let whole =
            |value: Option<Datum>| value.map_or(null_mut(), |value| raw::pg_detoast_datum_copy(value.cast_mut_ptr()));
        Copied {
            row: raw::heap_copytuple(row),
            argument: whole(argument),
            condition: whole(condition),
            is_condition_long,
        }
    }
}

/// # Safety
/// A copy whose values are used no more.
unsafe fn taken(copy: Copied) -> TriggerRow {
    // In a database that is not in UTF-8 nothing is attached, and bytes may be any.
    let is_utf8 = session::is_utf8();
    // SAFETY: as promised: whole values, of their own memory; a name is a C string in a field of fixed size.
    unsafe {
        let condition = bytes(copy.condition).unwrap_or_default();
        // The argument ends in a zero.
        let argument = bytes(copy.argument).filter(|_| is_utf8).and_then(|mut argument| {
            argument.pop();
            String::from_utf8(argument).ok()
        });
        let row = fixed(copy.row);
        let taken = TriggerRow {
            name: text(row.tgname.data.as_ptr()),
            relation: row.tgrelid,
            parent: Some(row.tgparentid).filter(|parent| *parent != Oid::INVALID),
            function: row.tgfoid,
            constraint: Some(row.tgconstraint).filter(|constraint| *constraint != Oid::INVALID),
            argument,
            enabled: char::from(row.tgenabled.cast_unsigned()),
            fires: row.tgtype,
            is_deferrable: row.tgdeferrable,
            is_deferred: row.tginitdeferred,
            has_columns: row.tgattr.dim1 > 0,
            condition: (!copy.is_condition_long).then(|| String::from_utf8_lossy(&condition).into_owned()),
        };
        pg_sys::heap_freetuple(copy.row);
        taken
    }
}

/// The columns of a row that stand side by side in it.
///
/// # Safety
/// A row of the catalog, that lives as long as they are looked at.
unsafe fn fixed<'a>(row: pg_sys::HeapTuple) -> &'a pg_sys::FormData_pg_trigger {
    // SAFETY: as promised.
    unsafe { &*pg_sys::GETSTRUCT(row).cast() }
}

/// # Safety
/// A value of its own memory, whole, which is freed; or null.
unsafe fn bytes(value: *mut pg_sys::varlena) -> Option<Vec<u8>> {
    if value.is_null() {
        return None;
    }
    // SAFETY: as promised.
    unsafe {
        let length = pgrx::varsize_any_exhdr(value);
        let bytes = std::slice::from_raw_parts(pgrx::vardata_any(value).cast::<u8>(), length).to_vec();
        pg_sys::pfree(value.cast());
        Some(bytes)
    }
}
