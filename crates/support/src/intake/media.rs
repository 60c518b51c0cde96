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
    Conn, Error, Result, Tx,
    blob::BlobKey,
    clock::{HOUR, MINUTE, Millis},
    events::Origin,
    jobs::{Job, Outcome},
    params, sql,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use crate::outbound::net::{check_address, http_client};
use crate::{
    MessageId, Support, messages,
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

/// A row of `attachments`, as far as fetching goes.
struct Wanted {
    message_id: MessageId,
    state: String,
    url: Option<String>,
    mime: Option<String>,
    created_at: Millis,
    was_tried: bool,
}

/// The work of [`FetchMedia`].
pub(crate) async fn fetch(support: &Support, id: i64) -> Outcome {
    match attempt(support, id).await {
        Ok(outcome) => outcome,
        Err(e) => Outcome::Retry { after: None, why: e.to_string() },
    }
}

async fn attempt(support: &Support, id: i64) -> Result<Outcome> {
    let Some(wanted) = support.desk.db.read(move |c| wanted(c, id)).await? else { return Ok(Outcome::Done) };
    if matches!(wanted.state.as_str(), "stored" | "link") {
        return Ok(Outcome::Done);
    }
    let Some(url) = wanted.url.as_deref() else {
        support.desk.db.write(move |tx| note(tx, id, NEEDS_TOKEN)).await?;
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
            let stored = move |tx: &Tx<'_>| settle(tx, id, wanted.message_id, Ok((&of, &mime, size)));
            support.desk.db.write(stored).await?;
            // Equal bytes of somebody else's may have been cleared away before this row said that they are needed.
            if !blobs.exists(&key).await? {
                blobs.put(bytes).await?;
            }
            return Ok(Outcome::Done);
        }
        Err(Failure::Passing(why)) if !old => {
            let words = why.clone();
            support.desk.db.write(move |tx| note(tx, id, &words)).await?;
            return Ok(Outcome::Retry { after: None, why });
        }
        Err(Failure::Passing(why) | Failure::Final(why)) => why,
    };
    let words = why.clone();
    support.desk.db.write(move |tx| settle(tx, id, wanted.message_id, Err(&words))).await?;
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

fn wanted(c: &Conn<'_>, id: i64) -> Result<Option<Wanted>> {
    c.opt(
        sql!("SELECT message_id, state, url, mime, created_at, error FROM attachments WHERE id = ?1"),
        params![id],
        |row| {
            let mut r = row.columns();
            Ok(Wanted {
                message_id: r.next()?,
                state: r.next()?,
                url: r.next()?,
                mime: r.next()?,
                created_at: r.next()?,
                was_tried: r.next::<Option<String>>()?.is_some(),
            })
        },
    )
}

/// Why it is not there yet.
fn note(tx: &Tx<'_>, id: i64, why: &str) -> Result<()> {
    tx.exec(sql!("UPDATE attachments SET error = ?2 WHERE id = ?1 AND state = 'pending'"), params![id, why])?;
    Ok(())
}

/// How it ended: where the bytes are, or why they are not.
fn settle(
    tx: &Tx<'_>,
    id: i64,
    message: MessageId,
    end: Result<(&BlobKey, &str, usize), &str>,
) -> Result<()> {
    let (state, key, mime, size, error) = match end {
        Ok((key, mime, size)) => ("stored", Some(key.as_str()), Some(mime), Some(size), None),
        Err(why) => ("failed", None, None, None, Some(why)),
    };
    let changed = tx.exec(
        sql!(
            "UPDATE attachments SET state = ?2, blob_key = ?3, mime = coalesce(?4, mime), size = coalesce(?5, size), error = ?6 WHERE id = ?1 AND state IN ('pending', 'failed')"
        ),
        params![id, state, key, mime, size, error],
    )?;
    if changed == 0 {
        return Ok(());
    }
    let message = messages::store::get(tx, message)?.ok_or_else(|| Error::not_found("message"))?;
    let Some(ticket) = tickets::get(tx, message.ticket_id)? else { return Ok(()) };
    let data = json!({"message_id": message.id, "attachment_id": id, "state": state});
    messages::record(tx, &Origin::system(), &ticket, events::ATTACHMENT, data)
}
