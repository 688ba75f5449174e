//! sqlx: connections, the statements that all checks share, and the list of checks.

mod notices;
mod refusals;
mod statements;
mod transactions;
mod values;

use crate::checks::{Checks, equal};
use crate::keys::{self, money};
use anyhow::{Context, Result};
use rust_decimal::Decimal;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Encode, PgConnection, Type};
use std::process::ExitCode;

/// What may be bound as a key.
pub trait Key: for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + Clone {}
impl<K: for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + Clone> Key for K {}

async fn connect() -> Result<PgConnection> {
    Ok(PgConnectOptions::new().connect().await?)
}

async fn spent(conn: &mut PgConnection, schema: &str, key: impl Key) -> Result<Decimal> {
    let query = AssertSqlSafe(format!("SELECT spent FROM {schema}.campaigns WHERE id = $1"));
    Ok(sqlx::query_scalar(query).bind(key).fetch_one(conn).await?)
}

async fn earn(conn: &mut PgConnection, schema: &str, clip: impl Key, amount: &str) -> Result<()> {
    let update = AssertSqlSafe(format!(
        "UPDATE {schema}.clips SET earnings = earnings + $1 WHERE id = $2"
    ));
    let outcome = sqlx::query(update)
        .bind(money(amount)?)
        .bind(clip)
        .execute(conn)
        .await?;
    equal(outcome.rows_affected(), 1)
}

async fn drift(conn: &mut PgConnection, schema: &str, amount: Option<Decimal>) -> Result<()> {
    sqlx::query("SELECT drift($1, $2)")
        .bind(format!("{schema}.campaigns"))
        .bind(amount)
        .execute(conn)
        .await?;
    Ok(())
}

async fn sync_all(conn: &mut PgConnection, schema: &str) -> Result<()> {
    sqlx::query("SELECT FROM sync_all_campaigns($1)")
        .bind(format!("{schema}.campaigns"))
        .execute(conn)
        .await?;
    Ok(())
}

async fn agrees(conn: &mut PgConnection) -> Result<()> {
    let query = "SELECT concat_ws(' ', campaigns, id, spent, sum) FROM truth WHERE spent IS DISTINCT FROM sum";
    equal(
        sqlx::query_scalar::<_, String>(query).fetch_all(conn).await?,
        Vec::<String>::new(),
    )
}

fn database_error(error: &sqlx::Error) -> Result<&PgDatabaseError> {
    let error = error.as_database_error().context("no error of the server's")?;
    error.try_downcast_ref().context("no error of PostgreSQL's")
}

/// Runs what has to fail; gives the error.
macro_rules! refused {
    ($conn:expr, $state:literal, $query:expr) => {{
        let error = $query.execute(&mut *$conn).await.err().context("not refused")?;
        equal(crate::with_sqlx::database_error(&error)?.code(), $state)?;
        error
    }};
}
use refused;

pub async fn story() -> Result<ExitCode> {
    let mut checks = Checks::new("sqlx");
    // Each on a connection of its own.
    macro_rules! check {
        ($name:expr, $work:path $(, $argument:expr)*) => {{
            let mut conn = connect().await?;
            checks.check($name, $work(&mut conn $(, $argument)*)).await;
        }};
    }
    check!(
        "bind parameters of text keys",
        values::binds_keys,
        "by_text",
        keys::text(3)
    );
    check!(
        "bind parameters of bigint keys",
        values::binds_keys,
        "by_bigint",
        keys::bigint(3)
    );
    check!(
        "bind parameters of uuid keys",
        values::binds_keys,
        "by_uuid",
        keys::uuid(3)
    );
    check!(
        "bind parameters of integer keys",
        values::binds_keys,
        "by_integer",
        keys::integer(3)
    );
    check!(
        "bind parameters of smallint keys",
        values::binds_keys,
        "by_smallint",
        3_i16
    );
    check!("bind parameters as text", values::binds_keys_as_text);
    check!("a Decimal key needs a cast", values::numeric_keys_need_a_cast);
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
    check!("a batch by unnest", statements::batches);
    check!("COPY of clips and submissions", statements::copies_text);
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
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        for flush in ["statement", "commit"] {
            let name = format!("two writers of one campaign, {level}, flush = {flush}");
            check!(&name, transactions::isolation, level, flush);
        }
    }
    check!("a deadlock is tried again", transactions::deadlock);
    check!("22003: a total that does not fit", refusals::overflow);
    check!("P0002: no such campaign", refusals::unknown_campaign);
    check!("428C9: a direct write that is rejected", refusals::direct_write);
    check!("23514: the user's constraint, by name", refusals::hard_budget);
    check!(
        "CALL spend_sync_repair() reports progress to the log",
        refusals::repair_reports_progress
    );
    check!(
        "CALL spend_sync_repair() in a transaction: 2D000",
        refusals::repair_in_a_transaction
    );
    check!("the lines of docs/drivers.md", transactions::documented);
    check!("every total equals the plain sum", agrees);
    Ok(checks.finish())
}
