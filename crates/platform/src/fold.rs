//! Folding: how text is made comparable, for search and for keywords.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// NFKC, lower case, marks stripped, đ→d: *Nguyễn* and *nguyen* become the same text.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    // NFKD of the lower-cased NFKC text differs from NFKC only in that marks stand alone and can be dropped.
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            'đ' => out.push('d'),
            c if is_combining_mark(c) => {}
            c => out.push(c),
        }
    }
    out
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
    fn decomposed_and_composed_are_one() {
        assert_eq!(fold("a\u{301}"), fold("á"));
        assert_eq!(lower("A\u{301}"), lower("á"));
        assert_ne!(lower("mua"), lower("mùa"));
    }
}
