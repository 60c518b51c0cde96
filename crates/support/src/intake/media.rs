//! Media: the files behind the links that channels send, fetched at once because the links expire.
//!
//! Invariants: at most `http.upload_limit_bytes` are read; every address, redirects included, is judged before it is
//! connected to; what a file is, its first bytes say and not its sender, and nothing that a browser would run keeps such a
//! type (HTML and SVG are text here). A file is stored before its row says so. A media id without a link needs the
//! channel's token: the row stays `pending` and says why, until that channel's fetcher comes.

pub(crate) mod kind;

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use bytes::Bytes;
use platform::{
    Error, Result, Tx,
    blob::BlobKey,
    clock::{HOUR, MINUTE, Millis},
    events::Origin,
    jobs::{Job, Outcome},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use crate::outbound::net::{check_address, http_client};
use crate::{
    MessageId, Support,
    messages::{self, remote},
    outbound::net::{self, Failure},
    tickets,
};

/// What fetching media records.
pub mod events {
    platform::event_kinds! {
        ATTACHMENT = "message.attachment", "message_id, attachment_id, state";
    }
}

const TIMEOUT: Duration = Duration::from_secs(60);
const REDIRECTS: usize = 3;
/// A link that has not worked for so long, tried twice at least, is given up.
const PATIENCE: Millis = HOUR;
const NEEDS_TOKEN: &str = "needs the channel's access token";

/// Fetches one attachment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchMedia {
    pub attachment_id: i64,
}

impl Job for FetchMedia {
    const KIND: &'static str = "media.fetch";
    /// More than [`PATIENCE`] allows: the row ends it, not the count.
    const ATTEMPTS: u32 = 20;
    const LEASE: Millis = 5 * MINUTE;
}

/// The work of [`FetchMedia`].
pub(crate) async fn fetch(support: &Support, id: i64) -> Outcome {
    match attempt(support, id).await {
        Ok(outcome) => outcome,
        Err(e) => Outcome::Retry { after: None, why: e.to_string() },
    }
}

async fn attempt(support: &Support, id: i64) -> Result<Outcome> {
    let Some(wanted) = support.desk.db.read(move |c| remote::get(c, id)).await? else {
        return Ok(Outcome::Done);
    };
    if wanted.is_settled {
        return Ok(Outcome::Done);
    }
    let Some(url) = wanted.url.as_deref() else {
        support.desk.db.write(move |tx| remote::note(tx, id, NEEDS_TOKEN)).await?;
        return Ok(Outcome::Done);
    };
    let old = support.desk.clock.now() - wanted.created_at > PATIENCE && wanted.was_tried;
    let why = match download(support, url).await {
        Ok((bytes, declared)) => {
            let declared = declared.or(wanted.mime.clone());
            let (mime, size) = (kind::of(&bytes, declared.as_deref()), bytes.len());
            let (bytes, blobs) = (Bytes::from(bytes), messages::files::blobs(&support.desk));
            let key = blobs.put(bytes.clone()).await?;
            let of = key.clone();
            let settle = move |tx: &Tx<'_>| stored(tx, id, wanted.message_id, &of, &mime, size);
            if !support.desk.db.write(settle).await? {
                // Somebody was faster, or it is wanted no more.
                messages::files::discard(&support.desk.db, &blobs, &key).await?;
                return Ok(Outcome::Done);
            }
            // Equal bytes of somebody else's may have been cleared away before this row said that they are needed.
            if !blobs.exists(&key).await? {
                blobs.put(bytes).await?;
            }
            return Ok(Outcome::Done);
        }
        Err(Failure::Passing(why)) if !old => {
            let words = why.clone();
            support.desk.db.write(move |tx| remote::note(tx, id, &words)).await?;
            return Ok(Outcome::Retry { after: None, why });
        }
        Err(Failure::Passing(why) | Failure::Final(why)) => why,
    };
    let words = why.clone();
    support.desk.db.write(move |tx| failed(tx, id, wanted.message_id, &words)).await?;
    Ok(Outcome::Failed(why))
}

/// The bytes, and what the server calls them.
async fn download(support: &Support, url: &str) -> Result<(Vec<u8>, Option<String>), Failure> {
    let limit = support.desk.config.http.upload_limit_bytes;
    let too_large = || Failure::Final(format!("larger than {} MB", limit >> 20));
    let mut next = url.to_owned();
    for _ in 0..=REDIRECTS {
        let request = net::request(&support.http, &support.desk.config, Method::GET, &next)?;
        let mut response = request.timeout(TIMEOUT).send().await.map_err(|e| Failure::of(&e))?;
        let status = response.status();
        if status.is_redirection()
            && let Some(to) = response.headers().get(header::LOCATION)
        {
            let to = to.to_str().ok().and_then(|to| response.url().join(to).ok());
            next = to.ok_or_else(|| Failure::Final("it redirects to no address".into()))?.into();
            continue;
        }
        if !status.is_success() {
            let words = format!("HTTP {}", status.as_u16());
            let passing = status.is_server_error()
                || matches!(
                    status,
                    StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
                );
            return Err(if passing { Failure::Passing(words) } else { Failure::Final(words) });
        }
        if response.content_length().is_some_and(|n| n > limit as u64) {
            return Err(too_large());
        }
        let declared =
            response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| Failure::of(&e))? {
            if bytes.len() + chunk.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        return match bytes.is_empty() {
            true => Err(Failure::Final("the file is empty".into())),
            false => Ok((bytes, declared)),
        };
    }
    Err(Failure::Final(format!("more than {REDIRECTS} redirects")))
}

/// The bytes are here. False: somebody was faster, or the file is gone.
fn stored(tx: &Tx<'_>, id: i64, message: MessageId, key: &BlobKey, mime: &str, size: usize) -> Result<bool> {
    let stored = remote::stored(tx, id, key, mime, size)?;
    if stored {
        tell(tx, id, message, "stored")?;
    }
    Ok(stored)
}

/// They will never be.
fn failed(tx: &Tx<'_>, id: i64, message: MessageId, why: &str) -> Result<()> {
    match remote::failed(tx, id, why)? {
        true => tell(tx, id, message, "failed"),
        false => Ok(()),
    }
}

fn tell(tx: &Tx<'_>, id: i64, message: MessageId, state: &str) -> Result<()> {
    let message = messages::get(tx, message)?.ok_or_else(|| Error::not_found("message"))?;
    let Some(ticket) = tickets::get(tx, message.ticket_id)? else { return Ok(()) };
    let data = json!({"message_id": message.id, "attachment_id": id, "state": state});
    messages::record(tx, &Origin::system(), &ticket, events::ATTACHMENT, data)
}
