//! A write of one row, or of a few clips, into one campaign, which is most of what a view tracker does: look, move, look again.
//! (What submissions add by themselves is known without a look, and is true however late.)
//!
//! One look for each row finds the difference, one update locks the campaign and moves its total by it. The look came before the
//! lock; it counts as one that came after if no transaction has ended in between, or if the rows that were looked at are as they
//! were. (More rows than those they cannot have become: a link to a clip that we wrote waits for us, and the clip of a link has its
//! key for itself.) Else the total stays as it is, and the campaign is summed.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::snapshot;
use crate::pg::snapshot::RowVersion;
use crate::settings::{self, Recompute};
use crate::value::key::Key;
use crate::value::money;
use crate::write::own_update::Look;
use crate::write::settle::Due;
use crate::write::sums::{self, Wanted};
use crate::write::touched::Touched;
use crate::write::verify::{self, Looked};
use crate::write::{moves, schedule, store};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// How many clips are looked at one by one; more are found and locked by one statement.
const FEW_CLIPS: usize = 4;

/// What was written.
enum Write<'a> {
    /// The earnings of a few clips grew.
    Clips(Vec<(&'a Key, Decimal)>),
    /// So many more links of this campaign and clip count.
    Link(&'a Key, &'a Key, i64),
    /// Submissions of this campaign add so much more by themselves.
    Amount(&'a Key, Decimal),
}

/// What that means for one campaign, from the rows that were looked at.
struct Found {
    campaign: Key,
    difference: Decimal,
    versions: Vec<RowVersion>,
}

/// The same for the totals of one row.
struct Together {
    campaign: Key,
    /// One a total, as they stand.
    differences: Vec<Decimal>,
    versions: Vec<RowVersion>,
}

/// Brings up the totals of a write that is single. They stand in one row: by a look that all of them share. False where
/// nothing was done, but that a campaign was perhaps looked at.
pub fn try_move(all: &mut [Due]) -> Result<bool> {
    if settings::recompute() == Recompute::EveryWrite || !all.iter().all(Due::may_be_single) {
        return Ok(false);
    }
    if let Some(first) = all.first()
        && first.binding.has_rules()?
    {
        return Ok(false);
    }
    let ended = snapshot::transactions_ended();
    let Some(found) = look(all)? else {
        return Ok(false);
    };
    let Together {
        campaign,
        differences,
        versions,
    } = found;
    for place in schedule::in_turn(all.iter().map(|due| due.binding.id())) {
        let (due, difference) = (&mut all[place], &differences[place]);
        if due.looked.is_none() {
            due.looked = verify::before_lock_of(&due.binding, &campaign)?;
        }
        let looked = due.looked.as_ref();
        let expected = |looked: &Looked| {
            if looked.key == campaign {
                *difference
            } else {
                Decimal::ZERO
            }
        };
        if looked.is_some_and(|looked| !looked.agrees(expected(looked))) {
            return Ok(false);
        }
    }
    verify::no_more();
    // The BEFORE trigger looks whether it is still so: no trigger or CHECK of the user's is to meet a total that is not true.
    let look = Look { ended, versions };
    let moves: Vec<(&Binding, Decimal)> = all
        .iter()
        .zip(differences)
        .map(|(due, difference)| (due.binding.as_ref(), difference))
        .filter(|(_, difference)| !difference.is_zero())
        .collect();
    // From here on the totals may have moved, also where that was not seen to come true: they must not move twice.
    if !store::move_one(&moves, &campaign, look)? {
        let campaigns = BTreeSet::from([campaign.clone()]);
        let wanted = all.iter().map(|due| Wanted {
            binding: &due.binding,
            campaigns: &campaigns,
            linked: &due.touched.linked_campaigns,
        });
        sums::bring_up(&wanted.collect::<Vec<_>>())?;
    }
    for Due { binding, looked, .. } in all.iter() {
        if let Some(looked) = looked.as_ref().filter(|looked| looked.key == campaign) {
            looked.share(binding)?;
        }
    }
    Ok(true)
}

impl Due {
    fn may_be_single(&self) -> bool {
        self.touched.new_clips.is_empty() && moves::may_look_first(&self.binding, &self.touched)
    }
}

/// The one campaign that a write means, by how much it moves each total of it, and the rows that say so.
fn look(all: &[Due]) -> Result<Option<Together>> {
    let (mut only, mut differences, mut versions) = (None, Vec::new(), Vec::new());
    for Due { binding, touched, .. } in all {
        let Some(write) = Write::of(touched).filter(|write| write.is_of_known_rows(binding)) else {
            return Ok(None);
        };
        let Some(found) = write.look(binding)? else {
            return Ok(None);
        };
        if only.get_or_insert_with(|| found.campaign.clone()) != &found.campaign {
            return Ok(None);
        }
        differences.push(found.difference);
        versions.extend(found.versions);
    }
    let is_moved = differences.iter().any(|difference| !difference.is_zero());
    Ok(only.filter(|_| is_moved).map(|campaign| Together {
        campaign,
        differences,
        versions,
    }))
}

impl<'a> Write<'a> {
    fn of(touched: &'a Touched) -> Option<Self> {
        match (touched.clips.len(), touched.links.len(), touched.amounts.len()) {
            (0, 0, 1) => {
                let (campaign, difference) = touched.amounts.iter().next()?;
                Some(Self::Amount(campaign, (*difference)?))
            }
            (1..=FEW_CLIPS, 0, 0) => {
                let clips = touched.clips.iter();
                let known = clips.map(|(clip, difference)| Some((clip, (*difference)?)));
                known.collect::<Option<Vec<_>>>().map(Self::Clips)
            }
            (0, 1, 0) => {
                let ((campaign, clip), count) = touched.links.iter().next()?;
                Some(Self::Link(campaign, clip, *count))
            }
            _ => None,
        }
    }

    /// Whether what it means hangs on rows that are there, and on none that may come: a clip may get company under its key.
    fn is_of_known_rows(&self, binding: &Binding) -> bool {
        !matches!(self, Self::Link(..)) || !binding.clips_may_double
    }

    /// What it means as things stand; `None` where that takes more than one campaign, or more than a look.
    fn look(&self, binding: &Binding) -> Result<Option<Found>> {
        match self {
            Self::Clips(clips) => look_at_links(binding, clips),
            Self::Amount(campaign, difference) => Ok(Some(Found {
                campaign: (*campaign).clone(),
                difference: *difference,
                versions: Vec::new(),
            })),
            Self::Link(campaign, clip, count) => {
                let Some(clip) = binding.earnings_of(clip)? else {
                    return Ok(None);
                };
                let earned = moves::earned(Some(clip.version.written_by), clip.amount, *count, None);
                Ok(earned.map(|difference| Found {
                    campaign: (*campaign).clone(),
                    difference,
                    versions: vec![clip.version],
                }))
            }
        }
    }
}

/// Each of these clips has one link, and all are of one campaign.
fn look_at_links(binding: &Binding, clips: &[(&Key, Decimal)]) -> Result<Option<Found>> {
    let mut found: Option<Found> = None;
    for (clip, difference) in clips {
        let Some(link) = binding.only_link(clip)? else {
            return Ok(None);
        };
        let difference = if link.counts { *difference } else { Decimal::ZERO };
        let mut all = found.unwrap_or_else(|| Found {
            campaign: link.campaign.clone(),
            difference: Decimal::ZERO,
            versions: Vec::new(),
        });
        let Some(sum) = money::exact_sum([all.difference, difference]).filter(|_| all.campaign == link.campaign) else {
            return Ok(None);
        };
        all.difference = sum;
        all.versions.push(link.version);
        found = Some(all);
    }
    Ok(found)
}
