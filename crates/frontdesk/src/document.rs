//! The API document: generated from the code, served, browsable.

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::map_response,
    response::{Redirect, Response},
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

/// Where the browser's files lie; its first page carries its name, because `/x/` and `/x` are one address here.
const BROWSER: &str = "/docs/browser";
const FIRST_PAGE: &str = "/docs/browser/index.html";
/// The browser's own scripts and styles, and nothing from elsewhere.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
);

/// The document at `/api/v1/openapi.json`, the browser at `/docs` and `/api/docs`.
pub fn router(document: OpenApi) -> Router {
    let browser = SwaggerUi::new(BROWSER)
        .url(Url::with_primary("Frontdesk", "/api/v1/openapi.json", true), document)
        .config(Config::default().try_it_out_enabled(false).doc_expansion("none"));
    Router::new()
        .merge(browser)
        .layer(map_response(allow_own_scripts))
        .route("/docs", get(|| async { Redirect::to(FIRST_PAGE) }))
        .route("/api/docs", get(|| async { Redirect::to(FIRST_PAGE) }))
}

async fn allow_own_scripts(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// The document as the snapshot in the repository holds it.
pub fn snapshot() -> String {
    let (_, document, _) = crate::app::document().into_parts();
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
