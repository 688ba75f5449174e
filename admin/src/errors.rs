//! What goes wrong, as an HTTP status and one sentence. What the database said goes to the log, and to nobody else.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Clone, Debug)]
pub enum Error {
    /// Not in the form that is asked for: why.
    BadRequest(String),
    NoToken,
    WrongToken,
    MayNotRepair,
    OtherSite,
    NoSuchPage,
    NoSuchMethod,
    NoSuchCampaign,
    TooLarge,
    TooSlow,
    /// A constraint or trigger of the tables' does not take the total.
    Refused,
    /// The role in DATABASE_URL lacks a right.
    NoRight,
    NotAttached,
    /// Locked by others, or met by them.
    Busy,
    /// Longer than the role may wait.
    TooLong,
    ReadOnly,
    DatabaseAway,
    Internal,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
}

impl Error {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::WrongToken | Self::MayNotRepair | Self::OtherSite | Self::NoRight => StatusCode::FORBIDDEN,
            Self::NoSuchPage | Self::NoSuchCampaign => StatusCode::NOT_FOUND,
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Refused => StatusCode::CONFLICT,
            Self::NotAttached | Self::Busy | Self::TooLong | Self::ReadOnly | Self::DatabaseAway => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn message(&self) -> &str {
        match self {
            Self::BadRequest(why) => why,
            Self::NoToken => "a token is needed: Authorization: Bearer ...",
            Self::WrongToken => "this token is not known",
            Self::MayNotRepair => "this token may preview, and not repair",
            Self::OtherSite => "a page of another site may not ask for this",
            Self::NoSuchPage => "there is nothing at this address",
            Self::NoSuchMethod => "this address does not take this method",
            Self::NoSuchCampaign => "no such campaign",
            Self::TooLarge => "the body is too large",
            Self::TooSlow => "the body did not arrive in time",
            Self::Refused => "a rule of the database's own tables does not take the right total: see the server's log",
            Self::NoRight => "the server's database role lacks a right: see the server's log",
            Self::NotAttached => "the database has no one table to answer for: see the server's log",
            Self::Busy => "others hold what this needs at the moment: try again",
            Self::TooLong => {
                "the database took longer than this server's role may wait: repair one campaign after the other"
            }
            Self::ReadOnly => "this database is read-only: repair at its primary",
            Self::DatabaseAway => "the database does not answer: try again later",
            Self::Internal => "this went wrong here: see the server's log",
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        match self {
            Self::NoToken => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::Busy => headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
            Self::DatabaseAway | Self::NotAttached | Self::TooLong | Self::ReadOnly => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("10"))
            }
            _ => None,
        };
        let body = Json(Body { error: self.message() });
        (self.status(), headers, body).into_response()
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let mapped = match &error {
            sqlx::Error::Database(error) => from_sqlstate(error.code().as_deref().unwrap_or_default()),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
                Self::DatabaseAway
            }
            _ => Self::Internal,
        };
        // As a field it is quoted: nobody writes a line of their own into the log.
        tracing::error!(?mapped, said = in_full(&error).as_str());
        mapped
    }
}

/// The database's whole message: DETAIL and HINT say what an administrator can do.
fn in_full(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(inner) = error else {
        return error.to_string();
    };
    let mut text = format!("{}: {}", inner.code().unwrap_or_default(), inner.message());
    if let Some(more) = inner.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        for (name, value) in [
            ("detail", more.detail()),
            ("hint", more.hint()),
            ("constraint", more.constraint()),
        ] {
            if let Some(value) = value {
                text.push_str(&format!("; {name}: {value}"));
            }
        }
    }
    text
}

fn from_sqlstate(code: &str) -> Error {
    match code {
        "42501" => Error::NoRight,
        // Nothing attached, several attached, a bound table or column gone; no extension at all.
        "55000" | "42725" | "42P01" | "42883" | "42703" | "3F000" | "42602" => Error::NotAttached,
        // Serialization failure, deadlock, lock time-out.
        "40001" | "40P01" | "55P03" => Error::Busy,
        "57014" => Error::TooLong,
        "25006" => Error::ReadOnly,
        // Too many connections, shutting down, no such database, not let in.
        "53300" | "57P01" | "57P02" | "57P03" | "3D000" | "28000" | "28P01" => Error::DatabaseAway,
        // A trigger of the tables' kept the total out.
        "27000" | "428C9" => Error::Refused,
        _ if code.starts_with("08") => Error::DatabaseAway,
        // The total does not fit, breaks a constraint, or a trigger of the tables' raised an error.
        _ if ["22", "23", "P0"].iter().any(|class| code.starts_with(class)) => Error::Refused,
        _ => Error::Internal,
    }
}

/// A transaction that met another one's locks; PostgreSQL asks to try it again.
pub fn is_conflict(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if matches!(error.code().as_deref(), Some("40001" | "40P01")))
}

/// No such campaign; no key of this table's; no text of PostgreSQL's (a zero byte). Or a trigger of the tables' says so of
/// something else.
pub fn may_be_no_campaign(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if matches!(error.code().as_deref(), Some("P0002" | "22P02" | "22021")))
}
