//! Bind parameters of every type of key; results that are exact.

use super::{Session, agrees, drift, earn, refused, spent, sync_all};
use crate::checks::equal;
use crate::keys::{bigint, money, text, uuid};
use anyhow::{Context, Result};
use rust_decimal::Decimal;
use serde_json::Value;
use std::fmt::Display;
use tokio_postgres::types::{ToSql, Type};

/// PostgreSQL says which type each parameter has; the cast in the query says it to PostgreSQL.
pub async fn binds_keys<K: ToSql + Sync + Display>(
    session: &mut Session,
    schema: &str,
    cast: &str,
    key: K,
) -> Result<()> {
    let client = &session.client;
    let before = spent(client, schema, &key).await?;
    drift(client, schema, Some(money("10.50")?)).await?;
    let sync = format!("SELECT * FROM sync_campaign($1::{cast}, $2::text::regclass)");
    let row = client.query_one(&sync, &[&key, &format!("{schema}.campaigns")]).await?;
    equal(row.try_get::<_, String>("campaign_id")?, key.to_string())?;
    equal(
        row.try_get::<_, Option<Decimal>>("old_spent")?,
        Some(before + money("10.50")?),
    )?;
    equal(row.try_get::<_, Decimal>("new_spent")?, before)?;
    equal(row.try_get::<_, Decimal>("difference")?, money("-10.50")?)?;
    equal(row.try_get::<_, i64>("approved_clips")?, 4)?;
    sync_all(client, schema).await?;
    agrees(client).await
}

/// Without a cast sync_campaign(text) is taken, which reads every key, but only a string can be sent for it. Nor can a
/// string be sent for a regclass.
pub async fn untyped_keys_are_text(session: &mut Session) -> Result<()> {
    let client = &session.client;
    let sync = "SELECT campaign_id FROM sync_campaign($1, 'by_bigint.campaigns')";
    let error = client
        .query_one(sync, &[&bigint(2)])
        .await
        .err()
        .context("a number went for a text")?;
    equal(error.as_db_error(), None)?;
    equal(error.to_string(), "error serializing parameter 0")?;
    let row = client.query_one(sync, &[&bigint(2).to_string()]).await?;
    equal(row.try_get::<_, String>(0)?, bigint(2).to_string())?;
    let table = client
        .query("SELECT sync_campaign($1, $2)", &[&text(1), &"by_text.campaigns"])
        .await;
    equal(
        table.err().context("a string went for a regclass")?.to_string(),
        "error serializing parameter 1",
    )
}

pub async fn typed_queries(session: &mut Session) -> Result<()> {
    let client = &session.client;
    for (schema, key, key_type) in [
        ("by_text", &text(2) as &(dyn ToSql + Sync), Type::TEXT),
        ("by_bigint", &bigint(2), Type::INT8),
        ("by_uuid", &uuid(2), Type::UUID),
        ("by_smallint", &2_i16, Type::INT2),
    ] {
        let sync = "SELECT approved_clips FROM sync_campaign($1, $2)";
        let table = format!("{schema}.campaigns");
        let row = client
            .query_typed(sync, &[(key, key_type), (&table, Type::TEXT)])
            .await?;
        equal(row.first().context("no row")?.try_get::<_, i64>(0)?, 4)?;
    }
    Ok(())
}

pub async fn finds_the_table(session: &mut Session) -> Result<()> {
    let transaction = session.client.transaction().await?;
    transaction
        .batch_execute("SET LOCAL search_path = by_uuid, public")
        .await?;
    let row = transaction
        .query_one("SELECT campaign_id FROM sync_campaign($1::uuid)", &[&uuid(1)])
        .await?;
    equal(row.try_get::<_, String>(0)?, uuid(1).to_string())
}

pub async fn totals_are_decimals(session: &mut Session) -> Result<()> {
    let (client, total) = (&session.client, money("9007199254741034.07")?);
    earn(client, "by_bigint", &bigint(1), "9007199254740993.07").await?;
    equal(spent(client, "by_bigint", &bigint(1)).await?, total)?;
    drift(client, "by_bigint", None).await?;
    let status = client
        .query("SELECT * FROM spend_sync_status('by_bigint.campaigns')", &[])
        .await?;
    let row = status.first().context("no row")?;
    equal(row.try_get::<_, Option<Decimal>>("recorded_spent")?, None)?;
    equal(row.try_get::<_, Decimal>("actual_spent")?, total)?;
    equal(row.try_get::<_, Decimal>("difference")?, total)?;
    equal(row.try_get::<_, bool>("needs_sync")?, true)?;
    let sync = "SELECT old_spent, new_spent FROM sync_campaign($1::bigint, 'by_bigint.campaigns')";
    let row = client.query_one(sync, &[&bigint(1)]).await?;
    equal(row.try_get::<_, Option<Decimal>>("old_spent")?, None)?;
    equal(row.try_get::<_, Decimal>("new_spent")?, total)?;
    let nobody: Option<String> = None;
    refused(
        client,
        "22004",
        "SELECT sync_campaign($1, 'by_bigint.campaigns')",
        &[&nobody],
    )
    .await?;
    sync_all(client, "by_bigint").await?;
    agrees(client).await
}

/// With serde_json's feature arbitrary_precision; without it each number is a float.
pub async fn report_is_exact(session: &mut Session) -> Result<()> {
    let client = &session.client;
    let report: Value = client
        .query_one("SELECT spend_sync_report('by_bigint.campaigns')", &[])
        .await?
        .try_get(0)?;
    equal(
        report["campaigns"][0]["recordedSpent"].to_string(),
        "9007199254741034.07",
    )?;
    equal(report["summary"]["total"].to_string(), "6")?;
    earn(client, "by_bigint", &bigint(1), "-9007199254740993.07").await
}
