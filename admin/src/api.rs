//! The calls under /api/admin, as JSON. Amounts are exact: JSON numbers with all their digits.

use crate::app::App;
use crate::database::Selection;
use crate::errors::Error;
use crate::progress;
use crate::records::{All, Campaign, Correction, Repaired, Summary};
use crate::tokens::Role;
use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, State, rejection::QueryRejection};
use axum::http::{HeaderMap, header::ACCEPT};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// A key has some tens of bytes, and nothing else is sent.
const LARGEST_BODY: usize = 16 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const LARGEST_PAGE: u32 = 500;
const USUAL_PAGE: u32 = 50;

/// What a preview may ask for. With nothing asked for: every campaign, those first that are most wrong.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[derive(Default)]
pub struct Wanted {
    /// From 1.
    page: Option<u32>,
    /// 50 unless said otherwise, 500 at most.
    page_size: Option<u32>,
    /// Only this one.
    campaign_id: Option<String>,
    /// Part of a title or of a key, in upper or lower case.
    search: String,
    /// Only those that need a sync.
    needs_sync: bool,
    sort: Sort,
    order: Option<Direction>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
enum Sort {
    Title,
    RecordedSpent,
    ActualSpent,
    /// By its size, whatever its sign; a total of NULL that should be 0 after those.
    #[default]
    Difference,
    ApprovedClipsCount,
    Budget,
    /// By the part of the budget that is spent.
    BudgetUsed,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Direction {
    Asc,
    Desc,
}

impl Wanted {
    /// All on one page, unless pages are asked for.
    fn page_size(&self) -> Option<u32> {
        (self.page.is_some() || self.page_size.is_some())
            .then(|| self.page_size.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE))
    }

    fn page(&self) -> u32 {
        self.page.unwrap_or(1).max(1)
    }

    fn order(&self) -> &'static str {
        let usual = match self.sort {
            Sort::Title => Direction::Asc,
            _ => Direction::Desc,
        };
        match (self.sort, self.order.unwrap_or(usual)) {
            (Sort::Title, Direction::Asc) => "lower(title)",
            (Sort::Title, Direction::Desc) => "lower(title) DESC NULLS LAST",
            (Sort::RecordedSpent, Direction::Asc) => "recorded_spent",
            (Sort::RecordedSpent, Direction::Desc) => "recorded_spent DESC NULLS LAST",
            (Sort::ActualSpent, Direction::Asc) => "actual_spent",
            (Sort::ActualSpent, Direction::Desc) => "actual_spent DESC",
            (Sort::Difference, Direction::Asc) => "abs(difference), needs_sync, lower(title)",
            (Sort::Difference, Direction::Desc) => "abs(difference) DESC, needs_sync DESC, lower(title)",
            (Sort::ApprovedClipsCount, Direction::Asc) => "approved_clips",
            (Sort::ApprovedClipsCount, Direction::Desc) => "approved_clips DESC",
            (Sort::Budget, Direction::Asc) => "budget",
            (Sort::Budget, Direction::Desc) => "budget DESC NULLS LAST",
            (Sort::BudgetUsed, Direction::Asc) => "actual_spent / nullif(budget, 0)",
            (Sort::BudgetUsed, Direction::Desc) => "actual_spent / nullif(budget, 0) DESC NULLS LAST",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    success: bool,
    campaigns: Vec<Campaign>,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Page>,
    /// Whether this token may repair, too.
    may_repair: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    number: u32,
    size: u32,
    /// Of how many campaigns that match.
    matching: i64,
}

/// GET /api/admin/campaigns/sync-spend: the preview. It changes nothing.
pub async fn preview(
    State(app): State<App>,
    role: Role,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<impl IntoResponse, Error> {
    let Query(wanted) = wanted.map_err(|rejection| Error::BadRequest(rejection.body_text()))?;
    let size = wanted.page_size();
    let selection = Selection {
        only_needing_sync: wanted.needs_sync,
        id: wanted.campaign_id.clone(),
        search: wanted.search.clone(),
        order: wanted.order(),
        limit: size.map(i64::from),
        offset: i64::from(wanted.page() - 1) * i64::from(size.unwrap_or(0)),
    };
    let found = app.database.preview(&selection).await?;
    Ok(Json(Preview {
        success: true,
        campaigns: found.campaigns,
        summary: found.summary,
        page: size.map(|size| Page {
            number: wanted.page(),
            size,
            matching: found.matching,
        }),
        may_repair: role == Role::Admin,
    }))
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
pub async fn repair(State(app): State<App>, role: Role, headers: HeaderMap, body: Body) -> Result<Response, Error> {
    role.may_repair()?;
    let order = read_order(body).await?;
    if let Some(id) = order.campaign_id {
        let campaign = app.database.repair_one(&id).await?;
        let message = campaign.message();
        return Ok(Json(One {
            success: true,
            message,
            campaign,
        })
        .into_response());
    }
    if headers
        .get(ACCEPT)
        .is_some_and(|accept| accept.as_bytes() == progress::MEDIA_TYPE.as_bytes())
    {
        return Ok(progress::repair_all(app));
    }
    let campaigns = app.database.repair_all().await?;
    let total_difference = app.database.total_difference(&campaigns).await?;
    Ok(Json(All::new(campaigns, total_difference)).into_response())
}

async fn read_order(body: Body) -> Result<Order, Error> {
    let body: Bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, LARGEST_BODY))
        .await
        .map_err(|_| Error::TooSlow)?
        .map_err(|_| Error::TooLarge)?;
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
    let limit = limit.unwrap_or(20).clamp(1, LARGEST_PAGE);
    let corrections = app.database.corrections(i64::from(limit)).await?;
    Ok(Json(Corrections {
        success: true,
        corrections,
    }))
}
