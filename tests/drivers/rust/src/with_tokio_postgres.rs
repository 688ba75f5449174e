//! tokio-postgres: connections, the statements that all checks share, and the list of checks.

mod refusals;
mod statements;
mod transactions;
mod values;

use crate::checks::{Checks, equal};
use crate::keys::{self, money};
use anyhow::{Context, Result, bail};
use rust_decimal::Decimal;
use std::env;
use std::future::poll_fn;
use std::process::ExitCode;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, GenericClient, IsolationLevel, NoTls};

pub struct Session {
    pub client: Client,
    pub notices: UnboundedReceiver<DbError>,
}

async fn connect() -> Result<Session> {
    let mut config = Config::new();
    config.host(env::var("PGHOST")?).port(env::var("PGPORT")?.parse()?);
    config
        .user(env::var("PGUSER")?)
        .password(env::var("PGPASSWORD")?)
        .dbname(env::var("PGDATABASE")?);
    let (client, mut connection) = config.connect(NoTls).await?;
    let (sender, notices) = unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notice(notice) = message {
                // Nobody may be listening any more.
                let _ = sender.send(notice);
            }
        }
    });
    Ok(Session { client, notices })
}

async fn spent(client: &impl GenericClient, schema: &str, key: &(dyn ToSql + Sync)) -> Result<Decimal> {
    let row = client
        .query_one(&format!("SELECT spent FROM {schema}.campaigns WHERE id = $1"), &[key])
        .await?;
    Ok(row.try_get(0)?)
}

async fn earn(client: &impl GenericClient, schema: &str, clip: &(dyn ToSql + Sync), amount: &str) -> Result<()> {
    let update = format!("UPDATE {schema}.clips SET earnings = earnings + $1 WHERE id = $2");
    equal(client.execute(&update, &[&money(amount)?, clip]).await?, 1)
}

async fn drift(client: &Client, schema: &str, amount: Option<Decimal>) -> Result<()> {
    client
        .execute(
            "SELECT drift($1::text::regclass, $2)",
            &[&format!("{schema}.campaigns"), &amount],
        )
        .await?;
    Ok(())
}

async fn sync_all(client: &Client, schema: &str) -> Result<()> {
    client
        .execute(
            "SELECT FROM sync_all_campaigns($1::text::regclass)",
            &[&format!("{schema}.campaigns")],
        )
        .await?;
    Ok(())
}

async fn agrees(client: &Client) -> Result<()> {
    let query = "SELECT concat_ws(' ', campaigns, id, spent, sum) FROM truth WHERE spent IS DISTINCT FROM sum";
    let rows: Vec<String> = client.query(query, &[]).await?.iter().map(|row| row.get(0)).collect();
    equal(rows, Vec::<String>::new())
}

async fn refused(client: &Client, state: &str, query: &str, values: &[&(dyn ToSql + Sync)]) -> Result<DbError> {
    match client.execute(query, values).await {
        Ok(_) => bail!("not refused: {query}"),
        Err(error) => {
            equal(error.code(), Some(&SqlState::from_code(state)))?;
            error.as_db_error().cloned().context("no error of the server's")
        }
    }
}

pub async fn story() -> Result<ExitCode> {
    let mut checks = Checks::new("tokio-postgres");
    // Each on a connection of its own.
    macro_rules! check {
        ($name:expr, $work:path $(, $argument:expr)*) => {{
            let mut session = connect().await?;
            checks.check($name, $work(&mut session $(, $argument)*)).await;
        }};
    }
    check!(
        "bind parameters of text keys",
        values::binds_keys,
        "by_text",
        "text",
        keys::text(3)
    );
    check!(
        "bind parameters of bigint keys",
        values::binds_keys,
        "by_bigint",
        "bigint",
        keys::bigint(3)
    );
    check!(
        "bind parameters of uuid keys",
        values::binds_keys,
        "by_uuid",
        "uuid",
        keys::uuid(3)
    );
    check!(
        "bind parameters of integer keys",
        values::binds_keys,
        "by_integer",
        "integer",
        keys::integer(3)
    );
    check!(
        "bind parameters of smallint keys",
        values::binds_keys,
        "by_smallint",
        "smallint",
        3_i16
    );
    check!("a parameter without a cast is text", values::untyped_keys_are_text);
    check!("query_typed chooses the overload", values::typed_queries);
    check!("the campaigns table by search path", values::finds_the_table);
    check!(
        "totals are rust_decimal; a NULL old_spent is None",
        values::totals_are_decimals
    );
    check!("the report's numbers are exact", values::report_is_exact);
    check!(
        "prepared statements with generic plans, across detach and attach",
        statements::prepared_statements_follow
    );
    check!("pipelined queries", statements::pipelines);
    check!("pipelined queries, one of which fails", statements::aborted_pipeline);
    check!("COPY of clips and submissions", statements::copies_text);
    check!("binary COPY of clips and submissions", statements::copies_binary);
    for flush in ["statement", "commit"] {
        check!(
            &format!("savepoints and rollback, flush = {flush}"),
            transactions::savepoints,
            flush
        );
    }
    check!(
        "SET CONSTRAINTS ALL IMMEDIATE brings up what waits",
        transactions::at_once
    );
    for (name, level) in [
        ("READ COMMITTED", IsolationLevel::ReadCommitted),
        ("REPEATABLE READ", IsolationLevel::RepeatableRead),
        ("SERIALIZABLE", IsolationLevel::Serializable),
    ] {
        for flush in ["statement", "commit"] {
            let name = format!("two writers of one campaign, {name}, flush = {flush}");
            check!(&name, transactions::isolation, level, flush);
        }
    }
    check!("a deadlock is tried again", transactions::deadlock);
    check!("22003: a total that does not fit", refusals::overflow);
    check!("P0002: no such campaign", refusals::unknown_campaign);
    check!("428C9: a direct write that is rejected", refusals::direct_write);
    check!("23514: the user's constraint, by name", refusals::hard_budget);
    check!(
        "CALL spend_sync_repair() reports progress",
        refusals::repair_reports_progress
    );
    check!(
        "CALL spend_sync_repair() in a transaction: 2D000",
        refusals::repair_in_a_transaction
    );
    check!("the lines of docs/drivers.md", transactions::documented);
    let session = connect().await?;
    checks
        .check("every total equals the plain sum", agrees(&session.client))
        .await;
    Ok(checks.finish())
}
