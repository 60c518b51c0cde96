//! Limits on how often somebody may try: per address at the log-in, per key everywhere else.

use std::sync::{Arc, Mutex};

use axum::{
    extract::{FromRef, FromRequestParts, Request},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use platform::{
    Error, Result,
    events::{Actor, Origin},
    http::{ClientAddress, DeclaresAccess, RateDecision, Requirement},
};

use super::caller::origin;
use crate::Desk;

/// Anyone may call the route, a few times a minute from one address: what takes passwords, links and tokens.
#[derive(Debug, Clone)]
pub struct Guarded {
    /// By nobody, until somebody proves who they are.
    pub origin: Origin,
}

impl DeclaresAccess for Guarded {
    fn access() -> Requirement {
        Requirement::Public
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Guarded
where
    Desk: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let desk = Desk::from_ref(state);
        let from =
            ClientAddress::from_request_parts(parts, state).await.unwrap_or_else(|never| match never {});
        let attempt = if parts.uri.path().ends_with("/refresh") { Attempt::Refresh } else { Attempt::LogIn };
        let decision = desk.access.try_address(from, attempt);
        note(parts, decision);
        decision.check()?;
        Ok(Guarded { origin: origin(parts, Actor::Nobody) })
    }
}

/// What somebody tries from an address; each has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    LogIn,
    Refresh,
    /// Something under an unguessable link.
    Link,
}

/// Anyone who knows its unguessable link may call the route, about once a second from one address: what programs ask for
/// again and again (a calendar). It takes nothing from what [`Guarded`] allows.
#[derive(Debug, Clone, Copy)]
pub struct Linked;

impl DeclaresAccess for Linked {
    fn access() -> Requirement {
        Requirement::Public
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Linked
where
    Desk: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let desk = Desk::from_ref(state);
        let from =
            ClientAddress::from_request_parts(parts, state).await.unwrap_or_else(|never| match never {});
        let decision = desk.access.try_address(from, Attempt::Link);
        note(parts, decision);
        decision.check()?;
        Ok(Linked)
    }
}

/// Where an extractor leaves its verdict for [`rate_headers`].
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Option<RateDecision>>>);

pub(super) fn note(parts: &Parts, decision: RateDecision) {
    if let Some(Slot(slot)) = parts.extensions.get::<Slot>() {
        *slot.lock().unwrap_or_else(|e| e.into_inner()) = Some(decision);
    }
}

/// Middleware around the API: tells every caller that has a limit how much of it is left (`X-RateLimit-…`).
pub async fn rate_headers(mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next.run(request).await;
    let decision = slot.0.lock().unwrap_or_else(|e| e.into_inner()).take();
    if let Some(decision) = decision {
        decision.write_headers(response.headers_mut());
    }
    response
}
