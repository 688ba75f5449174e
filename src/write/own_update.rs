//! Our own update of campaigns, and how the triggers that it fires know its rows: the one place where the two meet.
//!
//! A row is ours by exactly what is stored: this campaigns table and column, this key, this total (of a move: this difference), once.
//! One update may store several totals of a row. While our update runs, a rule, the function of a CHECK or of a WHEN, or a trigger of the user's may write campaigns as
//! well: those rows are direct writes like any other. One that stores what we mean to store counts as ours, until a rollback to
//! before it.

use crate::errors::Result;
use crate::pg::snapshot;
use crate::pg::snapshot::RowVersion;
use crate::pg::transaction;
use crate::pg::trigger::TriggerCall;
use crate::value::key::Key;
use crate::value::mapping::BindingId;
use crate::value::money::{self, MoneyType};
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// What an update of ours stores of one total.
struct Part {
    binding: BindingId,
    stores: Stores,
}

enum Stores {
    /// Totals, as PostgreSQL prints them; but for floats, as the column holds them.
    Totals(HashMap<Key, Row<String>>),
    /// By how much the total of one campaign moves, as far as a look has shown; then what it has come to.
    Move(Key, Decimal, Rc<Look>, Row<Option<String>>),
}

impl Part {
    fn state(&mut self, key: &Key) -> Option<&mut State> {
        match &mut self.stores {
            Stores::Totals(rows) => rows.get_mut(key).map(|row| &mut row.state),
            Stores::Move(moved, _, _, row) => Some(&mut row.state).filter(|_| moved == key),
        }
    }

    /// What all its rows have come to, unless there is one that the update has not.
    fn totals(&self) -> Option<HashMap<Key, String>> {
        // Looked at one by one: most often the first one says it, and this is asked for each nested statement.
        let rows: Box<dyn Iterator<Item = (&Key, Option<&String>, State)>> = match &self.stores {
            Stores::Totals(rows) => Box::new(rows.iter().map(|(key, row)| (key, Some(&row.total), row.state))),
            Stores::Move(key, _, _, row) => Box::new(std::iter::once((key, row.total.as_ref(), row.state))),
        };
        let come_to = |(key, total, state): (&Key, Option<&String>, State)| match state {
            State::Due => None,
            State::Seen | State::Stored => Some((key.clone(), total?.clone())),
        };
        rows.map(come_to).collect()
    }
}

/// A look at a row or a few, which came before the lock of the campaign that it is to move.
pub struct Look {
    /// How many transactions had ended then.
    pub ended: u64,
    /// What it saw.
    pub versions: Vec<RowVersion>,
}

impl Look {
    /// Whether one would see the same now. To be asked once the campaign is locked.
    pub fn is_true(&self) -> Result<bool> {
        if snapshot::transactions_ended() == self.ended {
            return Ok(true);
        }
        for version in &self.versions {
            if !snapshot::is_current(*version)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// One row that is to be stored.
struct Row<T> {
    total: T,
    state: State,
}

/// How far a row has come; it goes one way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The BEFORE trigger has not seen it.
    Due,
    /// It has, and let it through.
    Seen,
    /// The AFTER trigger has seen it stored as meant.
    Stored,
}

/// What a subtransaction that began since has changed, should it be rolled back.
struct Change {
    /// Its level.
    nest: i32,
    binding: BindingId,
    key: Key,
    was: State,
}

/// An update of ours that runs.
struct Running {
    /// The trigger depth at which it runs.
    depth: i32,
    /// The subtransaction that it runs in.
    nest: i32,
    /// Its number, as [`snapshot::query`] numbers queries: what it sets off has higher ones.
    query: u32,
    /// One a total.
    parts: Vec<Part>,
    /// All of it is known to be stored, since a subtransaction of this level.
    stored_at: Option<i32>,
    /// In their order.
    changes: Vec<Change>,
}

impl Running {
    /// Whether the trigger that fires is one of the update itself, and not of what it sets off.
    fn fires(&self) -> bool {
        self.depth + 1 == TriggerCall::depth() && self.query == snapshot::query()
    }

    fn part(&mut self, binding: BindingId) -> Option<&mut Part> {
        self.parts.iter_mut().find(|part| part.binding == binding)
    }

    fn state(&mut self, binding: BindingId, key: &Key) -> Option<&mut State> {
        self.part(binding)?.state(key)
    }

    /// A row has come further, as a total has it.
    fn set(&mut self, nest: i32, binding: BindingId, key: &Key, state: State) {
        let Some(was) = self.state(binding, key).map(|is| std::mem::replace(is, state)) else {
            return;
        };
        if nest > self.nest {
            let key = key.clone();
            self.changes.push(Change {
                nest,
                binding,
                key,
                was,
            });
        }
    }

    fn progress(&self) -> Progress {
        if self.stored_at.is_some() {
            return Progress::Stored;
        }
        let come_to = |part: &Part| Some((part.binding, part.totals()?));
        let all: Option<Vec<_>> = self.parts.iter().map(come_to).collect();
        all.map_or(Progress::Amid, Progress::AtTheEnd)
    }

    fn commit(&mut self, nest: i32) {
        for change in self.changes.iter_mut().filter(|change| change.nest == nest) {
            change.nest -= 1;
        }
        let own = self.nest;
        self.changes.retain(|change| change.nest > own);
        self.stored_at = self.stored_at.map(|at| if at == nest { nest - 1 } else { at });
    }

    fn abort(&mut self, nest: i32) {
        self.stored_at = self.stored_at.filter(|at| *at < nest);
        while let Some(change) = self.changes.pop_if(|change| change.nest >= nest) {
            if let Some(state) = self.state(change.binding, &change.key) {
                *state = change.was;
            }
        }
    }
}

thread_local! {
    /// Those that run, the innermost last: what an update sets off may lead to another.
    static RUNNING: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
}

/// Says that an update of ours runs, as long as it lives.
pub struct OwnUpdate(());

impl OwnUpdate {
    /// One that stores totals.
    pub fn of_totals(all: impl Iterator<Item = (BindingId, BTreeMap<Key, String>)>) -> Self {
        let due = |(key, total)| {
            let state = State::Due;
            (key, Row { total, state })
        };
        let part = |(binding, totals): (BindingId, BTreeMap<Key, String>)| Part {
            binding,
            stores: Stores::Totals(totals.into_iter().map(due).collect()),
        };
        Self::begin(all.map(part).collect())
    }

    /// One that moves totals of one campaign.
    pub fn of_moves(campaign: &Key, differences: impl Iterator<Item = (BindingId, Decimal)>, look: &Rc<Look>) -> Self {
        let part = |(binding, difference)| {
            let row = Row {
                total: None,
                state: State::Due,
            };
            Part {
                binding,
                stores: Stores::Move(campaign.clone(), difference, Rc::clone(look), row),
            }
        };
        Self::begin(differences.map(part).collect())
    }

    fn begin(parts: Vec<Part>) -> Self {
        // Before anything is borrowed: it counts on, which may end in an error.
        let query = transaction::next_command();
        let (depth, nest) = (TriggerCall::depth(), transaction::nest_level());
        RUNNING.with_borrow_mut(|running| {
            running.push(Running {
                depth,
                nest,
                query,
                parts,
                stored_at: None,
                changes: Vec::new(),
            });
        });
        Self(())
    }

    /// The statement begins only now: what came before may have counted commands on.
    pub fn begins(&self) {
        let query = transaction::next_command();
        RUNNING.with_borrow_mut(|running| {
            if let Some(own) = running.last_mut() {
                own.query = query;
            }
        });
    }

    /// Whether the totals of a move were seen to be stored.
    pub fn is_moved(&self) -> bool {
        let is_stored = |part: &Part| matches!(&part.stores, Stores::Move(_, _, _, row) if row.state == State::Stored);
        RUNNING.with_borrow(|running| running.last().is_some_and(|own| own.parts.iter().all(is_stored)))
    }
}

impl Drop for OwnUpdate {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(Vec::pop);
    }
}

/// Whether an update of ours runs, at any depth.
pub fn runs() -> bool {
    RUNNING.with_borrow(|running| !running.is_empty())
}

/// How far an update of ours has come.
pub enum Progress {
    /// All is stored: its AFTER triggers fire.
    Stored,
    /// There are rows that it has not come to.
    Amid,
    /// It has come to all of them, which does not say that the last is stored; for each campaign its totals.
    AtTheEnd(Vec<(BindingId, HashMap<Key, String>)>),
}

/// How many updates of ours run: what one sets off may lead to another.
pub fn running() -> usize {
    RUNNING.with_borrow(Vec::len)
}

/// How far one of them has come; the outermost is the first.
pub fn progress(at: usize) -> Progress {
    RUNNING.with_borrow(|running| running.get(at).map_or(Progress::Stored, Running::progress))
}

/// One of them has stored all its rows.
pub fn note_stored(at: usize) {
    RUNNING.with_borrow_mut(|running| {
        if let Some(own) = running.get_mut(at) {
            own.stored_at = Some(transaction::nest_level());
        }
    });
}

/// Whether an update of ours runs at this trigger depth, so that rows written now are its own, or set off by it.
pub fn runs_at(depth: i32) -> bool {
    RUNNING.with_borrow(|running| running.last().is_some_and(|own| own.depth == depth))
}

/// A campaign's row, as a trigger sees it.
pub struct Written<'a> {
    pub binding: BindingId,
    pub key: &'a Key,
    /// The new total, as PostgreSQL prints it; `None`: NULL.
    pub new: Option<&'a str>,
    pub kind: MoneyType,
    /// The old and the new total, where both are known exactly.
    pub exact: Option<(Decimal, Decimal)>,
}

impl Written<'_> {
    /// Whether the row holds this total, as its column holds totals.
    fn is(&self, total: &str) -> bool {
        self.new.is_some_and(|new| self.kind.is_same(new, total))
    }
}

/// BEFORE the row is written, which has locked it: what our own statement's move of it rests on.
pub fn look_behind(binding: BindingId, key: &Key) -> Option<Rc<Look>> {
    RUNNING.with_borrow(|running| {
        let own = running.last()?;
        let part = own.parts.iter().find(|part| part.binding == binding)?;
        match &part.stores {
            Stores::Move(moved, _, look, row) if moved == key && row.state == State::Due && own.fires() => {
                Some(Rc::clone(look))
            }
            _ => None,
        }
    })
}

/// BEFORE the row is written: the total that we mean it to have, if it is a row of ours that is due. A trigger of the
/// user's that came before has perhaps changed it already: a row that our own statement writes is ours all the same.
pub fn let_through(written: &Written) -> Option<String> {
    through(written, Running::fires)
}

/// The same of a row that is written in its place, without a statement.
pub fn let_through_in_row(written: &Written) -> Option<String> {
    through(written, |_| true)
}

fn through(written: &Written, is_direct: impl Fn(&Running) -> bool) -> Option<String> {
    RUNNING.with_borrow_mut(|running| {
        let own = running.last_mut()?;
        let is_direct = is_direct(own);
        let total = match &mut own.part(written.binding)?.stores {
            Stores::Totals(rows) => {
                let row = rows.get_mut(written.key).filter(|row| row.state == State::Due)?;
                if !is_direct && !written.is(&row.total) {
                    return None;
                }
                row.total.clone()
            }
            Stores::Move(key, difference, _, row) => {
                // One that is not our own statement's, or not known to be, was not asked whether its look is true.
                if key != written.key || row.state != State::Due || !is_direct {
                    return None;
                }
                let (old, _) = written.exact?;
                let total = money::exact_sum([old, *difference])?;
                row.total.insert(total.to_string()).clone()
            }
        };
        own.set(transaction::nest_level(), written.binding, written.key, State::Seen);
        Some(total)
    })
}

/// AFTER the row was written: whether it is ours, and holds what we mean.
pub fn is_ours(written: &Written) -> bool {
    RUNNING.with_borrow_mut(|running| {
        let Some(own) = running.last_mut() else {
            return false;
        };
        let meant = match own.part(written.binding).map(|part| &part.stores) {
            Some(Stores::Totals(rows)) => rows.get(written.key).map(|row| (row.state, row.total.as_str())),
            Some(Stores::Move(key, _, _, row)) => {
                let total = row.total.as_deref().filter(|_| key == written.key);
                total.map(|total| (row.state, total))
            }
            None => None,
        };
        let is_ours = meant.is_some_and(|(state, total)| state == State::Seen && written.is(total));
        if is_ours {
            let nest = transaction::nest_level();
            own.set(nest, written.binding, written.key, State::Stored);
            // AFTER triggers of a statement fire when all its rows are in place.
            if own.fires() {
                own.stored_at = Some(nest);
            }
        }
        is_ours
    })
}

/// A subtransaction became part of the one around it.
pub fn commit_subtransaction(nest: i32) {
    RUNNING.with_borrow_mut(|running| running.iter_mut().for_each(|own| own.commit(nest)));
}

/// A subtransaction was rolled back, and what rows of ours it had written.
pub fn abort_subtransaction(nest: i32) {
    RUNNING.with_borrow_mut(|running| running.iter_mut().for_each(|own| own.abort(nest)));
}

#[cfg(test)]
mod tests {
    use super::{BindingId, HashMap, Key, Part, Row, Running, State, Stores};

    fn total() -> BindingId {
        BindingId::of(pgrx::pg_sys::Oid::from(7), 3)
    }

    fn running() -> Running {
        let due = |total: &str| Row {
            total: total.to_owned(),
            state: State::Due,
        };
        Running {
            depth: 0,
            nest: 1,
            parts: vec![Part {
                binding: total(),
                stores: Stores::Totals(HashMap::from([(Key::Int(1), due("5")), (Key::Int(2), due("6"))])),
            }],
            query: 3,
            stored_at: None,
            changes: Vec::new(),
        }
    }

    fn is(own: &mut Running, key: i64, state: State) -> bool {
        own.state(total(), &Key::Int(key)).is_some_and(|is| *is == state)
    }

    #[test]
    fn a_row_written_in_a_subtransaction_is_due_again_after_its_rollback() {
        let mut own = running();
        own.set(1, total(), &Key::Int(2), State::Seen);
        own.set(3, total(), &Key::Int(1), State::Seen);
        own.set(3, total(), &Key::Int(1), State::Stored);
        own.commit(3);
        assert!(is(&mut own, 1, State::Stored));
        own.abort(2);
        assert!(is(&mut own, 1, State::Due), "it was part of level 2");
        assert!(is(&mut own, 2, State::Seen), "written where the update runs");
    }

    #[test]
    fn what_has_become_part_of_the_updates_own_level_stays() {
        let mut own = running();
        own.set(2, total(), &Key::Int(1), State::Seen);
        own.commit(2);
        own.set(2, total(), &Key::Int(2), State::Seen);
        own.abort(2);
        assert!(is(&mut own, 1, State::Seen));
        assert!(is(&mut own, 2, State::Due));
    }
}
