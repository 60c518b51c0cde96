//! Our own JSON: generic, chat and chatbot.

use channels::*;

use crate::message;

#[test]
fn generic_reads_s4s_form() {
    let item = generic::parse(
        br#"{"platform":"zalo","sender":987654321,"content":"mua","external_id":"e1","sender_name":"Lan",
             "attachments":[{"url":"https://a.test/1","mime":"image/png","name":"1.png"},
                            {"url":"https://a.test/2","type":"voice"},{"url":"https://a.test/3"}]}"#,
    )
    .unwrap();
    assert_eq!((item.account.as_deref(), item.dedupe_key.as_str(), item.at), (Some("zalo"), "e1", 0));
    let who = item.identity.clone().unwrap();
    assert_eq!((who.value.as_str(), who.name.as_deref()), ("987654321", Some("Lan")));
    assert!(who.phones.is_empty());
    let message = message(item);
    assert_eq!((message.external_id.as_str(), message.text.as_str()), ("e1", "mua"));
    assert_eq!(message.attachments.iter().map(|a| a.kind).collect::<Vec<_>>(), ["image", "voice", "file"]);
}

#[test]
fn generic_names_what_is_wrong() {
    for (body, words) in [
        (r#"{"sender":"1","content":"x"}"#, "platform is missing"),
        (r#"{"platform":" ","sender":"1","content":"x"}"#, "platform is missing"),
        (r#"{"platform":"p","content":"x"}"#, "sender is missing"),
        (r#"{"platform":"p","sender":"1"}"#, "content is missing"),
        (r#"{"platform":"p","sender":"1","content":" "}"#, "content is missing"),
        (r#"{"platform":"p","sender":"1","content":5}"#, "content is not a text"),
        (r#"{"platform":"p","sender":"1","content":"x","attachments":{}}"#, "attachments is not a list"),
        (
            r#"{"platform":"p","sender":"1","content":"x","attachments":[{"url":"file:///etc/passwd"}]}"#,
            "an attachment has no http link as url",
        ),
        (r#"{"type":"message.received","data":{"channel":"c","text":"x"}}"#, "data.from.id is missing"),
        ("[]", "the body is not an object"),
    ] {
        assert_eq!(generic::parse(body.as_bytes()), Err(Malformed(words.into())), "{body}");
    }
    let item = generic::parse(br#"{"platform":"p","sender":"1","attachments":[{"url":"https://a.test/b"}]}"#);
    assert_eq!(message(item.unwrap()).text, "");
}

#[test]
fn chat_takes_message_or_text() {
    for key in ["message", "text"] {
        let body = format!(r#"{{"from":"0987","to":"shop","{key}":"hi","name":"Lan"}}"#);
        let item = chat::parse(body.as_bytes()).unwrap();
        assert_eq!((item.account.as_deref(), item.dedupe_key.as_str()), (Some("shop"), ""));
        assert_eq!(item.identity.as_ref().unwrap().value, "0987");
        assert_eq!(message(item).text, "hi");
    }
    for body in
        [r#"{"to":"s","text":"x"}"#, r#"{"from":"a","text":"x"}"#, r#"{"from":"a","to":"s","text":" "}"#]
    {
        assert!(chat::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn chatbots_hand_over() {
    let handoff = chatbot::parse(
        br#"{"session_id":"s1","customer_email":"a@b.test","subject":null,"initial_message":"help","priority":"high",
             "tags":["vip"],"transcript":[{"role":"user","content":"hi"},{"sender":"Bot","text":"hello"},
             {"role":"assistant","message":"?"},{"role":"user"},7]}"#,
    )
    .unwrap();
    let line = |who: &str, text: &str| (who.to_owned(), text.to_owned());
    assert_eq!(handoff.transcript, [line("customer", "hi"), line("bot", "hello"), line("bot", "?")]);
    assert_eq!((handoff.subject, handoff.tags), (None, vec!["vip".to_owned()]));
    assert_eq!(handoff.priority.as_deref(), Some("high"));
    for body in [
        r#"{"session_id":"s"}"#,
        r#"{"initial_message":"x"}"#,
        r#"{"session_id":"s","initial_message":"x","tags":"a"}"#,
        r#"{"session_id":"s","initial_message":"x","priority":1}"#,
    ] {
        assert!(chatbot::parse(body.as_bytes()).is_err(), "{body}");
    }
}
