//! Renames: the triggers' arguments name tables and columns, as a dump carries them. A command that gives one of them
//! another name is followed: what the names meant before it is what they mean after it.

use crate::binding::present::Trigger;
use crate::binding::table_locks;
use crate::binding::{Bound, among, present, triggers};
use crate::catalog::shape::{Shape, Tables};
use crate::catalog::{Column, Relation, shape};
use crate::errors::Result;
use crate::errors::table::TableError;
use crate::errors::trigger::TriggerError;
use crate::follow::partitions;
use crate::pg::event::Command;
use crate::pg::session;
use crate::pg::table::{Against, TableLock};
use crate::value::mapping::{self, Columns, KeyColumns};
use crate::write::own_update;
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;
use std::collections::BTreeMap;

/// A binding as it stood before a command.
pub struct Named {
    shape: Shape,
    /// The approved labels of an enum.
    labels: Vec<Oid>,
    triggers: Vec<Trigger>,
}

impl Named {
    fn is_of(&self, bound: &Bound) -> bool {
        self.shape.said().total() == bound.total()
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
            named.extend(describe(bound)?);
        }
    }
    Ok(named)
}

/// One that the role in force may not give changes nothing.
fn concerned(command: &Command) -> Result<Vec<Bound>> {
    let mut bound = match command {
        Command::Table(table) => binding::whole_on(&[*table])?,
        Command::Column { table, old } => binding::whole_naming(*table, std::slice::from_ref(old))?,
        Command::Schema(name) => binding::whole_among(&among::in_schema(name)?)?,
        Command::Label { kind, .. } => binding::whole_among(&among::with_type(*kind)?)?,
        _ => Vec::new(),
    };
    match command {
        Command::Table(table) => bound.retain(|bound| bound.has_own(*table)),
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
        Command::Table(table) | Command::Column { table, .. } => tables.locks(*table, Against::All),
        _ => tables.locks(Oid::INVALID, Against::Writers),
    }
}

/// One whose columns are not to be found has no names that could be followed.
fn describe(bound: Bound) -> Result<Option<Named>> {
    let triggers = bound.all_triggers()?;
    let Some(shape) = binding::sound(shape::of_columns(bound.tables, bound.columns))? else {
        return Ok(None);
    };
    let labels = match shape.status_enum() {
        Some(kind) => catalog::label_oids(kind, &shape.columns.approved)?,
        None => Vec::new(),
    };
    Ok(Some(Named {
        shape,
        labels,
        triggers,
    }))
}

/// Writes the names of now into the triggers of a binding. What cannot be followed is left as it is: the next write says so.
pub fn after(before: &Named) -> Result<()> {
    let Some(tables) = present(&before.shape)? else {
        return Ok(());
    };
    let Some(columns) = renamed(before)? else {
        return Ok(());
    };
    let Some(shape) = binding::sound(shape::of_columns(tables, columns))? else {
        return Ok(());
    };
    let relations: Vec<Oid> = before.triggers.iter().map(|trigger| trigger.relation).collect();
    let mut triggers = present::triggers_on_any(&relations)?;
    let is_its = |one: &Trigger| {
        let mut own = before.triggers.iter();
        own.any(|other| other.is(one))
    };
    triggers.retain(is_its);
    triggers::replace_triggers(&shape, &triggers)
}

/// Whether an enum has no label of this name.
pub fn lacks_label(kind: Oid, name: &str) -> Result<bool> {
    Ok(catalog::label_oids(kind, &[name.to_owned()])?.is_empty())
}

/// A label that is new, or got a new name, may come to count by that, for a binding that was not followed: its own label of that name is gone. All its
/// totals are looked at; who has not the rights of the tables' owner is refused.
pub fn after_label(kind: Oid, new: &str, followed: &[Named]) -> Result<()> {
    let mut due = Vec::new();
    for bound in binding::whole_among(&among::with_type(kind)?)? {
        let campaigns = &bound.tables.campaigns;
        let is_followed = followed.iter().any(|named| named.is_of(&bound));
        if is_followed || !bound.columns.approved.iter().any(|label| label == new) {
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

fn present(shape: &Shape) -> Result<Option<Tables>> {
    let find = |table: &Relation| catalog::relation(table.oid);
    let clips = match &shape.clips {
        Some(clips) => find(&clips.table)?.map(Some),
        None => Some(None),
    };
    let found = (find(&shape.campaigns)?, clips, find(&shape.submissions)?);
    let (Some(campaigns), Some(clips), Some(submissions)) = found else {
        return Ok(None);
    };
    Ok(Some(Tables {
        campaigns,
        clips,
        submissions,
    }))
}

/// The columns under their names of now, found by their numbers; `None` if one is gone.
fn renamed(before: &Named) -> Result<Option<Columns>> {
    let Named { shape, labels, .. } = before;
    let of_campaigns = catalog::columns(shape.campaigns.oid)?;
    let of_source = catalog::columns(shape.source().oid)?;
    let of_submissions = catalog::columns(shape.submissions.oid)?;
    let mut formerly = shape.columns.formerly.clone();
    let mut name = |argument: &str, columns: &[Column], old: &Column| {
        let now = columns.iter().find(|column| column.number == old.number)?;
        let was = formerly.entry(argument.to_owned()).or_insert_with(|| old.name.clone());
        if *was == now.name {
            formerly.remove(argument);
        }
        Some(now.name.clone())
    };
    let mut key = |argument: &str, columns: &[Column], old: &[Column]| -> Option<KeyColumns> {
        let places = old.iter().enumerate();
        let names = places.map(|(at, column)| name(&mapping::place(argument, at, old.len()), columns, column));
        names.collect::<Option<Vec<String>>>().map(KeyColumns::from)
    };
    let (campaign_id, submission_campaign) = (
        key("campaign_id", &of_campaigns, &shape.campaign_id),
        key("submission_campaign", &of_submissions, &shape.submission_campaign),
    );
    let (clip_id, submission_clip) = match &shape.clips {
        Some(clips) => (
            key("clip_id", &of_source, &clips.id).map(Some),
            key("submission_clip", &of_submissions, &clips.link).map(Some),
        ),
        None => (Some(None), Some(None)),
    };
    let approved = if shape.status_enum().is_some() {
        catalog::labels_of(labels)?
    } else {
        shape.columns.approved.clone()
    };
    let all = || {
        Some(Columns {
            campaign_id: campaign_id?,
            title: match &shape.title {
                Some(title) => Some(name("title", &of_campaigns, title)?),
                None => None,
            },
            spent: name("spent", &of_campaigns, &shape.spent)?,
            clip_id: clip_id?,
            earnings: match &shape.earnings {
                Some(earnings) => Some(name("earnings", &of_source, earnings)?),
                None => None,
            },
            submission_campaign: submission_campaign?,
            submission_clip: submission_clip?,
            status: match &shape.status {
                Some(status) => Some(name("status", &of_submissions, status)?),
                None => None,
            },
            approved,
            direct_writes: shape.columns.direct_writes,
            flush: shape.columns.flush,
            formerly: BTreeMap::new(),
        })
    };
    let columns = all();
    Ok(columns.map(|columns| Columns { formerly, ..columns }))
}
