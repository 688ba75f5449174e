//! A platform of its own for each test: a copy of the database that TEMPLATE_URL names, as tests/admin/run.sh makes
//! it, and the routes on top, asked without a network between.
#![allow(dead_code)]

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use spend_sync_admin::{App, Config, router};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tower::ServiceExt;

pub const ADMIN: &str = "an-administrator's-token-for-tests";
pub const VIEWER: &str = "a-viewer's-token-for-these-tests-";
pub const CAMPAIGNS: &str = "/api/admin/campaigns/sync-spend";
pub const CORRECTIONS: &str = "/api/admin/campaigns/corrections";
/// A campaign of the demo's platform that recorded 3075.93, and should say 4546.32.
pub const WRONG: &str = "cmultimatetestcampaign001";

/// No key of a campaign's total is left that a plain sum contradicts.
pub const DRIFTED: &str = r#"
    SELECT count(*) FROM campaigns
    WHERE spent IS DISTINCT FROM (SELECT coalesce(sum(earnings), 0) FROM clip_submissions s JOIN clips ON clips.id = s."clipId"
                                  WHERE s."campaignId" = campaigns.id AND s.status = 'APPROVED')"#;

pub struct Platform {
    name: String,
    /// As the tables' owner.
    pub owner: PgPool,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The message of an error; it must be one, and nothing else may be told.
    pub fn error(&self) -> String {
        let json = self.json();
        let body = json.as_object().unwrap();
        assert_eq!(body.keys().collect::<Vec<_>>(), ["error"]);
        for internal in [
            "SELECT",
            "sync_campaign",
            "postgres",
            "spend_sync.",
            "0x",
            "panicked",
            "within_budget",
        ] {
            assert!(!self.text.contains(internal), "{} tells of {internal}", self.text);
        }
        body["error"].as_str().unwrap().to_owned()
    }
}

fn template() -> PgConnectOptions {
    std::env::var("TEMPLATE_URL")
        .expect("TEMPLATE_URL: run tests/admin/run.sh")
        .parse()
        .unwrap()
}

impl Platform {
    pub async fn new(test: &str) -> Self {
        let name = format!("admin_{test}");
        let template = template();
        let mut connection = template.clone().database("postgres").connect().await.unwrap();
        // Copies of one template cannot be made at the same time.
        for sql in [
            "SELECT pg_advisory_lock(1)".to_owned(),
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name} TEMPLATE {}", template.get_database().unwrap()),
        ] {
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        connection.close().await.unwrap();
        let owner = PgPool::connect_lazy_with(template.database(&name));
        Self { name, owner }
    }

    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.owner)
            .await
            .unwrap();
    }

    pub async fn text(&self, sql: &str) -> String {
        let sql = format!("SELECT ({sql})::text");
        sqlx::query(AssertSqlSafe(sql))
            .fetch_one(&self.owner)
            .await
            .unwrap()
            .get(0)
    }

    pub async fn drifted(&self) -> String {
        self.text(DRIFTED).await
    }

    /// As the role of admin/role.sql, which has no right but what stands there.
    pub fn config(&self) -> Config {
        Config {
            database: template().database(&self.name).username("spend_sync_admin"),
            admin_token: ADMIN.to_owned(),
            viewer_token: Some(VIEWER.to_owned()),
            campaigns: None,
            budget: "budget".to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
        }
    }

    pub fn routes(&self) -> Router {
        routes(&self.config())
    }
}

pub fn routes(config: &Config) -> Router {
    router(App::new(config))
}

/// As whom, unless the test says otherwise.
pub fn request(method: &str, address: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(address)
        .header("authorization", format!("Bearer {ADMIN}"))
}

pub async fn ask(routes: &Router, request: Request<Body>) -> Answer {
    let response = routes.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub async fn get(routes: &Router, address: &str) -> Answer {
    ask(routes, request("GET", address).body(Body::empty()).unwrap()).await
}

pub async fn post(routes: &Router, body: &str) -> Answer {
    ask(
        routes,
        request("POST", CAMPAIGNS).body(Body::from(body.to_owned())).unwrap(),
    )
    .await
}

/// The lines that a repair with progress sends.
pub async fn post_with_progress(routes: &Router) -> Vec<Value> {
    let request = request("POST", CAMPAIGNS).header("accept", "application/x-ndjson");
    let answer = ask(routes, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    answer
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
