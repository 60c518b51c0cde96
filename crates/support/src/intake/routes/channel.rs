//! The platforms' own webhooks: verification handshakes and signed bodies.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use channels::Channel;
use platform::{
    Error, Result,
    http::{Api, RawBody, Segment, Segments2, Signed},
    route,
};

use super::admit;
use crate::{Support, intake::journal};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, receive);
    route!(api, receive_for);
    route!(api, verify);
    route!(api, verify_for);
    route!(api, receive_zalo);
    route!(api, receive_meta);
    route!(api, verify_meta);
}

/// Takes a platform's signed events for any of its connected accounts.
#[utoipa::path(post, path = "/webhooks/{channel}", tag = "Intake", request_body = serde_json::Value, responses((status = 200, description = "Stored")))]
async fn receive(
    _: Signed,
    State(support): State<Support>,
    Segment(channel): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response> {
    take(&support, admit::channel(&channel)?, None, query, headers, body).await
}

/// Takes a platform's signed events for one account.
#[utoipa::path(post, path = "/webhooks/{channel}/{account_id}", tag = "Intake", request_body = serde_json::Value, responses((status = 200, description = "Stored")))]
async fn receive_for(
    _: Signed,
    State(support): State<Support>,
    Segments2(channel, account): Segments2,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response> {
    take(&support, admit::channel(&channel)?, Some(&account), query, headers, body).await
}

/// Answers a platform's handshake for any of its connected accounts.
#[utoipa::path(get, path = "/webhooks/{channel}", tag = "Intake", responses((status = 200, description = "The answer that the platform expects"), (status = 403)))]
async fn verify(
    _: Signed,
    State(support): State<Support>,
    Segment(channel): Segment,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    handshake(&support, admit::channel(&channel)?, None, query).await
}

/// Answers a platform's handshake for one account.
#[utoipa::path(get, path = "/webhooks/{channel}/{account_id}", tag = "Intake", responses((status = 200, description = "The answer that the platform expects"), (status = 403)))]
async fn verify_for(
    _: Signed,
    State(support): State<Support>,
    Segments2(channel, account): Segments2,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    handshake(&support, admit::channel(&channel)?, Some(&account), query).await
}

/// Zalo's events under another path.
#[utoipa::path(post, path = "/integrations/zalo/webhook", tag = "Intake", request_body = serde_json::Value, responses((status = 200, description = "Stored")))]
async fn receive_zalo(
    _: Signed,
    State(support): State<Support>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response> {
    take(&support, Channel::Zalo, None, query, headers, body).await
}

/// Meta's events (Messenger, Instagram, WhatsApp) under another path.
#[utoipa::path(post, path = "/integrations/meta/webhook", tag = "Intake", request_body = serde_json::Value, responses((status = 200, description = "Stored")))]
async fn receive_meta(
    _: Signed,
    State(support): State<Support>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response> {
    take(&support, Channel::Facebook, None, query, headers, body).await
}

/// Meta's handshake under another path.
#[utoipa::path(get, path = "/integrations/meta/webhook", tag = "Intake", responses((status = 200, description = "The answer that Meta expects"), (status = 403)))]
async fn verify_meta(
    _: Signed,
    State(support): State<Support>,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    handshake(&support, Channel::Facebook, None, query).await
}

async fn take(
    support: &Support,
    channel: Channel,
    named: Option<&str>,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let query = query.unwrap_or_default();
    let admitted = admit::admit(support, channel, named, &headers, &query, &body).await?;
    let items = admit::items(support, &admitted)?;
    journal::take(support, admitted.raw, items).await?;
    metrics::counter!("frontdesk_intake_total", "channel" => channel.as_str(), "outcome" => "stored")
        .increment(1);
    Ok(match channel {
        Channel::Telegram => axum::Json(serde_json::json!({"ok": true})).into_response(),
        _ => (StatusCode::OK, "EVENT_RECEIVED").into_response(),
    })
}

async fn handshake(
    support: &Support,
    channel: Channel,
    named: Option<&str>,
    query: Option<String>,
) -> Result<Response> {
    let query = query.unwrap_or_default();
    let answer = admit::candidates(support, channel, named).await?.iter().find_map(|a| match channel {
        Channel::Facebook | Channel::Instagram | Channel::Whatsapp => {
            channels::meta::challenge(&query, &a.credentials)
        }
        Channel::Twitter => channels::x::challenge(&query, &a.credentials),
        _ => None,
    });
    let kind = if channel == Channel::Twitter { "application/json" } else { "text/plain; charset=utf-8" };
    match answer {
        Some(answer) => Ok(([(header::CONTENT_TYPE, kind)], answer).into_response()),
        None => {
            Err(Error { detail: "No connected account has this verify token.".into(), ..Error::forbidden() })
        }
    }
}
