//! Who is let in: whoever shows a token.
//!
//! The token comes in a header that no browser sends by itself, and no cookie is ever set: a page of somebody else's
//! cannot make a visitor's browser act here. What a browser says of a request's origin is looked at all the same.

use crate::app::App;
use crate::errors::Error;
use crate::tokens::Role;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

/// Whoever asks for a role needs a token to get one.
impl FromRequestParts<App> for Role {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let header = parts.headers.get(AUTHORIZATION).ok_or(Error::NoToken)?;
        let token = header
            .to_str()
            .ok()
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Error::NoToken)?;
        app.tokens.role_of(token).ok_or(Error::WrongToken)
    }
}

/// Refuses what another site's page makes a browser send. Programs other than browsers do not send this header.
pub async fn same_site_only(request: Request, next: Next) -> Result<Response, Error> {
    match request.headers().get("sec-fetch-site").map(|site| site.as_bytes()) {
        Some(b"cross-site" | b"same-site") if !request.method().is_safe() => Err(Error::OtherSite),
        _ => Ok(next.run(request).await),
    }
}
