//! By how much a flush moves totals, where it knows that exactly: so that a write costs what it writes, not what its
//! campaign holds.
//!
//! A total may be moved only if nothing that the flush knows of it can be in the total already, or missing. That is so
//! under all of these conditions, and each has a test that drifts without it:
//!
//! - the column holds every partial sum (`Shape::holds_every_sum`);
//! - every row version was written after this transaction's last flush (`Touched::is_all_new`): an earlier flush in the
//!   same statement, of a trigger's or a data-modifying WITH's, has perhaps read it;
//! - what is known of the campaign is of one kind: changed earnings of clips that keep their key, or changed links;
//! - all of it is known: nothing overflowed, no clip came, went or changed its key, no amount was too long;
//! - a link's earnings are those with which it stands in the total: a clip that this transaction wrote may have had
//!   others then.

use crate::backend::{self, Sees};
use crate::binding::Binding;
use crate::capture::Touched;
use crate::errors::Result;
use crate::key::Key;
use crate::locks;
use crate::statements::{Statement, moved, summed};
use crate::values::{Row, Value};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The campaigns of a flush, locked.
pub struct Locked {
    pub campaigns: BTreeSet<Key>,
    /// Where its difference is known exactly: the campaign with its total moved, a row of [`summed`] and [`moved`].
    pub moved: BTreeMap<Key, Row>,
}

impl Locked {
    fn of(rows: BTreeMap<Key, Row>) -> Self {
        Self {
            campaigns: rows.keys().cloned().collect(),
            moved: rows.into_iter().filter(|(_, row)| is_exact(row)).collect(),
        }
    }
}

/// Locks the campaigns of all that was written, and finds out by how much each has to move.
pub fn lock(binding: &Binding, touched: &Touched) -> Result<Locked> {
    let is_known = binding.shape.holds_every_sum() && touched.is_all_new();
    // Most flushes are of one kind, and one statement locks and reads. Without a foreign key a campaign may be missing,
    // which takes more than one look; at SERIALIZABLE what is read before the lock counts as read, and may end in 40001.
    let in_one = binding.shape.campaigns_tied && !backend::is_serializable();
    if is_known && in_one && touched.campaigns.is_empty() {
        if touched.links.is_empty() {
            return Ok(Locked::of(by_clips(binding, &touched.clips)?));
        }
        if touched.clips.is_empty() {
            return Ok(Locked::of(by_links(binding, &touched.links)?));
        }
    }
    let campaigns = campaigns_of(binding, touched)?;
    locks::lock_campaigns(binding, &campaigns)?;
    let moved = if is_known {
        of_one_kind(binding, touched)?
    } else {
        BTreeMap::new()
    };
    Ok(Locked { campaigns, moved })
}

/// All campaigns that what was written is linked to.
pub fn campaigns_of(binding: &Binding, touched: &Touched) -> Result<BTreeSet<Key>> {
    let shape = &binding.shape;
    let mut campaigns = touched.campaigns.clone();
    campaigns.extend(touched.links.keys().map(|(campaign, _)| campaign.clone()));
    if !touched.clips.is_empty() {
        let mut clips: Vec<Key> = touched.clips.keys().cloned().collect();
        clips.sort_unstable();
        let rows = binding.run(Statement::Affected, shape.clip_key, &clips)?;
        campaigns.extend(rows.iter().filter_map(|row| shape.campaign_key.parse(row.text(0))));
    }
    Ok(campaigns)
}

/// The moves of a flush of both kinds: of those campaigns of which it knows but one kind, and no more.
fn of_one_kind(binding: &Binding, touched: &Touched) -> Result<BTreeMap<Key, Row>> {
    let linked: BTreeSet<&Key> = touched.links.keys().map(|(campaign, _)| campaign).collect();
    let of_written_clips = touched
        .links
        .keys()
        .filter(|(_, clip)| touched.clips.contains_key(clip));
    let mixed: BTreeSet<&Key> = of_written_clips.map(|(campaign, _)| campaign).collect();
    let mut by_clips = by_clips(binding, &touched.clips)?;
    let mut by_links = by_links(binding, &touched.links)?;
    by_links.retain(|campaign, _| !by_clips.contains_key(campaign) && !mixed.contains(campaign));
    by_clips.retain(|campaign, _| !linked.contains(campaign));
    by_clips.append(&mut by_links);
    by_clips.retain(|campaign, row| !touched.campaigns.contains(campaign) && is_exact(row));
    Ok(by_clips)
}

fn by_clips(binding: &Binding, clips: &HashMap<Key, Option<Decimal>>) -> Result<BTreeMap<Key, Row>> {
    if clips.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut changes: Vec<(&Key, &Option<Decimal>)> = clips.iter().collect();
    changes.sort_unstable();
    let keys: Vec<Key> = changes.iter().map(|(key, _)| (*key).clone()).collect();
    let differences: Vec<Option<String>> = changes.iter().map(|(_, d)| d.map(|d| d.to_string())).collect();
    let kind = binding.shape.clip_key;
    let values = [Value::Keys(kind, &keys), Value::OptionalTexts(&differences)];
    by_campaign(
        binding,
        binding.run_over(Statement::MoveByClips, keys.len(), &values, Sees::Locked)?,
    )
}

fn by_links(binding: &Binding, links: &HashMap<(Key, Key), i64>) -> Result<BTreeMap<Key, Row>> {
    if links.is_empty() {
        return Ok(BTreeMap::new());
    }
    let all: BTreeSet<&Key> = links.keys().map(|(campaign, _)| campaign).collect();
    let all: Vec<Key> = all.into_iter().cloned().collect();
    let mut changes: Vec<(&(Key, Key), i64)> = links.iter().map(|(link, count)| (link, *count)).collect();
    changes.retain(|(_, count)| *count != 0);
    changes.sort_unstable();
    let campaigns: Vec<Key> = changes.iter().map(|((campaign, _), _)| campaign.clone()).collect();
    let clips: Vec<Key> = changes.iter().map(|((_, clip), _)| clip.clone()).collect();
    let counts: Vec<i64> = changes.iter().map(|(_, count)| *count).collect();
    let kind = binding.shape.campaign_key;
    let values = [
        Value::Keys(kind, &all),
        Value::Keys(kind, &campaigns),
        Value::Keys(binding.shape.clip_key, &clips),
        Value::Int8s(&counts),
    ];
    let size = all.len().max(clips.len());
    by_campaign(
        binding,
        binding.run_over(Statement::MoveByLinks, size, &values, Sees::Locked)?,
    )
}

fn by_campaign(binding: &Binding, rows: Vec<Row>) -> Result<BTreeMap<Key, Row>> {
    let kind = binding.shape.campaign_key;
    let keyed = |row: Row| Some((kind.parse(row.text(summed::ID))?, row));
    Ok(rows.into_iter().filter_map(keyed).collect())
}

/// Whether a campaign's difference is known exactly. Earnings are taken off as they are now: if this transaction wrote
/// them, and has not flushed that yet, others stand in the total, and with the link gone nothing would set it right.
fn is_exact(row: &Row) -> bool {
    let mut taken_off_by = row
        .text(moved::TAKEN_OFF_BY)
        .split(',')
        .filter_map(|number| number.parse().ok());
    row.is_true(moved::IS_EXACT) && !taken_off_by.any(backend::is_own_transaction)
}
