//! One client: runs random transactions until told to stop.

use std::thread::sleep;

use postgres::{Client, Error};

use crate::control::Control;
use crate::dice::Dice;
use crate::operations::Operation;
use crate::oracle::{self, Drift, Findings};
use crate::plan::{self, Choices, Ending, Plan, Savepoint, SavepointEnd, Step};
use crate::tally::Tally;
use crate::totals::Total;

/// What a conflict that cannot be resolved ends in; anything may provoke it.
const RETRYABLE: [&str; 2] = ["40001", "40P01"];

/// Names of prepared transactions begin so: what a broken run left is found by it.
pub const PREPARED_PREFIX: &str = "spend_sync_stress_";

/// The most drifts a client describes.
const DESCRIBED_MAX: u64 = 10;

enum Trouble {
    /// An error the operation may provoke: counted; the transaction, or a savepoint that survives it, is rolled back.
    Expected,
    /// The server is gone, as it was meant to be: nothing more can be said to it.
    Cut,
    /// Anything else, in full.
    Unexpected(String),
}

pub struct Worker<'a> {
    pub number: u32,
    pub client: Client,
    pub dice: Dice,
    pub choices: Choices<'a>,
    pub control: &'a Control,
    pub tally: Tally,
    /// The statements of the running transaction, for whoever has to understand a failure.
    pub trace: Vec<String>,
}

/// Brings the moment.
fn set_moment(moment: &str) -> String {
    format!("SET CONSTRAINTS ALL {moment}")
}

impl Worker<'_> {
    pub fn run(mut self) -> Tally {
        let mut transactions: u64 = 0;
        while !self.control.stopped() {
            transactions += 1;
            let plan = plan::transaction(&mut self.dice, &self.choices);
            // These names belong to the whole server: another run may be in another database.
            let name = format!("{PREPARED_PREFIX}{}_{}_{transactions}", std::process::id(), self.number);
            self.trace.clear();
            let outcome = match self.attempt(&plan, &name) {
                Ok(()) => {
                    self.tally.end(&plan);
                    if plan.ending.commits() {
                        self.control.transaction_committed();
                    }
                    Ok(())
                }
                Err(Trouble::Expected) => {
                    self.tally.given_up += 1;
                    self.execute("ROLLBACK", &[])
                }
                Err(unexpected) => Err(unexpected),
            };
            if let Err(Trouble::Unexpected(text)) = outcome {
                self.control.fail(text);
            }
            self.control.transaction_ended();
        }
        self.tally
    }

    fn attempt(&mut self, plan: &Plan, name: &str) -> Result<(), Trouble> {
        let moment = plan
            .moment
            .map(|moment| format!("; {}", set_moment(moment)))
            .unwrap_or_default();
        self.execute(&format!("BEGIN ISOLATION LEVEL {}{moment}", plan.isolation), &[])?;
        if plan.old_snapshot {
            // Takes the snapshot and gives no row.
            self.execute("SELECT 1 WHERE false", &[])?;
        }
        self.steps(&plan.steps, plan, 0)?;
        match plan.ending {
            Ending::Commit => {
                let expected = self.commit_provokes();
                self.execute("COMMIT", &expected)
            }
            Ending::RollBack => self.execute("ROLLBACK", &[]),
            Ending::PrepareAndCommit => self.prepare_and(&format!("COMMIT PREPARED '{name}'"), name),
            Ending::PrepareAndRollBack => self.prepare_and(&format!("ROLLBACK PREPARED '{name}'"), name),
        }
    }

    /// Once prepared, a transaction can always be committed: no error is expected then.
    fn prepare_and(&mut self, end: &str, name: &str) -> Result<(), Trouble> {
        let mut expected = self.commit_provokes();
        // Neither a cursor that outlives its transaction nor postgres_fdw can be prepared.
        if self.traced("WITH HOLD") || self.traced("stress_meddled.") {
            expected.push("0A000");
        }
        self.execute(&format!("PREPARE TRANSACTION '{name}'"), &expected)?;
        sleep(plan::pause(&mut self.dice));
        self.execute(end, &[])
    }

    /// What the commit, or whatever brings its checks forward, may end in after the transaction's statements.
    fn commit_provokes(&self) -> Vec<&'static str> {
        let written = self.choices.schemas.iter().filter(|schema| self.traced(schema.name));
        let provoked = written.flat_map(|schema| schema.provokes());
        RETRYABLE.iter().chain(provoked).copied().collect()
    }

    fn traced(&self, text: &str) -> bool {
        self.trace.iter().any(|statement| statement.contains(text))
    }

    fn steps(&mut self, steps: &[Step], plan: &Plan, depth: u32) -> Result<(), Trouble> {
        for step in steps {
            match step {
                Step::Pause(duration) => sleep(*duration),
                Step::Do(operation) => self.operation(operation, plan)?,
                Step::Check(total) => self.check(total)?,
                Step::SetMoment(moment) => {
                    let expected = self.commit_provokes();
                    self.execute(&set_moment(moment), &expected)?;
                }
                Step::Savepoint(savepoint) => self.savepoint(savepoint, plan, depth + 1)?,
            }
        }
        Ok(())
    }

    fn savepoint(&mut self, savepoint: &Savepoint, plan: &Plan, depth: u32) -> Result<(), Trouble> {
        self.execute(&format!("SAVEPOINT s{depth}"), &[])?;
        match self.steps(&savepoint.steps, plan, depth) {
            Err(Trouble::Expected) if savepoint.survives_errors => {
                self.tally.survived += 1;
                return self.execute(&format!("ROLLBACK TO s{depth}"), &[]);
            }
            outcome => outcome?,
        }
        match savepoint.end {
            SavepointEnd::RollBack => self.execute(&format!("ROLLBACK TO s{depth}"), &[]),
            SavepointEnd::Release => self.execute(&format!("RELEASE s{depth}"), &[]),
            SavepointEnd::Leave => Ok(()),
        }
    }

    /// The rows of an operation are what a repair found: nothing, unless the transaction has left something to its
    /// commit.
    fn operation(&mut self, operation: &Operation, plan: &Plan) -> Result<(), Trouble> {
        let kind = self.choices.repertoire.kinds[operation.kind];
        // Where there is no foreign key, none can be violated.
        let impossible = |code: &str| operation.schema.is_loose() && code == "23503";
        // A repair first brings up all that is owed, of whatever schema.
        let anywhere = self.commit_provokes();
        let expected = |code: &str| {
            anywhere.contains(&code)
                || operation.schema.provokes().contains(&code)
                || (kind.provokes.contains(&code) && !impossible(code))
        };
        let mut findings = self.ask(&operation.sql, expected)?;
        *self.tally.done.entry(operation.kind).or_default() += 1;
        // A finding begins with what it is, then the total's name.
        let is_of = |drift: &Drift, total: &Total| drift.campaign.contains(&format!(" {}.", total.name()));
        findings
            .drifts
            .retain(|drift| plan.at_once.iter().any(|total| is_of(drift, total)));
        self.report(&findings);
        Ok(())
    }

    /// Inside the writing transaction every campaign agrees after each statement: those it wrote, because it holds
    /// their locks; the others, because what is committed agrees.
    fn check(&mut self, total: &Total) -> Result<(), Trouble> {
        let findings = self.ask(&oracle::spent_query(total), |code| RETRYABLE.contains(&code))?;
        self.tally.checks += 1;
        self.report(&findings);
        Ok(())
    }

    fn report(&mut self, findings: &Findings) {
        if findings.drifts.is_empty() {
            return;
        }
        self.tally.checks_drifted += 1;
        if self.tally.checks_drifted > DESCRIBED_MAX {
            return;
        }
        for drift in &findings.drifts {
            eprintln!(
                "DRIFT inside a transaction of client {}: {}: recorded {}, actual {}, after:\n    {}",
                self.number,
                drift.campaign,
                drift.recorded,
                drift.actual,
                self.trace.join(";\n    ")
            );
        }
    }

    fn execute(&mut self, sql: &str, expected: &[&str]) -> Result<(), Trouble> {
        self.ask(sql, |code| expected.contains(&code)).map(|_| ())
    }

    fn ask(&mut self, sql: &str, expected: impl Fn(&str) -> bool) -> Result<Findings, Trouble> {
        self.trace.push(sql.to_owned());
        oracle::ask(&mut self.client, sql).map_err(|error| self.trouble(&error, expected))
    }

    fn trouble(&mut self, error: &Error, expected: impl Fn(&str) -> bool) -> Trouble {
        if self.control.cut_by(error) {
            return Trouble::Cut;
        }
        let code = error.code().map_or("none", |state| state.code());
        self.trace.push(format!("-- {code}"));
        if expected(code) {
            *self.tally.errors.entry(code.to_owned()).or_default() += 1;
            return Trouble::Expected;
        }
        Trouble::Unexpected(format!(
            "client {}: unexpected error {code}\n{error:#?}\nafter:\n    {}",
            self.number,
            self.trace.join(";\n    ")
        ))
    }
}
