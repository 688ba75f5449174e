//! The locks under which a total is brought up. Their order is the same everywhere, each set sorted: guards of keys that
//! came to be, clips that got a new link, links of campaigns that came to be, campaigns of one binding after the other.
//!
//! A row that is not there cannot be locked. Its guard stands for it: who inserts a clip or a campaign takes the guard of
//! its key before looking for links that name it, and who links to one that is not there takes the guard and looks
//! again. One of the two waits, and sees what the other did. No foreign key makes that needless: it may be deferred, not
//! valid or not there, sessions in replica role are not held to it, and links outlive their rows where a trigger or a
//! disabled one keeps them.
//!
//! So a link that was committed may lack its campaign. Who writes such a link, or its clip, has no campaign to lock and
//! takes no guard: who inserts the campaign finds the link, and locks both.

use crate::binding::Binding;
use crate::errors::Result;
use crate::errors::total::TotalError;
use crate::pg::guard::{Guard, Mode};
use crate::pg::name;
use crate::statements::{Statement, named};
use crate::value::key::{Key, KeyType};
use crate::value::row::Row;
use crate::write::touched::Touched;
use pgrx::pg_sys::Oid;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::thread::LocalKey;

/// How many keys a transaction guards one by one; beyond, whole tables. Locks live in a table of fixed size that all
/// sessions share: a bulk load must not fill it.
const KEYS_GUARDED: usize = 64;

thread_local! {
    /// How many keys this transaction has guarded so far, in either role. A rollback to a savepoint gives the locks back
    /// and not the count.
    static INSERTED: Cell<usize> = const { Cell::new(0) };
    static MISSED: Cell<usize> = const { Cell::new(0) };
}

/// The transaction ended.
pub fn clear() {
    INSERTED.set(0);
    MISSED.set(0);
}

/// Keys of each table, as their guards have them.
type Guarded = BTreeMap<u32, BTreeSet<u64>>;

/// Who takes guards. Those of one role never wait for each other; those of different roles do where they guard the same
/// key, or one guards a table.
#[derive(Clone, Copy)]
enum Who {
    /// Inserted rows.
    Inserts,
    /// Found no row.
    Misses,
}

impl Who {
    fn count(self) -> &'static LocalKey<Cell<usize>> {
        match self {
            Self::Inserts => &INSERTED,
            Self::Misses => &MISSED,
        }
    }

    /// The modes of a table whose keys are guarded one by one, of each such key, and of one that is guarded whole.
    fn modes(self) -> (Mode, Mode, Mode) {
        match self {
            Self::Inserts => (Mode::RowShare, Mode::RowExclusive, Mode::RowExclusive),
            Self::Misses => (Mode::Share, Mode::Share, Mode::Exclusive),
        }
    }

    fn guard(self, guarded: Guarded) -> Result<()> {
        let (of_table, of_key, of_whole) = self.modes();
        let mut guards = BTreeMap::new();
        for (table, keys) in guarded.into_iter().filter(|(_, keys)| !keys.is_empty()) {
            let count = self.count().get().saturating_add(keys.len());
            self.count().set(count);
            if count > KEYS_GUARDED {
                guards.insert(Guard::Table(table), of_whole);
            } else {
                guards.insert(Guard::Table(table), of_table);
                guards.extend(keys.into_iter().map(|key| (Guard::Key(key), of_key)));
            }
        }
        guards.into_iter().try_for_each(|(guard, mode)| guard.wait(mode))
    }
}

fn of_clips<'a>(binding: &Binding, keys: impl IntoIterator<Item = &'a Key>) -> BTreeSet<u64> {
    let (table, column) = clips_by(binding);
    hashes(table, column, keys)
}

fn of_campaigns<'a>(binding: &Binding, keys: impl IntoIterator<Item = &'a Key>) -> BTreeSet<u64> {
    hashes(binding.oid(), binding.shape.campaign_id.number, keys)
}

fn hashes<'a>(table: Oid, column: i16, keys: impl IntoIterator<Item = &'a Key>) -> BTreeSet<u64> {
    keys.into_iter().map(|key| key.guard(table, column)).collect()
}

/// How a binding knows its clips: two that share a table may know them by different columns.
fn clips_by(binding: &Binding) -> (Oid, i16) {
    (binding.shape.clips.oid, binding.shape.clip_id.number)
}

/// All locks that come before those of campaigns. Of the campaigns that came to be, those that links name are to be summed
/// then.
pub fn before_campaigns(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    if work.iter().all(|(_, touched)| touched.has_nothing_new()) {
        return Ok(());
    }
    guard_new_rows(work)?;
    let named = look_for_links(work)?;
    lock_linked_clips(work)?;
    for (binding, campaigns) in named {
        binding.run(Statement::LockLinks, binding.shape.campaign_key, &campaigns)?;
    }
    Ok(())
}

fn guard_new_rows(work: &[(Rc<Binding>, Touched)]) -> Result<()> {
    let mut guarded = Guarded::new();
    for (binding, touched) in work {
        let clips = of_clips(binding, &touched.new_clips);
        let campaigns = of_campaigns(binding, &touched.new_campaigns);
        for (table, keys) in [(binding.shape.clips.oid, clips), (binding.oid(), campaigns)] {
            guarded.entry(table.to_u32()).or_default().extend(keys);
        }
    }
    Who::Inserts.guard(guarded)
}

/// Links that name a campaign which came to be are as good as new: their clips are to be locked. Gives the campaigns that
/// have any.
fn look_for_links(work: &mut [(Rc<Binding>, Touched)]) -> Result<Vec<(Rc<Binding>, Vec<Key>)>> {
    let mut all = Vec::new();
    for (binding, touched) in work {
        if touched.new_campaigns.is_empty() {
            continue;
        }
        let (kind, clip_kind) = (binding.shape.campaign_key, binding.shape.clip_key);
        let keys: Vec<Key> = touched.new_campaigns.iter().cloned().collect();
        if binding.campaigns_may_double {
            refuse_doubled(binding, &keys)?;
        }
        let mut named = BTreeSet::new();
        for row in &binding.run_by_index(Statement::LinksOfCampaigns, kind, &keys)? {
            named.insert(binding.campaign(row, named::CAMPAIGN)?);
            let clip = row.get(named::CLIP).and_then(|clip| clip_kind.parse(clip));
            touched.linked_clips.extend(clip);
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
        column: name::display_name(&binding.shape.campaign_id.name),
    }
    .into())
}

/// A concurrent writer of a clip cannot see a link we just made and would not touch its campaign: we wait for it
/// here, or it waits for us.
fn lock_linked_clips(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    let mut by_clips: BTreeMap<(u32, i16), (Rc<Binding>, BTreeSet<Key>)> = BTreeMap::new();
    for (binding, touched) in work {
        let linked = std::mem::take(&mut touched.linked_clips);
        let (table, column) = clips_by(binding);
        by_clips
            .entry((table.to_u32(), column))
            .or_insert_with(|| (Rc::clone(binding), BTreeSet::new()))
            .1
            .extend(linked);
    }
    for (binding, linked) in by_clips.into_values() {
        if !linked.is_empty() {
            lock_clips(&binding, linked.into_iter().collect())?;
        }
    }
    Ok(())
}

/// A row that somebody inserts under a key which has one already is met by no lock on that: where there may be several, each key is
/// guarded, and first, for who inserts one may go on to write the others.
fn lock_clips(binding: &Binding, keys: Vec<Key>) -> Result<()> {
    let kind = binding.shape.clip_key;
    let guard = |keys: &[Key]| {
        let table = binding.shape.clips.oid.to_u32();
        Who::Misses.guard(Guarded::from([(table, of_clips(binding, keys))]))
    };
    if binding.clips_may_double {
        guard(&keys)?;
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

/// Locks the rows of campaigns. `linked`: campaigns that a link points to anew, which may not be there.
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
    Who::Misses.guard(Guarded::from([(binding.oid().to_u32(), guards)]))?;
    Ok(are_any)
}
