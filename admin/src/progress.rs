//! A repair of all that tells how far it is: one campaign after the other, each in a transaction of its own, a line of
//! JSON after each. No campaign is locked for longer than its own sum takes, and whoever hangs up stops it.

use crate::app::App;
use crate::errors::Error;
use crate::records::{All, Repaired};
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use std::convert::Infallible;
use tokio::sync::mpsc::{self, Receiver, Sender};

pub const MEDIA_TYPE: &str = "application/x-ndjson";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    /// After each campaign.
    Progress { done: usize, total: usize },
    /// A campaign that could not be repaired; the others are.
    #[serde(rename_all = "camelCase")]
    Failed { campaign_id: String, error: String },
    /// The last line.
    Finished(All),
    /// The last line, where it could not go on.
    Error(String),
}

/// The answer begins at once, and ends when the last campaign is done.
pub fn repair_all(app: App) -> Response {
    let (lines, sent) = mpsc::channel(16);
    tokio::spawn(async move {
        let last = match run(&app, &lines).await {
            Ok(all) => Line::Finished(all),
            Err(error) => Line::Error(error.message().to_owned()),
        };
        send(&lines, &last).await;
    });
    ([(CONTENT_TYPE, MEDIA_TYPE)], Body::from_stream(as_stream(sent))).into_response()
}

async fn run(app: &App, lines: &Sender<Bytes>) -> Result<All, Error> {
    let ids = app.database.needing_sync().await?;
    let total = ids.len();
    let mut repaired: Vec<Repaired> = Vec::new();
    let mut failed = 0;
    send(lines, &Line::Progress { done: 0, total }).await;
    for (index, campaign_id) in ids.into_iter().enumerate() {
        if lines.is_closed() || app.stops() {
            break;
        }
        match app.database.repair_one(&campaign_id).await {
            Ok(campaign) => repaired.push(campaign),
            // Deleted since the preview.
            Err(Error::NoSuchCampaign) => {}
            Err(error @ (Error::Refused | Error::Busy)) => {
                failed += 1;
                let error = error.message().to_owned();
                send(lines, &Line::Failed { campaign_id, error }).await;
            }
            Err(error) => return Err(error),
        }
        send(lines, &Line::Progress { done: index + 1, total }).await;
    }
    let total_difference = app.database.total_difference(&repaired).await?;
    let mut all = All::new(repaired, total_difference);
    all.success = failed == 0;
    Ok(all)
}

/// Nobody may be listening any more; whoever sends next sees that.
async fn send(lines: &Sender<Bytes>, line: &Line) {
    let Ok(mut text) = serde_json::to_vec(line) else { return };
    text.push(b'\n');
    let _ = lines.send(text.into()).await;
}

fn as_stream(sent: Receiver<Bytes>) -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(sent, async |mut sent| sent.recv().await.map(|line| (Ok(line), sent)))
}
