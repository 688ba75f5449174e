//! The log of corrections: a row whenever a total was found wrong.

use crate::binding::Binding;
use crate::catalog;
use crate::errors::{Error, Result};
use crate::pg::snapshot::Sees;
use crate::pg::{session, spi, transaction};
use crate::statements::summed;
use crate::value::mapping::BindingId;
use crate::value::param::Param;
use crate::value::row::Row;
use crate::write::own_update;
use crate::write::touched::CommandId;
use rust_decimal::Decimal;
use std::cell::{Cell, RefCell};

/// On whose behalf a total is brought up; what the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    SyncCampaign,
    SyncAllCampaigns,
    Repair,
    Attach,
    DirectWrite,
    Write,
}

impl FoundBy {
    fn name(self) -> &'static str {
        match self {
            Self::SyncCampaign => "sync_campaign",
            Self::SyncAllCampaigns => "sync_all_campaigns",
            Self::Repair => "spend_sync_repair",
            Self::Attach => "attach",
            Self::DirectWrite => "direct write",
            Self::Write => "write",
        }
    }
}

/// A total that was wrong.
pub struct Correction {
    id: String,
    /// `None`: NULL.
    recorded: Option<String>,
    actual: String,
    /// What the write that found it adds by itself: no part of the drift.
    written: String,
}

impl Correction {
    /// Of a campaign that was summed.
    pub fn of(summed: &Row) -> Result<Self> {
        Ok(Self {
            id: summed.owned(summed::ID)?,
            recorded: summed.get(summed::RECORDED).map(str::to_owned),
            actual: summed.owned(summed::ACTUAL)?,
            written: "0".to_owned(),
        })
    }

    /// Of one that was summed for a write whose own difference is known.
    pub fn at_write(summed: &Row, difference: Decimal) -> Result<Self> {
        Ok(Self {
            written: difference.to_string(),
            ..Self::of(summed)?
        })
    }
}

/// A row of the log, of what looked like drift to a flush of this transaction. A flush amid a statement (a trigger's, a
/// function's) sums rows of that statement of which it has not been told yet, and they are no drift: they reach us before the
/// transaction ends.
#[derive(Clone, Copy)]
struct Suspicion {
    /// The row's `id`.
    id: i64,
    binding: BindingId,
    /// The flush saw what commands before this one had written.
    before: CommandId,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It may be drift.
    Logged,
    /// It is none; the next flush deletes the row.
    Acquitted,
    /// The row is deleted, by a subtransaction of this nest level.
    Deleted(i32),
}

thread_local! {
    static SUSPECTED: RefCell<Vec<Suspicion>> = const { RefCell::new(Vec::new()) };
    /// No suspicion rests on commands from this one on: what writes after all flushes, which is most, acquits none.
    static NEWEST: Cell<CommandId> = const { Cell::new(0) };
    /// Whether any of their rows was deleted.
    static ARE_DELETED: Cell<bool> = const { Cell::new(false) };
}

/// Logs what looks like drift: at once, for nothing can be written when the transaction commits. A flush that a trigger of
/// the user's sets off within an update of ours cannot tell: what the outer flush has taken is not all stored yet.
pub fn suspect(binding: &Binding, found_by: FoundBy, corrections: &[Correction]) -> Result<()> {
    if own_update::runs() {
        return Ok(());
    }
    let before = transaction::next_command();
    NEWEST.set(NEWEST.get().max(before));
    for row in log(binding, found_by, corrections)? {
        let suspicion = Suspicion {
            id: row.number(0)?,
            binding: binding.id(),
            before,
            state: State::Logged,
        };
        SUSPECTED.with_borrow_mut(|suspected| suspected.push(suspicion));
    }
    Ok(())
}

/// A flush of this binding had seen what a command wrote, and was not told of it: what it suspected was no drift.
pub fn acquit(binding: BindingId, command: CommandId) {
    if command >= NEWEST.get() {
        return;
    }
    each(|suspicion| {
        if suspicion.state == State::Logged && suspicion.binding == binding && command < suspicion.before {
            suspicion.state = State::Acquitted;
        }
    });
}

/// Takes back what was logged of those that were acquitted.
pub fn delete_acquitted() -> Result<()> {
    let (nest, mut ids) = (transaction::nest_level(), Vec::new());
    each(|suspicion| {
        if suspicion.state == State::Acquitted {
            suspicion.state = State::Deleted(nest);
            ids.push(suspicion.id);
        }
    });
    if ids.is_empty() {
        return Ok(());
    }
    ARE_DELETED.set(true);
    // Rows of another server's, which replication brings, have numbers of their own.
    let sql = "DELETE FROM spend_sync.correction AS c WHERE c.id OPERATOR(pg_catalog.=) ANY ($1) \
        AND c.server OPERATOR(pg_catalog.=) (SELECT s.system_identifier FROM pg_catalog.pg_control_system() AS s)";
    let delete = || spi::query(sql, &[Param::Int8s(&ids)], Sees::Own);
    let keeper = catalog::keeper()?;
    session::with_catalog_names(|| session::as_role(keeper, delete)).map(drop)
}

/// A subtransaction became part of the one around it.
pub fn commit_subtransaction(nest: i32) {
    each_deleted(nest, State::Deleted(nest - 1));
}

/// A subtransaction was rolled back: what it deleted is there again.
pub fn abort_subtransaction(nest: i32) {
    each_deleted(nest, State::Acquitted);
}

/// The transaction ended.
pub fn clear() {
    SUSPECTED.take();
    NEWEST.set(0);
    ARE_DELETED.set(false);
}

/// Those deleted at this nest level come to another state.
fn each_deleted(nest: i32, state: State) {
    if !ARE_DELETED.get() {
        return;
    }
    each(|suspicion| {
        if suspicion.state == State::Deleted(nest) {
            suspicion.state = state;
        }
    });
}

fn each(change: impl FnMut(&mut Suspicion)) {
    SUSPECTED.with_borrow_mut(|suspected| suspected.iter_mut().for_each(change));
}

/// The rows of those that were wrong.
pub fn found(rows: &[Row]) -> Result<Vec<Correction>> {
    let wrong = rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC));
    wrong.map(Correction::of).collect()
}

/// Writes the log, as the owner of the extension's tables; the rows' ids.
pub fn log(binding: &Binding, found_by: FoundBy, corrections: &[Correction]) -> Result<Vec<Row>> {
    if corrections.is_empty() {
        return Ok(Vec::new());
    }
    let role = session::current_role();
    let column = |get: fn(&Correction) -> String| corrections.iter().map(get).collect::<Vec<_>>();
    let ids = column(|correction| correction.id.clone());
    let recorded = column(|correction| correction.recorded.clone().unwrap_or_default());
    let actual = column(|correction| correction.actual.clone());
    let written = column(|correction| correction.written.clone());
    let sql = "INSERT INTO spend_sync.correction (campaigns, campaign_id, recorded, actual, found_by, role, session_role, \
        application_name, spent) \
        SELECT $1::pg_catalog.regclass, c.id, nullif(c.recorded, '')::numeric, c.actual::numeric - c.written::numeric, \
               $6, pg_catalog.pg_get_userbyid($7), SESSION_USER, pg_catalog.current_setting('application_name'), $8 \
        FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5)) \
             AS c (id, recorded, actual, written) RETURNING id";
    let values = [
        Param::Oid(binding.oid()),
        Param::Texts(&ids),
        Param::Texts(&recorded),
        Param::Texts(&actual),
        Param::Texts(&written),
        Param::Text(found_by.name()),
        Param::Oid(role),
        Param::Text(&binding.shape.spent.name),
    ];
    // Run by the owner of the extension, perhaps a superuser: nothing of the caller's may be in sight.
    let insert = || spi::query(sql, &values, Sees::Own);
    let logged = session::with_catalog_names(|| session::as_role(binding.keeper, insert));
    binding.met(logged, sql)
}

/// How many campaigns' totals were corrected within the last 7 days, and by what the last one was found. What
/// attach found was wrong before it was kept. Read as the owner of the log.
pub fn recent(binding: &Binding) -> Result<(i64, String)> {
    let rows = session::as_role(catalog::keeper()?, || {
        catalog::read(
            "SELECT count(*), (array_agg(found_by ORDER BY at DESC))[1] FROM spend_sync.correction
             WHERE campaigns = $1 AND server = (SELECT system_identifier FROM pg_control_system()) AND coalesce(spent, $2) = $2 AND found_by <> 'attach' AND at > now() - interval '7 days'",
            &[Param::Oid(binding.oid()), Param::Text(&binding.shape.spent.name)],
        )
    })?;
    let row = rows.first().ok_or_else(|| Error::internal("a count without a row"))?;
    Ok((row.number(0)?, row.get(1).unwrap_or("nothing").to_owned()))
}
