//! Which campaigns are large, and when each was last summed: `spend_sync.large_campaign`, and what a backend remembers
//! of it. It decides how a total is brought up, never what it is: something forgotten or outdated here makes no total
//! wrong.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::cache::Cached;
use crate::pg::snapshot::Sees;
use crate::pg::{session, spi};
use crate::settings;
use crate::statements::{Statement, large, summed};
use crate::value::key::Key;
use crate::value::param::Param;
use crate::value::row::Row;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What is known of a campaign.
#[derive(Clone, Copy)]
struct Seen {
    /// Approved clips when it was last summed.
    clips: i64,
    /// When that was; `None`: it has no row, or one of the future.
    summed: Option<Instant>,
}

type Campaigns = RefCell<HashMap<Key, Seen>>;

/// A backend that writes more campaigns than this asks again.
const REMEMBERED: usize = 10_000;

/// From here on a campaign's clips are many: one pass over them beats a look-up for each.
pub const MANY_CLIPS: i64 = 10_000;

thread_local! {
    static KNOWN: Cached<Campaigns> = Cached::default();
    /// This transaction has written the table; what it reads there may be rolled back, and is not remembered.
    static WRITTEN: Cell<bool> = const { Cell::new(false) };
}

/// The transaction ended.
pub fn clear() {
    WRITTEN.set(false);
}

fn seen_of(binding: &Binding) -> Result<Rc<Campaigns>> {
    let known = KNOWN.with(|known| known.get_or_load(binding.oid(), || Ok(Some(Rc::default()))))?;
    Ok(known.unwrap_or_default())
}

/// What may be moved: larger than the limit, summed within the interval. `None`: nothing.
fn bounds() -> Option<(i64, Duration)> {
    let interval = settings::recompute_interval();
    settings::recompute_limit()
        .filter(|_| !interval.is_zero())
        .map(|limit| (limit, interval))
}

impl Seen {
    fn is_movable(&self, (limit, interval): (i64, Duration)) -> bool {
        self.clips > limit && self.summed.is_some_and(|summed| summed.elapsed() <= interval)
    }
}

/// Whether this campaign is remembered as one that may be moved.
pub fn is_known_movable(binding: &Binding, key: &Key) -> Result<bool> {
    let Some(bounds) = bounds() else {
        return Ok(false);
    };
    let known = seen_of(binding)?;
    let known = known.borrow().get(key).is_some_and(|known| known.is_movable(bounds));
    Ok(known)
}

/// Of these campaigns, which are locked, those that are large and were summed lately: their totals may be moved.
pub fn movable<'a>(binding: &Binding, keys: impl Iterator<Item = &'a Key>) -> Result<BTreeSet<Key>> {
    let Some(bounds) = bounds() else {
        return Ok(BTreeSet::new());
    };
    let known = seen_of(binding)?;
    let (mut movable, mut asked) = (BTreeSet::new(), Vec::new());
    for key in keys {
        match known.borrow().get(key) {
            Some(known) if known.is_movable(bounds) => drop(movable.insert(key.clone())),
            Some(Seen { summed: None, .. }) => {}
            _ => asked.push(key.clone()), // not known yet, or outdated: another session may have summed it since
        }
    }
    for (key, found) in ask(binding, &asked)? {
        if found.is_movable(bounds) {
            movable.insert(key.clone());
        }
        if !WRITTEN.get() {
            let mut known = known.borrow_mut();
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(key, found);
        }
    }
    Ok(movable)
}

/// What the table says of campaigns.
fn ask(binding: &Binding, keys: &[Key]) -> Result<HashMap<Key, Seen>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let rows = binding.run_as_keeper(Statement::Large, &[Param::Oid(binding.oid()), Param::Texts(&texts)])?;
    let without_row = Seen { clips: 0, summed: None };
    let mut known: HashMap<Key, Seen> = keys.iter().map(|key| (key.clone(), without_row)).collect();
    for row in &rows {
        let found = Seen {
            clips: row.number(large::CLIPS)?,
            summed: row.get(large::AGE_MS).and_then(|age| age.parse().ok()).and_then(|age| {
                Instant::now().checked_sub(Duration::from_millis(age)) // a negative age is no u64
            }),
        };
        known.insert(binding.campaign(row, large::ID)?, found);
    }
    Ok(known)
}

/// Whether a campaign is known to have many clips.
pub fn has_many_clips(binding: &Binding, key: &Key) -> Result<bool> {
    let known = seen_of(binding)?;
    let known = known.borrow().get(key).is_some_and(|known| known.clips >= MANY_CLIPS);
    Ok(known)
}

/// Remembers campaigns that were just summed, under their locks.
pub fn remember(binding: &Binding, rows: &[Row]) -> Result<()> {
    let Some((limit, _)) = bounds() else {
        return Ok(());
    };
    let known = seen_of(binding)?;
    let (mut large, mut clips, mut small) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let key = binding.campaign(row, summed::ID)?;
        let count: i64 = row.number(summed::CLIPS)?;
        let had_row = known.borrow().get(&key).is_some_and(|known| known.summed.is_some());
        if count > limit {
            large.push(key.to_string());
            clips.push(count);
        } else if had_row {
            small.push(key.to_string());
        } else {
            continue;
        }
        known.borrow_mut().remove(&key);
    }
    write(binding, UPSERT, &[Param::Texts(&large), Param::Int8s(&clips)])?;
    write(binding, DELETE, &[Param::Texts(&small)])
}

const UPSERT: &str = "INSERT INTO spend_sync.large_campaign AS g (campaigns, campaign_id, approved_clips, recomputed_at) \
    SELECT $1::pg_catalog.regclass, c.id, c.clips, pg_catalog.clock_timestamp() \
    FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS c (id, clips) \
    ON CONFLICT (campaigns, campaign_id) DO UPDATE \
    SET approved_clips = excluded.approved_clips, recomputed_at = excluded.recomputed_at";

const DELETE: &str = "DELETE FROM spend_sync.large_campaign AS g \
    WHERE g.campaigns = $1::pg_catalog.regclass AND g.campaign_id = ANY ($2)";

const DELETE_ALL: &str = "DELETE FROM spend_sync.large_campaign AS g WHERE g.campaigns = $1::pg_catalog.regclass";

/// Forgets all campaigns of a table that is attached anew, or no more.
pub fn forget(campaigns: pgrx::pg_sys::Oid, keeper: pgrx::pg_sys::Oid) -> Result<()> {
    let delete = || spi::query(DELETE_ALL, &[Param::Oid(campaigns)], Sees::Own);
    WRITTEN.set(true);
    session::with_catalog_names(|| session::as_role(keeper, delete)).map(drop)
}

/// Writes the table; the first array is of keys: none, nothing to write.
fn write(binding: &Binding, sql: &str, arrays: &[Param]) -> Result<()> {
    if matches!(arrays, [Param::Texts([]), ..]) {
        return Ok(());
    }
    WRITTEN.set(true);
    let mut values = vec![Param::Oid(binding.oid())];
    values.extend_from_slice(arrays);
    let write = || spi::query(sql, &values, Sees::Own);
    let written = session::with_catalog_names(|| session::as_role(binding.keeper, write));
    binding.met(written, sql).map(drop)
}
