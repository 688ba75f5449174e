//! Amounts of money in Rust: `rust_decimal`, with one guard against its silent rounding.

use rust_decimal::Decimal;

/// Reads an amount as PostgreSQL prints a numeric; `None` where a [`Decimal`] cannot hold it exactly (more than 28
/// digits, NaN, the infinities).
pub fn parse(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

/// The exact sum; `None` where it is not exact. `checked_add` drops decimals beyond 96 bits and still returns a sum:
/// one whose scale came out smaller than a term's counts as overflow.
pub fn exact_sum(terms: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
    terms.into_iter().try_fold(Decimal::ZERO, |sum, term| {
        let next = sum.checked_add(term)?;
        (next.scale() >= sum.scale().max(term.scale())).then_some(next)
    })
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_keeps_every_decimal() {
        let terms = ["3075.93", "1470.39", "-0.005"].map(|t| parse(t).expect("fits"));
        assert_eq!(exact_sum(terms).expect("fits").to_string(), "4546.315");
        assert_eq!(exact_sum([]).expect("fits").to_string(), "0");
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
}
