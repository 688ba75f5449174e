//! PostgreSQL's inside, wrapped in safe functions: the only module with `unsafe` in it.
//!
//! Two things pgrx has no safe wrapper for decide its shape. Statements run with a snapshot of our choosing
//! (`SPI_execute_snapshot`, as the foreign-key triggers do), and an error that PostgreSQL raises inside of one is
//! carried as a value, [`PgError`], up to the entry point and rethrown there whole: pgrx would drop its constraint,
//! table and column names, its CONTEXT and a private SQLSTATE on the way.

use crate::errors::{Error, PgError, Result};
use crate::key::{Key, KeyType};
use crate::money;
use crate::values::{Row, Value};
use pgrx::FromDatum;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Datum, Oid};
use rust_decimal::Decimal;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_long, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::OnceLock;

mod commands;
pub use commands::{Command, CommandCall, command_entry};

/// The same functions as in `pg_sys`, without pgrx's guard: their errors jump to the nearest [`caught`], or out of
/// the backend's function altogether.
mod raw {
    use super::{CStr, Datum, c_char, c_int, c_long, pg_sys};

    unsafe extern "C-unwind" {
        pub fn ReThrowError(error: *mut pg_sys::ErrorData) -> !;
        pub fn SPI_prepare_cursor(
            sql: *const c_char,
            count: c_int,
            types: *mut pg_sys::Oid,
            options: c_int,
        ) -> pg_sys::SPIPlanPtr;
        pub fn SPI_plan_get_cached_plan(plan: pg_sys::SPIPlanPtr) -> *mut pg_sys::CachedPlan;
        pub fn SPI_execute(sql: *const c_char, read_only: bool, limit: c_long) -> c_int;
        pub fn SPI_commit();
        pub fn LockRelationOid(relation: pg_sys::Oid, mode: c_int);
        pub fn SPI_execute_snapshot(
            plan: pg_sys::SPIPlanPtr,
            values: *mut Datum,
            nulls: *const c_char,
            snapshot: pg_sys::Snapshot,
            crosscheck: pg_sys::Snapshot,
            read_only: bool,
            fire_triggers: bool,
            limit: c_long,
        ) -> c_int;
    }

    pub const SEARCH_PATH: &CStr = c"search_path";
}

/// Raises an error of PostgreSQL's again, as it was. To be called where no frame below the backend's function owns
/// anything.
fn rethrow(error: PgError) -> ! {
    // SAFETY: the error was copied into TopTransactionContext, which lives until the abort this call starts.
    unsafe { raw::ReThrowError(error.0) }
}

/// The report that an SQL function returns for an error of ours; one of PostgreSQL's own is rethrown instead. To be
/// called where no frame below the backend's function owns anything.
pub fn raised(error: Error) -> ErrorReport {
    match error {
        Error::Postgres(error) => rethrow(error),
        ours => ours.into_report(),
    }
}

/// An error at the end of a trigger or callback, for its outermost frame to rethrow; one of ours is raised at once.
fn owed(result: Result<()>) -> *mut pg_sys::ErrorData {
    match result {
        Ok(()) => null_mut(),
        Err(Error::Postgres(error)) => error.0,
        Err(ours) => {
            ours.into_report().report(pgrx::PgLogLevel::ERROR);
            unreachable!("an ERROR does not return")
        }
    }
}

/// Runs `call`, which calls one raw function, and catches its error.
///
/// `call` must own nothing (its frame is jumped over), and after an error nothing but unwinding may follow: like
/// C code after PG_CATCH without a subtransaction, we only hand the error on.
fn caught<T>(call: impl FnOnce() -> T) -> Result<T> {
    let mut result = MaybeUninit::uninit();
    // SAFETY: the backend has one thread. The jump buffer lives in the frame of call_with_sigsetjmp for as long as
    // PG_exception_stack points to it; what an error leaves behind on these two stacks is restored at once.
    unsafe {
        let exceptions = pg_sys::PG_exception_stack;
        let contexts = pg_sys::error_context_stack;
        let jumped = cee_scape::call_with_sigsetjmp(false, |buffer| {
            pg_sys::PG_exception_stack = std::ptr::from_ref(buffer).cast_mut().cast();
            result.write(call());
            0
        });
        pg_sys::PG_exception_stack = exceptions;
        pg_sys::error_context_stack = contexts;
        if jumped == 0 {
            return Ok(result.assume_init());
        }
        pg_sys::CurrentMemoryContext = pg_sys::TopTransactionContext;
        let error = pg_sys::CopyErrorData();
        pg_sys::FlushErrorState();
        Err(Error::Postgres(PgError(error)))
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Statements
// ---------------------------------------------------------------------------------------------------------------

/// What a statement sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// What the calling query sees: for previews, which write nothing.
    Caller,
    /// All that is committed now, and all that this transaction has done: at every isolation level. A row updated
    /// must also be visible to the transaction's own snapshot (at REPEATABLE READ and SERIALIZABLE), else 40001.
    Latest,
    /// The latest, for a statement that locks rows and reads others in one: it must read as if after it locked.
    Locked,
    /// The latest, without a look at the transaction's own snapshot: for the extension's own tables.
    Own,
}

/// Which plan a prepared statement runs with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Planned {
    /// Once, for any parameters: statements over a few keys.
    Once,
    /// The same, for those that fire triggers of the user's.
    OnceAhead,
    /// Each time, for the keys at hand: a plan made for one key is ruin for 100,000.
    EachTime,
    /// Each time, and with parallel workers: reads of whole tables.
    InParallel,
}

/// A prepared statement that outlives its transaction.
pub struct Plan(pg_sys::SPIPlanPtr, Planned);

impl Drop for Plan {
    fn drop(&mut self) {
        // SAFETY: the plan was kept by SPI_keepplan and is owned by this value alone; plan caches that are
        // executing it hold a reference count of their own.
        unsafe { pg_sys::SPI_freeplan(self.0) };
    }
}

/// An error for somebody without rights to the table that a statement wrote: where PostgreSQL shows the row, or the key, that
/// broke a constraint, it asked the rights of the role that the statement ran as. The server's log keeps it.
pub fn without_row(error: Error) -> Error {
    const SHOW_ROWS: [&CStr; 5] = [
        c"execMain.c",
        c"execPartition.c",
        c"execIndexing.c",
        c"nbtinsert.c",
        c"ri_triggers.c",
    ];
    if let Error::Postgres(PgError(data)) = &error {
        // SAFETY: a copy of the error that is ours until it is rethrown; the name of a source file is a constant.
        unsafe {
            let file = (**data).filename;
            if !file.is_null() && SHOW_ROWS.contains(&CStr::from_ptr(file)) {
                (**data).detail_log = std::mem::replace(&mut (**data).detail, null_mut());
            }
        }
    }
    error
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

/// Prepares `sql` for parameters of these types.
pub fn prepare(sql: &str, types: &[Oid], planned: Planned) -> Result<Plan> {
    connected(|| {
        let plan = prepare_here(sql, types, planned)?;
        // SAFETY: a plan fresh from SPI_prepare_cursor.
        unsafe { pg_sys::SPI_keepplan(plan) };
        Ok(Plan(plan, planned))
    })
}

fn prepare_here(sql: &str, types: &[Oid], planned: Planned) -> Result<pg_sys::SPIPlanPtr> {
    let sql = CString::new(sql).map_err(|_| Error::internal("a NUL byte in a statement"))?;
    let mut types = types.to_vec();
    let count = c_int::try_from(types.len()).unwrap_or(c_int::MAX);
    let options = match planned {
        Planned::Once | Planned::OnceAhead => pg_sys::CURSOR_OPT_GENERIC_PLAN,
        Planned::EachTime => pg_sys::CURSOR_OPT_CUSTOM_PLAN,
        Planned::InParallel => pg_sys::CURSOR_OPT_CUSTOM_PLAN | pg_sys::CURSOR_OPT_PARALLEL_OK,
    };
    let (text, kinds) = (sql.as_ptr(), types.as_mut_ptr());
    // SAFETY: text and types live until the call returns; the closure owns neither.
    let plan = caught(|| unsafe { raw::SPI_prepare_cursor(text, count, kinds, options.cast_signed()) })?;
    if plan.is_null() {
        return Err(Error::internal("a statement could not be prepared"));
    }
    Ok(plan)
}

/// Runs a prepared statement to its end and gives all rows of its result.
pub fn execute(plan: &Plan, values: &[Value], sees: Sees) -> Result<Vec<Row>> {
    connected(|| {
        let _restored = match plan.1 {
            Planned::Once => Some(Planner::by_index()),
            Planned::EachTime | Planned::InParallel => Some(Planner::without_jit()),
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
    })
}

/// PostgreSQL's own count of the transactions that have ended: two snapshots with the same count see the same.
pub fn transactions_ended() -> u64 {
    // SAFETY: gives a snapshot of the backend's own, which lives until the next one is taken.
    unsafe { (*pg_sys::GetLatestSnapshot()).snapXactCompletionCount }
}

/// Settings of the planner's, to be put back whatever the planning ends with.
struct Planner {
    seqscan: bool,
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

    /// Nothing of ours is worth compiling for.
    fn without_jit() -> Self {
        // SAFETY: as above.
        unsafe {
            let found = Self {
                seqscan: pg_sys::enable_seqscan,
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
        unsafe { (pg_sys::enable_seqscan, pg_sys::jit_enabled) = (self.seqscan, self.jit) };
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

/// Prepares, runs and forgets a statement.
pub fn query(sql: &str, values: &[Value], sees: Sees) -> Result<Vec<Row>> {
    let types: Vec<Oid> = values.iter().map(Value::type_oid).collect();
    connected(|| {
        let plan = prepare_here(sql, &types, Planned::EachTime)?;
        let _restored = Planner::without_jit();
        execute_here(plan, values, sees)
    })
}

fn execute_here(plan: pg_sys::SPIPlanPtr, values: &[Value], sees: Sees) -> Result<Vec<Row>> {
    let data: Vec<Option<Datum>> = values.iter().map(Value::datum).collect();
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

/// One version of a row: its table, and where it stands there as PostgreSQL prints it, `(block,place)`.
pub struct RowVersion<'a> {
    pub table: Oid,
    pub place: &'a str,
}

/// Whether a version of a row that this transaction has read is the valid one still, with everything committed in sight.
/// It cannot have made room for another: the snapshot of the statement that runs keeps it.
pub fn is_current(version: &RowVersion) -> bool {
    let place = version.place.trim_matches(['(', ')']).split_once(',');
    let Some((Ok(block), Ok(offset))) = place.map(|(block, offset)| (block.parse::<u32>(), offset.parse::<u16>()))
    else {
        return false;
    };
    // SAFETY: the statement that read the row holds a lock on its table; the slot is of the table's own kind.
    unsafe {
        pg_sys::CommandCounterIncrement();
        let table = pg_sys::table_open(version.table, pg_sys::NoLock.cast_signed());
        let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot());
        let slot = pg_sys::table_slot_create(table, null_mut());
        let mut place = pg_sys::ItemPointerData::default();
        pgrx::itemptr::item_pointer_set_all(&mut place, block, offset);
        // What table_tuple_fetch_row_version does; that is no symbol of the server's.
        let fetch = (*(*table).rd_tableam).tuple_fetch_row_version;
        let is_current = fetch.is_some_and(|fetch| fetch(table, &raw mut place, snapshot, slot));
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        pg_sys::UnregisterSnapshot(snapshot);
        pg_sys::table_close(table, pg_sys::NoLock.cast_signed());
        is_current
    }
}

/// The snapshot to read with and the one that updated rows must also be visible to; as in `ri_PerformCheck`.
fn snapshots(sees: Sees) -> (pg_sys::Snapshot, pg_sys::Snapshot) {
    if sees == Sees::Caller {
        return (null_mut(), null_mut());
    }
    // SAFETY: we are in a transaction, outside of parallel workers. CommandCounterIncrement makes this
    // transaction's own work visible to the snapshot taken next.
    unsafe {
        pg_sys::CommandCounterIncrement();
        let whole_transaction = pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ.cast_signed();
        let crosscheck = if whole_transaction && sees != Sees::Own {
            pg_sys::GetTransactionSnapshot()
        } else {
            null_mut()
        };
        (pg_sys::GetLatestSnapshot(), crosscheck)
    }
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

/// How a table is locked against others, whoever owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// SHARE ROW EXCLUSIVE: who writes waits, who reads does not.
    Writers,
    /// ACCESS EXCLUSIVE.
    All,
}

/// A lock on a table.
#[derive(Clone, Copy)]
pub struct TableLock(pub Oid, pub Against);

impl TableLock {
    fn mode(self) -> c_int {
        match self.1 {
            Against::Writers => pg_sys::ShareRowExclusiveLock.cast_signed(),
            Against::All => pg_sys::AccessExclusiveLock.cast_signed(),
        }
    }

    /// Waits for the lock.
    pub fn wait(self) -> Result<()> {
        let (table, mode) = (self.0, self.mode());
        // SAFETY: a relation that is gone is locked in vain.
        caught(|| unsafe { raw::LockRelationOid(table, mode) })
    }

    /// Takes the lock if nobody is in the way; whether it did.
    pub fn take(self) -> bool {
        // SAFETY: as above.
        unsafe { pg_sys::ConditionalLockRelationOid(self.0, self.mode()) }
    }

    /// Gives one lock taken back, before the transaction ends.
    pub fn give_back(self) {
        // SAFETY: the lock was taken by this transaction, and has protected nothing yet.
        unsafe { pg_sys::UnlockRelationOid(self.0, self.mode()) };
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Who runs it, and with which names in sight
// ---------------------------------------------------------------------------------------------------------------

struct Identity(Oid, c_int);

impl Drop for Identity {
    fn drop(&mut self) {
        // SAFETY: what GetUserIdAndSecContext gave.
        unsafe { pg_sys::SetUserIdAndSecContext(self.0, self.1) };
    }
}

thread_local! {
    static IS_DISTRUSTED: Cell<bool> = const { Cell::new(false) };
}

struct Distrusted(bool);

impl Drop for Distrusted {
    fn drop(&mut self) {
        IS_DISTRUSTED.set(self.0);
    }
}

/// Runs `body`, which a call or a command of somebody asked for who did not write the bound tables: a superuser looks at
/// totals, repairs them, or drops a schema. Code of the tables' owner that this sets off (its triggers, its casts) must
/// leave nothing behind in that session: [`as_role`] runs it as PostgreSQL runs index functions under REINDEX. Without it a
/// deferred trigger that such code fires would run at commit, as the superuser.
pub fn distrusting<T>(body: impl FnOnce() -> T) -> T {
    let _restored = Distrusted(IS_DISTRUSTED.replace(true));
    body()
}

/// Runs `body` as `role`, past row-level security that is forced on it: as the foreign-key triggers run theirs. The
/// identity comes back after errors too.
pub fn as_role<T>(role: Oid, body: impl FnOnce() -> T) -> T {
    let (mut user, mut context) = (Oid::INVALID, 0);
    // SAFETY: both pointers are to our own variables.
    unsafe { pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut context) };
    let _restored = Identity(user, context);
    let mut added = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_NOFORCE_RLS;
    // Who runs code of its own is harmed by none of it.
    let is_restricted = IS_DISTRUSTED.get() && role != user;
    let _undone = is_restricted.then(|| SettingsLevel::new(Settings::Undone));
    if is_restricted {
        added |= pg_sys::SECURITY_RESTRICTED_OPERATION;
    }
    // SAFETY: the guard above restores both.
    unsafe { pg_sys::SetUserIdAndSecContext(role, context | added.cast_signed()) };
    body()
}

/// What becomes of settings that are made for a session on a level of settings, when that ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settings {
    Kept,
    Undone,
}

struct SettingsLevel(c_int, Settings);

impl SettingsLevel {
    fn new(settings: Settings) -> Self {
        // SAFETY: paired with the end of the level in drop.
        Self(unsafe { pg_sys::NewGUCNestLevel() }, settings)
    }
}

impl Drop for SettingsLevel {
    fn drop(&mut self) {
        // SAFETY: the level that NewGUCNestLevel gave; all deeper ones are undone with it.
        unsafe { pg_sys::AtEOXact_GUC(self.1 == Settings::Kept, self.0) };
    }
}

/// Runs `body` with nothing in sight but PostgreSQL's own names: for catalog queries and DDL. Not for statements that
/// may fire users' triggers, which need more.
pub fn with_catalog_names<T>(body: impl FnOnce() -> T) -> T {
    with_names("pg_catalog, pg_temp", body)
}

/// Runs `body` with this search_path.
pub fn with_names<T>(path: &str, body: impl FnOnce() -> T) -> T {
    // A schema's name has no NUL byte; an empty path would see pg_catalog alone.
    let path = CString::new(path).unwrap_or_default();
    // The guard undoes the setting, whichever way body ends.
    let _restored = SettingsLevel::new(Settings::Kept);
    // SAFETY: both strings outlive the call, which copies the value.
    unsafe {
        pg_sys::set_config_option(
            raw::SEARCH_PATH.as_ptr(),
            path.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
    body()
}

/// The role whose rights are in force.
pub fn current_role() -> Oid {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetUserId() }
}

/// Whether the role whose rights are in force has those of another.
pub fn has_rights_of(role: Oid) -> bool {
    // SAFETY: looks memberships up in the system caches.
    unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), role) }
}

/// Whether the search path finds this relation by its bare name.
pub fn is_visible(relation: Oid) -> bool {
    // SAFETY: looks the relation up in the system caches.
    unsafe { pg_sys::RelationIsVisible(relation) }
}

/// A name as PostgreSQL would print it in SQL: quoted where it must be.
pub fn display_name(name: &str) -> String {
    let Ok(name) = CString::new(name) else {
        return String::new();
    };
    // SAFETY: gives the argument itself or a fresh C string.
    unsafe { CStr::from_ptr(pg_sys::quote_identifier(name.as_ptr())) }
        .to_string_lossy()
        .into_owned()
}

/// Reserves a prefix of setting names: an unknown name under it is an error from now on.
pub fn reserve_settings(prefix: &'static CStr) {
    // PostgreSQL 14 can only warn of the unknown names that are set already.
    #[cfg(feature = "pg14")]
    use pg_sys::EmitWarningsOnPlaceholders as reserve;
    #[cfg(not(feature = "pg14"))]
    use pg_sys::MarkGUCPrefixReserved as reserve;
    // SAFETY: a constant string.
    unsafe { reserve(prefix.as_ptr()) };
}

/// Whether the database stores text as UTF-8; keys and names are handled as such.
pub fn is_utf8() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetDatabaseEncoding() == pg_sys::pg_enc::PG_UTF8.cast_signed() }
}

/// An INFO to the client, whatever messages it asked for.
pub fn tell(message: String) {
    ErrorReport::new(
        pg_sys::errcodes::PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
        message,
        "spend_sync",
    )
    .report(pgrx::PgLogLevel::INFO);
}

/// A WARNING to the client; says what is the matter and what to do.
pub fn warn(message: &str, hint: &str) {
    ErrorReport::new(
        pg_sys::errcodes::PgSqlErrorCode::ERRCODE_WARNING,
        message.to_owned(),
        "spend_sync",
    )
    .set_hint(hint)
    .report(pgrx::PgLogLevel::WARNING);
}

/// An argument of type `name`: pgrx has none.
pub struct Name(pub String);

impl FromDatum for Name {
    unsafe fn from_polymorphic_datum(datum: Datum, is_null: bool, _: Oid) -> Option<Self> {
        if is_null {
            return None;
        }
        // SAFETY: a name is a C string in a field of fixed size.
        let name = unsafe { CStr::from_ptr(datum.cast_mut_ptr()) };
        Some(Self(name.to_string_lossy().into_owned()))
    }
}

// SAFETY: the argument is declared as name, and read as one.
unsafe impl<'fcx> pgrx::callconv::ArgAbi<'fcx> for Name {
    unsafe fn unbox_arg_unchecked(arg: pgrx::callconv::Arg<'_, 'fcx>) -> Self {
        // SAFETY: as above; a null argument reaches Option<Name> as None and never comes here.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or(Self(String::new()))
    }
}

pgrx::impl_sql_translatable!(Name, "name");

// ---------------------------------------------------------------------------------------------------------------
// Trigger calls
// ---------------------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Insert,
    Update,
    Delete,
    Truncate,
}

/// Which version of the row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Old,
    New,
}

/// A column to read from a row: its number in the trigger's own relation and its key type.
#[derive(Clone, Copy)]
pub struct KeyAttribute {
    pub number: i16,
    pub kind: KeyType,
}

/// A status column, by its number in the trigger's own relation, and what counts.
pub struct StatusAttribute {
    pub number: i16,
    pub approved: Approved,
}

/// The statuses that count, as a row holds them.
pub enum Approved {
    /// Labels of an enum.
    Labels(Vec<Oid>),
    Texts(Vec<String>),
    Booleans(Vec<bool>),
}

/// A numeric of PostgreSQL's.
///
/// # Safety
/// The datum must be a numeric, and not null.
unsafe fn numeric(datum: Datum) -> Option<Decimal> {
    // SAFETY: a numeric is a varlena; unpacked, it is its length word and the bytes behind.
    unsafe {
        let packed = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
        let bytes = std::slice::from_raw_parts(pgrx::vardata_any(packed).cast::<u8>(), pgrx::varsize_any_exhdr(packed));
        let amount = money::from_stored(bytes);
        if !std::ptr::eq(packed, datum.cast_mut_ptr()) {
            pg_sys::pfree(packed.cast());
        }
        amount
    }
}

/// One call of a trigger.
pub struct TriggerCall<'a>(&'a pg_sys::TriggerData);

impl TriggerCall<'_> {
    pub fn event(&self) -> Event {
        match self.0.tg_event & pg_sys::TRIGGER_EVENT_OPMASK {
            pg_sys::TRIGGER_EVENT_INSERT => Event::Insert,
            pg_sys::TRIGGER_EVENT_DELETE => Event::Delete,
            pg_sys::TRIGGER_EVENT_UPDATE => Event::Update,
            _ => Event::Truncate,
        }
    }

    pub fn is_row_level(&self) -> bool {
        self.0.tg_event & pg_sys::TRIGGER_EVENT_ROW != 0
    }

    pub fn is_after(&self) -> bool {
        self.0.tg_event & pg_sys::TRIGGER_EVENT_TIMINGMASK == pg_sys::TRIGGER_EVENT_AFTER
    }

    /// The command that wrote the row version that made the trigger fire. (A table that keeps its rows otherwise than in
    /// a heap has none to tell: the first then, which is older than all.)
    pub fn command(&self) -> u32 {
        let (tuple, slot) = match self.event() {
            Event::Update => (self.0.tg_newtuple, self.0.tg_newslot),
            _ => (self.0.tg_trigtuple, self.0.tg_trigslot),
        };
        // SAFETY: a row trigger's tuples and slots are filled. In a heap, the version's header says which command of this
        // very transaction made it, or, for DELETE, ended it.
        unsafe {
            if !std::ptr::eq((*slot).tts_ops, &raw const pg_sys::TTSOpsBufferHeapTuple) {
                return 0;
            }
            match self.event() {
                Event::Delete => pg_sys::HeapTupleHeaderGetCmax((*tuple).t_data),
                _ => pg_sys::HeapTupleHeaderGetCmin((*tuple).t_data),
            }
        }
    }

    /// How many rows PostgreSQL thinks the table has; of a partition, or where it never looked, infinitely many.
    pub fn rows_in_table(&self) -> f32 {
        // SAFETY: PostgreSQL keeps the relation open for the length of the call.
        let table = unsafe { &*(*self.0.tg_relation).rd_rel };
        if table.relispartition || table.reltuples < 0.0 {
            return f32::INFINITY;
        }
        table.reltuples
    }

    /// The trigger's own OID; a partition's clone has one of its own.
    pub fn trigger(&self) -> Oid {
        // SAFETY: PostgreSQL keeps the trigger for the length of the call.
        unsafe { (*self.0.tg_trigger).tgoid }
    }

    fn slot(&self, version: Version) -> *mut pg_sys::TupleTableSlot {
        match (self.event(), version) {
            (Event::Update, Version::New) => self.0.tg_newslot,
            _ => self.0.tg_trigslot,
        }
    }

    fn attribute(&self, version: Version, number: i16) -> Option<Datum> {
        let slot = self.slot(version);
        let at = usize::try_from(number - 1).ok()?;
        // SAFETY: a row trigger's slots are filled; the number was looked up for the relation the trigger is on, and
        // the slot's arrays have an element for each of its columns.
        unsafe {
            if (*slot).tts_nvalid < number {
                pg_sys::slot_getsomeattrs_int(slot, c_int::from(number));
            }
            (!*(*slot).tts_isnull.add(at)).then(|| *(*slot).tts_values.add(at))
        }
    }

    /// The key in a column of the row; `None` for NULL.
    pub fn key(&self, version: Version, attribute: KeyAttribute) -> Option<Key> {
        let datum = self.attribute(version, attribute.number)?;
        // SAFETY: the datum is of the column's type, and not null.
        unsafe {
            match attribute.kind {
                KeyType::Int2 => i16::from_datum(datum, false).map(|i| Key::Int(i.into())),
                KeyType::Int4 => i32::from_datum(datum, false).map(|i| Key::Int(i.into())),
                KeyType::Int8 => i64::from_datum(datum, false).map(Key::Int),
                KeyType::Uuid => pgrx::Uuid::from_datum(datum, false).map(|u| Key::Uuid(*u.as_bytes())),
                KeyType::Text => <&str>::from_datum(datum, false).map(|t| Key::Text(t.into())),
            }
        }
    }

    /// Whether an update left a key as it was.
    pub fn keeps(&self, attribute: KeyAttribute) -> bool {
        let versions = [Version::Old, Version::New].map(|version| self.attribute(version, attribute.number));
        let [Some(old), Some(new)] = versions else {
            return false;
        };
        match attribute.kind {
            KeyType::Int2 | KeyType::Int4 | KeyType::Int8 => old == new,
            // SAFETY: both are of the column's type, and not null.
            KeyType::Uuid => unsafe { pgrx::Uuid::from_datum(old, false) == pgrx::Uuid::from_datum(new, false) },
            // SAFETY: as above.
            KeyType::Text => unsafe { <&str>::from_datum(old, false) == <&str>::from_datum(new, false) },
        }
    }

    /// An amount of money; NULL counts 0, `None` is one that cannot be held exactly.
    pub fn amount(&self, version: Version, number: i16, base_type: Oid) -> Option<Decimal> {
        let Some(datum) = self.attribute(version, number) else {
            return Some(Decimal::ZERO);
        };
        // SAFETY: the datum is of this type, and not null.
        unsafe {
            match base_type {
                pg_sys::INT2OID => i16::from_datum(datum, false).map(Decimal::from),
                pg_sys::INT4OID => i32::from_datum(datum, false).map(Decimal::from),
                pg_sys::INT8OID => i64::from_datum(datum, false).map(Decimal::from),
                pg_sys::FLOAT4OID => numeric(pgrx::direct_function_call(pg_sys::float4_numeric, &[Some(datum)])?),
                pg_sys::FLOAT8OID => numeric(pgrx::direct_function_call(pg_sys::float8_numeric, &[Some(datum)])?),
                _ => numeric(datum),
            }
        }
    }

    /// Whether the status in a column of the row counts.
    pub fn counts(&self, version: Version, status: &StatusAttribute) -> bool {
        let Some(datum) = self.attribute(version, status.number) else {
            return false;
        };
        // SAFETY: the datum is of the column's type, and not null.
        unsafe {
            match &status.approved {
                Approved::Labels(labels) => Oid::from_datum(datum, false).is_some_and(|label| labels.contains(&label)),
                Approved::Texts(texts) => {
                    <&str>::from_datum(datum, false).is_some_and(|text| texts.iter().any(|one| one == text))
                }
                Approved::Booleans(values) => {
                    bool::from_datum(datum, false).is_some_and(|value| values.contains(&value))
                }
            }
        }
    }

    /// A column of the row as PostgreSQL prints it; `None` for NULL.
    pub fn text(&self, version: Version, number: i16, type_oid: Oid) -> Option<String> {
        let datum = self.attribute(version, number)?;
        let (mut output, mut is_varlena) = (Oid::INVALID, false);
        // SAFETY: the datum is of this type; the output function gives a C string. Those of floats would print as few digits
        // as the session's extra_float_digits asks for: different amounts would look the same.
        unsafe {
            match type_oid {
                pg_sys::FLOAT4OID => return f32::from_datum(datum, false).map(|amount| amount.to_string()),
                pg_sys::FLOAT8OID => return f64::from_datum(datum, false).map(|amount| amount.to_string()),
                _ => {}
            }
            pg_sys::getTypeOutputInfo(type_oid, &raw mut output, &raw mut is_varlena);
            let text = pg_sys::OidOutputFunctionCall(output, datum);
            Some(CStr::from_ptr(text).to_string_lossy().into_owned())
        }
    }

    /// How many triggers we are in.
    pub fn depth() -> i32 {
        // SAFETY: pg_trigger_depth reads a variable and looks at none of its arguments.
        unsafe { pg_sys::pg_trigger_depth(null_mut()) }
            .value()
            .try_into()
            .unwrap_or_default()
    }
}

/// The outermost frame of a trigger function: it owns nothing when an error leaves it.
///
/// # Safety
/// To be called by PostgreSQL only, with a valid `fcinfo`.
pub unsafe fn trigger_entry(
    fcinfo: pg_sys::FunctionCallInfo,
    name: &'static str,
    body: fn(&TriggerCall) -> Result<()>,
) -> Datum {
    let call = || {
        // SAFETY: fcinfo is valid; its context, if any, is a node.
        let data = unsafe { ((*fcinfo).context as *const pg_sys::TriggerData).as_ref() };
        match data.filter(|data| data.type_ == pg_sys::NodeTag::T_TriggerData) {
            Some(data) => body(&TriggerCall(data)),
            None => Err(Error::NotATrigger { function: name }),
        }
    };
    entered(call)
}

/// The common end of all functions that PostgreSQL calls by our symbols: rethrows what `body` ends with, whole, from a frame
/// that owns nothing.
fn entered(body: impl FnOnce() -> Result<()>) -> Datum {
    // SAFETY: pgrx turns a panic of ours into an ERROR here, once the frames above have been dropped.
    let error = unsafe { pg_sys::panic::pgrx_extern_c_guard(|| owed(body())) };
    if !error.is_null() {
        rethrow(PgError(error));
    }
    Datum::from(0)
}

// ---------------------------------------------------------------------------------------------------------------
// Procedures that commit as they go
// ---------------------------------------------------------------------------------------------------------------

/// One CALL of a procedure.
pub struct ProcedureCall(pg_sys::FunctionCallInfo);

impl ProcedureCall {
    fn argument(&self, number: usize) -> Option<Datum> {
        // SAFETY: PostgreSQL's own call; the number is below that of the declared arguments.
        let argument = unsafe { pgrx::fcinfo::pg_get_nullable_datum(self.0, number) };
        (!argument.isnull).then_some(argument.value)
    }

    /// An argument declared as regclass.
    pub fn relation(&self, number: usize) -> Option<Oid> {
        // SAFETY: as declared.
        self.argument(number)
            .and_then(|datum| unsafe { Oid::from_datum(datum, false) })
    }

    /// An argument declared as integer.
    pub fn integer(&self, number: usize) -> Option<i32> {
        // SAFETY: as declared.
        self.argument(number)
            .and_then(|datum| unsafe { i32::from_datum(datum, false) })
    }

    /// Whether the procedure may end transactions: not inside of a transaction block, nor of a function.
    fn may_commit(&self) -> bool {
        // SAFETY: the context, if any, is a node.
        let context = unsafe { ((*self.0).context as *const pg_sys::CallContext).as_ref() };
        context.is_some_and(|context| context.type_ == pg_sys::NodeTag::T_CallContext && !context.atomic)
    }

    /// Runs `body` in a transaction of its own, and commits it. What `body` gives back outlives it.
    pub fn in_transaction<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let given = with_snapshot(body)?;
        // SAFETY: the outermost connection to SPI was made for this; nothing of the transaction is held here.
        caught(|| unsafe { raw::SPI_commit() })?;
        Ok(given)
    }
}

/// The outermost frame of a procedure: it owns nothing when an error leaves it.
///
/// # Safety
/// To be called by PostgreSQL only, with a valid `fcinfo`.
pub unsafe fn procedure_entry(
    fcinfo: pg_sys::FunctionCallInfo,
    name: &'static str,
    body: fn(&ProcedureCall) -> Result<()>,
) -> Datum {
    let call = || {
        let call = ProcedureCall(fcinfo);
        if !call.may_commit() {
            return Err(Error::InTransactionBlock { procedure: name });
        }
        // SAFETY: paired with SPI_finish; after an error, PostgreSQL's abort closes the connection.
        unsafe { pg_sys::SPI_connect_ext(pg_sys::SPI_OPT_NONATOMIC.cast_signed()) };
        body(&call)?;
        // SAFETY: as above.
        unsafe { pg_sys::SPI_finish() };
        Ok(())
    };
    entered(call)
}

/// What PostgreSQL keeps for a function that follows the version-1 calling convention.
pub static V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };

/// Declares the C symbols of a trigger function or procedure: `$symbol`, with its version-1 record, over the safe `$body`
/// that `$entry` calls.
macro_rules! c_function {
    ($entry:ident, $symbol:ident, $info:ident, $name:literal, $body:path) => {
        /// # Safety
        /// Called by PostgreSQL.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $symbol(fcinfo: pgrx::pg_sys::FunctionCallInfo) -> pgrx::pg_sys::Datum {
            // SAFETY: PostgreSQL's own call.
            unsafe { $crate::backend::$entry(fcinfo, $name, $body) }
        }

        #[unsafe(no_mangle)]
        pub extern "C-unwind" fn $info() -> *const pgrx::pg_sys::Pg_finfo_record {
            &raw const $crate::backend::V1
        }
    };
}
pub(crate) use c_function;

// ---------------------------------------------------------------------------------------------------------------
// Transactions and invalidation
// ---------------------------------------------------------------------------------------------------------------

/// The number of the command that comes next: what was written so far has a lower one.
pub fn next_command() -> u32 {
    // SAFETY: advances and reads a counter of the backend.
    unsafe {
        pg_sys::CommandCounterIncrement();
        pg_sys::GetCurrentCommandId(false)
    }
}

/// Whether foreign keys are not enforced on what the session writes: `session_replication_role = replica`, as in logical
/// replication's apply.
pub fn is_replica() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::SessionReplicationRole == pg_sys::SESSION_REPLICATION_ROLE_REPLICA.cast_signed() }
}

/// Whether the transaction runs at SERIALIZABLE.
pub fn is_serializable() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::XactIsoLevel == pg_sys::XACT_SERIALIZABLE.cast_signed() }
}

/// Whether this is the number of the transaction that runs, or of one of its subtransactions.
pub fn is_own_transaction(number: u32) -> bool {
    // SAFETY: looks the number up in the backend's own list.
    unsafe { pg_sys::TransactionIdIsCurrentTransactionId(number.into()) }
}

/// How deep in subtransactions we are; 1 outside of any.
pub fn nest_level() -> i32 {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetCurrentTransactionNestLevel() }
}

/// Runs `body` with a snapshot set, as code in a pre-commit callback or between a procedure's transactions must.
fn with_snapshot<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // SAFETY: pushed and popped in pairs; on an error the abort pops it.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    let given = body()?;
    // SAFETY: see above.
    unsafe { pg_sys::PopActiveSnapshot() };
    Ok(given)
}

/// What the rest of the library has to do when transactions and tables change.
pub struct Callbacks {
    /// Whether a transaction that is about to end owes no total.
    pub owes_nothing: fn() -> bool,
    /// Before COMMIT and PREPARE TRANSACTION.
    pub before_commit: fn() -> Result<()>,
    /// After the transaction ended, or was prepared.
    pub after_end: fn(),
    /// A subtransaction of this nest level became part of the one around it / was rolled back.
    pub subtransaction_commits: fn(i32),
    pub subtransaction_aborts: fn(i32),
    /// The relation cache says that a relation changed; an invalid OID: any may have.
    pub relation_changed: fn(Oid),
}

static CALLBACKS: OnceLock<Callbacks> = OnceLock::new();

unsafe extern "C-unwind" fn on_transaction(event: pg_sys::XactEvent::Type, _: *mut c_void) {
    use pg_sys::XactEvent::*;
    let Some(callbacks) = CALLBACKS.get() else { return };
    // SAFETY: as in entered.
    let error = unsafe {
        pg_sys::panic::pgrx_extern_c_guard(|| match event {
            XACT_EVENT_PRE_COMMIT | XACT_EVENT_PRE_PREPARE if !(callbacks.owes_nothing)() => {
                owed(with_snapshot(callbacks.before_commit))
            }
            XACT_EVENT_COMMIT | XACT_EVENT_ABORT | XACT_EVENT_PREPARE => {
                (callbacks.after_end)();
                null_mut()
            }
            _ => null_mut(),
        })
    };
    if !error.is_null() {
        rethrow(PgError(error));
    }
}

unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    _: pg_sys::SubTransactionId,
    _: pg_sys::SubTransactionId,
    _: *mut c_void,
) {
    let Some(callbacks) = CALLBACKS.get() else { return };
    match event {
        pg_sys::SubXactEvent::SUBXACT_EVENT_COMMIT_SUB => (callbacks.subtransaction_commits)(nest_level()),
        pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB => (callbacks.subtransaction_aborts)(nest_level()),
        _ => {}
    }
}

unsafe extern "C-unwind" fn on_invalidation(_: Datum, relation: Oid) {
    if let Some(callbacks) = CALLBACKS.get() {
        (callbacks.relation_changed)(relation);
    }
}

/// A schema or an enum's label was renamed, or a role changed: the relation cache says nothing of it. Our statements name
/// schemas and labels, and what row-level security hides from the owner of campaigns depends on its role.
unsafe extern "C-unwind" fn on_other_change(argument: Datum, _: c_int, _: u32) {
    // SAFETY: an invalid OID stands for any relation.
    unsafe { on_invalidation(argument, Oid::INVALID) };
}

/// Hooks the library into transactions and into the relation cache. Once per backend, when it is loaded.
pub fn register_callbacks(callbacks: Callbacks) {
    if CALLBACKS.set(callbacks).is_err() {
        return;
    }
    // SAFETY: the callbacks are functions of this library, which is never unloaded.
    unsafe {
        pg_sys::RegisterXactCallback(Some(on_transaction), null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), null_mut());
        pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), Datum::from(0));
        use pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID, ENUMOID, NAMESPACEOID};
        for cache in [NAMESPACEOID, AUTHOID, AUTHMEMROLEMEM, ENUMOID] {
            pg_sys::CacheRegisterSyscacheCallback(cache as c_int, Some(on_other_change), Datum::from(0));
        }
    }
}
