//! What a row is found by.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::fold::fold;

/// Engines find words that begin with so many characters by an index of beginnings; beyond that they would gather every
/// row of every such word first. So longer beginnings are tokens themselves, …
pub(super) const SHORT: usize = 6;
/// … as far as words are common.
pub(super) const LONG: usize = 12;
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
            if !is_number(&word) {
                let length = word.chars().count();
                (SHORT + 1..=length.min(LONG)).for_each(|n| self.add(beginning(&word, n)));
            }
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

    /// Where the row belongs: `mark('o', 12)`. A kind is one ASCII letter, and neither `p` nor `r`.
    pub fn mark(&mut self, kind: char, id: i64) {
        self.add(mark(kind, id));
    }

    /// The same for what has a name and no number.
    pub fn mark_named(&mut self, kind: char, name: &str) {
        self.mark(kind, number_of(name));
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

/// The number that a name has as a mark: of its SHA-256, so that no two names share one.
pub fn number_of(name: &str) -> i64 {
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    i64::from_be_bytes([a & 0x7f, b, c, d, e, f, g, h])
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

/// Numbers are rare enough each, and so they have no tokens of their beginnings.
pub(super) fn is_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// The token of the first `n` characters of a word.
pub(super) fn beginning(word: &str, n: usize) -> String {
    format!("_p{}", word.chars().take(n).collect::<String>())
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
        assert_eq!(d.tokens(), "84912345 _o7 _pexample _r54321948 com example lan nguyen thi");
    }

    #[test]
    fn a_document_is_bounded() {
        let mut d = Document::new();
        d.text(&"x".repeat(10_000), 10);
        let many: String = (0..5000).map(|n| format!("w{n} ")).collect();
        d.text(&many, 10_000);
        assert!(d.0.len() <= MOST && d.0.iter().all(|t| t.chars().count() <= LONGEST));
        assert!(d.0.contains("_pxxxxxxxxxxxx") && !d.0.contains("_pxxxxxxxxxxxxx"));
    }
}
