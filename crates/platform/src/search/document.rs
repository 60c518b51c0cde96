//! What a row is found by.

use std::collections::BTreeSet;

use crate::fold::fold;

/// Characters of a token at most; longer ones are found by their beginning.
pub(super) const LONGEST: usize = 40;
/// Tokens of a document at most.
const MOST: usize = 400;

/// The tokens of a row. Each counts once, wherever it stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document(BTreeSet<String>);

impl Document {
    pub fn new() -> Self {
        Document::default()
    }

    /// The words of a text, `most` at most: names, notes, e-mail addresses (whose parts are words).
    pub fn text(&mut self, text: &str, most: usize) {
        for word in words(text).take(most) {
            self.add(word);
        }
    }

    /// A number: found by its beginning and by its end. As it is written at home it is another one (`+84912345678`,
    /// `0912 345 678`).
    pub fn number(&mut self, number: &str) {
        let digits = digits(number);
        if !digits.is_empty() {
            self.add(backwards(&digits));
            self.add(digits);
        }
    }

    /// Where the row belongs: `mark('o', 12)`. A kind is one ASCII letter or digit, and never `r`.
    pub fn mark(&mut self, kind: char, id: i64) {
        self.add(mark(kind, id));
    }

    fn add(&mut self, token: String) {
        if self.0.len() < MOST {
            self.0.insert(token);
        }
    }

    /// As it is stored.
    pub(super) fn tokens(&self) -> String {
        let all: Vec<&str> = self.0.iter().map(String::as_str).collect();
        all.join(" ")
    }
}

/// The folded words of a text: runs of letters and digits.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = fold(text);
    let all: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(|w| w.chars().take(LONGEST).collect())
        .collect();
    all.into_iter()
}

/// The digits of a number, in ASCII.
pub(super) fn digits(number: &str) -> String {
    fold(number).chars().filter(char::is_ascii_digit).take(LONGEST).collect()
}

/// The token that is found by the end of a number. No word has an underscore.
pub(super) fn backwards(digits: &str) -> String {
    format!("_r{}", digits.chars().rev().collect::<String>())
}

pub(super) fn mark(kind: char, id: i64) -> String {
    format!("_{kind}{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_split() {
        let mut d = Document::new();
        d.text("Nguyễn Thị Lan <Lan.Nguyen@Example.com>", 50);
        d.number("+84 912-345");
        d.mark('o', 7);
        assert_eq!(d.tokens(), "84912345 _o7 _r54321948 com example lan nguyen thi");
    }

    #[test]
    fn a_document_is_bounded() {
        let mut d = Document::new();
        d.text(&"x".repeat(10_000), 10);
        let many: String = (0..5000).map(|n| format!("w{n} ")).collect();
        d.text(&many, 10_000);
        assert!(d.0.len() <= MOST && d.0.iter().all(|t| t.chars().count() <= LONGEST));
    }
}
