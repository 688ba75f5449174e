//! What a backend does in each round: everything that makes it remember something.

use anyhow::{Result, bail};
use postgres::Client;

pub const EXTENSION: &str = "CREATE EXTENSION IF NOT EXISTS spend_sync";

/// In the schema that stands first in the search path.
pub const TABLES: &str = r#"
    DROP TABLE IF EXISTS clip_submissions, clips, campaigns CASCADE;
    CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(12,2) DEFAULT 0) WITH (fillfactor = 50);
    CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(12,2)) WITH (fillfactor = 50);
    CREATE TABLE clip_submissions (id int PRIMARY KEY, "campaignId" text REFERENCES campaigns,
        "clipId" text REFERENCES clips, status text);
    CREATE INDEX ON clip_submissions ("campaignId");
    CREATE INDEX ON clip_submissions ("clipId");
    INSERT INTO campaigns SELECT 'c' || n, 'Campaign ' || n FROM generate_series(1, 50) n;
    INSERT INTO clips SELECT 'k' || n, n % 100 FROM generate_series(1, 12000) n;
    INSERT INTO clip_submissions SELECT n, 'c' || 1 + n % 50, 'k' || n, 'APPROVED' FROM generate_series(1, 12000) n;
    ANALYZE campaigns, clips, clip_submissions;
"#;

pub fn attach(flush: &str) -> String {
    format!("SELECT spend_sync_attach(flush => '{flush}')")
}

pub const ATTACH_AND_DETACH: &str =
    "SELECT spend_sync_attach(sync => false); UPDATE clips SET earnings = earnings + 1 WHERE id = 'k1';
    SELECT spend_sync_detach('campaigns')";

pub const DRIFTED: &str = r#"SELECT FROM campaigns c WHERE spent IS DISTINCT FROM
    (SELECT coalesce(sum(k.earnings), 0) FROM clip_submissions s JOIN clips k ON k.id = s."clipId"
     WHERE s."campaignId" = c.id AND s.status = 'APPROVED')"#;

pub fn round(client: &mut Client, round: u32, flush: &str) -> Result<()> {
    single_writes(client, round)?;
    client.batch_execute("UPDATE clips SET earnings = 1 + earnings % 100")?; // past what is remembered row by row
    refused_writes(client, round)?;
    rolled_back_savepoints(client, round)?;
    changed_tables(client, round, flush)?;
    functions(client, round)
}

fn single_writes(client: &mut Client, round: u32) -> Result<()> {
    for number in 1..=100 {
        let clip = format!("k{}", 1 + (round * 100 + number) % 12000);
        client.execute("UPDATE clips SET earnings = earnings + 0.01 WHERE id = $1", &[&clip])?;
        let status = if number % 2 == 0 { "APPROVED" } else { "PENDING" };
        client.execute(
            "UPDATE clip_submissions SET status = $1 WHERE \"clipId\" = $2",
            &[&status, &clip],
        )?;
    }
    Ok(())
}

/// Errors within a flush: what it held goes with the transaction.
fn refused_writes(client: &mut Client, round: u32) -> Result<()> {
    for number in 0..20 {
        let clip = 1 + (round * 20 + number) % 12000;
        let sql = format!(
            "UPDATE clips SET earnings = 9999999999.99 WHERE id IN ('k{clip}', 'k{}')",
            1 + (clip + 49) % 12000
        );
        match client.batch_execute(&format!(
            "UPDATE clip_submissions SET status = 'APPROVED' WHERE id IN ({clip}, {}); {sql}",
            1 + (clip + 49) % 12000
        )) {
            Err(error) if error.code().is_some_and(|code| code.code() == "22003") => {}
            other => bail!("{sql}: {other:?}"),
        }
    }
    Ok(())
}

fn rolled_back_savepoints(client: &mut Client, round: u32) -> Result<()> {
    let mut transaction = client.transaction()?;
    for number in 0..50 {
        let mut savepoint = transaction.savepoint("s")?;
        let clip = 1 + (round * 50 + number) % 12000;
        savepoint.batch_execute(&format!(
            "UPDATE clips SET earnings = earnings + 1 WHERE id = 'k{clip}'"
        ))?;
        if number % 2 == 0 {
            savepoint.commit()?;
        } else {
            savepoint.rollback()?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Everything cached of the tables becomes wrong, and is looked up and planned anew.
fn changed_tables(client: &mut Client, round: u32, flush: &str) -> Result<()> {
    for number in 0..5 {
        let column = if number % 2 == 0 {
            ("earnings", "earned")
        } else {
            ("earned", "earnings")
        };
        client.batch_execute(&format!(
            "ALTER TABLE clips RENAME {} TO {}; ANALYZE campaigns; UPDATE clips SET {} = {} + 0.01 WHERE id = 'k{}'",
            column.0,
            column.1,
            column.1,
            column.1,
            1 + (round + number) % 12000
        ))?;
    }
    client.batch_execute(&format!(
        "ALTER TABLE clips RENAME earned TO earnings; SELECT spend_sync_attach(sync => false, flush => '{flush}')"
    ))?;
    Ok(())
}

/// A direct write is kept away, and leaves nothing; drift is corrected, and logged.
fn functions(client: &mut Client, round: u32) -> Result<()> {
    let campaign = format!("c{}", 1 + round % 50);
    client.batch_execute(&format!(
        "UPDATE campaigns SET spent = spent + 1 WHERE id = '{campaign}';
         SET session_replication_role = replica; UPDATE campaigns SET spent = spent + 1 WHERE id = '{campaign}';
         RESET session_replication_role; SELECT sync_campaign('{campaign}');
         SELECT spend_sync_report(); SELECT * FROM spend_sync_check(); SELECT sync_all_campaigns()"
    ))?;
    if !client.query(DRIFTED, &[])?.is_empty() {
        bail!("drift");
    }
    Ok(())
}
