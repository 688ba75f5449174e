//! The triggers' entry points: is this the call we are made for, what did it write, note it down.

use crate::binding::of_trigger::{Adds, Attributes};
use crate::binding::{Binding, of_trigger, wake_triggers};
use crate::catalog;
use crate::errors::trigger::TriggerError;
use crate::errors::{Error, Result};
use crate::pg::transaction;
use crate::pg::trigger::{Event, Kept, TriggerCall, Version};
use crate::pg::{name, session, snapshot, table};
use crate::value::key::Key;
use crate::value::money;
use crate::write::own_update::Written;
use crate::write::touched::Touched;
use crate::write::under_way::{self, End, Place};
use crate::write::{capture, drift, flush, own_update, replica, schedule, wake};
use rust_decimal::Decimal;
use std::ops::Neg;
use std::rc::Rc;

/// AFTER INSERT OR UPDATE OR DELETE on clips, for each row.
pub fn capture_clip(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_clip")?;
    let found = of_trigger::binding_of(call.trigger())?;
    let Attributes::Clip { id, earnings } = &found.at else {
        return Err(misplaced("capture_clip"));
    };
    let earnings = *earnings;
    let event = call.event();
    let amount = |version| match earnings {
        Some((earnings, kind)) => call.amount(version, earnings, kind),
        None => Some(Decimal::ONE),
    };
    if event == Event::Update && call.keeps(id) {
        if earnings.is_none_or(|(earnings, _)| call.leaves(earnings)) {
            return Ok(());
        }
        if capture::has_every_own_clip(transaction::nest_level(), found.binding.id()) {
            return note(call, &found.binding, |_| {});
        }
        let difference = money::difference(amount(Version::New), amount(Version::Old));
        if difference.is_some_and(|difference| difference.is_zero()) {
            return Ok(());
        }
        let key = call.key(Version::New, id);
        return note(call, &found.binding, move |touched| {
            if let Some(key) = key {
                touched.clip(key, difference);
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
    // One that is inserted grew from nothing, one that is deleted shrinks to nothing.
    let difference = match event {
        Event::Insert => amount(Version::New),
        Event::Delete => amount(Version::Old).map(Decimal::neg),
        _ => None,
    };
    note(call, &found.binding, move |touched| {
        touched.new_clips.extend(new.clone());
        touched.gone_clips.extend(old.clone());
        for key in old.into_iter().chain(new) {
            touched.clip(key, difference);
        }
    })
}

/// What a submission says: this for this campaign, and whether it counts.
struct Link {
    campaign: Key,
    /// `None` where it names no clip, but adds an amount of its own.
    clip: Option<Key>,
    /// `None`: only PostgreSQL can tell.
    counts: Option<bool>,
    /// What it adds if it counts, as far as it says so; `None`: not known exactly.
    amount: Option<Decimal>,
}

/// AFTER INSERT OR UPDATE OR DELETE on submissions, for each row.
pub fn capture_submission(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_submission")?;
    let found = of_trigger::binding_of(call.trigger())?;
    let Attributes::Submission {
        campaign,
        adds,
        status_column,
        status,
    } = &found.at
    else {
        return Err(misplaced("capture_submission"));
    };
    let event = call.event();
    let mut columns = campaign.numbers().chain([*status_column]).chain(adds.columns());
    if event == Event::Update && columns.all(|column| call.leaves(column)) {
        return Ok(());
    }
    let link = |version| {
        let (clip, amount) = match adds {
            Adds::Clip(clip) => (Some(call.key(version, clip)?), None),
            Adds::Amount(column, kind) => (None, call.amount(version, *column, *kind)),
            Adds::One => (None, Some(Decimal::ONE)),
        };
        Some(Link {
            campaign: call.key(version, campaign)?,
            clip,
            counts: status.as_ref().map(|status| call.counts(version, status)),
            amount,
        })
    };
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
    if !matches!(adds, Adds::Clip(_)) {
        return capture_amounts(call, &found.binding, old, new);
    }
    let was = |is: &dyn Fn(&Link) -> bool| old.as_ref().is_some_and(is);
    let named = new.as_ref().filter(|new| !was(&|old| old.campaign == new.campaign));
    let named = named.map(|new| new.campaign.clone());
    let linked = new
        .as_ref()
        .filter(|new| !was(&|old| old.campaign == new.campaign && old.clip == new.clip));
    let linked = linked.and_then(|new| new.clip.clone());
    note(call, &found.binding, move |touched| {
        if let Some(clip) = linked {
            touched.new_link(clip);
        }
        if let Some(campaign) = named {
            touched.names(campaign);
        }
        for (link, sign) in signed(old, new) {
            match (link.counts, link.clip) {
                (Some(counts), Some(clip)) => touched.link(link.campaign, clip, if counts { sign } else { 0 }),
                _ => touched.sum(link.campaign),
            }
        }
    })
}

/// What is written into rows that are being copied is lost with them, and so are totals that are stored there. No event trigger tells of
/// CLUSTER, nor of VACUUM FULL. What we run restricted ourselves is told.
fn check_is_not_copied(binding: &Binding) -> Result<()> {
    let tables = catalog::with_partitions(binding.shape.tables().all())?;
    match tables.into_iter().find(|table| table::is_held(*table)) {
        None => Ok(()),
        Some(table) => {
            let table = name::relation(table);
            Err(TriggerError::WrittenAnew { table }.into())
        }
    }
}

/// The same of one that holds what it adds itself: nothing has to be looked up.
fn capture_amounts(call: &TriggerCall, binding: &Rc<Binding>, old: Option<Link>, new: Option<Link>) -> Result<()> {
    let may_count = |link: &Link| link.counts != Some(false);
    if !old.iter().chain(&new).any(may_count) {
        return Ok(());
    }
    note(call, binding, move |touched| {
        for (link, sign) in signed(old, new) {
            match (link.counts, link.amount) {
                (Some(false), _) => {}
                (Some(true), amount) => {
                    touched.adds(link.campaign, amount.and_then(|by| money::exact_product(by, sign)))
                }
                (None, _) => touched.adds(link.campaign, None),
            }
        }
    })
}

/// What was takes off, what is adds.
fn signed(old: Option<Link>, new: Option<Link>) -> impl Iterator<Item = (Link, i64)> {
    let old = old.map(|link| (link, -1));
    old.into_iter().chain(new.map(|link| (link, 1)))
}

/// AFTER INSERT OR UPDATE on campaigns, for each row: the net for a write of `spent` that a BEFORE trigger of the user's has
/// let by ours, and a write of the key.
pub fn capture_campaign(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "capture_campaign")?;
    let found = of_trigger::binding_of(call.trigger())?;
    let Attributes::Campaign { id, spent, spent_type } = &found.at else {
        return Err(misplaced("capture_campaign"));
    };
    let (spent, spent_type) = (*spent, *spent_type);
    let Some(key) = call.key(Version::New, id) else {
        return Ok(());
    };
    let is_update = call.event() == Event::Update;
    let amount = call.amount_text(Version::New, spent, spent_type);
    let is_new_key = !is_update || !call.keeps(id);
    let is_zero = is_same_amount(amount.as_deref(), Some("0"));
    let is_written = if is_update {
        let old = call.amount_text(Version::Old, spent, spent_type);
        !is_same_amount(amount.as_deref(), old.as_deref())
    } else {
        // The BEFORE trigger lets no total in but 0.
        amount.is_some() && !is_zero
    };
    // An update of ours writes the total; one that a trigger of the user's makes of the same row meanwhile is no part of it.
    if is_update && !is_new_key && !is_written {
        return Ok(());
    }
    if is_update {
        let written = Written {
            binding: found.binding.id(),
            key: &key,
            new: amount.as_deref(),
            kind: spent_type,
            exact: None,
        };
        if own_update::is_ours(&written) {
            return Ok(());
        }
    }
    // What apply meets is corrected: an error would stop it for good.
    if is_written && is_update && found.binding.rejects_direct_writes() && !transaction::is_replica() {
        return Err(found.binding.direct_write(key.to_string()));
    }
    // Nothing is spent for a campaign that is inserted with nothing spent, unless links name it already; but they may have
    // named another of its key, and a flush that came before us have moved this one in its stead.
    let is_unseen = capture::is_unstored(found.binding.id(), call.command());
    let is_right = !is_update && is_zero && is_unseen;
    note(call, &found.binding, move |touched| {
        if is_new_key {
            touched.new_campaign(key.clone());
        }
        if is_written {
            touched.written_by_hand.insert(key.clone());
        }
        if !is_right {
            touched.sum(key);
        }
    })
}

/// BEFORE INSERT OR UPDATE on campaigns, for each row: nobody but us writes the total. An update keeps it, an insert starts
/// at 0; a total of ours gets through.
pub fn keep_total(call: &TriggerCall) -> Result<Kept> {
    if !call.is_row_level() || call.is_after() {
        return Err(TriggerError::WrongTrigger {
            function: "keep_total",
            problem: "must fire BEFORE, FOR EACH ROW".to_owned(),
        }
        .into());
    }
    let found = of_trigger::binding_of(call.trigger())?;
    let Attributes::Campaign { id, spent, spent_type } = &found.at else {
        return Err(misplaced("keep_total"));
    };
    let (spent, spent_type) = (*spent, *spent_type);
    let binding = found.binding.id();
    let key = call.key(Version::New, id);
    let new = call.amount_text(Version::New, spent, spent_type);
    // Also one that moves to another partition, by UPDATE, DELETE and INSERT: its key has changed, for one that is unique in
    // all partitions says in which a row is.
    if call.event() == Event::Insert {
        return Ok(if is_same_amount(new.as_deref(), Some("0")) {
            Kept::AsIs
        } else {
            Kept::Text(spent, "0".to_owned())
        });
    }
    let old = call.amount_text(Version::Old, spent, spent_type);
    let look = key.as_ref().and_then(|key| own_update::look_behind(binding, key));
    if let Some(look) = &look
        && !look.is_true()?
    {
        return Ok(Kept::Old(spent));
    }
    let amount = |version| call.amount(version, spent, spent_type);
    let ours = key.as_ref().and_then(|key| {
        own_update::let_through(&Written {
            binding,
            key,
            new: new.as_deref(),
            kind: spent_type,
            exact: amount(Version::Old).zip(amount(Version::New)),
        })
    });
    Ok(match ours {
        Some(total) if new.as_deref().is_some_and(|new| spent_type.is_same(new, &total)) => Kept::AsIs,
        Some(total) => Kept::Text(spent, total),
        None if is_same_amount(new.as_deref(), old.as_deref()) => Kept::AsIs,
        // A move of ours that cannot be told exactly: it is summed.
        None if look.is_some() => Kept::Old(spent),
        // The AFTER trigger says so; in apply it must not.
        None if found.binding.rejects_direct_writes() && !transaction::is_replica() => Kept::AsIs,
        None => {
            if let Some(key) = &key {
                schedule::doubt(found.binding.id(), key);
            }
            Kept::Old(spent)
        }
    })
}

/// The WHEN of the deferred trigger: whether this row is to queue an event. One waits at a time. What our own update sets off
/// queues none: whoever stores totals brings that up. Nor does a security-restricted operation, in which PostgreSQL refuses to
/// queue one: there totals are brought up at the end of the statement. Nor a replica in which nothing is noted: an event that waits
/// is in the way of DDL.
pub fn wakes() -> Result<bool> {
    if wake::waits() || own_update::runs_at(TriggerCall::depth()) || session::is_restricted() {
        return Ok(false);
    }
    if transaction::is_replica() && !replica::is_noted()? {
        return Ok(false);
    }
    wake::set(transaction::nest_level(), true);
    Ok(true)
}

/// The deferred constraint trigger on any of the tables.
pub fn flush_at_commit(call: &TriggerCall) -> Result<()> {
    check_row_level(call, "flush_at_commit")?;
    flush::at_event(place(call))
}

/// BEFORE each INSERT, UPDATE, DELETE and TRUNCATE on any of the tables.
pub fn begin(call: &TriggerCall) -> Result<()> {
    if call.is_row_level() || call.is_after() {
        return Err(TriggerError::WrongTrigger {
            function: "begin",
            problem: "must fire BEFORE, FOR EACH STATEMENT".to_owned(),
        }
        .into());
    }
    let found = of_trigger::binding_of(call.trigger())?;
    if call.event() == Event::Truncate {
        before_truncate(&found.binding)?;
    }
    if found.is_of_it {
        under_way::begin(transaction::nest_level(), place(call));
    }
    Ok(())
}

/// Logical replication's apply truncates a table without asking whether an event waits on it, which would look for its row in vain, and
/// stop apply for good. Everywhere else PostgreSQL asks (55006).
fn before_truncate(binding: &Binding) -> Result<()> {
    if !transaction::is_replica() {
        return Ok(());
    }
    let tables = binding.shape.tables().oids();
    wake_triggers::fire(&tables, wake::waits())
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
    // Also where nothing was captured: a binding that is not whole says so at the next write of any of its tables.
    let found = of_trigger::binding_of(call.trigger())?;
    if call.event() == Event::Truncate && found.is_of_it {
        record(&found.binding, call, |touched| touched.every_campaign = true)?;
    }
    match under_way::end(place(call)) {
        End::Flush => flush::at_statement(),
        End::FlushBySums => under_way::doubting(flush::at_statement),
        End::LeaveToQuery | End::LeaveToOuter => Ok(()),
    }
}

fn place(call: &TriggerCall) -> Place {
    Place {
        query: snapshot::query(),
        depth: TriggerCall::depth(),
        command: transaction::coming_command(),
        table: call.relation(),
        event: call.event(),
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

/// Notes what a row trigger saw: all of it is read before, for `write` borrows nothing, and so not the row.
fn note(call: &TriggerCall, binding: &Rc<Binding>, write: impl FnOnce(&mut Touched) + 'static) -> Result<()> {
    let command = call.command();
    drift::acquit(binding.id(), command);
    record(binding, call, move |touched| {
        touched.written_by(command);
        write(touched);
    })
}

fn record(binding: &Rc<Binding>, call: &TriggerCall, write: impl FnOnce(&mut Touched) + 'static) -> Result<()> {
    let nest = transaction::nest_level();
    let (restricted, relation, at_commit) = (session::is_restricted(), call.relation(), binding.flushes_at_commit());
    if session::is_restricted_by_others() {
        check_is_not_copied(binding)?;
    }
    let kept = capture::record(nest, binding.id(), move |touched| {
        touched.at_commit = at_commit;
        touched.restricted |= restricted;
        touched.written = Some(relation);
        write(touched);
    });
    if kept > capture::ROWS_KEPT {
        flush::compact(binding, nest, call.rows_in_table())?;
    }
    // No statement trigger fires in logical replication's apply, which writes row by row.
    if transaction::is_replica() {
        replica::note();
        if !wake::waits() {
            // Rows of the same statement may be in place that are told of only later.
            under_way::doubting(flush::at_statement)?;
        }
    }
    Ok(())
}
