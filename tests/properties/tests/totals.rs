//! One property for many kinds of tables.

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use spend_sync_properties::amount::Money::{self, Float8, Int2, Int4, Int8, Limited, Numeric};
use spend_sync_properties::program;
use spend_sync_properties::run::{self, Tally};
use spend_sync_properties::session::Session;
use spend_sync_properties::shape::{Flush, KeyType, Shape};
use std::cell::RefCell;

/// Enough that each kind of table sees each kind of trouble many times.
const CASES: u32 = 120;

/// The same run each time, unless PROPTEST_CASES or SEED say otherwise.
fn runner() -> TestRunner {
    let number = |name: &str| -> Option<u32> { std::env::var(name).ok()?.parse().ok() };
    let config = Config {
        cases: number("PROPTEST_CASES").unwrap_or(CASES),
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("SEED").unwrap_or(1).to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn every_total_is_the_models(shape: &Shape) -> Result<(), String> {
    Session::open()?.must(&shape.creation())?;
    let tally = RefCell::new(Tally::default());
    let outcome = runner().run(&program::program(shape), |program| {
        // A new session each: what a backend remembers of one case must not decide another.
        let mut session = Session::open().map_err(TestCaseError::fail)?;
        run::run(shape, &program, &mut session, &mut tally.borrow_mut())
            .map_err(|disagreement| TestCaseError::fail(format!("{disagreement}\nafter\n{}", session.trace.join("\n"))))
    });
    let tally = tally.into_inner();
    println!("{}: {tally:?}", shape.name);
    outcome.map_err(|error| error.to_string())?;
    // A run in which nothing went wrong has shown nothing of what it is there for.
    // So few whole numbers always make a total that a wider column can hold.
    let can_be_impossible = !matches!((shape.earnings, shape.spent), (Int4, Int8) | (Int8, Int8 | Numeric));
    let is_little = tally.refused < 10 || (can_be_impossible && tally.impossible == 0);
    if tally.programs >= 100 && is_little {
        return Err(format!("too little happened: {tally:?}"));
    }
    Ok(())
}

macro_rules! properties {
    ($($name:ident: $earnings:expr, $spent:expr, $key:ident, $is_tied:expr, $flush:ident;)*) => {
        $(#[test]
        fn $name() {
            let (earnings, spent): (Money, Money) = ($earnings, $spent);
            let (flush, key) = (Flush::$flush, KeyType::$key);
            let shape = Shape { name: stringify!($name), flush, earnings, spent, key, is_tied: $is_tied };
            if let Err(disagreement) = every_total_is_the_models(&shape) {
                panic!("{disagreement}");
            }
        })*
    };
}

// Named by earnings and spent. The last two: whether foreign keys tie the links, and when totals are brought up.
properties! {
    money_to_money: Limited(10, 2), Limited(10, 2), Text, true, Statement;
    money_to_money_at_commit: Limited(10, 2), Limited(10, 2), Text, true, Commit;
    money_to_money_untied: Limited(10, 2), Limited(10, 2), Text, false, Statement;
    numeric_to_numeric: Numeric, Numeric, Text, false, Commit;
    numeric_to_money: Numeric, Limited(10, 2), Uuid, true, Statement;
    numeric_to_bigint: Numeric, Int8, Text, true, Statement;
    numeric_to_hundreds: Numeric, Limited(5, -2), Int8, false, Commit;
    numeric_to_fractions: Numeric, Limited(3, 5), Int8, true, Commit;
    numeric_to_float: Numeric, Float8, Text, false, Statement;
    long_to_long: Limited(38, 10), Limited(38, 10), Uuid, true, Statement;
    long_to_whole: Limited(38, 10), Limited(10, 0), Text, false, Commit;
    integer_to_bigint: Int4, Int8, Int8, true, Commit;
    integer_to_smallint: Int4, Int2, Int8, false, Statement;
    bigint_to_bigint: Int8, Int8, Text, false, Statement;
    bigint_to_numeric: Int8, Numeric, Uuid, true, Commit;
    float_to_numeric: Float8, Numeric, Int8, false, Commit;
    float_to_money: Float8, Limited(10, 2), Text, true, Statement;
}
