//! The triggers of ours that stand in the catalog: which function each calls, with which mapping, on which table.

use crate::catalog::{read, read_often};
use crate::errors::{Error, Result};

use crate::binding::condition::Condition;
use crate::binding::wanted::fires;
use crate::value::mapping::{FullName, Mapping, Said};
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;
use std::collections::BTreeSet;

/// Which of our functions a trigger calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerFunction {
    CaptureClip,
    CaptureSubmission,
    CaptureCampaign,
    KeepTotal,
    Begin,
    Flush,
    FlushAtCommit,
}

impl TriggerFunction {
    const ALL: [Self; 7] = [
        Self::CaptureClip,
        Self::CaptureSubmission,
        Self::CaptureCampaign,
        Self::KeepTotal,
        Self::Begin,
        Self::Flush,
        Self::FlushAtCommit,
    ];

    /// Whether one of it is one too many: it notes by how much totals change, or which row is ours; the others only say
    /// whose.
    pub fn counts(self) -> bool {
        matches!(self, Self::CaptureClip | Self::CaptureSubmission | Self::KeepTotal)
    }

    /// Whether it fires for each statement, of partitions too.
    pub fn is_of_statements(self) -> bool {
        matches!(self, Self::Begin | Self::Flush)
    }

    /// The function's name in the schema spend_sync.
    pub fn name(self) -> &'static str {
        match self {
            Self::CaptureClip => "capture_clip",
            Self::CaptureSubmission => "capture_submission",
            Self::CaptureCampaign => "capture_campaign",
            Self::KeepTotal => "keep_total",
            Self::Begin => "begin",
            Self::Flush => "flush",
            Self::FlushAtCommit => "flush_at_commit",
        }
    }
}

/// A trigger of ours.
#[derive(Clone, Debug)]
pub struct Trigger {
    pub name: String,
    /// The relation that the argument's names are relative to.
    pub relation: Oid,
    pub table: FullName,
    pub function: TriggerFunction,
    /// The mapping, as JSON.
    pub argument: String,
    /// `pg_trigger.tgenabled`: O, D, R, A.
    pub enabled: char,
    /// `pg_trigger.tgtype`: the bits of [`super::wanted::fires`].
    pub fires: i16,
    pub is_deferrable: bool,
    /// Initially.
    pub is_deferred: bool,
    pub condition: Condition,
}

impl Trigger {
    /// The campaigns table that the mapping names, if it is one.
    pub fn campaigns(&self) -> Option<FullName> {
        let mapping = Mapping::parse(&self.argument).ok()?;
        Some(mapping.campaigns.resolve(&self.table.schema))
    }

    /// What the mapping says, whatever the schema that it is seen from; `None` where it is none.
    pub fn says(&self) -> Option<Said> {
        let mapping = Mapping::parse(&self.argument).ok()?;
        Some(mapping.said_in(&self.table.schema))
    }

    /// Whether both are the same, each as it was read.
    pub fn is(&self, other: &Self) -> bool {
        self.relation == other.relation && self.name == other.name
    }

    /// Whether both note the same write of the same total, however they spell its mapping.
    pub fn repeats(&self, other: &Self) -> bool {
        self.name != other.name
            && self.relation == other.relation
            && self.function == other.function
            && self.fires & other.fires & EVENTS != 0
            && ![self.enabled, other.enabled].contains(&'D')
            && self.campaigns() == other.campaigns()
    }
}

/// The bits of the events in [`Trigger::fires`].
const EVENTS: i16 = fires::INSERT | fires::UPDATE | fires::DELETE;

/// Anybody may make a trigger with an argument of any length, and all are read whenever somebody renames a table. One longer
/// than any mapping is not looked at: it counts as none. In a database that is not in UTF-8 nothing is attached, and bytes may
/// be any. One that fires for some columns alone (UPDATE OF) is none that attach makes. A condition longer than any of ours is
/// not read.
macro_rules! triggers {
    ($before:literal, $and:literal) => {
        concat!(
            $before,
            "SELECT t.tgname, t.tgrelid, n.nspname, c.relname, p.proname,
            CASE WHEN t.tgnargs = 1 AND octet_length(t.tgargs) <= 100000 AND getdatabaseencoding() = 'UTF8'
                 THEN convert_from(substr(t.tgargs, 1, length(t.tgargs) - 1), 'UTF8') END,
            t.tgenabled, t.tgtype, t.tgdeferrable, t.tginitdeferred,
            CASE WHEN t.tgattr <> ''::int2vector OR pg_column_size(t.tgqual) > 20000 THEN '{OTHER' ELSE t.tgqual::text END,
            (SELECT w.oid FROM pg_proc w WHERE w.proname = 'wakes' AND w.pronamespace = p.pronamespace)
     FROM pg_trigger t
     JOIN pg_proc p ON p.oid = t.tgfoid
     JOIN pg_namespace pn ON pn.oid = p.pronamespace AND pn.nspname = 'spend_sync'
     JOIN pg_class c ON c.oid = t.tgrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE p.proname IN ('capture_clip', 'capture_submission', 'capture_campaign', 'keep_total', 'begin', 'flush', 'flush_at_commit')",
            $and
        )
    };
    ($and:literal) => {
        triggers!("", $and)
    };
}

fn trigger(row: &Row) -> Result<Trigger> {
    let name = row.text(4)?;
    let function = TriggerFunction::ALL
        .into_iter()
        .find(|function| function.name() == name)
        .ok_or_else(|| Error::internal(format!("a trigger of {name}")))?;
    Ok(Trigger {
        name: row.owned(0)?,
        relation: row.oid(1)?,
        table: FullName {
            schema: row.owned(2)?,
            table: row.owned(3)?,
        },
        function,
        argument: row.get(5).unwrap_or_default().to_owned(), // none counts as one that is no mapping
        enabled: row.letter(6)?,
        fires: row.number(7)?,
        is_deferrable: row.is_true(8),
        is_deferred: row.is_true(9),
        condition: Condition::read(row.get(10).unwrap_or_default(), row.oid(11).unwrap_or(Oid::INVALID)),
    })
}

/// All triggers of ours but the clones on partitions, in the order of their tables and names.
pub fn triggers() -> Result<Vec<Trigger>> {
    let rows = read(triggers!(" AND t.tgparentid = 0 ORDER BY 3, 4, 1"), &[])?;
    rows.iter().map(trigger).collect()
}

/// Those of them that call this function.
pub fn triggers_of(function: TriggerFunction) -> Result<Vec<Trigger>> {
    let sql = triggers!(" AND p.proname = $1 AND t.tgparentid = 0 ORDER BY 3, 4, 1");
    read(sql, &[Param::Text(function.name())])?
        .iter()
        .map(trigger)
        .collect()
}

/// Those of them whose arguments name this campaigns table, as attach writes them: one pass over all triggers, of which most may
/// name tables of this name in other schemas. (The beginnings travel as hexadecimal digits, which are read once, and not for each
/// trigger.)
pub fn triggers_naming(campaigns: &FullName) -> Result<Vec<Trigger>> {
    let hexadecimal = |text: String| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let [here, elsewhere] = Mapping::beginnings(campaigns).map(hexadecimal);
    let sql = triggers!(
        " AND t.tgparentid = 0
           AND t.oid = ANY (ARRAY(
               SELECT b.oid FROM pg_trigger b
               WHERE b.tgrelid IN (SELECT k.oid FROM pg_class k JOIN pg_namespace s ON s.oid = k.relnamespace WHERE s.nspname = $1)
                     AND substr(b.tgargs, 1, length($2) / 2) = decode($2, 'hex')
                  OR substr(b.tgargs, 1, length($3) / 2) = decode($3, 'hex')))
         ORDER BY 3, 4, 1"
    );
    let values = [&campaigns.schema, &here, &elsewhere].map(|text| Param::Text(text));
    read(sql, &values)?.iter().map(trigger).collect()
}

/// The triggers of ours on one table that are no clones.
pub fn triggers_on(relation: Oid) -> Result<Vec<Trigger>> {
    triggers_on_any(&[relation])
}

/// The trigger on a campaigns table that speaks for its binding.
pub fn own_trigger(campaigns: Oid) -> Result<Option<Trigger>> {
    Ok(own_triggers(campaigns)?.into_iter().next())
}

/// All that stand there; they must say the same.
pub fn own_triggers(campaigns: Oid) -> Result<Vec<Trigger>> {
    let mut triggers = triggers_on(campaigns)?;
    triggers.retain(|trigger| trigger.function == TriggerFunction::CaptureCampaign);
    Ok(triggers)
}

/// The triggers of ours on any of these tables that are no clones.
pub fn triggers_on_any(relations: &[Oid]) -> Result<Vec<Trigger>> {
    let sql = triggers!(" AND t.tgparentid = 0 AND t.tgrelid = ANY ($1) ORDER BY 3, 4, 1");
    read_often(sql, &[Param::Oids(relations)])?
        .iter()
        .map(trigger)
        .collect()
}

/// The relation a trigger fires on and the trigger it was made as: itself, or, for a partition's clone, the one on
/// the table that was attached.
pub fn root_trigger(trigger_oid: Oid) -> Result<Option<(Oid, Trigger)>> {
    let sql = triggers!(
        "WITH RECURSIVE up (oid, parent) AS (
             SELECT t.oid, t.tgparentid FROM pg_trigger t WHERE t.oid = $1
             UNION ALL
             SELECT t.oid, t.tgparentid FROM up JOIN pg_trigger t ON t.oid = up.parent)
         SELECT root.*, (SELECT tgrelid FROM pg_trigger WHERE oid = $1) FROM (",
        " AND t.oid = (SELECT oid FROM up WHERE parent = 0)) root"
    );
    let rows = read_often(sql, &[Param::Oid(trigger_oid)])?;
    let found = rows.first().map(|row| Ok((row.oid(12)?, trigger(row)?)));
    found.transpose()
}

/// The names of all triggers on these tables, whoever made them.
pub fn trigger_names<'a>(tables: impl Iterator<Item = &'a FullName>) -> Result<Vec<String>> {
    let tables: BTreeSet<&FullName> = tables.collect();
    let schemas: Vec<String> = tables.iter().map(|table| table.schema.clone()).collect();
    let names: Vec<String> = tables.iter().map(|table| table.table.clone()).collect();
    let rows = read_often(
        "SELECT DISTINCT t.tgname FROM unnest($1, $2) AS named (schema, name)
         JOIN pg_namespace n ON n.nspname = named.schema
         JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
         JOIN pg_trigger t ON t.tgrelid = c.oid",
        &[Param::Texts(&schemas), Param::Texts(&names)],
    )?;
    rows.iter().map(|row| row.owned(0)).collect()
}
