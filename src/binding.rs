//! Which tables and columns feed which total. The triggers are the binding; a backend keeps what it read from them
//! until the relation cache says that one of the tables, or its triggers, changed.

use crate::backend::{self, KeyAttribute, Plan, Planned, Sees};
use crate::capture::BindingId;
use crate::catalog::{self, Column, Relation, Trigger, TriggerFunction};
use crate::errors::{Error, Result};
use crate::key::{Key, KeyType};
use crate::mapping::{Columns, DirectWrites, FullName, Mapping};
use crate::names;
use crate::shape::{self, Shape, Tables};
use crate::statements::{self, Statement};
use crate::values::{Row, Value};
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::mem::ManuallyDrop;
use std::rc::Rc;

/// Up to here keys count as few: a statement over them walks indexes with a plan made once.
pub const FEW_KEYS: usize = 64;

/// One total: its tables and columns, and the statements that keep it.
pub struct Binding {
    pub shape: Shape,
    plans: RefCell<HashMap<(Statement, Planned), Rc<Plan>>>,
}

impl Binding {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            plans: RefCell::default(),
        }
    }

    /// The OID of the campaigns relation, by which a binding is known.
    pub fn oid(&self) -> Oid {
        self.shape.campaigns.oid
    }

    /// The same, as captured writes are kept by it.
    pub fn id(&self) -> BindingId {
        self.oid().to_u32()
    }

    pub fn rejects_direct_writes(&self) -> bool {
        self.shape.columns.direct_writes == DirectWrites::Reject
    }

    /// Runs a statement over keys, as the owner of the campaigns table, with everything committed in sight.
    pub fn run(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        let planned = if keys.len() <= FEW_KEYS {
            Planned::Once
        } else {
            Planned::EachTime
        };
        backend::as_role(self.shape.campaigns.owner, || {
            let plan = self.plan(statement, &[kind.array_oid()], planned)?;
            backend::execute(&plan, &[Value::Keys(kind, keys)], Sees::Latest)
        })
    }

    /// Stores totals: amounts as text, one for each key.
    pub fn store(&self, keys: &[Key], totals: &[String]) -> Result<Vec<Row>> {
        let kind = self.shape.campaign_key;
        let planned = if keys.len() <= FEW_KEYS {
            Planned::Once
        } else {
            Planned::EachTime
        };
        self.with_names_of_the_owner(|| {
            let values = [Value::Keys(kind, keys), Value::Texts(totals)];
            let plan = self.plan(Statement::Store, &values.each_ref().map(Value::type_oid), planned)?;
            backend::execute(&plan, &values, Sees::Latest)
        })
    }

    /// Runs what may fire triggers of the user's: as the owner of the campaigns table, so not with names from the search
    /// path of a writer who has not the owner's rights.
    fn with_names_of_the_owner<T>(&self, body: impl FnOnce() -> T) -> T {
        let Relation { owner, name, .. } = &self.shape.campaigns;
        if backend::has_rights_of(*owner) {
            return backend::as_role(*owner, body);
        }
        let path = format!("pg_catalog, {}, pg_temp", names::ident(&name.schema));
        backend::with_names(&path, || backend::as_role(*owner, body))
    }

    /// All campaigns with what is recorded and what should be; rows of [`statements::summed`].
    pub fn preview(&self, sees: Sees) -> Result<Vec<Row>> {
        backend::as_role(self.shape.campaigns.owner, || {
            backend::execute(&*self.plan(Statement::Preview, &[], Planned::EachTime)?, &[], sees)
        })
    }

    fn plan(&self, statement: Statement, types: &[Oid], planned: Planned) -> Result<Rc<Plan>> {
        if let Some(plan) = self.plans.borrow().get(&(statement, planned)) {
            return Ok(Rc::clone(plan));
        }
        let plan = Rc::new(backend::prepare(
            &statements::sql(&self.shape, statement),
            types,
            planned,
        )?);
        self.plans.borrow_mut().insert((statement, planned), Rc::clone(&plan));
        Ok(plan)
    }
}

/// What a trigger on one relation needs: its binding and where in its rows the columns stand.
pub struct TriggerBinding {
    pub binding: Rc<Binding>,
    pub at: Attributes,
    /// The relation is one of the binding's tables, or a partition of one.
    pub is_of_it: bool,
}

/// The columns that a trigger reads, numbered as in its own relation (a partition may number them otherwise).
#[derive(Clone, Copy)]
pub enum Attributes {
    Clip {
        id: KeyAttribute,
    },
    Submission {
        campaign: KeyAttribute,
        clip: KeyAttribute,
    },
    Campaign {
        id: KeyAttribute,
        spent: i16,
        spent_type: Oid,
    },
    /// A statement trigger has no row.
    None,
}

#[derive(Default)]
struct Cache {
    by_trigger: HashMap<Oid, Rc<TriggerBinding>>,
    by_campaigns: HashMap<Oid, Rc<Binding>>,
}

thread_local! {
    // Never dropped: a backend's thread ends when PostgreSQL's memory, where plans live, is gone already.
    static CACHE: ManuallyDrop<RefCell<Cache>> = ManuallyDrop::default();
    static WATCHED: RefCell<HashSet<Oid>> = RefCell::default();
    static STALE: Cell<bool> = const { Cell::new(false) };
    static LOADING: Cell<bool> = const { Cell::new(false) };
}

/// The relation cache's word that a relation changed (an invalid OID: any may have). Called amid other work: it only
/// leaves a note.
pub fn forget(relation: Oid) {
    let concerns_us = relation == Oid::INVALID
        || LOADING.get()
        || WATCHED.with(|watched| watched.try_borrow().is_ok_and(|watched| watched.contains(&relation)));
    if concerns_us {
        STALE.set(true);
    }
}

/// Looks in the cache, else loads; what turned stale while it was loaded is used once and not kept.
fn cached<T>(
    look: impl FnOnce(&Cache) -> Option<Rc<T>>,
    load: impl FnOnce() -> Result<Option<Rc<T>>>,
    keep: impl FnOnce(&mut Cache, Rc<T>),
) -> Result<Option<Rc<T>>> {
    if STALE.take() {
        let old = CACHE.with(|cache| cache.take());
        WATCHED.take();
        drop(old);
    }
    if let Some(found) = CACHE.with(|cache| look(&cache.borrow())) {
        return Ok(Some(found));
    }
    let outermost = !LOADING.replace(true);
    let loaded = load();
    if outermost {
        LOADING.set(false);
    }
    let loaded = loaded?;
    if let Some(loaded) = &loaded
        && !STALE.get()
    {
        CACHE.with(|cache| keep(&mut cache.borrow_mut(), Rc::clone(loaded)));
    }
    Ok(loaded)
}

fn watch(relations: &[Oid]) {
    WATCHED.with_borrow_mut(|watched| watched.extend(relations));
}

/// The binding of a campaigns table, if it is attached.
pub fn of(campaigns: Oid) -> Result<Option<Rc<Binding>>> {
    cached(
        |cache| cache.by_campaigns.get(&campaigns).cloned(),
        || load(campaigns),
        |cache, binding| drop(cache.by_campaigns.insert(campaigns, binding)),
    )
}

fn load(campaigns: Oid) -> Result<Option<Rc<Binding>>> {
    let triggers = own_triggers(campaigns)?;
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
    watch(&[tables.campaigns.oid, tables.clips.oid, tables.submissions.oid]);
    for table in [&tables.campaigns, &tables.clips, &tables.submissions] {
        if let Some(problem) = table.unfit() {
            return Err(broken(
                &trigger,
                format!("{} cannot be kept any more. {problem}", table.display()),
            ));
        }
    }
    let shape = describe(&trigger, tables, columns)?;
    check_rows_are_seen(&shape)?;
    Ok(Some(Rc::new(Binding::new(shape))))
}

/// The campaigns tables that are attached.
fn attached() -> Result<Vec<Trigger>> {
    let mut own: Vec<Trigger> = catalog::triggers()?;
    own.retain(|trigger| trigger.function == TriggerFunction::CaptureCampaign);
    own.dedup_by_key(|trigger| trigger.relation);
    Ok(own)
}

/// All bindings whose names resolve: their tables and columns.
pub fn all() -> Result<Vec<(Tables, Columns)>> {
    let mut all = Vec::new();
    for trigger in attached()? {
        match resolve(&trigger) {
            Ok(found) => all.push(found),
            Err(Error::BrokenBinding { .. } | Error::WrongTrigger { .. }) => {}
            Err(other) => return Err(other), // an error of PostgreSQL's must go on to the client
        }
    }
    Ok(all)
}

/// The attached campaigns tables that the search path sees.
pub fn visible() -> Result<Vec<Trigger>> {
    let mut own = attached()?;
    own.retain(|trigger| backend::is_visible(trigger.relation));
    Ok(own)
}

/// The one of them; none or several is an error.
pub fn only_visible() -> Result<Oid> {
    match visible()?.as_slice() {
        [] => Err(Error::NothingAttached { campaigns: None }),
        [one] => Ok(one.relation),
        several => {
            let candidates = several.iter().map(|trigger| catalog::display(&trigger.table)).collect();
            Err(Error::SeveralAttached { candidates })
        }
    }
}

/// The trigger on a campaigns table that speaks for its binding.
pub fn own_trigger(campaigns: Oid) -> Result<Option<Trigger>> {
    Ok(own_triggers(campaigns)?.into_iter().next())
}

fn own_triggers(campaigns: Oid) -> Result<Vec<Trigger>> {
    let mut triggers = catalog::triggers_on(campaigns)?;
    triggers.retain(|trigger| trigger.function == TriggerFunction::CaptureCampaign);
    Ok(triggers)
}

/// Sums run as the owner of the campaigns table; they would be wrong if it did not see every row.
pub fn check_rows_are_seen(shape: &Shape) -> Result<()> {
    for table in [&shape.campaigns, &shape.clips, &shape.submissions] {
        if backend::as_role(shape.campaigns.owner, || catalog::hides_rows(table.oid))? {
            return Err(Error::OwnerCannot {
                owner: backend::display_name(&shape.campaigns.owner_name),
                problem: format!("Row-level security hides rows of {} from this role", table.display()),
                advice: "Let one role own all three tables, or give this role BYPASSRLS.".to_owned(),
            });
        }
    }
    Ok(())
}

fn broken(trigger: &Trigger, problem: String) -> Error {
    Error::BrokenBinding {
        table: catalog::display(&trigger.table),
        problem,
    }
}

/// The tables that a trigger's argument names, and its columns.
pub fn resolve(trigger: &Trigger) -> Result<(Tables, Columns)> {
    let mapping = Mapping::parse(&trigger.argument).map_err(|problem| Error::WrongTrigger {
        function: trigger.function.name(),
        problem: format!("has an argument that is no mapping: {problem}"),
    })?;
    let schema = &trigger.table.schema;
    let table = |name: FullName| -> Result<Relation> {
        let missing = || broken(trigger, format!("Table {} does not exist", catalog::display(&name)));
        let oid = catalog::find(&name)?.ok_or_else(missing)?;
        catalog::relation(oid)?.ok_or_else(missing)
    };
    let tables = Tables {
        campaigns: table(mapping.campaigns.resolve(schema))?,
        clips: table(mapping.clips.resolve(schema))?,
        submissions: table(mapping.submissions.resolve(schema))?,
    };
    Ok((tables, mapping.columns))
}

/// As [`shape::describe`]; what attach would refuse is here a binding that broke since.
fn describe(trigger: &Trigger, tables: Tables, columns: Columns) -> Result<Shape> {
    shape::describe(tables, columns).map_err(|error| match error {
        Error::ColumnMissing {
            table,
            argument,
            wanted,
            ..
        } => broken(
            trigger,
            format!("Table {table} has no column {wanted} any more ({argument})"),
        ),
        Error::WrongType {
            table,
            column,
            kind,
            problem,
            ..
        } => broken(
            trigger,
            format!("Column {column} of table {table} is now of type {kind}. {problem}"),
        ),
        Error::BadStatus {
            table, column, value, ..
        } => broken(
            trigger,
            format!("\"{value}\" is no value of column {column} of table {table} any more"),
        ),
        other => other,
    })
}

/// The binding that a trigger serves.
pub fn of_trigger(trigger_oid: Oid) -> Result<Rc<TriggerBinding>> {
    let found = cached(
        |cache| cache.by_trigger.get(&trigger_oid).cloned(),
        || load_trigger(trigger_oid).map(Some),
        |cache, binding| drop(cache.by_trigger.insert(trigger_oid, binding)),
    )?;
    found.ok_or_else(|| Error::internal("a trigger without a binding"))
}

fn load_trigger(trigger_oid: Oid) -> Result<Rc<TriggerBinding>> {
    let (relation, trigger) =
        catalog::root_trigger(trigger_oid)?.ok_or_else(|| Error::internal("a trigger that is in no catalog"))?;
    watch(&[relation, trigger.relation]);
    let (tables, columns) = resolve(&trigger)?;
    let binding = of(tables.campaigns.oid)?;
    let Some(binding) = binding.filter(|binding| says_the_same(&binding.shape, &tables, &columns)) else {
        // Anybody may create a trigger that calls our functions, with any mapping. What it names is written as the
        // owner of the campaigns table, so it counts only if the campaigns table's own triggers say the same.
        let campaigns = tables.campaigns.display();
        return Err(broken(
            &trigger,
            format!("The triggers of the campaigns table {campaigns} do not say the same"),
        ));
    };
    check_place(&trigger, &binding.shape)?;
    let at = attributes(&trigger, &binding.shape, &catalog::columns(relation)?)?;
    let shape = &binding.shape;
    let tables = [shape.campaigns.oid, shape.clips.oid, shape.submissions.oid];
    let is_of_it = tables.contains(&catalog::root(relation)?);
    Ok(Rc::new(TriggerBinding { binding, at, is_of_it }))
}

fn says_the_same(shape: &Shape, tables: &Tables, columns: &Columns) -> bool {
    shape.clips.oid == tables.clips.oid && shape.submissions.oid == tables.submissions.oid && shape.columns == *columns
}

/// A renamed table leaves its triggers behind under the new name, while the mapping names another one.
fn check_place(trigger: &Trigger, shape: &Shape) -> Result<()> {
    let (role, expected) = match trigger.function {
        TriggerFunction::CaptureClip => ("clips", &shape.clips),
        TriggerFunction::CaptureSubmission => ("submissions", &shape.submissions),
        TriggerFunction::CaptureCampaign => ("campaigns", &shape.campaigns),
        TriggerFunction::Flush => return Ok(()),
    };
    if expected.oid == trigger.relation {
        return Ok(());
    }
    Err(broken(
        trigger,
        format!("Its mapping names {} as the {role} table", expected.display()),
    ))
}

fn attributes(trigger: &Trigger, shape: &Shape, columns: &[Column]) -> Result<Attributes> {
    let find = |wanted: &Column| {
        columns
            .iter()
            .find(|column| column.name == wanted.name)
            .ok_or_else(|| Error::internal("a partition without a column"))
    };
    let key = |wanted: &Column| -> Result<KeyAttribute> {
        let column = find(wanted)?;
        let kind = column
            .key_type()
            .ok_or_else(|| Error::internal("a key column of no key type"))?;
        Ok(KeyAttribute {
            number: column.number,
            kind,
        })
    };
    Ok(match trigger.function {
        TriggerFunction::CaptureClip => Attributes::Clip {
            id: key(&shape.clip_id)?,
        },
        TriggerFunction::CaptureSubmission => Attributes::Submission {
            campaign: key(&shape.submission_campaign)?,
            clip: key(&shape.submission_clip)?,
        },
        TriggerFunction::CaptureCampaign => Attributes::Campaign {
            id: key(&shape.campaign_id)?,
            spent: find(&shape.spent)?.number,
            spent_type: shape.spent.base_type,
        },
        TriggerFunction::Flush => Attributes::None,
    })
}
