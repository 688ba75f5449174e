//! A repair of all that tells how far it is: one campaign after the other, each in a transaction of its own, a line of
//! JSON after each. No campaign is locked for longer than its own sum takes, and whoever hangs up stops it.

use crate::app::App;
use crate::errors::Error;
use crate::records::{All, Failed, Repaired};
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use std::convert::Infallible;
use std::pin::pin;
use tokio::sync::mpsc::{self, Receiver, Sender};

const MEDIA_TYPE: &str = "application/x-ndjson";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Line<'a> {
    /// After each campaign.
    Progress { done: usize, total: usize },
    /// A campaign that could not be repaired; the others are.
    Failed(&'a Failed),
    /// The last line.
    Finished(All),
    /// The last line, where it could not go on.
    Error(&'a str),
}

/// Whether a caller takes such an answer.
pub fn is_accepted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|kind| kind.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

/// The answer begins at once, and ends when the last campaign is done.
pub fn repair_all(app: App) -> Response {
    let (lines, sent) = mpsc::channel(16);
    tokio::spawn(async move {
        let outcome = run(&app, &lines).await;
        let last = match outcome {
            Ok(all) => Line::Finished(all),
            Err(ref error) => Line::Error(error.message()),
        };
        send(&lines, &last).await;
    });
    ([(CONTENT_TYPE, MEDIA_TYPE)], Body::from_stream(as_stream(sent))).into_response()
}

async fn run(app: &App, lines: &Sender<Bytes>) -> Result<All, Error> {
    let ids = app.database.needing_sync().await?;
    let total = ids.len();
    let (mut repaired, mut failed) = (Vec::new(), Vec::new());
    let mut done = 0;
    send(lines, &Line::Progress { done, total }).await;
    for campaign_id in ids {
        if lines.is_closed() || app.stops() {
            break;
        }
        match repair_one(app, &campaign_id, lines).await {
            // Somebody else may have been quicker.
            Ok(campaign) => repaired.extend(Some(campaign).filter(Repaired::is_corrected)),
            // Deleted since the preview.
            Err(Error::NoSuchCampaign) => {}
            Err(error @ (Error::DatabaseAway | Error::NoRight | Error::ReadOnly)) => return Err(error),
            Err(error) => {
                let error = error.message().to_owned();
                failed.push(Failed { campaign_id, error });
                send(lines, &Line::Failed(&failed[failed.len() - 1])).await;
            }
        }
        app.previews.repaired();
        done += 1;
        send(lines, &Line::Progress { done, total }).await;
    }
    let total_difference = app.database.total_difference(&repaired).await?;
    Ok(All::new(repaired, total_difference, failed, total - done))
}

/// Once begun, it is brought to its end, whoever hangs up meanwhile.
async fn repair_one(app: &App, campaign_id: &str, lines: &Sender<Bytes>) -> Result<Repaired, Error> {
    let mut repair = pin!(app.database.repair_one(campaign_id));
    tokio::select! {
        biased;
        outcome = &mut repair => outcome,
        () = lines.closed() => {
            tracing::info!("nobody listens any more: the sync ends with the campaign that it is at");
            repair.await
        }
    }
}

/// Nobody may be listening any more; whoever sends next sees that.
async fn send(lines: &Sender<Bytes>, line: &Line<'_>) {
    let Ok(mut text) = serde_json::to_vec(line) else { return };
    text.push(b'\n');
    let _ = lines.send(text.into()).await;
}

fn as_stream(sent: Receiver<Bytes>) -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(sent, async |mut sent| sent.recv().await.map(|line| (Ok(line), sent)))
}
