//! What commands on tables that are not bound take longer beside many bindings, and what attach takes there. With the event triggers
//! disabled is what they take by themselves.

use std::time::Instant;

use anyhow::Result;
use postgres::Client;

use crate::arguments::Arguments;
use crate::contenders::Contender;
use crate::run;
use crate::section::{Line, Section};
use crate::statistics::median;
use crate::work::{Target, Work};

/// How often each command is given in a round, there and back.
const TIMES: usize = 30;

/// A command, and what takes it back.
const COMMANDS: [(&str, [&str; 2]); 7] = [
    (
        "RENAME COLUMN",
        [
            "ALTER TABLE ddl.other RENAME a TO b",
            "ALTER TABLE ddl.other RENAME b TO a",
        ],
    ),
    (
        "ALTER COLUMN TYPE",
        [
            "ALTER TABLE ddl.other ALTER a TYPE bigint",
            "ALTER TABLE ddl.other ALTER a TYPE int",
        ],
    ),
    (
        "RENAME VALUE of an enum",
        [
            "ALTER TYPE ddl.state RENAME VALUE 'a' TO 'b'",
            "ALTER TYPE ddl.state RENAME VALUE 'b' TO 'a'",
        ],
    ),
    (
        "RENAME of a schema",
        [
            "ALTER SCHEMA ddl_one RENAME TO ddl_two",
            "ALTER SCHEMA ddl_two RENAME TO ddl_one",
        ],
    ),
    (
        "CREATE, DROP SCHEMA",
        ["CREATE SCHEMA ddl_empty", "DROP SCHEMA ddl_empty"],
    ),
    (
        "CREATE, DROP TABLE",
        ["CREATE TABLE ddl.table (a int)", "DROP TABLE ddl.table"],
    ),
    (
        "CREATE, DROP of a partition",
        [
            "CREATE TABLE ddl.part PARTITION OF ddl.parted FOR VALUES IN (1)",
            "DROP TABLE ddl.part",
        ],
    ),
];

const SETUP: &str = "
    CREATE EXTENSION IF NOT EXISTS spend_sync;
    CREATE SCHEMA ddl;
    CREATE SCHEMA ddl_one;
    CREATE TYPE ddl.state AS ENUM ('a');
    CREATE TABLE ddl.referenced (id int PRIMARY KEY);
    CREATE TABLE ddl.other (a int, c int REFERENCES ddl.referenced);
    CREATE TABLE ddl.parted (a int) PARTITION BY LIST (a)";

pub fn measure(arguments: &Arguments, client: &mut Client, work: &Work, bindings: u32) -> Result<Section> {
    client.batch_execute(SETUP)?;
    for number in 1..=bindings {
        bind(client, number)?;
    }
    let mut lines = Vec::new();
    for (name, _) in COMMANDS {
        lines.push(Line::new(
            &format!("{name}, event triggers disabled"),
            None,
            Target::None,
        ));
        lines.push(Line::new(name, Some(Contender::SpendSync), work.target));
    }
    let mut attach = Line::new(
        "spend_sync_attach() of three empty tables",
        Some(Contender::SpendSync),
        Target::Milliseconds(20.0),
    );
    for round in 0..arguments.rounds {
        let mut session = run::connect(arguments)?;
        for (pair, (_, commands)) in lines.chunks_mut(2).zip(COMMANDS) {
            let [alone, ours] = pair else { continue };
            fire(client, "DISABLE")?;
            let base = median_of(&mut session, &commands)?;
            fire(client, "ENABLE")?;
            let ms = median_of(&mut session, &commands)?;
            for (line, value) in [(alone, base), (ours, ms)] {
                line.values.push(value);
                line.ratios.push(value / base);
            }
        }
        let ms = attach_ms(&mut session)?;
        attach.values.push(ms);
        attach.ratios.push(1.0);
        eprintln!("{:<17} {} attach {ms:.1} ms", work.name, round + 1);
    }
    lines.push(attach);
    remove(client, bindings)?;
    Ok(Section { work: *work, lines })
}

/// Three small tables in a schema of their own, bound.
fn bind(client: &mut Client, number: u32) -> Result<()> {
    let schema = format!("ddl_{number}");
    client.batch_execute(&format!(
        "CREATE SCHEMA {schema};
         CREATE TYPE {schema}.state AS ENUM ('PENDING', 'APPROVED');
         CREATE TABLE {schema}.campaigns (id int PRIMARY KEY, spent numeric(10,2) DEFAULT 0);
         CREATE TABLE {schema}.clips (id int PRIMARY KEY, earnings numeric(10,2));
         CREATE TABLE {schema}.clip_submissions (
             campaign_id int REFERENCES {schema}.campaigns, clip_id int REFERENCES {schema}.clips, status {schema}.state);
         CREATE INDEX ON {schema}.clip_submissions (campaign_id);
         CREATE INDEX ON {schema}.clip_submissions (clip_id)"
    ))?;
    client.batch_execute(&attach(&schema))?;
    Ok(())
}

fn attach(schema: &str) -> String {
    format!("SELECT FROM spend_sync_attach('{schema}.campaigns', '{schema}.clips', '{schema}.clip_submissions')")
}

/// One schema after the other: to drop all triggers at once takes a lock on each table.
fn remove(client: &mut Client, bindings: u32) -> Result<()> {
    fire(client, "DISABLE")?;
    for number in 1..=bindings {
        client.batch_execute(&format!("DROP SCHEMA ddl_{number} CASCADE"))?;
    }
    client.batch_execute("DROP EXTENSION spend_sync; DROP SCHEMA ddl, ddl_one CASCADE")?;
    Ok(())
}

fn fire(client: &mut Client, how: &str) -> Result<()> {
    for name in ["spend_sync_before", "spend_sync_after"] {
        client.batch_execute(&format!("ALTER EVENT TRIGGER {name} {how}"))?;
    }
    Ok(())
}

/// Milliseconds of one command. The first pair plans, and does not count.
fn median_of(session: &mut Client, commands: &[&str; 2]) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..=TIMES {
        let begin = Instant::now();
        for command in commands {
            session.batch_execute(command)?;
        }
        times.push(begin.elapsed().as_secs_f64() * 1e3 / 2.0);
    }
    Ok(median(times.get(1..).unwrap_or_default()).unwrap_or_default())
}

/// The first binding anew, so that no other session knows it.
fn attach_ms(session: &mut Client) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..5 {
        session.batch_execute("SELECT spend_sync_detach('ddl_1.campaigns')")?;
        let begin = Instant::now();
        session.batch_execute(&attach("ddl_1"))?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(&times).unwrap_or_default())
}
