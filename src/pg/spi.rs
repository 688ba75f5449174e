//! Statements, run with a snapshot of our choosing (`SPI_execute_snapshot`, as the foreign-key triggers do).

use super::error::caught;
use super::meant::{Meant, meaning};
use super::raw;
use super::snapshot::{Sees, snapshots, transactions_ended};
use crate::errors::{Error, Result};
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::ManuallyDrop;
use std::rc::Rc;

/// Which plan a prepared statement runs with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Planned {
    /// Once, for any parameters: statements over a few keys.
    Once,
    /// The same, for those that fire triggers of the user's.
    OnceAhead,
    /// Each time, for the few keys at hand: of many partitions it locks theirs alone.
    EachTimeByIndex,
    /// Each time, for the keys at hand: a plan made for one key is ruin for 100,000.
    EachTime,
    /// The same where PostgreSQL thinks a table empty that is not: it would go through all of it for each key.
    EachTimeWithoutLoops,
    /// Each time, and with parallel workers: reads of whole tables.
    InParallel,
}

/// A prepared statement that outlives its transaction.
pub struct Plan(pg_sys::SPIPlanPtr, Planned, Option<Meant>);

impl Drop for Plan {
    fn drop(&mut self) {
        // SAFETY: the plan was kept by SPI_keepplan and is owned by this value alone; plan caches that are
        // executing it hold a reference count of their own.
        unsafe { pg_sys::SPI_freeplan(self.0) };
    }
}

/// Runs `body` connected to SPI. On an error the connection is left to the abort that follows, which knows better
/// than we which connections the failed statement had opened above ours.
fn connected<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // SAFETY: SPI_connect and SPI_finish are paired, and everything returned was copied out of SPI's memory.
    unsafe { pg_sys::SPI_connect() };
    let result = body()?;
    // SAFETY: see above.
    unsafe { pg_sys::SPI_finish() };
    Ok(result)
}

/// Prepares `sql` for parameters of these types, which names these tables alone; `None`: the names are PostgreSQL's own, or ours.
pub fn prepare(sql: &str, types: &[Oid], planned: Planned, meant: Option<Meant>) -> Result<Plan> {
    connected(|| {
        let plan = prepare_here(sql, types, planned, meant)?;
        // SAFETY: a plan fresh from SPI_prepare_cursor.
        unsafe { pg_sys::SPI_keepplan(plan) };
        Ok(Plan(plan, planned, meant))
    })
}

fn prepare_here(sql: &str, types: &[Oid], planned: Planned, meant: Option<Meant>) -> Result<pg_sys::SPIPlanPtr> {
    let sql = CString::new(sql).map_err(|_| Error::internal("a NUL byte in a statement"))?;
    let mut types = types.to_vec();
    let count = c_int::try_from(types.len()).unwrap_or(c_int::MAX);
    let options = match planned {
        Planned::Once | Planned::OnceAhead => pg_sys::CURSOR_OPT_GENERIC_PLAN,
        Planned::EachTime | Planned::EachTimeByIndex | Planned::EachTimeWithoutLoops => pg_sys::CURSOR_OPT_CUSTOM_PLAN,
        Planned::InParallel => pg_sys::CURSOR_OPT_CUSTOM_PLAN | pg_sys::CURSOR_OPT_PARALLEL_OK,
    };
    let (text, kinds) = (sql.as_ptr(), types.as_mut_ptr());
    // SAFETY: text and types live until the call returns; the closure owns neither.
    let prepare = || caught(|| unsafe { raw::SPI_prepare_cursor(text, count, kinds, options.cast_signed()) });
    let plan = meaning(text, meant, prepare)?;
    if plan.is_null() {
        return Err(Error::internal("a statement could not be prepared"));
    }
    Ok(plan)
}

/// Runs a prepared statement to its end and gives all rows of its result.
pub fn execute(plan: &Plan, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
    let run = || {
        let _restored = match plan.1 {
            Planned::Once | Planned::EachTimeByIndex => Some(Planner::by_index()),
            Planned::EachTime => Some(Planner::without_jit()),
            Planned::EachTimeWithoutLoops | Planned::InParallel => Some(Planner::without_loops()),
            Planned::OnceAhead => {
                plan_ahead(plan.0)?;
                None
            }
        };
        if sees != Sees::Locked {
            return execute_here(plan.0, values, sees);
        }
        let before = transactions_ended();
        let rows = execute_here(plan.0, values, sees)?;
        if transactions_ended() == before {
            return Ok(rows);
        }
        // Somebody's work may have become visible while we locked. What they held is ours now: this look is the last.
        execute_here(plan.0, values, Sees::Latest)
    };
    connected(|| meaning(text_of(plan.0), plan.2, run))
}

/// Where PostgreSQL keeps the text of a prepared statement, which it parses again after changes.
fn text_of(plan: pg_sys::SPIPlanPtr) -> *const c_char {
    // SAFETY: a plan of one statement, as all of ours are.
    unsafe {
        let sources = pg_sys::SPI_plan_get_plan_sources(plan);
        let source: *const pg_sys::CachedPlanSource = (*(*sources).elements).ptr_value.cast();
        (*source).query_string
    }
}

/// Settings of the planner's, to be put back whatever the planning ends with.
struct Planner {
    seqscan: bool,
    nestloop: bool,
    jit: bool,
}

impl Planner {
    /// For a plan that is made once, if it is not made already: as if there were no sequential scans and no JIT. On tables
    /// that are small when a backend first writes to them the planner prefers sequential scans, and would go on reading
    /// whole tables as they grow; on large ones it would compile the sum anew at every write.
    fn by_index() -> Self {
        let found = Self::without_jit();
        // SAFETY: a variable of the backend, which has one thread.
        unsafe { pg_sys::enable_seqscan = false };
        found
    }

    /// For joins of whole tables, or of such as the planner thinks empty.
    fn without_loops() -> Self {
        let found = Self::without_jit();
        // SAFETY: as above.
        unsafe { pg_sys::enable_nestloop = false };
        found
    }

    /// Nothing of ours is worth compiling for.
    fn without_jit() -> Self {
        // SAFETY: as above.
        unsafe {
            let found = Self {
                seqscan: pg_sys::enable_seqscan,
                nestloop: pg_sys::enable_nestloop,
                jit: pg_sys::jit_enabled,
            };
            pg_sys::jit_enabled = false;
            found
        }
    }
}

impl Drop for Planner {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe {
            (pg_sys::enable_seqscan, pg_sys::enable_nestloop) = (self.seqscan, self.nestloop);
            pg_sys::jit_enabled = self.jit;
        }
    }
}

/// Makes the plan that is made once, if it is not made already, so that what the statement fires plans as ever.
fn plan_ahead(plan: pg_sys::SPIPlanPtr) -> Result<()> {
    let restored = Planner::by_index();
    // SAFETY: a kept plan of one statement.
    let made = caught(|| unsafe { raw::SPI_plan_get_cached_plan(plan) });
    drop(restored);
    let made = made?;
    if !made.is_null() {
        // SAFETY: the reference that SPI_plan_get_cached_plan took on behalf of the current owner of resources.
        unsafe { pg_sys::ReleaseCachedPlan(made, pg_sys::CurrentResourceOwner) };
    }
    Ok(())
}

thread_local! {
    /// Not dropped when the backend ends: PostgreSQL has freed its memory then.
    static KEPT: ManuallyDrop<RefCell<HashMap<&'static str, Rc<Plan>>>> = ManuallyDrop::default();
}

/// Runs a statement that is run often: its plan is kept, for to plan takes longer than to run it.
pub fn query_often(sql: &'static str, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
    let kept = KEPT.with(|kept| kept.borrow().get(sql).cloned());
    let plan = match kept {
        Some(plan) => plan,
        None => {
            let types: Vec<Oid> = values.iter().map(Param::type_oid).collect();
            let plan = Rc::new(prepare(sql, &types, Planned::Once, None)?);
            KEPT.with(|kept| kept.borrow_mut().insert(sql, Rc::clone(&plan)));
            plan
        }
    };
    execute(&plan, values, sees)
}

/// Prepares, runs and forgets a statement, whose names are PostgreSQL's own or ours.
pub fn query(sql: &str, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
    query_meaning(None, sql, values, sees)
}

/// The same of one that names these tables.
pub fn query_of(tables: Meant, sql: &str, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
    query_meaning(Some(tables), sql, values, sees)
}

fn query_meaning(meant: Option<Meant>, sql: &str, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
    let types: Vec<Oid> = values.iter().map(Param::type_oid).collect();
    connected(|| {
        let plan = prepare_here(sql, &types, Planned::EachTime, meant)?;
        let _restored = Planner::without_jit();
        meaning(text_of(plan), meant, || execute_here(plan, values, sees))
    })
}

fn execute_here(plan: pg_sys::SPIPlanPtr, values: &[Param], sees: Sees) -> Result<Vec<Row>> {
    let data: Vec<Option<Datum>> = values.iter().map(Param::datum).collect();
    let nulls: Vec<c_char> = data
        .iter()
        .map(|d| if d.is_some() { b' ' } else { b'n' } as c_char)
        .collect();
    let mut data: Vec<Datum> = data.into_iter().map(|d| d.unwrap_or(Datum::from(0))).collect();
    let (data, nulls) = (data.as_mut_ptr(), nulls.as_ptr());
    let (snapshot, crosscheck) = snapshots(sees);
    let read_only = sees == Sees::Caller;
    // SAFETY: the arrays have one element a parameter and outlive the call; SPI copies the snapshots it keeps.
    let code =
        caught(|| unsafe { raw::SPI_execute_snapshot(plan, data, nulls, snapshot, crosscheck, read_only, true, 0) })?;
    if code < 0 {
        return Err(Error::internal("SPI refused a statement"));
    }
    Ok(rows())
}

/// The rows of the statement that SPI has just run.
fn rows() -> Vec<Row> {
    // SAFETY: SPI_tuptable is null or valid until SPI_finish; SPI_getvalue gives null or a fresh C string.
    unsafe {
        let Some(table) = pg_sys::SPI_tuptable.as_ref() else {
            return Vec::new();
        };
        let count = usize::try_from(pg_sys::SPI_processed).unwrap_or_default();
        let columns = (*table.tupdesc).natts;
        let mut rows = Vec::with_capacity(count);
        for at in 0..count {
            let tuple = *table.vals.add(at);
            let text = |column| {
                let value = pg_sys::SPI_getvalue(tuple, table.tupdesc, column);
                (!value.is_null()).then(|| {
                    let text = CStr::from_ptr(value).to_string_lossy().into_owned();
                    pg_sys::pfree(value.cast());
                    text
                })
            };
            rows.push(Row::new((1..=columns).map(text).collect()));
        }
        rows
    }
}

/// Runs a utility statement (CREATE TRIGGER and the like) as SQL text, so that other extensions' hooks see it.
pub fn run(sql: &str) -> Result<()> {
    connected(|| {
        let text = CString::new(sql).map_err(|_| Error::internal("a NUL byte in a statement"))?;
        let text = text.as_ptr();
        // SAFETY: the text outlives the call.
        let code = caught(|| unsafe { raw::SPI_execute(text, false, 0) })?;
        if code < 0 {
            Err(Error::internal("SPI refused a statement"))
        } else {
            Ok(())
        }
    })
}
