//! Messenger's and Instagram's attachments. A payload may be missing or null; a link may be too.

use serde_json::Value;

use crate::Attachment;
use crate::wire::Fields;

/// The three sizes of the thumbs-up button; the first is the one that customers send.
const THUMBS_UP: [&str; 3] = ["369239263222822", "369239343222814", "369239383222810"];

pub(super) fn read(raw: &Value) -> Attachment {
    let payload = &raw["payload"];
    let url = payload.link("url").or_else(|| raw.link("url"));
    let title = payload.string("title").or_else(|| raw.string("title"));
    let plain = |kind| Attachment { kind, url: url.clone(), title: title.clone(), ..Attachment::default() };
    match raw.text("type") {
        Some("image") if payload.get("sticker_id").is_some() => {
            Attachment { provider_id: payload.id("sticker_id"), ..plain("sticker") }
        }
        Some("image") => plain("image"),
        Some("video") => plain("video"),
        Some("audio") => plain("audio"),
        Some("file") => {
            let name = url.as_deref().and_then(file_name);
            Attachment { name, ..plain("file") }
        }
        Some("location") => Attachment {
            latitude: payload["coordinates"].float("lat"),
            longitude: payload["coordinates"].float("long"),
            ..plain("location")
        },
        Some("reel" | "ig_reel") => Attachment { provider_id: payload.id("reel_video_id"), ..plain("video") },
        Some("fallback" | "share") => plain("link"),
        // The link leads to a picture or a film, and expires with the story.
        Some("story_mention") => Attachment {
            title: Some(title.clone().unwrap_or_else(|| "story mention".into())),
            ..plain("link")
        },
        Some("like_heart") => plain("sticker"),
        kind => {
            let named = title.clone().or_else(|| kind.map(|k| k.chars().take(80).collect()));
            Attachment { title: named, ..plain("other") }
        }
    }
}

/// What a message without text says by its sticker.
pub(super) fn gesture(message: &Value) -> Option<&'static str> {
    let parts = message.list("attachments");
    let stickers = parts.iter().filter_map(|part| part["payload"].id("sticker_id"));
    if message.id("sticker_id").into_iter().chain(stickers).any(|id| THUMBS_UP.contains(&id.as_str())) {
        return Some("👍");
    }
    parts.iter().any(|part| part.text("type") == Some("like_heart")).then_some("❤")
}

/// The story that the customer answers to.
pub(super) fn story_reply(story: &Value) -> Option<Attachment> {
    let url = story.link("url");
    let provider_id = story.id("id");
    if url.is_none() && provider_id.is_none() {
        return None;
    }
    Some(Attachment { kind: "link", url, provider_id, title: Some("story".into()), ..Attachment::default() })
}

pub(super) fn unsupported() -> Attachment {
    Attachment { kind: "other", title: Some("unsupported".into()), ..Attachment::default() }
}

/// Meta names no files; the last part of the link's path does.
fn file_name(link: &str) -> Option<String> {
    let link = url::Url::parse(link).ok()?;
    let last = link.path_segments()?.next_back().filter(|last| !last.is_empty())?;
    Some(percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned())
}
