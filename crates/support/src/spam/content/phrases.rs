//! Promotional and fraudulent phrases in English, Vietnamese and Spanish, as folded words.
//!
//! A phrase is on the list because a customer of ours rarely writes it to us, and a sender of bulk mail often does. A
//! customer may ask about a loan or a promotion: two phrases without anything else stay below the threshold.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{Part, count};

const STRONG: f64 = 0.45;
const WEAK: f64 = 0.22;
/// What fewer than three phrases can say together.
const FEW: f64 = 0.55;
const MOST: f64 = 0.92;

#[rustfmt::skip]
const PHRASES: &[(f64, &[&str])] = &[
    (STRONG, &[
        // English
        "congratulations you have won", "you have won", "you are a winner", "claim your prize", "claim your reward",
        "claim your bonus", "free gift card", "gift card giveaway", "earn money fast", "make money online",
        "make money fast", "earn money online", "earn from home", "work from home and earn", "passive income",
        "double your bitcoin", "double your money", "double your investment", "guaranteed profit", "guaranteed returns", "guaranteed income",
        "risk free investment", "investment opportunity", "crypto investment", "forex signals", "trading signals", "crypto signals",
        "online casino", "casino bonus", "sports betting", "no deposit bonus", "cheap viagra", "buy viagra",
        "viagra", "cialis", "weight loss pills", "lose weight fast", "hot singles", "meet singles", "adult dating", "sexy girls",
        "nigerian prince", "inheritance fund", "next of kin", "wire transfer fee", "western union", "million dollars",
        "verify your account", "account has been suspended", "account will be suspended", "confirm your password", "update your payment details",
        "unusual activity", "buy followers", "cheap followers", "increase your followers", "seo services", "rank on google",
        "first page of google", "guest post", "backlinks", "bulk email", "email list for sale", "web traffic", "debt relief",
        "instant loan", "payday loan", "loan approval", "no credit check", "act now", "limited time offer", "click here to claim",
        "click the link below", "join our telegram", "whatsapp group to earn", "airdrop", "replica watches", "increase your traffic",
        // Vietnamese
        "vay tien nhanh", "vay tin chap", "vay nong", "vay online", "cho vay", "ho tro vay", "giai ngan trong", "khong the chap",
        "khong can the chap", "no xau van vay", "no xau van duoc", "lai suat 0", "rut tien the tin dung", "dao han the", "kiem tien online", "kiem tien tai nha",
        "viec nhe luong cao", "tuyen cong tac vien", "tuyen ctv", "lam viec tai nha", "hoa hong cao", "thu nhap thu dong", "thu nhap tu",
        "thu nhap khung", "nha cai", "tai xiu", "xoc dia", "lo de", "soi cau", "ban ca doi thuong", "game bai doi thuong", "no hu", "ca cuoc", "ca do",
        "nap lan dau", "tang 100 nap", "trung thuong", "nhan thuong", "nhan qua mien phi", "nhan giai", "ban da trung", "co hoi dau tu",
        "dau tu sinh loi", "loi nhuan cam ket", "cam ket loi nhuan", "cam ket lai", "nhom keo", "tin hieu giao dich", "tham gia nhom zalo", "vao nhom zalo", "nhom telegram",
        "tang follow", "tang like", "mua like", "tang tuong tac", "ban data khach hang", "data khach hang", "dich vu seo", "len top google", "sim so dep",
        "thuoc giam can", "giam can cap toc", "tang cuong sinh ly", "keo dai thoi gian", "gai goi", "phim sex", "mua the cao", "chiet khau cao", "ket ban zalo de",
        "tai khoan cua ban da bi khoa", "xac minh tai khoan", "cap nhat thong tin tai khoan",
        // Spanish
        "gana dinero", "ganar dinero", "dinero facil", "dinero rapido", "ingresos pasivos", "trabaja desde casa", "has ganado", "ha sido seleccionado", "has sido seleccionado",
        "reclama tu premio", "reclame su premio", "premio gratis", "prestamo inmediato", "prestamos rapidos", "prestamo sin aval", "sin buro", "credito inmediato",
        "oportunidad de inversion", "inversion garantizada", "ganancias garantizadas", "casino en linea", "apuestas deportivas", "bono de bienvenida",
        "baja de peso rapido", "pastillas para adelgazar", "verifique su cuenta", "verifica tu cuenta", "su cuenta ha sido suspendida", "haga clic aqui", "haz clic aqui",
        "unete a nuestro grupo", "oferta por tiempo limitado", "comprar seguidores", "aumenta tus seguidores", "posicionamiento seo",
    ]),
    (WEAK, &[
        "free", "winner", "prize", "bonus", "bitcoin", "crypto", "casino", "lottery", "jackpot", "betting", "click here", "subscribe", "promo code",
        "limited time", "special offer", "best price", "lowest price", "100 free", "order now", "buy now", "call now", "dm me", "inbox me", "dear friend",
        "dear sir madam", "kindly", "usdt", "investment", "invest", "profit", "profits", "telegram", "whatsapp me", "per day", "per week", "unsubscribe",
        "mien phi 100", "hoan toan mien phi", "uu dai khung", "giam gia soc", "sieu khuyen mai", "khuyen mai khung", "click ngay", "bam vao link", "nhan vao link", "truy cap link",
        "dang ky ngay", "lien he ngay", "ib ngay", "inbox ngay", "nhan tin ngay", "so luong co han", "duy nhat hom nay", "uy tin so 1", "khong can coc", "dau tu", "lai suat thap",
        "loi nhuan", "hoa hong", "thu nhap", "luong cao", "khong can kinh nghiem", "ho so don gian", "duyet nhanh", "chi can cmnd", "chi can cccd", "giai ngan",
        "moi ngay", "dan link", "add zalo", "kb zalo", "co thuong", "rut tien", "nap tien", "khuyen mai nap", "full toc do", "code tan thu",
        "gratis", "premio", "sorteo", "inversion", "ganancias", "oferta exclusiva", "llame ahora", "compra ahora", "registrate", "sin requisitos",
        "por dia", "por semana", "desde tu celular", "escribeme al whatsapp",
    ]),
];

struct List {
    automaton: Option<AhoCorasick>,
    weights: Vec<(f64, &'static str)>,
}

static LIST: LazyLock<List> = LazyLock::new(|| {
    let weights: Vec<(f64, &'static str)> =
        PHRASES.iter().flat_map(|(weight, all)| all.iter().map(|p| (*weight, *p))).collect();
    // A space on both sides, in text and phrase, makes it whole words.
    let automaton = AhoCorasick::new(weights.iter().map(|(_, p)| format!(" {p} "))).ok();
    List { automaton, weights }
});

/// The folded text as words with one space between them and at both ends.
fn spaced(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len() + 2);
    out.push(' ');
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        out.push_str(word);
        out.push(' ');
    }
    out
}

pub(super) fn part(folded: &str) -> Option<Part> {
    let text = spaced(folded);
    let mut found: Vec<usize> =
        LIST.automaton.as_ref()?.find_overlapping_iter(&text).map(|m| m.pattern().as_usize()).collect();
    found.sort_unstable();
    found.dedup();
    // Part of a phrase that was found as a whole says nothing of its own.
    let all = found.clone();
    let inside = |n: usize| {
        let word = format!(" {} ", LIST.weights[n].1);
        all.iter().any(|m| *m != n && format!(" {} ", LIST.weights[*m].1).contains(&word))
    };
    found.retain(|n| !inside(*n));
    if found.is_empty() {
        return None;
    }
    let not: f64 = found.iter().map(|n| 1.0 - LIST.weights[*n].0).product();
    let most = if found.len() < 3 { FEW } else { MOST };
    let names: Vec<&str> = found.iter().take(5).map(|n| LIST.weights[*n].1).collect();
    let facts = [("more_phrases", count(found.len() - names.len()))];
    Some(Part::new("phrases", (1.0 - not).min(most), names.join(", "), &facts))
}
