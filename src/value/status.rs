//! The types that a status may have, and the values that count as each of them spells them.

use super::key::KeyType;
use super::money;
use pgrx::pg_sys::{self, Oid};

/// A type of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusType {
    Enum,
    Text,
    /// `char(n)`, whose trailing blanks are none.
    Char,
    Boolean,
    Int(KeyType),
    Numeric,
}

impl StatusType {
    /// That of a type below all domains; `None`: a status cannot be of it. A domain over an enum is compared with nothing but itself.
    pub fn of(base_type: Oid, is_enum: bool, is_domain: bool) -> Option<Self> {
        match (base_type, KeyType::of(base_type)) {
            _ if is_enum => (!is_domain).then_some(Self::Enum),
            (_, Some(kind @ (KeyType::Int2 | KeyType::Int4 | KeyType::Int8))) => Some(Self::Int(kind)),
            (pg_sys::TEXTOID | pg_sys::VARCHAROID, _) => Some(Self::Text),
            (pg_sys::BPCHAROID, _) => Some(Self::Char),
            (pg_sys::BOOLOID, _) => Some(Self::Boolean),
            (pg_sys::NUMERICOID, _) => Some(Self::Numeric),
            _ => None,
        }
    }

    /// Whether it may hold any value, so that one that no row has is perhaps misspelt.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Enum | Self::Boolean)
    }

    /// A value as the type prints it; as it is, where the type has no such value, or only PostgreSQL knows which it has.
    pub fn spelt(self, value: String) -> String {
        match self {
            Self::Char => value.trim_end_matches(' ').to_owned(),
            Self::Boolean => boolean(&value).unwrap_or(value),
            Self::Int(_) => match value.trim().parse::<i64>() {
                Ok(number) => number.to_string(),
                Err(_) => value,
            },
            Self::Enum | Self::Text | Self::Numeric => value,
        }
    }

    /// Whether it has this value, spelt so. Labels of an enum are looked up.
    pub fn has(self, value: &str) -> bool {
        match self {
            Self::Enum | Self::Text | Self::Char => true,
            Self::Boolean => ["true", "false"].contains(&value),
            Self::Int(KeyType::Int2) => value.parse::<i16>().is_ok(),
            Self::Int(KeyType::Int4) => value.parse::<i32>().is_ok(),
            Self::Int(_) => value.parse::<i64>().is_ok(),
            Self::Numeric => money::parse(value).is_some(),
        }
    }
}

/// The default of the argument `approved`.
pub const APPROVED: &str = "APPROVED";

/// A boolean's value. The default of what counts stands for "true".
fn boolean(value: &str) -> Option<String> {
    let is_true = match value.to_lowercase().as_str() {
        "t" | "true" | "yes" | "on" | "1" => true,
        "f" | "false" | "no" | "off" | "0" => false,
        _ if value == APPROVED => true,
        _ => return None,
    };
    Some(is_true.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_of_approved_is_true_for_booleans() {
        let spelt = |given: &str| StatusType::Boolean.spelt(given.to_owned());
        assert_eq!(spelt("APPROVED"), "true");
        assert_eq!(spelt("t"), "true");
        assert_eq!(spelt("FALSE"), "false");
        assert_eq!(spelt("maybe"), "maybe");
        assert!(!StatusType::Boolean.has("maybe"));
    }

    #[test]
    fn numbers_are_spelt_as_they_are_printed_and_must_fit() {
        let small = StatusType::Int(KeyType::Int2);
        assert_eq!(small.spelt(" 01".to_owned()), "1");
        assert_eq!(small.spelt("APPROVED".to_owned()), "APPROVED");
        assert!(small.has("32767") && !small.has("32768") && !small.has("APPROVED") && !small.has("1.5"));
        assert!(StatusType::Numeric.has("1.5") && !StatusType::Numeric.has("x"));
    }

    #[test]
    fn trailing_blanks_of_a_char_are_none() {
        assert_eq!(StatusType::Char.spelt("PAID  ".to_owned()), "PAID");
        assert_eq!(StatusType::Text.spelt("PAID  ".to_owned()), "PAID  ");
    }

    #[test]
    fn a_domain_over_an_enum_is_none() {
        let kind = Oid::from(99_999);
        assert_eq!(StatusType::of(kind, true, false), Some(StatusType::Enum));
        assert_eq!(StatusType::of(kind, true, true), None);
        assert_eq!(StatusType::of(pg_sys::TIMESTAMPOID, false, false), None);
        assert_eq!(
            StatusType::of(pg_sys::INT4OID, false, true),
            Some(StatusType::Int(KeyType::Int4))
        );
    }
}
