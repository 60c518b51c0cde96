//! What a request carries besides its body: its id, the ids in its path, the version it expects.

use axum::{
    extract::{FromRequestParts, RawPathParams, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header, request::Parts};
use utoipa::openapi::{
    KnownFormat, Required, SchemaFormat,
    path::{ParameterBuilder, ParameterIn},
    schema::{Object, ObjectBuilder, Schema, Type},
};

use super::{Argument, OperationDoc};
use crate::{
    error::{Code, Error, Fault, Result},
    ids::Entropy,
};

/// The largest whole number that every JSON reader keeps exact.
const MAX_ID: i64 = (1 << 53) - 1;
const MAX_SEGMENT: usize = 512;
const MAX_REQUEST_ID: usize = 64;
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static REQUEST_ID: RequestId;
}

/// The name of one request, in its answer, in every refusal and in the log. A request extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// The id of the request that this task is answering.
pub fn current_request_id() -> Option<String> {
    REQUEST_ID.try_with(|id| id.0.clone()).ok()
}

/// Runs work that outlives its request's task under the request's id.
pub(super) async fn with_request_id<F: Future>(id: Option<String>, work: F) -> F::Output {
    match id {
        Some(id) => REQUEST_ID.scope(RequestId(id), work).await,
        None => work.await,
    }
}

/// Middleware: takes a sane `x-request-id`, or makes one.
pub(super) async fn request_id(State(entropy): State<Entropy>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&X_REQUEST_ID).and_then(|v| v.to_str().ok());
    let sane = |v: &&str| (1..=MAX_REQUEST_ID).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_graphic());
    let id = given.filter(sane).map_or_else(|| entropy.token(12), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = with_request_id(Some(id.clone()), next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(|| RequestId(String::new())))
    }
}

impl Argument for RequestId {}

/// The one id in a path: `/tickets/{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub i64);

/// The two ids in a path: `/users/{id}/departments/{department_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids2(pub i64, pub i64);

/// The one piece of text in a path: a token, a name. Never empty, never with NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment(pub String);

/// The two pieces of text in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments2(pub String, pub String);

/// A piece of text in a path and an id behind it: `/vendors/{code}/users/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentId(pub String, pub i64);

/// The path's parameters in order. That there are `N` is the programmer's word, not the caller's.
async fn path<const N: usize, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<[(String, String); N]> {
    let raw = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| Error::malformed("The path is not valid UTF-8."))?;
    let all: Vec<_> = raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let count = all.len();
    all.try_into()
        .map_err(|_| Error::internal(format!("the path has {count} parameters, the handler wants {N}")))
}

fn id((name, value): &(String, String)) -> Result<i64, Fault> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let parsed = value.parse::<i64>().ok();
    match parsed.filter(|_| digits) {
        Some(n) if (1..=MAX_ID).contains(&n) => Ok(n),
        Some(_) => Err(Fault::new(name, "out_of_range", format!("must be between 1 and {MAX_ID}"))),
        None if digits => Err(Fault::new(name, "out_of_range", format!("must be between 1 and {MAX_ID}"))),
        None if value.strip_prefix('-').is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit())) => {
            Err(Fault::new(name, "out_of_range", format!("must be between 1 and {MAX_ID}")))
        }
        None => Err(Fault::new(name, "type", "must be a whole number")),
    }
}

fn segment((name, value): &(String, String)) -> Result<String, Fault> {
    if value.is_empty() {
        return Err(Fault::new(name, "required", "must not be empty"));
    }
    if value.len() > MAX_SEGMENT {
        return Err(Fault::new(name, "too_long", format!("must have at most {MAX_SEGMENT} bytes")));
    }
    match value.contains('\0') {
        true => Err(Fault::new(name, "format", "must not contain the character NUL")),
        false => Ok(value.clone()),
    }
}

fn bad_path(faults: Vec<Fault>) -> Error {
    Error { faults, ..Error::new(Code::InvalidParameter, "The path has a part that is not valid.") }
}

fn both<A, B>(a: Result<A, Fault>, b: Result<B, Fault>) -> Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => Err(bad_path([a.err(), b.err()].into_iter().flatten().collect())),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let [one] = path::<1, S>(parts, state).await?;
        id(&one).map(Id).map_err(|fault| bad_path(vec![fault]))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ids2 {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let [a, b] = path::<2, S>(parts, state).await?;
        both(id(&a), id(&b)).map(|(a, b)| Ids2(a, b))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let [one] = path::<1, S>(parts, state).await?;
        segment(&one).map(Segment).map_err(|fault| bad_path(vec![fault]))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Segments2 {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let [a, b] = path::<2, S>(parts, state).await?;
        both(segment(&a), segment(&b)).map(|(a, b)| Segments2(a, b))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SegmentId {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let [a, b] = path::<2, S>(parts, state).await?;
        both(segment(&a), id(&b)).map(|(a, b)| SegmentId(a, b))
    }
}

fn id_schema() -> Schema {
    let whole = ObjectBuilder::new().schema_type(Type::Integer);
    let object: Object = whole
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1))
        .maximum(Some(MAX_ID as f64))
        .build();
    Schema::Object(object)
}

fn text_schema() -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_SEGMENT)).build())
}

impl Argument for Id {
    fn describe(doc: &mut OperationDoc<'_>) {
        doc.path_parameter(0, id_schema());
    }
}

impl Argument for Ids2 {
    fn describe(doc: &mut OperationDoc<'_>) {
        doc.path_parameter(0, id_schema());
        doc.path_parameter(1, id_schema());
    }
}

impl Argument for Segment {
    fn describe(doc: &mut OperationDoc<'_>) {
        doc.path_parameter(0, text_schema());
    }
}

impl Argument for Segments2 {
    fn describe(doc: &mut OperationDoc<'_>) {
        doc.path_parameter(0, text_schema());
        doc.path_parameter(1, text_schema());
    }
}

impl Argument for SegmentId {
    fn describe(doc: &mut OperationDoc<'_>) {
        doc.path_parameter(0, text_schema());
        doc.path_parameter(1, id_schema());
    }
}

/// The version that the caller read, when it said one: `If-Match: "3"`, `3`, `W/"3"`. `*` is as good as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// 409 when another version than the expected one is there.
    pub fn check(self, version: i64) -> Result<()> {
        match self.0 {
            Some(expected) if expected != version => Err(Error::stale()),
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(IfMatch(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(IfMatch(None));
        }
        let tag = text.strip_prefix("W/").unwrap_or(text);
        let bare = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(tag);
        let version = bare.bytes().all(|b| b.is_ascii_digit()).then(|| bare.parse().ok()).flatten();
        version.map(|v| IfMatch(Some(v))).ok_or_else(|| {
            let fault = Fault::new("If-Match", "format", "must be the version of the row, a whole number");
            Error { faults: vec![fault], ..Error::new(Code::InvalidParameter, "If-Match is not a version.") }
        })
    }
}

impl Argument for IfMatch {
    fn describe(doc: &mut OperationDoc<'_>) {
        let parameter = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The `version` that you read; another one there answers 409"))
            .schema(Some(Schema::Object(ObjectBuilder::new().schema_type(Type::String).build())));
        doc.parameter(parameter.build());
    }
}
