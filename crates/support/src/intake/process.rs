//! The transaction: what is decided and written for each item of a request.

use std::cell::Cell;

use channels::{Channel, Delivery, Event, Item, Message as Said, ReceiptOf};
use people::{
    ContactId,
    contacts::{self, Found, NewIdentity},
};
use platform::{
    Result, Tx,
    clock::HOUR,
    events::{Actor, Origin},
};

use super::{method_kind, prepare::Prepared, store};
use crate::{
    AccountId, MessageId, TicketId,
    messages::{self, Direction, LateChange, NewAttachment, NewMessage, SenderType},
    routing,
    spam::{self, SpamSettings},
    tickets::{self, NewTicket, Priority, Status, Ticket},
};

/// What the decisions of one transaction go by, each read once at most.
#[derive(Debug, Clone)]
pub struct Rules {
    pub spam: SpamSettings,
    /// Few messages ask for it: most go on with a conversation that is somebody's.
    routing: Cell<Option<routing::Snapshot>>,
}

impl Rules {
    pub fn load(tx: &Tx<'_>) -> Result<Rules> {
        Ok(Rules { spam: spam::settings(tx)?, routing: Cell::new(None) })
    }

    pub fn routing(&self, tx: &Tx<'_>) -> Result<routing::Snapshot> {
        if let Some(known) = self.routing.get() {
            return Ok(known);
        }
        let read = routing::Snapshot::load(tx)?;
        self.routing.set(Some(read));
        Ok(read)
    }
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Stored(Stored),
    /// Applied to what is there, or kept until it is.
    Applied,
    /// Kept in the journal only.
    Ignored,
}

/// A message as the generic webhook's caller hears of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub message_id: MessageId,
    pub ticket_id: TicketId,
    /// It had been stored before; nothing was written now.
    pub duplicate: bool,
    pub assigned_to: Option<people::UserId>,
    pub spam: bool,
}

/// Decides on one item and writes what follows.
pub fn item(tx: &Tx<'_>, rules: &Rules, p: &Prepared) -> Result<Outcome> {
    let account = p.account.account.id;
    let origin = Origin::system();
    match &p.item.event {
        Event::Message(said) => message(tx, rules, p, said).map(Outcome::Stored),
        Event::Edited { external_id, text } => {
            late(tx, &origin, account, external_id, LateChange::Edited { text: text.clone() }, p)
        }
        Event::Unsent { external_id } => late(tx, &origin, account, external_id, LateChange::Unsent, p),
        Event::Reaction { external_id, emoji } => {
            let change = LateChange::Reaction { by: "customer".into(), emoji: emoji.clone() };
            late(tx, &origin, account, external_id, change, p)
        }
        Event::Receipt { of, state, error } => {
            let words = error.as_ref().map(|e| match e.code.is_empty() {
                true => e.text.clone(),
                false => format!("{} ({})", e.text, e.code),
            });
            receipt(tx, &origin, p, of, *state, words)
        }
        Event::OptedOut => {
            person(tx, p, |tx, kind, account, value| contacts::opt_out(tx, &origin, kind, account, value))
        }
        Event::OptedIn { .. } => {
            person(tx, p, |tx, kind, account, value| contacts::opt_in(tx, &origin, kind, account, value))
        }
        Event::ContactInfo { phone, verified, .. } => {
            if let (Some(phone), Some(identity)) = (phone, &p.item.identity) {
                let found = contact(tx, p, &p.item, None)?;
                contacts::attach_phone(tx, &origin, found.contact_id, phone, *verified)?;
                debug_assert!(!identity.value.is_empty());
            }
            Ok(Outcome::Applied)
        }
        Event::IdentityMoved { to } => person(tx, p, |tx, kind, account, value| {
            contacts::move_identity(tx, &origin, kind, account, value, to)
        }),
        Event::Referral { source } => {
            if p.item.identity.is_some() {
                contact(tx, p, &p.item, Some(source.clone()))?;
            }
            Ok(Outcome::Applied)
        }
        Event::Ignored { .. } | Event::Unknown { .. } => Ok(Outcome::Ignored),
    }
}

/// A customer's message, or one that our side sent by other means.
fn message(tx: &Tx<'_>, rules: &Rules, p: &Prepared, said: &Said) -> Result<Stored> {
    let account = p.account.account.id;
    let external_id = Some(said.external_id.clone()).filter(|id| !id.is_empty());
    if let Some(id) = &external_id
        && let Some(stored) = store::known(tx, account, id)?
    {
        return Ok(Stored { duplicate: true, ..stored });
    }
    let found = contact(tx, p, &p.item, said.source.clone())?;
    // What our side said by other means is not the customer's doing.
    let origin = if said.echo { Origin::system() } else { Origin::of(Actor::Contact(found.contact_id.0)) };

    let verdict = match said.echo {
        true => spam::Verdict::none(),
        false => {
            let identity = p.item.identity.as_ref().map_or("", |i| i.value.as_str());
            spam::judge(tx, &rules.spam, &found, (method_kind(p.channel), identity), &p.content, p.text_hash)?
        }
    };
    let (ticket, is_new) = conversation(tx, rules, p, said, &found, verdict.is_spam)?;
    let message = NewMessage {
        external_id: external_id.clone(),
        sender_type: if said.echo { SenderType::Agent } else { SenderType::Customer },
        sender_id: (!said.echo).then_some(found.contact_id.0),
        direction: if said.echo { Direction::Outbound } else { Direction::Inbound },
        content_type: if said.text.is_empty() && !said.attachments.is_empty() {
            "attachment"
        } else {
            "text"
        },
        content: said.text.clone(),
        data: data(said),
        reply_to_id: match &said.reply_to {
            Some(id) => messages::by_external(tx, account, id)?.map(|m| m.id),
            None => None,
        },
        delivery: said.echo.then_some(Delivery::Sent),
        is_spam: verdict.is_spam,
        at: p.at,
        completed_at: verdict.is_spam.then(|| tx.now()),
        attachments: said.attachments.iter().map(attachment).collect(),
        ..NewMessage::on(&ticket)
    };
    let Some((mut ticket, id)) = tickets::append(tx, &origin, &ticket, &message, None)? else {
        // Another item of this very body said the same.
        let known = external_id.map(|id| store::known(tx, account, &id)).transpose()?.flatten();
        return known.map(|k| Stored { duplicate: true, ..k }).ok_or_else(platform::Error::stale);
    };
    if let Some(external_id) = &external_id
        && messages::apply_pending(tx, &Origin::system(), account, external_id, id)?
    {
        ticket = tickets::lock(tx, ticket.id)?;
    }
    if verdict.is_spam {
        spam::flag(tx, &Origin::system(), ticket.id, id, found.contact_id, p.channel.as_str(), &verdict)?;
    } else if !said.echo
        && let department = p.account.account.department_id
        && (is_new || routing::may_route_again(tx, &ticket, &p.matches, department)?)
    {
        let settings = rules.routing(tx)?;
        ticket =
            routing::route(tx, &Origin::system(), &settings, &ticket, Some(id), &p.matches, department)?.0;
    }
    spam::tell(tx, &rules.spam, &found, ticket.id, &verdict, &said.text)?;
    Ok(Stored {
        message_id: id,
        ticket_id: ticket.id,
        duplicate: false,
        assigned_to: ticket.assignee_id,
        spam: verdict.is_spam,
    })
}

/// The ticket that a message belongs to, and whether it was opened for it.
fn conversation(
    tx: &Tx<'_>,
    rules: &Rules,
    p: &Prepared,
    said: &Said,
    found: &Found,
    is_spam: bool,
) -> Result<(Ticket, bool)> {
    let account = p.account.account.id;
    let mut previous = None;
    if !found.created
        && let Some(ticket) = tickets::newest_of(tx, found.contact_id, account, is_spam)?
    {
        let goes_on = match (ticket.status, ticket.resolved_at) {
            (Status::Resolved, Some(at)) => tx.now() - at <= rules.routing(tx)?.settings.reopen_hours * HOUR,
            (status, _) => status.is_active(),
        };
        if goes_on {
            return Ok((ticket, false));
        }
        previous = Some(ticket.id);
    }
    let name = found.name.as_deref().filter(|n| !n.is_empty());
    let identity = p.item.identity.as_ref().map_or("", |i| i.value.as_str());
    let new = NewTicket {
        contact_id: found.contact_id,
        channel: p.account.account.kind.clone(),
        account_id: Some(account),
        identity: identity.to_owned(),
        subject: said.subject.clone().unwrap_or_else(|| {
            tickets::automatic_subject(p.channel.as_str(), &said.text, name.unwrap_or(identity))
        }),
        priority: Priority::Medium,
        department_id: None,
        tags: Vec::new(),
        is_spam,
        is_bot_handoff: false,
        previous_ticket_id: previous,
    };
    Ok((tickets::open(tx, &Origin::of(Actor::Contact(found.contact_id.0)), &new)?, true))
}

fn contact(tx: &Tx<'_>, p: &Prepared, item: &Item, source: Option<String>) -> Result<Found> {
    let identity = item.identity.clone().unwrap_or_default();
    contacts::find_or_create(
        tx,
        &Origin::system(),
        &NewIdentity {
            kind: method_kind(p.channel),
            account: p.account.account.account_id.clone(),
            value: identity.value,
            aliases: identity.aliases,
            name: identity.name,
            phones: identity.phones,
            email: identity.email,
            is_of_any_platform: matches!(p.channel, Channel::Generic | Channel::Chat),
            source: source.or_else(|| Some(p.account.account.kind.clone())),
        },
    )
}

fn person(
    tx: &Tx<'_>,
    p: &Prepared,
    act: impl Fn(&Tx<'_>, &str, &str, &str) -> Result<()>,
) -> Result<Outcome> {
    if let Some(identity) = &p.item.identity {
        act(tx, method_kind(p.channel), &p.account.account.account_id, &identity.value)?;
    }
    Ok(Outcome::Applied)
}

fn late(
    tx: &Tx<'_>,
    origin: &Origin,
    account: AccountId,
    external_id: &str,
    change: LateChange,
    p: &Prepared,
) -> Result<Outcome> {
    messages::apply(tx, origin, account, external_id, &change, p.at)?;
    Ok(Outcome::Applied)
}

fn receipt(
    tx: &Tx<'_>,
    origin: &Origin,
    p: &Prepared,
    of: &ReceiptOf,
    state: Delivery,
    error: Option<String>,
) -> Result<Outcome> {
    let account = p.account.account.id;
    match of {
        ReceiptOf::Messages(ids) => {
            for id in ids.iter().take(1000) {
                let change = LateChange::Delivery { state: state.as_str().to_owned(), error: error.clone() };
                messages::apply(tx, origin, account, id, &change, p.at)?;
            }
        }
        ReceiptOf::Until(until) => {
            let Some(identity) = &p.item.identity else { return Ok(Outcome::Ignored) };
            let contact: Option<ContactId> =
                contacts::find(tx, method_kind(p.channel), &p.account.account.account_id, &identity.value)?;
            if let Some(contact) = contact {
                for ticket in tickets::recent_of(tx, contact, account)? {
                    messages::apply_until(tx, origin, ticket, *until, state)?;
                }
            }
        }
    }
    Ok(Outcome::Applied)
}

fn attachment(a: &channels::Attachment) -> NewAttachment {
    match a.kind {
        "link" | "location" | "contact" | "order" => NewAttachment::Link(a.clone()),
        _ => NewAttachment::Remote(a.clone()),
    }
}

fn data(said: &Said) -> Option<serde_json::Value> {
    let mut data = serde_json::Map::new();
    for (key, value) in [("payload", &said.payload), ("source", &said.source), ("group", &said.group)] {
        if let Some(value) = value {
            data.insert(key.to_owned(), value.clone().into());
        }
    }
    (!data.is_empty()).then_some(serde_json::Value::Object(data))
}
