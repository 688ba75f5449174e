//! Bringing totals to the truth on demand. What this transaction still owes comes first: it is no drift.

use crate::backend::{self, ProcedureCall, Sees};
use crate::binding::Binding;
use crate::capture;
use crate::corrections::{self, FoundBy};
use crate::errors::Result;
use crate::flush;
use crate::key::Key;
use crate::settle;
use crate::statements::summed;
use crate::values::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// Brings one campaign to the truth; `None` if there is no such campaign.
pub fn sync_one(binding: &Binding, key: Key) -> Result<Option<Row>> {
    flush::now()?;
    let mut rows = sync(binding, &BTreeSet::from([key]), FoundBy::SyncCampaign)?;
    Ok(rows.pop())
}

/// Brings every campaign to the truth, and gives a row for each: one set-based look at all, locks only where the
/// total differs.
pub fn sync_all(binding: &Binding, found_by: FoundBy) -> Result<Vec<Row>> {
    flush::now()?;
    let mut all = backend::distrusting(|| binding.preview(Sees::Latest))?;
    let wrong = all.iter().filter(|row| row.is_true(summed::NEEDS_SYNC));
    let keys = wrong.filter_map(|row| binding.shape.campaign_key.parse(row.text(summed::ID)));
    let synced = sync(binding, &keys.collect(), found_by)?;
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

/// Brings every campaign to the truth in batches, each in a transaction of its own: one set-based look at all, then locks
/// only where the total differed, and no longer than its batch takes. `find` gives the binding: tables may change between
/// two batches.
pub fn in_batches(call: &ProcedureCall, batch_size: usize, find: impl Fn() -> Result<Rc<Binding>>) -> Result<()> {
    let begin = Instant::now();
    let wrong = call.in_transaction(|| {
        flush::now()?;
        let binding = find()?;
        backend::distrusting(|| binding.differing())
    })?;
    let (mut done, mut corrected) = (0, 0);
    let progress = |done, corrected| {
        let (of, seconds) = (wrong.len(), begin.elapsed().as_secs_f64());
        backend::tell(format!(
            "{done} of {of} campaigns done, {corrected} corrected, {seconds:.1} s elapsed"
        ));
    };
    progress(done, corrected);
    for batch in wrong.chunks(batch_size) {
        let campaigns: BTreeSet<Key> = batch.iter().cloned().collect();
        let rows = call.in_transaction(|| sync(&*find()?, &campaigns, FoundBy::Repair))?;
        done += batch.len();
        corrected += rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)).count();
        progress(done, corrected);
    }
    Ok(())
}

/// Locks, sums, stores and logs. What it read may have reached us as no write yet (a trigger may call this amid a
/// statement): the statement's own flush must not take it for news.
fn sync(binding: &Binding, campaigns: &BTreeSet<Key>, found_by: FoundBy) -> Result<Vec<Row>> {
    let rows = backend::distrusting(|| settle::settle(binding, campaigns))?;
    corrections::log(binding, found_by, &corrections::found(&rows))?;
    capture::flushed_before(binding.id(), backend::next_command());
    Ok(rows)
}
