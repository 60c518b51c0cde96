//! What one WhatsApp message says. `None` is a type that this version does not know, or one without its parts.

use serde_json::Value;

use super::Side;
use crate::wire::Fields;
use crate::{Attachment, Event, Message};

pub(super) fn read(raw: &Value, id: &str, side: Side) -> Option<Event> {
    let kind = raw.text("type")?;
    let body = raw.get(kind).unwrap_or(&Value::Null);
    match kind {
        "reaction" => {
            let external_id = body.id("message_id")?;
            return Some(match side {
                Side::Customer => Event::Reaction { external_id, emoji: body.string("emoji") },
                Side::Ours => Event::Ignored { reason: "own reaction" },
            });
        }
        "edit" => {
            let edited = &body["message"];
            let text = edited.text("type").and_then(|kind| caption(kind, &edited[kind]));
            let external_id = body.id("original_message_id")?;
            return Some(Event::Edited { external_id, text: text.unwrap_or_default() });
        }
        "revoke" => return Some(Event::Unsent { external_id: body.id("original_message_id")? }),
        "system" => return system(body),
        "request_welcome" => return Some(Event::Ignored { reason: "request_welcome" }),
        _ => {}
    }
    let mut message = Message {
        external_id: id.to_owned(),
        echo: side == Side::Ours,
        text: caption(kind, body).unwrap_or_default(),
        // A forwarded message has a context without an id: that is no reply.
        reply_to: raw["context"].id("id"),
        source: source(&raw["referral"]),
        ..Message::default()
    };
    match kind {
        "text" => {
            body.get("body")?.as_str()?;
        }
        "image" | "video" | "sticker" | "audio" | "document" => message.attachments.push(media(kind, body)?),
        "location" => message.attachments.push(location(body)?),
        "contacts" => message.attachments = body.as_array()?.iter().map(contact).collect(),
        "interactive" => message.payload = Some(answer(body, &mut message.text)?),
        "button" => message.payload = Some(body.string("payload").or_else(|| body.string("text"))?),
        "order" => message.attachments.push(order(body)?),
        // What WhatsApp itself cannot pass on: a poll, a view-once picture and the like.
        "unsupported" | "unknown" => {
            let title = body.string("type").unwrap_or_else(|| kind.to_owned());
            message.attachments.push(Attachment {
                kind: "other",
                title: Some(title),
                ..Attachment::default()
            });
        }
        _ => return None,
    }
    Some(Event::Message(message))
}

/// The text of a message of this kind.
fn caption(kind: &str, body: &Value) -> Option<String> {
    match kind {
        "text" => body.string("body"),
        "button" | "order" => body.string("text"),
        _ => body.string("caption"),
    }
}

fn system(body: &Value) -> Option<Event> {
    match body.text("type")? {
        "user_changed_number" => {
            let to = body.id("wa_id").or_else(|| body.id("new_wa_id")).or_else(|| body.id("user_id"))?;
            Some(Event::IdentityMoved { to })
        }
        "customer_identity_changed" => Some(Event::Ignored { reason: "customer_identity_changed" }),
        _ => None,
    }
}

fn media(kind: &str, body: &Value) -> Option<Attachment> {
    let (provider_id, url) = (body.id("id"), body.link("url"));
    if provider_id.is_none() && url.is_none() {
        return None;
    }
    let kind = match kind {
        "image" => "image",
        "video" => "video",
        "sticker" => "sticker",
        "audio" if body.flag("voice") => "voice",
        "audio" => "audio",
        _ => "file",
    };
    let (mime, name) = (body.string("mime_type"), body.string("filename"));
    Some(Attachment { kind, url, provider_id, mime, name, ..Attachment::default() })
}

fn location(body: &Value) -> Option<Attachment> {
    Some(Attachment {
        kind: "location",
        url: body.link("url"),
        name: body.string("name"),
        title: body.string("address"),
        latitude: Some(body.float("latitude")?),
        longitude: Some(body.float("longitude")?),
        ..Attachment::default()
    })
}

fn contact(raw: &Value) -> Attachment {
    let numbers: Vec<&str> =
        raw.list("phones").iter().filter_map(|p| p.text("phone").or_else(|| p.text("wa_id"))).collect();
    Attachment {
        kind: "contact",
        name: raw["name"].string("formatted_name").or_else(|| raw["name"].string("first_name")),
        title: (!numbers.is_empty()).then(|| numbers.join(", ")),
        ..Attachment::default()
    }
}

/// Fills the text with what the customer picked and gives the payload.
fn answer(body: &Value, text: &mut String) -> Option<String> {
    let kind = body.text("type")?;
    let reply = &body[kind];
    let (words, payload) = match kind {
        "button_reply" | "list_reply" => (reply.string("title"), reply.id("id")?),
        "nfm_reply" => {
            (reply.string("body").or_else(|| reply.string("name")), reply.string("response_json")?)
        }
        _ => return None,
    };
    *text = words.unwrap_or_default();
    Some(payload)
}

/// The cart in words: `2 × SP-1 (150000 VND)`, one part per product.
fn order(body: &Value) -> Option<Attachment> {
    let products: Vec<String> = body
        .get("product_items")?
        .as_array()?
        .iter()
        .map(|item| {
            let product = item.id("product_retailer_id").unwrap_or_default();
            let quantity = item.int("quantity").unwrap_or(1);
            let price = item.get("item_price").filter(|price| price.is_number());
            let price = price.map(ToString::to_string).or_else(|| item.string("item_price"));
            match price {
                Some(price) => {
                    let money = format!("{price} {}", item.text("currency").unwrap_or_default());
                    format!("{quantity} × {product} ({})", money.trim_end())
                }
                None => format!("{quantity} × {product}"),
            }
        })
        .collect();
    let title = Some(products.join(", "));
    Some(Attachment { kind: "order", provider_id: body.id("catalog_id"), title, ..Attachment::default() })
}

/// A click-to-WhatsApp ad or post.
fn source(referral: &Value) -> Option<String> {
    let kind = referral.text("source_type").unwrap_or("ad");
    let named = referral.id("source_id").map(|id| format!("{kind}:{id}"));
    named.or_else(|| referral.string("source_url"))
}
