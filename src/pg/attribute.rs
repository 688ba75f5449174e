//! Columns of tables, by the index of the catalog, and their types, as the system caches know them.

use super::error::caught;
use super::{kind, raw, relation, scan};
use crate::errors::Result;
use pgrx::pg_sys::SysCacheIdentifier::COLLOID;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{c_char, c_int};

/// A row of `pg_attribute`, with what the others say of its type.
#[derive(Clone, Debug)]
pub struct Attribute {
    pub name: String,
    pub number: i16,
    /// The type as declared, and its name in SQL, as far as the search path asks for one.
    pub kind: Oid,
    pub type_name: String,
    /// The type below all domains, its name with precision and scale, and these as PostgreSQL keeps them.
    pub base_type: Oid,
    pub base_sql: String,
    pub typmod: i32,
    pub is_enum: bool,
    pub is_not_null: bool,
    pub is_generated: bool,
    /// Generated, and computed when it is read: no row holds it.
    pub is_virtual: bool,
    pub collation: Oid,
    pub has_deterministic_collation: bool,
}

/// All columns of a relation, in their order, as they are at one moment: names may pass from one to another. It need not be locked: it, or
/// a type of a column that nothing hangs on, may go while it is looked at.
pub fn of_relation(relation: Oid) -> Result<Vec<Attribute>> {
    let column = pg_sys::Anum_pg_attribute_attrelid.cast_signed() as i16;
    // SAFETY: a row's columns of fixed length are all that is read of it.
    let rows = unsafe {
        scan::rows(
            pg_sys::AttributeRelationId,
            pg_sys::AttributeRelidNumIndexId.into(),
            Some((column, relation)),
            |row, _| *pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_attribute>(),
        )?
    };
    let there = rows.iter().filter(|column| column.attnum > 0 && !column.attisdropped);
    there.map(attribute).collect()
}

fn attribute(column: &pg_sys::FormData_pg_attribute) -> Result<Attribute> {
    let (kind, modifier, collation) = (column.atttypid, column.atttypmod, column.attcollation);
    let base = kind::base(kind, modifier)?;
    let flags = pg_sys::FORMAT_TYPE_TYPEMOD_GIVEN | pg_sys::FORMAT_TYPE_ALLOW_INVALID;
    // SAFETY: looks up what may have gone; the names are fresh C strings.
    let (names, is_deterministic) = caught(|| unsafe {
        let name = |kind, modifier| raw::format_type_extended(kind, modifier, flags as u16);
        let names = [name(kind, modifier), name(base.oid, base.modifier)];
        (names, is_deterministic(collation))
    })?;
    // SAFETY: C strings, fresh or in a field of fixed size.
    let text = |text: *const c_char| unsafe { relation::text(text) };
    let [type_name, base_sql] = names.map(|name| text(name));
    Ok(Attribute {
        name: text(column.attname.data.as_ptr()),
        number: column.attnum,
        kind,
        type_name,
        base_type: base.oid,
        base_sql,
        typmod: base.modifier,
        is_enum: base.is_enum,
        is_not_null: column.attnotnull,
        is_generated: column.attgenerated != 0,
        is_virtual: column.attgenerated.cast_unsigned() == b'v',
        collation,
        has_deterministic_collation: is_deterministic,
    })
}

/// Whether a collation calls the same bytes alone equal; none does.
///
/// # Safety
/// To be called by `caught`.
unsafe fn is_deterministic(collation: Oid) -> bool {
    // SAFETY: the row is read before it is given back.
    unsafe {
        let row = raw::SearchSysCache1(COLLOID as c_int, collation.into());
        if row.is_null() {
            return true;
        }
        let is_deterministic = (*pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_collation>()).collisdeterministic;
        raw::ReleaseSysCache(row);
        is_deterministic
    }
}
