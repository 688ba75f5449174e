//! Statements that are prepared (each of sqlx's is), batched, or streamed by COPY.

use super::{agrees, connect, refused, spent};
use crate::checks::equal;
use crate::keys::{bigint, money, text, uuid};
use anyhow::{Context, Result};
use rust_decimal::Decimal;
use sqlx::{Connection, PgConnection};

const EARN: &str = "UPDATE by_bigint.clips SET earnings = earnings + $1 WHERE id = $2";
const SYNC: &str = "SELECT new_spent FROM sync_campaign($1, 'by_bigint.campaigns')";

async fn earn(conn: &mut PgConnection) -> Result<()> {
    sqlx::query(EARN)
        .bind(money("0.10")?)
        .bind(bigint(2))
        .execute(conn)
        .await?;
    Ok(())
}

async fn sync(conn: &mut PgConnection) -> Result<Decimal> {
    Ok(sqlx::query_scalar(SYNC).bind(bigint(2)).fetch_one(conn).await?)
}

/// Generic plans, used while another session detaches and attaches.
pub async fn prepared_statements_follow(conn: &mut PgConnection) -> Result<()> {
    for _ in 0..12 {
        earn(conn).await?;
        equal(sync(conn).await?, spent(conn, "by_bigint", bigint(2)).await?)?;
    }
    let generic = "SELECT count(*) FROM pg_prepared_statements
                   WHERE generic_plans > 0 AND parameter_types <> '{}'
                     AND statement ~ 'SET earnings|FROM sync_campaign'";
    equal(sqlx::query_scalar::<_, i64>(generic).fetch_one(&mut *conn).await?, 2)?;
    let before = spent(conn, "by_bigint", bigint(2)).await?;
    let mut other = connect().await?;
    sqlx::query("SELECT spend_sync_detach('by_bigint.campaigns')")
        .execute(&mut other)
        .await?;
    earn(conn).await?;
    equal(spent(conn, "by_bigint", bigint(2)).await?, before)?;
    refused!(conn, "55000", sqlx::query(SYNC).bind(bigint(2)));
    let attach = "SELECT corrected
                  FROM spend_sync_attach('by_bigint.campaigns', 'by_bigint.clips', 'by_bigint.clip_submissions')";
    equal(sqlx::query_scalar::<_, i64>(attach).fetch_one(&mut other).await?, 1)?;
    earn(conn).await?;
    equal(sync(conn).await?, before + money("0.20")?)?;
    agrees(conn).await
}

/// sqlx pipelines nothing: many rows are one statement over arrays. An enum wants a cast.
pub async fn batches(conn: &mut PgConnection) -> Result<()> {
    let before = spent(conn, "by_uuid", uuid(4)).await?;
    let keys: Vec<_> = (3000..3100).map(uuid).collect();
    let mut transaction = conn.begin().await?;
    sqlx::query("INSERT INTO by_uuid.clips (id, earnings) SELECT * FROM unnest($1::uuid[], $2::numeric[])")
        .bind(&keys)
        .bind(vec![money("2.50")?; 100])
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO by_uuid.clip_submissions (id, \"campaignId\", \"clipId\", status)
         SELECT clip, $2, clip, $3::by_uuid.\"SubmissionStatus\" FROM unnest($1::uuid[]) AS clip",
    )
    .bind(&keys)
    .bind(uuid(4))
    .bind("APPROVED")
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    equal(spent(conn, "by_uuid", uuid(4)).await?, before + money("250.00")?)?;
    agrees(conn).await
}

pub async fn copies_text(conn: &mut PgConnection) -> Result<()> {
    let before = spent(conn, "by_text", text(5)).await?;
    let clips: String = (1000..1050).map(|n| format!("{}\t2.50\n", text(n))).collect();
    let links: String = (1000..1050)
        .map(|n| format!("{0}\t{1}\t{0}\tAPPROVED\n", text(n), text(5)))
        .collect();
    let mut transaction = conn.begin().await?;
    for (copy, lines) in [
        ("COPY by_text.clips (id, earnings) FROM STDIN", clips),
        (
            "COPY by_text.clip_submissions (id, \"campaignId\", \"clipId\", status) FROM STDIN",
            links,
        ),
    ] {
        let mut copy = transaction.copy_in_raw(copy).await?;
        copy.send(lines.into_bytes()).await?;
        equal(copy.finish().await?, 50)?;
    }
    transaction.commit().await?;
    equal(spent(conn, "by_text", text(5)).await?, before + money("125.00")?)?;
    agrees(conn).await
}
