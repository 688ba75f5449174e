//! The triggers' entry points: is this the call we are made for, what did it write, note it down.

use crate::binding::of_trigger::Attributes;
use crate::binding::{Binding, of_trigger};
use crate::errors::trigger::TriggerError;
use crate::errors::{Error, Result};
use crate::pg::transaction;
use crate::pg::trigger::{Event, TriggerCall, Version};
use crate::settings;
use crate::settings::Flush;
use crate::value::key::Key;
use crate::value::money;
use crate::write::touched::Touched;
use crate::write::{capture, drift, flush, own_update};
use std::rc::Rc;

/// AFTER INSERT OR UPDATE OR DELETE on clips, for each row.
pub fn capture_clip(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_clip")?;
    let found = of_trigger::binding_of(call.trigger())?;
    let Attributes::Clip {
        id,
        earnings,
        earnings_type,
    } = found.at
    else {
        return Err(misplaced("capture_clip"));
    };
    let tied = found.binding.clips_tied();
    let event = call.event();
    if event == Event::Insert && tied {
        return Ok(()); // no link can name a clip that did not exist
    }
    if event == Event::Update && call.keeps(id) {
        let amount = |version| call.amount(version, earnings, earnings_type);
        return note(call, &found.binding, |touched| {
            if !touched.every_own_clip
                && let Some(key) = call.key(Version::New, id)
            {
                touched.clip(key, money::difference(amount(Version::New), amount(Version::Old)));
            }
        });
    }
    let old = if event == Event::Insert {
        None
    } else {
        call.key(Version::Old, id)
    };
    let new = if event == Event::Delete {
        None
    } else {
        call.key(Version::New, id)
    };
    note(call, &found.binding, |touched| {
        if !tied {
            touched.guarded_clips.extend(new.clone());
        }
        for key in old.into_iter().chain(new) {
            touched.clip(key, None);
        }
    })
}

/// What a submission says: this clip for this campaign, and whether it counts.
struct Link {
    campaign: Key,
    clip: Key,
    /// `None`: only PostgreSQL can tell.
    counts: Option<bool>,
}

/// AFTER INSERT OR UPDATE OR DELETE on submissions, for each row.
pub fn capture_submission(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_submission")?;
    let found = of_trigger::binding_of(call.trigger())?;
    let Attributes::Submission { campaign, clip, status } = &found.at else {
        return Err(misplaced("capture_submission"));
    };
    let link = |version| {
        Some(Link {
            campaign: call.key(version, *campaign)?,
            clip: call.key(version, *clip)?,
            counts: status.as_ref().map(|status| call.counts(version, status)),
        })
    };
    let event = call.event();
    let old = if event == Event::Insert {
        None
    } else {
        link(Version::Old)
    };
    let new = if event == Event::Delete {
        None
    } else {
        link(Version::New)
    };
    let is_same = |new: &Link| {
        old.as_ref()
            .is_some_and(|old| old.campaign == new.campaign && old.clip == new.clip)
    };
    let linked = new.as_ref().filter(|new| !is_same(new)).map(|new| new.clip.clone());
    let tied = found.binding.clips_tied();
    note(call, &found.binding, |touched| {
        if let Some(clip) = linked {
            if !tied {
                touched.guarded_clips.insert(clip.clone());
            }
            touched.linked_clips.insert(clip);
        }
        for (link, sign) in old.map(|link| (link, -1)).into_iter().chain(new.map(|link| (link, 1))) {
            match link.counts {
                Some(counts) => touched.link(link.campaign, link.clip, if counts { sign } else { 0 }),
                None => drop(touched.campaigns.insert(link.campaign)),
            }
        }
    })
}

/// AFTER INSERT OR UPDATE on campaigns, for each row: a write of `spent` or of the key that is not ours.
pub fn capture_campaign(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_campaign")?;
    let found = of_trigger::binding_of(call.trigger())?;
    let Attributes::Campaign { id, spent, spent_type } = found.at else {
        return Err(misplaced("capture_campaign"));
    };
    let is_update = call.event() == Event::Update;
    let amount = |version| call.amount(version, spent, spent_type);
    let grown_by = || money::difference(amount(Version::New), is_update.then(|| amount(Version::Old))?);
    if own_update::is_ours(TriggerCall::depth(), found.binding.oid(), grown_by) {
        return Ok(());
    }
    let Some(key) = call.key(Version::New, id) else {
        return Ok(());
    };
    let amount = call.amount_text(Version::New, spent, spent_type);
    let is_new_key = !is_update || !call.keeps(id);
    let by_hand = if is_update {
        !is_same_amount(
            amount.as_deref(),
            call.amount_text(Version::Old, spent, spent_type).as_deref(),
        )
    } else {
        amount.is_some() && !is_same_amount(amount.as_deref(), Some("0"))
    };
    if is_update && !is_new_key && !by_hand {
        return Ok(());
    }
    if by_hand && is_update && found.binding.rejects_direct_writes() {
        return Err(found.binding.direct_write(key.to_string()));
    }
    let is_unseen = capture::is_new(found.binding.id(), call.command());
    if !is_update && found.binding.campaigns_tied() && !by_hand && amount.is_some() && is_unseen {
        // A new campaign with nothing spent, and no link can name it yet; but links may have named another of its key, and
        // a flush that came before us have moved this one in its stead.
        return note(call, &found.binding, |touched| {
            touched.new_campaigns.insert(key);
        });
    }
    note(call, &found.binding, |touched| {
        if is_new_key && !found.binding.campaigns_tied() {
            touched.guarded_campaigns.insert(key.clone());
        }
        if by_hand {
            touched.written_by_hand.insert(key.clone());
        }
        touched.campaigns.insert(key);
    })
}

/// AFTER each statement on any of the tables.
pub fn flush(call: &TriggerCall) -> Result<()> {
    if call.is_row_level() || !call.is_after() {
        return Err(TriggerError::WrongTrigger {
            function: "flush",
            problem: "must fire AFTER, FOR EACH STATEMENT".to_owned(),
        }
        .into());
    }
    if call.event() == Event::Truncate {
        let found = of_trigger::binding_of(call.trigger())?;
        if found.is_of_it {
            record(&found.binding, call, |touched| touched.every_campaign = true)?;
        }
    }
    match settings::flush() {
        Flush::Statement if !capture::is_empty() => flush::now(),
        Flush::Statement | Flush::Commit => Ok(()),
    }
}

fn check_row_level(call: &TriggerCall, function: &'static str) -> Result<()> {
    if call.is_row_level() && call.is_after() {
        return Ok(());
    }
    Err(TriggerError::WrongTrigger {
        function,
        problem: "must fire AFTER, FOR EACH ROW".to_owned(),
    }
    .into())
}

/// A trigger on another table than its function is for is caught when it is loaded; this is the compiler's proof.
fn misplaced(function: &'static str) -> Error {
    TriggerError::WrongTrigger {
        function,
        problem: "is on another table than its function is made for".to_owned(),
    }
    .into()
}

/// Whether two amounts are the same number, or both NULL.
fn is_same_amount(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => money::is_same(one, other),
        (one, other) => one == other,
    }
}

/// Notes what a row trigger saw.
fn note(call: &TriggerCall, binding: &Rc<Binding>, write: impl FnOnce(&mut Touched)) -> Result<()> {
    let command = call.command();
    if !capture::is_new(binding.id(), command) {
        drift::acquit();
    }
    record(binding, call, |touched| {
        touched.written_by(command);
        write(touched);
    })
}

fn record(binding: &Rc<Binding>, call: &TriggerCall, write: impl FnOnce(&mut Touched)) -> Result<()> {
    let nest = transaction::nest_level();
    if capture::record(nest, binding.id(), write) > capture::ROWS_KEPT {
        flush::compact(binding, nest, call.rows_in_table())?;
    }
    Ok(())
}
