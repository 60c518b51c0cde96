//! The API document: generated from the code, served, browsable.

use axum::{Router, response::Redirect, routing::get};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

/// The document at `/api/v1/openapi.json`, the browser at `/docs` and `/api/docs`.
pub fn router(document: OpenApi) -> Router {
    let browser = SwaggerUi::new("/docs")
        .url(Url::with_primary("Frontdesk", "/api/v1/openapi.json", true), document)
        .config(Config::default().try_it_out_enabled(false).doc_expansion("none"));
    Router::new().merge(browser).route("/api/docs", get(|| async { Redirect::permanent("/docs") }))
}

/// The document as the snapshot in the repository holds it.
pub fn snapshot() -> String {
    let (_, document, _) = crate::app::api().into_parts();
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
