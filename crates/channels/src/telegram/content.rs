//! What a Telegram message carries beside its text.

use serde_json::Value;

use crate::Attachment;
use crate::wire::Fields;

pub(super) fn attachments(raw: &Value) -> Vec<Attachment> {
    let has = |key: &str| raw.get(key).is_some_and(|part| part.is_object());
    let mut found = Vec::new();
    // Sizes of one picture, smallest first.
    found.extend(raw.list("photo").last().and_then(|size| file("image", size)));
    for (key, kind) in [
        ("voice", "voice"),
        ("audio", "audio"),
        ("video", "video"),
        ("video_note", "video"),
        ("animation", "video"),
        ("sticker", "sticker"),
    ] {
        found.extend(raw.get(key).and_then(|part| file(kind, part)));
    }
    // An animation comes with itself as document, a venue with its point as location.
    if !has("animation") {
        found.extend(raw.get("document").and_then(|part| file("file", part)));
    }
    if has("venue") {
        found.extend(raw.get("venue").and_then(venue));
    } else {
        found.extend(raw.get("location").and_then(location));
    }
    found.extend(raw.get("contact").and_then(contact));
    for key in ["poll", "dice", "game", "story", "paid_media", "invoice"] {
        found.extend(raw.get(key).filter(|part| part.is_object()).map(|part| other(key, part)));
    }
    found
}

fn file(kind: &'static str, raw: &Value) -> Option<Attachment> {
    Some(Attachment {
        kind,
        provider_id: Some(raw.id("file_id")?),
        mime: raw.string("mime_type"),
        name: raw.string("file_name"),
        size: raw.int("file_size").filter(|size| *size >= 0),
        title: raw.string("title").or_else(|| raw.string("emoji")),
        ..Attachment::default()
    })
}

fn location(raw: &Value) -> Option<Attachment> {
    Some(Attachment {
        kind: "location",
        latitude: Some(raw.float("latitude")?),
        longitude: Some(raw.float("longitude")?),
        ..Attachment::default()
    })
}

fn venue(raw: &Value) -> Option<Attachment> {
    let place = location(&raw["location"])?;
    Some(Attachment { name: raw.string("title"), title: raw.string("address"), ..place })
}

/// Somebody else's contact; the sender's own is handled as contact information.
fn contact(raw: &Value) -> Option<Attachment> {
    let number = raw.id("phone_number")?;
    let parts: Vec<&str> = [raw.text("first_name"), raw.text("last_name")].into_iter().flatten().collect();
    let name = (!parts.is_empty()).then(|| parts.join(" "));
    Some(Attachment { kind: "contact", name, title: Some(number), ..Attachment::default() })
}

fn other(key: &str, raw: &Value) -> Attachment {
    let words = ["question", "title", "emoji"].into_iter().find_map(|field| raw.string(field));
    Attachment {
        kind: "other",
        title: Some(words.unwrap_or_else(|| key.to_owned())),
        ..Attachment::default()
    }
}
