//! Names: as PostgreSQL prints them, as it finds them, and as an argument of its type `name`.

use super::error::caught;
use super::{raw, relation};
use crate::errors::Result;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::{CStr, CString};

/// Whether the search path finds this relation by its bare name; none finds one that is gone.
pub fn is_visible(relation: Oid) -> Result<bool> {
    // SAFETY: looks the relation up in the system caches.
    caught(|| unsafe { relation::row(relation).is_some() && raw::RelationIsVisible(relation) })
}

/// A relation's full name for people, from the system caches alone.
pub fn relation(relation: Oid) -> String {
    // SAFETY: both give null, or a fresh C string.
    let text = |name: *mut std::ffi::c_char| unsafe {
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    };
    // SAFETY: looks the relation up in the system caches.
    let names = unsafe {
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(relation));
        text(schema).zip(text(pg_sys::get_rel_name(relation)))
    };
    match names {
        Some((schema, table)) => format!("{}.{}", display_name(&schema), display_name(&table)),
        None => format!("a table that is gone ({})", relation.to_u32()),
    }
}

/// A name as PostgreSQL would print it in SQL: quoted where it must be.
pub fn display_name(name: &str) -> String {
    let Ok(name) = CString::new(name) else {
        return String::new();
    };
    // SAFETY: gives the argument itself or a fresh C string.
    unsafe { CStr::from_ptr(pg_sys::quote_identifier(name.as_ptr())) }
        .to_string_lossy()
        .into_owned()
}

/// Names, with commas.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names = names.into_iter().map(|name| display_name(name));
    names.collect::<Vec<_>>().join(", ")
}

/// An argument of type `name`: pgrx has none.
pub struct Name(pub String);

impl FromDatum for Name {
    unsafe fn from_polymorphic_datum(datum: Datum, is_null: bool, _: Oid) -> Option<Self> {
        if is_null {
            return None;
        }
        // SAFETY: a name is a C string in a field of fixed size.
        let name = unsafe { CStr::from_ptr(datum.cast_mut_ptr()) };
        Some(Self(name.to_string_lossy().into_owned()))
    }
}

// SAFETY: the argument is declared as name, and read as one.
unsafe impl<'fcx> pgrx::callconv::ArgAbi<'fcx> for Name {
    unsafe fn unbox_arg_unchecked(arg: pgrx::callconv::Arg<'_, 'fcx>) -> Self {
        // SAFETY: as above; a null argument reaches Option<Name> as None and never comes here.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(Self(String::new()))
    }
}

pgrx::impl_sql_translatable!(Name, "name");

/// An argument of type `regclass`: pgrx's own opens the relation, which may be gone.
pub struct TableArgument(pub Oid);

impl FromDatum for TableArgument {
    unsafe fn from_polymorphic_datum(datum: Datum, is_null: bool, kind: Oid) -> Option<Self> {
        // SAFETY: a regclass is an OID.
        unsafe { Oid::from_polymorphic_datum(datum, is_null, kind) }.map(Self)
    }
}

// SAFETY: the argument is declared as regclass, and read as one.
unsafe impl<'fcx> pgrx::callconv::ArgAbi<'fcx> for TableArgument {
    unsafe fn unbox_arg_unchecked(arg: pgrx::callconv::Arg<'_, 'fcx>) -> Self {
        // SAFETY: as above; a null argument reaches Option<TableArgument> as None and never comes here.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(Self(Oid::INVALID))
    }
}

pgrx::impl_sql_translatable!(TableArgument, "regclass");
