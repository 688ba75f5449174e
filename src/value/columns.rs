//! The columns of a binding, and how it is kept: what attach was told, in the names of now.

use super::names;
use crate::errors::Error;
use crate::errors::column::ColumnError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

    /// The same by other names: `name` gives each, by attach's argument, as [`Columns::by_argument`] tells them; `None` where it gives none.
    pub fn renamed(&self, mut name: impl FnMut(&str, &str) -> Option<String>) -> Option<Self> {
        let mut key = |argument: &str, key: &KeyColumns| -> Option<KeyColumns> {
            let (names, of) = (key.names().iter().enumerate(), key.names().len());
            let names = names.map(|(at, old)| name(&place(argument, at, of), old));
            names.collect::<Option<Vec<String>>>().map(KeyColumns::from)
        };
        let campaign_id = key("campaign_id", &self.campaign_id)?;
        let clip_id = each(self.clip_id.as_ref(), |clip| key("clip_id", clip))?;
        let submission_campaign = key("submission_campaign", &self.submission_campaign)?;
        let submission_clip = each(self.submission_clip.as_ref(), |link| key("submission_clip", link))?;
        Some(Self {
            campaign_id,
            title: each(self.title.as_ref(), |old| name("title", old))?,
            spent: name("spent", &self.spent)?,
            clip_id,
            earnings: each(self.earnings.as_ref(), |old| name("earnings", old))?,
            submission_campaign,
            submission_clip,
            status: each(self.status.as_ref(), |old| name("status", old))?,
            ..self.clone()
        })
    }
}

/// What there may be, by another name; `None` where it gets none.
fn each<T>(old: Option<&T>, new: impl FnOnce(&T) -> Option<T>) -> Option<Option<T>> {
    match old {
        Some(old) => new(old).map(Some),
        None => Some(None),
    }
}

/// What a column is called that is the one of so many of an argument's, from 0.
pub fn place(argument: &str, at: usize, of: usize) -> String {
    match of {
        1 => argument.to_owned(),
        _ => format!("{argument}[{}]", at + 1),
    }
}
