//! Folding: how text is made comparable, for search and for keywords.

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// NFKC, lower case, marks stripped, đ→d: *Nguyễn* and *nguyen* become the same text.
///
/// Each character becomes the same whatever stands beside it (marks, the only ones that change places, are dropped), so
/// those of most scripts are looked up.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match KNOWN.get(c as usize).copied() {
            Some(Folded::One(one)) => out.push(one),
            Some(Folded::Nothing) => {}
            Some(Folded::Several) | None => out.extend(folded(c)),
        }
    }
    out
}

#[derive(Clone, Copy)]
enum Folded {
    Nothing,
    One(char),
    Several,
}

/// Up to and with Latin Extended Additional, where Vietnamese ends, and Greek.
static KNOWN: LazyLock<Vec<Folded>> = LazyLock::new(|| {
    let known = ('\0'..'\u{2000}').map(|c| {
        let mut all = folded(c);
        match (all.next(), all.next()) {
            (None, _) => Folded::Nothing,
            (Some(one), None) => Folded::One(one),
            _ => Folded::Several,
        }
    });
    known.collect()
});

/// NFKD of the lower-cased NFKC text differs from NFKC only in that marks stand alone and can be dropped.
fn folded(c: char) -> impl Iterator<Item = char> {
    let all = std::iter::once(c).nfkd().flat_map(char::to_lowercase).nfkd();
    all.filter(|c| !is_combining_mark(*c)).map(|c| if c == 'đ' { 'd' } else { c })
}

/// NFKC and lower case, marks kept: the *exact* form of a keyword.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_folds_to_plain_letters() {
        assert_eq!(fold("Nguyễn Thị ĐÀO — Điện thoại"), "nguyen thi dao — dien thoai");
        assert_eq!(fold("ＦＵＬＬ width ①"), "full width 1");
        assert_eq!(fold("İstanbul"), "istanbul");
    }

    #[test]
    fn each_character_is_folded_by_itself() {
        let whole = |text: &str| -> String {
            let all = text.nfkd().flat_map(char::to_lowercase).nfkd();
            all.filter(|c| !is_combining_mark(*c)).map(|c| if c == 'đ' { 'd' } else { c }).collect()
        };
        let every: Vec<char> = (1..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
        for some in every.chunks(4096) {
            let (forwards, backwards): (String, String) =
                (some.iter().collect(), some.iter().rev().collect());
            assert_eq!(fold(&forwards), whole(&forwards));
            assert_eq!(fold(&backwards), whole(&backwards));
        }
    }

    #[test]
    fn decomposed_and_composed_are_one() {
        assert_eq!(fold("a\u{301}"), fold("á"));
        assert_eq!(lower("A\u{301}"), lower("á"));
        assert_ne!(lower("mua"), lower("mùa"));
    }
}
