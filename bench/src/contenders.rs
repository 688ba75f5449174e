//! Who keeps the totals, or does not: installed on the same tables one after the other.

use anyhow::{Context, Result};
use postgres::Client;

use crate::oracle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// What every other one is compared with.
    NoTrigger,
    /// No trigger either: the writer's own statement also moves the total by a difference and a key that it knows.
    Limit,
    RowAdds,
    RowSums,
    StatementAdds,
    StatementSums,
    PgIvm,
    SpendSync,
    /// With a second total in the same rows.
    SpendSyncTwo,
    SpendSyncAtCommit,
}

use Contender::*;

pub const ALL: &[Contender] = &[
    NoTrigger,
    Limit,
    RowAdds,
    RowSums,
    StatementAdds,
    StatementSums,
    PgIvm,
    SpendSync,
    SpendSyncTwo,
    SpendSyncAtCommit,
];

/// Loads the library, which is named after its version.
const LOAD: &str = "DO $$ BEGIN
    EXECUTE format('LOAD %L', 'spend_sync-' || (SELECT default_version FROM pg_available_extensions WHERE name = 'spend_sync'));
END $$";

/// What a session says when it does not know a setting: not a name, not an object, not a value.
const UNKNOWN_SETTING: [&str; 3] = ["42602", "42704", "22023"];

impl Contender {
    pub fn label(self) -> &'static str {
        match self {
            NoTrigger => "no trigger",
            Limit => "limit (by hand)",
            RowAdds => "row trigger, adds",
            RowSums => "row trigger, sums",
            StatementAdds => "statement trigger, adds",
            StatementSums => "statement trigger, sums",
            PgIvm => "pg_ivm",
            SpendSync => "spend_sync",
            SpendSyncTwo => "spend_sync, two totals",
            SpendSyncAtCommit => "spend_sync, flush => 'commit'",
        }
    }

    pub fn is_ours(self) -> bool {
        matches!(self, SpendSync | SpendSyncTwo | SpendSyncAtCommit)
    }

    /// Something else than spend_sync that keeps totals by itself.
    pub fn is_rival(self) -> bool {
        matches!(self, RowAdds | RowSums | StatementAdds | StatementSums | PgIvm)
    }

    /// What each session of a writer says first. LOAD, because a setting of a library that is not loaded yet is taken
    /// whatever its name.
    pub fn session(self) -> &'static [&'static str] {
        match self {
            SpendSync | SpendSyncTwo | SpendSyncAtCommit => &[LOAD],
            _ => &[],
        }
    }

    /// The extension comes and goes as a whole: nothing it remembers passes from one run to the next. Totals are right
    /// before, so attach has nothing to do.
    pub fn install(self, client: &mut Client) -> Result<()> {
        let sql = match self {
            NoTrigger | Limit => return Ok(()),
            RowAdds => include_str!("../sql/row_adds.sql"),
            RowSums => include_str!("../sql/row_sums.sql"),
            StatementAdds => include_str!("../sql/statement_adds.sql"),
            StatementSums => include_str!("../sql/statement_sums.sql"),
            PgIvm => include_str!("../sql/pg_ivm.sql"),
            SpendSync | SpendSyncTwo => "CREATE EXTENSION spend_sync; SELECT FROM spend_sync_attach(sync => false)",
            SpendSyncAtCommit => {
                "CREATE EXTENSION spend_sync; SELECT FROM spend_sync_attach(sync => false, flush => 'commit')"
            }
        };
        client
            .batch_execute(sql)
            .with_context(|| format!("cannot install: {}", self.label()))
    }

    pub fn uninstall(self, client: &mut Client) -> Result<()> {
        client.batch_execute(match self {
            NoTrigger | Limit => return Ok(()),
            RowAdds | RowSums | StatementAdds | StatementSums => "DROP FUNCTION bench_clip, bench_submission CASCADE",
            PgIvm => "DROP TABLE bench_spent; DROP EXTENSION pg_ivm CASCADE",
            SpendSync | SpendSyncTwo | SpendSyncAtCommit => "DROP EXTENSION spend_sync CASCADE",
        })?;
        Ok(())
    }

    pub fn drifted(self, client: &mut Client) -> Result<i64> {
        match self {
            PgIvm => oracle::drifted_view(client),
            _ => oracle::drifted(client),
        }
    }

    /// None if it can run here, else why not.
    pub fn missing(self, client: &mut Client) -> Result<Option<String>> {
        if self == PgIvm {
            let available = client.query_opt("SELECT FROM pg_available_extensions WHERE name = 'pg_ivm'", &[])?;
            return Ok(available.is_none().then(|| "not installed here".to_owned()));
        }
        for statement in self.session() {
            let Err(error) = client.batch_execute(statement) else {
                continue;
            };
            let code = error.code().map_or("", |state| state.code());
            if UNKNOWN_SETTING.contains(&code) {
                return Ok(Some(format!("this library does not know `{statement}`")));
            }
            return Err(error).with_context(|| format!("{}: {statement}", self.label()));
        }
        Ok(None)
    }
}
