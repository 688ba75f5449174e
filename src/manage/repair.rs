//! Bringing totals to the truth on demand. What this transaction still owes comes first: it is no drift.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::procedure::ProcedureCall;
use crate::pg::session;
use crate::pg::snapshot::Sees;
use crate::statements::summed;
use crate::value::key::Key;
use crate::value::row::Row;
use crate::write::drift::FoundBy;
use crate::write::flush;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// Brings one campaign to the truth; `None` if there is no such campaign.
pub fn sync_one(binding: &Binding, key: Key) -> Result<Option<Row>> {
    flush::now()?;
    let mut rows = flush::repair(binding, &BTreeSet::from([key]), FoundBy::SyncCampaign)?;
    Ok(rows.pop())
}

/// Brings every campaign to the truth, and gives a row for each: one set-based look at all, locks only where the
/// total differs.
pub fn sync_all(binding: &Binding, found_by: FoundBy) -> Result<Vec<Row>> {
    flush::now()?;
    let mut all = session::distrusting(|| binding.preview(Sees::Latest))?;
    let wrong = all.iter().filter(|row| row.is_true(summed::NEEDS_SYNC));
    let keys: Result<BTreeSet<Key>> = wrong.map(|row| binding.campaign(row, summed::ID)).collect();
    let synced = flush::repair(binding, &keys?, found_by)?.into_iter();
    let mut synced: BTreeMap<String, Row> = synced
        .map(|row| Ok((row.owned(summed::ID)?, row)))
        .collect::<Result<_>>()?;
    for row in &mut all {
        if let Some(newer) = synced.remove(row.text(summed::ID)?) {
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
        session::distrusting(|| binding.differing())
    })?;
    let (mut done, mut corrected) = (0, 0);
    let progress = |done, corrected| {
        let (of, seconds) = (wrong.len(), begin.elapsed().as_secs_f64());
        session::tell(format!(
            "{done} of {of} campaigns done, {corrected} corrected, {seconds:.1} s elapsed"
        ));
    };
    progress(done, corrected);
    for batch in wrong.chunks(batch_size) {
        let campaigns: BTreeSet<Key> = batch.iter().cloned().collect();
        let rows = call.in_transaction(|| flush::repair(&*find()?, &campaigns, FoundBy::Repair))?;
        done += batch.len();
        corrected += rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)).count();
        progress(done, corrected);
    }
    Ok(())
}
