//! Mappings: the argument of a trigger, which whoever may create one writes.
#![no_main]

#[allow(dead_code)]
#[path = "../../src/value/mapping.rs"]
mod mapping;

#[allow(dead_code)]
#[path = "../../src/value/names.rs"]
mod names;

/// What mapping.rs needs of the extension's errors.
mod errors {
    pub struct Error;

    pub mod column {
        pub enum ColumnError {
            #[allow(dead_code)]
            BadDirectWrites { given: String },
        }

        impl From<ColumnError> for super::Error {
            fn from(_: ColumnError) -> Self {
                Self
            }
        }
    }
}

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(mapping) = mapping::Mapping::parse(text) {
        assert_eq!(mapping::Mapping::parse(&mapping.to_argument()), Ok(mapping));
    }
    let name = names::trigger(text, "update");
    assert!(name.len() <= 63 && name.ends_with("_update"));
    assert_eq!(names::ident(text).matches('"').count() % 2, 0);
    assert_eq!(names::literal(text).replace("\\\\", "").matches('\'').count() % 2, 0);
});
