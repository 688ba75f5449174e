//! The settings of the extension; all may be set per session, role, database or transaction.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

/// When totals are brought up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PostgresGucEnum)]
pub enum Flush {
    /// At the end of each statement.
    #[name = c"statement"]
    Statement,
    /// Once, at commit.
    #[name = c"commit"]
    Commit,
}

static FLUSH: GucSetting<Flush> = GucSetting::<Flush>::new(Flush::Statement);

/// `spend_sync.flush` as it stands now.
pub fn flush() -> Flush {
    FLUSH.get()
}

/// Defines the settings. Once per backend, when the library is loaded.
pub fn define() {
    GucRegistry::define_enum_guc(
        c"spend_sync.flush",
        c"When campaign totals are brought up: at the end of each statement, or once at commit.",
        c"\"commit\" holds a campaign's lock only while the transaction commits: best for hot campaigns and long transactions.",
        &FLUSH,
        GucContext::Userset,
        GucFlags::default(),
    );
}
