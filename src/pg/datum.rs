//! What stands in the columns of a row that PostgreSQL holds: keys, amounts of money, statuses.

use super::error::caught;
use super::raw;
use crate::errors::{Error, Result};
use crate::value::key::{Key, KeyType};
use crate::value::money::{self, MoneyType};
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid};
use rust_decimal::Decimal;
use std::ffi::CString;

/// A column to read from a row: its number in the relation at hand, and its key type.
#[derive(Clone, Copy)]
pub struct KeyAttribute {
    pub number: i16,
    pub kind: KeyType,
}

/// The columns of a key, or of what points to one, in its order.
pub struct KeyAttributes(pub Vec<KeyAttribute>);

impl KeyAttributes {
    /// Their numbers.
    pub fn numbers(&self) -> impl Iterator<Item = i16> {
        self.0.iter().map(|attribute| attribute.number)
    }
}

/// A status column, by its number in the relation at hand, and what counts.
pub struct StatusAttribute {
    pub number: i16,
    pub approved: Approved,
}

/// The statuses that count, as a row holds them.
pub enum Approved {
    /// Labels of an enum.
    Labels(Vec<Oid>),
    Texts(Vec<String>),
    /// Texts of `char(n)`, without their trailing blanks.
    Padded(Vec<String>),
    Booleans(Vec<bool>),
    /// Numbers of a type of integers.
    Ints(KeyType, Vec<Key>),
    /// There is no status: all that there is.
    All,
}

/// No unique index holds a longer text, however well it is compressed: a link that has one names no row, and is not
/// remembered.
const LONGEST_KEY_BYTES: usize = 1_000_000;

/// A key; `None` for a text that is none.
///
/// # Safety
/// The datum must be of a type of this kind, and not null.
pub(super) unsafe fn key(datum: Datum, kind: KeyType) -> Option<Key> {
    // SAFETY: as promised by the caller.
    unsafe {
        match kind {
            KeyType::Int2 => i16::from_datum(datum, false).map(|i| Key::Int(i.into())),
            KeyType::Int4 => i32::from_datum(datum, false).map(|i| Key::Int(i.into())),
            KeyType::Int8 => i64::from_datum(datum, false).map(Key::Int),
            KeyType::Uuid => pgrx::Uuid::from_datum(datum, false).map(|u| Key::Uuid(*u.as_bytes())),
            KeyType::Text | KeyType::Char => <&str>::from_datum(datum, false)
                .filter(|text| text.len() <= LONGEST_KEY_BYTES)
                .and_then(|text| kind.parse(text)),
            KeyType::Numeric => {
                pgrx::AnyNumeric::from_datum(datum, false).and_then(|number| kind.parse(&number.to_string()))
            }
            // No column is of it.
            KeyType::Row(_) => None,
        }
    }
}

/// An amount of money; `None` is one that cannot be held exactly.
///
/// # Safety
/// The datum must be of this type, and not null.
pub(super) unsafe fn amount(datum: Datum, kind: MoneyType) -> Option<Decimal> {
    // SAFETY: as promised by the caller.
    unsafe {
        match kind {
            MoneyType::Int2 => i16::from_datum(datum, false).map(Decimal::from),
            MoneyType::Int4 => i32::from_datum(datum, false).map(Decimal::from),
            MoneyType::Int8 => i64::from_datum(datum, false).map(Decimal::from),
            MoneyType::Float4 => numeric(pgrx::direct_function_call(pg_sys::float4_numeric, &[Some(datum)])?),
            MoneyType::Float8 => numeric(pgrx::direct_function_call(pg_sys::float8_numeric, &[Some(datum)])?),
            MoneyType::Numeric(_) => numeric(datum),
        }
    }
}

/// A numeric of PostgreSQL's.
///
/// # Safety
/// The datum must be a numeric, and not null.
unsafe fn numeric(datum: Datum) -> Option<Decimal> {
    // SAFETY: a numeric is a varlena; unpacked, it is its length word and the bytes behind.
    unsafe {
        let packed = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
        let bytes = std::slice::from_raw_parts(pgrx::vardata_any(packed).cast::<u8>(), pgrx::varsize_any_exhdr(packed));
        let amount = money::from_stored(bytes);
        if !std::ptr::eq(packed, datum.cast_mut_ptr()) {
            pg_sys::pfree(packed.cast());
        }
        amount
    }
}

/// Whether a status counts.
///
/// # Safety
/// The datum must be of the column's type, and not null.
pub(super) unsafe fn counts(datum: Datum, status: &StatusAttribute) -> bool {
    // SAFETY: as promised by the caller.
    unsafe {
        match &status.approved {
            Approved::Labels(labels) => Oid::from_datum(datum, false).is_some_and(|label| labels.contains(&label)),
            Approved::Texts(texts) => {
                <&str>::from_datum(datum, false).is_some_and(|text| texts.iter().any(|one| one == text))
            }
            Approved::Padded(texts) => <&str>::from_datum(datum, false)
                .map(|text| text.trim_end_matches(' '))
                .is_some_and(|text| texts.iter().any(|one| one == text)),
            Approved::Ints(kind, values) => key(datum, *kind).is_some_and(|value| values.contains(&value)),
            Approved::Booleans(values) => bool::from_datum(datum, false).is_some_and(|value| values.contains(&value)),
            Approved::All => true,
        }
    }
}

/// A value of a column, read from text as its type reads it: one of a domain may be refused.
pub(super) fn read(relation: Oid, number: i16, text: &str) -> Result<Datum> {
    let text = CString::new(text).map_err(|_| Error::internal("a NUL byte in an amount"))?;
    let text = text.as_ptr().cast_mut();
    let (mut kind, mut modifier, mut collation) = (Oid::INVALID, -1, Oid::INVALID);
    let (mut input, mut parameter) = (Oid::INVALID, Oid::INVALID);
    // SAFETY: the number was looked up for the relation, which is open. The text outlives the last call, which owns nothing.
    unsafe {
        pg_sys::get_atttypetypmodcoll(relation, number, &raw mut kind, &raw mut modifier, &raw mut collation);
        pg_sys::getTypeInputInfo(kind, &raw mut input, &raw mut parameter);
        caught(|| raw::OidInputFunctionCall(input, text, parameter, modifier))
    }
}
