//! Columns and their types.

use crate::errors::Result;
use crate::pg::{attribute, name, session};
use crate::value::key::KeyType;
use crate::value::money::MoneyType;
use crate::value::status::StatusType;
use pgrx::pg_sys::{self, Oid};

/// A column.
pub use crate::pg::attribute::Attribute as Column;

impl Column {
    pub fn is_domain(&self) -> bool {
        self.kind != self.base_type
    }

    pub fn key_type(&self) -> Option<KeyType> {
        KeyType::of(self.base_type)
    }

    pub fn status_type(&self) -> Option<StatusType> {
        StatusType::of(self.base_type, self.is_enum, self.is_domain())
    }

    /// Whether it holds a day, or a point in time.
    pub fn is_moment(&self) -> bool {
        matches!(
            self.base_type,
            pg_sys::DATEOID | pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID
        )
    }

    pub fn is_array(&self) -> bool {
        self.base_sql.ends_with("[]")
    }

    /// Whether it is of a type of PostgreSQL's own of which no value is a word.
    pub fn holds_no_words(&self) -> bool {
        let is_word = matches!(
            self.base_type,
            pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID | pg_sys::NAMEOID | pg_sys::CHAROID
        );
        self.base_type.to_u32() < pg_sys::FirstNormalObjectId && !is_word
    }

    /// The type of money that it has, if any.
    pub fn money(&self) -> Option<MoneyType> {
        MoneyType::of(self.base_type, self.typmod)
    }
}

/// Their numbers.
pub fn numbers(columns: &[Column]) -> Vec<i16> {
    columns.iter().map(|column| column.number).collect()
}

/// Their names.
pub fn column_names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// Their names, for people.
pub fn listed(columns: &[Column]) -> String {
    name::listed(columns.iter().map(|column| &column.name))
}

/// All columns of a table, in their order.
pub fn columns(relation: Oid) -> Result<Vec<Column>> {
    session::with_catalog_names(|| attribute::of_relation(relation))
}
