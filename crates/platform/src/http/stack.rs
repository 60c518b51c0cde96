//! Everything that stands around the routes, in the one order that is right. See [`stack`].

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tower::{Layer, ServiceExt};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use super::{TrustedProxies, limits, problem, request};
use crate::{config::Config, error::Error, ids::Entropy, telemetry};

/// What [`stack`] needs to know.
#[derive(Debug, Clone)]
pub struct StackOptions {
    pub entropy: Entropy,
    pub body_limit_bytes: usize,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: TrustedProxies,
    /// The public address is https: tell browsers to stay there.
    pub https: bool,
    pub timeout: Duration,
    /// Paths whose bodies may take longer to come than `timeout`; their handlers bound that themselves.
    pub uploads: &'static [&'static str],
}

impl StackOptions {
    pub fn new(config: &Config, entropy: Entropy) -> Self {
        StackOptions {
            entropy,
            body_limit_bytes: config.http.body_limit_bytes,
            allowed_origins: config.http.allowed_origins.clone(),
            trusted_proxies: TrustedProxies::parse(&config.http.trusted_proxies),
            https: config.server.public_url.starts_with("https://"),
            timeout: Duration::from_secs(config.http.timeout_seconds),
            uploads: &[],
        }
    }
}

/// Puts around `routes`, from the outside: trailing slashes, request id, client address, metrics and log line,
/// security headers, CORS, panics, timeout, body limit. Unknown paths and methods answer problems.
pub fn stack(routes: Router, options: &StackOptions) -> Router {
    let proxies = Arc::new(options.trusted_proxies.clone());
    let inner = routes
        .fallback(problem::fallback)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(with_body_limit(options.body_limit_bytes))
        .layer(from_fn_with_state((options.timeout, options.uploads), timeout))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(cors(&options.allowed_origins))
        .layer(from_fn_with_state(options.https, security_headers))
        .layer(from_fn(telemetry::observe))
        .layer(from_fn_with_state(proxies, limits::client_address))
        .layer(from_fn_with_state(options.entropy.clone(), request::request_id));
    let trimmed = tower::util::MapRequestLayer::new(trim_slash).layer(inner);
    Router::new().fallback_service(trimmed.map_err(|never: std::convert::Infallible| match never {}))
}

/// For a route that takes more than the others: `Router::layer(with_body_limit(…))`.
pub fn with_body_limit(bytes: usize) -> DefaultBodyLimit {
    DefaultBodyLimit::max(bytes)
}

/// `/x/` is `/x`.
fn trim_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if trimmed.len() == path.len() || trimmed.is_empty() {
        return request;
    }
    let text = match request.uri().query() {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    if let Ok(path) = text.parse() {
        parts.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

type TimeLimit = (Duration, &'static [&'static str]);

async fn timeout(State((limit, uploads)): State<TimeLimit>, request: Request, next: Next) -> Response {
    if *request.method() == Method::POST && uploads.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::unavailable("It took too long; try again.").into_response(),
    }
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|o| HeaderValue::from_str(o.trim_end_matches('/')).ok());
    let origins: Vec<_> = origins.collect();
    let layer = CorsLayer::new().max_age(Duration::from_secs(600));
    if origins.is_empty() {
        return layer;
    }
    layer
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("idempotency-key"),
            request::X_REQUEST_ID,
        ])
        .expose_headers([
            request::X_REQUEST_ID,
            header::RETRY_AFTER,
            header::ETAG,
            HeaderName::from_static("idempotency-replayed"),
            HeaderName::from_static("x-ratelimit-limit"),
            HeaderName::from_static("x-ratelimit-remaining"),
            HeaderName::from_static("x-ratelimit-reset"),
        ])
}

/// Headers that an answer has unless its handler said otherwise: pages bring their own policy, the widget its framing.
async fn security_headers(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut unless_said = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    unless_said(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    unless_said(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_said(header::REFERRER_POLICY, "no-referrer");
    unless_said(header::CACHE_CONTROL, "no-store");
    if https {
        unless_said(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().remove(header::CACHE_CONTROL);
    }
    response
}
