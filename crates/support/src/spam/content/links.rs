//! Links: how many, and of which kind.

use super::{Part, count};

/// Where a link hides its aim.
const SHORTENERS: &[&str] = &[
    "bit.ly",
    "tinyurl.com",
    "goo.gl",
    "is.gd",
    "v.gd",
    "cutt.ly",
    "ow.ly",
    "rebrand.ly",
    "shorturl.at",
    "rb.gy",
    "t.ly",
    "s.id",
    "bom.so",
    "by.com.vn",
    "adf.ly",
    "bl.ink",
    "shorte.st",
    "tiny.cc",
    "u.to",
    "clck.ru",
    "qr.ae",
    "lnkd.in",
    "soo.gd",
    "short.gy",
    "tny.im",
    "x.gd",
    "me2.do",
    "urlz.fr",
    "acortar.link",
    "shrtco.de",
];
/// Endings that cost nothing and are mostly used for that.
const CHEAP: &[&str] = &[
    "xyz", "top", "click", "loan", "win", "icu", "buzz", "vip", "bid", "cam", "cyou", "rest", "monster",
    "gq", "tk", "ml", "cf", "ga", "work", "link", "live", "fun", "bet", "casino", "porn", "xxx", "zip",
    "mov",
];
/// Endings by which a name without `http` or `www` is taken for a link.
const COMMON: &[&str] = &[
    "com", "net", "org", "vn", "info", "biz", "io", "co", "me", "ru", "cn", "online", "site", "store",
    "shop", "club", "app", "ly", "gl", "gd", "cc", "es", "mx", "de", "fr", "uk", "us", "ai", "dev",
];

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    start: usize,
    end: usize,
    host: String,
    /// `https://user@host`: looks like one place and leads to another.
    disguised: bool,
}

/// Every link of the text, in order.
pub(super) fn find(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in
        text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')' | ',' | ';'))
    {
        let start = at;
        // The separators are looked up again, for they may be several bytes long.
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
        if let Some(link) = read(word, start) {
            found.push(link);
        }
    }
    found
}

fn read(word: &str, start: usize) -> Option<Link> {
    let lower = word.to_ascii_lowercase();
    let (from, rest, sure) = if let Some(at) = lower.find("://") {
        let scheme = lower[..at].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |n| n + 1);
        let scheme = if lower.is_char_boundary(scheme) { scheme } else { 0 };
        (scheme, &lower[at + 3..], true)
    } else if let Some(at) = lower.find("www.") {
        (at, &lower[at + 4..], true)
    } else {
        (0, lower.as_str(), false)
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let has_path = rest.len() > authority.len();
    let (disguised, host) = match authority.rsplit_once('@') {
        // Without a scheme that is an e-mail address.
        Some(_) if !sure => return None,
        Some((_, host)) => (true, host),
        None => (false, authority),
    };
    let host = host.split(':').next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
    let (name, ending) = host.rsplit_once('.')?;
    let named = !name.is_empty() && name.chars().any(|c| c.is_alphanumeric());
    let known =
        COMMON.contains(&ending) || (CHEAP.contains(&ending) && has_path) || SHORTENERS.contains(&host);
    let looks = sure || (known && name.is_ascii() && name.bytes().any(|b| b.is_ascii_alphabetic()));
    (named && looks).then(|| Link {
        start: start + from,
        end: start + word.len(),
        host: host.to_owned(),
        disguised,
    })
}

/// The text without its links.
pub(super) fn without(text: &str, links: &[Link]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for link in links {
        out.push_str(text.get(at..link.start).unwrap_or_default());
        at = link.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

pub(super) fn part(links: &[Link]) -> Option<Part> {
    let hidden = links.iter().filter(|l| SHORTENERS.contains(&l.host.trim_start_matches("www."))).count();
    let odd = links.iter().filter(|l| l.is_odd()).count();
    let by_count = match links.len() {
        0 => return None,
        1 => 0.08,
        2 => 0.18,
        3..=4 => 0.3,
        5..=7 => 0.5,
        _ => 0.65,
    };
    let hidden_score: f64 = match hidden {
        0 => 0.0,
        1 => 0.42,
        _ => 0.6,
    };
    let odd_score: f64 = match odd {
        0 => 0.0,
        1 => 0.35,
        _ => 0.5,
    };
    let score = 1.0 - (1.0 - by_count) * (1.0 - hidden_score) * (1.0 - odd_score);
    let mut detail = format!("{} links", links.len());
    if hidden > 0 {
        detail.push_str(&format!(", {hidden} shortened"));
    }
    if odd > 0 {
        detail.push_str(&format!(", {odd} to odd addresses"));
    }
    let facts = [("links", count(links.len())), ("shortened", count(hidden)), ("odd", count(odd))];
    Some(Part::new("links", score, detail, &facts))
}

impl Link {
    /// A bare number, a foreign spelling, a disguise or an ending that costs nothing.
    fn is_odd(&self) -> bool {
        let ending = self.host.rsplit('.').next().unwrap_or_default();
        let number = self.host.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        self.disguised
            || number
            || CHEAP.contains(&ending)
            || self.host.contains("xn--")
            || !self.host.is_ascii()
    }
}
