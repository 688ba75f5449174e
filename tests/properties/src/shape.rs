//! The tables of one property: which types its money and its keys have, and whether foreign keys tie its links.

use crate::amount::Money;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    Text,
    Uuid,
    Int8,
}

impl KeyType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Int8 => "bigint",
        }
    }
}

/// When the totals are brought up, by their owner's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    Statement,
    Commit,
}

impl Flush {
    pub fn name(self) -> &'static str {
        match self {
            Self::Statement => "statement",
            Self::Commit => "commit",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Of the schema, too.
    pub name: &'static str,
    pub flush: Flush,
    pub earnings: Money,
    pub spent: Money,
    pub key: KeyType,
    pub is_tied: bool,
}

impl Shape {
    /// The campaigns table, as messages name it.
    pub fn campaigns(&self) -> String {
        format!("{}.campaigns", self.name)
    }

    /// Everything that a session needs to begin with; repeatable.
    pub fn creation(&self) -> String {
        let (name, key) = (self.name, self.key.name());
        let references = |table: &str| match self.is_tied {
            true => format!("REFERENCES {name}.{table} ON UPDATE CASCADE ON DELETE CASCADE"),
            false => String::new(),
        };
        format!(
            "SET client_min_messages = error; DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name};
             CREATE TABLE {name}.campaigns (id {key} PRIMARY KEY, title text, spent {spent});
             CREATE TABLE {name}.clips (id {key} PRIMARY KEY, earnings {earnings});
             CREATE TABLE {name}.links (id int PRIMARY KEY, campaign_id {key} {campaigns}, clip_id {key} {clips}, status text);
             CREATE INDEX ON {name}.links (campaign_id, status);
             CREATE INDEX ON {name}.links (clip_id);
             SELECT spend_sync_attach(campaigns => '{name}.campaigns', clips => '{name}.clips',
                                      submissions => '{name}.links', approved => '{{APPROVED,PAID}}',
                                      flush => '{flush}');",
            flush = self.flush.name(),
            spent = self.spent.name(),
            earnings = self.earnings.name(),
            campaigns = references("campaigns"),
            clips = references("clips"),
        )
    }

    /// Leaves the tables empty, and nothing known of what was in them.
    pub fn clearing(&self) -> String {
        let name = self.name;
        format!(
            "BEGIN; SET LOCAL session_replication_role = replica;
             DELETE FROM {name}.links; DELETE FROM {name}.clips; DELETE FROM {name}.campaigns;
             DELETE FROM spend_sync.large_campaign WHERE campaigns = '{name}.campaigns'::regclass;
             DELETE FROM spend_sync.correction WHERE campaigns = '{name}.campaigns'::regclass;
             COMMIT; SET search_path = {name}, public; SET client_min_messages = error;"
        )
    }
}
