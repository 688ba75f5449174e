//! Statements that are prepared, pipelined, or streamed by COPY.

use super::{Session, agrees, connect, earn, refused, spent};
use crate::checks::equal;
use crate::keys::{bigint, money, text, uuid};
use anyhow::Result;
use futures_util::SinkExt;
use rust_decimal::Decimal;
use std::io::Cursor;
use std::pin::pin;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

/// Generic plans, used while another session detaches and attaches.
pub async fn prepared_statements_follow(session: &mut Session) -> Result<()> {
    let (client, key, tenth) = (&session.client, bigint(2), money("0.10")?);
    let earns = client
        .prepare("UPDATE by_bigint.clips SET earnings = earnings + $1 WHERE id = $2")
        .await?;
    let sync = "SELECT new_spent FROM sync_campaign($1::bigint, 'by_bigint.campaigns')";
    let syncs = client.prepare(sync).await?;
    for _ in 0..12 {
        client.execute(&earns, &[&tenth, &key]).await?;
        let total: Decimal = client.query_one(&syncs, &[&key]).await?.try_get(0)?;
        equal(total, spent(client, "by_bigint", &key).await?)?;
    }
    let generic = "SELECT count(*) FROM pg_prepared_statements
                   WHERE generic_plans > 0 AND parameter_types <> '{}'
                     AND statement ~ 'SET earnings|FROM sync_campaign'";
    equal(client.query_one(generic, &[]).await?.try_get::<_, i64>(0)?, 2)?;
    let before = spent(client, "by_bigint", &key).await?;
    let other = connect().await?;
    other
        .client
        .batch_execute("SELECT spend_sync_detach('by_bigint.campaigns')")
        .await?;
    client.execute(&earns, &[&tenth, &key]).await?;
    equal(spent(client, "by_bigint", &key).await?, before)?;
    refused(client, "55000", sync, &[&key]).await?;
    let attach = "SELECT corrected
                  FROM spend_sync_attach('by_bigint.campaigns', 'by_bigint.clips', 'by_bigint.clip_submissions')";
    equal(other.client.query_one(attach, &[]).await?.try_get::<_, i64>(0)?, 1)?;
    client.execute(&earns, &[&tenth, &key]).await?;
    let total: Decimal = client.query_one(&syncs, &[&key]).await?.try_get(0)?;
    equal(total, before + money("0.20")?)?;
    agrees(client).await
}

/// Futures that are awaited together go out together, in this order.
pub async fn pipelines(session: &mut Session) -> Result<()> {
    let before = spent(&session.client, "by_uuid", &uuid(1)).await?;
    let transaction = session.client.transaction().await?;
    let (first, second, third) = (uuid(1), uuid(7), uuid(13));
    tokio::try_join!(
        earn(&transaction, "by_uuid", &first, "1.25"),
        earn(&transaction, "by_uuid", &second, "1.25"),
        earn(&transaction, "by_uuid", &third, "1.25"),
    )?;
    equal(spent(&transaction, "by_uuid", &uuid(1)).await?, before + money("3.75")?)?;
    transaction.commit().await?;
    agrees(&session.client).await
}

pub async fn aborted_pipeline(session: &mut Session) -> Result<()> {
    let before = spent(&session.client, "by_uuid", &uuid(1)).await?;
    let transaction = session.client.transaction().await?;
    let update = transaction
        .prepare("UPDATE by_uuid.clips SET earnings = $1 WHERE id = $2")
        .await?;
    let set = async |clip: u128, earnings: &str| -> Result<Option<String>> {
        let outcome = transaction.execute(&update, &[&money(earnings)?, &uuid(clip)]).await;
        Ok(outcome.err().and_then(|error| Some(error.code()?.code().to_owned())))
    };
    let codes = tokio::try_join!(set(1, "1.00"), set(7, "999999999999999999.99"), set(13, "1.00"))?;
    equal(codes, (None, Some("22003".to_owned()), Some("25P02".to_owned())))?;
    drop(transaction);
    equal(spent(&session.client, "by_uuid", &uuid(1)).await?, before)?;
    agrees(&session.client).await
}

pub async fn copies_text(session: &mut Session) -> Result<()> {
    let before = spent(&session.client, "by_text", &text(5)).await?;
    let clips: String = (1000..1050).map(|n| format!("{}\t2.50\n", text(n))).collect();
    let links: String = (1000..1050)
        .map(|n| format!("{0}\t{1}\t{0}\tAPPROVED\n", text(n), text(5)))
        .collect();
    let transaction = session.client.transaction().await?;
    for (copy, lines) in [
        ("COPY by_text.clips (id, earnings) FROM STDIN", clips),
        (
            "COPY by_text.clip_submissions (id, \"campaignId\", \"clipId\", status) FROM STDIN",
            links,
        ),
    ] {
        let mut sink = pin!(transaction.copy_in(copy).await?);
        sink.send(Cursor::new(lines.into_bytes())).await?;
        equal(sink.finish().await?, 50)?;
    }
    transaction.commit().await?;
    equal(
        spent(&session.client, "by_text", &text(5)).await?,
        before + money("125.00")?,
    )?;
    agrees(&session.client).await
}

/// An enum's value is sent as the text of its label.
pub async fn copies_binary(session: &mut Session) -> Result<()> {
    let before = spent(&session.client, "by_uuid", &uuid(6)).await?;
    let transaction = session.client.transaction().await?;
    let sink = transaction
        .copy_in("COPY by_uuid.clips (id, earnings) FROM STDIN (FORMAT binary)")
        .await?;
    let mut clips = pin!(BinaryCopyInWriter::new(sink, &[Type::UUID, Type::NUMERIC]));
    for n in 2000..2050 {
        clips.as_mut().write(&[&uuid(n), &money("2.50")?]).await?;
    }
    clips.finish().await?;
    let copy = "COPY by_uuid.clip_submissions (id, \"campaignId\", \"clipId\", status) FROM STDIN (FORMAT binary)";
    let sink = transaction.copy_in(copy).await?;
    let mut links = pin!(BinaryCopyInWriter::new(
        sink,
        &[Type::UUID, Type::UUID, Type::UUID, Type::TEXT]
    ));
    for n in 2000..2050 {
        links
            .as_mut()
            .write(&[&uuid(n), &uuid(6), &uuid(n), &"APPROVED"])
            .await?;
    }
    links.finish().await?;
    transaction.commit().await?;
    equal(
        spent(&session.client, "by_uuid", &uuid(6)).await?,
        before + money("125.00")?,
    )?;
    agrees(&session.client).await
}
