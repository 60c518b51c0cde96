use super::*;

const PAGE: &str = "104857610293847";
const LAN: &str = "7412589630147258";
const AT: i64 = 1_767_434_400_001;

const IG: &str = "17841405822304914";
const IG_LAN: &str = "1049572838475621";

fn one(key: &str, event: Event) -> Option<Vec<Item>> {
    Some(vec![item(PAGE, key, AT, who(LAN), event)])
}

fn said(message: Message) -> Option<Vec<Item>> {
    one(&message.external_id.clone(), Event::Message(message))
}

pub fn messenger(name: &str) -> Option<Vec<Item>> {
    let delivered = Delivery::Delivered;
    match name {
        "text_vietnamese" | "duplicate_delivery" => {
            said(text("m_Ab3xVn01", "Chào shop, em muốn đổi trả đơn hàng #10293 ạ 🙏"))
        }
        "text_emoji_zwj_rtl" => said(text(
            "m_Ab3xVn02",
            "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} \u{1f1fb}\u{1f1f3} family \
             1\u{fe0f}\u{20e3} \u{2014} \u{645}\u{631}\u{62d}\u{628}\u{627} \u{2014} a\u{301} \u{200b} end",
        )),
        "image_only" => said(with(
            "m_Ab3xVn03",
            "",
            vec![linked("image", "https://scontent.xx.fbcdn.net/v/t1.15752-9/img001.jpg?oh=aa&oe=bb")],
        )),
        "attachments_mixed" => said(with(
            "m_Ab3xVn04",
            "ảnh và hoá đơn",
            vec![
                linked("image", "https://cdn.example.test/a.jpg"),
                Attachment {
                    name: some("hoá-đơn.pdf"),
                    ..linked("file", "https://cdn.example.test/ho%C3%A1-%C4%91%C6%A1n.pdf")
                },
                linked("video", "https://cdn.example.test/v.mp4"),
                linked("audio", "https://cdn.example.test/v.mp4a"),
            ],
        )),
        "sticker_thumbs_up" => said(with(
            "m_Ab3xVn05",
            "👍",
            vec![Attachment {
                provider_id: some("369239263222822"),
                ..linked("sticker", "https://scontent.xx.fbcdn.net/t39.1997-6/thumb.png")
            }],
        )),
        "location" => said(with(
            "m_Ab3xVn06",
            "",
            vec![Attachment {
                title: some("Vị trí đã ghim"),
                latitude: Some(10.7769),
                longitude: Some(106.7009),
                ..linked("location", "https://l.facebook.com/l.php?u=x")
            }],
        )),
        "fallback_link" => said(with(
            "m_Ab3xVn07",
            "xem cái này https://example.test/sp/1",
            vec![Attachment { title: some("Sản phẩm 1"), ..linked("link", "https://example.test/sp/1") }],
        )),
        "reply_to" => {
            said(Message { reply_to: some("m_OUT0001"), ..text("m_Ab3xVn08", "vâng đúng rồi") })
        }
        "referral_ad" => one(
            "referral:7412589630147258:1767434400001",
            Event::Referral { source: "ad:6045246247433".into() },
        ),
        "echo_from_other_app" => said(Message { echo: true, ..text("m_OUT0002", "Page inbox reply") }),
        "delivery_mids" => one(
            "delivery:7412589630147258:1767434400500:m_OUT0001+1",
            receipt(&["m_OUT0001", "m_OUT0002"], delivered),
        ),
        "delivery_watermark_only" => one(
            "delivery:7412589630147258:1767434400500",
            Event::Receipt { of: ReceiptOf::Until(1_767_434_400_500), state: delivered, error: None },
        ),
        "optin_notification" => {
            one("optin:7412589630147258:1767434400001", Event::OptedIn { payload: some("PROMO") })
        }
        "batch_two_pages_out_of_order" => {
            let at = 1_767_434_499_000;
            let said = |page, after: i64, person, mid, words| {
                item(page, mid, at + after, who(person), Event::Message(text(mid, words)))
            };
            Some(vec![
                said(PAGE, 1, LAN, "m_B1", "1 - first"),
                said(PAGE, 2, LAN, "m_B2", "2 - second"),
                said(PAGE, 3, "6958741230147852", "m_B3", "other user"),
                // The intake drops it: it has no account of that page.
                said("998877665544332", 4, LAN, "m_B4", "page we do not know"),
            ])
        }
        "duplicate_inside_batch" => {
            let once = item(PAGE, "m_DUP", AT, who(LAN), Event::Message(text("m_DUP", "x")));
            Some(vec![once.clone(), once])
        }
        "unknown_event" => Some(vec![
            item(PAGE, "raw:", AT, who(LAN), unknown("some_future_event")),
            item(PAGE, "m_UNK", AT, who(LAN), Event::Message(text("m_UNK", "still processed"))),
        ]),
        _ => None,
    }
}

pub fn instagram(name: &str) -> Option<Vec<Item>> {
    let one = |key: &str, event| Some(vec![item(IG, key, AT, who(IG_LAN), event)]);
    let said = |message: Message| one(&message.external_id.clone(), Event::Message(message));
    match name {
        "text" => said(text("aWdfZAG1faXRlbToxOkl_0001", "còn size M không shop? 😍")),
        "story_mention" => said(with(
            "aWdfZAG1faXRlbToxOkl_0002",
            "",
            vec![Attachment {
                title: some("story mention"),
                ..linked("link", "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1&signature=x")
            }],
        )),
        "unsend" => one(
            "unsend:aWdfZAG1faXRlbToxOkl_0001",
            Event::Unsent { external_id: "aWdfZAG1faXRlbToxOkl_0001".into() },
        ),
        "unsend_before_message" => {
            one("unsend:aWdfZAG1_NEVERSEEN", Event::Unsent { external_id: "aWdfZAG1_NEVERSEEN".into() })
        }
        "reel_share" => said(with(
            "aWdfZAG1faXRlbToxOkl_0008",
            "",
            vec![Attachment {
                title: some("Reel"),
                provider_id: some("18000000000000001"),
                ..linked("video", "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=4")
            }],
        )),
        "seen" => one("read:1049572838475621:0:aWdfOUT1+0", receipt(&["aWdfOUT1"], Delivery::Read)),
        "echo" => said(Message { echo: true, ..text("aWdfOUT2", "sent from the phone") }),
        "postback_icebreaker" => {
            said(Message { payload: some("HOURS"), ..text("aWdfPB1", "Giờ mở cửa?") })
        }
        "comment_change" => Some(vec![item(
            IG,
            "comments:17900000000000001:1767434400000",
            1_767_434_400_000,
            who(IG_LAN),
            Event::Ignored { reason: "comment" },
        )]),
        _ => None,
    }
}
