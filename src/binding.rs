//! Which tables and columns feed which total. The triggers are the binding; a backend keeps what it read from them
//! until one of the tables, or its triggers, changes.

use crate::backend::{self, Plan, Planned, Sees};
use crate::cache::{self, Cached};
use crate::capture::BindingId;
use crate::catalog::{self, Relation};
use crate::errors::{Error, Result};
use crate::key::{Key, KeyType};
use crate::mapping::{Columns, DirectWrites, FullName, Mapping};
use crate::names;
use crate::shape::{self, Shape, Tables};
use crate::statements::{self, Statement};
use crate::trigger_catalog::{self, Trigger, TriggerFunction};
use crate::values::{Row, Value};
use pgrx::pg_sys::Oid;
use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::rc::Rc;

/// Up to here keys count as few: a statement over them walks indexes with a plan made once.
pub const FEW_KEYS: usize = 64;

fn planned_for(keys: usize) -> Planned {
    if keys <= FEW_KEYS {
        Planned::Once
    } else {
        Planned::EachTime
    }
}

/// One total: its tables and columns, and the statements that keep it.
pub struct Binding {
    pub shape: Shape,
    /// The owner of the extension's own tables.
    pub keeper: Oid,
    plans: RefCell<HashMap<(Statement, Planned), Rc<Plan>>>,
}

impl Binding {
    fn new(shape: Shape, keeper: Oid) -> Self {
        Self {
            shape,
            keeper,
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

    /// Whether every link that this session meets points to an existing clip: a foreign key says so, and is enforced.
    pub fn clips_tied(&self) -> bool {
        self.shape.clips_tied && !backend::is_replica()
    }

    /// The same of campaigns.
    pub fn campaigns_tied(&self) -> bool {
        self.shape.campaigns_tied && !backend::is_replica()
    }

    pub fn rejects_direct_writes(&self) -> bool {
        self.shape.columns.direct_writes == DirectWrites::Reject
    }

    /// The error that a direct write of this campaign's total meets.
    pub fn direct_write(&self, id: String) -> Error {
        Error::DirectWrite {
            campaigns: self.shape.campaigns.display(),
            id,
            column: backend::display_name(&self.shape.spent.name),
        }
    }

    /// Runs a statement over keys, as the owner of the campaigns table, with everything committed in sight.
    pub fn run(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        self.run_over(statement, keys.len(), &[Value::Keys(kind, keys)], Sees::Latest)
    }

    /// The same, by index however many the keys are: what it costs hangs on them, and not on the size of the tables.
    pub fn run_by_index(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        let owner = self.shape.campaigns.owner;
        self.run_as(
            owner,
            statement,
            Planned::Once,
            &[Value::Keys(kind, keys)],
            Sees::Latest,
        )
    }

    /// The same, planned for these very keys, be they few.
    pub fn run_once(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        self.run_as(
            self.shape.campaigns.owner,
            statement,
            Planned::EachTime,
            &[Value::Keys(kind, keys)],
            Sees::Latest,
        )
    }

    /// Runs a statement over as many keys, as the owner of the campaigns table.
    pub fn run_over(&self, statement: Statement, keys: usize, values: &[Value], sees: Sees) -> Result<Vec<Row>> {
        self.run_as(self.shape.campaigns.owner, statement, planned_for(keys), values, sees)
    }

    /// Runs a statement on the extension's own tables, as their owner.
    pub fn run_as_keeper(&self, statement: Statement, values: &[Value]) -> Result<Vec<Row>> {
        self.run_as(self.keeper, statement, Planned::Once, values, Sees::Own)
    }

    fn run_as(
        &self,
        role: Oid,
        statement: Statement,
        planned: Planned,
        values: &[Value],
        sees: Sees,
    ) -> Result<Vec<Row>> {
        backend::as_role(role, || {
            let plan = self.plan(statement, values, planned)?;
            backend::execute(&plan, values, sees)
        })
    }

    /// Stores totals: amounts as text, one for each key.
    pub fn store(&self, keys: &[Key], totals: &[String]) -> Result<Vec<Row>> {
        let kind = self.shape.campaign_key;
        let (statement, values) = match (keys, totals) {
            ([key], [total]) => (Statement::StoreOne, [Value::Key(kind, key), Value::Text(total)]),
            _ => (Statement::Store, [Value::Keys(kind, keys), Value::Texts(totals)]),
        };
        let planned = if keys.len() <= FEW_KEYS {
            Planned::OnceAhead
        } else {
            Planned::EachTime
        };
        self.with_names_of_the_owner(|| {
            let plan = self.plan(statement, &values, planned)?;
            backend::execute(&plan, &values, Sees::Latest)
        })
    }

    /// Moves a campaign's total, if the column can hold it.
    pub fn move_one(&self, key: &Key, difference: &str) -> Result<()> {
        let values = [Value::Key(self.shape.campaign_key, key), Value::Text(difference)];
        self.with_names_of_the_owner(|| {
            let plan = self.plan(Statement::Move, &values, Planned::OnceAhead)?;
            backend::execute(&plan, &values, Sees::Latest).map(drop)
        })
    }

    /// Runs a statement without parameters, as the owner of the campaigns table.
    pub fn run_alone(&self, statement: Statement) -> Result<Vec<Row>> {
        let owner = self.shape.campaigns.owner;
        self.run_as(owner, statement, Planned::EachTime, &[], Sees::Latest)
    }

    /// The campaigns whose totals are wrong, by one look at all.
    pub fn differing(&self) -> Result<Vec<Key>> {
        let owner = self.shape.campaigns.owner;
        let rows = self.run_as(owner, Statement::Differing, Planned::InParallel, &[], Sees::Latest)?;
        let kind = self.shape.campaign_key;
        Ok(rows.iter().filter_map(|row| kind.parse(row.text(0))).collect())
    }

    /// Runs what may fire triggers of the user's: as the owner of the campaigns table, so not with names from the search
    /// path of a writer who has not the owner's rights; nor does he see in an error what he may not read.
    fn with_names_of_the_owner<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let Relation { owner, name, .. } = &self.shape.campaigns;
        if backend::has_rights_of(*owner) {
            return backend::as_role(*owner, body);
        }
        let path = format!("pg_catalog, {}, pg_temp", names::ident(&name.schema));
        backend::with_names(&path, || backend::as_role(*owner, body)).map_err(backend::without_row)
    }

    /// All campaigns with what is recorded and what should be; rows of [`statements::summed`].
    pub fn preview(&self, sees: Sees) -> Result<Vec<Row>> {
        self.run_as(
            self.shape.campaigns.owner,
            Statement::Preview,
            Planned::InParallel,
            &[],
            sees,
        )
    }

    fn plan(&self, statement: Statement, values: &[Value], planned: Planned) -> Result<Rc<Plan>> {
        if let Some(plan) = self.plans.borrow().get(&(statement, planned)) {
            return Ok(Rc::clone(plan));
        }
        let types: Vec<Oid> = values.iter().map(Value::type_oid).collect();
        let plan = Rc::new(backend::prepare(
            &statements::sql(&self.shape, statement),
            &types,
            planned,
        )?);
        self.plans.borrow_mut().insert((statement, planned), Rc::clone(&plan));
        Ok(plan)
    }
}

thread_local! {
    static BINDINGS: ManuallyDrop<Cached<Binding>> = ManuallyDrop::default();
}

/// The binding of a campaigns table, if it is attached.
pub fn of(campaigns: Oid) -> Result<Option<Rc<Binding>>> {
    BINDINGS.with(|bindings| bindings.get_or_load(campaigns, || load(campaigns)))
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
    cache::watch(&[tables.campaigns.oid, tables.clips.oid, tables.submissions.oid]);
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
    Ok(Some(Rc::new(Binding::new(shape, catalog::keeper()?))))
}

/// The campaigns tables that are attached.
fn attached() -> Result<Vec<Trigger>> {
    let mut own: Vec<Trigger> = trigger_catalog::triggers()?;
    own.retain(|trigger| trigger.function == TriggerFunction::CaptureCampaign);
    own.dedup_by_key(|trigger| trigger.relation);
    Ok(own)
}

/// All bindings whose names resolve: their tables and columns.
pub fn all() -> Result<Vec<(Tables, Columns)>> {
    let mut all = Vec::new();
    for trigger in attached()? {
        all.extend(sound(resolve(&trigger))?);
    }
    Ok(all)
}

/// A binding by its names, and the triggers that say them.
pub struct Bound {
    pub tables: Tables,
    pub columns: Columns,
    pub triggers: Vec<Trigger>,
}

impl Bound {
    /// Whether triggers of it stand on each of its tables. Anybody may make a campaigns table whose trigger names others'
    /// tables; one on these takes a right to them.
    fn is_whole(&self) -> bool {
        let stands_on = |table: &&Relation| self.triggers.iter().any(|trigger| trigger.relation == table.oid);
        self.tables.all().iter().all(stands_on)
    }
}

/// The bindings that stand on all of their tables.
pub fn whole() -> Result<Vec<Bound>> {
    let mut all: Vec<Bound> = Vec::new();
    for trigger in trigger_catalog::triggers()? {
        let Some((tables, columns)) = sound(resolve(&trigger))? else {
            continue;
        };
        let same = |one: &&mut Bound| one.tables.are(&tables) && one.columns == columns;
        match all.iter_mut().find(same) {
            Some(bound) => bound.triggers.push(trigger),
            None => all.push(Bound {
                tables,
                columns,
                triggers: vec![trigger],
            }),
        }
    }
    all.retain(Bound::is_whole);
    Ok(all)
}

/// What could be found; an error of ours says why nothing could, one of PostgreSQL's must go on to the client.
pub fn sound<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error @ Error::Postgres(_)) => Err(error),
        Err(_) => Ok(None),
    }
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
    let mut triggers = trigger_catalog::triggers_on(campaigns)?;
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

pub fn broken(trigger: &Trigger, problem: String) -> Error {
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
