//! Our own JSON: the generic webhook, plain chat, and the chatbot's hand-off.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRef, FromRequestParts, State},
    http::{HeaderMap, request::Parts},
    response::{IntoResponse, Response},
};
use channels::Channel;
use people::{Desk, access::Caller};
use platform::{
    Error, Result, Tx,
    error::Code,
    http::{Api, DeclaresAccess, Json, RawBody, Requirement},
    route,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admit;
use crate::{
    Support,
    accounts::{self, LoadedAccount},
    intake::{
        IntakePost,
        handoff::{self, PreparedHandoff},
        journal,
        prepare::{Prepared, Raw},
        process::{Outcome, Stored},
    },
    spam::content,
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, webhook);
    route!(api, chat);
    route!(api, chatbot);
}

/// Somebody with a key for sending messages in, or whoever can sign the body with the account's secret.
struct Sender(Option<Caller<IntakePost>>);

impl DeclaresAccess for Sender {
    fn access() -> Requirement {
        Requirement::Signed
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Sender
where
    Desk: FromRef<S>,
{
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let keyed = parts.headers.contains_key("x-api-key") || parts.headers.contains_key("authorization");
        match keyed {
            true => Ok(Sender(Some(Caller::from_request_parts(parts, state).await?))),
            false => Ok(Sender(None)),
        }
    }
}

/// A message from any platform.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that a body is checked against; the channel's parser reads it")]
struct GenericMessage {
    /// The platform's name: `shopee`, `hotline`.
    #[schema(min_length = 1, max_length = 64)]
    platform: String,
    /// The customer's id there.
    #[schema(min_length = 1, max_length = 256)]
    sender: String,
    #[schema(max_length = 65536)]
    content: Option<String>,
    /// The platform's id of the message; sent twice, it is stored once.
    #[schema(min_length = 1, max_length = 256)]
    external_id: Option<String>,
    #[schema(max_length = 256)]
    sender_name: Option<String>,
    #[schema(max_items = 20)]
    attachments: Option<Vec<GenericAttachment>>,
}

/// A file that the desk fetches.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape that a body is checked against; the channel's parser reads it")]
struct GenericAttachment {
    #[schema(min_length = 1, max_length = 2048)]
    url: String,
    r#type: Option<String>,
    #[schema(max_length = 256)]
    name: Option<String>,
    mime: Option<String>,
}

/// What became of a message.
#[derive(Debug, Serialize, ToSchema)]
struct Received {
    message_id: Option<i64>,
    ticket_id: Option<i64>,
    /// The keywords that it contains.
    keywords: Vec<String>,
    /// The user name of whoever has it now.
    assigned_to: Option<String>,
    spam: bool,
}

/// Takes a message from any platform.
#[utoipa::path(post, path = "/webhook", tag = "Intake", request_body = GenericMessage, responses((status = 200, body = Received)))]
async fn webhook(
    sender: Sender,
    State(support): State<Support>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Received>> {
    let (raw, item) = generic(&support, sender, Channel::Generic, &headers, &body, |value| {
        if value.get("type").is_none() { Json::<GenericMessage>::judge(value) } else { Ok(()) }
    })
    .await?;
    let keywords = item.matches.keywords.iter().map(|k| k.word.clone()).collect();
    let name = |tx: &Tx<'_>, outcomes: &[Outcome]| match outcomes {
        [Outcome::Stored(Stored { assigned_to: Some(user), .. })] => people::access::username(tx, *user),
        _ => Ok(None),
    };
    let (mut outcomes, assigned_to) = journal::take_and(&support, raw, vec![item], name).await?;
    let stored = match outcomes.pop() {
        Some(Outcome::Stored(stored)) => Some(stored),
        _ => None,
    };
    metrics::counter!("frontdesk_intake_total", "channel" => "generic", "outcome" => "stored").increment(1);
    Ok(Json(Received {
        message_id: stored.as_ref().map(|s| s.message_id.0),
        ticket_id: stored.as_ref().map(|s| s.ticket_id.0),
        keywords,
        assigned_to,
        spam: stored.is_some_and(|s| s.spam),
    }))
}

/// A plain chat line; one of `message` and `text` is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "the shape that a body is checked against; the channel's parser reads it")]
struct ChatLine {
    #[schema(min_length = 1, max_length = 256)]
    from: String,
    #[schema(min_length = 1, max_length = 256)]
    to: String,
    #[schema(max_length = 65536)]
    message: Option<String>,
    #[schema(max_length = 65536)]
    text: Option<String>,
    #[schema(max_length = 256)]
    id: Option<String>,
    #[schema(max_length = 256)]
    name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ChatAnswer {
    /// `received`.
    status: &'static str,
}

/// Takes a plain chat line.
#[utoipa::path(post, path = "/chat", tag = "Intake", request_body = ChatLine, responses((status = 200, body = ChatAnswer)))]
async fn chat(
    sender: Sender,
    State(support): State<Support>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<ChatAnswer>> {
    let (raw, item) =
        generic(&support, sender, Channel::Chat, &headers, &body, Json::<ChatLine>::judge).await?;
    journal::take(&support, raw, vec![item]).await?;
    Ok(Json(ChatAnswer { status: "received" }))
}

/// A conversation that a chatbot hands over.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "the shape that a body is checked against; the channel's parser reads it")]
struct ChatbotHandoff {
    #[schema(min_length = 1, max_length = 256)]
    session_id: String,
    #[schema(max_length = 320, format = Email)]
    customer_email: Option<String>,
    #[schema(max_length = 256)]
    customer_name: Option<String>,
    #[schema(max_length = 300)]
    subject: Option<String>,
    #[schema(min_length = 1, max_length = 65536)]
    initial_message: String,
    #[schema(max_items = 500)]
    transcript: Option<Vec<serde_json::Value>>,
    priority: Option<crate::tickets::Priority>,
    #[schema(max_items = 50)]
    tags: Option<Vec<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct HandedOver {
    success: bool,
    ticket_id: i64,
    message: String,
}

/// Opens a ticket for a conversation that a chatbot hands over; the same session again finds it.
#[utoipa::path(post, path = "/webhooks/chatbot", tag = "Intake", request_body = ChatbotHandoff, responses((status = 200, body = HandedOver)))]
async fn chatbot(
    sender: Sender,
    State(support): State<Support>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response> {
    let (raw, _) = let_in(&support, &sender, Channel::Chatbot, &headers, &body).await?;
    Json::<ChatbotHandoff>::check(json(&body)?)?;
    let handoff = channels::chatbot::parse(&body).map_err(malformed)?;
    let prepared = PreparedHandoff {
        matches: support.matcher.find(&handoff.initial_message),
        content: content::score_with(&handoff.initial_message, false),
        handoff,
    };
    let stored = support
        .desk
        .db
        .write_grouped(vec![prepared.lock()], move |tx| {
            crate::intake::store::insert(tx, &raw, 1, "done", None)?;
            handoff::open(tx, &prepared)
        })
        .await?;
    if !stored.duplicate
        && let Some(account) = support.accounts.find(Channel::Chatbot.as_str(), handoff::ACCOUNT).await?
    {
        support.accounts.heard().note(account.account.id, support.desk.clock.now());
    }
    let number = support
        .desk
        .db
        .read(move |c| crate::tickets::get(c, stored.ticket_id))
        .await?
        .map_or(0, |t| t.number);
    let answer = HandedOver {
        success: true,
        ticket_id: stored.ticket_id.0,
        message: format!("Ticket #{number} created. An agent will respond shortly."),
    };
    Ok(Json(answer).into_response())
}

/// Lets a body of ours in, checks its shape, and readies its one item.
async fn generic(
    support: &Support,
    sender: Sender,
    channel: Channel,
    headers: &HeaderMap,
    body: &Bytes,
    check: impl Fn(&serde_json::Value) -> Result<()>,
) -> Result<(Raw, Prepared)> {
    let (mut raw, signed) = let_in(support, &sender, channel, headers, body).await?;
    let value = json(body)?;
    check(&value)?;
    let parsed = match channel {
        Channel::Chat => channels::chat::read(&value),
        _ => channels::generic::read(&value),
    };
    let mut item = parsed.map_err(malformed)?;
    // Who signs a delivery numbers it: the number stays over its retries.
    let delivery = headers.get("webhook-id").and_then(|v| v.to_str().ok());
    if item.dedupe_key.is_empty()
        && let Some(id) = delivery
    {
        item.dedupe_key = id.to_owned();
        if let channels::Event::Message(m) = &mut item.event {
            m.external_id = id.to_owned();
        }
    }
    // An event that names no platform is the signing account's own.
    let signer = signed.as_ref().and_then(|mine| mine.first()).map(|a| a.account.account_id.clone());
    let platform = item.account.clone().or(signer).unwrap_or_else(|| channel.as_str().to_owned());
    let known = support.accounts.find(channel.as_str(), &platform).await?;
    // A signature speaks for the accounts that share its secret, and for no other platform.
    if signed.is_some_and(|mine| {
        !known.as_ref().is_some_and(|k| mine.iter().any(|m| m.account.id == k.account.id))
    }) {
        return Err(Error::new(
            Code::BadSignature,
            "The signature's secret is not this platform's; nothing was stored.",
        ));
    }
    let account = match known {
        Some(account) => account,
        // The first message of a platform connects it: one implicit account each.
        None => {
            let (kind, id) = (channel.as_str(), platform.clone());
            support.desk.db.write(move |tx| accounts::implicit(tx, kind, &id)).await?;
            support.accounts.forget(channel.as_str(), &platform);
            let found = support.accounts.find(channel.as_str(), &platform).await?;
            found.ok_or_else(|| Error::internal("an account that was made is not there"))?
        }
    };
    raw.account_id = Some(account.account.id);
    let now = support.desk.clock.now();
    Ok((raw, Prepared::new(support, channel, account, item, now)))
}

/// A key for sending messages in, the account's signature, or, in the demo alone, an open door.
///
/// The accounts are those that a signature speaks for; `None` for a key, which speaks for all.
async fn let_in(
    support: &Support,
    sender: &Sender,
    channel: Channel,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(Raw, Option<Vec<Arc<LoadedAccount>>>)> {
    if sender.0.is_none() && !support.desk.config.http.open_webhook {
        let signed = headers.contains_key("webhook-signature");
        if !signed {
            return Err(Error {
                detail: "Send an x-api-key of scope intake, or sign the body (webhook-signature).".into(),
                ..Error::unauthenticated()
            });
        }
        let admitted = admit::admit(support, channel, None, headers, "", body).await?;
        return Ok((admitted.raw, Some(admitted.accounts)));
    }
    let raw =
        Raw { channel, account_id: None, headers: "{}".into(), query: String::new(), body: body.to_vec() };
    Ok((raw, None))
}

fn json(body: &[u8]) -> Result<serde_json::Value> {
    platform::http::parse_json(body)
}

fn malformed(e: channels::Malformed) -> Error {
    Error::invalid_field("body", "format", format!("{}.", e.0))
}
