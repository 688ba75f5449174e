//! What goes into a statement.

use super::key::{Key, KeyType};
use super::names;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{AnyNumeric, IntoDatum};

/// One parameter of a statement.
#[derive(Clone, Copy)]
pub enum Param<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Oid(Oid),
    Oids(&'a [Oid]),
    Int8(i64),
    Int8s(&'a [i64]),
    Key(KeyType, &'a Key),
    Keys(KeyType, &'a [Key]),
}

impl Param<'_> {
    pub fn type_oid(&self) -> Oid {
        match self {
            Self::Text(_) => pg_sys::TEXTOID,
            Self::Texts(_) => pg_sys::TEXTARRAYOID,
            Self::Oid(_) => pg_sys::OIDOID,
            Self::Oids(_) => pg_sys::OIDARRAYOID,
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
            Self::Oids(oids) => oids.to_vec().into_datum(),
            Self::Int8(number) => number.into_datum(),
            Self::Key(_, Key::Int(number)) => number.into_datum(),
            Self::Key(_, Key::Uuid(bytes)) => pgrx::Uuid::from_bytes(*bytes).into_datum(),
            Self::Key(KeyType::Numeric, Key::Text(text)) => number(text).into_datum(),
            Self::Key(_, Key::Text(text)) => text.as_ref().into_datum(),
            Self::Key(_, Key::Row(parts)) => row(parts).into_datum(),
            Self::Int8s(numbers) => numbers.to_vec().into_datum(),
            Self::Keys(kind, keys) => keys_datum(*kind, keys),
        }
    }
}

/// The array of keys of one kind; one of another kind is left out: a total was attached by another key since it was noted.
fn keys_datum(kind: KeyType, keys: &[Key]) -> Option<Datum> {
    let keys = || keys.iter().filter(|key| kind.has(key));
    match kind {
        KeyType::Int2 | KeyType::Int4 | KeyType::Int8 => {
            let ints = keys().filter_map(|k| if let Key::Int(i) = k { Some(*i) } else { None });
            ints.collect::<Vec<i64>>().into_datum()
        }
        KeyType::Uuid => {
            let uuids = keys().filter_map(|k| if let Key::Uuid(u) = k { Some(*u) } else { None });
            uuids.map(pgrx::Uuid::from_bytes).collect::<Vec<_>>().into_datum()
        }
        KeyType::Text => texts(keys()).collect::<Vec<&str>>().into_datum(),
        KeyType::Char => texts(keys()).map(Padded).collect::<Vec<Padded>>().into_datum(),
        KeyType::Numeric => texts(keys())
            .filter_map(number)
            .collect::<Vec<AnyNumeric>>()
            .into_datum(),
        KeyType::Row(_) => {
            let rows = keys().filter_map(|k| {
                if let Key::Row(parts) = k {
                    Some(row(parts))
                } else {
                    None
                }
            });
            rows.collect::<Vec<String>>().into_datum()
        }
    }
}

/// A key of several columns as an array of texts.
fn row(parts: &[Key]) -> String {
    names::array(&parts.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn texts<'a>(keys: impl Iterator<Item = &'a Key>) -> impl Iterator<Item = &'a str> {
    keys.filter_map(|k| if let Key::Text(t) = k { Some(t.as_ref()) } else { None })
}

/// A key of this kind is the text of one.
fn number(text: &str) -> Option<AnyNumeric> {
    AnyNumeric::try_from(text).ok()
}

/// A text as a `char(n)` of whatever length.
struct Padded<'a>(&'a str);

impl IntoDatum for Padded<'_> {
    fn into_datum(self) -> Option<Datum> {
        self.0.into_datum()
    }

    fn type_oid() -> Oid {
        pg_sys::BPCHAROID
    }
}
