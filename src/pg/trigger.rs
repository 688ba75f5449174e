//! One call of a trigger: what it is, and what its rows hold.

use super::datum::{self, KeyAttribute, KeyAttributes, StatusAttribute};
use super::error::caught;
use super::index;
use super::raw;
use crate::errors::Result;
use crate::value::key::{Key, KeyType};
use crate::value::money::MoneyType;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum, Oid};
use rust_decimal::Decimal;
use std::ffi::{CStr, c_int};
use std::ptr::null_mut;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Insert,
    Update,
    Delete,
    Truncate,
}

/// Which version of the row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Old,
    New,
}

/// What a BEFORE trigger makes of the row that is about to be written.
pub enum Kept {
    /// It is written as it is.
    AsIs,
    /// This column keeps the OLD row's value.
    Old(i16),
    /// This column gets another value, as text.
    Text(i16, String),
}

/// One call of a trigger.
pub struct TriggerCall<'a>(pub(super) &'a pg_sys::TriggerData);

impl TriggerCall<'_> {
    pub fn event(&self) -> Event {
        match self.0.tg_event & pg_sys::TRIGGER_EVENT_OPMASK {
            pg_sys::TRIGGER_EVENT_INSERT => Event::Insert,
            pg_sys::TRIGGER_EVENT_DELETE => Event::Delete,
            pg_sys::TRIGGER_EVENT_UPDATE => Event::Update,
            _ => Event::Truncate,
        }
    }

    /// The row that a BEFORE trigger gives back.
    pub(super) fn row(&self, kept: Kept) -> Result<Datum> {
        let row = match self.event() {
            Event::Update => self.0.tg_newtuple,
            _ => self.0.tg_trigtuple,
        };
        match kept {
            Kept::AsIs => Ok(Datum::from(row)),
            Kept::Old(number) => self.with(row, number, self.attribute(Version::Old, number)),
            Kept::Text(number, text) => {
                let value = datum::read(self.relation(), number, &text)?;
                self.with(row, number, Some(value))
            }
        }
    }

    /// A row with another value in one column.
    fn with(&self, row: pg_sys::HeapTuple, number: i16, value: Option<Datum>) -> Result<Datum> {
        let mut column = c_int::from(number);
        let mut is_null = value.is_none();
        let mut value = value.unwrap_or(Datum::from(0));
        let (column, is_null, value) = (&raw mut column, &raw mut is_null, &raw mut value);
        // SAFETY: one column of the relation's own; the arrays of one outlive the call.
        let changed = unsafe {
            let columns = (*self.0.tg_relation).rd_att;
            caught(|| raw::heap_modify_tuple_by_cols(row, columns, 1, column, value, is_null))?
        };
        Ok(Datum::from(changed))
    }

    /// The relation that the row is written to; a partition where it is one.
    pub fn relation(&self) -> Oid {
        // SAFETY: PostgreSQL keeps the relation open for the length of the call.
        unsafe { (*self.0.tg_relation).rd_id }
    }

    pub fn is_row_level(&self) -> bool {
        self.0.tg_event & pg_sys::TRIGGER_EVENT_ROW != 0
    }

    pub fn is_after(&self) -> bool {
        self.0.tg_event & pg_sys::TRIGGER_EVENT_TIMINGMASK == pg_sys::TRIGGER_EVENT_AFTER
    }

    /// The command that wrote the row version that made the trigger fire. (A table that keeps its rows otherwise than in
    /// a heap has none to tell: the first then, which is older than all.)
    pub fn command(&self) -> u32 {
        let (tuple, slot) = match self.event() {
            Event::Update => (self.0.tg_newtuple, self.0.tg_newslot),
            _ => (self.0.tg_trigtuple, self.0.tg_trigslot),
        };
        // SAFETY: a row trigger's tuples and slots are filled. In a heap, the version's header says which command of this
        // very transaction made it, or, for DELETE, ended it.
        unsafe {
            if !std::ptr::eq((*slot).tts_ops, &raw const pg_sys::TTSOpsBufferHeapTuple) {
                return 0;
            }
            match self.event() {
                Event::Delete => pg_sys::HeapTupleHeaderGetCmax((*tuple).t_data),
                _ => pg_sys::HeapTupleHeaderGetCmin((*tuple).t_data),
            }
        }
    }

    /// How many rows PostgreSQL thinks the table has; of a partition, or where it never looked, infinitely many.
    pub fn rows_in_table(&self) -> f32 {
        // SAFETY: PostgreSQL keeps the relation open for the length of the call.
        let table = unsafe { &*(*self.0.tg_relation).rd_rel };
        if table.relispartition || table.reltuples < 0.0 {
            return f32::INFINITY;
        }
        table.reltuples
    }

    /// The trigger's own OID; a partition's clone has one of its own.
    pub fn trigger(&self) -> Oid {
        // SAFETY: PostgreSQL keeps the trigger for the length of the call.
        unsafe { (*self.0.tg_trigger).tgoid }
    }

    fn slot(&self, version: Version) -> *mut pg_sys::TupleTableSlot {
        match (self.event(), version) {
            (Event::Update, Version::New) => self.0.tg_newslot,
            _ => self.0.tg_trigslot,
        }
    }

    fn attribute(&self, version: Version, number: i16) -> Option<Datum> {
        let slot = self.slot(version);
        let at = usize::try_from(number - 1).ok()?;
        // SAFETY: a row trigger's slots are filled; the number was looked up for the relation the trigger is on, and
        // the slot's arrays have an element for each of its columns.
        unsafe {
            if (*slot).tts_nvalid < number {
                pg_sys::slot_getsomeattrs_int(slot, c_int::from(number));
            }
            (!*(*slot).tts_isnull.add(at)).then(|| *(*slot).tts_values.add(at))
        }
    }

    /// The key in columns of the row; `None` where one is NULL.
    pub fn key(&self, version: Version, key: &KeyAttributes) -> Option<Key> {
        match key.0.as_slice() {
            [only] => self.part(version, *only),
            several => {
                let parts = several.iter().map(|part| self.part(version, *part));
                parts.collect::<Option<_>>().map(Key::Row)
            }
        }
    }

    fn part(&self, version: Version, attribute: KeyAttribute) -> Option<Key> {
        let datum = self.attribute(version, attribute.number)?;
        // SAFETY: the datum is of the column's type, and not null.
        unsafe { datum::key(datum, attribute.kind) }
    }

    /// Whether an update left a key as it was.
    pub fn keeps(&self, key: &KeyAttributes) -> bool {
        key.0.iter().all(|part| self.keeps_part(*part))
    }

    fn keeps_part(&self, attribute: KeyAttribute) -> bool {
        let versions = [Version::Old, Version::New].map(|version| self.attribute(version, attribute.number));
        let [Some(old), Some(new)] = versions else {
            return false;
        };
        match attribute.kind {
            KeyType::Int2 | KeyType::Int4 | KeyType::Int8 => old == new,
            // SAFETY: both are of the column's type, and not null.
            KeyType::Uuid => unsafe { pgrx::Uuid::from_datum(old, false) == pgrx::Uuid::from_datum(new, false) },
            // SAFETY: as above.
            KeyType::Text | KeyType::Row(_) => unsafe {
                <&str>::from_datum(old, false) == <&str>::from_datum(new, false)
            },
            // SAFETY: as above.
            kind @ (KeyType::Char | KeyType::Numeric) => unsafe { datum::key(old, kind) == datum::key(new, kind) },
        }
    }

    /// Whether an update left a column as it was, to the byte. (Others may be equal too.)
    pub fn leaves(&self, number: i16) -> bool {
        let versions = [Version::Old, Version::New].map(|version| self.attribute(version, number));
        match versions {
            [Some(old), Some(new)] => {
                // SAFETY: PostgreSQL keeps the relation open for the length of the call, and the number is that of a column of it;
                // both values are of its type, and not null. Nothing is unpacked, so there is no error.
                unsafe {
                    let column = index::stored((*self.0.tg_relation).rd_att, number);
                    raw::datumIsEqual(old, new, column.by_value, column.length)
                }
            }
            [old, new] => old.is_none() && new.is_none(),
        }
    }

    /// An amount of money; NULL counts 0, `None` is one that cannot be held exactly.
    pub fn amount(&self, version: Version, number: i16, kind: MoneyType) -> Option<Decimal> {
        let Some(datum) = self.attribute(version, number) else {
            return Some(Decimal::ZERO);
        };
        // SAFETY: the datum is of this type, and not null.
        unsafe { datum::amount(datum, kind) }
    }

    /// Whether the status in a column of the row counts.
    pub fn counts(&self, version: Version, status: &StatusAttribute) -> bool {
        let Some(datum) = self.attribute(version, status.number) else {
            return false;
        };
        // SAFETY: the datum is of the column's type, and not null.
        unsafe { datum::counts(datum, status) }
    }

    /// An amount as PostgreSQL prints it; `None` for NULL.
    pub fn amount_text(&self, version: Version, number: i16, kind: MoneyType) -> Option<String> {
        let datum = self.attribute(version, number)?;
        let (mut output, mut is_varlena) = (Oid::INVALID, false);
        // SAFETY: the datum is of this type; the output function gives a C string. Those of floats would print as few digits
        // as the session's extra_float_digits asks for: different amounts would look the same.
        unsafe {
            match kind {
                MoneyType::Float4 => return f32::from_datum(datum, false).map(|amount| amount.to_string()),
                MoneyType::Float8 => return f64::from_datum(datum, false).map(|amount| amount.to_string()),
                _ => {}
            }
            pg_sys::getTypeOutputInfo(kind.oid(), &raw mut output, &raw mut is_varlena);
            let text = pg_sys::OidOutputFunctionCall(output, datum);
            Some(CStr::from_ptr(text).to_string_lossy().into_owned())
        }
    }

    /// How many triggers we are in.
    pub fn depth() -> i32 {
        // SAFETY: pg_trigger_depth reads a variable and looks at none of its arguments.
        unsafe { raw::pg_trigger_depth(null_mut()) }
            .value()
            .try_into()
            .unwrap_or_default()
    }
}
