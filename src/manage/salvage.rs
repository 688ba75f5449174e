//! Repairing those campaigns of a set that can be: one whose total cannot be stored, or that somebody holds locked, must not keep
//! the others wrong.

use crate::binding::Binding;
use crate::errors::{Error, Result};
use crate::pg::error::{is_lock_timeout, is_of_the_moment, is_of_the_session, message};
use crate::pg::subtransaction::attempt;
use crate::pg::{session, spi};
use crate::value::key::Key;
use crate::value::row::Row;
use crate::write::drift::FoundBy;
use crate::write::flush;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long several campaigns are waited for, once it is known that one of them is locked.
const PATIENCE: Duration = Duration::from_millis(100);

/// What became of the set.
#[derive(Default)]
pub struct Salvaged {
    /// Those that were repaired, as they were found.
    pub rows: Vec<Row>,
    pub left: Vec<Left>,
}

/// A campaign that could not be repaired, and why.
pub struct Left {
    pub id: String,
    campaigns: String,
    why: String,
}

/// Repairs all at once; where that fails each half, and so on.
pub fn repair(binding: &Binding, campaigns: &BTreeSet<Key>, found_by: FoundBy) -> Result<Salvaged> {
    let ends_here = false;
    Repair {
        binding,
        found_by,
        ends_here,
    }
    .all(campaigns)
}

/// The same in a transaction that is ours and ends with it: what waits for its end, a deferred constraint of the user's, is asked here,
/// where its refusal stops no others.
pub fn repair_and_end(binding: &Binding, campaigns: &BTreeSet<Key>, found_by: FoundBy) -> Result<Salvaged> {
    let ends_here = true;
    Repair {
        binding,
        found_by,
        ends_here,
    }
    .all(campaigns)
}

struct Repair<'a> {
    binding: &'a Binding,
    found_by: FoundBy,
    /// Whether the transaction ends with it.
    ends_here: bool,
}

impl Repair<'_> {
    fn all(&self, campaigns: &BTreeSet<Key>) -> Result<Salvaged> {
        let keys: Vec<Key> = campaigns.iter().cloned().collect();
        let mut salvaged = Salvaged::default();
        self.halves(&keys, session::lock_timeout(), &mut salvaged)?;
        Ok(salvaged)
    }

    fn some(&self, keys: &BTreeSet<Key>) -> Result<Vec<Row>> {
        let rows = flush::repair(self.binding, keys, self.found_by)?;
        if self.ends_here {
            spi::run("SET CONSTRAINTS ALL IMMEDIATE")?;
        }
        Ok(rows)
    }

    fn halves(&self, keys: &[Key], patience: Option<Duration>, salvaged: &mut Salvaged) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let some: BTreeSet<Key> = keys.iter().cloned().collect();
        let error = match attempt(|| session::with_lock_timeout(patience, || self.some(&some))) {
            Ok(rows) => {
                salvaged.rows.extend(rows);
                return Ok(());
            }
            Err(error) => error,
        };
        let is_locked = is_lock_timeout(&error);
        if is_of_the_session(&error) || is_of_the_moment(&error) && !is_locked {
            return Err(error); // cancelled, for one
        }
        if let [one] = keys {
            salvaged.left.push(self.left(one, error));
            return Ok(());
        }
        let (one, other) = keys.split_at(keys.len() / 2);
        for half in [one, other] {
            self.halves(half, patience_for(half, is_locked), salvaged)?;
        }
        Ok(())
    }

    fn left(&self, key: &Key, error: Error) -> Left {
        Left {
            id: key.to_string(),
            campaigns: self.binding.shape.campaigns.display(),
            why: message(error),
        }
    }
}

/// One is waited for as long as the session says.
fn patience_for(keys: &[Key], one_is_locked: bool) -> Option<Duration> {
    let whole = session::lock_timeout();
    if one_is_locked && keys.len() > 1 {
        whole.map(|whole| whole.min(PATIENCE))
    } else {
        whole
    }
}

/// Names them.
pub fn warn(left: &[Left]) {
    for Left { id, campaigns, why } in left {
        session::warn(
            &format!("campaign \"{id}\" of {campaigns} could not be repaired: {why}"),
            "The others are right. Mend what is in the way of this one, and repair again.",
        );
    }
}
