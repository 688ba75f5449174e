//! Which tables and columns feed which total. The triggers are the binding; a backend keeps what it read from them
//! until one of the tables, or its triggers, changes.

use crate::binding::direct::Direct;
use crate::binding::planning::Planning;
use crate::catalog;
use crate::catalog::Column;
use crate::catalog::shape::Shape;
use crate::errors::total::TotalError;
use crate::errors::{Error, Ours, Result};
use crate::pg::meant::Meant;
use crate::pg::snapshot::Sees;
use crate::pg::spi::{Plan, Planned};
use crate::pg::table::{Against, TableLock};
use crate::pg::{bare, cache, error, name, relation, session, spi};
use crate::statements;
use crate::statements::keys::KeyNames;
use crate::statements::{ClipNames, Names, Statement};
use crate::value::columns::{DirectWrites, Flush};
use crate::value::key::{Key, KeyType};
use crate::value::mapping::BindingId;
use crate::value::names;
use crate::value::names::ident;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::CString;
use std::rc::Rc;

pub mod among;
pub mod condition;
mod direct;
mod find;
mod load;
pub mod of_trigger;
pub mod owners;
mod planning;
pub mod present;
mod stores;
pub mod table_locks;
pub mod triggers;
pub mod wake_triggers;
pub mod wanted;

pub use direct::{InRow, Totals};
pub use find::{
    Bound, InSight, all, attached, attached_on, in_sight, only_visible, sound, whole, whole_among, whole_naming,
    whole_on,
};
pub use load::{broken, check_version, id_in, id_of, of, resolve, shape_of};
pub use planning::FEW_KEYS;

/// What a plan is kept by; last the columns of other totals that it stores along.
type PlanKey = (Statement, Planned, Vec<i16>);

/// One total: its tables and columns, and the statements that keep it.
pub struct Binding {
    pub shape: Shape,
    /// The same as statements name it.
    pub names: Names,
    /// Whether the campaigns' key may name two of them until the transaction commits.
    pub campaigns_may_double: bool,
    /// Whether the clips' key may name several: one is unique in each partition, or until the transaction commits, or not any more.
    pub clips_may_double: bool,
    planning: Planning,
    /// The owner of the extension's own tables.
    pub keeper: Oid,
    /// The state of the catalogs that it was read from.
    epoch: u64,
    /// The search path under which its statements run.
    path: CString,
    plans: RefCell<HashMap<PlanKey, Rc<Plan>>>,
    direct: OnceCell<Direct>,
}

impl Binding {
    fn new(
        shape: Shape,
        [campaigns_may_double, clips_may_double]: [bool; 2],
        planning: Planning,
        keeper: Oid,
        epoch: u64,
    ) -> Self {
        Self {
            planning,
            campaigns_may_double,
            clips_may_double,
            epoch,
            names: names_of(&shape),
            path: path_of(&shape),
            shape,
            keeper,
            plans: RefCell::default(),
            direct: OnceCell::new(),
        }
    }

    /// Whether its tables may have changed since it was read.
    pub fn is_outdated(&self) -> bool {
        cache::epoch() != self.epoch
    }

    /// Keeps others from giving its tables, and their columns, other names until the transaction ends. Whoever did so just now has made it
    /// outdated.
    fn hold(&self) -> Result<()> {
        let tables = self.shape.tables();
        let mut locks = tables
            .all()
            .into_iter()
            .map(|table| TableLock(table.oid, Against::Changes));
        locks.try_for_each(TableLock::wait)
    }

    /// The OID of the campaigns relation.
    pub fn oid(&self) -> Oid {
        self.shape.campaigns.oid
    }

    /// The total as people call it: its table and its column.
    pub fn total(&self) -> String {
        self.shape.total()
    }

    /// What the total is known by.
    pub fn id(&self) -> BindingId {
        self.shape.id()
    }

    /// The key of a campaign in a column of a result that is never NULL.
    pub fn campaign(&self, row: &Row, column: usize) -> Result<Key> {
        let unread = || Error::internal("what stands in a key of campaigns is none");
        self.shape.campaign_key.parse(row.text(column)?).ok_or_else(unread)
    }

    /// Whether submissions hold what they add themselves.
    pub fn is_direct(&self) -> bool {
        self.shape.clips.is_none()
    }

    pub fn flushes_at_commit(&self) -> bool {
        self.shape.columns.flush == Flush::Commit
    }

    pub fn rejects_direct_writes(&self) -> bool {
        self.shape.columns.direct_writes == DirectWrites::Reject
    }

    /// The error that a direct write of this campaign's total meets.
    pub fn direct_write(&self, id: String) -> Error {
        self.refused(TotalError::DirectWrite {
            campaigns: self.shape.campaigns.display(),
            id,
            column: name::display_name(&self.shape.spent.name),
        })
    }

    /// An error about a total, as far as it may be told to the client.
    pub fn refused(&self, error: TotalError) -> Error {
        match error.bare() {
            Some(bare) if !session::may_be_told_of(self.shape.campaigns.owner) => {
                error::told_to_the_log(Ours::Total(bare), Ours::Total(error))
            }
            _ => error.into(),
        }
    }

    /// The same of an error that a statement which ran as another role has met.
    pub fn met<T>(&self, result: Result<T>, statement: &str) -> Result<T> {
        result.map_err(|error| {
            if session::may_be_told_of(self.shape.campaigns.owner) {
                error
            } else {
                bare::without_rows(error, statement)
            }
        })
    }

    /// Runs a statement over keys, as the owner of the campaigns table, with everything committed in sight.
    pub fn run(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        self.run_over(statement, keys.len(), &[Param::Keys(kind, keys)], Sees::Latest)
    }

    /// The same, by index however many the keys are: what it costs hangs on them, and not on the size of the tables.
    pub fn run_by_index(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        self.run_as_owner(
            statement,
            self.planning.by_index(),
            &[Param::Keys(kind, keys)],
            Sees::Latest,
        )
    }

    /// The same, planned for these very keys, be they few.
    pub fn run_once(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        self.run_as_owner(statement, Planned::EachTime, &[Param::Keys(kind, keys)], Sees::Latest)
    }

    /// Runs a statement over as many keys, as the owner of the campaigns table.
    pub fn run_over(&self, statement: Statement, keys: usize, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
        self.run_as_owner(statement, self.planning.reading(keys), values, sees)
    }

    /// Runs a statement on the extension's own tables, as their owner.
    pub fn run_as_keeper(&self, statement: Statement, values: &[Param]) -> Result<Vec<Row>> {
        let meant = None;
        session::with_catalog_names(|| {
            self.run_in_place((self.keeper, meant), (statement, &[]), Planned::Once, values, Sees::Own)
        })
    }

    /// Runs what reads: as the owner of the campaigns table, and with names from nobody's search path, be it the owner's
    /// own. Casts, index expressions and the like are code that looks names up.
    fn run_as_owner(&self, statement: Statement, planned: Planned, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
        let planned = match planned {
            Planned::EachTime if self.is_thought_empty()? => Planned::EachTimeWithoutLoops,
            other => other,
        };
        session::with_names(&self.path, || {
            self.run_in_place(self.as_owner(), (statement, &[]), planned, values, sees)
        })
    }

    /// Whether the planner expects no rows of one of its tables that may have many.
    fn is_thought_empty(&self) -> Result<bool> {
        for table in catalog::with_partitions(self.shape.tables().all())? {
            if relation::is_thought_empty(table)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Runs `body`, which runs statements: where all of them have the same search path it is set once, which takes some 2 us.
    pub fn with_names_set_once<T>(&self, body: impl FnOnce() -> T) -> T {
        if session::may_set_names_for(self.shape.campaigns.owner) {
            body()
        } else {
            session::with_names(&self.path, body)
        }
    }

    /// As whom statements on its tables run, and what they mean.
    fn as_owner(&self) -> (Oid, Option<Meant>) {
        (self.shape.campaigns.owner, Some(meant(&self.shape)))
    }

    fn run_in_place(
        &self,
        (role, meant): (Oid, Option<Meant>),
        (statement, others): (Statement, &[&Self]),
        planned: Planned,
        values: &[Param],
        sees: Sees,
    ) -> Result<Vec<Row>> {
        let run = || {
            let plan = self.plan((statement, others), values, planned, meant)?;
            spi::execute(&plan, values, sees)
        };
        match session::as_role(role, run) {
            Ok(given) => Ok(given),
            error => self.met(error, &self.sql(statement, others)),
        }
    }

    fn met_by<T>(&self, result: Result<T>, statement: Statement) -> Result<T> {
        match result {
            Ok(given) => Ok(given),
            error => self.met(error, &self.sql(statement, &[])),
        }
    }

    /// The text of a statement that, if it stores this total, stores others along.
    fn sql(&self, statement: Statement, others: &[&Self]) -> String {
        let others: Vec<&Names> = others.iter().map(|other| &other.names).collect();
        statements::sql(&self.names, &others, statement)
    }

    /// How many of these campaigns hold these totals.
    pub fn count_stored(&self, keys: &[Key], totals: &[String]) -> Result<usize> {
        let values = [Param::Keys(self.shape.campaign_key, keys), Param::Texts(totals)];
        let rows = self.run_as_owner(Statement::CountStored, Planned::EachTime, &values, Sees::Latest)?;
        rows.first().map_or(Ok(0), |row| row.number(0))
    }

    /// Runs a statement without parameters, as the owner of the campaigns table.
    pub fn run_alone(&self, statement: Statement) -> Result<Vec<Row>> {
        self.run_as_owner(statement, Planned::EachTime, &[], Sees::Latest)
    }

    /// The campaigns whose totals are wrong, by one look at all.
    pub fn differing(&self) -> Result<Vec<Key>> {
        let rows = self.run_as_owner(Statement::Differing, Planned::InParallel, &[], Sees::Latest)?;
        rows.iter().map(|row| self.campaign(row, 0)).collect()
    }

    /// All campaigns with what is recorded and what should be; rows of [`statements::summed`].
    pub fn preview(&self, sees: Sees) -> Result<Vec<Row>> {
        self.run_as_owner(Statement::Preview, Planned::InParallel, &[], sees)
    }

    fn plan(
        &self,
        (statement, others): (Statement, &[&Self]),
        values: &[Param],
        planned: Planned,
        meant: Option<Meant>,
    ) -> Result<Rc<Plan>> {
        let columns = others.iter().map(|other| other.shape.spent.number).collect();
        let key = (statement, planned, columns);
        if let Some(plan) = self.plans.borrow().get(&key) {
            return Ok(Rc::clone(plan));
        }
        let types: Vec<Oid> = values.iter().map(Param::type_oid).collect();
        let plan = Rc::new(spi::prepare(&self.sql(statement, others), &types, planned, meant)?);
        self.plans.borrow_mut().insert(key, Rc::clone(&plan));
        Ok(plan)
    }
}

/// Runs a statement that reads these tables and is not kept: as their owner, whose code is not trusted, with names from nobody's search
/// path.
pub fn look(shape: &Shape, sql: &str, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
    let run = || spi::query_of(meant(shape), sql, values, sees);
    let as_owner = || session::as_role(shape.campaigns.owner, run);
    session::distrusting(|| session::with_names(&path_of(shape), as_owner))
}

/// The tables that statements of a binding mean.
fn meant(shape: &Shape) -> Meant {
    [shape.campaigns.oid, shape.source().oid, shape.submissions.oid]
}

/// The search path under which code of the owner's is to find its names: what stands beside the campaigns table, after
/// PostgreSQL's own.
pub fn path_of(shape: &Shape) -> CString {
    let schema = names::ident(&shape.campaigns.name.schema);
    // A name has no NUL byte; an empty path would see pg_catalog alone.
    CString::new(format!("pg_catalog, {schema}, pg_temp")).unwrap_or_default()
}

/// The names and types of a binding, as its statements have them.
pub fn names_of(shape: &Shape) -> Names {
    let key =
        |columns: &[Column], kind| KeyNames::new(columns.iter().map(|column| ident(&column.name)).collect(), kind);
    Names {
        campaigns: shape.campaigns.sql(),
        id: key(&shape.campaign_id, shape.campaign_key),
        title: shape.title.as_ref().map(|title| ident(&title.name)),
        spent: ident(&shape.spent.name),
        spent_type: shape.spent.base_sql.clone(),
        spent_money: shape.spent_money,
        clips: shape.clips.as_ref().map(|clips| ClipNames {
            table: clips.table.sql(),
            id: key(&clips.id, clips.key),
            link: key(&clips.link, clips.key),
        }),
        earnings: shape.earnings.as_ref().map(|earnings| ident(&earnings.name)),
        submissions: shape.submissions.sql(),
        campaign: key(&shape.submission_campaign, shape.campaign_key),
        status: shape.status.as_ref().map(|status| ident(&status.name)),
        approved: shape.columns.approved.clone(),
    }
}
