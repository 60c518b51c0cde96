use super::*;

/// What customers write. None of it may come near the threshold.
const HAM: &[&str] = &[
    "ok",
    "Ok.",
    "giá?",
    "Giá bao nhiêu vậy shop?",
    "hi",
    "hello",
    "Alo",
    "alo alo alo",
    "?",
    "???",
    "...",
    "👍",
    "😀😀😀",
    "❤️❤️❤️❤️❤️",
    "0901234567",
    "+84 90 123 45 67",
    "sdt e 0912.345.678 nha shop",
    "DH-2024-000123",
    "Order #SO-20931X please",
    "QXZTRW-88123-KLM",
    "Mã đơn: VNPXK9923411",
    "https://shop.example.com/products/blue-shirt",
    "https://www.facebook.com/share/p/1AbCdEfGh/ cái này còn hàng không ạ?",
    "Do you still have this one? https://example.com/p/123?color=red&size=M",
    "my site is example.com, can you take a look at why the widget does not load",
    "I WANT MY MONEY BACK",
    "WHERE IS MY ORDER",
    "WHERE IS MY ORDER?? I HAVE BEEN WAITING FOR THREE WEEKS AND NOBODY ANSWERS MY CALLS!!!",
    "SAO GỌI MÃI KHÔNG AI NGHE MÁY VẬY SHOP ƠI!!!!!",
    "CÒN HÀNG KO",
    "Cho mình hỏi còn size M màu đen không ạ?",
    "mình muốn mua hàng, ship về Hà Nội mấy ngày?",
    "Mình muốn đổi trả sản phẩm do bị lỗi, bảo hành thế nào ạ?",
    "App báo lỗi không hoạt động từ sáng, mình cài đặt lại rồi vẫn vậy",
    "Shop có khuyến mãi gì không?",
    "bên mình có chương trình giảm giá không ạ, mình lấy 3 cái",
    "Đơn của mình được miễn phí ship không?",
    "Cho em hỏi lãi suất 0% khi mua trả góp điện thoại là sao ạ?",
    "Cho hỏi vay nóng bên mình cần giấy tờ gì?",
    "Mình muốn hỏi về học phí và học bổng năm 2025",
    "Con em năm nay vào lớp 1, trường còn chỗ không ạ?",
    "Em đã chuyển khoản 500k rồi nha, check giúp em",
    "vâng ạ, em cảm ơn anh nhiều",
    "cam on shop nhieu nha",
    "k nhận được mã otp ạ",
    "Thanks!!!",
    "Thank you so much!!! You guys are the best!!! 😍😍😍",
    "Hi, I'd like to know the price of the premium plan and whether there is a free trial.",
    "Is delivery free for orders above 50 dollars?",
    "Can I get an invoice for order 12345? My e-mail is jane.doe@example.com",
    "I was in a car accident last Tuesday and I need a lawyer, can someone call me?",
    "My account has been suspended and I don't know why, please help",
    "I forgot my password and the reset link does not work: https://app.example.com/reset/abc",
    "I got this mail saying I have won a prize, is it really from you?",
    "Kindly let me know when the refund is processed.",
    "Hola, ¿cuánto cuesta el envío a Monterrey?",
    "¿Tienen disponible el modelo azul? Gracias",
    "Quiero cancelar mi pedido, me llegó roto",
    "buenas tardes, me interesa la promoción de inscripción gratis para mi hijo",
    "asdf",
    "asdasdasd",
    "aaaaaaaa",
    "noooooooo :(",
    "hahahahahahahahaha",
    "kkkkkkkkkk",
    "1 2 3",
    "A B C",
    "size: S M L XL",
    "https://example.com/a https://example.com/b which of these two is better for a beginner?",
    "Bonjour, où en est ma commande ?",
    "Здравствуйте, где мой заказ?",
    "こんにちは、注文はいつ届きますか？",
    "你好，请问有货吗？",
    "สวัสดีค่ะ มีของไหมคะ",
    "mình ở 12/3 Nguyễn Trãi, P. Bến Thành, Q.1, TP.HCM",
    "Rất tốt, rất rất tốt, hàng rất đẹp, giao rất nhanh, rất hài lòng, sẽ ủng hộ shop rất nhiều lần nữa",
    "The shirt, the trousers and the jacket are all too big. The shirt is the worst. The jacket is fine, the trousers are not.",
    "Tôi muốn hỏi về đầu tư căn hộ, lãi suất vay ngân hàng hiện tại thế nào?",
];

/// What nobody wants.
const SPAM: &[&str] = &[
    "VAY TIỀN NHANH không thế chấp, giải ngân trong 5 phút, liên hệ ngay zalo 0909123456",
    "Cho vay tín chấp lãi suất thấp, chỉ cần CMND, duyệt nhanh, không cần thế chấp. LH 0988xxx",
    "Hỗ trợ vay online, nợ xấu vẫn vay được, hồ sơ đơn giản, bấm vào link https://bit.ly/vaynhanh",
    "Kiếm tiền online tại nhà, việc nhẹ lương cao, thu nhập từ 500k mỗi ngày, ib ngay",
    "Tuyển cộng tác viên làm việc tại nhà, hoa hồng cao, không cần kinh nghiệm, add zalo 0911222333",
    "🎰 NHÀ CÁI uy tín số 1, nạp lần đầu tặng 100%, tài xỉu, nổ hũ, rút tiền nhanh https://nhacai88.vip/dk",
    "Chúc mừng! Bạn đã trúng thưởng iPhone 15. Nhấn vào link để nhận thưởng: http://bit.ly/nhanqua",
    "Soi cầu lô đề chuẩn 99%, vào nhóm Zalo nhận số mỗi ngày",
    "Cơ hội đầu tư sinh lời, cam kết lợi nhuận 30% mỗi tháng, tham gia nhóm Zalo ngay",
    "Tăng like, tăng follow, tăng tương tác Facebook giá rẻ, inbox ngay",
    "Dịch vụ SEO lên top Google, bán data khách hàng, ib ngay để nhận ưu đãi khủng",
    "Rút tiền thẻ tín dụng, đáo hạn thẻ phí thấp, liên hệ ngay",
    "Game bài đổi thưởng, bắn cá đổi thưởng, code tân thủ 100k http://gamebai.top/code",
    "Thuốc giảm cân cấp tốc, giảm 10kg trong 1 tuần, khuyến mãi khủng, số lượng có hạn, đăng ký ngay",
    "Tài khoản của bạn đã bị khoá. Xác minh tài khoản tại http://vcb-xacminh.xyz/login ngay hôm nay",
    "Kèo thơm hôm nay, tín hiệu giao dịch vàng miễn phí, nhóm Telegram t.me/keovang, cam kết lãi",
    "Congratulations you have won a $1000 gift card! Claim your prize: http://bit.ly/3xYz",
    "Make money online from home! Passive income, guaranteed profit, no experience. Click here: https://earnfast.xyz/go",
    "Double your bitcoin in 24 hours! Guaranteed returns, DM me on Telegram",
    "Crypto signals group, 500% profit per week, join our telegram t.me/pumpking https://bit.ly/pump",
    "Hot singles in your area! Meet singles now, adult dating http://hotgirls.click/x",
    "Buy viagra, cialis without prescription, lowest price, order now http://pharma.top/rx",
    "Online casino: no deposit bonus, 100 free spins, casino bonus http://spin.win/now",
    "Dear Sir/Madam, we offer SEO services: first page of Google guaranteed, backlinks, guest post, web traffic. Kindly reply.",
    "Dear friend, I am a Nigerian prince and need your help to move 20 million dollars by Western Union",
    "Instant loan approval, no credit check, act now! https://tinyurl.com/loanz",
    "Your account will be suspended. Verify your account: http://192.168.33.12/login",
    "Unusual activity detected, confirm your password at https://secure-paypal.com@evil.example/login now, act now",
    "Cheap followers! Increase your followers, buy followers and likes, limited time offer",
    "Investment opportunity: risk free investment, guaranteed income, 10 % per day in USDT",
    "Gana dinero desde tu celular, ingresos pasivos, sin requisitos, únete a nuestro grupo https://bit.ly/gana",
    "¡Felicidades! Has ganado un premio gratis. Haz clic aquí y reclama tu premio: http://premio.click/a",
    "Préstamo inmediato sin buró, préstamos rápidos sin aval, escríbeme al WhatsApp",
    "Casino en línea, bono de bienvenida, apuestas deportivas, regístrate http://apuestas.bet/x",
    "Su cuenta ha sido suspendida, verifique su cuenta: http://bbva-mx.xyz/login",
    "F R E E   V I A G R A click here http://bit.ly/x9",
    "Frее саsinо bonus, сlick here to win http://goo.gl/zz",
    "𝐅𝐑𝐄𝐄 𝐂𝐚𝐬𝐢𝐧𝐨 𝐁𝐨𝐧𝐮𝐬, claim your bonus, click here https://t.ly/abc",
    "sdkfjhskdjfh wertzxcvbn qwertyuiop lkjhgfdsa zxcvbnmasd",
    "asdfghjkl qwertyuiop zxcvbnm asdfghjkl qwertyuiop",
    "buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now",
    "Mua ngay giá rẻ nhất thị trường\nMua ngay giá rẻ nhất thị trường\nMua ngay giá rẻ nhất thị trường\nMua ngay giá rẻ nhất thị trường\nMua ngay giá rẻ nhất thị trường",
    "$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$ %%%%%%",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "http://a.xyz/1 http://b.top/2 http://c.click/3 http://d.win/4 http://e.icu/5 http://bit.ly/6",
    "vui lòng truy cập link bit.ly/km2024 để nhận quà miễn phí, duy nhất hôm nay, số lượng có hạn!!!!",
];

fn words(s: &ContentScore) -> String {
    s.parts.iter().map(|p| format!("{} {} ({})", p.name, p.score, p.detail)).collect::<Vec<_>>().join("; ")
}

#[test]
fn customers_are_let_through() {
    assert!(HAM.len() >= 60);
    let judged: Vec<_> = HAM.iter().map(|t| (score(t), t)).filter(|(s, _)| s.score > 0.5).collect();
    let told: Vec<_> = judged.iter().map(|(s, t)| format!("{:.2} {t} [{}]", s.score, words(s))).collect();
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}

#[test]
fn spam_is_told() {
    assert!(SPAM.len() >= 40);
    let judged: Vec<_> = SPAM.iter().map(|t| (score(t), t)).filter(|(s, _)| s.score < 0.7).collect();
    let told: Vec<_> = judged.iter().map(|(s, t)| format!("{:.2} {t} [{}]", s.score, words(s))).collect();
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}

#[test]
fn parts_say_what_they_found() {
    let s = score("Claim your prize at http://bit.ly/x");
    let names: Vec<&str> = s.parts.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["links", "phrases"]);
    assert!(s.parts[1].detail.contains("claim your prize"));
    let facts: Vec<_> = s.parts[0].facts.iter().map(|(fact, n)| (fact.as_str(), *n)).collect();
    assert_eq!(facts, [("links", 1), ("shortened", 1)]);
    let earlier: Part = serde_json::from_str(r#"{"name":"links","score":0.1,"detail":"1 links"}"#).unwrap();
    assert!(earlier.facts.is_empty(), "what was kept before facts were");
    assert!(score("một câu bình thường").parts.is_empty());
}

#[test]
fn an_empty_message_is_weak_evidence_and_a_picture_none() {
    assert_eq!(score(" \n ").parts[0].name, "empty");
    assert!(score("").score < 0.5);
    assert_eq!(score_with("", true).score, 0.0);
}

#[test]
fn the_same_text_again_and_again_becomes_spam_unless_it_is_short() {
    let s = score("please look at my profile and write me back");
    assert!(s.with_repeats(2).score < 0.1);
    assert!(s.with_repeats(4).score < 0.7);
    assert!(s.with_repeats(7).score >= 0.7);
    assert_eq!(s.with_repeats(7).parts.last().map(|p| p.name.as_str()), Some("repeated"));
    assert!(score("alo?").with_repeats(20).score < 0.5);
    assert!(score("").with_repeats(20).score < 0.5);
}

#[test]
fn any_text_gets_a_score_between_nothing_and_all() {
    let pieces = [
        "a",
        "Ж",
        "\u{200b}",
        " ",
        "://",
        "@",
        ".",
        "www.",
        "𝐀",
        "!",
        "\n",
        "漢",
        "e\u{301}",
        "http://x.y",
        "đ",
        "🎰",
        "bit.ly/",
        "\u{fffd}",
    ];
    let mut seed = 7_u64;
    for _ in 0..3_000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let s = judge(&text, false);
        assert!((0.0..=1.0).contains(&s.score), "{text}");
    }
    let long = "mua hàng ".repeat(100_000);
    assert!(score(&long).score <= 1.0);
}
