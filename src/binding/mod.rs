//! Which tables and columns feed which total. The triggers are the binding; a backend keeps what it read from them
//! until one of the tables, or its triggers, changes.

use crate::catalog::Relation;
use crate::catalog::shape::Shape;
use crate::errors::total::TotalError;
use crate::errors::{Error, Result};
use crate::pg::snapshot::Sees;
use crate::pg::spi::{Plan, Planned};
use crate::pg::{error, name, session, spi, transaction};
use crate::statements;
use crate::statements::{Names, Statement};
use crate::value::key::{Key, KeyType};
use crate::value::mapping::{BindingId, DirectWrites};
use crate::value::names;
use crate::value::names::ident;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::{self, Oid};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

mod find;
mod load;
pub mod of_trigger;
pub mod present;
pub mod table_locks;
pub mod triggers;

pub use find::{Bound, all, attached, only_visible, sound, visible, whole};
pub use load::{broken, check_rows_are_seen, of, resolve};

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
    /// The same as statements name it.
    pub names: Names,
    /// The owner of the extension's own tables.
    pub keeper: Oid,
    plans: RefCell<HashMap<(Statement, Planned), Rc<Plan>>>,
}

impl Binding {
    fn new(shape: Shape, keeper: Oid) -> Self {
        Self {
            names: names_of(&shape),
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
        BindingId::of(self.oid())
    }

    /// Whether every link that this session meets points to an existing clip: a foreign key says so, and is enforced.
    pub fn clips_tied(&self) -> bool {
        self.shape.clips_tied && !transaction::is_replica()
    }

    /// The same of campaigns.
    pub fn campaigns_tied(&self) -> bool {
        self.shape.campaigns_tied && !transaction::is_replica()
    }

    /// The key of a campaign in a column of a result that is never NULL.
    pub fn campaign(&self, row: &Row, column: usize) -> Result<Key> {
        let text = row.text(column)?;
        let unread = || Error::internal(format!("\"{text}\" is no key of a campaign"));
        self.shape.campaign_key.parse(text).ok_or_else(unread)
    }

    pub fn rejects_direct_writes(&self) -> bool {
        self.shape.columns.direct_writes == DirectWrites::Reject
    }

    /// The error that a direct write of this campaign's total meets.
    pub fn direct_write(&self, id: String) -> Error {
        TotalError::DirectWrite {
            campaigns: self.shape.campaigns.display(),
            id,
            column: name::display_name(&self.shape.spent.name),
        }
        .into()
    }

    /// Runs a statement over keys, as the owner of the campaigns table, with everything committed in sight.
    pub fn run(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        self.run_over(statement, keys.len(), &[Param::Keys(kind, keys)], Sees::Latest)
    }

    /// The same, by index however many the keys are: what it costs hangs on them, and not on the size of the tables.
    pub fn run_by_index(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        let owner = self.shape.campaigns.owner;
        self.run_as(
            owner,
            statement,
            Planned::Once,
            &[Param::Keys(kind, keys)],
            Sees::Latest,
        )
    }

    /// The same, planned for these very keys, be they few.
    pub fn run_once(&self, statement: Statement, kind: KeyType, keys: &[Key]) -> Result<Vec<Row>> {
        self.run_as(
            self.shape.campaigns.owner,
            statement,
            Planned::EachTime,
            &[Param::Keys(kind, keys)],
            Sees::Latest,
        )
    }

    /// Runs a statement over as many keys, as the owner of the campaigns table.
    pub fn run_over(&self, statement: Statement, keys: usize, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
        self.run_as(self.shape.campaigns.owner, statement, planned_for(keys), values, sees)
    }

    /// Runs a statement on the extension's own tables, as their owner.
    pub fn run_as_keeper(&self, statement: Statement, values: &[Param]) -> Result<Vec<Row>> {
        self.run_as(self.keeper, statement, Planned::Once, values, Sees::Own)
    }

    fn run_as(
        &self,
        role: Oid,
        statement: Statement,
        planned: Planned,
        values: &[Param],
        sees: Sees,
    ) -> Result<Vec<Row>> {
        session::as_role(role, || {
            let plan = self.plan(statement, values, planned)?;
            spi::execute(&plan, values, sees)
        })
    }

    /// Stores totals: amounts as text, one for each key.
    pub fn store(&self, keys: &[Key], totals: &[String]) -> Result<Vec<Row>> {
        let kind = self.shape.campaign_key;
        let (statement, values) = match (keys, totals) {
            ([key], [total]) => (Statement::StoreOne, [Param::Key(kind, key), Param::Text(total)]),
            _ => (Statement::Store, [Param::Keys(kind, keys), Param::Texts(totals)]),
        };
        let planned = if keys.len() <= FEW_KEYS {
            Planned::OnceAhead
        } else {
            Planned::EachTime
        };
        self.with_names_of_the_owner(|| {
            let plan = self.plan(statement, &values, planned)?;
            spi::execute(&plan, &values, Sees::Latest)
        })
    }

    /// Moves a campaign's total, if the column can hold it.
    pub fn move_one(&self, key: &Key, difference: &str) -> Result<()> {
        let values = [Param::Key(self.shape.campaign_key, key), Param::Text(difference)];
        self.with_names_of_the_owner(|| {
            let plan = self.plan(Statement::Move, &values, Planned::OnceAhead)?;
            spi::execute(&plan, &values, Sees::Latest).map(drop)
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
        rows.iter().map(|row| self.campaign(row, 0)).collect()
    }

    /// Runs what may fire triggers of the user's: as the owner of the campaigns table, so not with names from the search
    /// path of a writer who has not the owner's rights; nor does he see in an error what he may not read.
    fn with_names_of_the_owner<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let Relation { owner, name, .. } = &self.shape.campaigns;
        if session::has_rights_of(*owner) {
            return session::as_role(*owner, body);
        }
        let path = format!("pg_catalog, {}, pg_temp", names::ident(&name.schema));
        session::with_names(&path, || session::as_role(*owner, body)).map_err(error::without_row)
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

    fn plan(&self, statement: Statement, values: &[Param], planned: Planned) -> Result<Rc<Plan>> {
        if let Some(plan) = self.plans.borrow().get(&(statement, planned)) {
            return Ok(Rc::clone(plan));
        }
        let types: Vec<Oid> = values.iter().map(Param::type_oid).collect();
        let plan = Rc::new(spi::prepare(&statements::sql(&self.names, statement), &types, planned)?);
        self.plans.borrow_mut().insert((statement, planned), Rc::clone(&plan));
        Ok(plan)
    }
}

/// The names and types of a binding, as its statements have them.
pub fn names_of(shape: &Shape) -> Names {
    Names {
        campaigns: shape.campaigns.sql(),
        id: ident(&shape.campaign_id.name),
        title: shape.title.as_ref().map(|title| ident(&title.name)),
        spent: ident(&shape.spent.name),
        spent_type: shape.spent.base_sql.clone(),
        spent_money: shape.spent_money,
        clips: shape.clips.sql(),
        clip_id: ident(&shape.clip_id.name),
        earnings: ident(&shape.earnings.name),
        submissions: shape.submissions.sql(),
        campaign: ident(&shape.submission_campaign.name),
        clip: ident(&shape.submission_clip.name),
        status: ident(&shape.status.name),
        status_type: match shape.status.base_type {
            _ if shape.status.is_enum => shape.status.base_sql.clone(),
            pg_sys::BOOLOID => "boolean".to_owned(),
            _ => "pg_catalog.text".to_owned(),
        },
        approved: shape.columns.approved.clone(),
    }
}
