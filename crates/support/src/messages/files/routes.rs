//! `/attachments`: files on their way in, and out.

use std::time::Duration;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use people::access::Caller;
use platform::{
    Conn, Error, Fault, Result,
    blob::{BlobKey, ReadyBlob},
    error::Code,
    http::{Api, Id, Json, Public, Query},
    route,
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use super::{NewFile, Uploader, add, blobs, has_room, link, store as uploads};
use crate::{
    Support,
    intake::media::kind::Sniffer,
    messages::{
        Direction, Message, Visibility,
        store::{self, Attachment},
    },
    tickets::{MessagesSend, TicketScope, TicketsRead, view::Viewer, visible},
};

/// The next piece of a file comes within so long, and all of it within so long.
const PIECE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(15 * 60);
const LONGEST_NAME: usize = 200;

pub(in crate::messages) fn mount(api: &mut Api<Support>) {
    route!(api, upload);
    route!(api, attachment);
    route!(api, download);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Upload {
    /// The file's name.
    #[param(min_length = 1, max_length = 255)]
    name: String,
}

/// A file that waits to be sent.
#[derive(Debug, Serialize, ToSchema)]
struct UploadedFile {
    /// For `attachments` of a new message.
    id: i64,
    name: String,
    /// What its bytes say that it is.
    mime: String,
    size: u64,
    /// Where its uploader finds it, and when it was sent everybody who sees the conversation.
    url: String,
}

/// Takes a file to be sent with a message: its bytes as they are, with its name in the query. It is the caller's alone until
/// a message of theirs names it in `attachments`; if none does, it is gone after a day.
#[utoipa::path(post, path = "/attachments", tag = "Messages", operation_id = "upload_attachment",
    request_body(content = inline(FileBytes), content_type = "application/octet-stream", description = "The bytes, of any type; no form"),
    responses((status = 201, body = UploadedFile)))]
async fn upload(
    caller: Caller<MessagesSend>,
    State(support): State<Support>,
    Query(query): Query<Upload>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<UploadedFile>)> {
    let name = file_name(&query.name)?;
    let limit = support.desk.config.http.upload_limit_bytes as u64;
    let declared = content_type(&headers)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|n| n > 2 * limit) {
        return Err(too_large(limit));
    }
    let uploader = Uploader::of(&caller.principal);
    support.desk.db.read(move |c| has_room(c, uploader)).await?;

    let (ready, mime) =
        timeout(WHOLE, receive(&support, body, declared, limit)).await.map_err(|_| slow())??;
    let new = NewFile { uploader, name, mime, size: ready.size(), blob: ready.key().clone() };
    let (origin, row) = (caller.origin.clone(), new.clone());
    // The row first: see `platform::blob`.
    let id = match support.desk.db.write(move |tx| add(tx, &origin, &row)).await {
        Ok(id) => id,
        Err(e) => {
            if let Err(left) = ready.abandon().await {
                tracing::warn!(cause = %left, "a file that was refused could not be deleted");
            }
            return Err(e);
        }
    };
    ready.publish().await?;
    let NewFile { name, mime, size, .. } = new;
    Ok((StatusCode::CREATED, Json(UploadedFile { id, name, mime, size, url: url_of(id) })))
}

/// A file's bytes.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes a body that is no JSON")]
struct FileBytes(String);

/// Where a file is read by those who may.
pub(crate) fn url_of(id: i64) -> String {
    format!("/api/v1/attachments/{id}")
}

/// Reads a file to the disk. What is too large is still read a little further: who is sending hears why only then.
async fn receive(
    support: &Support,
    body: Body,
    declared: Option<&str>,
    limit: u64,
) -> Result<(ReadyBlob, String)> {
    let mut writer = blobs(&support.desk).writer(&support.desk.entropy.token(16)).await?;
    let (mut sniffer, mut seen) = (Sniffer::new(), 0_u64);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = timeout(PIECE, pieces.next()).await.map_err(|_| slow())? {
        let piece = piece.map_err(|_| Error::malformed("The body ended before it was complete."))?;
        seen += piece.len() as u64;
        if seen > 2 * limit {
            break;
        }
        if seen <= limit {
            sniffer.feed(&piece);
            writer.write(&piece).await?;
        }
    }
    match seen {
        0 => Err(Error::invalid_field("body", "too_short", "must not be empty")),
        n if n > limit => Err(too_large(limit)),
        _ => Ok((writer.finish().await?, sniffer.mime(declared))),
    }
}

fn slow() -> Error {
    Error::unavailable("The file came too slowly; try again.")
}

fn too_large(limit: u64) -> Error {
    Error::new(Code::TooLarge, format!("A file may have {limit} bytes at most."))
}

/// What the sender calls it. A form would be stored with its boundaries.
fn content_type(headers: &HeaderMap) -> Result<Option<&str>> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    match said {
        Some(kind) if kind.trim_start().to_ascii_lowercase().starts_with("multipart/") => Err(Error::new(
            Code::UnsupportedMediaType,
            "Send the file's bytes as the body, not a form, and its name as ?name=.",
        )),
        said => Ok(said),
    }
}

/// The last part of a path, without what hides or turns letters.
fn file_name(said: &str) -> Result<String> {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let unseen = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let name: String = last.chars().filter(|c| !unseen(c)).collect();
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    match name.trim_matches('.').is_empty() {
        true => Err(Error {
            faults: vec![Fault::new("name", "format", "must be the name of a file")],
            ..Error::new(Code::InvalidParameter, "The file has no name.")
        }),
        false => Ok(name),
    }
}

/// A file. Shown in place only where that is safe; everything else is downloaded. One that waits to be sent is its
/// uploader's alone.
#[utoipa::path(get, path = "/attachments/{id}", tag = "Messages", operation_id = "get_attachment", responses((status = 200, description = "The bytes", content_type = "*/*")))]
async fn attachment(
    caller: Caller<TicketsRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Response> {
    let scope = TicketScope::of(&support, &caller);
    let is_staff = Viewer::of(&caller.principal) != Viewer::Program;
    let uploader = Uploader::of(&caller.principal);
    let read = support.desk.db.read(move |c| {
        let (file, message) = found(c, id)?;
        let is_open = match message {
            Some(m) => {
                visible(c, &scope, m.ticket_id).map_err(|_| gone())?;
                m.unsent_at.is_none() && (is_staff || m.visibility == Visibility::Public)
            }
            None => uploads::is_waiting_for(c, uploader, id)?,
        };
        if is_open { Ok(file) } else { Err(gone()) }
    });
    serve(&support, read.await?).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Download {
    /// Of the link.
    #[param(min_length = 1, max_length = 200)]
    token: String,
}

/// A file that was sent, by a link that opens it for a day: as a callback carries it. Nobody need log in.
#[utoipa::path(get, path = "/attachments/{id}/download", tag = "Messages", operation_id = "download_attachment", responses((status = 200, description = "The bytes", content_type = "*/*")))]
async fn download(
    _: Public,
    State(support): State<Support>,
    Id(id): Id,
    Query(query): Query<Download>,
) -> Result<Response> {
    if !link::opens(&support.desk.keyring, id, &query.token, support.desk.clock.now()) {
        return Err(gone());
    }
    let read = support.desk.db.read(move |c| {
        let (file, message) = found(c, id)?;
        let sent = |m: Message| {
            m.direction == Direction::Outbound && m.visibility == Visibility::Public && m.unsent_at.is_none()
        };
        if message.is_some_and(sent) { Ok(file) } else { Err(gone()) }
    });
    serve(&support, read.await?).await
}

fn gone() -> Error {
    Error::not_found("file")
}

/// The file and the message that it is on.
fn found(c: &Conn<'_>, id: i64) -> Result<(Attachment, Option<Message>)> {
    let file = store::attachment(c, id)?.ok_or_else(gone)?;
    let message = match file.message_id {
        Some(message) => Some(store::get(c, message)?.ok_or_else(gone)?),
        None => None,
    };
    Ok((file, message))
}

async fn serve(support: &Support, file: Attachment) -> Result<Response> {
    let key = file.blob_key.as_deref().filter(|_| file.state == "stored").and_then(BlobKey::parse);
    let key = key.ok_or_else(gone)?;
    let (size, bytes) = blobs(&support.desk).stream(&key).await?;
    let mime = file.mime.as_deref().unwrap_or_default();
    let kind = safe_kind(mime);
    let how = if kind.is_some() { "inline" } else { "attachment" };
    let named = format!("{how}; filename*=UTF-8''{}", encoded(file.name.as_deref().unwrap_or("file")));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.unwrap_or("application/octet-stream"))),
        (header::CONTENT_LENGTH, HeaderValue::from(size)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&named).map_err(Error::internal)?),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// What a browser shows without running anything in it. Not SVG, not HTML, whatever its name.
fn safe_kind(mime: &str) -> Option<&'static str> {
    const SAFE: [&str; 17] = [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "image/bmp",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "audio/aac",
        "video/mp4",
        "video/webm",
        "video/ogg",
        "video/quicktime",
        "application/pdf",
    ];
    let bare = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    SAFE.into_iter().find(|s| *s == bare)
}

/// For `filename*` (RFC 8187).
fn encoded(name: &str) -> String {
    let name: String =
        name.chars().filter(|c| !c.is_control() && !matches!(c, '/' | '\\')).take(150).collect();
    let name = if name.is_empty() { "file".to_owned() } else { name };
    name.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_kinds_are_shown_in_place() {
        assert_eq!(safe_kind("image/PNG; charset=x"), Some("image/png"));
        for mime in ["image/svg+xml", "text/html", "application/javascript", "", "text/html;image/png"] {
            assert_eq!(safe_kind(mime), None, "{mime}");
        }
    }

    #[test]
    fn a_file_name_cannot_break_its_header() {
        assert_eq!(encoded("ảnh \"1\"\r\n.png"), "%E1%BA%A3nh%20%221%22.png");
        assert_eq!(encoded("../../\\"), "....");
        assert_eq!(encoded(""), "file");
    }

    #[test]
    fn a_file_has_the_last_part_of_its_name() {
        for (said, name) in [
            ("bảng giá.pdf", "bảng giá.pdf"),
            ("C:\\fakepath\\ảnh.png", "ảnh.png"),
            ("/etc/passwd", "passwd"),
            (" a\r\nb.txt ", "ab.txt"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ] {
            assert_eq!(file_name(said).unwrap(), name, "{said:?}");
        }
        for said in ["..", "a/", "\u{200b}", " ", "\n"] {
            assert_eq!(file_name(said).unwrap_err().faults[0].field, "name", "{said:?}");
        }
        assert_eq!(file_name(&"ệ".repeat(255)).unwrap().chars().count(), LONGEST_NAME);
    }
}
