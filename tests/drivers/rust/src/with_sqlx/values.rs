//! Bind parameters of every type of key; results that are exact.

use super::{Key, agrees, drift, earn, refused, spent, sync_all};
use crate::checks::equal;
use crate::keys::{bigint, integer, money, text, uuid};
use anyhow::{Context, Result};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use std::fmt::Display;

type Synced = (String, Option<String>, Option<Decimal>, Decimal, Decimal, i64, String);

/// The natural call: sqlx tells PostgreSQL the type of what is bound, and that chooses the overload.
pub async fn binds_keys(conn: &mut PgConnection, schema: &str, key: impl Key + Display) -> Result<()> {
    let before = spent(conn, schema, key.clone()).await?;
    drift(conn, schema, Some(money("10.50")?)).await?;
    let sync = sqlx::query_as("SELECT * FROM sync_campaign($1, $2)")
        .bind(key.clone())
        .bind(format!("{schema}.campaigns"));
    let row: Synced = sync.fetch_one(&mut *conn).await?;
    let (old, title) = (Some(before + money("10.50")?), Some("Campaign 3".to_owned()));
    let total = format!("{schema}.campaigns.spent");
    equal(row, (key.to_string(), title, old, before, money("-10.50")?, 4, total))?;
    sync_all(conn, schema).await?;
    agrees(conn).await
}

pub async fn binds_keys_as_text(conn: &mut PgConnection) -> Result<()> {
    for (schema, key) in [
        ("by_text", text(2)),
        ("by_bigint", bigint(2).to_string()),
        ("by_uuid", uuid(2).to_string()),
        ("by_integer", integer(2).to_string()),
    ] {
        let sync = sqlx::query_scalar("SELECT campaign_id FROM sync_campaign($1, $2)").bind(&key);
        let id: String = sync.bind(format!("{schema}.campaigns")).fetch_one(&mut *conn).await?;
        equal(id, key)?;
    }
    Ok(())
}

/// A Decimal is numeric to PostgreSQL, which turns it into no type of key by itself.
pub async fn numeric_keys_need_a_cast(conn: &mut PgConnection) -> Result<()> {
    let key = Decimal::from(bigint(1));
    refused!(
        conn,
        "42883",
        sqlx::query("SELECT sync_campaign($1, 'by_bigint.campaigns')").bind(key)
    );
    let sync = sqlx::query_scalar("SELECT campaign_id FROM sync_campaign($1::bigint, 'by_bigint.campaigns')");
    let id: String = sync.bind(key).fetch_one(conn).await?;
    equal(id, bigint(1).to_string())
}

pub async fn finds_the_table(conn: &mut PgConnection) -> Result<()> {
    let mut transaction = conn.begin().await?;
    sqlx::query("SET LOCAL search_path = by_uuid, public")
        .execute(&mut *transaction)
        .await?;
    let sync = sqlx::query_scalar("SELECT campaign_id FROM sync_campaign($1)").bind(uuid(1));
    let id: String = sync.fetch_one(&mut *transaction).await?;
    equal(id, uuid(1).to_string())
}

pub async fn totals_are_decimals(conn: &mut PgConnection) -> Result<()> {
    let total = money("9007199254741034.07")?;
    earn(conn, "by_bigint", bigint(1), "9007199254740993.07").await?;
    equal(spent(conn, "by_bigint", bigint(1)).await?, total)?;
    drift(conn, "by_bigint", None).await?;
    let status =
        "SELECT recorded_spent, actual_spent, difference, needs_sync FROM spend_sync_status('by_bigint.campaigns')";
    let rows: Vec<(Option<Decimal>, Decimal, Decimal, bool)> = sqlx::query_as(status).fetch_all(&mut *conn).await?;
    equal(rows.first(), Some(&(None, total, total, true)))?;
    let sync = sqlx::query_as("SELECT * FROM sync_campaign($1, 'by_bigint.campaigns')").bind(bigint(1));
    let row: Synced = sync.fetch_one(&mut *conn).await?;
    equal((row.2, row.3, row.4), (None, total, total))?;
    sync_all(conn, "by_bigint").await?;
    agrees(conn).await
}

/// With serde_json's feature arbitrary_precision; without it each number is a float.
pub async fn report_is_exact(conn: &mut PgConnection) -> Result<()> {
    let report: Value = sqlx::query_scalar("SELECT spend_sync_report('by_bigint.campaigns')")
        .fetch_one(&mut *conn)
        .await?;
    equal(
        report["campaigns"][0]["recordedSpent"].to_string(),
        "9007199254741034.07",
    )?;
    equal(report["summary"]["total"].to_string(), "6")?;
    earn(conn, "by_bigint", bigint(1), "-9007199254740993.07").await
}
