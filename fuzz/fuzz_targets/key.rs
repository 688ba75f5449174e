//! Keys as text, as a caller of sync_campaign gives them.
#![no_main]

#[allow(dead_code)]
#[path = "../../src/value/key.rs"]
mod key;

use key::KeyType;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for kind in [KeyType::Int2, KeyType::Int4, KeyType::Int8, KeyType::Uuid, KeyType::Text] {
        if let Some(key) = kind.parse(text) {
            assert_eq!(kind.parse(&key.to_string()), Some(key.clone()));
            let guard = |key: &key::Key| key.guard(pgrx::pg_sys::Oid::from(7), 1);
            assert_eq!(Some(guard(&key)), kind.parse(&key.to_string()).as_ref().map(guard));
        }
    }
});
