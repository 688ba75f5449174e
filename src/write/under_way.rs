//! Statements on bound tables that have begun and whose end their statement trigger has not yet told.
//!
//! Row triggers tell of rows one by one, while all rows of a query are in place already. As long as some are untold, a total
//! that is moved by what was told is one that was never true, and a CHECK or a trigger of the user's on campaigns could meet it. So
//! what ends amid others either leaves totals to the last of its query, or sums them: a sum sees all rows, told or not.

use crate::pg::restored::Restored;
use crate::pg::trigger::Event;
use crate::write::capture;
use pgrx::pg_sys::Oid;
use std::cell::{Cell, RefCell};

/// One that has begun.
#[derive(Clone, Copy, Debug)]
struct Begun {
    /// The subtransaction that it runs in.
    nest: i32,
    /// The query that it is part of, as [`crate::pg::snapshot::query`] numbers them.
    query: u32,
    table: Oid,
    event: Event,
    /// How many rows had been told of by then.
    told: u64,
}

/// What to do at the end of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Bring up what is due.
    Flush,
    /// Bring up what is due by sums: rows may be untold all the same.
    FlushBySums,
    /// Nothing: another statement of the same query (a data-modifying WITH's, a foreign key's) has not ended, and will.
    LeaveToQuery,
    /// Nothing: it wrote nothing that counts, and the statement that it runs amid will bring up its own.
    LeaveToOuter,
}

/// A query of which a statement has ended, while others may be to come.
#[derive(Clone, Copy, Debug)]
struct Ending {
    query: u32,
    /// The trigger depth at which its triggers fire: it is over once a trigger fires for another query at this depth.
    depth: i32,
    /// The command that was next when the first one ended.
    command: u32,
}

/// Where a statement's trigger fires.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The query that it is part of, as [`crate::pg::snapshot::query`] numbers them.
    pub query: u32,
    pub depth: i32,
    /// The command that is next.
    pub command: u32,
    pub table: Oid,
    pub event: Event,
}

#[derive(Default)]
struct UnderWay {
    begun: Vec<Begun>,
    /// By depth.
    ending: Vec<Ending>,
}

impl UnderWay {
    fn begin(&mut self, nest: i32, at: Place, told: u64) {
        self.ending.retain(|ending| ending.depth < at.depth);
        self.begun.push(Begun {
            nest,
            query: at.query,
            table: at.table,
            event: at.event,
            told,
        });
    }

    /// One that ends fires its triggers within its own query, whose number all that began in it, or in a foreign key's action
    /// that joined it, reach; the queries around it have lower ones.
    fn end(&mut self, at: Place, told: u64) -> End {
        let is_it = |begun: &Begun| begun.table == at.table && begun.event == at.event && begun.query >= at.query;
        let has_told = match self.begun.iter().rposition(is_it) {
            Some(place) => self.begun.remove(place).told < told,
            None => true,
        };
        let may_hide_more = self.may_hide_more(at);
        if self.is_in(at.query) {
            return End::LeaveToQuery;
        }
        if !self.begun.is_empty() && !has_told {
            return End::LeaveToOuter;
        }
        if may_hide_more { End::FlushBySums } else { End::Flush }
    }

    /// A statement begins once for each table, event and query; foreign keys' actions that write the table again after it has
    /// ended begin none, and end another. So once one has ended, whatever ran since in that query may have been such an action.
    fn may_hide_more(&mut self, at: Place) -> bool {
        let is_running =
            |ending: &Ending| ending.depth < at.depth || (ending.depth == at.depth && ending.query == at.query);
        self.ending.retain(is_running);
        match self.ending.last().filter(|ending| ending.depth == at.depth) {
            Some(ending) => ending.command < at.command,
            None => {
                self.ending.push(Ending {
                    query: at.query,
                    depth: at.depth,
                    command: at.command,
                });
                false
            }
        }
    }

    fn has_ended_in(&self, at: Place) -> bool {
        let mut ending = self.ending.iter();
        ending.any(|ending| ending.depth == at.depth && ending.query == at.query && ending.command < at.command)
    }

    fn is_in(&self, query: u32) -> bool {
        self.begun.iter().any(|begun| begun.query >= query)
    }

    fn commit(&mut self, nest: i32) {
        for begun in self.begun.iter_mut().filter(|begun| begun.nest == nest) {
            begun.nest -= 1;
        }
    }

    fn abort(&mut self, nest: i32) {
        self.begun.retain(|begun| begun.nest < nest);
    }
}

thread_local! {
    static UNDER_WAY: RefCell<UnderWay> = RefCell::default();
    static IS_DOUBTED: Cell<bool> = const { Cell::new(false) };
}

/// A statement begins.
pub fn begin(nest: i32, at: Place) {
    let told = capture::recorded();
    UNDER_WAY.with_borrow_mut(|all| all.begin(nest, at, told));
}

/// A statement ends.
pub fn end(at: Place) -> End {
    let told = capture::recorded();
    UNDER_WAY.with_borrow_mut(|all| all.end(at, told))
}

/// Whether one of this query has not ended.
pub fn is_in(query: u32) -> bool {
    UNDER_WAY.with_borrow(|all| all.is_in(query))
}

/// Whether one has ended in this query: rows that a foreign key's action writes since may be in place, which none begins for.
pub fn has_ended_in(at: Place) -> bool {
    UNDER_WAY.with_borrow(|all| all.has_ended_in(at))
}

/// Whether rows may be in place that nobody has told of.
pub fn may_be_untold() -> bool {
    IS_DOUBTED.get() || UNDER_WAY.with_borrow(|all| !all.begun.is_empty())
}

/// Runs `body`, in which rows count as untold.
pub fn doubting<T>(body: impl FnOnce() -> T) -> T {
    let _restored = Restored::set(&IS_DOUBTED, true);
    body()
}

/// A subtransaction became part of the one around it.
pub fn commit_subtransaction(nest: i32) {
    UNDER_WAY.with_borrow_mut(|all| all.commit(nest));
}

/// A subtransaction was rolled back, and what ran in it.
pub fn abort_subtransaction(nest: i32) {
    UNDER_WAY.with_borrow_mut(|all| all.abort(nest));
}

/// The transaction ended.
pub fn clear() {
    UNDER_WAY.with_borrow_mut(|all| *all = UnderWay::default());
}

#[cfg(test)]
mod tests {
    use super::{End, Event, Oid, Place, UnderWay};

    fn at(query: u32, table: u32) -> Place {
        Place {
            query,
            depth: 1,
            command: 9,
            table: Oid::from(table),
            event: Event::Update,
        }
    }

    fn begin(all: &mut UnderWay, nest: i32, query: u32, table: u32) {
        all.begin(nest, at(query, table), 0);
    }

    fn end(all: &mut UnderWay, query: u32, table: u32, told: u64) -> End {
        all.end(at(query, table), told)
    }

    #[test]
    fn the_last_of_a_query_flushes() {
        let mut all = UnderWay::default();
        begin(&mut all, 1, 5, 1);
        begin(&mut all, 1, 5, 2);
        assert_eq!(end(&mut all, 5, 1, 3), End::LeaveToQuery);
        assert_eq!(end(&mut all, 5, 2, 3), End::Flush);
    }

    #[test]
    fn what_a_foreign_key_does_ends_in_the_query_that_set_it_off() {
        let mut all = UnderWay::default();
        begin(&mut all, 1, 5, 1);
        begin(&mut all, 1, 6, 2);
        assert_eq!(end(&mut all, 5, 1, 3), End::LeaveToQuery);
        assert_eq!(end(&mut all, 5, 2, 3), End::Flush);
    }

    #[test]
    fn what_ran_since_one_ended_may_have_begun_none() {
        let mut all = UnderWay::default();
        begin(&mut all, 1, 5, 1);
        begin(&mut all, 1, 6, 2);
        assert_eq!(end(&mut all, 5, 2, 3), End::LeaveToQuery);
        let later = Place {
            command: 10,
            ..at(5, 1)
        };
        assert_eq!(all.end(later, 3), End::FlushBySums);
        begin(&mut all, 1, 11, 1);
        assert_eq!(end(&mut all, 11, 1, 4), End::Flush, "the next query");
    }

    #[test]
    fn one_amid_another_flushes_what_it_wrote_alone() {
        let mut all = UnderWay::default();
        begin(&mut all, 1, 5, 1);
        begin(&mut all, 1, 7, 1);
        assert_eq!(end(&mut all, 7, 1, 0), End::LeaveToOuter);
        begin(&mut all, 1, 8, 2);
        assert_eq!(end(&mut all, 8, 2, 1), End::Flush);
        assert_eq!(
            end(&mut all, 8, 1, 1),
            End::Flush,
            "the outer one has not ended by that"
        );
        assert!(all.is_in(5), "the outer one is under way");
        assert_eq!(end(&mut all, 5, 1, 1), End::Flush);
    }

    #[test]
    fn what_was_rolled_back_is_not_under_way() {
        let mut all = UnderWay::default();
        begin(&mut all, 1, 5, 1);
        begin(&mut all, 3, 6, 2);
        all.commit(3);
        all.abort(3);
        assert!(all.is_in(6), "it became part of level 2");
        all.abort(2);
        assert!(!all.is_in(6));
        assert_eq!(end(&mut all, 5, 1, 1), End::Flush);
    }

    #[test]
    fn one_whose_begin_was_not_seen_flushes() {
        assert_eq!(end(&mut UnderWay::default(), 5, 1, 0), End::Flush);
    }
}
