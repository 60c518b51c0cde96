//! X, Zalo and Telegram.

use channels::*;
use serde_json::{Value, json};

use crate::{message, only};

fn dm(data: Value) -> Message {
    let create = json!({"sender_id": "2", "target": {"recipient_id": "1"}, "message_data": data});
    let event =
        json!({"type": "message_create", "id": "9", "created_timestamp": "5", "message_create": create});
    message(only(x::parse(
        json!({"for_user_id": "1", "direct_message_events": [event]}).to_string().as_bytes(),
    )))
}

#[test]
fn x_text_is_unescaped_once_and_loses_the_media_link_only() {
    assert_eq!(
        dm(json!({"text": "a &lt;b&gt; &amp;amp; &amp;lt; https://t.co/x"})).text,
        "a <b> &amp; &lt; https://t.co/x"
    );
    let media = json!({"type": "media", "media": {"id": 7, "id_str": "7", "type": "photo", "media_url_https": "https://ton.x.test/7.jpg"}});
    let photo = dm(json!({"text": "hình https://t.co/a https://t.co/b", "attachment": media}));
    assert_eq!(photo.text, "hình https://t.co/a");
    assert_eq!(
        (photo.attachments[0].kind, photo.attachments[0].provider_id.as_deref()),
        ("image", Some("7"))
    );
    assert_eq!(dm(json!({"text": "https://t.co/b", "attachment": media})).text, "");
    let variants = json!([{"content_type": "application/x-mpegURL", "url": "https://v.test/p"},
        {"content_type": "video/mp4", "bitrate": 1, "url": "https://v.test/1"},
        {"content_type": "video/mp4", "bitrate": 2, "url": "https://v.test/2"}]);
    let film =
        json!({"type": "media", "media": {"id": 8, "type": "video", "video_info": {"variants": variants}}});
    assert_eq!(
        dm(json!({"text": "", "attachment": film})).attachments[0].url.as_deref(),
        Some("https://v.test/2")
    );
}

#[test]
fn x_reads_revocations_and_tweets() {
    let read = json!({"created_timestamp": "5", "sender_id": "2", "target": {"recipient_id": "1"}, "last_read_event_id": "9"});
    let item = only(x::parse(
        json!({"for_user_id": "1", "direct_message_mark_read_events": [read]}).to_string().as_bytes(),
    ));
    assert_eq!(item.event, Event::Receipt { of: ReceiptOf::Until(5), state: Delivery::Read, error: None });
    let revoked = only(x::parse(br#"{"user_event":{"revoke":{"source":{"user_id":"1"}}}}"#));
    assert_eq!(
        (revoked.account.as_deref(), revoked.event),
        (Some("1"), Event::Ignored { reason: "revoked" })
    );
    let tweets = x::parse(br#"{"for_user_id":"1","tweet_create_events":[{"id":1},{"id":2}]}"#).unwrap();
    assert!(tweets.len() == 2 && tweets[0].dedupe_key != tweets[1].dedupe_key);
    assert!(x::parse(b"{}").is_err());
}

fn zalo_event(fields: Value) -> Item {
    let mut event =
        json!({"sender": {"id": 8412365987412365987u64}, "recipient": {"id": "1"}, "timestamp": 5});
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    only(zalo::parse(event.to_string().as_bytes()))
}

#[test]
fn zalo_ids_as_numbers_stay_exact() {
    let item =
        zalo_event(json!({"event_name": "user_send_text", "message": {"text": "x", "msg_id": u64::MAX}}));
    assert_eq!(item.identity.as_ref().unwrap().value, "8412365987412365987");
    assert_eq!((item.dedupe_key.as_str(), item.at), ("18446744073709551615", 5));
}

#[test]
fn zalo_forms_receipts_and_leaving() {
    let form = zalo_event(
        json!({"event_name": "user_submit_info", "info": {"name": "Lan", "phone": 84987654321u64}}),
    );
    let phone = Some("84987654321".into());
    assert_eq!(form.event, Event::ContactInfo { name: Some("Lan".into()), phone, verified: false });
    let received = zalo_event(json!({"event_name": "user_received_message", "message": {"msg_id": "m"}}));
    assert!(matches!(received.event, Event::Receipt { state: Delivery::Delivered, .. }));
    let left = zalo_event(json!({"event_name": "unfollow", "oa_id": "7"}));
    assert_eq!((left.account.as_deref(), left.event), (Some("7"), Event::OptedOut));
    let unreacted =
        json!({"event_name": "user_reacted_message", "message": {"msg_id": "m", "react_icon": "/-remove"}});
    assert_eq!(zalo_event(unreacted).event, Event::Reaction { external_id: "m".into(), emoji: None });
    let place =
        json!({"type": "location", "payload": {"coordinates": {"latitude": "10.5", "longitude": "106.5"}}});
    let place =
        json!({"event_name": "user_send_location", "message": {"msg_id": "m", "attachments": [place]}});
    let place = message(zalo_event(place)).attachments.remove(0);
    assert_eq!((place.latitude, place.longitude), (Some(10.5), Some(106.5)));
}

fn telegram_update(kind: &str, fields: Value) -> Item {
    let mut raw = json!({"message_id": 3, "from": {"id": 6, "first_name": "Lan"}, "chat": {"id": 6, "type": "private"}, "date": 1});
    raw.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    only(telegram::parse(json!({"update_id": 5, kind: raw}).to_string().as_bytes()))
}

#[test]
fn telegram_edits_buttons_and_reactions() {
    let edited = telegram_update("edited_message", json!({"text": "new", "edit_date": 2}));
    assert_eq!(
        (edited.at, edited.event),
        (2000, Event::Edited { external_id: "6:3".into(), text: "new".into() })
    );
    let moved = telegram_update("edited_message", json!({"location": {"latitude": 1, "longitude": 2}}));
    assert_eq!(moved.event, Event::Ignored { reason: "live location" });
    let keyboard = json!([[{"text": "Không", "callback_data": "n"}, {"text": "Có", "callback_data": "y"}]]);
    let below = json!({"message_id": 2, "chat": {"id": 6, "type": "private"}, "date": 1, "reply_markup": {"inline_keyboard": keyboard}});
    let pressed =
        message(telegram_update("callback_query", json!({"id": "77", "data": "y", "message": below})));
    assert_eq!(
        (pressed.text.as_str(), pressed.payload.as_deref(), pressed.reply_to.as_deref()),
        ("Có", Some("y"), Some("6:2"))
    );
    let reacted =
        json!({"user": {"id": 6}, "old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "🔥"}]});
    let reacted = telegram_update("message_reaction", reacted);
    assert_eq!(reacted.event, Event::Reaction { external_id: "6:3".into(), emoji: Some("🔥".into()) });
    let gone = telegram_update("message_reaction", json!({"new_reaction": []}));
    assert_eq!(gone.event, Event::Reaction { external_id: "6:3".into(), emoji: None });
}

#[test]
fn telegram_contents() {
    let other = json!({"contact": {"phone_number": "0987", "first_name": "An", "user_id": 7}});
    let card = message(telegram_update("message", other)).attachments.remove(0);
    assert_eq!((card.kind, card.title.as_deref()), ("contact", Some("0987")));
    let moving = json!({"animation": {"file_id": "a"}, "document": {"file_id": "a"}});
    assert_eq!(message(telegram_update("message", moving)).attachments.len(), 1);
    let venue = json!({"venue": {"location": {"latitude": 1, "longitude": 2}, "title": "Shop", "address": "Q1"},
        "location": {"latitude": 1, "longitude": 2}});
    let venue = message(telegram_update("message", venue)).attachments;
    assert_eq!((venue.len(), venue[0].title.as_deref()), (1, Some("Q1")));
    let started = |text: &str| message(telegram_update("message", json!({ "text": text }))).source;
    assert_eq!(started("/start@shop_bot camp_7").as_deref(), Some("camp_7"));
    assert_eq!((started("/start"), started("/started x"), started("hi x")), (None, None, None));
    let service = telegram_update("message", json!({"pinned_message": {}}));
    assert_eq!(service.event, Event::Unknown { what: "message pinned_message".into() });
    let back = telegram_update("my_chat_member", json!({"new_chat_member": {"status": "member"}}));
    assert_eq!(back.event, Event::OptedIn { payload: None });
    let anonymous = telegram_update("message", json!({"from": null, "text": "x"}));
    assert_eq!(anonymous.event, Event::Ignored { reason: "no sender" });
    assert!(telegram::parse(b"{}").is_err());
}
