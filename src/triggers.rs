//! The triggers' entry points: is this the call we are made for, what did it write, note it down.

use crate::backend::{self, Event, TriggerCall, Version};
use crate::binding::Binding;
use crate::capture::{self, Touched};
use crate::corrections;
use crate::errors::{Error, Result};
use crate::key::Key;
use crate::settings::{self, Flush};
use crate::trigger_binding::{self, Attributes};
use crate::{flush, money, settle};
use std::rc::Rc;

backend::c_function!(
    trigger_entry,
    spend_sync_capture_clip,
    pg_finfo_spend_sync_capture_clip,
    "capture_clip",
    crate::triggers::capture_clip
);
backend::c_function!(
    trigger_entry,
    spend_sync_capture_submission,
    pg_finfo_spend_sync_capture_submission,
    "capture_submission",
    crate::triggers::capture_submission
);
backend::c_function!(
    trigger_entry,
    spend_sync_capture_campaign,
    pg_finfo_spend_sync_capture_campaign,
    "capture_campaign",
    crate::triggers::capture_campaign
);
backend::c_function!(
    trigger_entry,
    spend_sync_flush,
    pg_finfo_spend_sync_flush,
    "flush",
    crate::triggers::flush
);

/// AFTER INSERT OR UPDATE OR DELETE on clips, for each row.
fn capture_clip(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_clip")?;
    let found = trigger_binding::of_trigger(call.trigger())?;
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
fn capture_submission(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_submission")?;
    let found = trigger_binding::of_trigger(call.trigger())?;
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
fn capture_campaign(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_campaign")?;
    let found = trigger_binding::of_trigger(call.trigger())?;
    let Attributes::Campaign { id, spent, spent_type } = found.at else {
        return Err(misplaced("capture_campaign"));
    };
    let is_update = call.event() == Event::Update;
    let amount = |version| call.amount(version, spent, spent_type);
    let grown_by = || money::difference(amount(Version::New), is_update.then(|| amount(Version::Old))?);
    if settle::is_own_update(TriggerCall::depth(), found.binding.oid(), grown_by) {
        return Ok(());
    }
    let Some(key) = call.key(Version::New, id) else {
        return Ok(());
    };
    let amount = call.text(Version::New, spent, spent_type);
    let is_new_key = !is_update || !call.keeps(id);
    let by_hand = if is_update {
        !is_same_amount(amount.as_deref(), call.text(Version::Old, spent, spent_type).as_deref())
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
fn flush(call: &TriggerCall) -> Result<()> {
    if call.is_row_level() || !call.is_after() {
        return Err(Error::WrongTrigger {
            function: "flush",
            problem: "must fire AFTER, FOR EACH STATEMENT".to_owned(),
        });
    }
    if call.event() == Event::Truncate {
        let found = trigger_binding::of_trigger(call.trigger())?;
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
    Err(Error::WrongTrigger {
        function,
        problem: "must fire AFTER, FOR EACH ROW".to_owned(),
    })
}

/// A trigger on another table than its function is for is caught when it is loaded; this is the compiler's proof.
fn misplaced(function: &'static str) -> Error {
    Error::WrongTrigger {
        function,
        problem: "is on another table than its function is made for".to_owned(),
    }
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
        corrections::acquit();
    }
    record(binding, call, |touched| {
        touched.written_by(command);
        write(touched);
    })
}

fn record(binding: &Rc<Binding>, call: &TriggerCall, write: impl FnOnce(&mut Touched)) -> Result<()> {
    let nest = backend::nest_level();
    if capture::record(nest, binding.id(), write) > capture::ROWS_KEPT {
        flush::compact(binding, nest, call.rows_in_table())?;
    }
    Ok(())
}
