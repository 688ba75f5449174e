//! What reaches the error and the notices; and that the connection is usable afterwards.

use super::{Session, agrees, drift, earn, refused};
use crate::checks::equal;
use crate::keys::{money, text};
use anyhow::{Context, Result};

pub async fn overflow(session: &mut Session) -> Result<()> {
    let client = &session.client;
    let update = "UPDATE by_text.clips SET earnings = 999999999999999999.99 WHERE id IN ($1, $2)";
    let error = refused(client, "22003", update, &[&text(1), &text(7)]).await?;
    equal(
        error.message(),
        format!("the total of campaign \"{}\" cannot be stored", text(1)),
    )?;
    let detail = "Its approved clips earned 2000000000000000032.48 in all; \
                  column spent of by_text.campaigns is of type numeric(20,2).";
    equal(error.detail(), Some(detail))?;
    equal(error.hint().is_some(), true)?;
    agrees(client).await
}

pub async fn unknown_campaign(session: &mut Session) -> Result<()> {
    let client = &session.client;
    let error = refused(
        client,
        "P0002",
        "SELECT sync_campaign($1, 'by_text.campaigns')",
        &[&text(99)],
    )
    .await?;
    equal(error.message(), format!("campaign \"{}\" does not exist", text(99)))?;
    equal(
        error.detail(),
        Some("Table by_text.campaigns has no row with this key."),
    )?;
    equal(
        error.hint(),
        Some("spend_sync_status() lists all campaigns with their keys."),
    )?;
    agrees(client).await
}

pub async fn direct_write(session: &mut Session) -> Result<()> {
    let client = &session.client;
    let update = "UPDATE by_smallint.campaigns SET spent = 1 WHERE id = $1";
    let error = refused(client, "428C9", update, &[&1_i16]).await?;
    equal(
        error.message(),
        "column spent of campaign \"1\" cannot be written directly",
    )?;
    equal(error.detail().is_some() && error.hint().is_some(), true)?;
    agrees(client).await
}

/// The user's own constraint, by name: at the statement, and at commit.
pub async fn hard_budget(session: &mut Session) -> Result<()> {
    let client = &mut session.client;
    client
        .execute(
            "UPDATE by_text.campaigns SET budget = spent + 1 WHERE id = $1",
            &[&text(1)],
        )
        .await?;
    let update = "UPDATE by_text.clips SET earnings = earnings + 1.01 WHERE id = $1";
    let error = refused(client, "23514", update, &[&text(1)]).await?;
    equal(
        (error.constraint(), error.schema(), error.table()),
        (Some("within_budget"), Some("by_text"), Some("campaigns")),
    )?;
    client
        .execute(
            "UPDATE at_commit.campaigns SET budget = spent + 1 WHERE id = $1",
            &[&text(1)],
        )
        .await?;
    let transaction = client.transaction().await?;
    earn(&transaction, "at_commit", &text(1), "1.01").await?;
    let error = transaction.commit().await.err().context("the budget was overrun")?;
    equal(
        error.as_db_error().and_then(|error| error.constraint()),
        Some("within_budget"),
    )?;
    agrees(client).await
}

pub async fn repair_reports_progress(session: &mut Session) -> Result<()> {
    let client = &session.client;
    drift(client, "by_uuid", Some(money("7")?)).await?;
    client
        .batch_execute("CALL spend_sync_repair('by_uuid.campaigns', batch_size => 4)")
        .await?;
    for done in [0, 4, 6] {
        let notice = session.notices.try_recv().context("no notice")?;
        equal(notice.severity(), "INFO")?;
        equal(
            notice.message().split(',').next(),
            Some(format!("{done} of 6 campaigns done").as_str()),
        )?;
    }
    agrees(client).await
}

pub async fn repair_in_a_transaction(session: &mut Session) -> Result<()> {
    let client = &session.client;
    client.batch_execute("BEGIN").await?;
    refused(client, "2D000", "CALL spend_sync_repair('by_uuid.campaigns')", &[]).await?;
    client.batch_execute("ROLLBACK").await?;
    agrees(client).await
}
