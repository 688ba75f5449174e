//! Amounts of money in Rust: `rust_decimal`, with one guard against its silent rounding.

use pgrx::pg_sys::{self, Oid};
use rust_decimal::Decimal;

/// The types that money may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyType {
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    /// Perhaps with a precision and a scale.
    Numeric(Option<(i32, i32)>),
}

impl MoneyType {
    /// The type below all domains, with its modifier; `None` where money cannot have it.
    pub fn of(base_type: Oid, typmod: i32) -> Option<Self> {
        match base_type {
            pg_sys::INT2OID => Some(Self::Int2),
            pg_sys::INT4OID => Some(Self::Int4),
            pg_sys::INT8OID => Some(Self::Int8),
            pg_sys::FLOAT4OID => Some(Self::Float4),
            pg_sys::FLOAT8OID => Some(Self::Float8),
            pg_sys::NUMERICOID => Some(Self::Numeric(numeric_limits(typmod))),
            _ => None,
        }
    }

    /// The type itself.
    pub fn oid(self) -> Oid {
        match self {
            Self::Int2 => pg_sys::INT2OID,
            Self::Int4 => pg_sys::INT4OID,
            Self::Int8 => pg_sys::INT8OID,
            Self::Float4 => pg_sys::FLOAT4OID,
            Self::Float8 => pg_sys::FLOAT8OID,
            Self::Numeric(_) => pg_sys::NUMERICOID,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self, Self::Float4 | Self::Float8)
    }

    /// How many decimals it holds; without a limit, all.
    pub fn decimals(self) -> i32 {
        match self {
            Self::Int2 | Self::Int4 | Self::Int8 => 0,
            Self::Numeric(Some((_, scale))) => scale,
            Self::Numeric(None) | Self::Float4 | Self::Float8 => i32::MAX,
        }
    }

    /// Whether two amounts, as PostgreSQL prints them, are the same once a column of this type holds them.
    pub fn is_same(self, one: &str, other: &str) -> bool {
        fn as_one<T: std::str::FromStr + PartialEq>(one: &str, other: &str) -> bool {
            let held = |text: &str| text.parse::<T>().ok();
            held(one).is_some() && held(one) == held(other)
        }
        let is_one_float = || match self {
            Self::Float4 => as_one::<f32>(one, other),
            Self::Float8 => as_one::<f64>(one, other),
            _ => false,
        };
        is_same(one, other) || is_one_float()
    }

    /// Whether it can hold an amount with no more decimals than it has.
    pub fn holds(self, amount: Decimal) -> bool {
        let whole = |least: i64, greatest: i64| Decimal::from(least) <= amount && amount <= Decimal::from(greatest);
        match self {
            Self::Int2 => whole(i16::MIN.into(), i16::MAX.into()),
            Self::Int4 => whole(i32::MIN.into(), i32::MAX.into()),
            Self::Int8 => whole(i64::MIN, i64::MAX),
            Self::Numeric(Some((precision, scale))) => is_below_power_of_ten(amount, precision - scale),
            Self::Numeric(None) | Self::Float4 | Self::Float8 => true,
        }
    }
}

/// Precision and scale of a numeric type, if it has them; as in numeric.c.
fn numeric_limits(typmod: i32) -> Option<(i32, i32)> {
    const HEADER_BYTES: i32 = 4;
    (typmod >= HEADER_BYTES).then(|| {
        let packed = typmod - HEADER_BYTES;
        ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024)
    })
}

/// Reads an amount as PostgreSQL prints a numeric; `None` where a [`Decimal`] cannot hold it exactly (more than 28
/// digits, NaN, the infinities).
pub fn parse(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

/// Reads a numeric as PostgreSQL keeps it, without its length word: a header of one or two 16-bit words (sign, weight of
/// the first digit, decimals to show), then digits to the base of 10,000. `None` as for [`parse`].
pub fn from_stored(numeric: &[u8]) -> Option<Decimal> {
    const KIND: u16 = 0xC000;
    const SHORT: u16 = 0x8000;
    const NEGATIVE: u16 = 0x4000;
    const SPECIAL: u16 = 0xC000;
    let mut words = numeric
        .chunks_exact(2)
        .map(|word| u16::from_ne_bytes([word[0], word[1]]));
    let header = words.next()?;
    let (is_negative, scale, weight) = match header & KIND {
        SPECIAL => return None,
        SHORT => {
            let weight = i32::from(header & 0x003F) - if header & 0x0040 == 0 { 0 } else { 64 };
            (header & 0x2000 != 0, (header & 0x1F80) >> 7, weight)
        }
        sign => (
            sign == NEGATIVE,
            header & 0x3FFF,
            i32::from(words.next()?.cast_signed()),
        ),
    };
    let scale = u32::from(scale);
    let mut mantissa: i128 = 0;
    let mut digits: i32 = 0;
    for digit in words {
        mantissa = mantissa.checked_mul(10_000)?.checked_add(i128::from(digit))?;
        digits += 1;
    }
    // The mantissa counts units of 10,000 to the power of (weight - digits + 1); wanted are units of 10 to the power
    // of -scale.
    let shift = 4 * (weight + 1 - digits) + i32::try_from(scale).ok()?;
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    let mantissa = match (mantissa, shift) {
        (0, _) => 0,
        (_, 0..) => mantissa.checked_mul(power?)?,
        _ => exact_quotient(mantissa, power?)?,
    };
    let mantissa = if is_negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

fn exact_quotient(dividend: i128, divisor: i128) -> Option<i128> {
    (dividend % divisor == 0).then_some(dividend / divisor)
}

/// The exact sum; `None` where it is not exact.
pub fn exact_sum(terms: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
    terms.into_iter().try_fold(Decimal::ZERO, exact_sum_of_two)
}

/// `checked_add` drops decimals beyond 96 bits and still returns a sum: one whose scale came out smaller than a term's
/// counts as overflow. A zero adds nothing, whatever scale it has.
fn exact_sum_of_two(one: Decimal, other: Decimal) -> Option<Decimal> {
    if one.is_zero() || other.is_zero() {
        return Some(if one.is_zero() { other } else { one });
    }
    let sum = one.checked_add(other)?;
    (sum.scale() >= one.scale().max(other.scale())).then_some(sum)
}

/// An amount, `count` times; `None` where that is not exact.
pub fn exact_product(amount: Decimal, count: i64) -> Option<Decimal> {
    let product = amount.checked_mul(Decimal::from(count))?;
    (product.scale() >= amount.scale() || amount.is_zero() || count == 0).then_some(product)
}

/// The exact difference of two amounts that may be unknown; `None` where it is not known exactly.
pub fn difference(new: Option<Decimal>, old: Option<Decimal>) -> Option<Decimal> {
    exact_sum([new?, -old?])
}

/// Whether an amount has no more than `digits` digits before the point; for a negative number, so many zeros behind it.
pub fn is_below_power_of_ten(amount: Decimal, digits: i32) -> bool {
    let power = 10_i128.checked_pow(digits.unsigned_abs());
    let bound = match digits {
        0.. => power.and_then(|power| Decimal::try_from_i128_with_scale(power, 0).ok()),
        _ => Decimal::try_from_i128_with_scale(1, digits.unsigned_abs()).ok(),
    };
    match bound {
        Some(bound) => amount.abs() < bound,
        None => digits >= 0 || amount.is_zero(),
    }
}

/// Whether two amounts, as PostgreSQL prints them, are the same number: 1.0 and 1.00 are.
pub fn is_same(one: &str, other: &str) -> bool {
    fn bare(amount: &str) -> &str {
        if amount.contains('.') {
            amount.trim_end_matches('0').trim_end_matches('.')
        } else {
            amount
        }
    }
    bare(one) == bare(other)
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_scale_come_out_of_the_typmod() {
        let typmod = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(numeric_limits(typmod(10, 2)), Some((10, 2)));
        assert_eq!(numeric_limits(typmod(1000, 1000)), Some((1000, 1000)));
        assert_eq!(numeric_limits(typmod(3, -2)), Some((3, -2)));
        assert_eq!(numeric_limits(-1), None);
    }

    #[test]
    fn a_sum_keeps_every_decimal() {
        let terms = ["3075.93", "1470.39", "-0.005"].map(|t| parse(t).expect("fits"));
        assert_eq!(exact_sum(terms).expect("fits").to_string(), "4546.315");
        assert_eq!(exact_sum([]).expect("fits").to_string(), "0");
        for (one, other, sum) in [
            ("0.00", "-2", "-2"),
            ("2.0", "-2", "0.0"),
            ("0", "0.10", "0.10"),
            ("-0.00", "0", "0"),
        ] {
            let terms = [one, other].map(|term| parse(term).expect("fits"));
            let found = exact_sum(terms).expect("is exact");
            assert_eq!(found, parse(sum).expect("fits"), "{one} + {other}");
        }
    }

    #[test]
    fn a_sum_that_would_be_rounded_is_none() {
        let large = parse("7922816251426433759354395033.5").expect("96 bits, just");
        let small = parse("0.01").expect("fits");
        assert!(
            large.checked_add(small).is_some(),
            "the crate rounds silently, or this guard may go"
        );
        assert_eq!(exact_sum([large, small]), None);
    }

    #[test]
    fn what_is_not_exact_is_not_read() {
        for text in [
            "NaN",
            "Infinity",
            "",
            "12345678901234567890123456789012345",
            "0.00000000000000000000000000001",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    /// A numeric as numeric.c stores it: short header where it can be, else long.
    fn stored(header: &[u16], digits: &[u16]) -> Vec<u8> {
        header
            .iter()
            .chain(digits)
            .flat_map(|word| word.to_ne_bytes())
            .collect()
    }

    #[test]
    fn a_stored_numeric_reads_as_it_prints() {
        let short = |sign: u16, scale: u16, weight: i16| 0x8000 | sign | (scale << 7) | (weight.cast_unsigned() & 0x7F);
        for (header, digits, text) in [
            (vec![short(0, 2, 0)], vec![1470, 3900], "1470.39"),
            (vec![short(0x2000, 2, -1)], vec![1000], "-0.10"),
            (vec![short(0, 0, 0)], vec![], "0"),
            (vec![short(0, 2, 0)], vec![], "0.00"),
            (vec![short(0, 0, 1)], vec![12], "120000"),
            (vec![short(0, 8, -2)], vec![1], "0.00000001"),
            (vec![short(0, 3, 1)], vec![1, 2, 5000], "10002.500"),
            (vec![0x4000 | 2, 1], vec![1, 0, 100], "-10000.01"),
        ] {
            let read = from_stored(&stored(&header, &digits));
            assert_eq!(read.map(|amount| amount.to_string()).as_deref(), Some(text));
        }
        for header in [0xC000, 0xD000, 0xF000] {
            assert_eq!(from_stored(&stored(&[header], &[])), None, "NaN and the infinities");
        }
        assert_eq!(from_stored(&stored(&[0, 100], &[1])), None, "10,000 to the 100th");
        assert_eq!(from_stored(&[]), None);
    }

    #[test]
    fn a_power_of_ten_bounds_an_amount() {
        let amount = |text| parse(text).expect("fits");
        for (text, digits, is_below) in [
            ("99999999.99", 8, true),
            ("-100000000", 8, false),
            ("0.99", 0, true),
            ("1", 0, false),
            ("0.009", -2, true),
            ("0.01", -2, false),
            ("79228162514264337593543950335", 29, true),
            ("0", -40, true),
            ("0.01", -40, false),
        ] {
            assert_eq!(is_below_power_of_ten(amount(text), digits), is_below, "{text} {digits}");
        }
    }

    #[test]
    fn a_product_that_would_be_rounded_is_none() {
        let amount = parse("1.25").expect("fits");
        assert_eq!(exact_product(amount, -2).expect("fits").to_string(), "-2.50");
        assert_eq!(exact_product(amount, 0), Some(Decimal::ZERO));
        let long = parse("9.999999999999999999999999999").expect("fits");
        assert_eq!(exact_product(long, 9), None);
    }

    #[test]
    fn amounts_are_the_same_as_their_column_holds_them() {
        assert!(MoneyType::Float8.is_same("0.30000000000000004", "0.3000000000000000400000001"));
        assert!(MoneyType::Float4.is_same("16777216", "16777217"));
        assert!(!MoneyType::Float8.is_same("0.1", "0.2"));
        assert!(!MoneyType::Numeric(None).is_same("0.1", "0.10000000000000000001"));
    }

    #[test]
    fn amounts_are_the_same_by_number() {
        assert!(is_same("1.0", "1.00") && is_same("100", "100.00") && is_same("NaN", "NaN"));
        assert!(!is_same("100", "1") && !is_same("0.10", "0.01") && !is_same("-1", "1"));
    }
}
