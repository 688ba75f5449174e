//! Numbers as columns hold them: what a value becomes when it is stored, and what a sum of such values is.

use std::fmt;

use bigdecimal::{BigDecimal, RoundingMode, Zero};

/// A numeric. NaN equals itself, as in PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    Finite(BigDecimal),
    NotANumber,
    Infinity,
    MinusInfinity,
}

/// The types that columns of money have here.
#[derive(Clone, Copy, Debug)]
pub enum Money {
    Numeric,
    /// With precision and scale.
    Limited(u32, i64),
    Int2,
    Int4,
    Int8,
    Float8,
}

pub const OUT_OF_RANGE: &str = "22003";
/// "cannot convert NaN to integer".
pub const NOT_SUPPORTED: &str = "0A000";

impl Amount {
    pub fn zero() -> Self {
        Self::Finite(BigDecimal::zero())
    }

    /// Reads a number as PostgreSQL prints it.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "NaN" => Self::NotANumber,
            "Infinity" => Self::Infinity,
            "-Infinity" => Self::MinusInfinity,
            finite => Self::Finite(finite.parse().ok()?),
        })
    }

    pub fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Finite(one), Self::Finite(two)) => Self::Finite(one + two),
            (Self::NotANumber, _) | (_, Self::NotANumber) => Self::NotANumber,
            (Self::Infinity, Self::MinusInfinity) | (Self::MinusInfinity, Self::Infinity) => Self::NotANumber,
            (Self::Finite(_), infinite) | (infinite, _) => infinite.clone(),
        }
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&match other {
            Self::Finite(number) => Self::Finite(-number),
            Self::NotANumber => Self::NotANumber,
            Self::Infinity => Self::MinusInfinity,
            Self::MinusInfinity => Self::Infinity,
        })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(number) => f.write_str(&number.to_plain_string()),
            Self::NotANumber => f.write_str("NaN"),
            Self::Infinity => f.write_str("Infinity"),
            Self::MinusInfinity => f.write_str("-Infinity"),
        }
    }
}

impl Money {
    /// The type's name, as PostgreSQL prints it.
    pub fn name(self) -> String {
        match self {
            Self::Numeric => "numeric".to_owned(),
            Self::Limited(precision, scale) => format!("numeric({precision},{scale})"),
            Self::Int2 => "smallint".to_owned(),
            Self::Int4 => "integer".to_owned(),
            Self::Int8 => "bigint".to_owned(),
            Self::Float8 => "double precision".to_owned(),
        }
    }

    /// What a column of this type holds after this numeric was assigned to it; else the SQLSTATE.
    pub fn stored(self, value: &Amount) -> Result<Amount, &'static str> {
        let Amount::Finite(number) = value else {
            return match self {
                Self::Limited(..) if *value != Amount::NotANumber => Err(OUT_OF_RANGE),
                Self::Int2 | Self::Int4 | Self::Int8 => Err(NOT_SUPPORTED),
                _ => Ok(value.clone()),
            };
        };
        let whole = |least: i64, greatest: i64| {
            let rounded = number.with_scale_round(0, RoundingMode::HalfUp);
            let (least, greatest) = (BigDecimal::from(least), BigDecimal::from(greatest));
            (least <= rounded && rounded <= greatest).then_some(rounded)
        };
        let stored = match self {
            Self::Numeric => Some(number.clone()),
            Self::Limited(precision, scale) => {
                let rounded = number.with_scale_round(scale, RoundingMode::HalfUp);
                let bound = BigDecimal::new(1.into(), scale - i64::from(precision));
                (rounded.abs() < bound).then_some(rounded)
            }
            Self::Int2 => whole(i16::MIN.into(), i16::MAX.into()),
            Self::Int4 => whole(i32::MIN.into(), i32::MAX.into()),
            Self::Int8 => whole(i64::MIN, i64::MAX),
            Self::Float8 => as_float8(number),
        };
        stored.map(Amount::Finite).ok_or(OUT_OF_RANGE)
    }

    /// The value of a spent column of this type for this total; `None` where it cannot be stored.
    pub fn total(self, total: &Amount) -> Option<Amount> {
        self.stored(total)
            .ok()
            .filter(|stored| matches!(stored, Amount::Finite(_)))
    }
}

/// The nearest double, read back with the 15 digits that PostgreSQL's cast to numeric keeps.
fn as_float8(number: &BigDecimal) -> Option<BigDecimal> {
    let nearest: f64 = number.to_string().parse().ok()?;
    let is_lost = nearest == 0.0 && !number.is_zero();
    if is_lost || nearest.is_infinite() {
        return None;
    }
    format!("{nearest:.14e}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The model itself, against what PostgreSQL 15 was seen to do.
    #[test]
    fn the_model_stores_as_postgresql_does() {
        for (money, given, stored) in [
            (Money::Limited(10, 2), "1.005", Ok("1.01")),
            (Money::Limited(10, 2), "-1.005", Ok("-1.01")),
            (Money::Limited(10, 2), "99999999.994", Ok("99999999.99")),
            (Money::Limited(10, 2), "99999999.995", Err(OUT_OF_RANGE)),
            (Money::Limited(10, 2), "Infinity", Err(OUT_OF_RANGE)),
            (Money::Limited(10, 2), "NaN", Ok("NaN")),
            (Money::Limited(5, -2), "-1250", Ok("-1300")),
            (Money::Limited(3, 5), "0.009994", Ok("0.00999")),
            (Money::Limited(3, 5), "0.01", Err(OUT_OF_RANGE)),
            (Money::Int2, "-32768.4", Ok("-32768")),
            (Money::Int2, "-32768.5", Err(OUT_OF_RANGE)),
            (Money::Int8, "NaN", Err(NOT_SUPPORTED)),
            (Money::Float8, "0.1234567890123456789", Ok("0.123456789012346")),
            (Money::Float8, "1e-400", Err(OUT_OF_RANGE)),
        ] {
            let read = |text: &str| Amount::parse(text).ok_or("not read");
            let got = read(given).and_then(|given| money.stored(&given));
            assert_eq!(got, stored.and_then(read), "{given} in {}", money.name());
        }
    }
}
