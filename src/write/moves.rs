//! By how much a flush moves totals, where it knows that exactly: so that a write costs what it writes, not what its
//! campaign holds.
//!
//! A total may be moved only if nothing that the flush knows of it can be in the total already, or missing. That is so
//! under all of these conditions, and each has a test that drifts without it:
//!
//! - the column holds every partial sum (`Shape::holds_every_sum`);
//! - every row version was written after this transaction's last flush (`capture::is_all_new`): an earlier flush in the
//!   same statement, of a trigger's, has perhaps read it;
//! - no statement is under way (`under_way`), of which rows may be in place that were not told of;
//! - all of it is known: nothing overflowed, no table was truncated, no campaign came to be, no clip changed its key, no amount
//!   was too long;
//! - a clip that came to be is linked by links of this flush alone: one that was there before stands in the total with
//!   what an earlier clip of the key earned, if that went unseen;
//! - a link's earnings are those with which it stands in the total: what this flush knows of its clip says by how much these have grown,
//!   and what an earlier one knew is in the total.
//!
//! Of a submission that holds what it adds itself, the difference is known from its old and its new version alone: neither what an
//! earlier flush moved, nor rows that were not told of, make it another. Only a flush that summed has perhaps read it.
//!
//! A clip grew by d, and earns E now (one that is gone: 0). L links of it to a campaign count now, c more than before. What stood
//! in the total is (E - d)(L - c), what has to is E L: it moves by d L, which the clip says, and c (E - d), which the links say.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::snapshot::Sees;
use crate::pg::transaction;
use crate::statements::{Statement, changed, linked};
use crate::value::key::Key;
use crate::value::money;
use crate::value::param::Param;
use crate::value::row::Row;
use crate::write::touched::Touched;
use crate::write::{capture, locks, under_way};
use rust_decimal::Decimal;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The campaigns of a flush, locked.
pub struct Locked {
    pub campaigns: BTreeSet<Key>,
    /// Where it is known exactly, where to the total has to move.
    pub moves: BTreeMap<Key, Move>,
}

/// Where a total has to move; amounts in the column's currency units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub difference: Decimal,
    pub total: Decimal,
}

/// What is known of a campaign's move while its rows are read; `None`: not exactly.
struct Tally {
    recorded: Option<Decimal>,
    difference: Option<Decimal>,
}

type Tallies = BTreeMap<Key, Tally>;

impl Tally {
    fn of_spent(spent: Option<&str>) -> Self {
        Self {
            recorded: spent.and_then(money::parse),
            difference: Some(Decimal::ZERO),
        }
    }

    fn add(&mut self, difference: Option<Decimal>) {
        self.difference = self
            .difference
            .zip(difference)
            .and_then(|(one, other)| money::exact_sum([one, other]));
    }

    fn exactly(&self) -> Option<Move> {
        let (recorded, difference) = self.recorded.zip(self.difference)?;
        let total = money::exact_sum([recorded, difference])?;
        Some(Move { difference, total })
    }
}

/// Whether differences can be known exactly at all.
fn is_known(binding: &Binding, touched: &Touched) -> bool {
    binding.shape.holds_every_sum()
        && capture::is_all_new(binding.id(), touched)
        && (binding.is_direct() || !under_way::may_be_untold())
        && touched.dropped == 0
        && !touched.every_campaign
}

/// Whether they can, and may be read before the campaigns are locked, to be read again where that shows to have been too
/// early. At SERIALIZABLE what was read too early counts as read all the same, and would end in 40001.
pub fn may_look_first(binding: &Binding, touched: &Touched) -> bool {
    is_known(binding, touched) && touched.campaigns.is_empty() && !transaction::is_serializable()
}

/// Locks the campaigns of all that was written, and finds out by how much each has to move.
pub fn lock(binding: &Binding, touched: &Touched) -> Result<Locked> {
    if may_look_first(binding, touched) {
        if touched.clips.is_empty() {
            return Ok(locked(binding, by_new_links(binding, touched)?));
        }
        if touched.links.is_empty() {
            return Ok(locked(binding, by_clips(binding, touched)?));
        }
    }
    let campaigns = campaigns_of(binding, touched)?;
    // Which of them got a new link is not known any more where that was forgotten with its locks.
    let linked = if touched.lost_locks {
        &campaigns
    } else {
        &touched.linked_campaigns
    };
    locks::lock_campaigns(binding, &campaigns, linked)?;
    let moves = if is_known(binding, touched) {
        exact(binding, of_both(binding, touched)?)
    } else {
        BTreeMap::new()
    };
    Ok(Locked { campaigns, moves })
}

fn locked(binding: &Binding, known: Tallies) -> Locked {
    Locked {
        campaigns: known.keys().cloned().collect(),
        moves: exact(binding, known),
    }
}

/// The moves that are known exactly, to totals that the column can hold. (What it cannot hold is found by the sum.)
fn exact(binding: &Binding, known: Tallies) -> BTreeMap<Key, Move> {
    let spent = binding.shape.spent_money;
    let exactly = |(key, known): (Key, Tally)| Some((key, known.exactly().filter(|to| spent.holds(to.total))?));
    known.into_iter().filter_map(exactly).collect()
}

/// All campaigns that what was written is linked to.
pub fn campaigns_of(binding: &Binding, touched: &Touched) -> Result<BTreeSet<Key>> {
    let shape = &binding.shape;
    let mut campaigns = touched.campaigns.clone();
    campaigns.extend(touched.links.keys().map(|(campaign, _)| campaign.clone()));
    campaigns.extend(touched.amounts.keys().cloned());
    if !touched.clips.is_empty() {
        let keys = sorted(touched.clips.keys());
        let rows = binding.run_by_index(Statement::Affected, shape.linked()?.key, &keys)?;
        for row in &rows {
            campaigns.insert(binding.campaign(row, 0)?);
        }
    }
    if touched.lost_locks {
        for row in &binding.run_alone(Statement::OwnAffected)? {
            campaigns.insert(binding.campaign(row, 0)?);
        }
    }
    Ok(campaigns)
}

/// The moves of a flush that knows of clips and of links.
fn of_both(binding: &Binding, touched: &Touched) -> Result<Tallies> {
    let mut tallies = by_clips(binding, touched)?;
    for (campaign, of_links) in by_links(binding, touched)? {
        match tallies.entry(campaign) {
            Entry::Occupied(mut of_clips) => of_clips.get_mut().add(of_links.difference),
            Entry::Vacant(none) => drop(none.insert(of_links)),
        }
    }
    tallies.retain(|campaign, _| !touched.campaigns.contains(campaign));
    Ok(tallies)
}

/// A clip's earnings changed: for each of its links that counts, by that much.
fn by_clips(binding: &Binding, touched: &Touched) -> Result<Tallies> {
    let clips = &touched.clips;
    if clips.is_empty() {
        return Ok(BTreeMap::new());
    }
    let kind = binding.shape.linked()?.key;
    let keys = sorted(clips.keys());
    let (statement, value) = match keys.as_slice() {
        [key] => (Statement::LockByClip, Param::Key(kind, key)),
        keys => (Statement::LockByClips, Param::Keys(kind, keys)),
    };
    let rows = binding.run_over(statement, keys.len(), &[value], Sees::Locked)?;
    let mut moves = BTreeMap::new();
    let mut links_of_new: HashMap<(Key, Key), i64> = HashMap::new();
    for row in &rows {
        let (campaign, counts) = (binding.campaign(row, linked::CAMPAIGN)?, row.is_true(linked::COUNTS));
        let clip = kind.parse(row.text(linked::CLIP)?);
        let difference = clip.as_ref().and_then(|clip| *clips.get(clip)?);
        let tally = tally_of(&mut moves, campaign.clone(), row.get(linked::SPENT));
        tally.add(difference.map(|by| if counts { by } else { Decimal::ZERO }));
        if let Some(clip) = clip.filter(|clip| touched.new_clips.contains(clip)) {
            *links_of_new.entry((campaign, clip)).or_default() += i64::from(counts);
        }
    }
    for (link, count) in links_of_new {
        if touched.links.get(&link).copied().unwrap_or_default() != count
            && let Some(tally) = moves.get_mut(&link.0)
        {
            tally.difference = None; // some of them counted before the clip came
        }
    }
    Ok(moves)
}

/// Links came to count, or no longer do: each for what its clip earned before this flush. Of those that hold what they add
/// themselves it is known already.
fn by_links(binding: &Binding, touched: &Touched) -> Result<Tallies> {
    let mut moves = BTreeMap::new();
    for row in &lock_recorded(binding, sorted(touched.amounts.keys()))? {
        let campaign = binding.campaign(row, linked::CAMPAIGN)?;
        let difference = touched.amounts.get(&campaign).copied().flatten();
        tally_of(&mut moves, campaign, row.get(linked::SPENT)).add(difference);
    }
    if touched.links.is_empty() {
        return Ok(moves);
    }
    let clip_key = binding.shape.linked()?.key;
    let mut seen = HashSet::new();
    for row in &lock_by_links(binding, &touched.links)? {
        let campaign = binding.campaign(row, changed::CAMPAIGN)?;
        let tally = tally_of(&mut moves, campaign.clone(), row.get(changed::SPENT));
        if row.get(changed::LINKS).is_none() {
            continue; // the campaign alone
        }
        let links = row.number(changed::LINKS)?;
        if links != 0 {
            let clip = clip_key.parse(row.text(changed::CLIP)?);
            let written = clip.and_then(|clip| {
                let difference = *touched.clips.get(&clip)?;
                // Several clips may have one key, and have grown by that together.
                Some(if seen.insert((campaign.clone(), clip)) {
                    difference
                } else {
                    Some(Decimal::ZERO)
                })
            });
            // One that is gone, and went unseen, stands in the total with what nobody knows.
            let grown = written.or_else(|| (!row.is_true(changed::IS_THERE)).then_some(None));
            tally.add(earned(money::parse(row.text(changed::EARNINGS)?), links, grown));
        }
    }
    Ok(moves)
}

/// The same of links whose campaigns are not locked yet: one that is not there takes a second look, under its guard.
fn by_new_links(binding: &Binding, touched: &Touched) -> Result<Tallies> {
    let found = by_links(binding, touched)?;
    let missing = touched.linked_campaigns.iter().filter(|key| !found.contains_key(*key));
    if locks::guard_missing_campaigns(binding, missing)? {
        return by_links(binding, touched);
    }
    Ok(found)
}

fn lock_recorded(binding: &Binding, campaigns: Vec<Key>) -> Result<Vec<Row>> {
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let value = Param::Keys(binding.shape.campaign_key, &campaigns);
    binding.run_over(Statement::LockRecorded, campaigns.len(), &[value], Sees::Locked)
}

fn lock_by_links(binding: &Binding, links: &HashMap<(Key, Key), i64>) -> Result<Vec<Row>> {
    let (kind, clip_kind) = (binding.shape.campaign_key, binding.shape.linked()?.key);
    let campaigns = sorted(links.keys().map(|(campaign, _)| campaign));
    let mut changes: Vec<(&(Key, Key), i64)> = links.iter().map(|(link, count)| (link, *count)).collect();
    if let [((campaign, clip), count)] = changes.as_slice() {
        let values = [
            Param::Key(kind, campaign),
            Param::Key(clip_kind, clip),
            Param::Int8(*count),
        ];
        return binding.run_over(Statement::LockByLink, 1, &values, Sees::Locked);
    }
    changes.retain(|(_, count)| *count != 0);
    changes.sort_unstable();
    let of: Vec<Key> = changes.iter().map(|((campaign, _), _)| campaign.clone()).collect();
    let clips: Vec<Key> = changes.iter().map(|((_, clip), _)| clip.clone()).collect();
    let counts: Vec<i64> = changes.iter().map(|(_, count)| *count).collect();
    let values = [
        Param::Keys(kind, &campaigns),
        Param::Keys(kind, &of),
        Param::Keys(clip_kind, &clips),
        Param::Int8s(&counts),
    ];
    let size = campaigns.len().max(clips.len());
    binding.run_over(Statement::LockByLinks, size, &values, Sees::Locked)
}

/// What `links` links to a clip earned before this flush: by what it earns now (one that is gone: 0), and by how much this flush knows
/// it to have grown (`Some(None)`: not by how much). What an earlier flush knew of it is in the total.
pub fn earned(now: Option<Decimal>, links: i64, grown: Option<Option<Decimal>>) -> Option<Decimal> {
    let before = money::exact_sum([now?, -grown.unwrap_or(Some(Decimal::ZERO))?])?;
    money::exact_product(before, links)
}

fn tally_of<'a>(moves: &'a mut Tallies, campaign: Key, spent: Option<&str>) -> &'a mut Tally {
    moves.entry(campaign).or_insert_with(|| Tally::of_spent(spent))
}

/// Keys in their order, each once: an index is read from one end to the other then.
fn sorted<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<Key> {
    let mut keys: Vec<Key> = keys.cloned().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
