//! The log of corrections: a row whenever a total was found wrong.

use crate::binding::{self, Binding};
use crate::catalog;
use crate::errors::{Error, Result};
use crate::pg::snapshot::Sees;
use crate::pg::{session, spi};
use crate::statements::summed;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::BTreeMap;

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

thread_local! {
    /// What looked like drift to a flush of this transaction, by campaigns table. A flush amid a statement (a trigger's, a
    /// function's) sums rows of that statement of which it has not been told yet, and they are no drift: they reach us
    /// before the transaction ends.
    static SUSPECTED: RefCell<Vec<(Oid, Correction)>> = RefCell::default();
}

/// Notes what looks like drift, to be logged when the transaction commits.
pub fn suspect(binding: &Binding, corrections: Vec<Correction>) {
    SUSPECTED.with_borrow_mut(|suspected| suspected.extend(corrections.into_iter().map(|one| (binding.oid(), one))));
}

/// Forgets it: a flush had seen what it was not told of, or was rolled back, or the transaction has ended.
pub fn acquit() {
    SUSPECTED.with_borrow_mut(Vec::clear);
}

pub fn none_is_suspected() -> bool {
    SUSPECTED.with_borrow(Vec::is_empty)
}

/// Logs what looked like drift and has turned out to be.
pub fn log_suspected() -> Result<()> {
    let mut by_campaigns: BTreeMap<u32, Vec<Correction>> = BTreeMap::new();
    for (campaigns, correction) in SUSPECTED.take() {
        by_campaigns.entry(campaigns.to_u32()).or_default().push(correction);
    }
    for (campaigns, corrections) in by_campaigns {
        if let Some(binding) = binding::of(Oid::from(campaigns))? {
            log(&binding, FoundBy::Write, &corrections)?;
        }
    }
    Ok(())
}

/// The rows of those that were wrong.
pub fn found(rows: &[Row]) -> Result<Vec<Correction>> {
    let wrong = rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC));
    wrong.map(Correction::of).collect()
}

/// Writes the log, as the owner of the extension's tables.
pub fn log(binding: &Binding, found_by: FoundBy, corrections: &[Correction]) -> Result<()> {
    if corrections.is_empty() {
        return Ok(());
    }
    let role = session::current_role();
    let column = |get: fn(&Correction) -> String| corrections.iter().map(get).collect::<Vec<_>>();
    let ids = column(|correction| correction.id.clone());
    let recorded = column(|correction| correction.recorded.clone().unwrap_or_default());
    let actual = column(|correction| correction.actual.clone());
    let written = column(|correction| correction.written.clone());
    let sql = "INSERT INTO spend_sync.correction (campaigns, campaign_id, recorded, actual, found_by, role) \
        SELECT $1::pg_catalog.regclass, c.id, nullif(c.recorded, '')::numeric, c.actual::numeric - c.written::numeric, \
               $6, pg_catalog.pg_get_userbyid($7) \
        FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5)) \
             AS c (id, recorded, actual, written)";
    let values = [
        Param::Oid(binding.oid()),
        Param::Texts(&ids),
        Param::Texts(&recorded),
        Param::Texts(&actual),
        Param::Texts(&written),
        Param::Text(found_by.name()),
        Param::Oid(role),
    ];
    // Run by the owner of the extension, perhaps a superuser: nothing of the caller's may be in sight.
    let insert = || spi::query(sql, &values, Sees::Own);
    session::with_catalog_names(|| session::as_role(binding.keeper, insert)).map(drop)
}
/// How many totals of a campaigns table were corrected within the last 7 days, and by what the last one was found. What
/// attach found was wrong before it was kept. Read as the owner of the log.
pub fn recent(campaigns: Oid) -> Result<(i64, String)> {
    let rows = session::as_role(catalog::keeper()?, || {
        catalog::read(
            "SELECT count(*), (array_agg(found_by ORDER BY at DESC))[1] FROM spend_sync.correction
             WHERE campaigns = $1 AND found_by <> 'attach' AND at > now() - interval '7 days'",
            &[Param::Oid(campaigns)],
        )
    })?;
    let row = rows.first().ok_or_else(|| Error::internal("a count without a row"))?;
    Ok((row.number(0)?, row.get(1).unwrap_or("nothing").to_owned()))
}
