//! Reading a binding from its triggers: names to relations, columns and types, each of which may have changed since.

use crate::binding::planning::Planning;
use crate::binding::present::{self, Trigger};
use crate::binding::{Binding, owners, wake_triggers, wanted};
use crate::catalog;
use crate::catalog::shape::{Shape, Tables};
use crate::catalog::{Relation, Unique, shape};
use crate::errors::call::CallError;
use crate::errors::column::ColumnError;
use crate::errors::trigger::TriggerError;
use crate::errors::{Error, Ours, Result};
use crate::pg::cache::Cached;
use crate::pg::{cache, kind};
use crate::value::columns::Columns;
use crate::value::mapping::{BindingId, FullName, Mapping, TotalName};
use std::mem::ManuallyDrop;
use std::rc::Rc;

thread_local! {
    static BINDINGS: ManuallyDrop<Cached<BindingId, Binding>> = ManuallyDrop::default();
}

/// The binding of a total, if it is attached.
pub fn of(id: BindingId) -> Result<Option<Rc<Binding>>> {
    BINDINGS.with(|bindings| bindings.get_or_load(id, || load(id)))
}

/// What a total is known by that triggers name; `None`: its campaigns table has no such column, or is not there.
pub fn id_of(total: &TotalName) -> Result<Option<BindingId>> {
    let Some(campaigns) = catalog::find(&total.campaigns)? else {
        return Ok(None);
    };
    let column = catalog::columns(campaigns)?
        .into_iter()
        .find(|column| column.name == total.spent);
    Ok(column.map(|column| BindingId::of(campaigns, column.number)))
}

/// What the total is known by that a campaigns table's own trigger speaks for.
pub fn id_in(own: &Trigger) -> Result<BindingId> {
    let (tables, columns) = resolve(own)?;
    let total = tables.said(&columns).total();
    id_of(&total)?.ok_or_else(|| lacks_column(own, &tables.campaigns.display(), &columns.spent, "spent"))
}

fn load(id: BindingId) -> Result<Option<Rc<Binding>>> {
    let epoch = cache::epoch();
    let Some((trigger, shape, campaigns_may_double)) = read(id)? else {
        return Ok(None);
    };
    check_version()?;
    check_is_whole(&trigger, &shape)?;
    owners::check(&shape)?;
    let clips_may_double = match &shape.clips {
        Some(clips) => !catalog::is_unique(clips.table.oid, &catalog::column_names(&clips.id), Unique::AtOnce)?,
        None => false,
    };
    let keeper = catalog::keeper()?;
    let doubles = [campaigns_may_double, clips_may_double];
    let planning = Planning::of(&shape)?;
    Ok(Some(Rc::new(Binding::new(shape, doubles, planning, keeper, epoch))))
}

/// Whether the library serves the functions and triggers of this database.
pub fn check_version() -> Result<()> {
    let library = env!("CARGO_PKG_VERSION");
    let installed = catalog::extension_version()?;
    if installed == library {
        return Ok(());
    }
    Err(CallError::OtherVersion { library, installed }.into())
}

/// The tables and columns of a binding, be it whole or not.
pub fn shape_of(id: BindingId) -> Result<Option<Shape>> {
    Ok(read(id)?.map(|(_, shape, _)| shape))
}

/// The trigger that speaks for a binding, what it binds, and whether the campaigns' key may name two of them until the transaction commits.
fn read(id: BindingId) -> Result<Option<(Trigger, Shape, bool)>> {
    let campaigns = id.campaigns();
    let mut columns = catalog::columns(campaigns)?.into_iter();
    let Some(spent) = columns.find(|column| column.number == id.spent()) else {
        return Ok(None);
    };
    let triggers = present::own_triggers_of(campaigns, &spent.name)?;
    let Some(trigger) = triggers.first().cloned() else {
        return Ok(None);
    };
    if triggers.iter().any(|other| other.argument != trigger.argument) {
        // Whoever may create a trigger on campaigns must not take the total over by adding one of ours.
        return Err(broken(
            &trigger,
            "The triggers of this table do not say the same".to_owned(),
        ));
    }
    let (tables, columns) = resolve(&trigger)?;
    if tables.campaigns.oid != campaigns {
        return Err(broken(
            &trigger,
            format!(
                "Its mapping names {} as the campaigns table",
                tables.campaigns.display()
            ),
        ));
    }
    cache::watch(&tables.oids());
    for table in tables.all() {
        if let Some(problem) = table.unfit()? {
            return Err(broken(
                &trigger,
                format!("{} cannot be kept any more. {problem}", table.display()),
            ));
        }
    }
    let shape = still_fits(&trigger, tables, columns)?;
    let may_double = !is_unique_at_once(&trigger, &shape)?;
    // Statements, and the triggers' memory, know its labels.
    if let Some(status) = &shape.status {
        cache::watch_type(kind::hash(status.base_type));
    }
    Ok(Some((trigger, shape, may_double)))
}

fn lacks_column(trigger: &Trigger, table: &str, column: &str, argument: &str) -> Error {
    broken(
        trigger,
        format!("Table {table} has no column {column} any more ({argument})"),
    )
}

pub fn broken(trigger: &Trigger, problem: String) -> Error {
    TriggerError::BrokenBinding {
        table: catalog::display(&trigger.table),
        problem,
    }
    .into()
}

/// The tables that a trigger's argument names, and its columns.
pub fn resolve(trigger: &Trigger) -> Result<(Tables, Columns)> {
    let mapping = Mapping::parse(&trigger.argument).map_err(|problem| TriggerError::WrongTrigger {
        function: trigger.function.name(),
        problem: match trigger.argument.as_str() {
            "" => "has no argument that a mapping could be".to_owned(),
            _ => format!("has an argument that is no mapping: {problem}"),
        },
    })?;
    let schema = &trigger.table.schema;
    let table = |name: FullName| -> Result<Relation> {
        let missing = || broken(trigger, format!("Table {} does not exist", catalog::display(&name)));
        catalog::named(&name)?.ok_or_else(missing)
    };
    let tables = Tables {
        campaigns: table(mapping.campaigns.resolve(schema))?,
        clips: mapping.clips.map(|clips| table(clips.resolve(schema))).transpose()?,
        submissions: table(mapping.submissions.resolve(schema))?,
    };
    Ok((tables, mapping.columns))
}

/// As [`shape::of_columns`]; what attach would refuse is here a binding that broke since.
fn still_fits(trigger: &Trigger, tables: Tables, columns: Columns) -> Result<Shape> {
    shape::of_columns(tables, columns).map_err(|error| match error {
        Error::Ours(Ours::Column(ColumnError::ColumnMissing {
            table,
            argument,
            wanted,
            ..
        })) => lacks_column(trigger, &table, &wanted, argument),
        Error::Ours(Ours::Column(ColumnError::WrongType {
            table,
            column,
            kind,
            problem,
            ..
        })) => broken(
            trigger,
            format!("Column {column} of table {table} is now of type {kind}. {problem}"),
        ),
        Error::Ours(Ours::Column(ColumnError::BadStatus {
            table, column, value, ..
        })) => broken(
            trigger,
            format!("\"{value}\" is no value of column {column} of table {table} any more"),
        ),
        Error::Ours(Ours::Column(ColumnError::KeyMayBeNull { table, column })) => broken(
            trigger,
            format!("Column {column} of table {table} may be NULL, and a campaign without a key has no total"),
        ),
        other => other,
    })
}

/// Whether the campaigns' key names one of them at any time; at commit it has to. A constraint may have gone since.
fn is_unique_at_once(trigger: &Trigger, shape: &Shape) -> Result<bool> {
    let (table, key) = (&shape.campaigns, catalog::column_names(&shape.campaign_id));
    if catalog::is_unique(table.oid, &key, Unique::AtOnce)? {
        return Ok(true);
    }
    if catalog::is_unique(table.oid, &key, Unique::AtCommit)? {
        return Ok(false);
    }
    let (columns, table) = (catalog::listed(&shape.campaign_id), table.display());
    Err(broken(
        trigger,
        format!(
            "The key {columns} of table {table} is not unique in all of it; two campaigns of one key cannot be told apart"
        ),
    ))
}

/// Each trigger that the binding needs is there, as attach made it, disabled or not: one that has gone, by whatever road (DROP
/// TYPE ... CASCADE takes along what names the type's columns), would let writes by in silence.
///
/// Partitions are listed before their triggers are read: one that is dropped in between seems to lack them, so that is looked at
/// twice.
fn check_is_whole(trigger: &Trigger, shape: &Shape) -> Result<()> {
    match look_whether_whole(trigger, shape) {
        Err(Error::Ours(Ours::Trigger(TriggerError::BrokenBinding { .. }))) => look_whether_whole(trigger, shape),
        looked => looked,
    }
}

fn look_whether_whole(trigger: &Trigger, shape: &Shape) -> Result<()> {
    let partitions = wanted::partitions(&shape.tables())?;
    let present = wanted::present(shape)?;
    for one in wanted::wanted(&shape.said(), &partitions) {
        if !present::of_table(&present, &one.table)
            .iter()
            .any(|trigger| one.is(trigger))
        {
            let table = catalog::display(&one.table);
            return Err(broken(
                trigger,
                format!("Table {table} lacks the trigger spend_sync_..._{}", one.suffix),
            ));
        }
    }
    for (table, columns) in wanted::captured(shape) {
        if !wake_triggers::are_there(table, &present, &columns) {
            return Err(broken(
                trigger,
                format!("Table {} lacks the trigger spend_sync_wake", table.display()),
            ));
        }
    }
    Ok(())
}
