//! When campaigns of many clips were verified, for all backends: `spend_sync.large_campaign`. It is written under the campaign's
//! lock, so nobody waits for a row of it. Something that is missing or outdated there makes no total wrong.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::snapshot::Sees;
use crate::pg::{session, spi};
use crate::statements::{Statement, large};
use crate::value::key::Key;
use crate::value::mapping::BindingId;
use crate::value::param::Param;
use crate::write::schedule;
use pgrx::pg_sys::Oid;
use std::time::Duration;

/// What the table says of a campaign.
#[derive(Clone, Copy)]
pub struct Shared {
    pub clips: i64,
    /// How long ago it was verified.
    pub ago: Duration,
}

/// A total, as the table has it.
fn of_total(total: BindingId) -> [Param<'static>; 2] {
    [Param::Oid(total.campaigns()), Param::Int8(total.spent().into())]
}

/// What the table says of a campaign, if anything.
pub fn ask(binding: &Binding, key: &Key) -> Result<Option<Shared>> {
    if key.is_long() {
        return Ok(None);
    }
    let key = key.to_string();
    let [campaigns, total] = of_total(binding.id());
    let rows = binding.run_as_keeper(Statement::Large, &[campaigns, total, Param::Text(&key)])?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let ago: i64 = row.number(large::AGE_MS)?;
    Ok(u64::try_from(ago).ok().map(|ago| Shared {
        clips: row.number(large::CLIPS).unwrap_or_default(),
        ago: Duration::from_millis(ago),
    }))
}

/// Notes campaigns of many clips that were verified just now, and are locked; each with the number of its clips. (The index holds no
/// long keys.)
pub fn remember(binding: &Binding, verified: &[(Key, i64)]) -> Result<()> {
    let verified: Vec<&(Key, i64)> = verified.iter().filter(|(key, _)| !key.is_long()).collect();
    if verified.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = verified.iter().map(|(key, _)| key.to_string()).collect();
    let clips: Vec<i64> = verified.iter().map(|(_, clips)| *clips).collect();
    let [campaigns, total] = of_total(binding.id());
    let values = [campaigns, total, Param::Texts(&keys), Param::Int8s(&clips)];
    let upsert = || spi::query(UPSERT, &values, Sees::Own);
    let written = session::with_catalog_names(|| session::as_role(binding.keeper, upsert));
    binding.met(written, UPSERT).map(drop)
}

const UPSERT: &str = "INSERT INTO spend_sync.large_campaign AS g (campaigns, total, campaign_id, approved_clips, verified_at) \
    SELECT $1::pg_catalog.regclass, $2, c.id, c.clips, pg_catalog.clock_timestamp() \
    FROM ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4)) AS c (id, clips) \
    ON CONFLICT (campaigns, total, campaign_id) DO UPDATE \
    SET approved_clips = excluded.approved_clips, verified_at = excluded.verified_at";

/// Forgets all campaigns of a total that is attached anew, or no more.
pub fn forget(total: BindingId, keeper: Oid) -> Result<()> {
    schedule::forget(total);
    let delete = || spi::query(DELETE_ALL, &of_total(total), Sees::Own);
    session::with_catalog_names(|| session::as_role(keeper, delete)).map(drop)
}

const DELETE_ALL: &str =
    "DELETE FROM spend_sync.large_campaign AS g WHERE g.campaigns = $1::pg_catalog.regclass AND g.total = $2";
