//! What happened, counted: the summary, and whether enough happened for it to mean anything.

use std::collections::BTreeMap;

use crate::plan::{ENDINGS, Ending, ISOLATION_LEVELS, Plan};

/// A run in which less than this happened has tested nothing.
pub const COMMITS_MIN: u64 = 200;
const COMMITS_PER_ISOLATION_LEVEL_MIN: u64 = 20;
const SNAPSHOTS_MIN: u64 = 50;
const SNAPSHOTS_CHANGED_MIN: u64 = 25;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Transactions that ended as planned, by isolation level and ending.
    pub ended: BTreeMap<(&'static str, Ending), u64>,
    /// Transactions given up after an expected error.
    pub given_up: u64,
    /// Savepoints rolled back after an expected error.
    pub survived: u64,
    /// Expected errors by SQLSTATE.
    pub errors: BTreeMap<String, u64>,
    /// Operations done without an error, by kind.
    pub done: BTreeMap<usize, u64>,
    /// Comparisons inside writing transactions.
    pub checks: u64,
    /// Of them, and of repairs, those that found drift.
    pub checks_drifted: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Snapshots {
    pub checked: u64,
    /// Those in which some total was another than in the snapshot before.
    pub changed: u64,
    pub status_compared: u64,
    pub drifted: u64,
}

impl Tally {
    pub fn end(&mut self, plan: &Plan) {
        *self.ended.entry((plan.isolation, plan.ending)).or_default() += 1;
    }

    pub fn merge(&mut self, other: Tally) {
        other
            .ended
            .into_iter()
            .for_each(|(key, count)| *self.ended.entry(key).or_default() += count);
        other
            .errors
            .into_iter()
            .for_each(|(key, count)| *self.errors.entry(key).or_default() += count);
        other
            .done
            .into_iter()
            .for_each(|(key, count)| *self.done.entry(key).or_default() += count);
        self.given_up += other.given_up;
        self.survived += other.survived;
        self.checks += other.checks;
        self.checks_drifted += other.checks_drifted;
    }

    fn count(&self, counts: impl Fn(&str, Ending) -> bool) -> u64 {
        self.ended
            .iter()
            .filter(|((isolation, ending), _)| counts(isolation, *ending))
            .map(|(_, count)| count)
            .sum()
    }

    pub fn committed(&self) -> u64 {
        self.count(|_, ending| ending.commits())
    }

    /// Why the run says nothing, one line a reason; none if enough happened.
    pub fn too_little(&self, snapshots: &Snapshots, kinds: &[&str]) -> Vec<String> {
        let mut reasons = Vec::new();
        let mut at_least = |what: &str, count: u64, minimum: u64| {
            if count < minimum {
                reasons.push(format!("{what}: {count}, of at least {minimum}"));
            }
        };
        at_least("transactions committed", self.committed(), COMMITS_MIN);
        at_least("snapshots checked", snapshots.checked, SNAPSHOTS_MIN);
        at_least(
            "snapshots in which a total had changed",
            snapshots.changed,
            SNAPSHOTS_CHANGED_MIN,
        );
        for level in ISOLATION_LEVELS {
            let committed = self.count(|isolation, ending| isolation == level && ending.commits());
            at_least(
                &format!("committed at {level}"),
                committed,
                COMMITS_PER_ISOLATION_LEVEL_MIN,
            );
        }
        for ending in ENDINGS {
            at_least(
                &format!("ended by {ending:?}"),
                self.count(|_, ended| ended == ending),
                1,
            );
        }
        for (kind, name) in kinds.iter().enumerate() {
            at_least(&format!("done '{name}'"), self.done.get(&kind).copied().unwrap_or(0), 1);
        }
        reasons
    }

    pub fn print(&self, snapshots: &Snapshots, seconds: f64) {
        let (committed, done) = (self.committed(), self.done.values().sum::<u64>());
        let ended = |ending| self.count(|_, ended| ended == ending);
        println!(
            "transactions: {committed} committed ({} prepared), {} rolled back ({} prepared), {} given up after an error; \
             {:.0} commits and {:.0} operations a second",
            ended(Ending::PrepareAndCommit),
            ended(Ending::RollBack) + ended(Ending::PrepareAndRollBack),
            ended(Ending::PrepareAndRollBack),
            self.given_up,
            committed as f64 / seconds,
            done as f64 / seconds,
        );
        let levels: Vec<_> = ISOLATION_LEVELS
            .iter()
            .map(|level| {
                format!(
                    "{} {level}",
                    self.count(|isolation, ending| isolation == *level && ending.commits())
                )
            })
            .collect();
        println!("committed: {}", levels.join(", "));
        let errors: Vec<_> = self
            .errors
            .iter()
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        println!(
            "expected errors: {}; {} survived by a savepoint",
            errors.join(", "),
            self.survived
        );
        println!(
            "checks inside transactions: {}, {} drifted (repairs that found drift included)",
            self.checks, self.checks_drifted
        );
        println!(
            "snapshots: {} checked ({} with a changed total, {} against spend_sync_status), {} drifted",
            snapshots.checked, snapshots.changed, snapshots.status_compared, snapshots.drifted
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Snapshots, Tally};

    #[test]
    fn an_empty_run_is_too_little() {
        let reasons = Tally::default().too_little(&Snapshots::default(), &["clip: earnings"]);
        assert!(
            reasons
                .iter()
                .any(|reason| reason == "transactions committed: 0, of at least 200"),
            "{reasons:?}"
        );
        assert!(
            reasons
                .iter()
                .any(|reason| reason == "done 'clip: earnings': 0, of at least 1"),
            "{reasons:?}"
        );
    }
}
