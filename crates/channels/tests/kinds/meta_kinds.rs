use channels::*;
use serde_json::{Value, json};

use crate::{message, only};

fn body(fields: Value) -> Vec<u8> {
    let mut item = json!({"sender": {"id": "c"}, "recipient": {"id": "p"}, "timestamp": 1000});
    item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"object": "page", "entry": [{"id": "p", "time": 2000, "messaging": [item]}]}).to_string().into()
}

fn read(fields: Value) -> Item {
    only(meta::parse(&body(fields)))
}

#[test]
fn edits_count_as_number_or_text() {
    for number in [json!(2), json!("2")] {
        let item = read(json!({"message_edit": {"mid": "m", "text": "new", "num_edit": number}}));
        assert_eq!(item.dedupe_key, "edit:m:2");
        assert_eq!(item.event, Event::Edited { external_id: "m".into(), text: "new".into() });
    }
}

#[test]
fn reactions_come_and_go() {
    let came = read(json!({"reaction": {"mid": "m", "action": "react", "reaction": "love", "emoji": "❤️"}}));
    assert_eq!(came.dedupe_key, "reaction:m:c:1000");
    assert_eq!(came.event, Event::Reaction { external_id: "m".into(), emoji: Some("❤️".into()) });
    let named = read(json!({"reaction": {"mid": "m", "action": "react", "reaction": "wow"}}));
    assert_eq!(named.event, Event::Reaction { external_id: "m".into(), emoji: Some("😮".into()) });
    let gone = read(json!({"reaction": {"mid": "m", "action": "unreact"}}));
    assert_eq!(gone.event, Event::Reaction { external_id: "m".into(), emoji: None });
}

#[test]
fn a_postback_without_mid_gets_an_id_that_retries_share() {
    let fields = json!({"postback": {"title": "Start", "payload": "GO", "referral": {"ref": "camp_7"}}});
    let item = read(fields.clone());
    assert_eq!(item.dedupe_key, read(fields).dedupe_key);
    let message = message(item);
    assert_eq!(
        (message.external_id.as_str(), message.text.as_str(), message.payload.as_deref()),
        ("postback:c:1000", "Start", Some("GO"))
    );
    assert_eq!(message.source.as_deref(), Some("camp_7"));
}

#[test]
fn reads_name_a_time_or_a_message() {
    let item = read(json!({"read": {"watermark": 900}}));
    let Event::Receipt { of, state, .. } = item.event else { panic!() };
    assert_eq!((of, state), (ReceiptOf::Until(900), Delivery::Read));
    assert!(matches!(read(json!({"read": {}})).event, Event::Unknown { .. }));
}

#[test]
fn quick_replies_stories_and_hearts() {
    let quick =
        message(read(json!({"message": {"mid": "m", "text": "Yes", "quick_reply": {"payload": "Y"}}})));
    assert_eq!(quick.payload.as_deref(), Some("Y"));
    let story =
        json!({"mid": "m", "text": "wow", "reply_to": {"story": {"id": 7, "url": "https://s.test/1"}}});
    let story = message(read(json!({ "message": story })));
    assert_eq!(
        (story.attachments[0].kind, story.attachments[0].url.as_deref()),
        ("link", Some("https://s.test/1"))
    );
    assert_eq!(story.reply_to, None);
    let heart = message(read(json!({"message": {"mid": "m", "attachments": [{"type": "like_heart"}]}})));
    assert_eq!((heart.text.as_str(), heart.attachments[0].kind), ("❤", "sticker"));
    let unsupported = message(read(json!({"message": {"mid": "m", "is_unsupported": true}})));
    assert_eq!(unsupported.attachments[0].kind, "other");
}

#[test]
fn no_other_scheme_than_http_becomes_a_link() {
    let fallback = json!([{"type": "fallback", "url": "javascript:alert(1)", "title": "x"}]);
    let message = message(read(json!({"message": {"mid": "m", "attachments": fallback}})));
    assert_eq!(message.attachments[0].url, None);
}

#[test]
fn notifications_stopped_is_an_opt_out() {
    let stopped =
        json!({"type": "notification_messages", "notification_messages_status": "STOP_NOTIFICATIONS"});
    assert_eq!(read(json!({ "optin": stopped })).event, Event::OptedOut);
}

#[test]
fn standby_and_handover_are_ignored() {
    let item = json!({"sender": {"id": "c"}, "recipient": {"id": "p"}, "timestamp": 1, "message": {"mid": "m", "text": "x"}});
    let body = json!({"object": "page", "entry": [{"id": "p", "standby": [item]}]}).to_string();
    let item = only(meta::parse(body.as_bytes()));
    // Not the message's own key: the message may still come to us.
    assert_eq!((item.dedupe_key.as_str(), item.event), ("standby:m", Event::Ignored { reason: "standby" }));
    let handover = read(json!({"pass_thread_control": {"new_owner_app_id": "1"}}));
    assert_eq!(handover.event, Event::Ignored { reason: "handover" });
}

#[test]
fn one_bad_item_loses_nothing() {
    let good = json!({"sender": {"id": 5}, "recipient": {"id": "p"}, "timestamp": 1, "message": {"mid": "m", "text": "x"}});
    let bad = [
        json!(null),
        json!(5),
        json!({"message": {"mid": "a"}}),
        json!({"sender": {"id": "c"}, "message": []}),
    ];
    let mut list = bad.to_vec();
    list.push(good);
    let entries = json!([{"id": "p", "messaging": list}, 7, {"id": "q", "messaging": {}}]);
    let items = meta::parse(json!({"object": "instagram", "entry": entries}).to_string().as_bytes()).unwrap();
    let (known, unknown): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| !matches!(item.event, Event::Unknown { .. }));
    assert_eq!((known.len(), unknown.len()), (1, 6));
    assert_eq!(known[0].identity.as_ref().unwrap().value, "5");
}

#[test]
fn instagram_messages_may_come_as_changes() {
    let value = json!({"sender": {"id": "c"}, "recipient": {"id": "p"}, "timestamp": "1767434400", "message": {"mid": "m", "text": "x"}});
    let body = json!({"object": "instagram", "entry": [{"id": "p", "changes": [{"field": "messages", "value": value}]}]});
    assert_eq!(message(only(meta::parse(body.to_string().as_bytes()))).text, "x");
}

#[test]
fn the_object_tells_the_channel() {
    let object = |name: &str| meta::object(json!({"entry": [], "object": name}).to_string().as_bytes());
    assert_eq!(object("page"), Some(Channel::Facebook));
    assert_eq!(object("instagram"), Some(Channel::Instagram));
    assert_eq!(object("whatsapp_business_account"), Some(Channel::Whatsapp));
    assert_eq!(object("permissions"), None);
    assert_eq!(meta::object(b"{"), None);
    let other = only(meta::parse(br#"{"object":"permissions","entry":[]}"#));
    assert!(matches!(other.event, Event::Unknown { .. }));
}

#[test]
fn words_and_ranks() {
    for channel in Channel::ALL {
        assert_eq!(channel.as_str().parse(), Ok(channel));
    }
    for state in Delivery::ALL {
        assert_eq!(state.as_str().parse(), Ok(state));
    }
    assert!("line".parse::<Channel>().is_err() && "gone".parse::<Delivery>().is_err());
    use Delivery::*;
    assert!(Read.may_follow(Sent) && Failed.may_follow(Sent));
    assert!(!Delivered.may_follow(Read) && !Failed.may_follow(Delivered) && !Sent.may_follow(Failed));
}
