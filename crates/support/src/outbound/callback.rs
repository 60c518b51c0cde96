//! Generic accounts: a signed POST to the account's callback, and what its answer means.
//!
//! 2xx: sent. 410: the account is disconnected. 429, 5xx and silence: later. Anything else, redirects among them: failed,
//! with the receiver's words.

use std::time::Duration;

use axum::http::{Method, StatusCode, header::RETRY_AFTER};
use channels::{Delivery, standard_webhooks};
use platform::{
    Result, Tx,
    clock::{DAY, Millis, SECOND},
    events::Origin,
    jobs::{Job, Outcome},
    telemetry,
    time::rfc3339,
};
use reqwest::Response;
use serde_json::json;

use super::{
    PAUSES, SendMessage,
    net::{self, Failure},
    parcel::{Parcel, parcel},
};
use crate::{
    MessageId, Support,
    accounts::{self, AccountStatus, LoadedAccount},
    messages::{
        self,
        files::{self, link},
    },
};

/// Until the answer's end.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What a receiver's answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Sent,
    /// It wants nothing more from us.
    Gone(String),
    Later {
        why: String,
        after: Option<Millis>,
    },
    Refused(String),
}

/// The work of [`SendMessage`].
pub(super) async fn send(support: &Support, id: MessageId) -> Outcome {
    match attempt(support, id).await {
        Ok(outcome) => outcome,
        // Of our own doing: soon again. The receiver knows a repetition by its id.
        Err(e) => Outcome::Retry { after: None, why: e.to_string() },
    }
}

async fn attempt(support: &Support, id: MessageId) -> Result<Outcome> {
    let keyring = support.desk.keyring.clone();
    let Some(parcel) = support.desk.db.read(move |c| parcel(c, &keyring, id)).await? else {
        return Ok(Outcome::Done);
    };
    let account = &parcel.account.account;
    let verdict = match &account.callback_url {
        _ if account.status != AccountStatus::Active => {
            Verdict::Refused(format!("The channel account is {}.", account.status.as_str()))
        }
        // It is read, not posted.
        None => Verdict::Sent,
        Some(url) => {
            let body = body(support, &parcel);
            post(support, &parcel.account, url, &format!("msg_{id}"), &body, TIMEOUT).await
        }
    };
    let last = parcel.attempt >= SendMessage::ATTEMPTS;
    let (state, error, outcome) = match verdict {
        Verdict::Sent => (Delivery::Sent, None, Outcome::Done),
        Verdict::Later { why, after } if !last => {
            telemetry::delivery("generic", "retry");
            let after = after.unwrap_or(0).clamp(0, DAY).max(pause(support, parcel.attempt));
            return Ok(Outcome::Retry { after: Some(after), why });
        }
        Verdict::Later { why, .. } | Verdict::Refused(why) => {
            (Delivery::Failed, Some(why.clone()), Outcome::Failed(why))
        }
        Verdict::Gone(why) => {
            let id = account.id;
            support.desk.db.write(move |tx| accounts::disconnect(tx, &Origin::system(), id)).await?;
            support.accounts.forget(&account.kind, &account.account_id);
            (Delivery::Failed, Some(why.clone()), Outcome::Failed(why))
        }
    };
    telemetry::delivery("generic", state.as_str());
    let tell = move |tx: &Tx<'_>| messages::deliver(tx, &Origin::system(), id, state, error.as_deref());
    support.desk.db.write(tell).await?;
    Ok(outcome)
}

/// The same over all tries, but for the links to files: each try's open for a day.
fn body(support: &Support, p: &Parcel) -> Vec<u8> {
    let base = support.desk.config.public_url();
    let expires = support.desk.clock.now() + link::LIFETIME;
    let files: Vec<_> = p
        .files
        .iter()
        .cloned()
        .map(|mut file| {
            if file.is_stored {
                let token = link::token(&support.desk.keyring, file.id, expires);
                file.url = Some(format!("{base}{}/download?token={token}", files::url_of(file.id)));
            }
            file
        })
        .collect();
    let body = json!({
        "type": "message.sent",
        "timestamp": rfc3339(p.message.created_at),
        "data": {
            "message_id": p.message.id,
            "ticket_id": p.ticket.id,
            "ticket_number": p.ticket.number,
            "platform": p.account.account.account_id,
            "recipient": p.ticket.identity,
            "content": p.message.content,
            "attachments": files,
            "client_id": p.message.client_id,
        },
    });
    body.to_string().into_bytes()
}

/// Posts `body` under `id`, signed with the account's secret and, while it is being changed, the one before it.
pub(super) async fn post(
    support: &Support,
    account: &LoadedAccount,
    url: &str,
    id: &str,
    body: &[u8],
    limit: Duration,
) -> Verdict {
    let seconds = support.desk.clock.now() / SECOND;
    let c = &account.credentials;
    let signed = |secret: &Option<String>| {
        secret.as_deref().and_then(|s| standard_webhooks::sign(s, id, seconds, body).ok())
    };
    let Some(mut signature) = signed(&c.secret) else {
        return Verdict::Refused("The channel account has no secret to sign with.".into());
    };
    if let Some(previous) = signed(&c.previous_secret) {
        signature = format!("{signature} {previous}");
    }
    let request = match net::request(&support.http, &support.desk.config, Method::POST, url) {
        Ok(request) => request,
        Err(e) => return Verdict::Refused(e.words().to_owned()),
    };
    let sent = request
        .timeout(limit)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signature)
        .body(body.to_vec())
        .send()
        .await;
    match sent {
        Ok(response) => judge(response, support.desk.clock.now()).await,
        Err(e) => match Failure::of(&e) {
            Failure::Final(why) => Verdict::Refused(why),
            Failure::Passing(why) => Verdict::Later { why, after: None },
        },
    }
}

async fn judge(response: Response, now: Millis) -> Verdict {
    let status = response.status();
    if status.is_success() {
        return Verdict::Sent;
    }
    let after = response.headers().get(RETRY_AFTER).and_then(|v| retry_after(v.to_str().ok()?, now));
    let said = net::words(response).await;
    let why = if said.is_empty() {
        format!("HTTP {}", status.as_u16())
    } else {
        format!("HTTP {}: {said}", status.as_u16())
    };
    match status {
        StatusCode::GONE => Verdict::Gone(why),
        StatusCode::TOO_MANY_REQUESTS => Verdict::Later { why, after },
        s if s.is_server_error() => Verdict::Later { why, after },
        _ => Verdict::Refused(why),
    }
}

/// Seconds, or a date.
fn retry_after(text: &str, now: Millis) -> Option<Millis> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Millis::from(seconds) * SECOND);
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(at.as_millisecond() - now)
}

/// After try `attempt`: up to a fifth longer than the schedule says, so that many do not come back at once.
fn pause(support: &Support, attempt: u32) -> Millis {
    let at = usize::try_from(attempt).unwrap_or(1).clamp(1, PAUSES.len()) - 1;
    let pause = PAUSES.get(at).copied().unwrap_or(DAY);
    pause + (support.desk.entropy.u64() % (pause as u64 / 5 + 1)) as Millis
}

/// Tells the receiver that we are here. `Err` holds why it cannot be reached.
pub(crate) async fn probe(support: &Support, account: &LoadedAccount, url: &str) -> Result<(), String> {
    let now = support.desk.clock.now();
    let body = json!({"type": "channel.test", "timestamp": rfc3339(now), "data": {"platform": account.account.account_id}});
    let id = format!("test_{}", support.desk.entropy.token(12));
    match post(support, account, url, &id, body.to_string().as_bytes(), TIMEOUT).await {
        Verdict::Sent => Ok(()),
        Verdict::Gone(why) | Verdict::Refused(why) | Verdict::Later { why, .. } => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_said_in_seconds_or_as_a_date() {
        let now = 784_111_777_000;
        assert_eq!(retry_after("120", now), Some(120_000));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(60_000));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }

    #[test]
    fn there_is_a_pause_for_every_try_but_the_last() {
        assert_eq!(SendMessage::ATTEMPTS, 10);
        assert!(PAUSES.is_sorted());
    }
}
