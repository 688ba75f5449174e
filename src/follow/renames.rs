//! Renames: the triggers' arguments name tables and columns, as a dump carries them. A command that gives one of them
//! another name is followed: what the names meant before it is what they mean after it.

use crate::binding::present::Trigger;
use crate::binding::table_locks;
use crate::binding::{Bound, among, present, triggers};
use crate::catalog::shape::Tables;
use crate::catalog::{Column, Relation};
use crate::errors::Result;
use crate::errors::table::TableError;
use crate::errors::trigger::TriggerError;
use crate::follow::partitions;
use crate::pg::event::Command;
use crate::pg::session;
use crate::pg::table::{Against, TableLock};
use crate::value::columns::Columns;
use crate::write::own_update;
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;
use std::collections::BTreeSet;

/// A binding as it stood before a command. It need not be sound: names may trade between a key that is dropped and one that is added.
pub struct Named {
    tables: Tables,
    columns: Columns,
    were: TableColumns,
    /// The approved labels of an enum, if all are there.
    labels: Option<Vec<Oid>>,
    triggers: Vec<Trigger>,
}

impl Named {
    fn is_of(&self, bound: &Bound) -> bool {
        self.tables.said(&self.columns).total() == bound.total()
    }
}

/// All columns of a binding's tables.
struct TableColumns {
    campaigns: Vec<Column>,
    /// Where earnings stand: clips, or else submissions.
    source: Vec<Column>,
    submissions: Vec<Column>,
}

impl TableColumns {
    fn of(tables: &Tables) -> Result<Self> {
        Ok(Self {
            campaigns: catalog::columns(tables.campaigns.oid)?,
            source: catalog::columns(tables.source().oid)?,
            submissions: catalog::columns(tables.submissions.oid)?,
        })
    }

    /// Those among which an argument of attach names one.
    fn named_by(&self, argument: &str) -> &[Column] {
        match argument.split('[').next() {
            Some("campaign_id" | "title" | "spent") => &self.campaigns,
            Some("clip_id" | "earnings") => &self.source,
            _ => &self.submissions,
        }
    }
}

/// The bindings whose names a command changes. All their tables are locked before the command locks one of them: writers
/// wait, and find the new names.
pub fn before(command: &Command) -> Result<Vec<Named>> {
    let concerned = concerned(command)?;
    if concerned.is_empty() {
        return Ok(Vec::new());
    }
    // What other totals owe is brought up after this one, by the names of before.
    if own_update::runs() {
        return Err(TableError::AmidStore {}.into());
    }
    table_locks::lock_found(|| {
        let mut all = Vec::new();
        for bound in &concerned {
            all.extend(locks(command, &bound.tables)?);
        }
        Ok(all)
    })?;
    // Looked up anew: another rename may have come first while we waited for a lock.
    let campaigns: Vec<Oid> = concerned.iter().map(|bound| bound.tables.campaigns.oid).collect();
    let mut named = Vec::new();
    for bound in binding::whole_among(&campaigns)? {
        if concerned.iter().any(|one| one.tables.are(&bound.tables)) {
            named.push(describe(bound)?);
        }
    }
    // One that lacks a label of its own is not followed: which one it had, nobody knows.
    if matches!(command, Command::Label { .. }) {
        named.retain(|named| named.labels.is_some());
    }
    Ok(named)
}

/// One that the role in force may not give changes nothing.
fn concerned(command: &Command) -> Result<Vec<Bound>> {
    let mut bound = match command {
        Command::Table(table) | Command::TableMoves(table) => binding::whole_on(&[*table])?,
        Command::Column { table, old } => binding::whole_naming(*table, std::slice::from_ref(old))?,
        Command::Schema(name) => binding::whole_among(&among::in_schema(name)?)?,
        Command::Label { kind, .. } => binding::whole_among(&among::with_type(*kind)?)?,
        _ => Vec::new(),
    };
    match command {
        Command::Table(table) => bound.retain(|bound| bound.has_own(*table)),
        // What the triggers of a partition say is seen from its schema.
        Command::TableMoves(table) if catalog::relation(*table)?.is_none_or(|table| !table.is_ours) => bound.clear(),
        Command::Column { table, old } => bound.retain(|bound| bound.has_own(*table) && bound.names(*table, old)),
        Command::Schema(name) if !bound.is_empty() && !catalog::owns_schema(name)? => bound.clear(),
        // Who owns a schema or a type alone locks nobody's tables; the next write says that the name is gone.
        Command::Schema(_) | Command::Label { .. } => {
            bound.retain(|bound| session::has_rights_of(bound.tables.campaigns.owner))
        }
        _ => {}
    }
    Ok(bound)
}

/// A renamed table is locked as the command will: two steps would meet readers that go on to write.
fn locks(command: &Command, tables: &Tables) -> Result<Vec<TableLock>> {
    match command {
        Command::Table(table) | Command::TableMoves(table) | Command::Column { table, .. } => {
            let mut locks = tables.locks(*table, Against::All)?;
            let own = locks.iter_mut().find(|lock| lock.0 == *table);
            if let Some(TableLock(_, against)) = own {
                *against = Against::All;
            }
            Ok(locks)
        }
        _ => tables.locks(Oid::INVALID, Against::Writers),
    }
}

fn describe(bound: Bound) -> Result<Named> {
    let were = TableColumns::of(&bound.tables)?;
    let is_status = |column: &&Column| bound.columns.status.as_ref() == Some(&column.name);
    let status = were.submissions.iter().find(is_status).filter(|column| column.is_enum);
    let approved = &bound.columns.approved;
    let labels = status.map(|status| catalog::label_oids(status.base_type, approved));
    let are_all = approved.iter().collect::<BTreeSet<_>>().len();
    Ok(Named {
        labels: labels.transpose()?.filter(|labels| labels.len() == are_all),
        triggers: bound.all_triggers()?,
        tables: bound.tables,
        columns: bound.columns,
        were,
    })
}

/// Writes the names of now into the triggers of a binding. What cannot be followed is left as it is: the next write says so.
pub fn after(before: &Named) -> Result<()> {
    let Some(tables) = present(&before.tables)? else {
        return Ok(());
    };
    let Some(columns) = renamed(before)? else {
        return Ok(());
    };
    let relations: Vec<Oid> = before.triggers.iter().map(|trigger| trigger.relation).collect();
    let mut triggers = present::triggers_on_any(&relations)?;
    let is_its = |one: &Trigger| {
        let mut own = before.triggers.iter();
        own.any(|other| other.is(one))
    };
    triggers.retain(is_its);
    triggers::replace_triggers(&tables, &columns, &triggers)
}

/// Whether an enum has no label of this name.
pub fn lacks_label(kind: Oid, name: &str) -> Result<bool> {
    Ok(catalog::label_oids(kind, &[name.to_owned()])?.is_empty())
}

/// A label that is new, or got a new name, may come to count by that, for a binding that was not followed: its own label of that name is gone. All its
/// totals are looked at; who has not the rights of the tables' owner is refused. Of one that is broken otherwise the next write says so.
pub fn after_label(kind: Oid, new: &str, followed: &[Named]) -> Result<()> {
    let mut due = Vec::new();
    for bound in binding::whole_among(&among::with_type(kind)?)? {
        let campaigns = &bound.tables.campaigns;
        let is_followed = followed.iter().any(|named| named.is_of(&bound));
        if is_followed || !bound.columns.approved.iter().any(|label| label == new) {
            continue;
        }
        // Anybody can make tables, and triggers on them that say anything: what could not be kept anyway keeps no other from his type.
        let is_own = campaigns.owner == session::current_role();
        if !is_own && binding::sound(bound.binding())?.flatten().is_none() {
            continue;
        }
        if !session::has_rights_of(campaigns.owner) {
            return Err(TriggerError::LabelWouldCount {
                label: new.to_owned(),
                campaigns: campaigns.display(),
            }
            .into());
        }
        due.push(bound);
    }
    partitions::sum_all(&due)
}

fn present(tables: &Tables) -> Result<Option<Tables>> {
    let find = |table: &Relation| catalog::relation(table.oid);
    let clips = match &tables.clips {
        Some(clips) => find(clips)?.map(Some),
        None => Some(None),
    };
    let found = (find(&tables.campaigns)?, clips, find(&tables.submissions)?);
    let (Some(campaigns), Some(clips), Some(submissions)) = found else {
        return Ok(None);
    };
    Ok(Some(Tables {
        campaigns,
        clips,
        submissions,
    }))
}

/// The columns under their names of now, found by their numbers; `None` if one is gone, or has come by the name of another, which is not
/// there just now. One that was not there keeps its name.
fn renamed(before: &Named) -> Result<Option<Columns>> {
    let Named { columns: of, were, .. } = before;
    let now = TableColumns::of(&before.tables)?;
    let mut formerly = of.formerly.clone();
    let columns = of.renamed(|argument, old| {
        let Some(was) = were.named_by(argument).iter().find(|column| column.name == old) else {
            return Some(old.to_owned());
        };
        let now = now
            .named_by(argument)
            .iter()
            .find(|column| column.number == was.number)?;
        let first = formerly.entry(argument.to_owned()).or_insert_with(|| old.to_owned());
        if *first == now.name {
            formerly.remove(argument);
        }
        Some(now.name.clone())
    });
    let approved = match &before.labels {
        Some(labels) => catalog::labels_of(labels)?,
        None => of.approved.clone(),
    };
    let columns = columns.filter(|columns| counts(columns) == counts(of));
    Ok(columns.map(|columns| Columns {
        approved,
        formerly,
        ..columns
    }))
}

/// How many columns there are, of each table.
fn counts(of: &Columns) -> [usize; 3] {
    let count = |names: Vec<&str>| names.into_iter().collect::<BTreeSet<_>>().len();
    [
        count(of.of_campaigns()),
        count(of.of_clips()),
        count(of.of_submissions()),
    ]
}
