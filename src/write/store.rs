//! Storing totals: the only writer of a total.

use super::own_update::{self, Look, OwnUpdate, Progress, Written};
use crate::binding::{self, Binding, InRow, Total};
use crate::errors::Result;
use crate::errors::total::TotalError;
use crate::pg::name;
use crate::statements::{stored, summed};
use crate::value::key::Key;
use crate::value::money;
use crate::value::row::Row;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Writes totals into campaigns that are locked: those that were summed, where they differ, and those that move. No
/// write, no dead row, no trigger of the user's otherwise.
pub fn store<'a>(binding: &Binding, summed: &[Row], moving: impl Iterator<Item = (&'a Key, Decimal)>) -> Result<()> {
    let shape = &binding.shape;
    let mut owed: BTreeMap<String, String> = moving
        .map(|(key, total)| (key.to_string(), total.to_string()))
        .collect();
    for row in summed.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)) {
        let (id, total) = (row.text(summed::ID)?, row.text(summed::TOTAL)?);
        if !row.is_true(summed::FITS) {
            return Err(binding.refused(TotalError::TotalDoesNotFit {
                campaigns: shape.campaigns.display(),
                id: id.to_owned(),
                total: total.to_owned(),
                column: name::display_name(&shape.spent.name),
                kind: shape.spent.type_name.clone(),
            }));
        }
        // As the column will hold it; a float shows fewer digits in ACTUAL than it has.
        let held = if shape.spent_money.is_float() {
            total
        } else {
            row.text(summed::ACTUAL)?
        };
        owed.insert(id.to_owned(), held.to_owned());
    }
    if owed.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = owed.keys().filter_map(|id| shape.campaign_key.parse(id)).collect();
    let totals: Vec<String> = owed.values().cloned().collect();
    let update = OwnUpdate::of_totals(binding.id(), keys.iter().cloned().zip(totals.iter().cloned()));
    let stored = binding.store(&keys, &totals)?;
    drop(update);
    for row in stored.iter().filter(|row| row.is_true(stored::AS_GIVEN)) {
        owed.remove(row.text(stored::ID)?);
    }
    match owed.pop_first() {
        None => Ok(()),
        Some((id, total)) => Err(binding.refused(TotalError::TotalNotStored {
            campaigns: shape.campaigns.display(),
            id,
            total,
            column: name::display_name(&shape.spent.name),
        })),
    }
}

/// Whether an update of ours runs that has not stored all that it is to store: its BEFORE triggers fire, or it checks a row. Once its
/// AFTER triggers fire, all is stored.
pub fn is_amid() -> Result<bool> {
    for at in (0..own_update::running()).rev() {
        let (campaigns, totals) = match own_update::progress(at) {
            Progress::Stored => continue,
            Progress::Amid => return Ok(true),
            Progress::AtTheEnd(binding, totals) => (binding.campaigns(), totals),
        };
        let Some(binding) = binding::of(campaigns)? else {
            return Ok(true);
        };
        let (keys, totals): (Vec<Key>, Vec<String>) = totals.into_iter().unzip();
        if binding.count_stored(&keys, &totals)? < keys.len() {
            return Ok(true);
        }
        own_update::note_stored(at);
    }
    Ok(false)
}

/// Moves the total of one campaign, and locks it by that; false if no row came to hold the total moved (it is not there,
/// its total is NULL or would not fit, a trigger of the user's interfered, or what the look has shown is true no more).
pub fn move_one(binding: &Binding, campaign: &Key, difference: Decimal, look: Look) -> Result<bool> {
    let look = Rc::new(look);
    let update = OwnUpdate::of_move(binding.id(), campaign.clone(), difference, Rc::clone(&look));
    match binding.lock_total(campaign)? {
        InRow::No => binding.move_one(campaign, &difference.to_string())?,
        InRow::NotThere => {}
        InRow::Locked(total) => move_in_row(binding, total, (campaign, difference), &look)?,
    }
    Ok(update.is_moved())
}

/// No trigger of ours fires there: what they find of the row, and say of it, is found and said here.
fn move_in_row(binding: &Binding, total: Total, (campaign, difference): (&Key, Decimal), look: &Look) -> Result<()> {
    let kind = binding.shape.spent_money;
    let recorded = total.recorded().filter(|_| total.campaign().as_ref() == Some(campaign));
    let exact = recorded.and_then(|recorded| Some((recorded, money::exact_sum([recorded, difference])?)));
    let fits = exact.is_some_and(|(_, moved)| kind.holds(moved));
    if !fits || !look.is_true()? {
        return total.leave();
    }
    let row = |new| Written {
        binding: binding.id(),
        key: campaign,
        new,
        kind,
        exact,
    };
    let Some(moved) = own_update::let_through(&row(None)) else {
        return total.leave();
    };
    total.store(&moved)?;
    own_update::is_ours(&row(Some(&moved)));
    Ok(())
}
