//! A cell as a value: numbers, days, yes and no, how urgent, as people write them. Pure.

use jiff::civil::Date;
use platform::fold::fold;

use super::options::DateFormat;
use crate::leads::Priority;

/// A number with or without marks between thousands, a currency or a percent sign beside it. Where one mark alone could be
/// either, three digits behind it make it one between thousands.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit = |c: char| {
        c.is_alphabetic() || matches!(c, '$' | '€' | '£' | '¥' | '₫' | '₩' | '₹' | '%') || c.is_whitespace()
    };
    let plain = text.trim_matches(unit);
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let is_mark = |c: char| matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}');
    if !digits.starts_with(|c: char| c.is_ascii_digit())
        || !digits.chars().all(|c| c.is_ascii_digit() || is_mark(c))
    {
        return None;
    }
    let decimal = decimal_mark(digits);
    let mut out = String::with_capacity(digits.len());
    for (at, c) in digits.char_indices() {
        match c {
            c if c.is_ascii_digit() => out.push(c),
            _ if Some(at) == decimal => out.push('.'),
            _ => {}
        }
    }
    out.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| sign * n)
}

/// Where the mark before the fraction stands.
fn decimal_mark(digits: &str) -> Option<usize> {
    let last = digits.rfind(['.', ','])?;
    let mark = digits[last..].chars().next()?;
    let behind = digits.len() - last - 1;
    let count = digits.matches(mark).count();
    let other = if mark == '.' { ',' } else { '.' };
    match () {
        () if count > 1 => None,
        () if digits.contains(other) => Some(last),
        () if behind == 3 && !digits.starts_with('0') => None,
        () => Some(last),
    }
}

/// A day, whatever stands between its parts; the time of the day behind it is passed over.
pub fn day(text: &str, format: DateFormat) -> Option<Date> {
    let text = text.trim();
    let first = text.split(['T', ' ']).next()?;
    let parts: Vec<&str> = first.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let part =
        |p: &str| p.parse::<i16>().ok().filter(|_| p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit()));
    let (a, b, c) = ((part(a)?, a.len()), part(b)?, (part(c)?, c.len()));
    let year = |(n, digits): (i16, usize)| match digits {
        4 => Some(n),
        2 if n < 70 => Some(2000 + n),
        2 => Some(1900 + n),
        _ => None,
    };
    let (year, month, day) = match format {
        _ if a.1 == 4 => (year(a)?, b, c.0),
        DateFormat::Year => (year(a)?, b, c.0),
        DateFormat::Day => (year(c)?, b, a.0),
        DateFormat::Month => (year(c)?, a.0, b),
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Yes or no, in English and Vietnamese.
pub fn yes(text: &str) -> Option<bool> {
    match fold(text.trim()).as_str() {
        "true" | "yes" | "y" | "1" | "x" | "co" | "dung" | "roi" => Some(true),
        "false" | "no" | "n" | "0" | "khong" | "chua" | "sai" => Some(false),
        _ => None,
    }
}

/// How urgent, in English and Vietnamese.
pub fn priority(text: &str) -> Option<Priority> {
    match fold(text.trim()).as_str() {
        "low" | "thap" => Some(Priority::Low),
        "medium" | "normal" | "trung binh" | "binh thuong" | "vua" => Some(Priority::Medium),
        "high" | "cao" => Some(Priority::High),
        "critical" | "urgent" | "khan cap" | "khan" | "rat cao" => Some(Priority::Critical),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let all = [
            ("12.000.000 ₫", 12_000_000.0),
            ("12,000,000", 12_000_000.0),
            ("1,234.50", 1234.5),
            ("1.234,50 €", 1234.5),
            ("1 234", 1234.0),
            ("12.5", 12.5),
            ("12,5", 12.5),
            ("1.500", 1500.0),
            ("0.125", 0.125),
            ("-7", -7.0),
            ("USD 20", 20.0),
        ];
        for (text, value) in all {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "abc", "1e5x2", "--1", "12a3", "."] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_read_in_the_order_that_was_said() {
        let said = |t: &str, f| day(t, f).map(|d| d.to_string());
        assert_eq!(said("2026-01-31", DateFormat::Day).unwrap(), "2026-01-31");
        assert_eq!(said("2026-01-31T10:00:00Z", DateFormat::Month).unwrap(), "2026-01-31");
        assert_eq!(said("3/4/2026", DateFormat::Day).unwrap(), "2026-04-03");
        assert_eq!(said("3/4/26 08:00", DateFormat::Month).unwrap(), "2026-03-04");
        assert_eq!(said("31.12.1999", DateFormat::Day).unwrap(), "1999-12-31");
        for text in ["31/02/2026", "soon", "1/2", "1/13/2026", "1/2/3/4"] {
            assert_eq!(said(text, DateFormat::Day), None, "{text}");
        }
        assert_eq!((priority("Khẩn cấp"), priority("LOW")), (Some(Priority::Critical), Some(Priority::Low)));
        assert_eq!((priority("Trung bình"), priority("1")), (Some(Priority::Medium), None));
        assert_eq!((yes("Có"), yes("no"), yes("maybe")), (Some(true), Some(false), None));
    }
}
