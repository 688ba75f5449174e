//! The keys of platforms.sql, as Rust has them.

use anyhow::Result;
use rust_decimal::Decimal;
use uuid::Uuid;

/// The platform whose totals are brought up so; its keys are text.
pub fn flushed(flush: &str) -> &'static str {
    if flush == "commit" { "at_commit" } else { "by_text" }
}

pub fn text(n: usize) -> String {
    format!("c{n:024}")
}

pub fn bigint(n: i64) -> i64 {
    9_100_000_000_000_000_000 + n
}

pub fn uuid(n: u128) -> Uuid {
    let base: Uuid = Uuid::from_u128(0xc0ff_ee00_0000_4000_8000_0000_0000_0000);
    // The last twelve digits are decimal there.
    let digits = format!("{n:012}");
    Uuid::from_u128(base.as_u128() + u128::from_str_radix(&digits, 16).unwrap_or_default())
}

pub fn integer(n: i32) -> i32 {
    70_000 + n
}

pub fn money(text: &str) -> Result<Decimal> {
    Ok(Decimal::from_str_exact(text)?)
}
