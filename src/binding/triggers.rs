//! The triggers of a binding as SQL text, so that other extensions' utility hooks see them.

use crate::binding::present;
use crate::binding::present::{Trigger, TriggerFunction};
use crate::catalog;
use crate::catalog::shape::Shape;
use crate::errors::{Error, Result};
use crate::pg::{session, spi};
use crate::value::mapping::{FullName, Mapping, TableName};
use crate::value::names;
use crate::value::names::{ident, literal};
use pgrx::pg_sys::Oid;

/// Creates all triggers of a binding, in the place of those that were dropped for them. One that fired always (in logical
/// replication's apply too) was made to: so does the new one.
pub fn create_triggers(shape: &Shape, dropped: &[Trigger]) -> Result<()> {
    let partitions = partitions(shape)?;
    let made = makings(shape, &partitions);
    let base = free_base(shape, &made)?;
    // WHEN conditions find their operators by search path, once, here.
    session::with_catalog_names(|| {
        for making in &made {
            let name = names::trigger(&base, making.suffix);
            spi::run(&create(shape, making, &name))?;
            let fires_always = |trigger: &Trigger| making.is_of(trigger) && trigger.enabled == 'A';
            if dropped.iter().any(fires_always) {
                enable(making.table, &name, 'A')?;
            }
        }
        Ok(())
    })
}

/// Makes triggers of a binding anew under their own names, where their arguments are not those of now. Each as the owner of
/// its table: who may rename one table need not own the others.
pub fn replace_triggers(shape: &Shape, triggers: &[Trigger]) -> Result<()> {
    let partitions = partitions(shape)?;
    for making in makings(shape, &partitions) {
        let argument = argument(shape, &making);
        let outdated = triggers
            .iter()
            .filter(|trigger| making.is_of(trigger) && trigger.argument != argument);
        for trigger in outdated {
            let sql = create(shape, &making, &trigger.name).replacen("CREATE", "CREATE OR REPLACE", 1);
            as_owner(trigger.relation, || {
                spi::run(&sql)?;
                enable(&trigger.table, &trigger.name, trigger.enabled)
            })?;
        }
    }
    Ok(())
}

/// When a trigger fires, as `pg_trigger.tgenabled` has it; one just made fires by default (O).
fn enable(table: &FullName, name: &str, when: char) -> Result<()> {
    let how = match when {
        'A' => "ENABLE ALWAYS",
        'R' => "ENABLE REPLICA",
        'D' => "DISABLE",
        _ => return Ok(()),
    };
    let table = names::table(&table.schema, &table.table);
    spi::run(&format!("ALTER TABLE {table} {how} TRIGGER {}", ident(name)))
}

/// Puts the statement trigger on partitions that came, and takes it from tables that are none any more.
pub fn renew_flush_triggers(shape: &Shape) -> Result<()> {
    let partitions = partitions(shape)?;
    let made: Vec<Making> = makings(shape, &partitions)
        .into_iter()
        .filter(|making| making.function == TriggerFunction::Flush)
        .collect();
    let mut present = present::triggers()?;
    present.retain(|trigger| {
        trigger.function == TriggerFunction::Flush && trigger.campaigns().as_ref() == Some(&shape.campaigns.name)
    });
    for making in &made {
        if !present.iter().any(|trigger| making.is_of(trigger)) {
            let base = free_base(shape, std::slice::from_ref(making))?;
            let sql = create(shape, making, &names::trigger(&base, making.suffix));
            if let Some(table) = catalog::find(making.table)? {
                as_owner(table, || spi::run(&sql))?;
            }
        }
    }
    // Anybody may name this campaigns table in a trigger on a table of his own. To drop it would wait for whoever locks that.
    let owners = [&shape.clips, &shape.submissions, &shape.campaigns].map(|table| table.owner);
    for trigger in &present {
        let is_left = !made.iter().any(|making| *making.table == trigger.table);
        if is_left && catalog::relation(trigger.relation)?.is_some_and(|table| owners.contains(&table.owner)) {
            as_owner(trigger.relation, || drop_triggers(std::slice::from_ref(trigger)))?;
        }
    }
    Ok(())
}

fn as_owner<T>(table: Oid, body: impl FnOnce() -> Result<T>) -> Result<T> {
    let table = catalog::relation(table)?.ok_or_else(|| Error::internal("a table that is not there"))?;
    session::as_role(table.owner, || session::with_catalog_names(body))
}

/// The partitions of all three tables.
pub fn partitions(shape: &Shape) -> Result<Vec<FullName>> {
    let mut all = Vec::new();
    for table in [&shape.clips, &shape.submissions, &shape.campaigns] {
        if table.is_partitioned() {
            all.extend(catalog::partitions(table.oid)?);
        }
    }
    Ok(all)
}

pub fn drop_triggers(triggers: &[Trigger]) -> Result<()> {
    for trigger in triggers {
        let table = names::table(&trigger.table.schema, &trigger.table.table);
        spi::run(&format!("DROP TRIGGER {} ON {table}", ident(&trigger.name)))?;
    }
    Ok(())
}

/// The mapping as a trigger on a table of this schema carries it.
pub fn mapping(shape: &Shape, schema: &str) -> Mapping {
    let name = |full| TableName::seen_from(schema, full);
    Mapping {
        campaigns: name(&shape.campaigns.name),
        clips: name(&shape.clips.name),
        submissions: name(&shape.submissions.name),
        columns: shape.columns.clone(),
    }
}

/// The first part of the triggers' names that no other trigger on these tables has: the campaigns table's name, with
/// its schema or a number where several totals share a table.
fn free_base(shape: &Shape, made: &[Making]) -> Result<String> {
    let FullName { schema, table } = &shape.campaigns.name;
    let mut taken = Vec::new();
    for making in made {
        taken.extend(present::trigger_names(making.table)?);
    }
    let numbered = (2..100).map(|number| format!("{number}_{table}"));
    [table.clone(), format!("{schema}_{table}")]
        .into_iter()
        .chain(numbered)
        .find(|base| {
            !made
                .iter()
                .any(|making| taken.contains(&names::trigger(base, making.suffix)))
        })
        .ok_or_else(|| Error::internal("no name is left for a trigger"))
}

/// What one trigger is made of, but for its name and argument.
struct Making<'a> {
    table: &'a FullName,
    suffix: &'static str,
    when: String,
    function: TriggerFunction,
}

impl Making<'_> {
    /// Whether a trigger is made of this; the middle of its name is free.
    fn is_of(&self, trigger: &Trigger) -> bool {
        is_made_of(trigger, self.table, self.function, self.suffix)
    }
}

fn is_made_of(trigger: &Trigger, table: &FullName, function: TriggerFunction, suffix: &str) -> bool {
    let Trigger { name, .. } = trigger;
    trigger.table == *table
        && trigger.function == function
        && name.starts_with("spend_sync_")
        && name.ends_with(&format!("_{suffix}"))
}

/// The triggers of a binding. Updates are filtered by WHEN, not by UPDATE OF: a column list misses what a BEFORE
/// trigger or a generated column changes. Of campaigns each update is seen: PostgreSQL reads a WHEN anew for each
/// statement, which would cost each update of ours more than the call, and our own must be seen to have been stored.
fn makings<'a>(shape: &'a Shape, partitions: &'a [FullName]) -> Vec<Making<'a>> {
    let changed = |columns: &[&str]| {
        let differs = |c: &&str| format!("OLD.{0} IS DISTINCT FROM NEW.{0}", ident(c));
        columns.iter().map(differs).collect::<Vec<_>>().join(" OR ")
    };
    let columns = &shape.columns;
    let of_clip = changed(&[&columns.earnings, &columns.clip_id]);
    let of_link = changed(&[&columns.status, &columns.submission_campaign, &columns.submission_clip]);
    let mut made = Vec::new();
    for (table, function, events, update) in [
        (
            &shape.clips.name,
            TriggerFunction::CaptureClip,
            "INSERT OR DELETE",
            Some(of_clip),
        ),
        (
            &shape.submissions.name,
            TriggerFunction::CaptureSubmission,
            "INSERT OR DELETE",
            Some(of_link),
        ),
        (&shape.campaigns.name, TriggerFunction::CaptureCampaign, "INSERT", None),
    ] {
        let row = |suffix, when| Making {
            table,
            suffix,
            when,
            function,
        };
        made.push(row("row", format!("AFTER {events} ON {{}} FOR EACH ROW")));
        let when = update.map(|update| format!(" WHEN ({update})")).unwrap_or_default();
        made.push(row("update", format!("AFTER UPDATE ON {{}} FOR EACH ROW{when}")));
        made.push(flush_of(table));
    }
    made.extend(partitions.iter().map(flush_of));
    made
}

/// Row triggers of a partitioned table are cloned to its partitions, statement triggers are not: a write, or TRUNCATE,
/// of a partition itself would fire none.
fn flush_of(table: &FullName) -> Making<'_> {
    let when = "AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT".to_owned();
    Making {
        table,
        suffix: "flush",
        when,
        function: TriggerFunction::Flush,
    }
}

fn argument(shape: &Shape, making: &Making) -> String {
    mapping(shape, &making.table.schema).to_argument()
}

/// The trigger's whole CREATE statement.
fn create(shape: &Shape, making: &Making, name: &str) -> String {
    let table = names::table(&making.table.schema, &making.table.table);
    let argument = argument(shape, making);
    format!(
        "CREATE TRIGGER {name} {when} EXECUTE FUNCTION spend_sync.{function}({argument})",
        name = ident(name),
        when = making.when.replacen("{}", &table, 1),
        function = making.function.name(),
        argument = literal(&argument),
    )
}

/// A trigger that a healthy binding has.
pub struct Wanted {
    pub table: FullName,
    pub suffix: &'static str,
    pub function: TriggerFunction,
    pub argument: String,
}

impl Wanted {
    /// Whether a trigger is this one; the middle of its name is free.
    pub fn is(&self, trigger: &Trigger) -> bool {
        is_made_of(trigger, &self.table, self.function, self.suffix) && trigger.argument == self.argument
    }
}

/// All triggers that a healthy binding has, as its tables stand now.
pub fn wanted(shape: &Shape) -> Result<Vec<Wanted>> {
    let partitions = partitions(shape)?;
    let made = makings(shape, &partitions);
    Ok(made
        .iter()
        .map(|making| Wanted {
            table: making.table.clone(),
            suffix: making.suffix,
            function: making.function,
            argument: argument(shape, making),
        })
        .collect())
}
