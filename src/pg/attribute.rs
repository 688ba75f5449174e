//! Columns of tables, as the system caches know them.

use super::error::caught;
use super::raw;
use crate::errors::Result;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, c_char};
use std::ptr::null_mut;

/// A row of `pg_attribute`, with what the others say of its type.
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
    /// `attgenerated`: s, v; a zero of a column that is not.
    pub generated: char,
    pub collation: Oid,
    pub has_deterministic_collation: bool,
}

/// All columns of a relation, in their order, as they are at one moment: names may pass from one to another.
pub fn of_relation(relation: Oid) -> Result<Vec<Attribute>> {
    // SAFETY: the relation is open while its columns are copied.
    let copy = caught(|| unsafe {
        raw::AcceptInvalidationMessages();
        let relation = raw::RelationIdGetRelation(relation);
        if relation.is_null() {
            return null_mut();
        }
        let copy = raw::CreateTupleDescCopyConstr((*relation).rd_att);
        raw::RelationClose(relation);
        copy
    })?;
    if copy.is_null() {
        return Ok(Vec::new()); // it is gone
    }
    // SAFETY: a fresh copy, which nobody else has.
    let columns = unsafe { pgrx::PgTupleDesc::from_pg_is_copy(copy) };
    let there = columns.iter().filter(|column| !column.attisdropped);
    there.map(attribute).collect()
}

fn attribute(column: &pg_sys::FormData_pg_attribute) -> Result<Attribute> {
    let (kind, modifier, collation) = (column.atttypid, column.atttypmod, column.attcollation);
    let mut typmod = modifier;
    let of_base = &raw mut typmod;
    // SAFETY: looks types up; the names are fresh C strings.
    let (base_type, names, letter, is_deterministic) = caught(|| unsafe {
        let base_type = raw::getBaseTypeAndTypmod(kind, of_base);
        let names = [
            raw::format_type_with_typemod(kind, modifier),
            raw::format_type_with_typemod(base_type, *of_base),
        ];
        let is_deterministic = collation == Oid::INVALID || raw::get_collation_isdeterministic(collation);
        (base_type, names, raw::get_typtype(base_type), is_deterministic)
    })?;
    // SAFETY: C strings, fresh or in a field of fixed size.
    let text = |text: *const c_char| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    let [type_name, base_sql] = names.map(|name| text(name));
    Ok(Attribute {
        name: text(column.attname.data.as_ptr()),
        number: column.attnum,
        kind,
        type_name,
        base_type,
        base_sql,
        typmod,
        is_enum: letter.cast_unsigned() == pg_sys::TYPTYPE_ENUM,
        generated: char::from(column.attgenerated.cast_unsigned()),
        collation,
        has_deterministic_collation: is_deterministic,
    })
}
