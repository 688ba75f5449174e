//! The triggers that a binding has when it is whole: what follows from its mapping and its tables alone.

use crate::binding::condition::Condition;
use crate::binding::present::{self, Trigger, TriggerFunction};
use crate::catalog;
use crate::catalog::shape::{Shape, Tables};
use crate::catalog::{Column, Relation};
use crate::errors::Result;
use crate::pg::cache;
use crate::pg::trigger_row::fires;
use crate::value::mapping::{FullName, Said};
use crate::value::names::{self, ident, literal};

/// A trigger that a binding has, but for the middle of its name.
pub struct Wanted {
    pub table: FullName,
    pub suffix: &'static str,
    pub function: TriggerFunction,
    /// The bits of [`fires`].
    pub fires: i16,
    /// The mapping, as JSON.
    pub argument: String,
}

impl Wanted {
    /// Whether a trigger stands in this one's place.
    pub fn is_place_of(&self, trigger: &Trigger) -> bool {
        let Trigger { name, .. } = trigger;
        trigger.table == self.table
            && trigger.function == self.function
            && name.starts_with("spend_sync_")
            && name.ends_with(&format!("_{}", self.suffix))
    }

    /// Whether a trigger is the one of its table that fires when a statement has ended.
    pub fn is_beside(&self, trigger: &Trigger) -> bool {
        trigger.table == self.table && trigger.function == TriggerFunction::Flush
    }

    /// Whether a trigger is this one, whether it is enabled or not.
    pub fn is(&self, trigger: &Trigger) -> bool {
        self.is_place_of(trigger)
            && trigger.argument == self.argument
            && trigger.fires == self.fires
            && !trigger.is_deferrable
            && trigger.condition == Condition::Always
    }

    /// The trigger's whole CREATE statement.
    pub fn create(&self, name: &str) -> String {
        let row_level = self.fires & fires::ROW != 0;
        let events = [
            (fires::INSERT, "INSERT"),
            (fires::DELETE, "DELETE"),
            (fires::UPDATE, "UPDATE"),
            (fires::TRUNCATE, "TRUNCATE"),
        ];
        let events = events.iter().filter(|(bit, _)| self.fires & bit != 0);
        format!(
            "CREATE TRIGGER {name} {timing} {events} ON {table} FOR EACH {level} \
             EXECUTE FUNCTION spend_sync.{function}({argument})",
            name = ident(name),
            timing = if self.fires & fires::BEFORE != 0 {
                "BEFORE"
            } else {
                "AFTER"
            },
            events = events.map(|(_, word)| *word).collect::<Vec<_>>().join(" OR "),
            table = names::table(&self.table.schema, &self.table.table),
            level = if row_level { "ROW" } else { "STATEMENT" },
            function = self.function.name(),
            argument = literal(&self.argument),
        )
    }
}

/// The triggers of a binding, as its tables and these partitions stand now. The functions tell which updates count: PostgreSQL
/// reads a WHEN anew for each statement, which costs more than the call for a row, and UPDATE OF misses what a BEFORE trigger or a
/// generated column changes.
pub fn wanted(said: &Said, partitions: &[FullName]) -> Vec<Wanted> {
    use TriggerFunction::{CaptureCampaign, CaptureClip, CaptureSubmission, KeepTotal};
    let upsert = fires::INSERT | fires::UPDATE;
    let mut all = Vec::new();
    let clips = said
        .clips
        .iter()
        .map(|clips| (clips, CaptureClip, upsert | fires::DELETE));
    for (table, function, events) in clips.chain([
        (&said.submissions, CaptureSubmission, upsert | fires::DELETE),
        (&said.campaigns, CaptureCampaign, upsert),
    ]) {
        all.push(of(said, table, "row", function, fires::ROW | events));
        all.extend(of_statements(said, table));
    }
    let before = fires::ROW | fires::BEFORE | upsert;
    all.push(of(said, &said.campaigns, "keep", KeepTotal, before));
    all.extend(partitions.iter().flat_map(|partition| of_statements(said, partition)));
    all
}

/// Row triggers of a partitioned table are cloned to its partitions, statement triggers are not: a write, or TRUNCATE,
/// of a partition itself would fire none.
pub fn of_statements(said: &Said, table: &FullName) -> [Wanted; 2] {
    let writes = fires::INSERT | fires::UPDATE | fires::DELETE | fires::TRUNCATE;
    [
        of(said, table, "begin", TriggerFunction::Begin, fires::BEFORE | writes),
        of(said, table, "flush", TriggerFunction::Flush, writes),
    ]
}

fn of(said: &Said, table: &FullName, suffix: &'static str, function: TriggerFunction, fires: i16) -> Wanted {
    Wanted {
        table: table.clone(),
        suffix,
        function,
        fires,
        argument: said.seen_from(&table.schema).to_argument(),
    }
}

/// The partitions of all its tables.
pub fn partitions(tables: &Tables) -> Result<Vec<FullName>> {
    catalog::names(&tables.partition_oids()?)
}

/// The triggers of ours on all tables and partitions of a binding. They are watched: if one goes, the binding is loaded anew.
pub fn present(shape: &Shape) -> Result<Vec<Trigger>> {
    let relations = catalog::with_partitions(shape.tables().all())?;
    cache::watch(&relations);
    present::triggers_on_any(&relations)
}

/// The tables of a binding, each with the columns of which a change is captured, and named by a condition of a trigger: so that what
/// drops one, by whatever road, takes the trigger along, and no other column of its name is taken for it.
pub fn captured(shape: &Shape) -> Vec<(&Relation, Vec<&Column>)> {
    let mut of_links: Vec<&Column> = shape.status.iter().chain(&shape.submission_campaign).collect();
    let mut all = Vec::new();
    match &shape.clips {
        Some(clips) => {
            // A tenant may be of both keys.
            let others = |column: &&Column| shape.submission_campaign.iter().all(|one| one.number != column.number);
            of_links.extend(clips.link.iter().filter(others));
            all.push((&clips.table, shape.earnings.iter().chain(&clips.id).collect()));
        }
        None => of_links.extend(&shape.earnings),
    }
    all.push((&shape.submissions, of_links));
    all.push((
        &shape.campaigns,
        shape.campaign_id.iter().chain([&shape.spent]).collect(),
    ));
    all
}
