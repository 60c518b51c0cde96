//! Who is let in: the signature over the raw bytes first, then whose items they are.

use std::{str::FromStr, sync::Arc};

use axum::http::HeaderMap;
use channels::{Channel, Credentials, Item, RawRequest, Refusal};
use platform::{Error, Result, error::Code};

use crate::{
    Support,
    accounts::LoadedAccount,
    intake::prepare::{Prepared, Raw},
};

/// Kept with a journalled body. Tokens that are themselves the secret (Telegram's) are not.
const KEPT_HEADERS: &[&str] = &[
    "content-type",
    "user-agent",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-hub-signature-256",
    "x-twitter-webhooks-signature",
    "x-zevent-signature",
    "x-zevent-timestamp",
];

/// A request whose signature holds, with the accounts that it may speak for.
pub struct Admitted {
    pub raw: Raw,
    pub accounts: Vec<Arc<LoadedAccount>>,
}

/// The channel of a path segment, in any of its spellings.
pub fn channel(word: &str) -> Result<Channel> {
    match word {
        "meta" | "messenger" => Ok(Channel::Facebook),
        "x" => Ok(Channel::Twitter),
        _ => Channel::from_str(word)
            .ok()
            .filter(|c| !matches!(c, Channel::Generic | Channel::Chat | Channel::Chatbot))
            .ok_or_else(|| Error::not_found("channel")),
    }
}

/// The kinds of accounts that one of a channel's requests may concern: Meta's three share one application.
fn kinds(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Facebook | Channel::Instagram | Channel::Whatsapp => &["facebook", "instagram", "whatsapp"],
        Channel::Twitter => &["twitter"],
        Channel::Zalo => &["zalo"],
        Channel::Telegram => &["telegram"],
        Channel::Generic => &["generic"],
        Channel::Chat => &["chat"],
        Channel::Chatbot => &["chatbot"],
    }
}

/// The accounts that a request to this address may concern.
pub async fn candidates(
    support: &Support,
    channel: Channel,
    named: Option<&str>,
) -> Result<Vec<Arc<LoadedAccount>>> {
    let mut all = Vec::new();
    for kind in kinds(channel) {
        match named {
            Some(id) => all.extend(support.accounts.find(kind, id).await?),
            None => all.extend(support.accounts.all_of(kind).await?),
        }
    }
    all.retain(|a| a.account.status != "disabled");
    Ok(all)
}

/// Lets the request in when it is signed with the secret of one of the candidates.
pub async fn admit(
    support: &Support,
    channel: Channel,
    named: Option<&str>,
    headers: &HeaderMap,
    query: &str,
    body: &[u8],
) -> Result<Admitted> {
    let candidates = candidates(support, channel, named).await?;
    let pairs: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned())))
        .collect();
    let request = RawRequest { headers: &pairs, query, body };
    let now = support.desk.clock.now();
    let mut refusal = Refusal::NoSecret;
    let mut tried: Vec<&Credentials> = Vec::new();
    for account in &candidates {
        let c = &account.credentials;
        if tried.iter().any(|t| (&t.secret, &t.app_id) == (&c.secret, &c.app_id)) {
            continue;
        }
        tried.push(c);
        match verify(channel, &request, c, now) {
            Ok(()) => {
                let accounts: Vec<_> = candidates
                    .iter()
                    .filter(|a| a.credentials.secret == c.secret && a.credentials.app_id == c.app_id)
                    .cloned()
                    .collect();
                let raw = Raw {
                    channel,
                    account_id: accounts.first().map(|a| a.account.id),
                    headers: kept(&pairs),
                    query: query.to_owned(),
                    body: body.to_vec(),
                };
                return Ok(Admitted { raw, accounts });
            }
            Err(why) => refusal = worse(refusal, why),
        }
    }
    metrics::counter!("frontdesk_intake_total", "channel" => channel.as_str(), "outcome" => "refused")
        .increment(1);
    Err(Error::new(
        Code::BadSignature,
        match refusal {
            Refusal::NoSecret => "No account with a secret is connected here; nothing was stored.",
            Refusal::MissingSignature => "The signature header is missing; nothing was stored.",
            Refusal::BadSignature => {
                "The signature was made with another secret or over another body; nothing was stored."
            }
            Refusal::Stale => "The signed time is more than five minutes off; nothing was stored.",
        },
    ))
}

/// The most telling of two reasons.
fn worse(a: Refusal, b: Refusal) -> Refusal {
    let rank = |r: &Refusal| match r {
        Refusal::NoSecret => 0,
        Refusal::MissingSignature => 1,
        Refusal::BadSignature => 2,
        Refusal::Stale => 3,
    };
    if rank(&b) >= rank(&a) { b } else { a }
}

fn verify(channel: Channel, request: &RawRequest<'_>, c: &Credentials, now: i64) -> Result<(), Refusal> {
    match channel {
        Channel::Facebook | Channel::Instagram | Channel::Whatsapp => channels::meta::verify(request, c),
        Channel::Twitter => channels::x::verify(request, c),
        Channel::Zalo => channels::zalo::verify(request, c),
        Channel::Telegram => channels::telegram::verify(request, c),
        Channel::Generic | Channel::Chat | Channel::Chatbot => {
            channels::standard_webhooks::verify(request, c, now).map(|_| ())
        }
    }
}

fn kept(headers: &[(String, String)]) -> String {
    let kept: serde_json::Map<String, serde_json::Value> = headers
        .iter()
        .filter(|(n, _)| KEPT_HEADERS.contains(&n.to_ascii_lowercase().as_str()))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.clone().into()))
        .collect();
    serde_json::Value::Object(kept).to_string()
}

/// What the body carries, for the accounts that it may speak for. Items of strangers' accounts are left out.
pub fn items(support: &Support, admitted: &Admitted) -> Result<Vec<Prepared>> {
    let (channel, items) = parse(admitted.raw.channel, &admitted.raw.body)?;
    let now = support.desk.clock.now();
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let account = match &item.account {
            Some(id) => admitted.accounts.iter().find(|a| {
                a.account.account_id == *id
                    && (a.account.kind == channel.as_str() || admitted.raw.channel == channel)
            }),
            None => admitted.accounts.first(),
        };
        match account {
            Some(account) => out.push(Prepared::new(support, channel, account.clone(), item, now)),
            None => {
                metrics::counter!("frontdesk_intake_total", "channel" => channel.as_str(), "outcome" => "stranger")
                    .increment(1);
            }
        }
    }
    Ok(out)
}

/// The same for a body that was let in before.
pub async fn again(support: &Support, raw: &Raw) -> Result<Vec<Prepared>> {
    let mut accounts = candidates(support, raw.channel, None).await?;
    if let Some(first) = accounts.iter().find(|a| Some(a.account.id) == raw.account_id).cloned() {
        accounts.retain(|a| a.credentials.secret == first.credentials.secret);
        accounts.sort_by_key(|a| a.account.id != first.account.id);
    }
    items(support, &Admitted { raw: raw.clone(), accounts })
}

fn parse(channel: Channel, body: &[u8]) -> Result<(Channel, Vec<Item>)> {
    let malformed = |e: channels::Malformed| {
        Error::malformed(format!("The body is not what this channel sends: {}.", e.0))
    };
    match channel {
        Channel::Facebook | Channel::Instagram | Channel::Whatsapp => {
            let said = channels::meta::object(body).unwrap_or(channel);
            Ok((said, channels::meta::parse(body).map_err(malformed)?))
        }
        Channel::Twitter => Ok((channel, channels::x::parse(body).map_err(malformed)?)),
        Channel::Zalo => Ok((channel, channels::zalo::parse(body).map_err(malformed)?)),
        Channel::Telegram => Ok((channel, channels::telegram::parse(body).map_err(malformed)?)),
        Channel::Generic => Ok((channel, vec![channels::generic::parse(body).map_err(malformed)?])),
        Channel::Chat => Ok((channel, vec![channels::chat::parse(body).map_err(malformed)?])),
        Channel::Chatbot => Ok((channel, Vec::new())),
    }
}
