//! The locks under which a total is brought up. Their order is the same everywhere, each set sorted by key: advisory locks
//! of keys that may not exist yet, clips that got a new link, campaigns of one binding after the other.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::snapshot::Sees;
use crate::pg::spi;
use crate::statements;
use crate::statements::Statement;
use crate::value::key::Key;
use crate::value::param::Param;
use crate::write::touched::Touched;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Where no foreign key ties a link to its clip or campaign, either may come first. Whoever makes one and whoever
/// makes the other take the same lock, so that one of the two sees what the other did.
pub fn take_guards(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    let mut guards = BTreeSet::new();
    for (binding, touched) in work {
        let clips = std::mem::take(&mut touched.guarded_clips);
        guards.extend(clips.iter().map(|key| key.guard(binding.shape.clips.oid)));
        let campaigns = std::mem::take(&mut touched.guarded_campaigns);
        guards.extend(campaigns.iter().map(|key| key.guard(binding.shape.campaigns.oid)));
    }
    guard(guards)
}

/// Takes advisory locks, in the order of their numbers.
fn guard(guards: BTreeSet<i64>) -> Result<()> {
    if guards.is_empty() {
        return Ok(());
    }
    let guards: Vec<i64> = guards.into_iter().collect();
    spi::query(statements::GUARD, &[Param::Int8s(&guards)], Sees::Latest).map(drop)
}

/// A concurrent writer of a clip cannot see a link we just made and would not touch its campaign: we wait for it
/// here, or it waits for us.
pub fn lock_linked_clips(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    let mut by_clips: BTreeMap<u32, (Rc<Binding>, BTreeSet<Key>)> = BTreeMap::new();
    for (binding, touched) in work {
        let linked = std::mem::take(&mut touched.linked_clips);
        let clips = binding.shape.clips.oid.to_u32();
        by_clips
            .entry(clips)
            .or_insert_with(|| (Rc::clone(binding), BTreeSet::new()))
            .1
            .extend(linked);
    }
    for (binding, linked) in by_clips.into_values() {
        if !linked.is_empty() {
            let keys: Vec<Key> = linked.into_iter().collect();
            binding.run(Statement::LockClips, binding.shape.clip_key, &keys)?;
        }
    }
    Ok(())
}

/// Locks the rows of campaigns. Where no foreign key ties a link to its campaign, one that is linked to may not exist
/// yet: its guard stands for its row then. Whoever inserts it takes the guard before it sums: it waits for us, or we
/// for it, and find its row at the second look.
pub fn lock_campaigns(binding: &Binding, keys: &BTreeSet<Key>) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let kind = binding.shape.campaign_key;
    let all: Vec<Key> = keys.iter().cloned().collect();
    let locked = binding.run(Statement::LockCampaigns, kind, &all)?;
    if binding.campaigns_tied() || locked.len() >= keys.len() {
        return Ok(());
    }
    let locked = locked
        .iter()
        .map(|row| binding.campaign(row, 0))
        .collect::<Result<BTreeSet<Key>>>()?;
    let missing: Vec<Key> = all.into_iter().filter(|key| !locked.contains(key)).collect();
    guard(missing.iter().map(|key| key.guard(binding.oid())).collect())?;
    binding.run(Statement::LockCampaigns, kind, &missing).map(drop)
}
