//! Partitions that come and go bring and take rows past all row triggers: the campaigns that these rows feed are summed. And
//! the statement triggers that each partition has of its own are put on those that came.

use crate::binding::among::Parted;
use crate::binding::{Binding, Bound, among, owners, table_locks, triggers, wake_triggers};
use crate::catalog::{Column, Relation};
use crate::errors::table::TableError;
use crate::errors::trigger::TriggerError;
use crate::errors::{Error, Result};
use crate::pg::snapshot::Sees;
use crate::pg::table::{Against, TableLock};
use crate::pg::{session, spi, table};
use crate::statements::keys::KeyNames;
use crate::value::key::{Key, KeyType};
use crate::value::names::ident;
use crate::value::row::Row;
use crate::write::flush::Fed;
use crate::write::{capture, flush, wake};
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A partition that comes or goes, and a total that its rows may feed.
pub struct Moved {
    bound: Bound,
    partition: Oid,
    /// `None`: it has none.
    rows: Option<Rows>,
}

enum Rows {
    /// It brings some: who they feed is to be found once they are there.
    Come,
    /// It takes some along, which feed these.
    Went(Fed),
    /// It may have had some, which nobody could look at.
    Unknown,
}

impl Moved {
    /// What was known of its rows may be so no more.
    pub fn doubt(&mut self) {
        self.rows = Some(Rows::Unknown);
    }
}

/// Before a partition comes.
pub fn before_it_comes(parent: Oid, partition: Oid) -> Result<Vec<Moved>> {
    bring_up_what_waits(parent)?;
    let looked = look(parent, partition, &[])?;
    looked.moved(partition, |_| Ok(Some(Rows::Come)))
}

/// Before one goes. Its parent is locked as the command will.
pub fn before_it_goes(parent: Oid, partition: Oid) -> Result<Vec<Moved>> {
    bring_up_what_waits(parent)?;
    let looked = look(parent, partition, &[TableLock(parent, Against::All)])?;
    looked.moved(partition, |bound| {
        match binding::sound(bound.binding())?.flatten() {
            Some(binding) => Ok(Some(Rows::Went(fed_by(&binding, partition, parent)?))),
            None => Ok(Some(Rows::Unknown)), // broken: by this very partition, perhaps
        }
    })
}

/// The event that brings totals up at commit may wait on a row of the partition that goes: detached, it would fire nothing, and dropped it
/// would be in the way. And what is brought up once the partition's rows have come, or gone, is compared with them, and seems wrong.
fn bring_up_what_waits(parent: Oid) -> Result<()> {
    if !wake::waits() {
        return Ok(());
    }
    for bound in binding::whole_on(&[parent])? {
        wake_triggers::fire(&bound.tables.oids(), wake::waits())?;
    }
    Ok(())
}

/// A partition that a command is to drop.
#[derive(Clone, Copy)]
pub struct Dropped {
    root: Oid,
    parent: Oid,
    partition: Oid,
}

/// Those among tables that are to be dropped which are partitions. One that is none is locked as the command will: it may be
/// attached just now.
pub fn among_dropped(tables: &[Oid]) -> Result<Vec<Dropped>> {
    let mut all = Vec::new();
    for table in tables {
        let Some(found) = catalog::relation(*table)? else {
            continue;
        };
        let mut parent = catalog::parent(*table)?;
        if parent.is_none() && found.is_ours {
            TableLock(*table, Against::All).wait()?;
            parent = catalog::parent(*table)?;
        }
        if let Some(parent) = parent {
            let (root, partition) = (catalog::root(parent)?, *table);
            all.push(Dropped {
                root,
                parent,
                partition,
            });
        }
    }
    Ok(all)
}

/// What they take along.
pub fn before_they_go(all: &[Dropped]) -> Result<Vec<Moved>> {
    let mut moved = Vec::new();
    for dropped in all {
        moved.extend(before_it_goes(dropped.root, dropped.partition)?);
    }
    Ok(moved)
}

/// Those of these partitions that this transaction has dropped: one that somebody else has is his to see to, and one that is there was
/// not meant.
pub fn dropped_here(noted: &[Dropped]) -> Result<Vec<Dropped>> {
    let mut gone = Vec::new();
    for dropped in noted {
        if table::is_held(dropped.partition) && catalog::relation(dropped.partition)?.is_none() {
            gone.push(*dropped);
        }
    }
    Ok(gone)
}

/// What they took along, as [`as_it_is_now`] has it.
pub fn as_they_are_now(gone: &[Dropped], before: Vec<Moved>) -> Result<Vec<Moved>> {
    let is_gone = |moved: &Moved| gone.iter().any(|dropped| dropped.partition == moved.partition);
    let mut all: Vec<Moved> = before.into_iter().filter(is_gone).collect();
    for dropped in gone {
        all = as_it_is_now(binding::whole_on(&[dropped.root])?, dropped.partition, all);
    }
    Ok(all)
}

/// The same once the command has run, by the bindings that its parent has now: one that was not there yet when the command began, which
/// has waited for whoever bound it, says nothing of its rows.
pub fn as_it_is_now(bound: Vec<Bound>, partition: Oid, before: Vec<Moved>) -> Vec<Moved> {
    let (mut of_it, mut all): (Vec<Moved>, Vec<Moved>) =
        before.into_iter().partition(|moved| moved.partition == partition);
    for bound in bound {
        let total = bound.total();
        let seen = of_it.iter().position(|moved| moved.bound.total() == total);
        let rows = seen.map_or(Some(Rows::Unknown), |place| of_it.swap_remove(place).rows);
        all.push(Moved { bound, partition, rows });
    }
    all
}

/// What is known of a partition that comes or goes.
struct Looked {
    bound: Vec<Bound>,
    /// Whether it has rows; if not, it will have none, and if so, no writer meets half of the change. `None`: nobody could look. Only the
    /// command itself knows whether the role in force may do it; or the partition is another role's, as whom it would have to be read; or
    /// its owner may not read it.
    has_rows: Option<bool>,
}

impl Looked {
    fn moved(self, partition: Oid, rows_of: impl Fn(&Bound) -> Result<Option<Rows>>) -> Result<Vec<Moved>> {
        let moved = |bound: Bound| {
            let rows = match self.has_rows {
                Some(false) => None,
                Some(true) => rows_of(&bound)?,
                None => Some(Rows::Unknown),
            };
            Ok(Moved { bound, partition, rows })
        };
        self.bound.into_iter().map(moved).collect()
    }
}

/// Looks whether a partition that comes or goes has rows, under locks as the command takes them, and on what is below it: a writer
/// of that holds no other. If it has, all tables of the bindings are locked, so that no writer meets half of the change.
fn look(parent: Oid, partition: Oid, own: &[TableLock]) -> Result<Looked> {
    let all = binding::whole_on(&[parent])?;
    let looked = |bound, has_rows| Ok(Looked { bound, has_rows });
    if all.is_empty() {
        return looked(all, Some(false));
    }
    // Who may not do it does not keep others waiting.
    let is_ours = |table| catalog::relation(table).map(|table| table.filter(|table| table.is_ours));
    let (Some(parent_of_it), Some(table)) = (is_ours(parent)?, is_ours(partition)?) else {
        return looked(all, None);
    };
    let may_read =
        || session::as_role(table.owner, || catalog::missing_right(partition, false)).map(|right| right.is_none());
    if parent_of_it.owner != table.owner || !may_read()? {
        return looked(all, None);
    }
    let own = || {
        let below = catalog::partition_oids(partition)?;
        let tree = std::iter::once(partition)
            .chain(below)
            .map(|one| TableLock(one, Against::All));
        Ok::<Vec<TableLock>, Error>(own.iter().copied().chain(tree).collect())
    };
    if !has_rows(partition)? {
        table_locks::lock_found(own)?;
        if !has_rows(partition)? {
            return looked(all, Some(false));
        }
    }
    table_locks::lock_found(|| {
        let own = own()?;
        let mut everything = own.clone();
        for bound in &all {
            let of_binding = bound.tables.locks(parent, Against::Writers)?.into_iter();
            everything.extend(of_binding.filter(|lock| own.iter().all(|own| own.0 != lock.0)));
        }
        Ok(everything)
    })?;
    // Looked up anew: another command may have come first while we waited for a lock.
    looked(binding::whole_on(&[parent])?, Some(true))
}

fn has_rows(table: Oid) -> Result<bool> {
    // Most that come or go are new or emptied: then no statement is needed.
    if catalog::relation(table)?.is_some_and(|table| table.kind == 'r') && table::is_without_blocks(table)? {
        return Ok(false);
    }
    Ok(!read(table, |table| format!("SELECT FROM {} LIMIT 1", table.sql()))?.is_empty())
}

/// Reads a partition by itself, as its owner: it is an error if that is another while it is waited for. It may have gone, or have got
/// another name.
fn read(table: Oid, sql: impl FnOnce(&Relation) -> String) -> Result<Vec<Row>> {
    let Some(Relation { owner, .. }) = catalog::relation(table)? else {
        return Ok(Vec::new());
    };
    TableLock(table, Against::Changes).wait()?;
    // One of another kind cannot be one; the next write says so.
    let Some(found) = catalog::relation(table)?.filter(|table| matches!(table.kind, 'r' | 'p')) else {
        return Ok(Vec::new());
    };
    let read = || spi::query_of([table; 3], &sql(&found), &[], Sees::Latest);
    session::distrusting(|| session::with_catalog_names(|| session::as_role(owner, read)))
}

/// Which totals the rows of a partition feed, by one pass over it.
fn fed_by(binding: &Binding, partition: Oid, parent: Oid) -> Result<Fed> {
    let shape = &binding.shape;
    let root = catalog::root(parent)?;
    let keys = |columns: &[Column], kind| keys_in(partition, columns, kind);
    let clips = shape.clips.as_ref().filter(|clips| clips.table.oid == root);
    let due = if let Some(clips) = clips {
        keys(&clips.id, clips.key)?.map(Fed::OfClips)
    } else if root == shape.submissions.oid {
        keys(&shape.submission_campaign, shape.campaign_key)?.map(Fed::These)
    } else {
        keys(&shape.campaign_id, shape.campaign_key)?.map(Fed::These)
    };
    Ok(due.unwrap_or(Fed::All))
}

/// Bytes of a key that is too long to be kept.
const LONG: usize = 1000;

/// The keys in columns; `None`: too many to be kept, or one too long.
fn keys_in(table: Oid, columns: &[Column], kind: KeyType) -> Result<Option<BTreeSet<Key>>> {
    let limit = capture::ROWS_KEPT + 1;
    let key = KeyNames::new(columns.iter().map(|column| ident(&column.name)).collect(), kind);
    let parts = columns.iter().zip(kind.columns());
    let open = parts.filter(|(_, kind)| kind.is_open()).map(|(column, _)| &column.name);
    let short = open.map(|name| format!("octet_length(k.{}) <= {LONG}", ident(name)));
    let short: Vec<String> = short.collect();
    let value = match short.as_slice() {
        [] => key.value("k"),
        short => format!("CASE WHEN {} THEN {} END", short.join(" AND "), key.value("k")),
    };
    let rows = read(table, |table| {
        format!(
            "SELECT {value} FROM (SELECT DISTINCT {each} FROM {name} AS k WHERE {is_there} LIMIT {limit}) AS k",
            each = key.list("k"),
            is_there = key.is_there("k"),
            name = table.sql()
        )
    })?;
    if rows.len() == limit {
        return Ok(None);
    }
    Ok(rows.iter().map(|row| kind.parse(row.get(0)?)).collect())
}

/// They have come, or gone. All totals have their triggers before one is summed: a flush brings up the others too.
pub fn after(all: Vec<Moved>) -> Result<()> {
    for Moved { bound, partition, .. } in &all {
        triggers::renew_statement_triggers(bound, &with_below(*partition)?)?;
    }
    let mut due = Vec::new();
    for Moved { bound, partition, rows } in all {
        match rows {
            Some(Rows::Unknown) => due.extend(lock_all(&bound)?),
            Some(Rows::Come) => {
                if let Some(binding) = bound.binding()? {
                    let fed = fed_by(&binding, partition, partition)?;
                    due.push((binding, fed));
                }
            }
            Some(Rows::Went(fed)) => due.extend(bound.binding()?.map(|binding| (binding, fed))),
            // Nobody else can have brought it any since; an event trigger of this transaction's can.
            None if brings_rows(partition)? => due.extend(lock_all(&bound)?),
            None => {}
        }
    }
    flush::sum(due)
}

/// A partition, and those below it.
fn with_below(partition: Oid) -> Result<Vec<Oid>> {
    let mut all = catalog::partition_oids(partition)?;
    all.push(partition);
    Ok(all)
}

/// Whether a partition that is one now has rows.
fn brings_rows(partition: Oid) -> Result<bool> {
    match catalog::relation(partition)?.filter(|table| table.is_partition) {
        Some(table) => has_rows(table.oid),
        None => Ok(false),
    }
}

/// Partitions of these bindings came or went that nobody has looked at: they get their triggers, and all totals are looked at.
pub fn after_unseen(all: &[Bound]) -> Result<()> {
    for bound in all {
        triggers::renew_statement_triggers(bound, &bound.tables.partition_oids()?)?;
    }
    sum_all(all)
}

/// Looks at all totals of these bindings, and keeps writers off until the transaction ends.
pub fn sum_all(all: &[Bound]) -> Result<()> {
    let mut due = Vec::new();
    for bound in all {
        due.extend(lock_all(bound)?);
    }
    flush::sum(due)
}

/// Keeps writers off a binding's tables, to look at all its totals. One that is broken is an error here: it may be whole again before
/// anything is written.
fn lock_all(bound: &Bound) -> Result<Option<(Rc<Binding>, Fed)>> {
    table_locks::lock_found(|| bound.tables.locks(Oid::INVALID, Against::Writers))?;
    Ok(bound.binding()?.map(|binding| (binding, Fed::All)))
}

/// Of a bound table no partition is detached by two transactions: between them it has its rows no more, and totals have them.
pub fn check_detach(parent: Oid) -> Result<()> {
    let bound = binding::whole_on(&[parent])?;
    let Some(first) = bound.first() else {
        return Ok(());
    };
    let Some(table) = catalog::relation(parent)?.filter(|table| table.is_ours) else {
        return Ok(());
    };
    Err(TriggerError::DetachedConcurrently {
        table: table.display(),
        campaigns: first.tables.campaigns.display(),
    }
    .into())
}

/// A partition that comes or goes is used by no statement of this session that has not ended: that knows the triggers of before, and rows
/// that it writes from now on would be told of by nobody. (PostgreSQL asks that of the parent alone.)
pub fn check_unused(partition: Oid) -> Result<()> {
    let tree = with_below(partition)?;
    let Some(used) = tree.into_iter().find(|one| table::is_in_use(*one)) else {
        return Ok(());
    };
    let table = catalog::relation(used)?.ok_or_else(|| Error::internal("a table in use that is not there"))?;
    Err(TableError::InUse { table: table.display() }.into())
}

/// A table got these partitions: one of a role without the rights of the tables' owner is refused now, or every write would have
/// to fail for it, as is what stands below it. Gives the bindings of the table.
pub fn check_came(parent: Oid, partitions: &[Oid]) -> Result<Vec<Bound>> {
    let all = binding::whole_on(&[parent])?;
    if all.is_empty() {
        return Ok(all);
    }
    let mut came = Vec::new();
    for partition in partitions {
        came.extend(with_below(*partition)?);
    }
    all.iter()
        .try_for_each(|bound| owners::check_these(&bound.tables, &came))?;
    Ok(all)
}

/// Triggers of a table fire otherwise now: so do those of its partitions, of which PostgreSQL sees to the row triggers' clones alone.
pub fn after_enabled(table: Oid) -> Result<()> {
    if catalog::relation(table)?.is_none_or(|table| !table.is_partitioned() || table.is_partition) {
        return Ok(());
    }
    binding::whole_on(&[table])?
        .iter()
        .try_for_each(|bound| triggers::follow_enabled(bound, table))
}

/// A table got another owner: if it is a partition, he must have the rights of the tables' owner. Who reads it just now, and waits, would
/// run code of his as that owner otherwise.
pub fn check_given(table: Oid) -> Result<()> {
    let Some(partition) = catalog::relation(table)?.filter(|table| table.is_partition) else {
        return Ok(());
    };
    let bound = binding::whole_on(&[table])?;
    bound
        .iter()
        .try_for_each(|bound| owners::check_these(&bound.tables, &[partition.oid]))
}

/// A table got partitions that have no rows yet.
pub fn after_empty(parent: Oid, partitions: &[Oid]) -> Result<()> {
    for bound in check_came(parent, partitions)? {
        triggers::renew_statement_triggers(&bound, partitions)?;
    }
    Ok(())
}

/// A command has dropped things, these partitions among them, and perhaps more: which rows those had nobody can tell any more. It
/// holds the table that it took them from; whose partitions are others now and is not held, others have seen to.
pub fn after_drop(before: &[Parted], gone: &[Dropped]) -> Result<()> {
    let mut unseen = Vec::new();
    for now in among::parted()? {
        let of_it = gone.iter().filter(|dropped| dropped.parent == now.table);
        let was = before.iter().find(|was| was.table == now.table);
        let expected = was.map(|was| of_it.fold(was.clone(), |was, dropped| was.without(dropped.partition)));
        if expected.as_ref() != Some(&now) && table::is_held(now.table) {
            unseen.push(now.table);
        }
    }
    sum_all(&binding::whole_on(&unseen)?)
}
