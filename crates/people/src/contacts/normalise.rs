//! Addresses made comparable: two spellings of one address become the same text.
//!
//! Pure. Normalising what is normalised changes nothing.

use platform::Fault;
use unicode_normalization::UnicodeNormalization;
use url::Host;

const LONGEST: usize = 256;

/// How a country writes its numbers at home.
struct Plan {
    country: &'static str,
    code: &'static str,
    /// Before the area code, at home only; empty where there is none.
    trunk: &'static str,
    /// Before a country code.
    exit: &'static str,
    /// Digits of a national number without the trunk prefix.
    digits: std::ops::RangeInclusive<usize>,
}

const fn plan(
    country: &'static str,
    code: &'static str,
    trunk: &'static str,
    exit: &'static str,
    digits: std::ops::RangeInclusive<usize>,
) -> Plan {
    Plan { country, code, trunk, exit, digits }
}

const PLANS: [Plan; 38] = [
    plan("VN", "84", "0", "00", 8..=10),
    plan("US", "1", "1", "011", 10..=10),
    plan("CA", "1", "1", "011", 10..=10),
    plan("GB", "44", "0", "00", 9..=10),
    plan("IE", "353", "0", "00", 7..=10),
    plan("AU", "61", "0", "0011", 9..=9),
    plan("NZ", "64", "0", "00", 8..=10),
    plan("DE", "49", "0", "00", 6..=12),
    plan("AT", "43", "0", "00", 7..=13),
    plan("CH", "41", "0", "00", 9..=9),
    plan("FR", "33", "0", "00", 9..=9),
    plan("ES", "34", "", "00", 9..=9),
    plan("PT", "351", "", "00", 9..=9),
    plan("IT", "39", "", "00", 6..=11),
    plan("NL", "31", "0", "00", 9..=9),
    plan("BE", "32", "0", "00", 8..=9),
    plan("DK", "45", "", "00", 8..=8),
    plan("SE", "46", "0", "00", 7..=10),
    plan("NO", "47", "", "00", 8..=8),
    plan("FI", "358", "0", "00", 6..=11),
    plan("PL", "48", "", "00", 9..=9),
    plan("CZ", "420", "", "00", 9..=9),
    plan("UA", "380", "0", "00", 9..=9),
    plan("TR", "90", "0", "00", 10..=10),
    plan("IN", "91", "0", "00", 10..=10),
    plan("CN", "86", "0", "00", 9..=11),
    plan("JP", "81", "0", "010", 9..=10),
    plan("KR", "82", "0", "00", 8..=10),
    plan("TW", "886", "0", "002", 8..=9),
    plan("HK", "852", "", "001", 8..=8),
    plan("SG", "65", "", "00", 8..=8),
    plan("MY", "60", "0", "00", 8..=10),
    plan("TH", "66", "0", "001", 8..=9),
    plan("PH", "63", "0", "00", 8..=10),
    plan("ID", "62", "0", "001", 8..=12),
    plan("KH", "855", "0", "001", 8..=9),
    plan("LA", "856", "0", "00", 8..=10),
    plan("BR", "55", "0", "00", 10..=11),
];

/// The form in which an address of `kind` is compared. `country` (two letters) is what a phone number without a country
/// belongs to.
///
/// Errors: a fault of the field `value`.
pub fn normalise(kind: &str, value: &str, country: &str) -> Result<String, Fault> {
    match kind {
        "phone" => phone(value, country),
        "email" => email(value),
        _ => channel_id(value),
    }
}

/// How a number in E.164 begins at home: `+84912…` as `0912…`, `+1212…` as `212…`. `None` where the country is not known.
pub fn at_home(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+')?;
    let plan = PLANS.iter().filter(|p| digits.starts_with(p.code)).max_by_key(|p| p.code.len())?;
    let rest = &digits[plan.code.len()..];
    let zero = if plan.trunk == "0" { "0" } else { "" };
    plan.digits.contains(&rest.len()).then(|| format!("{zero}{rest}"))
}

fn fault(words: &str) -> Fault {
    Fault::new("value", "format", words)
}

/// As given, but for the blanks around it.
fn channel_id(value: &str) -> Result<String, Fault> {
    let value = value.trim();
    match value.is_empty() || value.chars().any(char::is_control) {
        true => Err(fault("must be an id without control characters")),
        false if value.len() > LONGEST => Err(Fault::new("value", "too_long", "must have at most 256 bytes")),
        false => Ok(value.to_owned()),
    }
}

/// Lower case, the domain in ASCII.
fn email(value: &str) -> Result<String, Fault> {
    let bad = || fault("must be an e-mail address");
    let (local, domain) = value.trim().rsplit_once('@').ok_or_else(bad)?;
    let local = local.to_lowercase();
    let odd = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '@' | ',' | ';' | '<' | '>' | '"' | '(' | ')')
    };
    if local.is_empty() || local.len() > 128 || local.chars().any(odd) || domain.contains('%') {
        return Err(bad());
    }
    let Ok(Host::Domain(domain)) = Host::parse(domain.trim_end_matches('.')) else { return Err(bad()) };
    let labels_hold = domain.split('.').all(|l| !l.is_empty() && l.len() <= 63);
    let plain = domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    match domain.contains('.') && labels_hold && plain && domain.len() <= 253 {
        true => Ok(format!("{local}@{domain}")),
        false => Err(bad()),
    }
}

/// E.164: `+84901234567`.
fn phone(value: &str, country: &str) -> Result<String, Fault> {
    let bad = || fault("must be a phone number");
    if value.len() > LONGEST {
        return Err(bad());
    }
    let text: String = value.nfkc().collect();
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text).trim_start();
    let (international, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut digits = String::with_capacity(16);
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' => {}
            _ => return Err(bad()),
        }
    }
    let home = PLANS.iter().find(|p| p.country == country);
    let number = match (international, home) {
        (true, _) => digits,
        (false, home) => national(&digits, home).ok_or_else(bad)?,
    };
    let number = without_trunk(&number);
    let fits = (7..=15).contains(&number.len()) && !number.starts_with('0');
    if fits { Ok(format!("+{number}")) } else { Err(bad()) }
}

/// Country code and number, from how it is dialled at home.
fn national(digits: &str, home: Option<&Plan>) -> Option<String> {
    let exit = home.map_or("00", |h| h.exit);
    if let Some(abroad) = digits.strip_prefix(exit).or_else(|| digits.strip_prefix("00")) {
        return Some(abroad.to_owned());
    }
    let home = home?;
    // With its own country code and the sign left out, as messengers write it.
    if let Some(rest) = digits.strip_prefix(home.code)
        && home.digits.contains(&rest.len())
        && !home.digits.contains(&digits.len())
    {
        return Some(digits.to_owned());
    }
    let bare = match home.trunk {
        "" => digits,
        trunk => digits.strip_prefix(trunk).filter(|r| home.digits.contains(&r.len())).unwrap_or(digits),
    };
    home.digits.contains(&bare.len()).then(|| format!("{}{bare}", home.code))
}

/// `84 (0)90…` → `84 90…`: a zero that is dialled at home only.
fn without_trunk(number: &str) -> String {
    let plan = PLANS.iter().find(|p| p.trunk == "0" && number.starts_with(p.code));
    match plan {
        Some(p) => format!("{}{}", p.code, number[p.code.len()..].trim_start_matches('0')),
        None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vn(text: &str) -> Option<String> {
        normalise("phone", text, "VN").ok()
    }

    #[test]
    fn one_number_has_one_form() {
        for text in [
            "0901234567",
            "0901 234 567",
            "(090) 123-4567",
            "+84901234567",
            "+84 (0) 90 123 45 67",
            "84901234567",
            "0084 901234567",
            "tel:+84-901-234-567",
            "901234567",
            "０９０１２３４５６７",
        ] {
            assert_eq!(vn(text).as_deref(), Some("+84901234567"), "{text}");
        }
        assert_eq!(vn("028 3822 9999").as_deref(), Some("+842838229999"));
        let us = |t: &str| normalise("phone", t, "US").ok();
        for text in ["(902) 555-1234", "1 902 555 1234", "+1 902.555.1234", "011 1 902 555 1234"] {
            assert_eq!(us(text).as_deref(), Some("+19025551234"), "{text}");
        }
        assert_eq!(us("0901234567"), Some("+10901234567".into()));
        assert_eq!(normalise("phone", "020 7946 0958", "GB").unwrap(), "+442079460958");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "+", "12", "call me", "+0901234567", "0901234567 ext 5", "+1234567890123456"] {
            assert_eq!(vn(text), None, "{text}");
        }
        assert!(normalise("phone", "0901234567", "").is_err(), "a home number without a home");
    }

    #[test]
    fn mail_is_compared_without_case() {
        let mail = |t: &str| normalise("email", t, "").ok();
        assert_eq!(mail(" An.Nguyen@Example.COM ").as_deref(), Some("an.nguyen@example.com"));
        assert_eq!(mail("an@bücher.example").as_deref(), Some("an@xn--bcher-kva.example"));
        for bad in [
            "",
            "an",
            "@x.example",
            "an@",
            "an@localhost",
            "a n@x.example",
            "an@1.2.3.4",
            "an@[::1]",
            "a@b@c.example",
        ] {
            assert_eq!(mail(bad), None, "{bad}");
        }
    }

    #[test]
    fn channel_ids_stay_as_they_are() {
        assert_eq!(normalise("zalo", " AbC-1 ", "VN").unwrap(), "AbC-1");
        assert!(normalise("zalo", "  ", "VN").is_err() && normalise("zalo", "a\nb", "VN").is_err());
        assert!(normalise("zalo", &"x".repeat(257), "VN").is_err());
    }
}
