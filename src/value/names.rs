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

/// The same of names, which are quoted only where they must be.
pub fn array_of_names(names: &[String]) -> String {
    let is_plain = |name: &&String| {
        let is_of_a_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
        !name.is_empty() && name.chars().all(is_of_a_name) && !name.eq_ignore_ascii_case("null")
    };
    if names.iter().all(|name| is_plain(&name)) {
        return format!("{{{}}}", names.join(","));
    }
    array(names)
}

/// The elements of an array of texts as PostgreSQL prints it, `{a,"b c"}`, or the fields of a row, `(a,"b c")`; `None` for NULL. Nothing
/// for any other text.
#[allow(clippy::option_option)]
pub fn fields(text: &str) -> Option<Vec<Option<String>>> {
    // The blanks that PostgreSQL knows.
    let is_blank = |letter: char| matches!(letter, ' ' | '\t'..='\r');
    let text = text.trim_matches(is_blank);
    let bare = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    let (inner, is_array) = match bare('{', '}') {
        Some(inner) => (inner, true),
        None => (bare('(', ')')?, false),
    };
    let mut fields = Vec::new();
    let (mut field, mut was_quoted, mut is_quoted) = (String::new(), false, false);
    let mut letters = inner.chars().peekable();
    let ended = |field: String, was_quoted: bool| {
        let field = if is_array && !was_quoted {
            field.trim_matches(is_blank).to_owned()
        } else {
            field
        };
        let is_null = !was_quoted && (field.is_empty() || (is_array && field.eq_ignore_ascii_case("null")));
        (!is_null).then_some(field)
    };
    while let Some(letter) = letters.next() {
        match letter {
            blank if is_array && !is_quoted && is_blank(blank) && (was_quoted || field.is_empty()) => {}
            '\\' => field.push(letters.next()?),
            '"' if is_quoted && !is_array && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => (is_quoted, was_quoted) = (!is_quoted, true),
            ',' if !is_quoted => {
                fields.push(ended(std::mem::take(&mut field), was_quoted));
                was_quoted = false;
            }
            other => field.push(other),
        }
    }
    fields.push(ended(field, was_quoted));
    (!is_quoted).then_some(fields)
}

/// A field of a row, as PostgreSQL prints it.
pub fn field(text: &str) -> String {
    let is_special = |letter: char| matches!(letter, '"' | '\\' | '(' | ')' | ',' | ' ' | '\t'..='\r');
    if !text.is_empty() && !text.contains(is_special) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""))
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
    fn fields_are_read_as_they_are_printed() {
        let some = |texts: &[&str]| Some(texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>());
        assert_eq!(fields("{a, \"b, c\" ,\"\"}"), some(&["a", "b, c", ""]));
        assert_eq!(fields("( a,\"\"\"\")"), some(&[" a", "\""]));
        assert_eq!(fields("(a,)"), Some(vec![Some("a".to_owned()), None]));
        assert_eq!(fields("{null}"), Some(vec![None]));
        assert_eq!(fields("{\u{a0}a\u{a0}}"), some(&["\u{a0}a\u{a0}"]));
        for bad in ["a", "", "(a", "{a)", "(\"a)", "{\\"] {
            assert_eq!(fields(bad), None, "{bad}");
        }
    }

    #[test]
    fn trigger_names_fit() {
        assert_eq!(trigger("campaigns", "flush"), "spend_sync_campaigns_flush");
        let long = "ä".repeat(31);
        let name = trigger(&long, "update");
        assert!(name.len() <= 63 && name.ends_with("ä_update"), "{name}");
    }
}
