//! What a binding says: which tables and columns feed which total. This is the argument of every trigger, as JSON.

use super::names;
use crate::errors::Error;
use crate::errors::column::ColumnError;
use pgrx::pg_sys::Oid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// What happens to a write of `spent` that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DirectWrites {
    /// It is brought back to the truth, and logged.
    Correct,
    /// It fails with 428C9.
    Reject,
}

impl DirectWrites {
    /// Reads the argument of `spend_sync_attach`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "correct" => Ok(Self::Correct),
            "reject" => Ok(Self::Reject),
            _ => Err(ColumnError::BadDirectWrites { given: text.to_owned() }.into()),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::Reject => "reject",
        }
    }
}

/// When a total is brought up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flush {
    /// At the end of each statement.
    #[default]
    Statement,
    /// Once, at commit or at SET CONSTRAINTS ... IMMEDIATE.
    Commit,
}

impl Flush {
    /// Reads the argument of `spend_sync_attach`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "statement" => Ok(Self::Statement),
            "commit" => Ok(Self::Commit),
            _ => Err(ColumnError::BadFlush { given: text.to_owned() }.into()),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::Commit => "commit",
        }
    }
}

/// The columns of a key, or of what points to one, in the same order: one, most often. One is written as a text, several as an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct KeyColumns(Vec<String>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Several(Vec<String>),
}

impl From<Written> for KeyColumns {
    fn from(written: Written) -> Self {
        match written {
            Written::One(name) => Self(vec![name]),
            Written::Several(names) => Self(names),
        }
    }
}

impl From<KeyColumns> for Written {
    fn from(KeyColumns(mut names): KeyColumns) -> Self {
        match names.pop() {
            Some(only) if names.is_empty() => Self::One(only),
            last => {
                names.extend(last);
                Self::Several(names)
            }
        }
    }
}

impl From<Vec<String>> for KeyColumns {
    fn from(names: Vec<String>) -> Self {
        Self(names)
    }
}

impl From<String> for KeyColumns {
    fn from(name: String) -> Self {
        Self(vec![name])
    }
}

impl KeyColumns {
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Reads an argument of `spend_sync_attach`: a name, or an array of names.
    pub fn parse(argument: String) -> Self {
        let names = names::fields(&argument).filter(|_| argument.starts_with('{'));
        match names.and_then(|names| names.into_iter().collect::<Option<Vec<_>>>()) {
            Some(names) => Self(names),
            None => Self(vec![argument]),
        }
    }

    /// As an argument of `spend_sync_attach`.
    pub fn argument(&self) -> String {
        match self.names() {
            [one] if !one.starts_with('{') => one.clone(),
            several => names::array_of_names(several),
        }
    }
}

/// The columns of a binding and what counts; the same from whichever trigger one looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    pub campaign_id: KeyColumns,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub spent: String,
    /// Absent where there are no clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_id: Option<KeyColumns>,
    /// Of clips; of submissions, where there are none. Absent: the total is a count, to which each clip, or submission, adds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earnings: Option<String>,
    pub submission_campaign: KeyColumns,
    /// Absent where there are no clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission_clip: Option<KeyColumns>,
    /// Absent: every submission counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<String>,
    pub direct_writes: DirectWrites,
    /// Absent in triggers that 0.2.0 made, until they are made anew.
    #[serde(default)]
    pub flush: Flush,
    /// The names that columns had before they were renamed, as [`Columns::by_argument`] tells them: another column may have one of them now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub formerly: BTreeMap<String, String>,
}

impl Columns {
    /// Whether one of them, of whichever table, is of this name.
    pub fn name(&self, column: &str) -> bool {
        self.by_argument().iter().any(|(_, name)| *name == column)
    }

    /// Those of campaigns of which a change is captured.
    pub fn of_campaigns(&self) -> Vec<&str> {
        let key = self.campaign_id.names().iter();
        key.chain([&self.spent]).map(String::as_str).collect()
    }

    /// Those of clips.
    pub fn of_clips(&self) -> Vec<&str> {
        let key = self.clip_id.iter().flat_map(KeyColumns::names);
        key.chain(&self.earnings).map(String::as_str).collect()
    }

    /// Those of submissions. Where there are no clips, they have the earnings.
    pub fn of_submissions(&self) -> Vec<&str> {
        let links = std::iter::once(&self.submission_campaign).chain(&self.submission_clip);
        let earnings = self.earnings.as_ref().filter(|_| self.clip_id.is_none());
        let others = self.status.iter().chain(earnings);
        let mut all: Vec<&str> = links
            .flat_map(KeyColumns::names)
            .chain(others)
            .map(String::as_str)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// All of them, each by attach's argument; several of one argument by [`place`].
    pub fn by_argument(&self) -> Vec<(String, &str)> {
        let mut all = Vec::new();
        let keys = [
            ("campaign_id", Some(&self.campaign_id)),
            ("clip_id", self.clip_id.as_ref()),
            ("submission_campaign", Some(&self.submission_campaign)),
            ("submission_clip", self.submission_clip.as_ref()),
        ];
        for (argument, key) in keys {
            let names = key.map_or(&[] as &[String], KeyColumns::names);
            let of_key = names.iter().enumerate();
            all.extend(of_key.map(|(at, name)| (place(argument, at, names.len()), name.as_str())));
        }
        let (title, earnings, status) = (self.title.as_ref(), self.earnings.as_ref(), self.status.as_ref());
        let others = [
            ("title", title),
            ("spent", Some(&self.spent)),
            ("earnings", earnings),
            ("status", status),
        ];
        let others = others
            .into_iter()
            .filter_map(|(argument, name)| name.map(|name| (argument, name)));
        all.extend(others.map(|(argument, name)| (argument.to_owned(), name.as_str())));
        all
    }
}

/// What a column is called that is the one of so many of an argument's, from 0.
pub fn place(argument: &str, at: usize, of: usize) -> String {
    match of {
        1 => argument.to_owned(),
        _ => format!("{argument}[{}]", at + 1),
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
