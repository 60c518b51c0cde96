//! Bodies that may be left out, or come as a form.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};
use platform::{
    Error, Result,
    error::Code,
    http::{Json, parse_json},
};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// The body, checked as any other, or `None` when there is none.
pub(super) fn optional<T: DeserializeOwned + ToSchema + 'static>(body: &Bytes) -> Result<Option<T>> {
    match body.iter().all(u8::is_ascii_whitespace) {
        true => Ok(None),
        false => Json::check(parse_json(body)?).map(Some),
    }
}

/// The fields of a form. The last of a name counts.
pub(super) fn form(headers: &HeaderMap, body: &Bytes) -> Result<HashMap<String, String>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        let detail = "Send content-type: application/x-www-form-urlencoded.";
        return Err(Error::new(Code::UnsupportedMediaType, detail));
    }
    Ok(url::form_urlencoded::parse(body).into_owned().collect())
}
