//! What is pure, against plainer arithmetic, over random values. (Totals as a whole: tests/properties.)

use super::columns::{Columns, DirectWrites, Flush};
use super::key::{Key, KeyType};
use super::mapping::{Mapping, TableName};
use super::{money, names};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// The greatest mantissa of a [`Decimal`].
const GREATEST: i128 = (1 << 96) - 1;

fn amount() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        3 => -1_000_000_i128..1_000_000,
        1 => -GREATEST..=GREATEST,
        1 => Just(GREATEST),
        1 => (0_u32..28).prop_map(|power| 10_i128.pow(power)),
    ];
    (mantissa, 0_u32..=28).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
}

/// Digits to the base of 10,000, most significant first, and the weight of the first: as numeric.c has them.
fn base_10000(amount: Decimal) -> (Vec<u16>, i16) {
    let text = amount.abs().to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let whole = format!("{}{whole}", "0".repeat((4 - whole.len() % 4) % 4));
    let decimals = format!("{decimals}{}", "0".repeat((4 - decimals.len() % 4) % 4));
    let all = format!("{whole}{decimals}");
    let mut digits: Vec<u16> = (0..all.len() / 4)
        .map(|at| all[at * 4..at * 4 + 4].parse().unwrap())
        .collect();
    let mut weight = i16::try_from(whole.len() / 4).unwrap() - 1;
    while digits.first() == Some(&0) {
        digits.remove(0);
        weight -= 1;
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if digits.is_empty() {
        weight = 0;
    }
    (digits, weight)
}

/// As numeric.c stores it: in the long form, or the short one where that can hold it.
fn stored(amount: Decimal, short: bool) -> Vec<u8> {
    let (digits, weight) = base_10000(amount);
    let is_less = amount.is_sign_negative() && !amount.is_zero();
    let scale = u16::try_from(amount.scale()).unwrap();
    let header = if short && (-64..64).contains(&weight) {
        vec![0x8000 | if is_less { 0x2000 } else { 0 } | (scale << 7) | (weight.cast_unsigned() & 0x7F)]
    } else {
        vec![if is_less { 0x4000 } else { 0 } | scale, weight.cast_unsigned()]
    };
    header.into_iter().chain(digits).flat_map(u16::to_ne_bytes).collect()
}

/// The exact sum by integers at the greatest scale; `None` where 128 bits do not hold it.
fn plain_sum(terms: &[Decimal]) -> Option<(i128, u32)> {
    let scale = terms.iter().map(Decimal::scale).max().unwrap_or(0);
    terms
        .iter()
        .try_fold(0_i128, |sum, term| {
            let scaled = term
                .mantissa()
                .checked_mul(10_i128.checked_pow(scale - term.scale())?)?;
            sum.checked_add(scaled)
        })
        .map(|sum| (sum, scale))
}

fn is(amount: Decimal, mantissa: i128, scale: u32) -> bool {
    let shift = |number: i128, by: u32| 10_i128.checked_pow(by).and_then(|power| number.checked_mul(power));
    let scales = amount.scale().max(scale);
    shift(amount.mantissa(), scales - amount.scale()) == shift(mantissa, scales - scale)
}

fn columns(names: &[String], approved: Vec<String>, has_clips: bool) -> Columns {
    let name = |at: usize| names[at % names.len()].clone();
    Columns {
        campaign_id: name(0).into(),
        title: approved.first().cloned(),
        spent: name(1),
        clip_id: has_clips.then(|| vec![name(2), name(0)].into()),
        earnings: Some(name(3)),
        submission_campaign: name(4).into(),
        submission_clip: has_clips.then(|| vec![name(5), name(1)].into()),
        status: Some(name(6)),
        approved,
        direct_writes: DirectWrites::Reject,
        flush: Flush::Commit,
        formerly: std::collections::BTreeMap::new(),
    }
}

proptest! {
    #[test]
    fn a_stored_numeric_reads_as_the_amount_it_is(amount in amount(), short in any::<bool>()) {
        let read = money::from_stored(&stored(amount, short));
        prop_assert_eq!(read.map(|read| read.to_string()), Some(amount.abs().to_string()).map(|text| {
            if amount.is_sign_negative() && !amount.is_zero() { format!("-{text}") } else { text }
        }));
    }

    #[test]
    fn any_bytes_are_an_amount_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = money::from_stored(&bytes);
    }

    #[test]
    fn what_is_read_prints_as_it_was(amount in amount()) {
        prop_assert_eq!(money::parse(&amount.to_string()), Some(amount));
    }

    #[test]
    fn a_sum_is_exact_or_none(terms in proptest::collection::vec(amount(), 0..6)) {
        match (money::exact_sum(terms.iter().copied()), plain_sum(&terms)) {
            (Some(sum), Some((mantissa, scale))) => prop_assert!(is(sum, mantissa, scale), "{sum} is not {mantissa} e-{scale}"),
            (Some(sum), None) => prop_assert!(false, "{sum}, of what 128 bits do not hold"),
            (None, _) => {}
        }
    }

    #[test]
    fn ordinary_amounts_always_have_a_sum(cents in proptest::collection::vec(-100_000_000_000_i64..100_000_000_000, 0..50)) {
        let terms = cents.iter().map(|cents| Decimal::new(*cents, 2));
        let sum = money::exact_sum(terms).map(|sum| sum.mantissa() * 10_i128.pow(2 - sum.scale()));
        prop_assert_eq!(sum, Some(cents.iter().map(|cents| i128::from(*cents)).sum()));
    }

    #[test]
    fn a_product_is_exact_or_none(amount in amount(), count in any::<i32>()) {
        if let Some(product) = money::exact_product(amount, count.into()) {
            let plain = amount.mantissa().checked_mul(count.into());
            prop_assert!(plain.is_some_and(|plain| is(product, plain, amount.scale())), "{amount} * {count} is not {product}");
        }
    }

    #[test]
    fn amounts_are_the_same_whatever_zeros_they_end_in(amount in amount(), other in amount(), zeros in 0_usize..5) {
        let point = if amount.scale() == 0 { "." } else { "" };
        let longer = format!("{amount}{point}{}", "0".repeat(zeros + 1));
        prop_assert!(money::is_same(&amount.to_string(), &longer));
        prop_assert_eq!(money::is_same(&amount.to_string(), &other.to_string()), amount == other);
    }

    #[test]
    fn a_key_reads_back_as_it_prints(number in any::<i64>(), bytes in any::<[u8; 16]>(), text in any::<String>()) {
        for (kind, key) in [
            (KeyType::Int8, Key::Int(number)),
            (KeyType::Uuid, Key::Uuid(bytes)),
            (KeyType::Text, Key::Text(text.into())),
        ] {
            prop_assert_eq!(kind.parse(&key.to_string()), Some(key));
        }
    }

    #[test]
    fn any_text_is_a_key_or_none(text in any::<String>()) {
        for kind in [KeyType::Int2, KeyType::Int4, KeyType::Int8, KeyType::Uuid] {
            let _ = kind.parse(&text);
        }
    }

    #[test]
    fn a_mapping_reads_back_as_it_was_written(
        names in proptest::collection::vec(any::<String>(), 10),
        approved in proptest::collection::vec(any::<String>(), 0..4),
        has_clips in any::<bool>(),
    ) {
        let mapping = Mapping {
            campaigns: TableName::Here(names[7].clone()),
            clips: has_clips.then(|| TableName::Elsewhere([names[8].clone(), names[9].clone()])),
            submissions: TableName::Here(names[0].clone()),
            columns: columns(&names, approved, has_clips),
        };
        prop_assert_eq!(Mapping::parse(&mapping.to_argument()), Ok(mapping));
    }

    #[test]
    fn any_text_is_a_mapping_or_an_error(text in any::<String>()) {
        let _ = Mapping::parse(&text);
    }

    #[test]
    fn quotes_end_where_they_must(text in "[^\\x00]{0,40}") {
        let ident = names::ident(&text);
        let inner = &ident[1..ident.len() - 1];
        prop_assert_eq!(inner.replace("\"\"", "\""), &text[..]);
        prop_assert_eq!(inner.replace("\"\"", "").matches('"').count(), 0);

        let literal = names::literal(&text);
        let inner = literal.strip_prefix('E').unwrap_or(&literal);
        let inner = &inner[1..inner.len() - 1];
        prop_assert_eq!(inner.replace("''", "").matches('\'').count(), 0);
        let plain = if literal.starts_with('E') { inner.replace("\\\\", "\\") } else { inner.to_owned() };
        prop_assert_eq!(plain.replace("''", "'"), text);
    }

    #[test]
    fn a_trigger_has_a_name_that_postgresql_keeps_whole(base in any::<String>()) {
        let name = names::trigger(&base, "update");
        prop_assert!(name.len() <= 63, "{name}");
        prop_assert!(name.starts_with("spend_sync_") && name.ends_with("_update"), "{name}");
    }
}
