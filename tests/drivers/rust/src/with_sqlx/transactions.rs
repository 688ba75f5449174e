//! Savepoints, totals flushed at statements and at commit, isolation levels, and the retry that concurrent writers need.

use super::{agrees, connect, earn, spent};
use crate::checks::equal;
use crate::keys::{flushed, integer, money, text, uuid};
use anyhow::{Result, bail};
use rust_decimal::Decimal;
use sqlx::{Connection, PgConnection};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;

/// Within the transaction the total moves after each statement, or when it commits.
pub async fn savepoints(conn: &mut PgConnection, flush: &str) -> Result<()> {
    let schema = flushed(flush);
    let before = spent(conn, schema, text(2)).await?;
    let mut transaction = conn.begin().await?;
    earn(&mut transaction, schema, text(2), "1.25").await?;
    let moved = if flush == "statement" { "1.25" } else { "0" };
    equal(spent(&mut transaction, schema, text(2)).await?, before + money(moved)?)?;
    let mut doubtful = transaction.begin().await?;
    earn(&mut doubtful, schema, text(8), "100").await?;
    doubtful.rollback().await?;
    earn(&mut transaction, schema, text(14), "1.25").await?;
    transaction.commit().await?;
    let total = before + money("2.50")?;
    equal(spent(conn, schema, text(2)).await?, total)?;

    let mut transaction = conn.begin().await?;
    earn(&mut transaction, schema, text(2), "1000").await?;
    transaction.rollback().await?;
    equal(spent(conn, schema, text(2)).await?, total)?;
    agrees(conn).await
}

/// A transaction that wants its totals now, and from then on after each statement, says so; the next is as before.
pub async fn at_once(conn: &mut PgConnection) -> Result<()> {
    let schema = "at_commit";
    let before = spent(conn, schema, text(3)).await?;
    let mut transaction = conn.begin().await?;
    earn(&mut transaction, schema, text(3), "1.25").await?;
    equal(spent(&mut transaction, schema, text(3)).await?, before)?;
    sqlx::query("SET CONSTRAINTS ALL IMMEDIATE")
        .execute(&mut *transaction)
        .await?;
    equal(spent(&mut transaction, schema, text(3)).await?, before + money("1.25")?)?;
    earn(&mut transaction, schema, text(9), "1.25").await?;
    equal(spent(&mut transaction, schema, text(3)).await?, before + money("2.50")?)?;
    transaction.commit().await?;
    let mut transaction = conn.begin().await?;
    earn(&mut transaction, schema, text(3), "1.25").await?;
    equal(spent(&mut transaction, schema, text(3)).await?, before + money("2.50")?)?;
    transaction.commit().await?;
    equal(spent(conn, schema, text(3)).await?, before + money("3.75")?)?;
    agrees(conn).await
}

fn may_be_tried_again(error: &anyhow::Error) -> bool {
    let error = error
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error);
    matches!(error.and_then(|error| error.code()).as_deref(), Some("40001" | "40P01"))
}

/// The loop around every transaction that may meet another. What is dropped without a commit is rolled back.
async fn with_retry(
    conn: &mut PgConnection,
    begin: &'static str,
    work: impl AsyncFn(&mut PgConnection) -> Result<()>,
) -> Result<()> {
    for _ in 0..5 {
        let mut transaction = conn.begin_with(begin).await?;
        let outcome = async {
            work(&mut transaction).await?;
            Ok(transaction.commit().await?)
        };
        match outcome.await {
            Err(error) if may_be_tried_again(&error) => {}
            outcome => return outcome,
        }
    }
    bail!("tried five times")
}

/// Another's commit after the first look ends in 40001; the second attempt goes through.
pub async fn isolation(conn: &mut PgConnection, level: &str, flush: &str) -> Result<()> {
    let begin = match level {
        "REPEATABLE READ" => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "SERIALIZABLE" => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        _ => "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    let schema = flushed(flush);
    let before = spent(conn, schema, text(4)).await?;
    let attempts = AtomicUsize::new(0);
    with_retry(conn, begin, async |conn| {
        spent(conn, schema, text(4)).await?;
        if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
            earn(&mut connect().await?, schema, text(10), "1.25").await?;
        }
        earn(conn, schema, text(4), "1.25").await
    })
    .await?;
    equal(attempts.into_inner(), if level == "READ COMMITTED" { 1 } else { 2 })?;
    equal(spent(conn, schema, text(4)).await?, before + money("2.50")?)?;
    agrees(conn).await
}

/// Two transactions that write two campaigns' clips in opposite order: 40P01 for one, which is tried again. Who waits
/// does not always go first then, so that it may take more than one attempt.
pub async fn deadlock(conn: &mut PgConnection) -> Result<()> {
    let before = [
        spent(conn, "by_integer", integer(1)).await?,
        spent(conn, "by_integer", integer(2)).await?,
    ];
    let (attempts, both_hold_one) = (AtomicUsize::new(0), Barrier::new(2));
    let writer = async |first: i32, second: i32| {
        with_retry(&mut connect().await?, "BEGIN", async |conn| {
            earn(conn, "by_integer", integer(first), "1.25").await?;
            if attempts.fetch_add(1, Ordering::Relaxed) < 2 {
                both_hold_one.wait().await;
            }
            earn(conn, "by_integer", integer(second), "1.25").await
        })
        .await
    };
    tokio::try_join!(writer(1, 2), writer(8, 7))?;
    equal(attempts.load(Ordering::Relaxed) > 2, true)?;
    for (n, before) in [1, 2].into_iter().zip(before) {
        equal(spent(conn, "by_integer", integer(n)).await?, before + money("2.50")?)?;
    }
    agrees(conn).await
}

pub async fn documented(conn: &mut PgConnection) -> Result<()> {
    let (clip, campaign) = (uuid(26), uuid(2));
    with_retry(conn, "BEGIN", async |conn| {
        let approve = "UPDATE by_uuid.clip_submissions SET status = 'APPROVED' WHERE \"clipId\" = $1";
        sqlx::query(approve).bind(clip).execute(conn).await?;
        Ok(())
    })
    .await?;
    let sync = "SELECT new_spent, difference FROM sync_campaign($1, 'by_uuid.campaigns')";
    let (total, difference): (Decimal, Decimal) = sqlx::query_as(sync).bind(campaign).fetch_one(&mut *conn).await?;
    equal(
        (total, difference),
        (spent(conn, "by_uuid", campaign).await?, Decimal::ZERO),
    )?;
    agrees(conn).await
}
