//! Names: as PostgreSQL prints them, as it finds them, and as an argument of its type `name`.

use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::{CStr, CString};

/// Whether the search path finds this relation by its bare name.
pub fn is_visible(relation: Oid) -> bool {
    // SAFETY: looks the relation up in the system caches.
    unsafe { pg_sys::RelationIsVisible(relation) }
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
