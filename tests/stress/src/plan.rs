//! A random transaction, thought out before it is run: the same dice give the same plan whatever the others do.

use std::time::Duration;

use crate::arguments::FlushMix;
use crate::dice::Dice;
use crate::operations::{Operation, Repertoire};
use crate::schema::Schema;

pub const ISOLATION_LEVELS: [&str; 3] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];

#[derive(Clone, Debug)]
pub enum Step {
    Pause(Duration),
    Do(Operation),
    /// Compare spent with the sum, in one snapshot, inside the transaction.
    Check(&'static Schema),
    SetFlush(&'static str),
    Savepoint(Savepoint),
}

#[derive(Clone, Debug)]
pub struct Savepoint {
    pub steps: Vec<Step>,
    pub end: SavepointEnd,
    /// After an expected error: go back to the savepoint and carry on, instead of giving up the transaction.
    pub survives_errors: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavepointEnd {
    RollBack,
    Release,
    /// Left open, as drivers do.
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    Commit,
    RollBack,
    PrepareAndCommit,
    PrepareAndRollBack,
}

pub const ENDINGS: [Ending; 4] = [
    Ending::Commit,
    Ending::RollBack,
    Ending::PrepareAndCommit,
    Ending::PrepareAndRollBack,
];

#[derive(Clone, Debug)]
pub struct Plan {
    pub isolation: &'static str,
    /// None: the server's setting, which is `statement` unless somebody changed it.
    pub flush: Option<&'static str>,
    /// Take the snapshot, then wait: at REPEATABLE READ and SERIALIZABLE everything after is older than what others
    /// commit.
    pub old_snapshot: bool,
    pub steps: Vec<Step>,
    pub ending: Ending,
    /// Nothing is left to the commit: a repair must find nothing to repair.
    pub flushes_at_once: bool,
}

/// What the dice may choose from.
pub struct Choices<'a> {
    pub schemas: &'a [&'static Schema],
    pub repertoire: &'a Repertoire,
    pub flush: FlushMix,
}

pub fn transaction(dice: &mut Dice, choices: &Choices) -> Plan {
    let isolation = dice.pick(&ISOLATION_LEVELS);
    let changes_flush = choices.flush == FlushMix::Mixed && dice.chance(10);
    let flush = match choices.flush {
        // Writes left to the commit, then one that flushes them inside a savepoint, then that savepoint rolled back.
        FlushMix::Mixed if changes_flush => Some("commit"),
        FlushMix::Mixed => dice.pick(&[None, Some("statement"), Some("commit"), Some("commit")]),
        FlushMix::Statement => Some("statement"),
        FlushMix::Commit => Some("commit"),
        FlushMix::Session => None,
    };
    let flushes_at_once = flush != Some("commit") && !changes_flush && choices.flush != FlushMix::Session;
    // With the transaction's own old snapshot, rows that others committed since and that the total rightly contains are
    // not seen; so only a READ COMMITTED transaction can compare what it has not yet committed.
    let checks = flushes_at_once && isolation == "READ COMMITTED";

    // Short transactions are the most: a long one holds so many campaigns that it meets every other one at a lock, and
    // what comes between two unlocked steps is seldom seen.
    let (operations, savepoint_percent) = if changes_flush {
        (3 + dice.below(3), 50)
    } else {
        (dice.pick(&[1, 1, 1, 2, 2, 3, 4, 5]), 20)
    };
    let mut writer = Writer {
        dice,
        choices,
        home: None,
        checks,
        savepoint_percent,
    };
    let mut steps = writer.steps(operations);
    if changes_flush {
        let place = dice.below(steps.len() as u32 + 1) as usize;
        steps.insert(place, Step::SetFlush("statement"));
    }
    let old_snapshot = dice.chance(30);
    let ending = match dice.below(100) {
        0..75 => Ending::Commit,
        75..83 => Ending::RollBack,
        83..95 => Ending::PrepareAndCommit,
        _ => Ending::PrepareAndRollBack,
    };
    Plan {
        isolation,
        flush,
        old_snapshot,
        steps,
        ending,
        flushes_at_once,
    }
}

/// Up to two thousandths of a second, as often none: long enough for another client to come between.
pub fn pause(dice: &mut Dice) -> Duration {
    if dice.chance(50) {
        Duration::ZERO
    } else {
        Duration::from_micros(u64::from(dice.below(2000)))
    }
}

struct Writer<'a> {
    dice: &'a mut Dice,
    choices: &'a Choices<'a>,
    /// The schema most of the transaction is about.
    home: Option<&'static Schema>,
    checks: bool,
    savepoint_percent: u32,
}

impl Writer<'_> {
    /// The operations, some of them inside savepoints.
    fn steps(&mut self, operations: u32) -> Vec<Step> {
        let mut left = operations;
        let mut steps = Vec::new();
        while left > 0 {
            steps.push(Step::Pause(pause(self.dice)));
            if self.dice.chance(self.savepoint_percent) {
                // An operation before a savepoint that is rolled back is the hard case: what it captured must stay. It
                // comes up by itself, because a savepoint may stand at any place.
                let inside = 1 + self.dice.below(left.min(2));
                left -= inside;
                steps.push(self.savepoint(inside));
            } else {
                left -= 1;
                self.operation(&mut steps);
            }
        }
        // Written, perhaps flushed, not yet committed: what the locks are for.
        steps.push(Step::Pause(pause(self.dice)));
        steps
    }

    fn savepoint(&mut self, operations: u32) -> Step {
        let mut steps = Vec::new();
        for index in 0..operations {
            if index > 0 && self.dice.chance(30) {
                steps.push(self.savepoint(1));
            } else {
                self.operation(&mut steps);
            }
            steps.push(Step::Pause(pause(self.dice)));
        }
        let end = match self.dice.below(10) {
            0..5 => SavepointEnd::RollBack,
            5..8 => SavepointEnd::Release,
            _ => SavepointEnd::Leave,
        };
        Step::Savepoint(Savepoint {
            steps,
            end,
            survives_errors: self.dice.chance(70),
        })
    }

    fn operation(&mut self, steps: &mut Vec<Step>) {
        let schemas = self.choices.schemas;
        let home = *self.home.get_or_insert_with(|| self.dice.pick(schemas));
        let schema = if self.dice.chance(85) {
            home
        } else {
            self.dice.pick(schemas)
        };
        steps.push(Step::Do(self.choices.repertoire.choose(self.dice, schema)));
        if self.checks && self.dice.chance(25) {
            steps.push(Step::Check(schema));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choices, Plan, Step, transaction};
    use crate::arguments::FlushMix;
    use crate::dice::Dice;
    use crate::operations::Repertoire;
    use crate::schema::{KEYED, LOOSE};

    fn plans(flush: FlushMix, count: usize) -> Vec<Plan> {
        let schemas = [&KEYED, &LOOSE];
        let repertoire = Repertoire::new(&schemas, true);
        let choices = Choices {
            schemas: &schemas,
            repertoire: &repertoire,
            flush,
        };
        let mut dice = Dice::new(1, 1);
        (0..count).map(|_| transaction(&mut dice, &choices)).collect()
    }

    fn operations(steps: &[Step]) -> usize {
        let count = |step: &Step| match step {
            Step::Do(_) => 1,
            Step::Savepoint(savepoint) => operations(&savepoint.steps),
            _ => 0,
        };
        steps.iter().map(count).sum()
    }

    #[test]
    fn a_transaction_has_one_to_five_operations() {
        for plan in plans(FlushMix::Mixed, 2000) {
            assert!((1..=5).contains(&operations(&plan.steps)), "{plan:?}");
        }
    }

    #[test]
    fn a_transaction_that_flushes_at_commit_checks_nothing_before() {
        for plan in plans(FlushMix::Commit, 2000) {
            assert!(!plan.flushes_at_once);
            assert!(
                !plan.steps.iter().any(|step| matches!(step, Step::Check(_))),
                "{plan:?}"
            );
        }
    }

    #[test]
    fn the_same_dice_give_the_same_plans() {
        let text = |plans: Vec<Plan>| plans.iter().map(|plan| format!("{plan:?}")).collect::<Vec<_>>();
        assert_eq!(text(plans(FlushMix::Mixed, 50)), text(plans(FlushMix::Mixed, 50)));
    }
}
