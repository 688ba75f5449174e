//! The value of a campaign's or clip's key, outside of PostgreSQL's memory.
//!
//! Keys are compared, sorted and hashed here only to keep each of them once; who equals whom is always decided by
//! PostgreSQL, which gets them back as an array parameter of [`KeyType::array_oid`].

use super::names;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};

/// One key. The variant follows the column's type, so that `5` and `'5'` never meet in one set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Int(i64),
    Uuid([u8; 16]),
    Text(Box<str>),
    /// Of several columns, each with its own.
    Row(Box<[Key]>),
}

/// The types a key column may have (domains count as the type below them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    Int2,
    Int4,
    Int8,
    Uuid,
    Text,
    /// `char(n)`, whose trailing blanks are none.
    Char,
    /// Whose trailing zeros are none.
    Numeric,
    /// Of several columns, in their order.
    Row(&'static [KeyType]),
}

thread_local! {
    /// The rows that keys are of: each is kept once, for as long as the backend lives.
    static ROWS: RefCell<Vec<&'static [KeyType]>> = const { RefCell::new(Vec::new()) };
}

impl KeyType {
    /// The key type of a column, from the type below all its domains; `None` where a key can't have it.
    pub fn of(base_type: pg_sys::Oid) -> Option<Self> {
        match base_type {
            pg_sys::INT2OID => Some(Self::Int2),
            pg_sys::INT4OID => Some(Self::Int4),
            pg_sys::INT8OID => Some(Self::Int8),
            pg_sys::UUIDOID => Some(Self::Uuid),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Some(Self::Text),
            pg_sys::BPCHAROID => Some(Self::Char),
            pg_sys::NUMERICOID => Some(Self::Numeric),
            _ => None,
        }
    }

    /// The type of a key of these columns: of the only one, or of a row.
    pub fn of_columns(kinds: &[Self]) -> Self {
        if let [only] = kinds {
            return *only;
        }
        ROWS.with_borrow_mut(|rows| {
            if let Some(known) = rows.iter().find(|row| **row == kinds) {
                return Self::Row(known);
            }
            let new: &'static [Self] = Box::leak(kinds.into());
            rows.push(new);
            Self::Row(new)
        })
    }

    /// The types of its columns.
    pub fn columns(&self) -> &[Self] {
        match self {
            Self::Row(kinds) => kinds,
            one => std::slice::from_ref(one),
        }
    }

    /// The array type in which keys travel to PostgreSQL. All integers travel as bigint: the operator family of
    /// integers is one, so an index on an int4 column serves a bigint parameter. A row travels as an array of texts, as text.
    pub fn array_oid(self) -> pg_sys::Oid {
        match self {
            Self::Int2 | Self::Int4 | Self::Int8 => pg_sys::INT8ARRAYOID,
            Self::Uuid => pg_sys::UUIDARRAYOID,
            Self::Text | Self::Row(_) => pg_sys::TEXTARRAYOID,
            Self::Char => pg_sys::BPCHARARRAYOID,
            Self::Numeric => pg_sys::NUMERICARRAYOID,
        }
    }

    /// The type in which one key travels.
    pub fn scalar_oid(self) -> pg_sys::Oid {
        match self {
            Self::Int2 | Self::Int4 | Self::Int8 => pg_sys::INT8OID,
            Self::Uuid => pg_sys::UUIDOID,
            Self::Text | Self::Row(_) => pg_sys::TEXTOID,
            Self::Char => pg_sys::BPCHAROID,
            Self::Numeric => pg_sys::NUMERICOID,
        }
    }

    /// The same in SQL, of one column.
    pub fn scalar_sql(self) -> &'static str {
        match self {
            Self::Int2 | Self::Int4 | Self::Int8 => "pg_catalog.int8",
            Self::Uuid => "pg_catalog.uuid",
            Self::Text | Self::Row(_) => "pg_catalog.text",
            Self::Char => "pg_catalog.bpchar",
            Self::Numeric => "pg_catalog.numeric",
        }
    }

    /// Whether a column of this type can point to a key of the other, which is of one column too.
    pub fn links_to(self, other: Self) -> bool {
        self.array_oid() == other.array_oid()
    }

    /// Reads a key as PostgreSQL prints it, one of several columns as a row, `(7,abc)`, or as an array, `{7,abc}`; `None` where the text
    /// is no value of the type.
    pub fn parse(self, text: &str) -> Option<Key> {
        match self {
            Self::Int2 | Self::Int4 | Self::Int8 => text.trim().parse().ok().map(Key::Int),
            Self::Uuid => parse_uuid(text).map(Key::Uuid),
            Self::Text => Some(Key::Text(text.into())),
            Self::Char => Some(Key::Text(text.trim_end_matches(' ').into())),
            Self::Numeric => number(text.trim()).map(|text| Key::Text(text.into())),
            Self::Row(kinds) => {
                let fields = names::fields(text).filter(|fields| fields.len() == kinds.len())?;
                let parts = kinds.iter().zip(fields).map(|(kind, field)| kind.parse(&field?));
                parts.collect::<Option<_>>().map(Key::Row)
            }
        }
    }

    /// Whether a key is one of this type.
    pub fn has(self, key: &Key) -> bool {
        match (self, key) {
            (Self::Int2 | Self::Int4 | Self::Int8, Key::Int(_)) => true,
            (Self::Uuid, Key::Uuid(_)) | (Self::Text | Self::Char, Key::Text(_)) => true,
            (Self::Numeric, Key::Text(text)) => number(text) == Some(text),
            (Self::Row(kinds), Key::Row(parts)) => {
                kinds.len() == parts.len() && kinds.iter().zip(parts).all(|(kind, part)| kind.has(part))
            }
            _ => false,
        }
    }

    /// Whether a value may be of any length.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Text | Self::Char)
    }

    /// The name to show in messages.
    pub fn name(self) -> String {
        let name = match self {
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Char => "character",
            Self::Numeric => "numeric",
            Self::Row(kinds) => {
                let names: Vec<String> = kinds.iter().map(|kind| kind.name()).collect();
                return format!("({})", names.join(", "));
            }
        };
        name.to_owned()
    }
}

/// A numeric, as equal ones print alike; `None` for what PostgreSQL does not print so.
fn number(text: &str) -> Option<&str> {
    if ["NaN", "Infinity", "-Infinity"].contains(&text) {
        return Some(text);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = are_digits(whole) && are_digits(fraction) && (whole == "0" || !whole.starts_with('0'));
    if !is_plain || (digits.len() < text.len() && digits.bytes().all(|byte| matches!(byte, b'0' | b'.'))) {
        return None;
    }
    Some(match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    })
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let trimmed = text.trim();
    let bare = trimmed
        .strip_prefix('{')
        .and_then(|t| t.strip_suffix('}'))
        .unwrap_or(trimmed);
    let digits: Vec<u8> = bare.bytes().filter(|b| *b != b'-').collect();
    if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digits = std::str::from_utf8(&digits).ok()?;
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Row(parts) => {
                let fields: Vec<String> = parts.iter().map(|part| names::field(&part.to_string())).collect();
                write!(f, "({})", fields.join(","))
            }
            Self::Uuid(bytes) => {
                for (at, byte) in bytes.iter().enumerate() {
                    if matches!(at, 4 | 6 | 8 | 10) {
                        f.write_str("-")?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }
    }
}

impl Key {
    /// How many short keys one takes the memory of, beyond itself; 0: it is a short one.
    pub fn extra_rows(&self) -> usize {
        const BYTES_OF_A_ROW: usize = 1_000;
        match self {
            Self::Text(text) => text.len() / BYTES_OF_A_ROW,
            Self::Row(_) => self.to_string().len() / BYTES_OF_A_ROW,
            Self::Int(_) | Self::Uuid(_) => 0,
        }
    }

    /// Whether it takes more memory than a row.
    pub fn is_long(&self) -> bool {
        self.extra_rows() > 0
    }

    /// What the lock that stands for this key of a table's columns, while no row may carry it yet, tells it from the table's others by: a hash
    /// of both, the same in every backend. Two keys of one hash wait for each other, no more. `secret`: without it nobody who looks at locks
    /// can tell which keys they are for.
    pub fn hash_in(&self, columns: &[i16], secret: &[u8]) -> u32 {
        let mut hasher = DefaultHasher::new();
        hasher.write(secret);
        columns.iter().for_each(|column| hasher.write_i16(*column));
        hasher.write(self.to_string().as_bytes());
        hasher.finish() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_print_as_postgresql_prints_them() {
        let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        for (kind, text) in [
            (KeyType::Int8, "-9223372036854775808"),
            (KeyType::Int4, "7"),
            (KeyType::Uuid, uuid),
            (KeyType::Text, "it's a \"key\"\n"),
            (KeyType::Text, ""),
            (KeyType::Char, " a"),
            (
                KeyType::Numeric,
                "-12345678901234567890123456789012345678901234567890.5",
            ),
            (KeyType::Numeric, "1000"),
            (KeyType::Numeric, "0"),
            (KeyType::Numeric, "NaN"),
        ] {
            let key = kind.parse(text);
            assert_eq!(key.map(|k| k.to_string()).as_deref(), Some(text));
        }
        assert_eq!(
            KeyType::Uuid.parse("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"),
            KeyType::Uuid.parse(uuid)
        );
    }

    #[test]
    fn text_that_is_no_key_is_refused() {
        for (kind, text) in [
            (KeyType::Int8, "9223372036854775808"),
            (KeyType::Int4, "abc"),
            (KeyType::Int4, ""),
            (KeyType::Uuid, "a0eebc99"),
            (KeyType::Uuid, "+0eebc999c0b4ef8bb6d6bb9bd380a11"),
            (KeyType::Numeric, "1e5"),
            (KeyType::Numeric, "01"),
            (KeyType::Numeric, "-0.0"),
            (KeyType::Numeric, "."),
            (KeyType::Numeric, "1."),
        ] {
            assert_eq!(kind.parse(text), None, "{text}");
        }
    }

    #[test]
    fn equal_values_are_one_key() {
        for (kind, one, other) in [
            (KeyType::Char, "ab", "ab   "),
            (KeyType::Numeric, "1.50", "1.5"),
            (KeyType::Numeric, "100.00", "100"),
            (KeyType::Numeric, "0.000", "0"),
            (KeyType::Numeric, "-7.0", " -7 "),
        ] {
            assert_eq!(kind.parse(one), kind.parse(other), "{one}");
        }
        assert_ne!(KeyType::Numeric.parse("100"), KeyType::Numeric.parse("1"));
    }

    #[test]
    fn a_key_of_several_columns_reads_as_row_and_as_array() {
        let kind = KeyType::of_columns(&[KeyType::Int4, KeyType::Text]);
        assert_eq!(kind, KeyType::of_columns(&[KeyType::Int4, KeyType::Text]));
        assert_eq!(KeyType::of_columns(&[KeyType::Uuid]), KeyType::Uuid);
        let key = |text: &str| Some(Key::Row([Key::Int(7), Key::Text(text.into())].into()));
        for (part, row, array) in [
            ("abc", "(7,abc)", "{7,abc}"),
            ("", "(7,\"\")", "{7,\"\"}"),
            ("a,b", "(7,\"a,b\")", "{7,\"a,b\"}"),
            ("(\"x\" \\)", r#"(7,"(""x"" \\)")"#, r#"{7,"(\"x\" \\)"}"#),
        ] {
            assert_eq!(kind.parse(row), key(part), "{row}");
            assert_eq!(kind.parse(array), key(part), "{array}");
            assert_eq!(key(part).map(|key| key.to_string()).as_deref(), Some(row));
        }
        for bad in ["7", "(7)", "(7,)", "(7,a,b)", "(x,a)", "{7,NULL}", "(7,\"a)", ""] {
            assert_eq!(kind.parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_of_another_type_is_told_apart() {
        let (number, word) = (Key::Int(7), Key::Text("abc".into()));
        let row = |parts: &[&Key]| Key::Row(parts.iter().map(|part| (*part).clone()).collect());
        let kind = KeyType::of_columns(&[KeyType::Int4, KeyType::Text]);
        assert!(kind.has(&row(&[&number, &word])));
        for other in [
            row(&[&number, &number]),
            row(&[&number]),
            row(&[&word, &word]),
            number.clone(),
        ] {
            assert!(!kind.has(&other), "{other}");
        }
        assert!(KeyType::Int2.has(&number) && !KeyType::Uuid.has(&number) && !KeyType::Text.has(&number));
        assert!(KeyType::Char.has(&word) && !KeyType::Numeric.has(&word) && !KeyType::Int8.has(&word));
    }

    #[test]
    fn a_key_is_long_by_all_its_columns() {
        let text = Key::Text("x".repeat(600).into());
        assert!(!text.is_long());
        assert!(Key::Row([text.clone(), text].into()).is_long());
    }

    #[test]
    fn a_hash_depends_on_columns_key_and_secret() {
        let (key, secret) = (Key::Text("ckz".into()), b"known to the server alone");
        let hash = key.hash_in(&[1], secret);
        assert_eq!(hash, key.clone().hash_in(&[1], secret));
        for other in [
            key.hash_in(&[2], secret),
            key.hash_in(&[1, 2], secret),
            key.hash_in(&[1], b"another"),
            Key::Text("cky".into()).hash_in(&[1], secret),
        ] {
            assert_ne!(hash, other);
        }
        let hashes = (0..10_000).map(|number| Key::Int(number).hash_in(&[1], secret));
        assert!(hashes.collect::<std::collections::BTreeSet<u32>>().len() > 9_990);
    }
}
