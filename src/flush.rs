//! Bringing totals up: lock, then look, then sum, then store. The only writer of a total.
//!
//! The order of the locks is the same everywhere, each set sorted by key: advisory locks of keys that may not exist
//! yet, clips that got a new link, campaigns of one binding after the other. Nothing a sum depends on is read before
//! the campaign is locked, and all of it is read with a snapshot taken after that.

use crate::backend::{self, Sees};
use crate::binding::{self, Binding, FEW_KEYS};
use crate::capture::{self, Touched};
use crate::catalog;
use crate::errors::{Error, Result};
use crate::key::{Key, KeyType};
use crate::statements::{self, Statement, stored, summed};
use crate::values::{Row, Value};
use pgrx::pg_sys::Oid;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// On whose behalf a total is brought up; what the log of corrections says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    SyncCampaign,
    SyncAllCampaigns,
    Attach,
    DirectWrite,
}

impl FoundBy {
    fn name(self) -> &'static str {
        match self {
            Self::SyncCampaign => "sync_campaign",
            Self::SyncAllCampaigns => "sync_all_campaigns",
            Self::Attach => "attach",
            Self::DirectWrite => "direct write",
        }
    }
}

/// Brings up all totals that this transaction owes.
pub fn now() -> Result<()> {
    let mut work: Vec<(Rc<Binding>, Touched)> = Vec::new();
    for (campaigns, touched) in capture::take(backend::nest_level()) {
        // A table dropped, or detached, since the write has no total to bring up.
        if let Some(binding) = binding::of(Oid::from(campaigns))? {
            work.push((binding, touched));
        }
    }
    resolve(&mut work)?;
    for (binding, touched) in work {
        settle_written(&binding, touched)?;
    }
    Ok(())
}

/// Brings up what is owed when the transaction commits or is prepared. Deferred constraints fired before this; what
/// our updates queue after them would be lost, so they are fired here, and what they write in turn is brought up too.
pub fn before_commit() -> Result<()> {
    for _ in 0..ROUNDS_AT_COMMIT {
        now()?;
        backend::run("SET CONSTRAINTS ALL IMMEDIATE")?;
        if capture::is_empty() {
            return Ok(());
        }
    }
    Err(Error::NoEnd {
        rounds: ROUNDS_AT_COMMIT,
    })
}

/// How often triggers of the user's may write again what the totals at commit have set off.
const ROUNDS_AT_COMMIT: usize = 100;

/// Runs the first half of a flush early, for one level's writes of one binding: what is left are campaigns. The
/// written rows are locked already, and the links made now, so what it looks up and locks stays true until commit.
pub fn compact(binding: &Rc<Binding>, nest: i32) -> Result<()> {
    let mut work = [(Rc::clone(binding), capture::take_one(nest, binding.id()))];
    resolve(&mut work)?;
    let [(_, touched)] = work;
    capture::record(nest, binding.id(), |level| level.merge(touched));
    Ok(())
}

/// Turns written clips into the campaigns they are linked to, with the locks that make the answer last.
fn resolve(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    take_guards(work)?;
    lock_linked_clips(work)?;
    for (binding, touched) in work {
        let shape = &binding.shape;
        let clips: Vec<Key> = std::mem::take(&mut touched.clips).into_iter().collect();
        if !clips.is_empty() {
            let rows = binding.run(Statement::Affected, shape.clip_key, &clips)?;
            touched
                .campaigns
                .extend(rows.iter().filter_map(|row| shape.campaign_key.parse(row.text(0))));
        }
    }
    Ok(())
}

/// Where no foreign key ties a link to its clip or campaign, either may come first. Whoever makes one and whoever
/// makes the other take the same lock, so that one of the two sees what the other did.
fn take_guards(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
    let mut guards = BTreeSet::new();
    for (binding, touched) in work {
        let Touched {
            guarded_clips,
            guarded_campaigns,
            ..
        } = touched;
        let clips = std::mem::take(guarded_clips);
        guards.extend(clips.iter().map(|key| key.guard(binding.shape.clips.oid)));
        let campaigns = std::mem::take(guarded_campaigns);
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
    backend::query(statements::GUARD, &[Value::Int8s(&guards)], Sees::Latest).map(drop)
}

/// A concurrent writer of a clip cannot see a link we just made and would not touch its campaign: we wait for it
/// here, or it waits for us.
fn lock_linked_clips(work: &mut [(Rc<Binding>, Touched)]) -> Result<()> {
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

fn settle_written(binding: &Binding, touched: Touched) -> Result<()> {
    let Touched {
        mut campaigns,
        written_by_hand,
        every_campaign,
        ..
    } = touched;
    if every_campaign {
        campaigns.extend(differing(binding, &binding.preview(Sees::Latest)?));
    }
    let rows = settle(binding, campaigns)?;
    let corrected: Vec<&Row> = rows
        .iter()
        .filter(|row| row.is_true(summed::NEEDS_SYNC))
        .filter(|row| is_in(&written_by_hand, binding.shape.campaign_key, row))
        .collect();
    if let Some(row) = corrected.first().filter(|_| binding.rejects_direct_writes()) {
        return Err(binding.direct_write(row.text(summed::ID).to_owned()));
    }
    log(binding, FoundBy::DirectWrite, &corrected)
}

fn is_in(keys: &BTreeSet<Key>, kind: KeyType, row: &Row) -> bool {
    !keys.is_empty() && kind.parse(row.text(summed::ID)).is_some_and(|key| keys.contains(&key))
}

/// The campaigns of a preview that need to be synced.
fn differing(binding: &Binding, rows: &[Row]) -> BTreeSet<Key> {
    let differs = rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC));
    differs
        .filter_map(|row| binding.shape.campaign_key.parse(row.text(summed::ID)))
        .collect()
}

/// Brings one campaign to the truth; `None` if there is no such campaign. What this transaction still owes comes first:
/// it is no drift.
pub fn sync_one(binding: &Binding, key: Key) -> Result<Option<Row>> {
    now()?;
    let mut rows = settle(binding, BTreeSet::from([key]))?;
    log_found(binding, FoundBy::SyncCampaign, &rows)?;
    Ok(rows.pop())
}

/// Brings every campaign to the truth, and gives a row for each: one set-based look at all, locks only where the
/// total differs. What this transaction still owes comes first.
pub fn sync_all(binding: &Binding, found_by: FoundBy) -> Result<Vec<Row>> {
    now()?;
    let mut all = binding.preview(Sees::Latest)?;
    let synced = settle(binding, differing(binding, &all))?;
    log_found(binding, found_by, &synced)?;
    let mut synced: BTreeMap<String, Row> = synced
        .into_iter()
        .map(|row| (row.text(summed::ID).to_owned(), row))
        .collect();
    for row in &mut all {
        if let Some(newer) = synced.remove(row.text(summed::ID)) {
            *row = newer;
        }
    }
    Ok(all)
}

/// Locks campaigns, sums them, stores what differs; a row of [`summed`] for each that exists, as it was found.
fn settle(binding: &Binding, keys: BTreeSet<Key>) -> Result<Vec<Row>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Key> = keys.into_iter().collect();
    lock_campaigns(binding, &keys)?;
    let statement = if keys.len() <= FEW_KEYS {
        Statement::SumFew
    } else {
        Statement::SumMany
    };
    let rows = binding.run(statement, binding.shape.campaign_key, &keys)?;
    store(binding, rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)))?;
    Ok(rows)
}

/// Writes totals into campaigns that are locked and differ: no write, no dead row, no trigger of the user's otherwise.
fn store<'a>(binding: &Binding, rows: impl Iterator<Item = &'a Row>) -> Result<()> {
    let shape = &binding.shape;
    let mut owed: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows {
        let (id, total) = (row.text(summed::ID), row.text(summed::TOTAL));
        if !row.is_true(summed::FITS) {
            return Err(Error::TotalDoesNotFit {
                campaigns: shape.campaigns.display(),
                id: id.to_owned(),
                total: total.to_owned(),
                column: backend::display_name(&shape.spent.name),
                kind: shape.spent.type_name.clone(),
            });
        }
        owed.insert(id, total);
    }
    if owed.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = owed.keys().filter_map(|id| shape.campaign_key.parse(id)).collect();
    let totals: Vec<String> = owed.values().map(ToString::to_string).collect();
    let stored = own_update(binding.oid(), || binding.store(&keys, &totals))?;
    for row in stored.iter().filter(|row| row.is_true(stored::AS_GIVEN)) {
        owed.remove(row.text(stored::ID));
    }
    match owed.pop_first() {
        None => Ok(()),
        Some((id, total)) => Err(Error::TotalNotStored {
            campaigns: shape.campaigns.display(),
            id: id.to_owned(),
            total: total.to_owned(),
            column: backend::display_name(&shape.spent.name),
        }),
    }
}

/// Locks the rows of campaigns. Where no foreign key ties a link to its campaign, one that is linked to may not exist
/// yet: its guard stands for its row then. Whoever inserts it takes the guard before it sums: it waits for us, or we
/// for it, and find its row at the second look.
fn lock_campaigns(binding: &Binding, keys: &[Key]) -> Result<()> {
    let kind = binding.shape.campaign_key;
    let locked = binding.run(Statement::LockCampaigns, kind, keys)?;
    if binding.shape.campaigns_tied || locked.len() >= keys.len() {
        return Ok(());
    }
    let locked: BTreeSet<Key> = locked.iter().filter_map(|row| kind.parse(row.text(0))).collect();
    let missing: Vec<Key> = keys.iter().filter(|key| !locked.contains(key)).cloned().collect();
    guard(missing.iter().map(|key| key.guard(binding.oid())).collect())?;
    binding.run(Statement::LockCampaigns, kind, &missing).map(drop)
}

thread_local! {
    /// The trigger depth at which an update of ours runs, and the campaigns table that it writes.
    static OWN_UPDATE: Cell<Option<(i32, Oid)>> = const { Cell::new(None) };
}

struct OwnUpdate(Option<(i32, Oid)>);

impl Drop for OwnUpdate {
    fn drop(&mut self) {
        OWN_UPDATE.set(self.0);
    }
}

fn own_update<T>(campaigns: Oid, body: impl FnOnce() -> T) -> T {
    let _restored = OwnUpdate(OWN_UPDATE.replace(Some((backend::TriggerCall::depth(), campaigns))));
    body()
}

/// Whether a trigger of a campaigns table that runs at this depth was fired by our own update of it: it is one deeper.
/// What the users' triggers write in turn is deeper still, and what their rules write is another table's: no less a
/// direct write than any other.
pub fn is_own_update(depth: i32, campaigns: Oid) -> bool {
    OWN_UPDATE.get() == Some((depth - 1, campaigns))
}

fn log_found(binding: &Binding, found_by: FoundBy, rows: &[Row]) -> Result<()> {
    let corrected: Vec<&Row> = rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)).collect();
    log(binding, found_by, &corrected)
}

/// Writes the log of corrections, as the owner of the extension's tables.
fn log(binding: &Binding, found_by: FoundBy, rows: &[&Row]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let role = backend::current_role();
    let owner = catalog::owner_of_corrections()?;
    let column = |at: usize| rows.iter().map(|row| row.text(at).to_owned()).collect::<Vec<_>>();
    let (ids, recorded, actual) = (column(summed::ID), column(summed::RECORDED), column(summed::ACTUAL));
    let sql = "INSERT INTO spend_sync.correction (campaigns, campaign_id, recorded, actual, found_by, role) \
        SELECT $1::pg_catalog.regclass, c.id, nullif(c.recorded, '')::numeric, c.actual::numeric, $5, \
               pg_catalog.pg_get_userbyid($6) \
        FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) AS c (id, recorded, actual)";
    let values = [
        Value::Oid(binding.oid()),
        Value::Texts(&ids),
        Value::Texts(&recorded),
        Value::Texts(&actual),
        Value::Text(found_by.name()),
        Value::Oid(role),
    ];
    // Run by the owner of the extension, perhaps a superuser: nothing of the caller's may be in sight.
    backend::with_catalog_names(|| backend::as_role(owner, || backend::query(sql, &values, Sees::Latest))).map(drop)
}
