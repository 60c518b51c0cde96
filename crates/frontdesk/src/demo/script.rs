//! Who writes and what they say.

use serde_json::{Value, json};

/// A customer's part of a conversation, line by line.
pub struct Talk {
    pub lines: &'static [&'static str],
}

pub const NAMES: &[&str] = &[
    "Nguyễn Hoàng Yến",
    "Trần Bảo Ngọc",
    "Lê Văn Hậu",
    "Phạm Thuỳ Dung",
    "Đỗ Mạnh Cường",
    "Vũ Khánh Huyền",
    "Emma Clarke",
    "Bùi Quang Vinh",
    "Hồ Thị Tuyết",
    "Jonas Weber",
    "Ngô Gia Bảo",
    "Dương Mỹ Tâm",
    "Sofia Rossi",
    "Lý Hải Đăng",
    "Phan Kim Ngân",
    "Mai Chí Thanh",
    "Daniel Kim",
    "Trịnh Thảo Vy",
    "Đinh Công Sơn",
    "Oliver Brown",
];

/// What customers of a preset's organisation write about.
pub fn talks(preset: &str) -> &'static [Talk] {
    match preset {
        "admissions" => SCHOOL,
        "legal" => LAW,
        _ => TALKS,
    }
}

const SCHOOL: &[Talk] = &[
    Talk {
        lines: &["Hi, how do I apply for grade 6 next year?", "Do you also take applications in spring?"],
    },
    Talk { lines: &["Is there a campus tour this month?", "Saturday morning would be perfect for us."] },
    Talk { lines: &["What is the tuition for grade 9?", "Do you have a scholarship for a second child?"] },
    Talk { lines: &["Does the school bus go to Oakland?", "And what time would it pick my son up?"] },
    Talk {
        lines: &["We sent the application on Monday. Did you get it?", "Here is our reference: RS-2291."],
    },
    Talk { lines: &["Where can we buy the uniform?", "My daughter starts in two weeks."] },
];

const LAW: &[Talk] = &[
    Talk {
        lines: &[
            "I was rear-ended last week and my neck hurts. Can you help?",
            "The other driver was insured.",
        ],
    },
    Talk { lines: &["How much does a consultation cost?", "I had an accident on the I-80."] },
    Talk {
        lines: &["What is happening with my case?", "My number is HL-1182. I sent the documents in May."],
    },
    Talk { lines: &["The insurer offers a settlement. Should I take it?", "They want an answer by Friday."] },
    Talk {
        lines: &["Do I need a lawyer for a small injury?", "The police report says it was not my fault."],
    },
];

const TALKS: &[Talk] = &[
    Talk {
        lines: &[
            "Shop ơi cho em hỏi giá nồi chiên không dầu 5L ạ",
            "Có khuyến mãi gì không shop?",
            "Dạ em lấy 1 cái, giao về Quận 7 nha",
        ],
    },
    Talk {
        lines: &[
            "Máy lọc nước mới mua bị lỗi, đèn đỏ nháy liên tục",
            "Em đã tắt bật lại rồi vẫn không hoạt động ạ",
            "Bảo hành bao lâu vậy shop?",
        ],
    },
    Talk {
        lines: &["Đơn #10293 của em bao giờ giao hàng vậy ạ?", "Em cần trước thứ 6, shop hỗ trợ giúp em với"],
    },
    Talk {
        lines: &[
            "Hi, do you ship to Da Nang? What is the price of the blender?",
            "Great, I would like to buy two.",
        ],
    },
    Talk {
        lines: &[
            "My rice cooker arrived broken. Can I get a refund?",
            "The lid is cracked and it does not work at all.",
            "Order number is 20871, thank you.",
        ],
    },
    Talk {
        lines: &["Em muốn đổi trả áo size M sang size L được không ạ?", "Em còn nguyên tem mác"]
    },
    Talk {
        lines: &[
            "Hướng dẫn em cài đặt app điều khiển quạt với ạ",
            "Em dùng iPhone, app báo không tìm thấy thiết bị",
        ],
    },
    Talk {
        lines: &[
            "Nhân viên giao hàng thái độ quá, em muốn khiếu nại",
            "Giao lúc 9h tối mà còn quát khách nữa",
        ],
    },
    Talk { lines: &["Bên mình còn tuyển dụng bán hàng part-time không ạ?"] },
    Talk { lines: &["Where can I see the status of my order 18840?", "It has been a week now."] },
    Talk {
        lines: &["Cho mình hỏi máy xay này công suất bao nhiêu W?", "Mình mua sỉ 20 cái thì giá cả thế nào?"],
    },
    Talk {
        lines: &["Shop có xuất hoá đơn VAT không ạ?", "Công ty em cần hoá đơn cho đơn hàng hôm qua"]
    },
];

/// Nobody's customers.
pub const SPAM: &[&str] = &[
    "🔥🔥 KIẾM TIỀN ONLINE 500K/NGÀY!!! CLICK NGAY http://bit.ly/x9k2 http://tinyurl.com/abc http://bit.ly/zz1",
    "CONGRATULATIONS!!! You WON a FREE iPhone, claim your prize now: http://bit.ly/win-now http://cutt.ly/pr1ze",
    "VAY TIỀN NHANH 0% LÃI SUẤT, KHÔNG THẾ CHẤP, GIẢI NGÂN 5 PHÚT!!! http://bit.ly/vay0 http://tinyurl.com/vay1",
    "Сasino bоnus 200% FREE SPINS click here http://bit.ly/casin0 http://is.gd/spin http://t.co/xx",
];

/// What colleagues say and note, in the language of the house.
#[derive(Debug)]
pub struct Speech {
    pub answers: &'static [&'static str],
    /// What came of a call, and its outcome.
    pub calls: &'static [(&'static str, &'static str)],
    /// What somebody notes to do.
    pub tasks: &'static [&'static str],
}

/// As they speak in this country.
pub fn speech(country: &str) -> &'static Speech {
    if country == "VN" { &VIETNAMESE } else { &ENGLISH }
}

static VIETNAMESE: Speech = Speech {
    answers: &[
        "Dạ em chào anh/chị, em kiểm tra ngay ạ.",
        "Dạ shop đã nhận được thông tin, anh/chị chờ em ít phút nhé.",
        "Cảm ơn anh/chị đã liên hệ. Em gửi thông tin chi tiết ngay ạ.",
        "Dạ được ạ, em đã ghi nhận và chuyển bộ phận giao hàng rồi ạ.",
    ],
    calls: &[
        ("Trao đổi ngắn, khách muốn nghe kỹ hơn vào ngày mai.", "connected"),
        ("Khách rất quan tâm, đã hỏi các bước tiếp theo.", "positive"),
        ("Không nghe máy.", "no_answer"),
        ("Đã để lại lời nhắn và số điện thoại.", "voicemail"),
        ("Khách quan tâm, hẹn gọi lại chiều nay.", "positive"),
        ("Đã tư vấn, khách sẽ suy nghĩ thêm.", "connected"),
        ("Khách đã chọn nơi khác.", "negative"),
        ("Đã trả lời hết câu hỏi, sẽ gửi báo giá.", "positive"),
    ],
    tasks: &[
        "Gọi lại cho khách",
        "Gửi bảng giá",
        "Hỏi khách về hoá đơn",
        "Gửi mẫu sản phẩm",
        "Xác nhận lịch hẹn",
    ],
};

static ENGLISH: Speech = Speech {
    answers: &[
        "Thanks for writing in! Let me look into this for you right away.",
        "Thank you, I have all I need and will come back to you within the hour.",
        "Good question. I am sending you the details now.",
        "That is noted. A colleague will call you this afternoon.",
    ],
    calls: &[
        ("Spoke briefly, wants to hear more tomorrow.", "connected"),
        ("Very interested, asked about the next steps.", "positive"),
        ("Nobody picked up.", "no_answer"),
        ("Left a message with our number.", "voicemail"),
        ("Asked us to call again this afternoon.", "positive"),
        ("Explained how it works, they will think about it.", "connected"),
        ("Decided for somebody else.", "negative"),
        ("Answered all questions, will send the papers.", "positive"),
    ],
    tasks: &[
        "Call back",
        "Send the papers",
        "Ask about the papers",
        "Check what was sent",
        "Confirm the appointment",
    ],
};

pub const CHILDREN: &[&str] = &["Mia", "Leo", "Emma", "Noah", "Ava", "Lucas", "An", "Minh", "Sofia", "Ethan"];

/// What happened to somebody who looks for a lawyer.
const ACCIDENTS: &[&str] = &[
    "Hit from behind at a red light.",
    "A truck changed lanes into my car.",
    "The other driver ran a stop sign.",
    "Passenger in a car that was hit at a crossing.",
    "A car door opened while I was cycling.",
];

/// Somebody whom a vendor posts.
pub struct Posted<'a> {
    pub first: &'a str,
    pub last: &'a str,
    /// Ten digits.
    pub phone: &'a str,
    pub email: u32,
    /// The vendor's.
    pub code: &'a str,
    /// When it happened.
    pub day: &'a str,
}

impl Posted<'_> {
    /// As vendors of this preset post it; now and then something that the rules refuse.
    pub fn body(&self, preset: &str, dice: u64) -> Value {
        let one = |of: &[&'static str], by: u64| of[(dice / by % of.len() as u64) as usize];
        let mut lead = json!({
            "first_name": self.first, "last_name": self.last, "vendor_code": self.code,
            "email": format!("client{}@example.com", self.email),
        });
        let more = match preset {
            "legal" => json!({
                "phone_home": self.phone, "lp_caller_id": self.phone, "type": "mva", "incidentDate": self.day,
                "state": one(&["CA", "TX", "FL", "NY", "NV"], 9), "description": one(ACCIDENTS, 45), "consent": "1",
                "estimated_medical_bills": one(&["Under $10,000", "$10,000 - $25,000", "$25,000 - $50,000"], 450),
                "are_you_currently_represented_by_a_lawyer_for_this_case": one(&["No", "No", "Not sure"], 1_350),
            }),
            _ => json!({ "phone": format!("+1{}", self.phone), "notes": one(ENQUIRIES, 9) }),
        };
        if let (Some(lead), Value::Object(more)) = (lead.as_object_mut(), more) {
            lead.extend(more);
        }
        match (dice % 9, preset) {
            (0, "legal") => lead["lp_caller_id"] = json!("4155550100"),
            (1, "legal") => lead["phone_home"] = json!("555"),
            (2, "legal") => lead["state"] = Value::Null,
            (0, _) => lead["phone"] = json!("555"),
            (1, _) => lead["email"] = json!("no address"),
            _ => {}
        }
        lead
    }
}

/// What families say where they found the school.
const ENQUIRIES: &[&str] = &[
    "Looking for a place in grade 3 next year.",
    "Two children, would like to visit.",
    "Asks about fees and the school bus.",
    "Moving to the city in summer.",
];
