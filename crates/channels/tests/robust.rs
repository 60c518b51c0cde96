//! Whatever comes in, a parser answers and never panics: cut, flipped and wrong-typed bodies for every parser.

use std::path::PathBuf;

use channels::*;
use serde_json::{Value, json};

fn bodies() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/channels");
    let mut found = Vec::new();
    for channel in folder.read_dir().unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        let mut files: Vec<_> = channel.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        found.extend(files.iter().map(|file| std::fs::read(file).unwrap()));
    }
    found.extend(OWN.iter().map(|body| body.as_bytes().to_vec()));
    found
}

/// Our own formats, which no recording covers.
const OWN: [&str; 3] = [
    r#"{"platform":"zalo","sender":"0987","content":"x","external_id":"1","attachments":[{"url":"https://a.test/b","type":"image"}]}"#,
    r#"{"from":"0987","to":"shop","message":"x","id":"1","name":"Lan"}"#,
    r#"{"session_id":"s","initial_message":"x","transcript":[{"role":"user","content":"y"}],"tags":["a"]}"#,
];

/// Feeds every parser and every check, and looks at what all answers have in common.
fn feed(body: &[u8]) {
    let headers: Vec<(String, String)> = [
        ("X-Hub-Signature-256", "sha256=zz"),
        ("x-twitter-webhooks-signature", "sha256=?"),
        ("X-ZEvent-Signature", "mac=00"),
        ("webhook-id", "m"),
        ("webhook-timestamp", "9223372036854775807"),
        ("webhook-signature", "v1,AAAA v1 ,"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let text = String::from_utf8_lossy(body);
    let request = RawRequest { headers: &headers, query: &text, body };
    let secret = Some("whsec_QTHQaOz3Dpfj0eeibReqLnTbfSvaJtb4H7uwagaK11g=".to_owned());
    let c = Credentials { secret, app_id: Some("1".into()), ..Credentials::default() };
    assert!(meta::verify(&request, &c).is_err());
    assert!(x::verify(&request, &c).is_err());
    assert!(zalo::verify(&request, &c).is_err());
    assert!(telegram::verify(&request, &c).is_err());
    assert!(standard_webhooks::verify(&request, &c, i64::MIN).is_err());
    assert_eq!(meta::challenge(&text, &c), None);
    let _ = x::challenge(&text, &c);
    let _ = meta::object(body);
    let _ = chatbot::parse(body);

    for items in
        [meta::parse(body), whatsapp::parse(body), x::parse(body), zalo::parse(body), telegram::parse(body)]
            .into_iter()
            .flatten()
    {
        assert!(items.is_sorted_by_key(|item| item.at));
        for item in &items {
            assert!(!item.dedupe_key.is_empty(), "{item:?}");
            check(item);
            if let Event::Message(message) = &item.event {
                assert!(!message.external_id.is_empty() && item.identity.is_some(), "{item:?}");
            }
        }
    }
    for item in [generic::parse(body), chat::parse(body)].into_iter().flatten() {
        check(&item);
    }
}

fn check(item: &Item) {
    const KINDS: [&str; 11] = [
        "image", "video", "audio", "voice", "file", "sticker", "location", "link", "contact", "order",
        "other",
    ];
    assert!((0..=253_402_300_799_999).contains(&item.at));
    assert!(item.identity.as_ref().is_none_or(|who| !who.value.is_empty()), "{item:?}");
    if let Event::Message(message) = &item.event {
        for attachment in &message.attachments {
            assert!(KINDS.contains(&attachment.kind));
            assert!(attachment.url.as_ref().is_none_or(|url| url.to_ascii_lowercase().starts_with("http")));
        }
    }
}

/// A small generator with a fixed start: the same cases on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

#[test]
fn cut_bodies() {
    for body in bodies() {
        (0..body.len()).step_by(11).for_each(|end| feed(&body[..end]));
        (0..body.len()).step_by(37).for_each(|start| feed(&body[start..]));
    }
}

#[test]
fn flipped_bytes() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for body in bodies() {
        for _ in 0..60 {
            let mut altered = body.clone();
            for _ in 0..=dice.below(3) {
                let place = dice.below(altered.len());
                altered[place] = dice.below(256) as u8;
            }
            feed(&altered);
        }
    }
}

#[test]
fn wrong_types_and_missing_fields_everywhere() {
    let wrong = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!([]),
        json!([null, 1, "x", [], {}]),
        json!({}),
        json!({"id": {"id": []}, "type": 5}),
    ];
    for body in bodies() {
        let Ok(whole) = serde_json::from_slice::<Value>(&body) else { continue };
        let mut places = Vec::new();
        pointers(&whole, String::new(), &mut places);
        for place in &places {
            for value in &wrong {
                let mut altered = whole.clone();
                *altered.pointer_mut(place).unwrap() = value.clone();
                feed(altered.to_string().as_bytes());
            }
            if let Some((parent, key)) = place.rsplit_once('/') {
                let mut altered = whole.clone();
                if let Some(object) = altered.pointer_mut(parent).and_then(Value::as_object_mut) {
                    object.remove(key);
                    feed(altered.to_string().as_bytes());
                }
            }
        }
    }
}

fn pointers(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| pointers(v, format!("{here}/{k}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, v)| pointers(v, format!("{here}/{i}"), found));
        }
        _ => {}
    }
    found.push(here);
}

#[test]
fn nonsense() {
    let deep_list = "[".repeat(100_000);
    let deep_map =
        r#"{"object":"page","entry":[{"messaging":["#.to_owned() + &r#"{"message":"#.repeat(50_000);
    for body in [deep_list.as_str(), &deep_map, "", " ", "null", "0", "\"\"", "[]", "{}", "\u{feff}{}", "\0"]
    {
        feed(body.as_bytes());
        assert!(meta::parse(body.as_bytes()).is_err());
        assert!(generic::parse(body.as_bytes()).is_err());
    }
    feed(&[0xff, 0xfe, 0x00, 0x80]);
}

/// Telegram and Meta are known to cut text by UTF-16 units; half a pair must not cost the batch.
#[test]
fn half_a_surrogate_pair_is_mended() {
    let body = br#"{"object":"page","entry":[{"id":"1","messaging":[
        {"sender":{"id":"2"},"recipient":{"id":"1"},"timestamp":5,"message":{"mid":"m1","text":"a\ud83d \\ud83d \ud83d\ude0a\ude0a"}},
        {"sender":{"id":"2"},"recipient":{"id":"1"},"timestamp":6,"message":{"mid":"m2","text":"b"}}]}]}"#;
    let items = meta::parse(body).unwrap();
    let texts: Vec<&str> = items
        .iter()
        .map(|item| match &item.event {
            Event::Message(message) => message.text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, ["a\u{fffd} \\ud83d 😊\u{fffd}", "b"]);
}

/// `cargo test -p channels --release --test robust -- --ignored --nocapture`
#[test]
#[ignore = "measures; only meaningful in a release build"]
fn a_message_is_checked_and_read_in_microseconds() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/channels");
    let body = std::fs::read(folder.join("messenger/text_vietnamese.json")).unwrap();
    let digest = "sha256=852a1dcc0a9f74027a5abdea45abd097677577a68b6e7bd2143a117212ac433e";
    let headers = [("X-Hub-Signature-256".to_owned(), digest.to_owned())];
    let secret = Some("omni-test-meta-app-secret-0001".to_owned());
    let c = Credentials { secret, ..Credentials::default() };
    let request = RawRequest { headers: &headers, query: "", body: &body };
    let rounds = 20_000;
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        meta::verify(&request, &c).unwrap();
        assert_eq!(std::hint::black_box(meta::parse(&body)).unwrap().len(), 1);
    }
    let each = start.elapsed() / rounds;
    println!("verify + parse: {each:?}");
    assert!(each < std::time::Duration::from_micros(20), "{each:?}");
}
