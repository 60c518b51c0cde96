use super::*;

const PHONE: &str = "106540352242922";
const AT: i64 = 1_767_434_400_000;
const BSUID: &str = "VN.13491208655302741918";
const NUMBER: &str = "84987654321";

/// A person with user id and number.
fn lan() -> Identity {
    Identity {
        value: BSUID.into(),
        aliases: vec![NUMBER.into()],
        name: some("Nguyễn Thị Lan 🌸"),
        phones: vec!["+84987654321".into()],
        email: None,
    }
}

/// A person of whom only the number is known.
fn by_number(name: Option<&str>) -> Identity {
    Identity { name: name.map(str::to_owned), phones: vec!["+84987654321".into()], ..who(NUMBER) }
}

fn wamid(number: &str) -> String {
    format!("wamid.HBgLODQ5ODc2NTQzMjEVAgASGBQ{number}")
}

pub fn items(name: &str) -> Option<Vec<Item>> {
    let one = |key: &str, who, event| Some(vec![item(PHONE, key, AT, who, event)]);
    let said = |message: Message| one(&message.external_id.clone(), lan(), Event::Message(message));
    let media =
        |number: &str, caption: &str, attachment| said(with(&wamid(number), caption, vec![attachment]));
    let typed = |mime: &str, attachment| Attachment { mime: some(mime), ..attachment };
    let reacted = |number: &str, emoji: Option<&str>| {
        let emoji = emoji.map(str::to_owned);
        one(&wamid(number), lan(), Event::Reaction { external_id: "wamid.OUT01".into(), emoji })
    };
    let failed = |code: &str, words: &str, needs_template| {
        let error = Some(DeliveryError { code: code.into(), text: words.into(), needs_template });
        let of = ReceiptOf::Messages(vec!["wamid.OUT01".into()]);
        let event = Event::Receipt { of, state: Delivery::Failed, error };
        Some(vec![item(PHONE, "status:wamid.OUT01:failed", AT + 1000, by_number(None), event)])
    };
    match name {
        "text" => said(text(&wamid("01"), "Xin chào, sản phẩm bị lỗi 😢\nMã: #A-77")),
        "text_without_bsuid" => one(
            "wamid.OLD01",
            by_number(Some("Lan")),
            Event::Message(text("wamid.OLD01", "older payload form")),
        ),
        "text_bsuid_only" => one(
            "wamid.BS01",
            named(BSUID, "Lan"),
            Event::Message(text("wamid.BS01", "username user, phone hidden")),
        ),
        "image_caption" => {
            media("02", "vết nứt đây ạ", typed("image/jpeg", kept("image", "1754951608042154")))
        }
        "image_only_url" => {
            let url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/\
                       ?mid=1754951608042155&source=webhook&ext=1767437&hash=h";
            let image = Attachment { url: some(url), ..kept("image", "1754951608042155") };
            media("03", "", typed("image/jpeg", image))
        }
        "video" => media("06", "", typed("video/mp4", kept("video", "1754951608042158"))),
        "sticker_animated" => media("07", "", typed("image/webp", kept("sticker", "1754951608042159"))),
        "reaction" => reacted("10", Some("👍🏽")),
        "reaction_removed_empty" => reacted("11", None),
        "reaction_removed_absent" => reacted("12", None),
        "forwarded" => said(text(&wamid("14"), "tin chuyển tiếp")),
        "list_reply" => said(Message {
            payload: some("dept_sales"),
            reply_to: some("wamid.OUT03"),
            ..text(&wamid("16"), "Kinh doanh")
        }),
        "template_button" => said(Message {
            payload: some("CONFIRM"),
            reply_to: some("wamid.OUT04"),
            ..text(&wamid("17"), "Xác nhận")
        }),
        "order" => {
            let cart =
                Attachment { title: some("2 × SP-1 (150000 VND)"), ..kept("order", "354160437058781") };
            media("19", "", cart)
        }
        "ad_referral" => said(Message {
            source: some("ad:120200000000000001"),
            ..text(&wamid("20"), "tư vấn giúp em")
        }),
        "unknown_type" => one("raw:", lan(), unknown("message hologram")),
        "system_number_changed" => {
            one("wamid.SYS01", by_number(None), Event::IdentityMoved { to: "84912345678".into() })
        }
        "group_message" => one(&wamid("25"), lan(), Event::Ignored { reason: "group" }),
        // Sorted by time; the store's rank keeps the later `read`.
        "status_read_before_delivered" => Some(vec![
            item(
                PHONE,
                "status:wamid.OUT01:delivered",
                AT + 5_000,
                by_number(None),
                receipt(&["wamid.OUT01"], Delivery::Delivered),
            ),
            item(
                PHONE,
                "status:wamid.OUT01:read",
                AT + 10_000,
                by_number(None),
                receipt(&["wamid.OUT01"], Delivery::Read),
            ),
        ]),
        "status_failed_window" => failed(
            "131047",
            "Message failed to send because more than 24 hours have passed since the customer last replied to \
             this number.",
            true,
        ),
        "status_failed_undeliverable" => failed("131026", "Message undeliverable", false),
        _ => None,
    }
}
