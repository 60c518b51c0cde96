//! The web interface, embedded: precompressed files with an ETag, hashed assets immutable, and every
//! other path answered with the page itself, because the browser does the routing.
//!
//! Invariants: nothing is compressed or read from disk at run time, and nothing under `api/` or
//! `assets/` is ever answered with the page (a missing script must fail, not parse as HTML).

use axum::body::Body;
use axum::http::response::Builder;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

/// One embedded file and its compressed twins.
pub(crate) struct File {
    path: &'static str,
    etag: &'static str,
    raw: &'static [u8],
    br: Option<&'static [u8]>,
    gz: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What the page may load: only what this binary serves. Styles set from script (positions of menus,
/// of rows in a long list) need `unsafe-inline` for styles; scripts never do.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'";

/// Answers everything the API does not: mount it as the router's fallback.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    let Some(file) = lookup(path) else {
        return finish(Response::builder().status(StatusCode::NOT_FOUND), "not found".into());
    };
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut answer = Response::builder()
        .header(header::ETAG, file.etag)
        .header(header::VARY, "accept-encoding")
        .header(header::CACHE_CONTROL, cache)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if is_page(file) {
        answer = answer
            .header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)
            .header(header::REFERRER_POLICY, "same-origin")
            .header(header::X_FRAME_OPTIONS, "DENY");
    }
    if knows(&headers, file.etag) {
        return finish(answer.status(StatusCode::NOT_MODIFIED), Body::empty());
    }
    let (encoding, body) = pick(file, &headers);
    if let Some(encoding) = encoding {
        answer = answer.header(header::CONTENT_ENCODING, encoding);
    }
    finish(answer.header(header::CONTENT_TYPE, mime(file.path)), Body::from(body))
}

/// The file at `path`, or the page for an address that only the browser's router knows.
fn lookup(path: &str) -> Option<&'static File> {
    let belongs_elsewhere = path.starts_with("assets/") || path.starts_with("api/");
    find(path).or_else(|| if belongs_elsewhere { None } else { find("index.html") })
}

fn find(path: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().map(|i| &FILES[i])
}

fn is_page(file: &File) -> bool {
    file.path.ends_with(".html")
}

/// Whether the browser already holds this very content.
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    text(headers.get(header::IF_NONE_MATCH)).split(',').any(|t| t.trim().trim_start_matches("W/") == etag)
}

/// The smallest form of the file that the browser accepts.
fn pick(file: &File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let accepted = text(headers.get(header::ACCEPT_ENCODING));
    match (file.br, file.gz) {
        (Some(br), _) if accepts(accepted, "br") => (Some("br"), br),
        (_, Some(gz)) if accepts(accepted, "gzip") => (Some("gzip"), gz),
        _ => (None, file.raw),
    }
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|offer| {
        let mut parts = offer.split(';');
        parts.next().is_some_and(|name| name.trim() == encoding) && !parts.any(|q| q.trim() == "q=0")
    })
}

fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        _ => "application/octet-stream",
    }
}

fn finish(answer: Builder, body: Body) -> Response<Body> {
    answer.body(body).unwrap_or_else(|_| Response::new(Body::empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_browser_gets_the_page_and_a_missing_asset_does_not() {
        assert_eq!(lookup("inbox").map(|f| f.path), Some("index.html"));
        assert_eq!(lookup("").map(|f| f.path), Some("index.html"));
        assert!(lookup("assets/gone.js").is_none());
        assert!(lookup("api/v1/nothing").is_none());
    }

    #[test]
    fn every_embedded_file_is_found() {
        assert!(FILES.iter().all(|file| find(file.path).is_some()));
    }

    #[test]
    fn an_encoding_weighed_zero_is_refused() {
        assert!(accepts("gzip, br", "br"));
        assert!(accepts("gzip;q=0.5", "gzip"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("", "br"));
    }

    #[test]
    fn a_known_etag_is_recognised_among_several() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"a\", W/\"b\""));
        assert!(knows(&headers, "\"b\""));
        assert!(!knows(&headers, "\"c\""));
    }
}
