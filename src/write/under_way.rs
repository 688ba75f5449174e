//! Statements on bound tables that have begun and whose end their statement trigger has not yet told.
//!
//! Row triggers tell of rows one by one, while all rows of a query are in place already. As long as some are untold, a total
//! that is moved by what was told is one that was never true, and a CHECK or a trigger of the user's on campaigns could meet it. So
//! what ends amid others either leaves totals to the last of its query, or sums them: a sum sees all rows, told or not.

use crate::pg::trigger::Event;
use crate::write::capture;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;

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
    /// Nothing: another statement of the same query (a data-modifying WITH's, a foreign key's) has not ended, and will.
    LeaveToQuery,
    /// Nothing: it wrote nothing that counts, and the statement that it runs amid will bring up its own.
    LeaveToOuter,
}

#[derive(Default)]
struct UnderWay(Vec<Begun>);

impl UnderWay {
    /// One that ends fires its triggers within its own query, whose number all that began in it, or in a foreign key's action
    /// that joined it, reach; the queries around it have lower ones.
    fn end(&mut self, query: u32, table: Oid, event: Event, told: u64) -> End {
        let is_it = |begun: &Begun| begun.table == table && begun.event == event;
        let has_told = match self.0.iter().rposition(is_it) {
            Some(at) => self.0.remove(at).told < told,
            None => true,
        };
        if self.is_in(query) {
            return End::LeaveToQuery;
        }
        if !self.0.is_empty() && !has_told {
            return End::LeaveToOuter;
        }
        End::Flush
    }

    fn is_in(&self, query: u32) -> bool {
        self.0.iter().any(|begun| begun.query >= query)
    }

    fn commit(&mut self, nest: i32) {
        for begun in self.0.iter_mut().filter(|begun| begun.nest == nest) {
            begun.nest -= 1;
        }
    }

    fn abort(&mut self, nest: i32) {
        self.0.retain(|begun| begun.nest < nest);
    }
}

thread_local! {
    static UNDER_WAY: RefCell<UnderWay> = RefCell::default();
}

/// A statement begins.
pub fn begin(nest: i32, query: u32, table: Oid, event: Event) {
    let told = capture::recorded();
    UNDER_WAY.with_borrow_mut(|all| {
        all.0.push(Begun {
            nest,
            query,
            table,
            event,
            told,
        });
    });
}

/// A statement ends.
pub fn end(query: u32, table: Oid, event: Event) -> End {
    let told = capture::recorded();
    UNDER_WAY.with_borrow_mut(|all| all.end(query, table, event, told))
}

/// Whether one of this query has not ended.
pub fn is_in(query: u32) -> bool {
    UNDER_WAY.with_borrow(|all| all.is_in(query))
}

/// Whether any has not ended.
pub fn is_any() -> bool {
    UNDER_WAY.with_borrow(|all| !all.0.is_empty())
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
    UNDER_WAY.with_borrow_mut(|all| all.0.clear());
}

#[cfg(test)]
mod tests {
    use super::{Begun, End, Event, Oid, UnderWay};

    fn begin(all: &mut UnderWay, nest: i32, query: u32, table: u32) {
        all.0.push(Begun {
            nest,
            query,
            table: Oid::from(table),
            event: Event::Update,
            told: 0,
        });
    }

    fn end(all: &mut UnderWay, query: u32, table: u32, told: u64) -> End {
        all.end(query, Oid::from(table), Event::Update, told)
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
    fn one_amid_another_flushes_what_it_wrote_alone() {
        let mut all = UnderWay::default();
        begin(&mut all, 1, 5, 1);
        begin(&mut all, 1, 7, 1);
        assert_eq!(end(&mut all, 7, 1, 0), End::LeaveToOuter);
        begin(&mut all, 1, 8, 2);
        assert_eq!(end(&mut all, 8, 2, 1), End::Flush);
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
