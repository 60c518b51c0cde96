//! `Idempotency-Key`: a write that is sent again is answered again, not done again.
//!
//! A key belongs to one credential, method and path. The first request runs to its end even when its caller hangs up,
//! so that the second finds what became of it. Answers are kept for 24 h when they are final: a success or a refusal
//! of the content. Never kept: 5xx, 401, 403, 408, 429, answers that set cookies, and anything above 64 KiB.
//! A request without a credential is never kept either: nobody shares a key with everybody.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};

use super::{
    problem,
    request::{current_request_id, with_request_id},
};
use crate::{
    clock::{DAY, MINUTE, Millis},
    db::Db,
    error::{Code, Error, Fault, Result},
    params, sql,
};

const MAX_KEY: usize = 255;
const MAX_ANSWER: usize = 64 << 10;
const KEPT_FOR: Millis = DAY;
/// A first request that has not ended after this long died with its process.
const IN_FLIGHT_FOR: Millis = 5 * MINUTE;
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Bytes,
}

/// What is known of a key when a request comes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody came with it before; it is now taken.
    First,
    /// The first request has not been answered yet.
    InFlight,
    /// It was used with another body.
    Mismatch,
    Done(Answer),
}

/// Where keys are kept.
pub trait IdempotencyStore: Send + Sync + 'static {
    fn begin(&self, key: String, fingerprint: String) -> BoxFuture<'_, Result<Begun>>;
    fn finish(&self, key: String, answer: Answer) -> BoxFuture<'_, Result<()>>;
    /// The attempt left nothing behind that must not happen twice.
    fn forget(&self, key: String) -> BoxFuture<'_, Result<()>>;
}

/// The state of the middleware [`idempotency`].
#[derive(Clone)]
pub struct Idempotency {
    store: Arc<dyn IdempotencyStore>,
    body_limit_bytes: usize,
    never: &'static [&'static str],
}

impl Idempotency {
    /// `body_limit_bytes` bounds what is read to be fingerprinted: the largest body that any route takes.
    pub fn new(store: impl IdempotencyStore, body_limit_bytes: usize) -> Self {
        Idempotency { store: Arc::new(store), body_limit_bytes, never: &[] }
    }

    /// Paths that end so, or hold it before a slash, are answered anew each time: their answers carry secrets, and an
    /// answer that is kept is kept as it is.
    pub fn never(self, paths: &'static [&'static str]) -> Self {
        Idempotency { never: paths, ..self }
    }

    fn keeps(&self, path: &str) -> bool {
        !is_among(self.never, path)
    }
}

/// Whether `path` ends in one of `paths`, or holds it before a slash.
pub(super) fn is_among(paths: &[&str], path: &str) -> bool {
    paths.iter().any(|n| path.ends_with(n) || path.contains(&format!("{n}/")))
}

/// Middleware: `from_fn_with_state(Idempotency::new(…), idempotency)`.
pub async fn idempotency(State(state): State<Idempotency>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if reads || !request.headers().contains_key(&KEY) || !state.keeps(request.uri().path()) {
        return next.run(request).await;
    }
    answer(state, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(state: Idempotency, request: Request, next: Next) -> Result<Response> {
    let key = key_of(request.headers())?;
    let Some(credential) = credential(request.headers()) else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, state.body_limit_bytes)
        .await
        .map_err(|_| Error::new(Code::TooLarge, "The body is larger than allowed, or ended too early."))?;
    let full_path = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |o| &o.0);
    let path = full_path.path_and_query().map_or("/", |p| p.as_str());
    let key = digest(&[&credential, parts.method.as_str().as_bytes(), path.as_bytes(), key.as_bytes()]);
    let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&[][..], |v| v.as_bytes());
    // A boundary differs each time; what it bounds says enough.
    let kind = if kind.starts_with(b"multipart/") { &kind[..10] } else { kind };
    let fingerprint = digest(&[kind, &body]);

    match state.store.begin(key.clone(), fingerprint).await? {
        Begun::Done(answer) => return Ok(replay(answer)),
        Begun::InFlight => {
            let busy = Error::conflict(
                Code::Conflict,
                "The first request with this Idempotency-Key is still running.",
            );
            return Err(busy.with_retry_after(1));
        }
        Begun::Mismatch => {
            return Err(Error::conflict(Code::IdempotencyMismatch, "Take a new key for a new request."));
        }
        Begun::First => {}
    }
    let request = Request::from_parts(parts, Body::from(body));
    let work = with_request_id(current_request_id(), async move {
        // A panic must leave the key free, so it becomes its answer here.
        let response =
            AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(problem::panicked);
        keep(&*state.store, key, response).await
    });
    // A task of its own, so that a caller who hangs up does not stop it half-way.
    match tokio::spawn(work).await {
        Ok(response) => response,
        Err(e) => Err(Error::internal(e)),
    }
}

fn key_of(headers: &HeaderMap) -> Result<String> {
    let sane =
        |text: &&str| (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let key = headers.get(&KEY).and_then(|v| v.to_str().ok()).filter(sane);
    key.map(str::to_owned).ok_or_else(|| {
        let fault = Fault::new(
            "Idempotency-Key",
            "format",
            format!("must be 1 to {MAX_KEY} visible ASCII characters"),
        );
        Error {
            faults: vec![fault],
            ..Error::new(Code::InvalidParameter, "The Idempotency-Key is not usable.")
        }
    })
}

/// What the caller proves itself with, if anything.
fn credential(headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for name in [header::AUTHORIZATION, HeaderName::from_static("x-api-key")] {
        for value in headers.get_all(&name) {
            all.extend_from_slice(name.as_str().as_bytes());
            all.extend_from_slice(value.as_bytes());
            all.push(0);
        }
    }
    (!all.is_empty()).then_some(all)
}

/// SHA-256 of parts that cannot be shifted into one another.
fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

fn replay(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    if let Ok(kind) = HeaderValue::from_str(&answer.content_type)
        && !answer.content_type.is_empty()
    {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn final_answer(response: &Response) -> bool {
    let status = response.status();
    !status.is_server_error()
        && !matches!(status.as_u16(), 401 | 403 | 408 | 429)
        && !response.headers().contains_key(header::SET_COOKIE)
}

async fn keep(store: &dyn IdempotencyStore, key: String, response: Response) -> Result<Response> {
    let size = axum::body::HttpBody::size_hint(response.body()).exact();
    if !final_answer(&response) || size.is_none_or(|n| n > MAX_ANSWER as u64) {
        store.forget(key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, MAX_ANSWER).await.map_err(Error::internal)?;
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let answer =
        Answer { status: parts.status.as_u16(), content_type: content_type.to_owned(), body: body.clone() };
    // The work is done and stored; a failure to remember its answer must not deny it.
    if let Err(e) = store.finish(key, answer).await {
        tracing::warn!(cause = %e, "an idempotent answer was not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Keys in the table `idempotency_keys`.
#[derive(Clone)]
pub struct DbIdempotency(pub Db);

impl DbIdempotency {
    /// Drops what is older than 24 h; a job's work.
    pub async fn prune(&self) -> Result<u64> {
        let query = |tx: &crate::db::Tx<'_>| {
            tx.exec(sql!("DELETE FROM idempotency_keys WHERE created_at < ?1"), params![tx.now() - KEPT_FOR])
        };
        self.0.write(query).await
    }
}

/// Answers of one step at most.
const FORGOTTEN: i64 = 100;

/// Empties the remembered answers whose bodies hold what `concerns` says, some that were begun at `from` or later: where to
/// go on, or `None` when that was all. Such a request is still answered with its status, and not done again.
pub fn forget_answers(
    tx: &crate::db::Tx<'_>,
    from: Millis,
    concerns: impl Fn(&[u8]) -> bool,
) -> Result<Option<Millis>> {
    let next: Option<Millis> = tx.value(
        sql!("SELECT created_at FROM idempotency_keys WHERE created_at > ?1 ORDER BY created_at LIMIT 1 OFFSET ?2"),
        params![from, FORGOTTEN],
    )?;
    let found: Vec<(String, Vec<u8>)> = tx.all(
        sql!(
            "SELECT key, body FROM idempotency_keys WHERE created_at >= ?1 AND created_at < ?2 AND state = 'done' AND body IS NOT NULL"
        ),
        params![from, next.unwrap_or(Millis::MAX)],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    for (key, _) in found.iter().filter(|(_, body)| concerns(body)) {
        tx.exec(
            sql!("UPDATE idempotency_keys SET content_type = NULL, body = NULL WHERE key = ?1"),
            params![key],
        )?;
    }
    Ok(next)
}

struct Row {
    fingerprint: String,
    state: String,
    created_at: Millis,
    answer: Answer,
}

impl IdempotencyStore for DbIdempotency {
    fn begin(&self, key: String, fingerprint: String) -> BoxFuture<'_, Result<Begun>> {
        Box::pin(self.0.write(move |tx| {
            let now = tx.now();
            let taken = tx.exec(
                sql!(
                    "INSERT INTO idempotency_keys (key, fingerprint, state, created_at) VALUES (?1, ?2, 'running', ?3)
                     ON CONFLICT (key) DO NOTHING"
                ),
                params![&key, &fingerprint, now],
            )?;
            if taken == 1 {
                return Ok(Begun::First);
            }
            let row = tx.one(
                sql!(
                    "SELECT fingerprint, state, created_at, status, content_type, body FROM idempotency_keys
                     WHERE key = ?1"
                ),
                params![&key],
                |r| {
                    Ok(Row {
                        fingerprint: r.get(0)?,
                        state: r.get(1)?,
                        created_at: r.get(2)?,
                        answer: Answer {
                            status: u16::try_from(r.get::<Option<i64>>(3)?.unwrap_or(200)).unwrap_or(200),
                            content_type: r.get::<Option<String>>(4)?.unwrap_or_default(),
                            body: Bytes::from(r.get::<Option<Vec<u8>>>(5)?.unwrap_or_default()),
                        },
                    })
                },
            )?;
            let running = row.state == "running";
            if row.created_at < now - if running { IN_FLIGHT_FOR } else { KEPT_FOR } {
                tx.exec(
                    sql!(
                        "UPDATE idempotency_keys SET fingerprint = ?1, state = 'running', created_at = ?2, status = NULL,
                         content_type = NULL, body = NULL WHERE key = ?3"
                    ),
                    params![&fingerprint, now, &key],
                )?;
                return Ok(Begun::First);
            }
            Ok(match (row.fingerprint == fingerprint, running) {
                (false, _) => Begun::Mismatch,
                (true, true) => Begun::InFlight,
                (true, false) => Begun::Done(row.answer),
            })
        }))
    }

    fn finish(&self, key: String, answer: Answer) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.0.write(move |tx| {
            tx.exec(
                sql!(
                    "UPDATE idempotency_keys SET state = 'done', status = ?1, content_type = ?2, body = ?3 WHERE key = ?4"
                ),
                params![i64::from(answer.status), &answer.content_type, &answer.body[..], &key],
            )?;
            Ok(())
        }))
    }

    fn forget(&self, key: String) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.0.write(move |tx| {
            tx.exec(
                sql!("DELETE FROM idempotency_keys WHERE key = ?1 AND state = 'running'"),
                params![&key],
            )?;
            Ok(())
        }))
    }
}
