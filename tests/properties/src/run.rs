//! A program, run against the server and the model; what must agree is compared after each transaction, and where totals
//! are brought up by each statement, after that too.

use std::collections::BTreeMap;

use crate::amount::{Amount, OUT_OF_RANGE};
use crate::model::{Model, NOT_THERE, StoredLink};
use crate::program::{Program, Step, Transaction, Write};
use crate::session::{Row, ServerError, Session};
use crate::shape::{Flush, Shape};
use crate::sql;

/// What must agree did not; the statements are in the session's trace.
pub type Disagreement = String;

/// How often what a run is there for came about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub programs: u64,
    pub statements: u64,
    /// By PostgreSQL: a value, a key or a link that cannot be.
    pub refused: u64,
    /// By the extension: a total that cannot be stored.
    pub impossible: u64,
}

pub struct Run<'a> {
    pub shape: &'a Shape,
    pub program: &'a Program,
    pub session: &'a mut Session,
    pub model: Model,
    pub tally: &'a mut Tally,
}

/// Runs a program on tables that are empty, in a session that is new.
pub fn run(shape: &Shape, program: &Program, session: &mut Session, tally: &mut Tally) -> Result<(), Disagreement> {
    tally.programs += 1;
    session.must(&shape.clearing())?;
    let mut run = Run {
        shape,
        program,
        session,
        model: Model::default(),
        tally,
    };
    run.fill()?;
    for transaction in &program.transactions {
        run.transaction(transaction)?;
    }
    run.nothing_is_left_to_do()
}

impl Run<'_> {
    fn fill(&mut self) -> Result<(), Disagreement> {
        let program = self.program;
        for campaign in 0..program.campaigns.len() {
            self.write(&Write::Campaign(campaign, None, None), true)?;
        }
        for write in [
            Write::Clips(program.earnings.clone()),
            Write::Links(program.links.clone()),
        ] {
            self.write(&write, true)?;
        }
        self.compare_tables()
    }

    fn transaction(&mut self, transaction: &Transaction) -> Result<(), Disagreement> {
        let before = self.model.clone();
        self.session.must(&format!(
            "SET spend_sync.recompute_interval = {}; BEGIN ISOLATION LEVEL {}",
            transaction.recompute_interval, transaction.isolation
        ))?;
        if transaction.at_once {
            self.session.must("SET CONSTRAINTS ALL IMMEDIATE")?;
        }
        let is_alive = self.steps(transaction)?;
        if is_alive && transaction.commit {
            self.commit(&before)?;
        } else {
            self.session.must("ROLLBACK")?;
            self.model = before;
        }
        self.compare_tables()
    }

    /// Whether the transaction can still commit.
    fn steps(&mut self, transaction: &Transaction) -> Result<bool, Disagreement> {
        let at_once = transaction.at_once || self.shape.flush == Flush::Statement;
        for step in &transaction.steps {
            match step {
                Step::Write(write) => {
                    if !self.write(write, at_once)? {
                        return Ok(false);
                    }
                }
                Step::Nested { writes, keep } => self.nested(writes, *keep, at_once)?,
            }
        }
        Ok(true)
    }

    fn nested(&mut self, writes: &[Write], keep: bool, at_once: bool) -> Result<(), Disagreement> {
        let before = self.model.clone();
        self.session.must("SAVEPOINT s")?;
        let mut is_alive = true;
        for write in writes {
            is_alive = is_alive && self.write(write, at_once)?;
        }
        if is_alive && keep {
            self.session.must("RELEASE s")?;
        } else {
            self.session.must("ROLLBACK TO s; RELEASE s")?;
            self.model = before;
        }
        if at_once {
            self.compare_totals()?;
        }
        Ok(())
    }

    fn commit(&mut self, before: &Model) -> Result<(), Disagreement> {
        let impossible = self.model.impossible(self.shape);
        let result = self.session.ask("COMMIT");
        match result {
            Ok(_) if impossible.is_empty() => Ok(()),
            Ok(_) => Err(format!(
                "committed, although these totals cannot be stored: {impossible:?}"
            )),
            Err(error) => {
                self.model = before.clone();
                self.is_told(&error, &impossible)
            }
        }
    }

    /// Runs one statement; false: it failed, as it must.
    fn write(&mut self, write: &Write, at_once: bool) -> Result<bool, Disagreement> {
        let Some(write) = self.effective(write) else {
            return Ok(true);
        };
        self.tally.statements += 1;
        let after = self.model.after(self.shape, self.program, &write);
        let result = self.session.ask(&sql::statement(self.shape, self.program, &write));
        match (after, result) {
            (Err(code), Err(error)) if error.code == code && !is_about_total(&error) => {
                self.tally.refused += 1;
                Ok(false)
            }
            // What is brought up amid a statement of several rows comes before the foreign keys of the later ones are looked at.
            (Err(NOT_THERE), Err(error)) if at_once && error.code == OUT_OF_RANGE && is_about_total(&error) => {
                self.tally.refused += 1;
                Ok(false)
            }
            (Err(code), result) => Err(format!("must fail with {code}, not {result:?}")),
            (Ok(after), result) => {
                let impossible = if at_once {
                    after.impossible(self.shape)
                } else {
                    BTreeMap::new()
                };
                match result {
                    Err(error) => self.is_told(&error, &impossible).map(|()| false),
                    Ok(_) if !impossible.is_empty() => Err(format!(
                        "passed, although these totals cannot be stored: {impossible:?}"
                    )),
                    Ok(_) => {
                        self.model = after;
                        if at_once {
                            self.compare_totals()?;
                        }
                        Ok(true)
                    }
                }
            }
        }
    }

    /// A statement that would change no row may be refused for its values or not: it is left out.
    fn effective(&self, write: &Write) -> Option<Write> {
        let (program, model) = (self.program, &self.model);
        match write {
            Write::Earnings(values) => {
                let mut values = values.clone();
                values.retain(|clip, _| model.clips.contains_key(&program.clips[*clip]));
                (!values.is_empty()).then_some(Write::Earnings(values))
            }
            Write::EveryEarning(_) if model.clips.is_empty() => None,
            Write::Clips(values) if values.is_empty() => None,
            Write::Links(links) if links.is_empty() => None,
            Write::Spent(campaign, _) if !model.campaigns.contains_key(&program.campaigns[*campaign]) => None,
            write => Some(write.clone()),
        }
    }

    /// An error must be about one of the totals that cannot be stored, and say which, and what it would be.
    fn is_told(&mut self, error: &ServerError, impossible: &BTreeMap<String, Amount>) -> Result<(), Disagreement> {
        self.tally.impossible += 1;
        let is_named = |(key, total): (&String, &Amount)| {
            error.message == format!("the total of campaign \"{key}\" cannot be stored")
                && told_total(&error.detail).as_ref() == Some(total)
        };
        let kind = format!(
            "column spent of {} is of type {}.",
            self.shape.campaigns(),
            self.shape.spent.name()
        );
        if error.code == OUT_OF_RANGE && impossible.iter().any(is_named) && error.detail.ends_with(&kind) {
            return Ok(());
        }
        Err(format!("failed with {error:?}\nimpossible are {impossible:?}"))
    }

    fn compare_totals(&mut self) -> Result<(), Disagreement> {
        let rows = self
            .session
            .must("SELECT id::text, spent::numeric::text FROM campaigns")?;
        self.session.trace.pop();
        let read = |row: &Row| (text(row, 0), row[1].as_deref().and_then(Amount::parse));
        let found: BTreeMap<String, Option<Amount>> = rows.iter().map(read).collect();
        same("totals", &found, &self.model.spent(self.shape))
    }

    /// All of it: a write that failed must have changed nothing.
    fn compare_tables(&mut self) -> Result<(), Disagreement> {
        self.compare_totals()?;
        let clips = self
            .session
            .must("SELECT id::text, earnings::numeric::text FROM clips")?;
        let links = self
            .session
            .must("SELECT id::text, campaign_id::text, clip_id::text, status FROM links")?;
        self.session.trace.truncate(self.session.trace.len() - 2);
        let clip = |row: &Row| (text(row, 0), row[1].as_deref().and_then(Amount::parse));
        same("clips", &clips.iter().map(clip).collect(), &self.model.clips)?;
        let link = |(number, (campaign, clip, status)): (&usize, &StoredLink)| {
            let status = status.map(str::to_owned);
            (number.to_string(), vec![campaign.clone(), clip.clone(), status])
        };
        let found: BTreeMap<String, Row> = links.iter().map(|row| (text(row, 0), row[1..].to_vec())).collect();
        same("links", &found, &self.model.links.iter().map(link).collect())
    }

    /// The preview agrees, and nobody has found drift where there was none.
    fn nothing_is_left_to_do(&mut self) -> Result<(), Disagreement> {
        let name = self.shape.campaigns();
        let needed = self.session.must(&format!(
            "SELECT * FROM spend_sync_status('{name}') WHERE needs_sync OR difference <> 0"
        ))?;
        let drift = self.session.must(&format!(
            "SELECT * FROM spend_sync.correction WHERE campaigns = '{name}'::regclass"
        ))?;
        match (needed.as_slice(), drift.as_slice()) {
            ([], []) => Ok(()),
            _ => Err(format!("status finds {needed:?}, the log says {drift:?}")),
        }
    }
}

fn text(row: &Row, column: usize) -> String {
    row[column].clone().unwrap_or_default()
}

fn same<T: std::fmt::Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Result<(), Disagreement> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} are\n  {found:?}\nmust be\n  {expected:?}"))
}

fn is_about_total(error: &ServerError) -> bool {
    error.message.starts_with("the total of campaign")
}

/// The total that an error's detail speaks of.
fn told_total(detail: &str) -> Option<Amount> {
    let rest = detail.strip_prefix("Its approved clips earned ")?;
    Amount::parse(rest.split_once(" in all;")?.0)
}
