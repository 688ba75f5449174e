//! Amounts: as text, and as a numeric's bytes on disk.
#![no_main]

#[allow(dead_code)]
#[path = "../../src/value/money.rs"]
mod money;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let stored = money::from_stored(data);
    let text = std::str::from_utf8(data).ok();
    let parsed = text.and_then(money::parse);
    for amount in stored.into_iter().chain(parsed) {
        assert_eq!(money::parse(&amount.to_string()).map(|again| again.to_string()), Some(amount.to_string()));
        assert!(money::is_same(&amount.to_string(), &format!("{amount}{}0", if amount.scale() == 0 { "." } else { "" })));
        if let Some(twice) = money::exact_sum([amount, amount]) {
            assert_eq!(money::exact_product(amount, 2).map(|product| product.normalize()), Some(twice.normalize()));
        }
    }
    if let Some((one, other)) = text.and_then(|text| text.split_once(' ')) {
        assert_eq!(money::is_same(one, other), money::is_same(other, one));
        if let (Some(a), Some(b)) = (money::parse(one), money::parse(other)) {
            if let Some(sum) = money::exact_sum([a, b]) {
                assert_eq!(money::difference(Some(sum), Some(b)).map(|back| back == a), Some(true), "{a} + {b}");
            }
        }
    }
});
