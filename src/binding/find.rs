//! Which bindings there are.

use super::load::{id_in, id_of, of};
use crate::binding::present::{Trigger, TriggerFunction};
use crate::binding::{Binding, among, present, resolve};
use crate::catalog;
use crate::catalog::Relation;
use crate::catalog::shape::Tables;
use crate::errors::call::CallError;
use crate::errors::{Error, Result};
use crate::pg::name;
use crate::value::columns::Columns;
use crate::value::mapping::{Said, TotalName};
use pgrx::pg_sys::Oid;
use std::rc::Rc;

/// The triggers that speak for the totals that are attached, one for each.
fn own_triggers() -> Result<Vec<Trigger>> {
    Ok(one_a_total(present::triggers_of(TriggerFunction::CaptureCampaign)?))
}

fn one_a_total(triggers: Vec<Trigger>) -> Vec<Trigger> {
    let mut one_each: Vec<Trigger> = Vec::new();
    for trigger in triggers {
        let is_same = |one: &Trigger| one.relation == trigger.relation && one.total() == trigger.total();
        if !one_each.iter().any(is_same) {
            one_each.push(trigger);
        }
    }
    one_each
}

/// All bindings whose names resolve: their tables and columns.
pub fn all() -> Result<Vec<(Tables, Columns)>> {
    let mut all = Vec::new();
    for trigger in own_triggers()? {
        all.extend(sound(resolve(&trigger))?);
    }
    Ok(all)
}

/// A binding by its names, and the triggers on its tables that say them. Those on partitions are looked up where they are needed: there may be
/// thousands.
pub struct Bound {
    pub tables: Tables,
    pub columns: Columns,
    pub triggers: Vec<Trigger>,
}

impl Bound {
    /// The binding that these triggers, which say the same, stand for, if they stand on all of its tables.
    fn of(tables: Tables, columns: Columns, triggers: Vec<Trigger>) -> Option<Self> {
        Some(Self {
            tables,
            columns,
            triggers,
        })
        .filter(Self::is_whole)
    }

    /// What its triggers say.
    pub fn said(&self) -> Said {
        self.tables.said(&self.columns)
    }

    /// The total.
    pub fn total(&self) -> TotalName {
        self.said().total()
    }

    /// Its triggers on partitions too.
    pub fn all_triggers(&self) -> Result<Vec<Trigger>> {
        let said = self.said();
        let mut all = present::triggers_on_any(&catalog::with_partitions(self.tables.all())?)?;
        all.retain(|trigger| trigger.says() == Some(&said));
        Ok(all)
    }

    /// Its binding, if it is still there; an error where it is broken.
    pub fn binding(&self) -> Result<Option<Rc<Binding>>> {
        match id_of(&self.total())? {
            Some(id) => of(id),
            None => Ok(None),
        }
    }

    /// The columns of one of its tables that its totals hang on.
    pub fn columns_of(&self, table: Oid) -> Vec<&str> {
        let of = &self.columns;
        match table {
            _ if table == self.tables.campaigns.oid => of.of_campaigns(),
            _ if table == self.tables.submissions.oid => of.of_submissions(),
            _ if self.tables.clips.as_ref().is_some_and(|clips| clips.oid == table) => of.of_clips(),
            _ => Vec::new(),
        }
    }

    /// Whether it names this column of one of its tables.
    pub fn names(&self, table: Oid, column: &str) -> bool {
        let is_title = table == self.tables.campaigns.oid && self.columns.title.as_deref() == Some(column);
        is_title || self.columns_of(table).contains(&column)
    }

    /// Whether this is one of its tables, and the role in force has its owner's rights.
    pub fn has_own(&self, table: Oid) -> bool {
        self.tables.all().iter().any(|one| one.oid == table && one.is_ours)
    }

    /// Whether triggers of it stand on each of its tables. Anybody may make a campaigns table whose trigger names others'
    /// tables; one on these takes a right to them.
    fn is_whole(&self) -> bool {
        let stands_on = |table: &&Relation| self.triggers.iter().any(|trigger| trigger.relation == table.oid);
        self.tables.all().iter().all(stands_on)
    }
}

/// The bindings that stand on all of their tables.
pub fn whole() -> Result<Vec<Bound>> {
    let mut all: Vec<(Said, Vec<Trigger>)> = Vec::new();
    for trigger in present::triggers()? {
        let Some(says) = trigger.says().cloned() else { continue };
        match all.iter_mut().find(|(said, _)| *said == says) {
            Some((_, triggers)) => triggers.push(trigger),
            None => all.push((says, vec![trigger])),
        }
    }
    let mut whole = Vec::new();
    for (_, triggers) in all {
        let Some(first) = triggers.first() else { continue };
        if let Some((tables, columns)) = sound(resolve(first))? {
            whole.extend(Bound::of(tables, columns, triggers));
        }
    }
    Ok(whole)
}

/// Those of them that have one of these relations, or the table that one is a partition of.
pub fn whole_on(relations: &[Oid]) -> Result<Vec<Bound>> {
    whole_among(&among::these(relations)?)
}

/// Those of them that also name one of these columns, of whichever of their tables: most commands name none that is bound, and of
/// those nothing more is looked up.
pub fn whole_naming(relation: Oid, columns: &[String]) -> Result<Vec<Bound>> {
    whole_saying(&among::these(&[relation])?, |said| {
        columns.iter().any(|column| said.columns.name(column))
    })
}

/// Those of them that have triggers on one of these relations.
pub fn whole_among(relations: &[Oid]) -> Result<Vec<Bound>> {
    whole_saying(relations, |_| true)
}

fn whole_saying(relations: &[Oid], is_concerned: impl Fn(&Said) -> bool) -> Result<Vec<Bound>> {
    if relations.is_empty() {
        return Ok(Vec::new());
    }
    let mut seen: Vec<Said> = Vec::new();
    let mut whole = Vec::new();
    for trigger in present::triggers_on_any(relations)? {
        let says = trigger
            .says()
            .filter(|says| is_concerned(says) && !seen.contains(*says));
        let Some(says) = says.cloned() else {
            continue;
        };
        let Some((tables, columns)) = sound(resolve(&trigger))? else {
            continue;
        };
        let own = tables.oids();
        // Anybody may make a trigger on a table of his own that says what another's says.
        if !own.contains(&trigger.relation) && !catalog::is_below(trigger.relation, &own)? {
            continue;
        }
        let mut triggers = present::triggers_on_any(&own)?;
        triggers.retain(|other| other.says() == Some(&says));
        whole.extend(Bound::of(tables, columns, triggers));
        seen.push(says);
    }
    Ok(whole)
}

/// What could be found; an error of ours says why nothing could, one of PostgreSQL's must go on to the client.
pub fn sound<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error @ Error::Postgres(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The totals there are.
pub struct InSight {
    /// The triggers that speak for those that the search path sees, one for each.
    pub visible: Vec<Trigger>,
    /// The other campaigns tables of the role in force.
    pub others: Vec<String>,
}

impl InSight {
    /// Those in sight; none is an error.
    pub fn some(self) -> Result<Vec<Trigger>> {
        let Self { visible, others } = self;
        if visible.is_empty() {
            return Err(CallError::NothingAttached { others }.into());
        }
        Ok(visible)
    }
}

/// Which the search path sees, and which it does not.
pub fn in_sight() -> Result<InSight> {
    let (mut visible, mut others) = (Vec::new(), Vec::new());
    for own in own_triggers()? {
        if name::is_visible(own.relation)? {
            visible.push(own);
        } else if catalog::relation(own.relation)?.is_some_and(|table| table.is_ours) {
            others.push(catalog::display(&own.table));
        }
    }
    others.dedup();
    Ok(InSight { visible, others })
}

/// The one campaigns table of those in sight; none or several is an error.
pub fn only_visible() -> Result<Oid> {
    let mut visible = in_sight()?.some()?;
    visible.dedup_by_key(|trigger| trigger.relation);
    match visible.as_slice() {
        [one] => Ok(one.relation),
        several => {
            let candidates = several.iter().map(|trigger| catalog::display(&trigger.table)).collect();
            Err(CallError::SeveralAttached { candidates }.into())
        }
    }
}

/// The triggers that speak for the totals of a campaigns table, one for each; none is an error.
pub fn attached_on(campaigns: Oid) -> Result<Vec<Trigger>> {
    let own = one_a_total(present::own_triggers(campaigns)?);
    if own.is_empty() {
        return Err(not_attached(campaigns)?);
    }
    Ok(own)
}

/// The binding that a campaigns table's own trigger speaks for, as it is and stays until the transaction ends: whoever sums has written none of
/// its tables, and is not kept from reading by who renames them. What is read of tables that are held has the names of now, whatever
/// else changes in the database meanwhile.
pub fn attached(own: &Trigger) -> Result<Rc<Binding>> {
    let id = id_in(own)?;
    let mut held = Vec::new();
    loop {
        let Some(binding) = of(id)? else {
            return Err(not_attached(id.campaigns())?);
        };
        let tables = binding.shape.tables().oids();
        if held == tables {
            return Ok(binding);
        }
        binding.hold()?;
        if !binding.is_outdated() {
            return Ok(binding);
        }
        held = tables;
    }
}

fn not_attached(campaigns: Oid) -> Result<Error> {
    Ok(match catalog::relation(campaigns)? {
        Some(table) => CallError::NotAttached { table: table.display() }.into(),
        None => CallError::NothingAttached { others: Vec::new() }.into(),
    })
}
