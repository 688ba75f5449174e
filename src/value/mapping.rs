//! What a binding says: which tables and columns feed which total. This is the argument of every trigger, as JSON.

use super::columns::Columns;
use pgrx::pg_sys::Oid;
use serde::{Deserialize, Serialize};

/// By what a binding is known, and in which order bindings are locked: the campaigns relation, and in it the total's column by
/// its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BindingId {
    campaigns: u32,
    spent: i16,
}

impl BindingId {
    pub fn of(campaigns: Oid, spent: i16) -> Self {
        let campaigns = campaigns.to_u32();
        Self { campaigns, spent }
    }

    pub fn campaigns(self) -> Oid {
        Oid::from(self.campaigns)
    }

    pub fn spent(self) -> i16 {
        self.spent
    }
}

/// A total by its names: what of two mappings must be the same for both to be of one total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalName {
    pub campaigns: FullName,
    /// The column.
    pub spent: String,
}

/// A table's name in a trigger's argument. One in the trigger's own schema is written without it, so that a schema
/// can be renamed, copied or restored elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TableName {
    Here(String),
    Elsewhere([String; 2]),
}

/// A table's name with its schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FullName {
    pub schema: String,
    pub table: String,
}

impl TableName {
    /// The name of `full` as a trigger in `schema` writes it.
    pub fn seen_from(schema: &str, full: &FullName) -> Self {
        if full.schema == schema {
            Self::Here(full.table.clone())
        } else {
            Self::Elsewhere([full.schema.clone(), full.table.clone()])
        }
    }

    /// The full name, for a trigger in `schema`.
    pub fn resolve(&self, schema: &str) -> FullName {
        let (schema, table) = match self {
            Self::Here(table) => (schema, table),
            Self::Elsewhere([schema, table]) => (schema.as_str(), table),
        };
        FullName {
            schema: schema.to_owned(),
            table: table.clone(),
        }
    }
}

/// Bytes that a mapping may have as a trigger's argument. Anybody may make a trigger with an argument of any length: a longer one is not
/// looked at.
pub const ARGUMENT_MAX: usize = 100_000;

/// The whole mapping, with table names as seen from one trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub campaigns: TableName,
    /// Absent: submissions hold what is summed themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clips: Option<TableName>,
    pub submissions: TableName,
    #[serde(flatten)]
    pub columns: Columns,
}

/// What a mapping says, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub campaigns: FullName,
    /// `None`: submissions hold what is summed themselves.
    pub clips: Option<FullName>,
    pub submissions: FullName,
    pub columns: Columns,
}

impl Said {
    /// The total that it is of.
    pub fn total(&self) -> TotalName {
        TotalName {
            campaigns: self.campaigns.clone(),
            spent: self.columns.spent.clone(),
        }
    }

    /// The mapping as a trigger on a table of this schema carries it.
    pub fn seen_from(&self, schema: &str) -> Mapping {
        let name = |full| TableName::seen_from(schema, full);
        Mapping {
            campaigns: name(&self.campaigns),
            clips: self.clips.as_ref().map(name),
            submissions: name(&self.submissions),
            columns: self.columns.clone(),
        }
    }
}

impl Mapping {
    /// What it says where a trigger on a table of this schema has it.
    pub fn said_in(self, schema: &str) -> Said {
        Said {
            campaigns: self.campaigns.resolve(schema),
            clips: self.clips.map(|clips| clips.resolve(schema)),
            submissions: self.submissions.resolve(schema),
            columns: self.columns,
        }
    }

    /// Reads a trigger's argument; the message says what is wrong with it.
    pub fn parse(argument: &str) -> Result<Self, String> {
        serde_json::from_str(argument).map_err(|e| e.to_string())
    }

    /// With what arguments begin that name this campaigns table: on tables of its schema, and on others.
    pub fn beginnings(campaigns: &FullName) -> [String; 2] {
        let FullName { schema, table } = campaigns.clone();
        [TableName::Here(table.clone()), TableName::Elsewhere([schema, table])].map(|name| {
            // A string or two: writing them cannot fail.
            let name = serde_json::to_string(&name).unwrap_or_default();
            format!("{{\"campaigns\":{name},")
        })
    }

    /// Writes a trigger's argument.
    pub fn to_argument(&self) -> String {
        // A struct of strings: writing it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;
    use crate::value::columns::{DirectWrites, Flush, KeyColumns};
    use std::collections::BTreeMap;

    fn mapping() -> Mapping {
        Mapping {
            campaigns: TableName::Here("campaigns".into()),
            clips: Some(TableName::Elsewhere(["media".into(), "a \"b\".c".into()])),
            submissions: TableName::Here("clip_submissions".into()),
            columns: Columns {
                campaign_id: "id".to_owned().into(),
                title: None,
                spent: "spent".into(),
                clip_id: Some(vec!["tenant".to_owned(), "id".to_owned()].into()),
                earnings: Some("earnings".into()),
                submission_campaign: "campaignId".to_owned().into(),
                submission_clip: Some(vec!["tenant".to_owned(), "clipId".to_owned()].into()),
                status: Some("status".into()),
                approved: vec!["APPROVED".into(), "it's \\ PAID".into()],
                direct_writes: DirectWrites::Correct,
                flush: Flush::Statement,
                formerly: BTreeMap::new(),
            },
        }
    }

    #[test]
    fn an_argument_reads_back_as_it_was_written() {
        let written = mapping().to_argument();
        assert_eq!(Mapping::parse(&written).expect("valid"), mapping());
    }

    #[test]
    fn a_key_is_written_as_a_name_or_several() {
        let argument = mapping().to_argument();
        assert!(argument.contains(r#""campaign_id":"id""#), "{argument}");
        assert!(argument.contains(r#""clip_id":["tenant","id"]"#), "{argument}");
        let one = argument.replace(r#""campaign_id":"id""#, r#""campaign_id":["id"]"#);
        assert_ne!(one, argument);
        assert_eq!(Mapping::parse(&one).expect("valid"), mapping());
        for (argument, names) in [
            ("id", &["id"][..]),
            ("{a,\"B c\"}", &["a", "B c"]),
            ("{id}", &["id"]),
            ("(a,b)", &["(a,b)"]),
        ] {
            let read = KeyColumns::parse(argument.to_owned());
            assert_eq!(read.names(), names, "{argument}");
            assert_eq!(KeyColumns::parse(read.argument()), read);
        }
    }

    #[test]
    fn an_argument_begins_with_its_campaigns_table() {
        let campaigns = FullName {
            schema: "a".into(),
            table: "\"b\" \\".into(),
        };
        for (from, beginning) in ["a", "c"].iter().zip(Mapping::beginnings(&campaigns)) {
            let mapping = Mapping {
                campaigns: TableName::seen_from(from, &campaigns),
                ..mapping()
            };
            assert!(mapping.to_argument().starts_with(&beginning), "{beginning}");
        }
    }

    #[test]
    fn a_broken_argument_says_what_is_wrong() {
        for bad in ["", "{}", "[]", "{\"campaigns\":1}"] {
            assert!(Mapping::parse(bad).is_err(), "{bad}");
        }
        let unknown_policy = mapping().to_argument().replace("correct", "ignore");
        assert!(Mapping::parse(&unknown_policy).expect_err("unknown").contains("ignore"));
    }

    #[test]
    fn a_table_of_the_same_schema_moves_with_it() {
        let full = FullName {
            schema: "a".into(),
            table: "campaigns".into(),
        };
        let name = TableName::seen_from("a", &full);
        assert_eq!(name.resolve("b").schema, "b");
        let far = TableName::seen_from("c", &full);
        assert_eq!(far.resolve("b"), full);
    }
}
