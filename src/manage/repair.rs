//! Bringing totals to the truth on demand. What this transaction still owes comes first: it is no drift.

use crate::binding::Binding;
use crate::catalog;
use crate::errors::Result;
use crate::errors::call::CallError;
use crate::manage::salvage::{self, Salvaged};
use crate::pg::procedure::ProcedureCall;
use crate::pg::snapshot::Sees;
use crate::pg::{name, role, session};
use crate::statements::{Statement, summed};
use crate::value::key::Key;
use crate::value::mapping::BindingId;
use crate::value::row::Row;
use crate::write::drift::FoundBy;
use crate::write::{flush, verify};
use pgrx::pg_sys::Oid;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// The owner of the tables may repair, and who was granted the function that is called by name: every role may call it, so
/// that the owner need not be told.
pub fn may_sync(binding: &Binding, function: Oid) -> Result<()> {
    let campaigns = &binding.shape.campaigns;
    if session::has_rights_of(campaigns.owner) {
        return Ok(());
    }
    match catalog::missing_grant(function)? {
        None => Ok(()),
        Some(grant) => Err(CallError::MayNotSync {
            role: name::display_name(&role::name(session::current_role())?),
            campaigns: campaigns.display(),
            owner: name::display_name(&campaigns.owner_name),
            grant,
        }
        .into()),
    }
}

/// Brings one campaign to the truth; `None` if there is no such campaign.
pub fn sync_one(binding: &Binding, key: Key) -> Result<Option<Row>> {
    flush::now()?;
    let mut rows = flush::repair(binding, &BTreeSet::from([key.clone()]), FoundBy::SyncCampaign)?;
    let titles = || binding.run(Statement::Titles, binding.shape.campaign_key, &[key]);
    let titles = session::distrusting(titles)?;
    let title = titles.first().and_then(|row| row.get(1)).map(str::to_owned);
    Ok(rows.pop().map(|row| row.with(summed::TITLE, title)))
}

/// Brings every campaign to the truth for the first time, and gives a row for each; all of them, or it is an error.
pub fn sync_new(binding: &Binding) -> Result<Vec<Row>> {
    let all = sync_by(binding, |keys| flush::repair(binding, keys, FoundBy::Attach))?;
    // Nobody writes them before attach has committed.
    verify::remember(binding, &all)?;
    Ok(all)
}

/// Brings every campaign to the truth, and gives a row for each: one set-based look at all, locks only where the total
/// differs. The row of one that could not be has neither a new total nor a difference; a WARNING says why.
pub fn sync_all(binding: &Binding) -> Result<Vec<Row>> {
    let mut left = Vec::new();
    let all = sync_by(binding, |keys| {
        let salvaged = salvage::repair(binding, keys, FoundBy::SyncAllCampaigns)?;
        left = salvaged.left;
        Ok(salvaged.rows)
    })?;
    salvage::warn(&left);
    let failed: BTreeSet<&str> = left.iter().map(|left| left.id.as_str()).collect();
    let is_left = |row: &Row| row.get(summed::ID).is_some_and(|id| failed.contains(id));
    let said = |row: Row| {
        if is_left(&row) {
            row.with(summed::ACTUAL, None).with(summed::DIFFERENCE, None)
        } else {
            row
        }
    };
    Ok(all.into_iter().map(said).collect())
}

fn sync_by(binding: &Binding, repair: impl FnOnce(&BTreeSet<Key>) -> Result<Vec<Row>>) -> Result<Vec<Row>> {
    flush::now()?;
    let mut all = session::distrusting(|| binding.preview(Sees::Latest))?;
    verify::remember_here(binding, &all)?;
    let wrong = all.iter().filter(|row| row.is_true(summed::NEEDS_SYNC));
    let keys: Result<BTreeSet<Key>> = wrong.map(|row| binding.campaign(row, summed::ID)).collect();
    let mut synced = BTreeMap::new();
    for row in repair(&keys?)? {
        synced.insert(row.owned(summed::ID)?, row);
    }
    for row in &mut all {
        if let Some(newer) = synced.remove(row.text(summed::ID)?) {
            let title = row.get(summed::TITLE).map(str::to_owned);
            *row = newer.with(summed::TITLE, title);
        }
    }
    Ok(all)
}

/// Brings every campaign to the truth in batches, each in a transaction of its own: one set-based look at all, then locks
/// only where the total differed, and no longer than its batch takes. Campaigns that could not be are named at the end. One total comes
/// after the other. `find` gives them: tables may change between two batches.
pub fn in_batches(call: &ProcedureCall, batch_size: usize, find: impl Fn() -> Result<Vec<Rc<Binding>>>) -> Result<()> {
    let totals: Vec<BindingId> = call.in_transaction(|| {
        flush::now()?;
        Ok(find()?.iter().map(|binding| binding.id()).collect())
    })?;
    let is_one_of_several = totals.len() > 1;
    for total in totals {
        let find = || Ok(find()?.into_iter().find(|binding| binding.id() == total));
        one_in_batches(call, batch_size, is_one_of_several, find)?;
    }
    Ok(())
}

/// One that is detached meanwhile has nothing more to repair.
fn one_in_batches(
    call: &ProcedureCall,
    batch_size: usize,
    is_one_of_several: bool,
    find: impl Fn() -> Result<Option<Rc<Binding>>>,
) -> Result<()> {
    let begin = Instant::now();
    let (name, wrong) = call.in_transaction(|| {
        let Some(binding) = find()? else {
            return Ok((String::new(), Vec::new()));
        };
        let name = if is_one_of_several {
            format!("{}: ", binding.total())
        } else {
            String::new()
        };
        Ok((name, session::distrusting(|| binding.differing())?))
    })?;
    let (mut done, mut corrected, mut left) = (0, 0, Vec::new());
    let progress = |done, corrected| {
        let (of, seconds) = (wrong.len(), begin.elapsed().as_secs_f64());
        session::tell(format!(
            "{name}{done} of {of} campaigns done, {corrected} corrected, {seconds:.1} s elapsed"
        ));
    };
    progress(done, corrected);
    for batch in wrong.chunks(batch_size) {
        let campaigns: BTreeSet<Key> = batch.iter().cloned().collect();
        let salvaged = call.in_transaction(|| match find()? {
            Some(binding) => salvage::repair_and_end(&binding, &campaigns, FoundBy::Repair),
            None => Ok(Salvaged::default()),
        })?;
        left.extend(salvaged.left);
        done += batch.len();
        corrected += salvaged
            .rows
            .iter()
            .filter(|row| row.is_true(summed::NEEDS_SYNC))
            .count();
        progress(done, corrected);
    }
    salvage::warn(&left);
    Ok(())
}
