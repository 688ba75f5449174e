//! The rows that come out of a statement.

use crate::errors::{Error, Result};
use pgrx::pg_sys::Oid;
use std::str::FromStr;

/// One row of a result, each column as PostgreSQL prints it. Columns are counted from 0.
pub struct Row(Vec<Option<String>>);

impl Row {
    /// A row of these columns.
    pub fn new(columns: Vec<Option<String>>) -> Self {
        Self(columns)
    }

    /// The same row with another text in a column.
    pub fn with(mut self, column: usize, text: Option<String>) -> Self {
        if let Some(place) = self.0.get_mut(column) {
            *place = text;
        }
        self
    }

    /// The column's text; `None` for NULL.
    pub fn get(&self, column: usize) -> Option<&str> {
        self.0.get(column).and_then(Option::as_deref)
    }

    /// The text of a column that is never NULL.
    pub fn text(&self, column: usize) -> Result<&str> {
        self.get(column)
            .ok_or_else(|| Error::internal(format!("column {column} of a result is NULL")))
    }

    /// The same, as a string of one's own.
    pub fn owned(&self, column: usize) -> Result<String> {
        self.text(column).map(str::to_owned)
    }

    /// A boolean column; NULL is not true.
    pub fn is_true(&self, column: usize) -> bool {
        self.get(column) == Some("t")
    }

    /// A number in a column that is never NULL.
    pub fn number<T: FromStr>(&self, column: usize) -> Result<T> {
        self.parsed(column)
    }

    /// An OID in a column that is never NULL.
    pub fn oid(&self, column: usize) -> Result<Oid> {
        self.parsed::<u32>(column).map(Oid::from)
    }

    fn parsed<T: FromStr>(&self, column: usize) -> Result<T> {
        let text = self.text(column)?;
        text.parse()
            .map_err(|_| Error::internal(format!("column {column} of a result cannot be \"{text}\"")))
    }
}
