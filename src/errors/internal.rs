//! What cannot happen.

errors! {
    InternalError => Internal {
        CannotHappen { what: String }
            => ERRCODE_INTERNAL_ERROR,
            "spend_sync met a state that cannot happen: {what}",
            "Nothing was written.",
            "Please report this with the statement that led to it.";
    }
}
