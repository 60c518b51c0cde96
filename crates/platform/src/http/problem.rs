//! An [`Error`] as an answer: `application/problem+json`, always the same seven fields.
//!
//! What happened inside is logged here, once, with the request id; it never stands in the answer.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::current_request_id;
use crate::error::{Code, Error, Fault};

/// How every refusal looks (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/docs/errors#not_found")]
    pub kind: String,
    pub title: String,
    #[schema(example = 404)]
    pub status: u16,
    pub detail: String,
    /// Stable; match on this.
    #[schema(example = "not_found")]
    pub code: String,
    /// All faults of the request at once; empty where none belongs to one field.
    pub errors: Vec<ProblemFault>,
    /// Name it when you ask for help.
    pub request_id: String,
}

/// One thing wrong with one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemFault {
    /// A path with dots into the body, or a parameter's name.
    #[schema(example = "methods.0.value")]
    pub field: String,
    #[schema(example = "too_long")]
    pub code: String,
    pub message: String,
}

impl From<Fault> for ProblemFault {
    fn from(fault: Fault) -> Self {
        ProblemFault { field: fault.field, code: fault.code.into_owned(), message: fault.message }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let request_id = current_request_id().unwrap_or_default();
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match (&self.cause, status.is_server_error()) {
            (Some(cause), true) => tracing::error!(
                request_id,
                code = self.code.as_str(),
                cause = chain(cause.as_ref()),
                "request failed"
            ),
            (Some(cause), false) => tracing::debug!(
                request_id,
                code = self.code.as_str(),
                cause = chain(cause.as_ref()),
                "request refused"
            ),
            (None, _) if self.code == Code::Internal => {
                tracing::error!(request_id, "request failed without a cause")
            }
            (None, _) => {}
        }
        let problem = Problem {
            kind: format!("/docs/errors#{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: status.as_u16(),
            detail: self.detail.into_owned(),
            code: self.code.as_str().to_owned(),
            errors: self.faults.into_iter().map(ProblemFault::from).collect(),
            request_id,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self.code);
        response
    }
}

/// A cause and what caused it, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let words = source.to_string();
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        next = source.source();
    }
    text
}

/// The answer of a handler that panicked; the words go to the log alone.
pub(super) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words");
    Error::internal(format!("a handler panicked: {words}")).into_response()
}

/// For [`axum::Router::fallback`]: no such path.
pub async fn fallback() -> Error {
    Error::new(Code::NotFound, "There is nothing at this path.")
}

/// For [`axum::Router::method_not_allowed_fallback`].
pub async fn method_not_allowed(method: Method) -> Error {
    Error::new(Code::MethodNotAllowed, format!("This path does not take {method}."))
}
