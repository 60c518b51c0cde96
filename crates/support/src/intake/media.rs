//! Media: the files behind the links that channels send, fetched at once because the links expire.
//!
//! Invariants: at most `http.upload_limit_bytes` are read; every address, redirects included, is judged before it is
//! connected to; what a file is, its first bytes say and not its sender, and nothing that a browser would run keeps such a
//! type (HTML and SVG are text here). A file is stored before its row says so. A media id without a link needs the
//! channel's token: the row stays `pending` and says why, until that channel's fetcher comes.

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
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
            let (mime, size) = (mime_of(&bytes, declared.as_deref()), bytes.len());
            let key = support.desk.blobs.put(bytes).await?;
            let stored = move |tx: &Tx<'_>| settle(tx, id, wanted.message_id, Ok((&key, &mime, size)));
            support.desk.db.write(stored).await?;
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

/// What bytes are, by their beginning. `declared` only chooses among what shares that beginning, and only what no
/// browser runs.
fn mime_of(bytes: &[u8], declared: Option<&str>) -> String {
    let declared = declared.and_then(|d| d.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    let d = declared.as_str();
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|b| b.starts_with(magic));
    let family = |is: bool, default: &'static str| if is { d.to_owned() } else { default.to_owned() };
    match () {
        () if at(0, b"\xff\xd8\xff") => "image/jpeg".into(),
        () if at(0, b"\x89PNG\r\n\x1a\n") => "image/png".into(),
        () if at(0, b"GIF87a") || at(0, b"GIF89a") => "image/gif".into(),
        () if at(0, b"RIFF") && at(8, b"WEBP") => "image/webp".into(),
        () if at(0, b"RIFF") && at(8, b"WAVE") => "audio/wav".into(),
        () if at(0, b"II*\0") || at(0, b"MM\0*") => "image/tiff".into(),
        () if at(0, b"BM") && d.contains("bmp") => "image/bmp".into(),
        () if at(4, b"ftyphei") || at(4, b"ftypmif1") => "image/heic".into(),
        () if at(4, b"ftypavif") => "image/avif".into(),
        () if at(4, b"ftypM4A") => "audio/mp4".into(),
        () if at(4, b"ftypqt") => "video/quicktime".into(),
        () if at(4, b"ftyp") => family(d == "audio/mp4", "video/mp4"),
        () if at(0, b"\x1a\x45\xdf\xa3") => family(d == "audio/webm", "video/webm"),
        () if at(0, b"OggS") => family(d == "video/ogg", "audio/ogg"),
        () if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") || at(0, b"\xff\xf2") => {
            "audio/mpeg".into()
        }
        () if at(0, b"\xff\xf1") || at(0, b"\xff\xf9") => "audio/aac".into(),
        () if at(0, b"#!AMR") => "audio/amr".into(),
        () if at(0, b"fLaC") => "audio/flac".into(),
        () if at(0, b"%PDF-") => "application/pdf".into(),
        () if at(0, b"PK\x03\x04") => {
            let office = d.starts_with("application/vnd.openxmlformats-officedocument.")
                || d.starts_with("application/vnd.oasis.opendocument.")
                || d == "application/epub+zip";
            family(office, "application/zip")
        }
        () if at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => {
            let office = matches!(
                d,
                "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint"
            );
            family(office, "application/x-ole-storage")
        }
        () if at(0, b"\x1f\x8b") => "application/gzip".into(),
        () if at(0, b"Rar!\x1a\x07") => "application/vnd.rar".into(),
        () if at(0, b"7z\xbc\xaf\x27\x1c") => "application/x-7z-compressed".into(),
        () if std::str::from_utf8(bytes).is_ok_and(|t| !t.contains('\0')) => {
            let harmless = matches!(d, "text/csv" | "text/calendar" | "text/vcard" | "application/json");
            family(harmless, "text/plain")
        }
        () => "application/octet-stream".into(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_they_are() {
        for (bytes, declared, is) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Some("text/html"), "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n....", None, "image/png"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/png"), "image/webp"),
            (b"\0\0\0\x20ftypisom", Some("video/mp4; codecs=x"), "video/mp4"),
            (b"\0\0\0\x20ftypisom", Some("audio/mp4"), "audio/mp4"),
            (b"OggS\0\x02", Some("audio/ogg; codecs=opus"), "audio/ogg"),
            (b"%PDF-1.7", Some("application/octet-stream"), "application/pdf"),
            (b"PK\x03\x04rest", Some("text/html"), "application/zip"),
            (
                b"PK\x03\x04rest",
                Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            (b"<html><script>alert(1)</script>", Some("text/html"), "text/plain"),
            (b"<svg onload='alert(1)'/>", Some("image/svg+xml"), "text/plain"),
            (b"a,b\n1,2\n", Some("text/csv"), "text/csv"),
            (b"\x00\x01\x02\xfe", Some("image/png"), "application/octet-stream"),
        ] {
            assert_eq!(mime_of(bytes, declared), is, "{bytes:?} {declared:?}");
        }
    }
}
