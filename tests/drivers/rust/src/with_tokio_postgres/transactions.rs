//! Savepoints, totals flushed at statements and at commit, isolation levels, and the retry that concurrent writers need.

use super::{Session, agrees, connect, earn, spent};
use crate::checks::equal;
use crate::keys::{flushed, integer, money, text, uuid};
use anyhow::{Result, bail};
use rust_decimal::Decimal;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, IsolationLevel, Transaction};

/// Within the transaction the total moves after each statement, or when it commits.
pub async fn savepoints(session: &mut Session, flush: &str) -> Result<()> {
    let (client, schema) = (&mut session.client, flushed(flush));
    let before = spent(client, schema, &text(2)).await?;
    let mut transaction = client.transaction().await?;
    earn(&transaction, schema, &text(2), "1.25").await?;
    let moved = if flush == "statement" { "1.25" } else { "0" };
    equal(spent(&transaction, schema, &text(2)).await?, before + money(moved)?)?;
    let doubtful = transaction.transaction().await?;
    earn(&doubtful, schema, &text(8), "100").await?;
    doubtful.rollback().await?;
    earn(&transaction, schema, &text(14), "1.25").await?;
    transaction.commit().await?;
    let total = before + money("2.50")?;
    equal(spent(client, schema, &text(2)).await?, total)?;

    let transaction = client.transaction().await?;
    earn(&transaction, schema, &text(2), "1000").await?;
    transaction.rollback().await?;
    equal(spent(client, schema, &text(2)).await?, total)?;
    agrees(client).await
}

/// A transaction that wants its totals now, and from then on after each statement, says so; the next is as before.
pub async fn at_once(session: &mut Session) -> Result<()> {
    let (client, schema) = (&mut session.client, "at_commit");
    let before = spent(client, schema, &text(3)).await?;
    let transaction = client.transaction().await?;
    earn(&transaction, schema, &text(3), "1.25").await?;
    equal(spent(&transaction, schema, &text(3)).await?, before)?;
    transaction.batch_execute("SET CONSTRAINTS ALL IMMEDIATE").await?;
    equal(spent(&transaction, schema, &text(3)).await?, before + money("1.25")?)?;
    earn(&transaction, schema, &text(9), "1.25").await?;
    equal(spent(&transaction, schema, &text(3)).await?, before + money("2.50")?)?;
    transaction.commit().await?;
    let transaction = client.transaction().await?;
    earn(&transaction, schema, &text(3), "1.25").await?;
    equal(spent(&transaction, schema, &text(3)).await?, before + money("2.50")?)?;
    transaction.commit().await?;
    equal(spent(client, schema, &text(3)).await?, before + money("3.75")?)?;
    agrees(client).await
}

fn may_be_tried_again(error: &anyhow::Error) -> bool {
    let code = error.downcast_ref::<Error>().and_then(Error::code);
    matches!(
        code,
        Some(&(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED))
    )
}

/// The loop around every transaction that may meet another. What is dropped without a commit is rolled back.
async fn with_retry(
    client: &mut Client,
    level: IsolationLevel,
    work: impl AsyncFn(&Transaction<'_>) -> Result<()>,
) -> Result<()> {
    for _ in 0..5 {
        let transaction = client.build_transaction().isolation_level(level).start().await?;
        let outcome = async {
            work(&transaction).await?;
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
pub async fn isolation(session: &mut Session, level: IsolationLevel, flush: &str) -> Result<()> {
    let schema = flushed(flush);
    let before = spent(&session.client, schema, &text(4)).await?;
    let (attempts, other) = (AtomicUsize::new(0), connect().await?);
    with_retry(&mut session.client, level, async |transaction| {
        spent(transaction, schema, &text(4)).await?;
        if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
            earn(&other.client, schema, &text(10), "1.25").await?;
        }
        earn(transaction, schema, &text(4), "1.25").await
    })
    .await?;
    let expected = if matches!(level, IsolationLevel::ReadCommitted) {
        1
    } else {
        2
    };
    equal(attempts.into_inner(), expected)?;
    equal(spent(&session.client, schema, &text(4)).await?, before + money("2.50")?)?;
    agrees(&session.client).await
}

/// Two transactions that write two campaigns' clips in opposite order: 40P01 for one, which is tried again. Who waits
/// does not always go first then, so that it may take more than one attempt.
pub async fn deadlock(session: &mut Session) -> Result<()> {
    let client = &session.client;
    let before = [
        spent(client, "by_integer", &integer(1)).await?,
        spent(client, "by_integer", &integer(2)).await?,
    ];
    let (attempts, both_hold_one) = (AtomicUsize::new(0), Barrier::new(2));
    let writer = async |first: i32, second: i32| {
        let mut own = connect().await?;
        with_retry(&mut own.client, IsolationLevel::ReadCommitted, async |transaction| {
            earn(transaction, "by_integer", &integer(first), "1.25").await?;
            if attempts.fetch_add(1, Ordering::Relaxed) < 2 {
                both_hold_one.wait().await;
            }
            earn(transaction, "by_integer", &integer(second), "1.25").await
        })
        .await
    };
    tokio::try_join!(writer(1, 2), writer(8, 7))?;
    equal(attempts.load(Ordering::Relaxed) > 2, true)?;
    for (n, before) in [1, 2].into_iter().zip(before) {
        equal(spent(client, "by_integer", &integer(n)).await?, before + money("2.50")?)?;
    }
    agrees(client).await
}

pub async fn documented(session: &mut Session) -> Result<()> {
    let client = &mut session.client;
    let (clip, campaign) = (uuid(26), uuid(2));
    with_retry(client, IsolationLevel::ReadCommitted, async |transaction| {
        let approve = "UPDATE by_uuid.clip_submissions SET status = 'APPROVED' WHERE \"clipId\" = $1";
        equal(transaction.execute(approve, &[&clip]).await?, 1)
    })
    .await?;
    let sync = "SELECT * FROM sync_campaign($1::uuid, 'by_uuid.campaigns')";
    let row = client.query_one(sync, &[&campaign]).await?;
    let (total, difference): (Decimal, Decimal) = (row.try_get("new_spent")?, row.try_get("difference")?);
    equal(
        (total, difference),
        (spent(client, "by_uuid", &campaign).await?, Decimal::ZERO),
    )?;
    agrees(client).await
}
