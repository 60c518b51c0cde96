//! A ticket by hand: somebody called, or another program knows of a customer's wish.

use axum::{extract::State, http::StatusCode};
use channels::Channel;
use people::{
    access::Caller,
    contacts::{self, NewIdentity},
};
use platform::{
    Error, Result, Tx,
    events::Origin,
    http::{Api, Json},
    route,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Support, TicketId, accounts, intake, locks,
    messages::NewMessage,
    routing::{self, Matches, Snapshot},
    tickets::{self, NewTicket, Priority, TicketsWrite, view::TicketView},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, create, alias "/tickets/create" post);
}

/// A ticket to open.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicket)]
struct Body {
    source: NewTicketSource,
    customer: NewTicketCustomer,
    #[schema(min_length = 1, max_length = 300)]
    subject: String,
    /// What the customer wants; the first message.
    #[schema(min_length = 1, max_length = 10_000)]
    initial_message: String,
    #[schema(inline)]
    priority: Option<Priority>,
    #[schema(max_items = 20)]
    tags: Option<Vec<String>>,
}

/// Where the wish came from.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTicketSource {
    /// A channel of this desk (`facebook`, `zalo`, `chat` …), or any other word (`email`, `phone`).
    #[schema(min_length = 1, max_length = 64)]
    channel: String,
    /// Unused: answers go to the customer's address.
    #[expect(dead_code, reason = "other systems send it")]
    #[schema(max_length = 256)]
    origin_platform_id: Option<String>,
    is_bot_handoff: Option<bool>,
}

/// Who wishes it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTicketCustomer {
    /// The customer's address on the channel.
    #[schema(min_length = 1, max_length = 256)]
    channel_identity: String,
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 256)]
    primary_email: Option<String>,
}

/// Opens a ticket with its first message. It is given to somebody like one that came by a channel.
#[utoipa::path(post, path = "/tickets", tag = "Tickets", operation_id = "create_ticket", responses((status = 201, body = TicketView)))]
async fn create(
    caller: Caller<TicketsWrite>,
    State(support): State<Support>,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<TicketView>)> {
    let tags = super::update::tags(body.tags.as_deref().unwrap_or_default())?;
    let matches = support.matcher.find(&format!("{}\n{}", body.subject, body.initial_message));
    let (kind, account) = place(&body.source.channel);
    let identity = body.customer.channel_identity.trim().to_owned();
    if identity.is_empty() {
        return Err(Error::invalid_field("customer.channel_identity", "too_short", "must not be empty"));
    }
    let lock = locks::identity(kind.as_str(), None, &identity);
    let origin = caller.origin.clone();
    let id = support
        .desk
        .db
        .write_locked(vec![lock], move |tx| {
            let wish = Wish { body: &body, kind, account: &account, identity: &identity, tags: &tags };
            open(tx, &origin, &wish, &matches)
        })
        .await?;
    Ok((StatusCode::CREATED, super::answer(&support, &caller, id).await?))
}

/// What to open.
struct Wish<'a> {
    body: &'a Body,
    kind: Channel,
    account: &'a str,
    identity: &'a str,
    tags: &'a [String],
}

fn open(tx: &Tx<'_>, origin: &Origin, w: &Wish<'_>, matches: &Matches) -> Result<TicketId> {
    let account = accounts::implicit(tx, w.kind.as_str(), w.account)?;
    let customer = &w.body.customer;
    let kind = match w.account {
        "email" => "email",
        "phone" => "phone",
        _ => intake::method_kind(w.kind),
    };
    let found = contacts::find_or_create(
        tx,
        origin,
        &NewIdentity {
            kind,
            account: w.account.to_owned(),
            value: w.identity.to_owned(),
            name: customer.name.clone(),
            email: customer.primary_email.clone(),
            source: Some(w.account.to_owned()),
            ..NewIdentity::default()
        },
    )?;
    let new = NewTicket {
        contact_id: found.contact_id,
        channel: w.kind.as_str().to_owned(),
        account_id: Some(account),
        identity: w.identity.to_owned(),
        subject: w.body.subject.trim().to_owned(),
        priority: w.body.priority.unwrap_or(Priority::Medium),
        department_id: None,
        tags: w.tags.to_vec(),
        is_spam: false,
        is_bot_handoff: w.body.source.is_bot_handoff.unwrap_or(false),
        previous_ticket_id: None,
    };
    let ticket = tickets::open(tx, origin, &new)?;
    let message = NewMessage {
        sender_id: Some(found.contact_id.0),
        content: w.body.initial_message.clone(),
        at: tx.now(),
        ..NewMessage::on(&ticket)
    };
    let (ticket, message) = tickets::append(tx, origin, &ticket, &message, None)?.ok_or_else(Error::stale)?;
    let (ticket, _) =
        routing::route(tx, origin, &Snapshot::load(tx)?, &ticket, Some(message), matches, None)?;
    Ok(ticket.id)
}

/// The channel and the name of its account: what is not a channel of ours is a platform of the generic one.
fn place(word: &str) -> (Channel, String) {
    let word = if word == "web_chat" { Channel::Chat.as_str() } else { word };
    match word.parse::<Channel>() {
        Ok(channel) => (channel, channel.as_str().to_owned()),
        Err(_) => (Channel::Generic, word.to_lowercase()),
    }
}
