//! The calls under /api/admin, as JSON. Amounts are exact: JSON numbers with all their digits.

use crate::app::App;
use crate::errors::Error;
use crate::progress;
use crate::records::{All, Campaign, Correction, Failed, Repaired, Summary};
use crate::selection::{Page, Selection};
use crate::tokens::Role;
use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, RawQuery, State, rejection::QueryRejection};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// A key has some tens of bytes, and nothing else is sent.
const LARGEST_BODY: usize = 16 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const MOST_CORRECTIONS: u32 = 500;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewAnswer<'a> {
    success: bool,
    campaigns: Vec<&'a Campaign>,
    summary: &'a Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Page>,
    as_of: &'a str,
    /// Whether this token may repair, too.
    may_repair: bool,
}

/// GET /api/admin/campaigns/sync-spend: the preview. It changes nothing.
pub async fn preview(
    State(app): State<App>,
    role: Role,
    selection: Result<Query<Selection>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(selection) = selection.map_err(|rejection| Error::BadRequest(rejection.body_text()))?;
    let preview = app.previews.no_older_than(selection.oldest(), &app.database).await?;
    let (campaigns, page) = selection.of(&preview);
    let answer = PreviewAnswer {
        success: true,
        campaigns,
        summary: &preview.summary,
        page,
        as_of: &preview.as_of,
        may_repair: role == Role::Admin,
    };
    Ok(Json(answer).into_response())
}

/// What a repair is told. A field that is not known is an error: a misspelt `campaignId` must not sync all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    #[serde(default, deserialize_with = "key")]
    campaign_id: Option<String>,
}

/// A key is text or a whole number; null is no key, and does not mean all.
fn key<'a, D: serde::Deserializer<'a>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(key) => Ok(Some(key)),
        Value::Number(key) => Ok(Some(key.to_string())),
        _ => Err(serde::de::Error::custom("campaignId should be text or a number")),
    }
}

#[derive(Serialize)]
struct One {
    success: bool,
    message: String,
    #[serde(flatten)]
    campaign: Repaired,
}

/// POST /api/admin/campaigns/sync-spend: `{"campaignId":"..."}` repairs one, an empty body or `{}` all, in one
/// transaction; with `Accept: application/x-ndjson` all, one after the other, telling after each how far it is.
pub async fn repair(
    State(app): State<App>,
    role: Role,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    role.may_repair()?;
    // A key there, as GET takes one, must not sync all.
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(Error::BadRequest(
            "a repair takes nothing in the address: say it in the body".to_owned(),
        ));
    }
    let order = read_order(body).await?;
    if let Some(id) = order.campaign_id {
        let campaign = app.database.repair_one(&id).await?;
        app.previews.repaired();
        let message = campaign.message();
        return Ok(Json(One {
            success: true,
            message,
            campaign,
        })
        .into_response());
    }
    if progress::is_accepted(&headers) {
        return Ok(progress::repair_all(app));
    }
    let wrong = app.database.repair_all().await?;
    app.previews.repaired();
    let (campaigns, refused): (Vec<_>, Vec<_>) = wrong.into_iter().partition(|campaign| !campaign.new_spent.is_null());
    let failed: Vec<Failed> = refused.into_iter().map(not_taken).collect();
    let status = if failed.is_empty() {
        StatusCode::OK
    } else {
        Error::Refused.status()
    };
    let total_difference = app.database.total_difference(&campaigns).await?;
    Ok((status, Json(All::new(campaigns, total_difference, failed, 0))).into_response())
}

/// A campaign whose right total the tables' own rules do not take.
fn not_taken(campaign: Repaired) -> Failed {
    Failed {
        campaign_id: campaign.campaign_id,
        error: Error::Refused.message().to_owned(),
    }
}

async fn read_order(body: Body) -> Result<Order, Error> {
    let body: Bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, LARGEST_BODY))
        .await
        .map_err(|_| Error::TooSlow)?
        .map_err(|error| match error.into_inner().is::<LengthLimitError>() {
            true => Error::TooLarge,
            false => Error::BadRequest("the body did not arrive whole".to_owned()),
        })?;
    let refused = |why: String| Error::BadRequest(format!("the body is not what is asked for: {why}"));
    match body.trim_ascii() {
        [] => Ok(Order { campaign_id: None }),
        // serde takes an array for a struct, too, and an empty one would sync all.
        [b'{', ..] => serde_json::from_slice(&body).map_err(|error| refused(error.to_string())),
        _ => Err(refused("an object, or nothing".to_owned())),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HowMany {
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Corrections {
    success: bool,
    corrections: Vec<Correction>,
}

/// GET /api/admin/campaigns/corrections?limit=20: which totals were found wrong of late, newest first.
pub async fn corrections(
    State(app): State<App>,
    _role: Role,
    limit: Result<Query<HowMany>, QueryRejection>,
) -> Result<impl IntoResponse, Error> {
    let Query(HowMany { limit }) = limit.map_err(|rejection| Error::BadRequest(rejection.body_text()))?;
    let limit = limit.unwrap_or(20).clamp(1, MOST_CORRECTIONS);
    let corrections = app.database.corrections(i64::from(limit)).await?;
    Ok(Json(Corrections {
        success: true,
        corrections,
    }))
}
