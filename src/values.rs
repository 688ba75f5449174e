//! What goes into a statement, and the rows that come out of it.

use crate::key::{Key, KeyType};
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum, Oid};

/// One parameter of a statement.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Oid(Oid),
    Int8(i64),
    Int8s(&'a [i64]),
    Key(KeyType, &'a Key),
    Keys(KeyType, &'a [Key]),
}

impl Value<'_> {
    pub fn type_oid(&self) -> Oid {
        match self {
            Self::Text(_) => pg_sys::TEXTOID,
            Self::Texts(_) => pg_sys::TEXTARRAYOID,
            Self::Oid(_) => pg_sys::OIDOID,
            Self::Int8(_) => pg_sys::INT8OID,
            Self::Int8s(_) => pg_sys::INT8ARRAYOID,
            Self::Key(kind, _) => kind.scalar_oid(),
            Self::Keys(kind, _) => kind.array_oid(),
        }
    }

    /// The parameter in PostgreSQL's memory, in the current context.
    pub fn datum(&self) -> Option<Datum> {
        match self {
            Self::Text(text) => text.into_datum(),
            Self::Texts(texts) => texts.iter().map(String::as_str).collect::<Vec<_>>().into_datum(),
            Self::Oid(oid) => oid.into_datum(),
            Self::Int8(number) => number.into_datum(),
            Self::Key(_, Key::Int(number)) => number.into_datum(),
            Self::Key(_, Key::Uuid(bytes)) => pgrx::Uuid::from_bytes(*bytes).into_datum(),
            Self::Key(_, Key::Text(text)) => text.as_ref().into_datum(),
            Self::Int8s(numbers) => numbers.to_vec().into_datum(),
            Self::Keys(kind, keys) => keys_datum(*kind, keys),
        }
    }
}

/// The array of keys of one kind; a key of another kind can't be in it (a binding's sets hold one kind each).
fn keys_datum(kind: KeyType, keys: &[Key]) -> Option<Datum> {
    match kind {
        KeyType::Int2 | KeyType::Int4 | KeyType::Int8 => {
            let ints = keys
                .iter()
                .filter_map(|k| if let Key::Int(i) = k { Some(*i) } else { None });
            ints.collect::<Vec<i64>>().into_datum()
        }
        KeyType::Uuid => {
            let uuids = keys
                .iter()
                .filter_map(|k| if let Key::Uuid(u) = k { Some(*u) } else { None });
            uuids.map(pgrx::Uuid::from_bytes).collect::<Vec<_>>().into_datum()
        }
        KeyType::Text => {
            let texts = keys
                .iter()
                .filter_map(|k| if let Key::Text(t) = k { Some(t.as_ref()) } else { None });
            texts.collect::<Vec<&str>>().into_datum()
        }
    }
}

/// One row of a result, each column as PostgreSQL prints it.
pub struct Row(Vec<Option<String>>);

impl Row {
    /// A row of these columns.
    pub fn new(columns: Vec<Option<String>>) -> Self {
        Self(columns)
    }

    /// The column's text, counted from 0; `None` for NULL.
    pub fn get(&self, column: usize) -> Option<&str> {
        self.0.get(column).and_then(Option::as_deref)
    }

    /// The column's text, "" for NULL.
    pub fn text(&self, column: usize) -> &str {
        self.get(column).unwrap_or_default()
    }

    pub fn is_true(&self, column: usize) -> bool {
        self.get(column) == Some("t")
    }

    pub fn number<T: std::str::FromStr + Default>(&self, column: usize) -> T {
        self.text(column).parse().unwrap_or_default()
    }

    pub fn oid(&self, column: usize) -> Oid {
        Oid::from(self.number::<u32>(column))
    }
}
