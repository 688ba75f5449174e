//! Which address leads where, and what every answer carries.

use crate::access::same_site_only;
use crate::app::App;
use crate::errors::Error;
use crate::{api, page};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

/// All routes.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/api/admin/campaigns/sync-spend", get(api::preview).post(api::repair))
        .route("/api/admin/campaigns/corrections", get(api::corrections))
        .route("/healthz", get(|| async { Json(serde_json::json!({ "alive": true })) }))
        .route("/readyz", get(ready))
        .merge(page::routes())
        .fallback(|| async { Error::NoSuchPage })
        .method_not_allowed_fallback(|| async { Error::NoSuchMethod })
        .layer(middleware::from_fn(same_site_only))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            tracing::error!("a request panicked");
            Error::Internal.into_response()
        }))
        .with_state(app);
    logged(secured(routes))
}

/// Ready is who can answer for a table: the database is there, and the extension, and a table is attached.
async fn ready(State(app): State<App>) -> Result<impl IntoResponse, Error> {
    app.database.is_ready().await?;
    Ok(Json(serde_json::json!({ "ready": true })))
}

/// The page runs no script and loads nothing but its own, is shown in no frame, and leaves nothing in a cache.
fn secured(routes: Router) -> Router {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
        (CACHE_CONTROL, "no-store"),
    ]
    .into_iter()
    .fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::if_not_present(
            name,
            HeaderValue::from_static(value),
        ))
    })
}

/// A line for each request: never its header, its query or its body, in which tokens and keys may stand.
fn logged(routes: Router) -> Router {
    let span = |request: &Request| {
        let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
        tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
    };
    let response = |response: &Response, took: Duration, _: &Span| {
        tracing::info!(
            status = response.status().as_u16(),
            milliseconds = took.as_millis() as u64,
            "answered"
        );
    };
    routes
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(response)
                .on_failure(()),
        )
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}
