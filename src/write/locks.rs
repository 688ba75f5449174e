//! The locks under which a total is brought up. Their order is the same everywhere, each set sorted: guards of keys that
//! came to be, clips that got a new link, links of campaigns that came to be, campaigns of one binding after the other.
//!
//! A row that is not there cannot be locked. Its guard stands for it: who inserts a clip or a campaign takes the guard of
//! its key before looking for links that name it, and who links to one that is not there takes the guard and looks
//! again. One of the two waits, and sees what the other did. No foreign key makes that needless: it may be deferred, not
//! valid or not there, sessions in replica role are not held to it, and links outlive their rows where a trigger or a
//! disabled one keeps them.
//!
//! Where totals are brought up at commit, the guards of clips that are written are taken too, and who commits a link to a clip
//! that is being written takes its guard and does not wait for the row: its writer looks for links once he has the guard
//! himself. So nobody waits for one who may go on to wait for others; all guards of a flush are taken in one order.
//!
//! So a link that was committed may lack its campaign. Who writes such a link, or its clip, has no campaign to lock and
//! takes no guard: who inserts the campaign finds the link, and locks both, and what the link has come to name while it was waited for. Who writes one that holds what it adds itself takes
//! the guard instead, for to insert the campaign need not wait for such a row then.

use crate::binding::Binding;
use crate::catalog;
use crate::catalog::Column;
use crate::errors::Result;
use crate::errors::total::TotalError;
use crate::pg::{guard, transaction};
use crate::statements::{Statement, named};
use crate::value::key::{Key, KeyType};
use crate::value::mapping::BindingId;
use crate::value::row::Row;
use crate::write::guards::{Guarded, Guards, KEYS_GUARDED, Who};
use crate::write::touched::Touched;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

fn of_clips<'a>(binding: &Binding, keys: impl IntoIterator<Item = &'a Key>) -> BTreeSet<u32> {
    let clips = binding.shape.clips.as_ref();
    clips.map_or_else(BTreeSet::new, |clips| hashes(&clips.id, keys))
}

fn of_campaigns<'a>(binding: &Binding, keys: impl IntoIterator<Item = &'a Key>) -> BTreeSet<u32> {
    hashes(&binding.shape.campaign_id, keys)
}

fn hashes<'a>(columns: &[Column], keys: impl IntoIterator<Item = &'a Key>) -> BTreeSet<u32> {
    let (columns, secret) = (catalog::numbers(columns), guard::secret());
    keys.into_iter().map(|key| key.hash_in(&columns, &secret)).collect()
}

/// The table of the rows that are guarded as clips.
fn clips_table(binding: &Binding) -> u32 {
    binding.shape.source().oid.to_u32()
}

/// How a binding knows its clips: two that share a table may know them by different columns.
fn clips_by(binding: &Binding) -> ClipsBy {
    let clips = binding.shape.clips.as_ref();
    let columns = clips.map_or_else(Vec::new, |clips| catalog::numbers(&clips.id));
    (clips_table(binding), columns)
}

/// Clips by their table, and the columns of their key.
type ClipsBy = (u32, Vec<i16>);

/// All locks that come before those of campaigns. Of the campaigns that came to be, those that links name are to be summed
/// then.
pub fn before_campaigns(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    let needs_none =
        |(binding, touched): &(Rc<Binding>, Touched)| touched.has_nothing_new() && !guards_written(binding, touched);
    if work.iter().all(needs_none) {
        return Ok(());
    }
    let mut guards = Guards::default();
    add_new_rows(work, &mut guards);
    add_written(work, &mut guards);
    if transaction::is_at_end() {
        leave_to_writers(work, &mut guards)?;
    }
    guards.take()?;
    let mut found = Found::new();
    loop {
        let named = look_for_links(work, &mut found)?;
        lock_linked_clips(work)?;
        // Who writes a submission that holds what it adds takes the guard of a campaign that is not there, each time.
        let linked = named.into_iter().filter(|(binding, _)| !binding.is_direct());
        let linked: Vec<(Rc<Binding>, Vec<Key>)> = linked.collect();
        for (binding, campaigns) in &linked {
            binding.run(Statement::LockLinks, binding.shape.campaign_key, campaigns)?;
        }
        // One may have got another clip while we waited for who wrote it.
        if linked.is_empty() {
            return Ok(());
        }
    }
}

/// Links that were found of campaigns that came to be, by the total, the campaign and the clip.
type Found = BTreeSet<(BindingId, Key, Option<Key>)>;

fn add_new_rows(work: &[(Rc<Binding>, Touched)], guards: &mut Guards) {
    let mut guarded = Guarded::new();
    for (binding, touched) in work {
        let clips = of_clips(binding, &touched.new_clips);
        let campaigns = of_campaigns(binding, &touched.new_campaigns);
        for (table, keys) in [(clips_table(binding), clips), (binding.oid().to_u32(), campaigns)] {
            guarded.entry(table).or_default().extend(keys);
        }
    }
    guards.add(Who::Inserts, guarded);
}

/// Whether others may have left links to clips that were written to whoever wrote them.
fn guards_written(binding: &Binding, touched: &Touched) -> bool {
    binding.flushes_at_commit() && (!touched.clips.is_empty() || !knows_all_written(touched))
}

/// A clip that went is not found again by what this transaction has written.
fn knows_all_written(touched: &Touched) -> bool {
    !touched.every_own_clip && !touched.lost_locks
}

/// More than are guarded one by one are not looked at one by one either.
fn add_written(work: &[(Rc<Binding>, Touched)], guards: &mut Guards) {
    let mut guarded = Guarded::new();
    let guarding = |(binding, touched): &&(Rc<Binding>, Touched)| guards_written(binding, touched);
    for (binding, touched) in work.iter().filter(guarding) {
        let table = clips_table(binding);
        let written = touched.clips.len().saturating_sub(touched.new_clips.len());
        if written > KEYS_GUARDED || !knows_all_written(touched) {
            guards.add_whole(Who::Writes, table);
        } else {
            let were_there = touched.clips.keys().filter(|clip| !touched.new_clips.contains(*clip));
            guarded.entry(table).or_default().extend(of_clips(binding, were_there));
        }
    }
    guards.add(Who::Writes, guarded);
}

/// Of clips with new links, locks those that nobody writes; the guards of the others are to be taken. Not of so many that
/// the table would be guarded whole, which writers of a few do not meet, nor where a total is not brought up at commit: these
/// wait for the row, as [`lock_linked_clips`] does.
fn leave_to_writers(work: &mut [(Rc<Binding>, Touched)], guards: &mut Guards) -> Result<()> {
    for (by, linked) in linked_clips(work) {
        if !linked.at_commit || linked.clips.len().saturating_add(Who::Misses.guarded()) > KEYS_GUARDED {
            continue;
        }
        let left = lock_free_clips(&linked.binding, linked.clips.into_iter().collect())?;
        guards.add(Who::Misses, Guarded::from([(by.0, of_clips(&linked.binding, &left))]));
        let same = work.iter_mut().filter(|(binding, _)| clips_by(binding) == by);
        same.for_each(|(_, touched)| touched.linked_clips.clear());
    }
    Ok(())
}

/// Locks those of these clips that nobody writes, and gives the others. A row that somebody inserts under a key which has one
/// already is met by no lock on that: where there may be several, all are others.
fn lock_free_clips(binding: &Binding, keys: Vec<Key>) -> Result<Vec<Key>> {
    if binding.clips_may_double {
        return Ok(keys);
    }
    let kind = binding.shape.linked()?.key;
    let locked = binding.run(Statement::LockFreeClips, kind, &keys)?;
    if binding.is_outdated() {
        return Ok(keys); // what made them one each may have gone meanwhile
    }
    Ok(missing(kind, keys, &locked))
}

/// The clips that links of all totals which know them by the same columns point to anew.
struct Linked {
    binding: Rc<Binding>,
    clips: BTreeSet<Key>,
    /// Whether all of these totals are brought up at commit.
    at_commit: bool,
}

fn linked_clips(work: &[(Rc<Binding>, Touched)]) -> BTreeMap<ClipsBy, Linked> {
    let mut by_clips: BTreeMap<ClipsBy, Linked> = BTreeMap::new();
    for (binding, touched) in work.iter().filter(|(_, touched)| !touched.linked_clips.is_empty()) {
        let linked = by_clips.entry(clips_by(binding)).or_insert_with(|| Linked {
            binding: Rc::clone(binding),
            clips: BTreeSet::new(),
            at_commit: true,
        });
        linked.clips.extend(touched.linked_clips.iter().cloned());
        linked.at_commit &= binding.flushes_at_commit();
    }
    by_clips
}

/// Links that name a campaign which came to be are as good as new: their clips are to be locked. Gives the campaigns that
/// have any which were not found before.
fn look_for_links(work: &mut [(Rc<Binding>, Touched)], found: &mut Found) -> Result<Vec<(Rc<Binding>, Vec<Key>)>> {
    let mut all = Vec::new();
    for (binding, touched) in work {
        if touched.new_campaigns.is_empty() {
            continue;
        }
        let kind = binding.shape.campaign_key;
        let clip_kind = binding.shape.clips.as_ref().map(|clips| clips.key);
        let keys: Vec<Key> = touched.new_campaigns.iter().cloned().collect();
        if binding.campaigns_may_double {
            refuse_doubled(binding, &keys)?;
        }
        let mut named = BTreeSet::new();
        for row in &binding.run_by_index(Statement::LinksOfCampaigns, kind, &keys)? {
            let campaign = binding.campaign(row, named::CAMPAIGN)?;
            let clip = row.get(named::CLIP).zip(clip_kind);
            let clip = clip.and_then(|(clip, kind)| kind.parse(clip));
            if found.insert((binding.id(), campaign.clone(), clip.clone())) {
                named.insert(campaign);
                touched.linked_clips.extend(clip);
            }
        }
        if !named.is_empty() {
            touched.campaigns.extend(named.iter().cloned());
            all.push((Rc::clone(binding), named.into_iter().collect()));
        }
    }
    Ok(all)
}

fn refuse_doubled(binding: &Binding, campaigns: &[Key]) -> Result<()> {
    let rows = binding.run_by_index(Statement::Doubled, binding.shape.campaign_key, campaigns)?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    Err(TotalError::KeyDoubled {
        campaigns: binding.shape.campaigns.display(),
        id: row.owned(0)?,
        column: catalog::listed(&binding.shape.campaign_id),
    }
    .into())
}

/// A concurrent writer of a clip cannot see a link we just made and would not touch its campaign: we wait for it
/// here, or it waits for us.
fn lock_linked_clips(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    let by_clips = linked_clips(work);
    for (_, touched) in work {
        touched.linked_clips.clear();
    }
    for Linked { binding, clips, .. } in by_clips.into_values() {
        lock_clips(&binding, clips.into_iter().collect())?;
    }
    Ok(())
}

/// A row that somebody inserts under a key which has one already is met by no lock on that: where there may be several, each key is
/// guarded, and first, for who inserts one may go on to write the others.
fn lock_clips(binding: &Binding, keys: Vec<Key>) -> Result<()> {
    let kind = binding.shape.linked()?.key;
    let guard = |keys: &[Key]| Who::Misses.guard(clips_table(binding), of_clips(binding, keys));
    if binding.clips_may_double {
        guard(&keys)?;
    } else if let [key] = keys.as_slice()
        && binding.lock_clip(key)?
        && !binding.is_outdated()
    {
        return Ok(());
    }
    let locked = binding.run(Statement::LockClips, kind, &keys)?;
    let unmet = if binding.is_outdated() {
        keys // what made them one each may have gone while we waited
    } else if binding.clips_may_double {
        return Ok(());
    } else {
        missing(kind, keys, &locked)
    };
    if unmet.is_empty() {
        return Ok(());
    }
    guard(&unmet)?;
    binding.run(Statement::LockClips, kind, &unmet).map(drop)
}

/// The keys that are not among those of rows, which stand in their first column.
fn missing(kind: KeyType, mut keys: Vec<Key>, rows: &[Row]) -> Vec<Key> {
    if rows.len() >= keys.len() {
        return Vec::new();
    }
    let there: BTreeSet<Key> = rows.iter().filter_map(|row| kind.parse(row.get(0)?)).collect();
    keys.retain(|key| !there.contains(key));
    keys
}

/// Locks the rows of campaigns. `linked`: campaigns that a link points to anew, or an amount moves, which may not be there.
pub fn lock_campaigns(binding: &Binding, keys: &BTreeSet<Key>, linked: &BTreeSet<Key>) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let kind = binding.shape.campaign_key;
    let all: Vec<Key> = keys.iter().cloned().collect();
    let locked = binding.run(Statement::LockCampaigns, kind, &all)?;
    let missing = missing(kind, all, &locked);
    let missing: Vec<Key> = missing.into_iter().filter(|key| linked.contains(key)).collect();
    if !guard_missing_campaigns(binding, &missing)? {
        return Ok(());
    }
    binding.run(Statement::LockCampaigns, kind, &missing).map(drop)
}

/// Takes the guards of campaigns that a link points to anew and that are not there; whether there are any. One is to look
/// again then.
pub fn guard_missing_campaigns<'a>(binding: &Binding, missing: impl IntoIterator<Item = &'a Key>) -> Result<bool> {
    let guards = of_campaigns(binding, missing);
    let are_any = !guards.is_empty();
    Who::Misses.guard(binding.oid().to_u32(), guards)?;
    Ok(are_any)
}
