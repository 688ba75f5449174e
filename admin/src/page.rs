//! The page: files that are the same for everybody, compiled in. No build step: what stands in page/ is what is served.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| file(HTML, include_str!("../page/index.html"))))
        .route("/page.css", get(|| file(CSS, include_str!("../page/page.css"))))
        .route("/page.js", get(|| file(SCRIPT, include_str!("../page/page.js"))))
        .route("/view.js", get(|| file(SCRIPT, include_str!("../page/view.js"))))
        .route("/api.js", get(|| file(SCRIPT, include_str!("../page/api.js"))))
        .route("/money.js", get(|| file(SCRIPT, include_str!("../page/money.js"))))
}

async fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text)
}
