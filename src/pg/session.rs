//! Who runs it, with which names in sight, and what the session is told.

use super::restored::Restored;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_int};
use std::time::Duration;

struct Identity(Oid, c_int);

impl Drop for Identity {
    fn drop(&mut self) {
        // SAFETY: what GetUserIdAndSecContext gave.
        unsafe { pg_sys::SetUserIdAndSecContext(self.0, self.1) };
    }
}

thread_local! {
    static IS_DISTRUSTED: Cell<bool> = const { Cell::new(false) };
    /// Whether the outermost [`distrusting`] that runs began in a security-restricted operation.
    static WAS_RESTRICTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`, which a call or a command of somebody asked for who did not write the bound tables: a superuser looks at
/// totals, repairs them, or drops a schema. Code of the tables' owner that this sets off (its triggers, its casts) must
/// leave nothing behind in that session: [`as_role`] runs it as PostgreSQL runs index functions under REINDEX. Without it a
/// deferred trigger that such code fires would run at commit, as the superuser.
pub fn distrusting<T>(body: impl FnOnce() -> T) -> T {
    let was_restricted = if is_distrusting() {
        WAS_RESTRICTED.get()
    } else {
        is_restricted()
    };
    let _restored = (
        Restored::set(&IS_DISTRUSTED, true),
        Restored::set(&WAS_RESTRICTED, was_restricted),
    );
    body()
}

/// Whether we are in a security-restricted operation that is none of ours.
pub fn is_restricted_by_others() -> bool {
    is_restricted() && (!is_distrusting() || WAS_RESTRICTED.get())
}

/// Whether such a call or command runs.
pub fn is_distrusting() -> bool {
    IS_DISTRUSTED.get()
}

/// Runs `body` as a security-restricted operation.
pub fn restricting<T>(body: impl FnOnce() -> T) -> T {
    let (mut user, mut context) = (Oid::INVALID, 0);
    // SAFETY: both pointers are to our own variables.
    unsafe { pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut context) };
    let _restored = Identity(user, context);
    let added = pg_sys::SECURITY_RESTRICTED_OPERATION.cast_signed();
    // SAFETY: the guard above restores both.
    unsafe { pg_sys::SetUserIdAndSecContext(user, context | added) };
    body()
}

thread_local! {
    /// The role that was in force before the outermost [`as_role`] that runs: what triggers of the owner's set off in there is told
    /// to whoever set off them.
    static CALLER: Cell<Option<Oid>> = const { Cell::new(None) };
}

/// Runs `body` as `role`, past row-level security that is forced on it: as the foreign-key triggers run theirs. The
/// identity comes back after errors too.
pub fn as_role<T>(role: Oid, body: impl FnOnce() -> T) -> T {
    let (mut user, mut context) = (Oid::INVALID, 0);
    // SAFETY: both pointers are to our own variables.
    unsafe { pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut context) };
    let _restored = Identity(user, context);
    let _unprinted = (role != user).then(Unprinted::new);
    let _caller = Restored::set(&CALLER, CALLER.get().or(Some(user)));
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

/// Keeps PostgreSQL from printing the plans of statements, in which totals may stand, to whoever asked it to print those of his own: of ours,
/// and of triggers that these fire.
struct Unprinted([bool; 3]);

impl Unprinted {
    fn new() -> Self {
        // SAFETY: variables of the backend.
        Self(unsafe {
            [
                (&raw mut pg_sys::Debug_print_parse).replace(false),
                (&raw mut pg_sys::Debug_print_rewritten).replace(false),
                (&raw mut pg_sys::Debug_print_plan).replace(false),
            ]
        })
    }
}

impl Drop for Unprinted {
    fn drop(&mut self) {
        let [parse, rewritten, plan] = self.0;
        // SAFETY: variables of the backend. What code in between has set stays.
        unsafe {
            pg_sys::Debug_print_parse |= parse;
            pg_sys::Debug_print_rewritten |= rewritten;
            pg_sys::Debug_print_plan |= plan;
        }
    }
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
    with_names(c"pg_catalog, pg_temp", body)
}

/// Runs `body` with this search_path.
pub fn with_names<T>(path: &CStr, body: impl FnOnce() -> T) -> T {
    // SAFETY: PostgreSQL's own copy of the setting; null before it is set up.
    let is_in_force =
        unsafe { !pg_sys::namespace_search_path.is_null() && CStr::from_ptr(pg_sys::namespace_search_path) == path };
    if is_in_force {
        return body();
    }
    with_setting(c"search_path", path, body)
}

fn with_setting<T>(name: &CStr, value: &CStr, body: impl FnOnce() -> T) -> T {
    // The guard undoes the setting, whichever way body ends.
    let _restored = SettingsLevel::new(Settings::Kept);
    // SAFETY: both strings outlive the call, which copies the value.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
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

/// How long the session waits for a lock; `None`: as long as it takes.
pub fn lock_timeout() -> Option<Duration> {
    // SAFETY: reads a variable of the backend.
    let milliseconds = unsafe { pg_sys::LockTimeout };
    let milliseconds = u64::try_from(milliseconds).ok().filter(|one| *one > 0)?;
    Some(Duration::from_millis(milliseconds))
}

/// How long a statement may take; `None`: as long as it takes.
pub fn statement_timeout() -> Option<Duration> {
    // SAFETY: reads a variable of the backend.
    let milliseconds = unsafe { pg_sys::StatementTimeout };
    let milliseconds = u64::try_from(milliseconds).ok().filter(|one| *one > 0)?;
    Some(Duration::from_millis(milliseconds))
}

/// Runs `body` with this lock_timeout.
pub fn with_lock_timeout<T>(timeout: Option<Duration>, body: impl FnOnce() -> T) -> T {
    let milliseconds = timeout.map_or(0, |timeout| timeout.as_millis().max(1));
    let milliseconds = CString::new(milliseconds.to_string()).unwrap_or_default();
    with_setting(c"lock_timeout", &milliseconds, body)
}

/// Whether we are in a security-restricted operation: PostgreSQL queues no deferred trigger in one.
pub fn is_restricted() -> bool {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::InSecurityRestrictedOperation() }
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

/// Whether a setting is defined by a library; a name that somebody has set in advance is none yet.
pub fn is_setting_defined(name: &'static CStr) -> bool {
    // SAFETY: a constant string; nothing is raised for a name that is missing.
    unsafe {
        let is_known = !pg_sys::GetConfigOption(name.as_ptr(), true, false).is_null();
        is_known
            && pg_sys::GetConfigOptionFlags(name.as_ptr(), true).cast_unsigned() & pg_sys::GUC_CUSTOM_PLACEHOLDER == 0
    }
}

thread_local! {
    static IS_AT_COMMIT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`, a flush at commit: the role in force need not be the one that wrote, nor the search path the one that was in
/// force then.
pub fn at_commit<T>(body: impl FnOnce() -> T) -> T {
    let _restored = Restored::set(&IS_AT_COMMIT, true);
    body()
}

/// Whether names are to be found as the role in force has set its search path in what runs as the owner of the tables: it has
/// the owner's rights, and it is its own statement that runs.
pub fn may_set_names_for(owner: Oid) -> bool {
    !IS_AT_COMMIT.get() && has_rights_of(owner)
}

/// Whether errors may tell the client what stands in tables of this owner's. This is the one place that decides it.
pub fn may_be_told_of(owner: Oid) -> bool {
    // SAFETY: looks memberships up in the system caches.
    let has_rights = |role| unsafe { pg_sys::has_privs_of_role(role, owner) };
    // SAFETY: reads a variable of the backend.
    let session_role = || unsafe { pg_sys::GetSessionUserId() };
    has_rights_of(owner) && CALLER.get().is_none_or(has_rights) && (!IS_AT_COMMIT.get() || has_rights(session_role()))
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
    say(pgrx::PgLogLevel::INFO, message);
}

/// A NOTICE to the client, if it asked for such.
pub fn notice(message: String) {
    say(pgrx::PgLogLevel::NOTICE, message);
}

fn say(level: pgrx::PgLogLevel, message: String) {
    let code = pg_sys::errcodes::PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION;
    ErrorReport::new(code, message, "spend_sync").report(level);
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
