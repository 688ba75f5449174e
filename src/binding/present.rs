//! The triggers of ours that stand in the catalog: which function each calls, with which mapping, on which table.

use crate::catalog::{self, read};
use crate::errors::Result;
use crate::errors::trigger::TriggerError;

use crate::binding::condition::Condition;
use crate::pg::trigger_row::{TriggerRow, fires};
use crate::pg::{relation, trigger_row};
use crate::value::mapping::{FullName, Mapping, Said, TotalName};
use crate::value::param::Param;
use pgrx::pg_sys::Oid;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString};
use std::rc::Rc;

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

    /// Whether one of it is one too many: it notes by how much totals change, which row is ours, or that a statement begins; the others
    /// only say whose.
    pub fn counts(self) -> bool {
        matches!(
            self,
            Self::CaptureClip | Self::CaptureSubmission | Self::KeepTotal | Self::Begin
        )
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
    /// What that says; `None` where it is no mapping.
    said: Option<Rc<Said>>,
    /// `pg_trigger.tgenabled`: O, D, R, A.
    pub enabled: char,
    /// `pg_trigger.tgtype`: the bits of [`fires`].
    pub fires: i16,
    pub is_deferrable: bool,
    /// Initially.
    pub is_deferred: bool,
    pub condition: Condition,
}

impl Trigger {
    /// The total that the mapping names, if it is one.
    pub fn total(&self) -> Option<TotalName> {
        Some(self.says()?.total())
    }

    /// The columns of its table of which it captures a change; none where it captures none, or its mapping is none.
    pub fn captured(&self) -> Vec<String> {
        let Some(said) = self.says() else {
            return Vec::new();
        };
        let of = &said.columns;
        let captured = match self.function {
            TriggerFunction::CaptureClip => of.of_clips(),
            TriggerFunction::CaptureSubmission => of.of_submissions(),
            TriggerFunction::CaptureCampaign => of.of_campaigns(),
            _ => Vec::new(),
        };
        captured.into_iter().map(str::to_owned).collect()
    }

    /// What the mapping says, whatever the schema that it is seen from; `None` where it is none.
    pub fn says(&self) -> Option<&Said> {
        self.said.as_deref()
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
            && self.total() == other.total()
    }
}

/// The bits of the events in [`Trigger::fires`].
const EVENTS: i16 = fires::INSERT | fires::UPDATE | fires::DELETE;

/// The function that a WHEN calls.
const WAKES: &CStr = c"wakes";

/// The functions by which triggers of ours are known stand where they are looked for, under their names: else writes would fail, and
/// what partitions bring go by in silence.
pub fn check_functions() -> Result<()> {
    let names = TriggerFunction::ALL.map(|function| CString::new(function.name()).unwrap_or_default());
    for name in names.iter().map(CString::as_c_str).chain([WAKES]) {
        if trigger_row::own_named(name)? == Oid::INVALID {
            let function = name.to_string_lossy().into_owned();
            return Err(TriggerError::OwnFunction { function }.into());
        }
    }
    Ok(())
}

/// Triggers' arguments, each read once: those of a table say the same, and so do those of its partitions.
#[derive(Default)]
struct Arguments(BTreeMap<(String, String), Option<Rc<Said>>>);

impl Arguments {
    /// What the argument of a trigger on a table of this schema says.
    fn said(&mut self, schema: &str, argument: &str) -> Option<Rc<Said>> {
        let read =
            |(schema, argument): &(String, String)| Some(Rc::new(Mapping::parse(argument).ok()?.said_in(schema)));
        let key = (schema.to_owned(), argument.to_owned());
        self.0.entry(key).or_insert_with_key(read).clone()
    }
}

/// A row of the catalog, if its trigger calls a function of ours. An argument that is not there counts as one that is no mapping.
fn trigger(row: TriggerRow, table: &FullName, wakes: Oid, arguments: &mut Arguments) -> Result<Option<Trigger>> {
    let name = trigger_row::own_function(row.function)?;
    let function = TriggerFunction::ALL
        .into_iter()
        .find(|function| name.as_deref() == Some(function.name()));
    let argument = row.argument.unwrap_or_default();
    Ok(function.map(|function| Trigger {
        name: row.name,
        relation: row.relation,
        table: table.clone(),
        function,
        said: arguments.said(&table.schema, &argument),
        argument,
        enabled: row.enabled,
        fires: row.fires,
        is_deferrable: row.is_deferrable,
        is_deferred: row.is_deferred,
        condition: match row.condition {
            Some(tree) if !row.has_columns => Condition::read(&tree, wakes),
            _ => Condition::Other,
        },
    }))
}

/// The triggers of ours on any of these tables that are no clones, in the order of the tables' names and their own.
pub fn triggers_on_any(relations: &[Oid]) -> Result<Vec<Trigger>> {
    let wakes = trigger_row::own_named(WAKES)?;
    let mut arguments = Arguments::default();
    let mut all = Vec::new();
    for relation in relations {
        let Some(table) = relation::class(*relation)? else {
            continue;
        };
        for row in trigger_row::of_table(*relation)? {
            if row.parent.is_none() {
                all.extend(trigger(row, &table.name, wakes, &mut arguments)?);
            }
        }
    }
    all.sort_by(|one, other| (&one.table, &one.name).cmp(&(&other.table, &other.name)));
    all.dedup_by(|one, other| one.is(other));
    Ok(all)
}

/// Those among triggers, in the order of their tables' names, that stand on this one.
pub fn of_table<'a>(triggers: &'a [Trigger], table: &FullName) -> &'a [Trigger] {
    let from = triggers.partition_point(|trigger| trigger.table < *table);
    let rest = &triggers[from..];
    &rest[..rest.partition_point(|trigger| trigger.table == *table)]
}

/// The names of the deferrable constraints that triggers of ours on a table are, clones among them; each with its schema, the table's.
pub fn constraints_on(relation: Oid) -> Result<Vec<FullName>> {
    let Some(FullName { schema, .. }) = relation::class(relation)?.map(|class| class.name) else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for row in trigger_row::of_table(relation)? {
        let Some(constraint) = row.constraint.filter(|_| row.is_deferrable) else {
            continue;
        };
        if trigger_row::own_function(row.function)?.is_some()
            && let Some(table) = trigger_row::constraint_name(constraint)?
        {
            let schema = schema.clone();
            names.push(FullName { schema, table });
        }
    }
    Ok(names)
}

/// Whether a trigger of ours stands on a table, be it a clone.
pub fn is_on(relation: Oid) -> Result<bool> {
    for row in trigger_row::of_table(relation)? {
        if trigger_row::own_function(row.function)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The relations that a query finds by their triggers.
fn relations(sql: &str, values: &[Param]) -> Result<Vec<Oid>> {
    read(sql, values)?.iter().map(|row| row.oid(0)).collect()
}

/// The relations with triggers of ours that are no clones.
macro_rules! relations_with_triggers {
    ($and:literal) => {
        concat!(
            "SELECT DISTINCT t.tgrelid FROM pg_trigger t
             JOIN pg_proc p ON p.oid = t.tgfoid
             JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'spend_sync'
             WHERE t.tgparentid = 0",
            $and
        )
    };
}

/// All triggers of ours but the clones on partitions, in the order of their tables and names.
pub fn triggers() -> Result<Vec<Trigger>> {
    triggers_on_any(&relations(relations_with_triggers!(""), &[])?)
}

/// Those of them that call this function.
pub fn triggers_of(function: TriggerFunction) -> Result<Vec<Trigger>> {
    let sql = relations_with_triggers!(" AND p.proname = $1");
    let mut all = triggers_on_any(&relations(sql, &[Param::Text(function.name())])?)?;
    all.retain(|trigger| trigger.function == function);
    Ok(all)
}

/// Those of them whose arguments name this campaigns table, as attach writes them: one pass over all triggers, of which most may
/// name tables of this name in other schemas. (The beginnings travel as hexadecimal digits, which are read once, and not for each
/// trigger.)
pub fn triggers_naming(campaigns: &FullName) -> Result<Vec<Trigger>> {
    let hexadecimal = |text: String| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let [here, elsewhere] = Mapping::beginnings(campaigns).map(hexadecimal);
    let sql = "SELECT DISTINCT t.tgrelid FROM pg_trigger t
         WHERE t.tgrelid IN (SELECT k.oid FROM pg_class k JOIN pg_namespace s ON s.oid = k.relnamespace WHERE s.nspname = $1)
               AND substr(t.tgargs, 1, length($2) / 2) = decode($2, 'hex')
            OR substr(t.tgargs, 1, length($3) / 2) = decode($3, 'hex')";
    let values = [&campaigns.schema, &here, &elsewhere].map(|text| Param::Text(text));
    let mut all = triggers_on_any(&relations(sql, &values)?)?;
    all.retain(|trigger| trigger.says().is_some_and(|said| said.campaigns == *campaigns));
    Ok(all)
}

/// Whether any of them that notes rows fires in replica mode.
pub fn captures_as_replica() -> Result<bool> {
    let rows = catalog::read_often(
        "SELECT FROM pg_trigger t
         JOIN pg_proc p ON p.oid = t.tgfoid AND p.proname IN ('capture_clip', 'capture_submission', 'capture_campaign')
         JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'spend_sync'
         WHERE t.tgenabled IN ('A', 'R') LIMIT 1",
        &[],
    )?;
    Ok(!rows.is_empty())
}

/// The triggers of ours on one table that are no clones.
pub fn triggers_on(relation: Oid) -> Result<Vec<Trigger>> {
    triggers_on_any(&[relation])
}

/// The triggers on a campaigns table that speak for its totals. Those of one column must say the same.
pub fn own_triggers(campaigns: Oid) -> Result<Vec<Trigger>> {
    let mut triggers = triggers_on(campaigns)?;
    triggers.retain(|trigger| trigger.function == TriggerFunction::CaptureCampaign);
    Ok(triggers)
}

/// Those of one column.
pub fn own_triggers_of(campaigns: Oid, spent: &str) -> Result<Vec<Trigger>> {
    let mut triggers = own_triggers(campaigns)?;
    triggers.retain(|trigger| trigger.total().is_some_and(|total| total.spent == spent));
    Ok(triggers)
}

/// The relation a trigger fires on and the trigger it was made as: itself, or, for a partition's clone, the one on
/// the table that was attached.
pub fn root_trigger(trigger_oid: Oid) -> Result<Option<(Oid, Trigger)>> {
    let Some(mut row) = trigger_row::by_oid(trigger_oid)? else {
        return Ok(None);
    };
    let relation = row.relation;
    while let Some(parent) = row.parent {
        let Some(above) = trigger_row::by_oid(parent)? else {
            return Ok(None);
        };
        row = above;
    }
    let Some(table) = relation::class(row.relation)? else {
        return Ok(None);
    };
    let wakes = trigger_row::own_named(WAKES)?;
    let found = trigger(row, &table.name, wakes, &mut Arguments::default())?;
    Ok(found.map(|trigger| (relation, trigger)))
}

/// The names of all triggers on these tables, whoever made them.
pub fn trigger_names<'a>(tables: impl Iterator<Item = &'a FullName>) -> Result<BTreeSet<String>> {
    let tables: BTreeSet<&FullName> = tables.collect();
    let mut names = BTreeSet::new();
    for table in tables {
        if let Some(relation) = catalog::find(table)? {
            names.extend(trigger_row::of_table(relation)?.into_iter().map(|row| row.name));
        }
    }
    Ok(names)
}
