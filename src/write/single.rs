//! A write of one row into one campaign, which is most of what a view tracker does: look, move, look again.
//!
//! One look finds the difference, one update locks the campaign and moves its total by it. The look came before the lock;
//! it counts as one that came after if no transaction has ended in between, or if the one row that was looked at is as it
//! was. (More rows than that one it cannot have become: a link to a clip that we wrote waits for us, and the clip of a link has its
//! key for itself.) Else the total stays as it is, and the campaign is summed.

use crate::binding::Binding;
use crate::errors::Result;
use crate::pg::snapshot;
use crate::pg::snapshot::RowVersion;
use crate::settings::{self, Recompute};
use crate::value::key::Key;
use crate::write::own_update::Look;
use crate::write::touched::Touched;
use crate::write::verify::{self, Looked};
use crate::write::{moves, store, sums};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What was written.
enum Write<'a> {
    /// A clip's earnings grew.
    Clip(&'a Key, Decimal),
    /// So many more links of this campaign and clip count.
    Link(&'a Key, &'a Key, i64),
}

/// What that means for one campaign, from one row that was looked at.
struct Found {
    campaign: Key,
    difference: Decimal,
    version: RowVersion,
}

/// What became of a write.
pub enum Tried {
    Moved,
    /// Nothing was done; but a campaign was perhaps looked at.
    Nothing(Option<Looked>),
}

/// Brings up the total of a write that is single.
pub fn try_move(binding: &Binding, touched: &Touched, looked: Option<Looked>) -> Result<Tried> {
    let is_moving = settings::recompute() != Recompute::EveryWrite
        && touched.new_clips.is_empty()
        && moves::may_look_first(binding, touched);
    let Some(write) = Write::of(touched).filter(|write| is_moving && write.is_of_one_row(binding)) else {
        return Ok(Tried::Nothing(looked));
    };
    let ended = snapshot::transactions_ended();
    let Some(found) = write.look(binding)?.filter(|found| !found.difference.is_zero()) else {
        return Ok(Tried::Nothing(looked));
    };
    let looked = match looked {
        None => verify::before_lock_of(binding, &found.campaign)?,
        looked => looked,
    };
    if looked
        .as_ref()
        .is_some_and(|looked| !looked.agrees(found.difference_for(looked)))
    {
        return Ok(Tried::Nothing(looked));
    }
    verify::no_more();
    // The BEFORE trigger looks whether it is still so: no trigger or CHECK of the user's is to meet a total that is not true.
    let look = Look {
        ended,
        version: found.version,
    };
    // From here on the total may have moved, also where that was not seen to come true: it must not move twice.
    if !store::move_one(binding, &found.campaign, found.difference, look)? {
        sums::bring_up(
            binding,
            &BTreeSet::from([found.campaign.clone()]),
            &touched.linked_campaigns,
        )?;
    }
    if let Some(looked) = looked.filter(|looked| looked.key == found.campaign) {
        looked.share(binding)?;
    }
    Ok(Tried::Moved)
}

impl Found {
    /// What the write adds to the campaign that was looked at.
    fn difference_for(&self, looked: &Looked) -> Decimal {
        if looked.key == self.campaign {
            self.difference
        } else {
            Decimal::ZERO
        }
    }
}

impl<'a> Write<'a> {
    fn of(touched: &'a Touched) -> Option<Self> {
        let (mut clips, mut links) = (touched.clips.iter(), touched.links.iter());
        match (clips.next(), links.next()) {
            (Some((clip, difference)), None) => Some(Self::Clip(clip, (*difference)?)),
            (None, Some(((campaign, clip), count))) => Some(Self::Link(campaign, clip, *count)),
            _ => None,
        }
        .filter(|_| clips.next().is_none() && links.next().is_none())
    }

    /// Whether what it means hangs on one row that is there, and on none that may come: a clip may get company under its key.
    fn is_of_one_row(&self, binding: &Binding) -> bool {
        matches!(self, Self::Clip(..)) || !binding.clips_may_double
    }

    /// What it means as things stand; `None` where that takes more than one campaign, or more than a look.
    fn look(&self, binding: &Binding) -> Result<Option<Found>> {
        match *self {
            Self::Clip(clip, difference) => {
                let link = binding.only_link(clip)?.filter(|link| link.counts);
                Ok(link.map(|link| Found {
                    campaign: link.campaign,
                    difference,
                    version: link.version,
                }))
            }
            Self::Link(campaign, clip, count) => {
                let Some(clip) = binding.earnings_of(clip)? else {
                    return Ok(None);
                };
                let earned = moves::earned(Some(clip.version.written_by), clip.amount, count, None);
                Ok(earned.map(|difference| Found {
                    campaign: campaign.clone(),
                    difference,
                    version: clip.version,
                }))
            }
        }
    }
}
