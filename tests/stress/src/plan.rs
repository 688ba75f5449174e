//! A random transaction, thought out before it is run: the same dice give the same plan whatever the others do.

use std::time::Duration;

use crate::dice::Dice;
use crate::operations::{Operation, Repertoire};
use crate::orphan_operations;
use crate::schema::{Schema, Shape};
use crate::totals::Total;

pub const ISOLATION_LEVELS: [&str; 3] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];

#[derive(Clone, Debug)]
pub enum Step {
    Pause(Duration),
    Do(Operation),
    /// Compare spent with the sum, in one snapshot, inside the transaction.
    Check(&'static Total),
    /// IMMEDIATE or DEFERRED, from here on.
    SetMoment(&'static str),
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

impl Ending {
    pub fn commits(self) -> bool {
        matches!(self, Ending::Commit | Ending::PrepareAndCommit)
    }

    fn unprepared(self) -> Ending {
        match self {
            Ending::Commit | Ending::PrepareAndCommit => Ending::Commit,
            Ending::RollBack | Ending::PrepareAndRollBack => Ending::RollBack,
        }
    }
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
    /// IMMEDIATE or DEFERRED, from the start; None: as the totals were attached.
    pub moment: Option<&'static str>,
    /// Take the snapshot, then wait: at REPEATABLE READ and SERIALIZABLE everything after is older than what others
    /// commit.
    pub old_snapshot: bool,
    pub steps: Vec<Step>,
    pub ending: Ending,
    /// The totals of which nothing is left to the commit: a repair must find nothing to repair.
    pub at_once: Vec<&'static Total>,
}

/// What the dice may choose from.
pub struct Choices<'a> {
    pub schemas: &'a [&'static Schema],
    pub repertoire: &'a Repertoire,
    /// The names of the totals that are brought up at commit.
    pub at_commit: &'a [String],
    /// Whether transactions choose the moment themselves, and compare totals amid.
    pub chooses_moment: bool,
    /// Whether the tables can be read at whatever moment the server ends: a TRUNCATE that a crash leaves prepared keeps
    /// every reader waiting, and so whoever checks what the crash left.
    pub stays_readable: bool,
}

pub fn transaction(dice: &mut Dice, choices: &Choices) -> Plan {
    let isolation = dice.pick(&ISOLATION_LEVELS);
    // Writes left to the commit, then a savepoint that brings them up, then that savepoint rolled back.
    let changes_moment = choices.chooses_moment && dice.chance(15);
    let moment = match choices.chooses_moment && !changes_moment {
        true => dice.pick(&[None, None, Some("DEFERRED"), Some("IMMEDIATE")]),
        false => None,
    };
    let at_once = totals_at_once(choices, moment);

    // Short transactions are the most: a long one holds so many campaigns that it meets every other one at a lock, and
    // what comes between two unlocked steps is seldom seen.
    let (operations, savepoint_percent) = if changes_moment {
        (3 + dice.below(3), 50)
    } else {
        (dice.pick(&[1, 1, 1, 2, 2, 3, 4, 5]), 20)
    };
    let mut writer = Writer {
        dice,
        choices,
        home: None,
        // With the transaction's own old snapshot, rows that others committed since and that the total rightly contains
        // are not seen; so only a READ COMMITTED transaction can compare what it has not yet committed.
        checked: if isolation == "READ COMMITTED" { &at_once } else { &[] },
        savepoint_percent,
        changes_moment,
    };
    let mut steps = writer.steps(operations);
    writer.settle(&mut steps);
    let home = writer.home;
    if changes_moment {
        for moment in ["IMMEDIATE", "DEFERRED"] {
            let place = dice.below(steps.len() as u32 + 1) as usize;
            steps.insert(place, Step::SetMoment(moment));
        }
    }
    if isolation == "READ COMMITTED" && choices.chooses_moment && dice.chance(40) {
        steps.push(Step::SetMoment("IMMEDIATE"));
        steps.extend(home.iter().flat_map(|home| home.totals).map(Step::Check));
    }
    let old_snapshot = dice.chance(30);
    let ending = match dice.below(100) {
        0..75 => Ending::Commit,
        75..83 => Ending::RollBack,
        83..95 => Ending::PrepareAndCommit,
        _ => Ending::PrepareAndRollBack,
    };
    let ending = match choices.stays_readable && steps.iter().any(truncates) {
        true => ending.unprepared(),
        false => ending,
    };
    Plan {
        isolation,
        moment,
        old_snapshot,
        steps,
        ending,
        at_once,
    }
}

fn truncates(step: &Step) -> bool {
    match step {
        Step::Do(operation) => operation.sql.contains("TRUNCATE"),
        Step::Savepoint(savepoint) => savepoint.steps.iter().any(truncates),
        _ => false,
    }
}

/// Writes in replica mode are left to the commit, whatever their total's moment: no statement trigger fires in apply.
fn totals_at_once(choices: &Choices, moment: Option<&str>) -> Vec<&'static Total> {
    let mut totals = Vec::new();
    for schema in choices.schemas {
        for total in schema.totals {
            let waits = schema.shape == Shape::Orphans || choices.at_commit.contains(&total.name());
            if choices.chooses_moment && (!waits || moment == Some("IMMEDIATE")) {
                totals.push(total);
            }
        }
    }
    totals
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
    /// The totals that are compared amid.
    checked: &'a [&'static Total],
    savepoint_percent: u32,
    changes_moment: bool,
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

    /// Links without rows would end most transactions over deferred keys.
    fn settle(&mut self, steps: &mut Vec<Step>) {
        let Some(home) = self.home.filter(|home| home.shape == Shape::Deferred) else {
            return;
        };
        if self.dice.chance(75) {
            let operation = self
                .choices
                .repertoire
                .named(orphan_operations::SETTLE, self.dice, home);
            steps.extend(operation.map(Step::Do));
        }
    }

    fn savepoint(&mut self, operations: u32) -> Step {
        let mut steps = Vec::new();
        for index in 0..operations {
            if index > 0 && self.dice.chance(30) {
                steps.push(self.savepoint(1));
            } else {
                self.operation(&mut steps);
            }
            if self.changes_moment && self.dice.chance(30) {
                steps.push(Step::SetMoment("IMMEDIATE"));
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
        for total in schema.totals {
            if self.checked.contains(&total) && self.dice.chance(25) {
                steps.push(Step::Check(total));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choices, Ending, Plan, Step, transaction, truncates};
    use crate::dice::Dice;
    use crate::operations::Repertoire;
    use crate::schema::{KEYED, LOOSE};

    fn plans(at_commit: &[String], count: usize) -> Vec<Plan> {
        plans_of(at_commit, false, count)
    }

    fn plans_of(at_commit: &[String], stays_readable: bool, count: usize) -> Vec<Plan> {
        let schemas = [&KEYED, &LOOSE];
        let repertoire = Repertoire::new(&schemas, true);
        let choices = Choices {
            schemas: &schemas,
            repertoire: &repertoire,
            at_commit,
            chooses_moment: true,
            stays_readable,
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
        for plan in plans(&[LOOSE.totals[0].name()], 2000) {
            assert!((1..=5).contains(&operations(&plan.steps)), "{plan:?}");
        }
    }

    #[test]
    fn what_waits_for_the_commit_is_not_checked_before() {
        let waiting = LOOSE.totals[0].name();
        let (at_once, waits) = (&KEYED.totals[0], &LOOSE.totals[0]);
        let is_check_of_waiting =
            |plan: &Plan, step: &Step| matches!(step, Step::Check(total) if !plan.at_once.contains(total));
        for plan in plans(&[waiting], 2000) {
            // What stands after the last SET CONSTRAINTS waits no more.
            let moments = plan.steps.iter().rposition(|step| matches!(step, Step::SetMoment(_)));
            let before = &plan.steps[..moments.unwrap_or(plan.steps.len())];
            assert!(plan.at_once.contains(&at_once));
            assert!(plan.moment == Some("IMMEDIATE") || !plan.at_once.contains(&waits));
            assert!(!before.iter().any(|step| is_check_of_waiting(&plan, step)), "{plan:?}");
        }
    }

    #[test]
    fn no_prepared_truncate_where_tables_stay_readable() {
        let prepares = |plan: &Plan| matches!(plan.ending, Ending::PrepareAndCommit | Ending::PrepareAndRollBack);
        let prepared_truncates = |stays_readable| {
            plans_of(&[], stays_readable, 20_000)
                .iter()
                .filter(|plan| prepares(plan) && plan.steps.iter().any(truncates))
                .count()
        };
        assert!(prepared_truncates(false) > 0);
        assert_eq!(prepared_truncates(true), 0);
    }

    #[test]
    fn the_same_dice_give_the_same_plans() {
        let text = |plans: Vec<Plan>| plans.iter().map(|plan| format!("{plan:?}")).collect::<Vec<_>>();
        assert_eq!(text(plans(&[], 50)), text(plans(&[], 50)));
    }
}
