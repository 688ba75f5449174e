//! What the clients do while deadlocks are counted. Each load is made from dice alone: the same seed gives each contender
//! the same transactions.
//!
//! - clips: what a view tracker does, in no order: two to five clips, each in a statement of its own.
//! - links: the same among decisions (which lock no clip) and links that move to another clip (which lock it);
//! - stress: the random transactions of the stress run, without repairs. They also write campaigns by hand, cascade, are
//!   prepared, and run at all isolation levels.

use std::thread::sleep;

use anyhow::{Result, bail};
use postgres::Client;

use crate::client::Worker;
use crate::control::Control;
use crate::deadlock_counts::Counts;
use crate::dice::Dice;
use crate::plan;
use crate::schema::{self, KEYED, LOOSE, Schema};

const CAMPAIGNS: u32 = 8;
const CLIPS: u32 = 64;
const SUBMISSIONS: u32 = 128;

/// The tables of the first two loads: each clip counts in one campaign, and is pending in another.
const TABLES: &str = r#"
    CREATE TABLE campaigns (id text PRIMARY KEY, title text NOT NULL, spent numeric(10,2) DEFAULT 0);
    CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2) DEFAULT 0) WITH (fillfactor = 50);
    CREATE TABLE clip_submissions (
        id text PRIMARY KEY,
        "campaignId" text NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE ON UPDATE CASCADE,
        "clipId" text REFERENCES clips (id) ON DELETE CASCADE ON UPDATE CASCADE,
        status text DEFAULT 'PENDING') WITH (fillfactor = 50);
    CREATE INDEX ON clip_submissions ("campaignId", status);
    CREATE INDEX ON clip_submissions ("clipId");
"#;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    Clips,
    Links,
    Stress,
}

pub const LOADS: [Load; 3] = [Load::Clips, Load::Links, Load::Stress];

impl Load {
    pub fn name(self) -> &'static str {
        match self {
            Load::Clips => "clips",
            Load::Links => "links",
            Load::Stress => "stress",
        }
    }

    /// The tables that its transactions write, filled, and attached if somebody keeps totals.
    pub fn set_up(self, client: &mut Client, seed: u64, flush: Option<&str>) -> Result<()> {
        if self == Load::Stress {
            // Client numbers begin at 1: number 0 fills the tables.
            let mut dice = Dice::new(seed, 0);
            for schema in stress_schemas() {
                schema.create(client, &mut dice)?;
                if let Some(flush) = flush {
                    schema.attach(client, flush)?;
                }
            }
            return Ok(());
        }
        client.batch_execute(&format!(
            "SET client_min_messages = warning; DROP TABLE IF EXISTS clip_submissions, clips, campaigns;
             {TABLES}
             INSERT INTO campaigns (id, title) SELECT 'c' || i, 'Campaign ' || i FROM generate_series(0, {CAMPAIGNS} - 1) i;
             INSERT INTO clips (id, earnings) SELECT 'k' || i, i FROM generate_series(0, {CLIPS} - 1) i;
             INSERT INTO clip_submissions SELECT 's' || i, 'c' || i * 7 / 8 % {CAMPAIGNS}, 'k' || i % {CLIPS},
                CASE WHEN i < {CLIPS} THEN 'APPROVED' ELSE 'PENDING' END FROM generate_series(0, {SUBMISSIONS} - 1) i;
             ANALYZE campaigns, clips, clip_submissions"
        ))?;
        if let Some(flush) = flush {
            client.execute("SELECT spend_sync_attach(flush => $1)", &[&flush])?;
        }
        Ok(())
    }

    /// Campaigns whose total is not the plain sum.
    pub fn drifted(self, client: &mut Client) -> Result<usize> {
        if self == Load::Stress {
            return Ok(crate::checker::snapshot(client, &stress_schemas(), false)?.drifts.len());
        }
        let drifted = client.query(
            r#"SELECT FROM campaigns c WHERE spent IS DISTINCT FROM
                   (SELECT coalesce(sum(k.earnings), 0) FROM clip_submissions s JOIN clips k ON k.id = s."clipId"
                    WHERE s."campaignId" = c.id AND s.status = 'APPROVED')"#,
            &[],
        )?;
        Ok(drifted.len())
    }

    fn statements(self, dice: &mut Dice) -> Vec<String> {
        let mut statements = Vec::new();
        let clip = |dice: &mut Dice| format!("'k{}'", dice.below(CLIPS));
        for _ in 0..2 + dice.below(4) {
            let submission = format!("'s{}'", dice.below(SUBMISSIONS));
            let kind = if self == Load::Links { dice.below(4) } else { 0 };
            statements.push(match kind {
                0 | 1 => format!("UPDATE clips SET earnings = {} WHERE id = {}", dice.money(), clip(dice)),
                2 => {
                    let status = dice.pick(&schema::STATUSES);
                    format!("UPDATE clip_submissions SET status = '{status}' WHERE id = {submission}")
                }
                _ => {
                    let clip = clip(dice);
                    format!("UPDATE clip_submissions SET \"clipId\" = {clip} WHERE id = {submission}")
                }
            });
        }
        statements
    }
}

pub fn stress_schemas() -> [&'static Schema; 2] {
    [&KEYED, &LOOSE]
}

/// One client of the first two loads. A victim tries the same transaction again until it commits, as an application does.
pub fn write(load: Load, mut client: Client, mut dice: Dice, control: &Control) -> Result<Counts> {
    let mut counts = Counts::default();
    while !control.stopped() {
        let statements = load.statements(&mut dice);
        while let Err(error) = attempt(&mut client, &statements, &mut dice) {
            match error.code().map(|state| state.code()) {
                Some("40P01") => counts.deadlocks += 1,
                _ => bail!("{error:#?}"),
            }
            client.batch_execute("ROLLBACK")?;
            if control.stopped() {
                return Ok(counts);
            }
        }
        counts.commits += 1;
        control.transaction_ended();
    }
    Ok(counts)
}

fn attempt(client: &mut Client, statements: &[String], dice: &mut Dice) -> Result<(), postgres::Error> {
    client.batch_execute("BEGIN")?;
    for statement in statements {
        client.batch_execute(statement)?;
        sleep(plan::pause(dice));
    }
    client.batch_execute("COMMIT")
}

/// One client of the stress run's load. Savepoints survive some of its deadlocks.
pub fn write_as_stress(worker: Worker) -> Counts {
    let tally = worker.run();
    Counts {
        commits: tally.committed(),
        deadlocks: tally.errors.get("40P01").copied().unwrap_or(0),
    }
}
