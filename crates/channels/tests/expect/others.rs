use super::*;

const SHOP: &str = "1785263418900000001";
const LAN_X: &str = "1543210987654321098";

pub fn twitter(name: &str) -> Option<Vec<Item>> {
    let at = 1_767_434_400_123;
    let said = |message: Message| {
        let key = message.external_id.clone();
        Some(vec![item(SHOP, &key, at, named(LAN_X, "Lan 🌸"), Event::Message(message))])
    };
    match name {
        "dm_quick_reply" => {
            said(Message { payload: some("opt_warranty"), ..text("1874912345678901236", "Bảo hành") })
        }
        "dm_own_echo" => said(Message { echo: true, ..text("1874912345678901237", "Dạ vâng ạ") }),
        "dm_typing" => Some(vec![item(
            SHOP,
            "typing:1543210987654321098:1767434400000",
            1_767_434_400_000,
            named(LAN_X, "Lan"),
            Event::Ignored { reason: "typing" },
        )]),
        "unknown_event" => Some(vec![Item {
            account: some(SHOP),
            dedupe_key: "raw:".into(),
            at: 0,
            identity: None,
            event: unknown("hologram_events"),
        }]),
        _ => None,
    }
}

const OA: &str = "3887234561234567890";
const LAN_ZALO: &str = "8412365987412365987";

pub fn zalo(name: &str) -> Option<Vec<Item>> {
    let one =
        |key: &str, after: i64, who, event| Some(vec![item(OA, key, 1_767_434_400_000 + after, who, event)]);
    let said =
        |after, who, message: Message| one(&message.external_id.clone(), after, who, Event::Message(message));
    let lan = who(LAN_ZALO);
    match name {
        "user_send_image_caption" => said(
            30,
            lan,
            with("96d3cdf3af150460912", "ảnh máy", vec![linked("image", "https://photo-stal.zdn.vn/o2.jpg")]),
        ),
        "user_send_file" => {
            let file = Attachment {
                name: some("phiếu bảo hành.pdf"),
                size: Some(48_213),
                ..linked("file", "https://file.zdn.vn/x")
            };
            said(40, lan, with("96d3cdf3af150460913", "", vec![file]))
        }
        "user_send_sticker" => {
            let sticker = Attachment {
                provider_id: some("23ea"),
                ..linked("sticker", "https://zalo-api.zadn.vn/s.png")
            };
            said(60, lan, with("96d3cdf3af150460915", "", vec![sticker]))
        }
        "user_send_link" => {
            let link = Attachment { title: some("Máy lọc"), ..linked("link", "https://example.test/sp") };
            said(80, lan, with("96d3cdf3af150460917", "https://example.test/sp", vec![link]))
        }
        "user_seen_message" => one(
            "read:8412365987412365987:1767434400090:2f3bb0e7a2b1c4d5e60+1",
            90,
            lan,
            receipt(&["2f3bb0e7a2b1c4d5e60", "2f3bb0e7a2b1c4d5e61"], Delivery::Read),
        ),
        "user_reacted_message" => one(
            "reaction:8412365987412365987:1767434400100:2f3bb0e7a2b1c4d5e60",
            100,
            lan,
            Event::Reaction { external_id: "2f3bb0e7a2b1c4d5e60".into(), emoji: some("/-heart") },
        ),
        "oa_send_text_echo" => {
            said(110, lan, Message { echo: true, ..text("2f3bb0e7a2b1c4d5e60", "Dạ OA đã nhận ạ") })
        }
        "follow" => one(
            "follow:8412365987412365987:1767434400120",
            120,
            lan,
            Event::OptedIn { payload: some("oa_profile") },
        ),
        "anonymous_send_text" => said(150, who("anon:7c3f9b"), text("a96d3cdf3af150460920", "cho hỏi")),
        "unknown_event" => one("raw:", 160, lan, unknown("user_do_new_thing")),
        _ => None,
    }
}

pub fn telegram(name: &str) -> Option<Vec<Item>> {
    let update = |key: &str, at: i64, identity, event| {
        let at = at * 1000;
        Some(vec![Item { account: None, dedupe_key: key.into(), at, identity, event }])
    };
    let lan = Some(named("6123456789", "Lan Nguyễn"));
    let said = |key: &str, at, message| update(key, at, lan.clone(), Event::Message(message));
    let group = |message| Message { group: some("13579"), ..message };
    match name {
        "text" | "duplicate_update" => {
            said("700000001", 1_767_434_501, text("6123456789:101", "Giá bao nhiêu ạ? 😊"))
        }
        "start_deeplink" => said(
            "700000000",
            1_767_434_500,
            Message { source: some("camp_7"), ..text("6123456789:100", "/start camp_7") },
        ),
        "photo_caption" => {
            let largest = Attachment { size: Some(91_000), ..kept("image", "AgACx") };
            said("700000002", 1_767_434_502, with("6123456789:102", "máy bị lỗi", vec![largest]))
        }
        "album_part1" => {
            said("700000003", 1_767_434_503, group(with("6123456789:103", "", vec![kept("image", "Ag1")])))
        }
        "album_part2" => {
            let second = with("6123456789:104", "2 ảnh", vec![kept("image", "Ag2")]);
            said("700000004", 1_767_434_504, group(second))
        }
        "document" => {
            let document = Attachment {
                mime: some("application/pdf"),
                name: some("hợp đồng.pdf"),
                size: Some(52_000),
                ..kept("file", "BQAC1")
            };
            said("700000005", 1_767_434_505, with("6123456789:105", "", vec![document]))
        }
        "voice" => {
            let voice = Attachment { mime: some("audio/ogg"), size: Some(15_000), ..kept("voice", "AwAC1") };
            said("700000006", 1_767_434_506, with("6123456789:106", "", vec![voice]))
        }
        "location" => {
            let here = Attachment {
                kind: "location",
                latitude: Some(10.77),
                longitude: Some(106.7),
                ..Attachment::default()
            };
            said("700000008", 1_767_434_508, with("6123456789:108", "", vec![here]))
        }
        "contact" => update(
            "700000009",
            1_767_434_509,
            lan,
            Event::ContactInfo { name: some("Lan"), phone: some("+84987654321"), verified: true },
        ),
        "blocked_bot" => update("700000014", 1_767_434_700, lan, Event::OptedOut),
        "group_message" => update("700000015", 1_767_434_400, None, Event::Ignored { reason: "group" }),
        "channel_post_no_from" => {
            update("700000016", 1_767_434_400, None, Event::Ignored { reason: "channel post" })
        }
        _ => None,
    }
}

pub fn generic(name: &str) -> Option<Vec<Item>> {
    let at = 1_767_434_400_000;
    let event = |what| {
        let event = unknown(what);
        Some(vec![Item { account: None, dedupe_key: String::new(), at, identity: None, event }])
    };
    match name {
        // Signed and well-formed, but no message; the retry's webhook-id is the same.
        "lead_created" | "lead_created_retry" => event("lead.created"),
        "key_rotation" => event("ticket.updated"),
        "message_received" => {
            Some(vec![item("custom", "", at, named("u1", "Lan"), Event::Message(text("", "xin chào")))])
        }
        _ => None,
    }
}
