use channels::*;
use serde_json::{Value, json};

use crate::{message, only};

fn body(value: Value) -> Vec<u8> {
    let mut value = value;
    value["metadata"] = json!({"phone_number_id": 99});
    let change = json!({"field": "messages", "value": value});
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})
        .to_string()
        .into()
}

fn read(fields: Value) -> Item {
    let mut raw = json!({"from": "84987654321", "id": "wamid.1", "timestamp": "10"});
    raw.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    only(whatsapp::parse(&body(json!({ "messages": [raw] }))))
}

#[test]
fn kinds_of_media() {
    let audio = |voice: bool| {
        message(read(json!({"type": "audio", "audio": {"id": "5", "voice": voice}}))).attachments[0].kind
    };
    assert_eq!((audio(true), audio(false)), ("voice", "audio"));
    let document = json!({"id": "5", "filename": "a.pdf", "mime_type": "application/pdf", "caption": "c"});
    let document = message(read(json!({"type": "document", "document": document})));
    let attachment = &document.attachments[0];
    assert_eq!((attachment.kind, attachment.name.as_deref()), ("file", Some("a.pdf")));
    assert_eq!(document.text, "c");
    let place = json!({"latitude": 10.5, "longitude": "106.5", "name": "Shop", "address": "1 Lê Lợi"});
    let place = message(read(json!({"type": "location", "location": place})));
    assert_eq!((place.attachments[0].latitude, place.attachments[0].longitude), (Some(10.5), Some(106.5)));
    let card = json!([{"name": {"formatted_name": "An"}, "phones": [{"phone": "+84 1"}, {"wa_id": "842"}]}]);
    let card = message(read(json!({"type": "contacts", "contacts": card})));
    assert_eq!(
        (card.attachments[0].name.as_deref(), card.attachments[0].title.as_deref()),
        (Some("An"), Some("+84 1, 842"))
    );
}

#[test]
fn answers_edits_and_revocations() {
    let button = json!({"type": "button_reply", "button_reply": {"id": "yes", "title": "Có"}});
    let button = message(read(json!({"type": "interactive", "interactive": button})));
    assert_eq!((button.text.as_str(), button.payload.as_deref()), ("Có", Some("yes")));
    let form = json!({"type": "nfm_reply", "nfm_reply": {"response_json": "{\"a\":1}", "body": "Sent", "name": "flow"}});
    let form = message(read(json!({"type": "interactive", "interactive": form})));
    assert_eq!((form.text.as_str(), form.payload.as_deref()), ("Sent", Some("{\"a\":1}")));
    let edit =
        json!({"original_message_id": "wamid.0", "message": {"type": "image", "image": {"caption": "new"}}});
    let edit = read(json!({"type": "edit", "edit": edit}));
    assert_eq!(edit.event, Event::Edited { external_id: "wamid.0".into(), text: "new".into() });
    assert_eq!(edit.dedupe_key, "wamid.1");
    let revoke = read(json!({"type": "revoke", "revoke": {"original_message_id": "wamid.0"}}));
    assert_eq!(revoke.event, Event::Unsent { external_id: "wamid.0".into() });
}

#[test]
fn unsupported_is_a_message_and_unknown_is_not() {
    let unsupported =
        read(json!({"type": "unsupported", "unsupported": {"type": "poll"}, "errors": [{"code": 131051}]}));
    let unsupported = message(unsupported);
    assert_eq!((unsupported.text.as_str(), unsupported.attachments[0].title.as_deref()), ("", Some("poll")));
    for odd in [json!({"type": "text"}), json!({"type": "image", "image": {}}), json!({"type": 5}), json!({})]
    {
        assert!(matches!(read(odd).event, Event::Unknown { .. }));
    }
}

#[test]
fn a_hidden_number_may_stand_as_user_id_in_from() {
    let contacts = json!([{"profile": {"username": "lan"}, "user_id": "VN.1"}]);
    let raw = json!({"from": "VN.1", "id": "w", "timestamp": "1", "type": "text", "text": {"body": "x"}});
    let item = only(whatsapp::parse(&body(json!({"contacts": contacts, "messages": [raw]}))));
    assert_eq!(item.account.as_deref(), Some("99"));
    assert_eq!(
        item.identity,
        Some(Identity { value: "VN.1".into(), name: Some("lan".into()), ..Identity::default() })
    );
}

#[test]
fn names_go_to_the_right_person() {
    let contacts = json!([
        {"profile": {"name": "An"}, "wa_id": "84111111111"}, {"profile": {"name": "Bình"}, "wa_id": "84222222222"}]);
    let raw = |from: &str| json!({"from": from, "id": from, "timestamp": "1", "type": "text", "text": {"body": "x"}});
    let messages = json!([raw("84222222222"), raw("84111111111"), raw("84333333333")]);
    let items = whatsapp::parse(&body(json!({"contacts": contacts, "messages": messages}))).unwrap();
    let names: Vec<_> = items.iter().map(|i| i.identity.as_ref().unwrap().name.as_deref()).collect();
    assert_eq!(names, [Some("Bình"), Some("An"), None]);
}

#[test]
fn the_phone_apps_messages_are_echoes() {
    let raw = json!({"from": "84901234567", "to": "84987654321", "id": "w", "timestamp": "1", "type": "text", "text": {"body": "x"}});
    let item = only(whatsapp::parse(&body(json!({ "message_echoes": [raw] }))));
    assert_eq!(item.identity.as_ref().unwrap().value, "84987654321");
    assert!(message(item).echo);
}

#[test]
fn states_settings_and_errors() {
    let status = |word: &str| {
        let raw = json!({"id": "w", "status": word, "timestamp": "1", "recipient_id": "84987654321", "recipient_user_id": "VN.1"});
        only(whatsapp::parse(&body(json!({ "statuses": [raw] }))))
    };
    let played = status("played");
    assert_eq!(played.dedupe_key, "status:w:played");
    assert_eq!(played.identity.unwrap().value, "VN.1");
    assert!(matches!(played.event, Event::Receipt { state: Delivery::Read, .. }));
    assert!(matches!(status("vaporised").event, Event::Unknown { .. }));

    let preference = |value: &str| {
        let raw =
            json!({"wa_id": "84987654321", "category": "marketing_messages", "value": value, "timestamp": 1});
        only(whatsapp::parse(&body(json!({ "user_preferences": [raw] })))).event
    };
    assert_eq!(preference("stop"), Event::OptedOut);
    assert_eq!(preference("resume"), Event::OptedIn { payload: Some("marketing_messages".into()) });

    let error = only(whatsapp::parse(&body(json!({"errors": [{"code": 131000, "title": "Oops"}]}))));
    assert_eq!(error.event, Event::Unknown { what: "error 131000: Oops".into() });

    let template = json!({"field": "message_template_status_update", "value": {"event": "APPROVED"}});
    let root = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [template]}]});
    let notice = only(whatsapp::parse(root.to_string().as_bytes()));
    assert_eq!(notice.event, Event::Ignored { reason: "account notice" });
    assert!(whatsapp::parse(br#"{"object":"page","entry":[]}"#).is_err());
}
