//! Who runs it, with which names in sight, and what the session is told.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Oid};
use std::cell::Cell;
use std::ffi::{CStr, CString, c_int};

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
            c"search_path".as_ptr(),
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
