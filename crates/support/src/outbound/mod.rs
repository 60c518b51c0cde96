//! Outbound: an answer on its way from the desk to the customer's channel.
//!
//! Invariants: a message is enqueued in the transaction that stores it, and a job sends it after its undo window; the same
//! message carries the same `webhook-id` over all tries, so the receiver can tell a repetition; what the channel answered
//! decides between *sent*, *later* and *failed*, and a delivery state never goes back. No request is made inside a
//! transaction. This slice never decides what is said.
//!
//! Only generic accounts have a sender here. With a `callback_url` the answer is posted there, signed. Without one their
//! client reads `GET /tickets/{id}/status` and the ticket's messages, so the message counts as sent as soon as it can be
//! read there: at once, or when its undo window is over. Messages of other channels stay `queued`.

mod callback;
pub(crate) mod net;
mod parcel;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use self::callback::probe;
use channels::{Channel, Delivery};
use platform::{
    Result, Tx,
    clock::{HOUR, MINUTE, Millis, SECOND},
    events::Origin,
    jobs::{self, Job, Workers},
};
use serde::{Deserialize, Serialize};

use crate::{
    MessageId, Support, accounts,
    intake::media::{self, FetchMedia},
    messages::{self, Message},
    tickets::Ticket,
};

/// The pause after each failed try; then the message has failed.
const PAUSES: [Millis; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// Sends one message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendMessage {
    pub message_id: MessageId,
}

impl Job for SendMessage {
    const KIND: &'static str = "outbound.send";
    const ATTEMPTS: u32 = PAUSES.len() as u32 + 1;
}

/// Puts a public answer on its way at `run_at`. `Some`: the job that sends it, which [`cancel`] takes back.
pub fn enqueue(tx: &Tx<'_>, ticket: &Ticket, message: MessageId, run_at: Millis) -> Result<Option<i64>> {
    if ticket.channel != Channel::Generic.as_str() {
        return Ok(None);
    }
    let Some(account) = ticket.account_id else { return Ok(None) };
    let has_callback = accounts::get(tx, account)?.is_some_and(|a| a.callback_url.is_some());
    if !has_callback && run_at <= tx.now() {
        messages::deliver(tx, &Origin::system(), message, Delivery::Sent, None)?;
        return Ok(None);
    }
    let job = jobs::enqueue(tx, &SendMessage { message_id: message }, run_at)?;
    messages::set_send_job(tx, message, job)?;
    Ok(Some(job))
}

/// Takes a message back that has not been sent. False: it is too late.
pub fn cancel(tx: &Tx<'_>, message: &Message) -> Result<bool> {
    match (message.delivery, message.send_job_id) {
        (Some(Delivery::Queued), Some(job)) => jobs::cancel(tx, job),
        (Some(Delivery::Queued), None) => Ok(true),
        _ => Ok(false),
    }
}

/// Registers the work of sending and of fetching media.
pub fn workers(workers: Workers, support: &Support) -> Workers {
    let (sender, fetcher) = (support.clone(), support.clone());
    workers
        .on(16, move |job: SendMessage| {
            let support = sender.clone();
            async move { callback::send(&support, job.message_id).await }
        })
        .on(4, move |job: FetchMedia| {
            let support = fetcher.clone();
            async move { media::fetch(&support, job.attachment_id).await }
        })
}
