//! [`Json`]: a body that was checked against the schema in the document before anybody looks at it.

use std::any::TypeId;

use axum::{
    extract::{FromRequest, Request, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Argument, OperationDoc, schema};
use crate::error::{Code, Error, Result};

/// A JSON body. As an argument it must come last; as an answer it is serialized.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: ToSchema> Argument for Json<T> {
    fn describe(doc: &mut OperationDoc<'_>) {
        doc.json_body::<T>();
    }
}

impl<S: Send + Sync, T: DeserializeOwned + ToSchema + 'static> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !is_json(request.headers()) {
            return Err(Error::new(Code::UnsupportedMediaType, "Send content-type: application/json."));
        }
        let body = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let value = parse_json(&body)?;
        Json::check(value).map(Json)
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> Json<T> {
    /// The same check for a value that did not come as a body of its own: an import row, a line of a batch.
    pub fn check(value: Value) -> Result<T> {
        Self::suits(&value)?;
        schema::read(value).map_err(|fault| Error::invalid(vec![fault]))
    }

    /// Only the check, for a value that somebody else reads.
    pub fn judge(value: &Value) -> Result<()> {
        Self::suits(value)?;
        schema::read::<T, _>(value).map_err(|fault| Error::invalid(vec![fault])).map(|_| ())
    }

    fn suits(value: &Value) -> Result<()> {
        let compiled = schema::of_type(TypeId::of::<T>(), schema::document::<T>)?;
        match compiled.faults(value) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(Error::invalid(faults)),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let kind = HeaderValue::from_static("application/json");
                (StatusCode::OK, [(header::CONTENT_TYPE, kind)], body).into_response()
            }
            Err(e) => Error::internal(e).into_response(),
        }
    }
}

/// The body's bytes as they came, for whoever verifies a signature over them. As an argument it must come last.
#[derive(Debug, Clone, Default)]
pub struct RawBody(pub Bytes);

impl Argument for RawBody {}

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        Bytes::from_request(request, state).await.map(RawBody).map_err(unreadable)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

pub(super) fn unreadable(rejection: BytesRejection) -> Error {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Error::new(Code::TooLarge, "The body is larger than this route takes.")
        }
        _ => Error::malformed("The body ended before it was complete."),
    }
}

/// Reads a body as JSON: valid UTF-8, not empty, not too deep.
pub fn parse_json(body: &[u8]) -> Result<Value> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::malformed("The body is empty; send a JSON document."));
    }
    let text = std::str::from_utf8(body).map_err(|_| Error::malformed("The body is not valid UTF-8."))?;
    serde_json::from_str(text).map_err(|e| {
        Error::malformed(match e.to_string().starts_with("recursion limit") {
            true => format!("The JSON is nested too deeply, at line {} column {}.", e.line(), e.column()),
            false => format!("The body is not valid JSON, at line {} column {}.", e.line(), e.column()),
        })
    })
}

/// For a field of a PATCH that `null` clears: absent is `None`, `null` is `Some(None)`.
///
/// `#[serde(default, deserialize_with = "platform::http::nullable")] #[schema(value_type = Option<String>)]`
/// `note: Option<Option<String>>`
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}
