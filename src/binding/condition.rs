//! The WHEN of a trigger, read as PostgreSQL keeps it.

use pgrx::pg_sys::Oid;
use std::collections::BTreeSet;

/// What a WHEN asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// None.
    Always,
    /// `spend_sync.wakes()`.
    Wakes,
    /// The same, where one of these columns differs; by number, in their order.
    ChangedAndWakes(BTreeSet<i16>),
    /// None that attach would make.
    Other,
}

/// A node of the expression, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    And,
    Or,
    Differs,
    Old(i16),
    New(i16),
    Wakes,
    Other,
}

impl Condition {
    /// Reads `pg_trigger.tgqual`, whose nodes stand each before what it is made of; `wakes` is that function's OID. Conversions
    /// are left out: what is compared says which there are.
    ///
    /// `{BOOLEXPR :boolop or :args ({DISTINCTEXPR ... :args ({VAR :varno 1 :varattno 2 ...} {VAR :varno 2 :varattno 2 ...}) ...} ...`
    pub fn read(tree: &str, wakes: Oid) -> Self {
        let nodes: Vec<Node> = tree
            .split('{')
            .skip(1)
            .filter_map(|text| Node::read(text, wakes))
            .collect();
        let differing = match nodes.as_slice() {
            [] => return Self::Always,
            [Node::Wakes] => return Self::Wakes,
            [Node::And, Node::Or, any @ .., Node::Wakes] => any,
            [Node::And, one @ .., Node::Wakes] if one.len() == 3 => one,
            _ => return Self::Other,
        };
        let mut columns = BTreeSet::new();
        for compared in differing.chunks(3) {
            match compared {
                [Node::Differs, Node::Old(old), Node::New(new)] if old == new => drop(columns.insert(*old)),
                _ => return Self::Other,
            }
        }
        Self::ChangedAndWakes(columns)
    }
}

impl Node {
    /// One node's own words; `None`: a conversion.
    fn read(text: &str, wakes: Oid) -> Option<Self> {
        let mut words = text.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let fields = [words.next(), words.next(), words.next(), words.next()].map(Option::unwrap_or_default);
        Some(match (kind, fields) {
            ("RELABELTYPE" | "COERCETODOMAIN", _) => return None,
            ("BOOLEXPR", [":boolop", "and", ..]) => Self::And,
            ("BOOLEXPR", [":boolop", "or", ..]) => Self::Or,
            ("DISTINCTEXPR", _) => Self::Differs,
            ("VAR", [":varno", row, ":varattno", column]) => match (row, column.parse()) {
                ("1", Ok(column)) => Self::Old(column),
                ("2", Ok(column)) => Self::New(column),
                _ => Self::Other,
            },
            ("FUNCEXPR", [":funcid", function, ..]) if function.parse() == Ok(wakes.to_u32()) => Self::Wakes,
            _ => Self::Other,
        })
    }
}
