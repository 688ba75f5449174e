//! What reaches the error and the log; and that the connection is usable afterwards.

use super::{agrees, database_error, drift, earn, notices, refused};
use crate::checks::equal;
use crate::keys::{money, text};
use anyhow::{Context, Result};
use sqlx::{Connection, PgConnection};

pub async fn overflow(conn: &mut PgConnection) -> Result<()> {
    let update = "UPDATE by_text.clips SET earnings = 999999999999999999.99 WHERE id IN ($1, $2)";
    let error = refused!(conn, "22003", sqlx::query(update).bind(text(1)).bind(text(7)));
    let error = database_error(&error)?;
    equal(
        error.message(),
        format!("the total of campaign \"{}\" cannot be stored", text(1)),
    )?;
    let detail = "Its approved clips earned 2000000000000000032.48 in all; \
                  column spent of by_text.campaigns is of type numeric(20,2).";
    equal(error.detail(), Some(detail))?;
    equal(error.hint().is_some(), true)?;
    agrees(conn).await
}

pub async fn unknown_campaign(conn: &mut PgConnection) -> Result<()> {
    let sync = sqlx::query("SELECT sync_campaign($1, 'by_text.campaigns')").bind(text(99));
    let error = refused!(conn, "P0002", sync);
    let error = database_error(&error)?;
    equal(error.message(), format!("campaign \"{}\" does not exist", text(99)))?;
    equal(
        error.detail(),
        Some("Table by_text.campaigns has no row with this key."),
    )?;
    equal(
        error.hint(),
        Some("spend_sync_status() lists all campaigns with their keys."),
    )?;
    agrees(conn).await
}

pub async fn direct_write(conn: &mut PgConnection) -> Result<()> {
    let update = sqlx::query("UPDATE by_smallint.campaigns SET spent = 1 WHERE id = $1").bind(1_i16);
    let error = refused!(conn, "428C9", update);
    let error = database_error(&error)?;
    equal(
        error.message(),
        "column spent of campaign \"1\" cannot be written directly",
    )?;
    equal(error.detail().is_some() && error.hint().is_some(), true)?;
    agrees(conn).await
}

/// The user's own constraint, by name: at the statement, and at commit.
pub async fn hard_budget(conn: &mut PgConnection) -> Result<()> {
    let budget = "UPDATE by_text.campaigns SET budget = spent + 1 WHERE id = $1";
    sqlx::query(budget).bind(text(1)).execute(&mut *conn).await?;
    let update = "UPDATE by_text.clips SET earnings = earnings + 1.01 WHERE id = $1";
    let error = refused!(conn, "23514", sqlx::query(update).bind(text(1)));
    let error = database_error(&error)?;
    equal(
        (error.constraint(), error.schema(), error.table()),
        (Some("within_budget"), Some("by_text"), Some("campaigns")),
    )?;
    let budget = "UPDATE at_commit.campaigns SET budget = spent + 1 WHERE id = $1";
    sqlx::query(budget).bind(text(1)).execute(&mut *conn).await?;
    let mut transaction = conn.begin().await?;
    earn(&mut transaction, "at_commit", text(1), "1.01").await?;
    let error = transaction.commit().await.err().context("the budget was overrun")?;
    equal(database_error(&error)?.constraint(), Some("within_budget"))?;
    agrees(conn).await
}

/// A CALL that commits is no prepared statement's affair: raw_sql sends it by itself.
pub async fn repair_reports_progress(conn: &mut PgConnection) -> Result<()> {
    drift(conn, "by_uuid", Some(money("7")?)).await?;
    let log = notices::Log::new();
    let guard = tracing::subscriber::set_default(log.clone());
    sqlx::raw_sql("CALL spend_sync_repair('by_uuid.campaigns', batch_size => 4)")
        .execute(&mut *conn)
        .await?;
    drop(guard);
    let progress: Vec<String> = log
        .lines()
        .iter()
        .filter_map(|line| Some(line.split_once(',')?.0.to_owned()))
        .collect();
    equal(
        progress,
        [0, 4, 6].map(|done| format!("TRACE {done} of 6 campaigns done")),
    )?;
    agrees(conn).await
}

pub async fn repair_in_a_transaction(conn: &mut PgConnection) -> Result<()> {
    let mut transaction = conn.begin().await?;
    refused!(
        transaction,
        "2D000",
        sqlx::query("CALL spend_sync_repair('by_uuid.campaigns')")
    );
    transaction.rollback().await?;
    agrees(conn).await
}
