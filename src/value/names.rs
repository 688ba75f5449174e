//! Names in SQL text: the one place where identifiers and literals are quoted.

/// An identifier, always quoted.
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table with its schema.
pub fn table(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

/// A string constant, safe whatever `standard_conforming_strings` says.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// An array of texts, as PostgreSQL reads it.
pub fn array(texts: &[String]) -> String {
    let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", texts.iter().map(quoted).collect::<Vec<_>>().join(","))
}

/// The name of a trigger: `spend_sync_<base>_<suffix>`, cut to the 63 bytes a name can have, at a character's end.
pub fn trigger(base: &str, suffix: &str) -> String {
    const LONGEST_BYTES: usize = 63;
    const PREFIX: &str = "spend_sync_";
    let room = LONGEST_BYTES - PREFIX.len() - 1 - suffix.len();
    let end = (0..=room.min(base.len()))
        .rev()
        .find(|end| base.is_char_boundary(*end))
        .unwrap_or(0);
    format!("{PREFIX}{}_{suffix}", &base[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_literals_are_quoted() {
        assert_eq!(ident("campaignId"), "\"campaignId\"");
        assert_eq!(table("a\"b", "c.d"), "\"a\"\"b\".\"c.d\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
        let texts = ["PAID", "a, b", "c\"d\\e"].map(str::to_owned);
        assert_eq!(array(&texts), r#"{"PAID","a, b","c\"d\\e"}"#);
    }

    #[test]
    fn trigger_names_fit() {
        assert_eq!(trigger("campaigns", "flush"), "spend_sync_campaigns_flush");
        let long = "ä".repeat(31);
        let name = trigger(&long, "update");
        assert!(name.len() <= 63 && name.ends_with("ä_update"), "{name}");
    }
}
