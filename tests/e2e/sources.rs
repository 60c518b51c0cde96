//! The Rust sources of the product, as the tests about them read them.

use std::sync::LazyLock;

use e2e::root;
use regex::Regex;
use walkdir::WalkDir;

/// One file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Below `crates/`: `support/src/intake/store.rs`.
    pub path: String,
    pub krate: String,
    /// The folder, or the file, below `src`; none for `lib.rs` and `main.rs`.
    pub slice: Option<String>,
    /// Without lines that are comments.
    pub code: String,
}

/// Every file below `crates/*/src`.
pub fn all() -> Vec<Source> {
    let crates = root().join("crates");
    let mut all = Vec::new();
    for entry in WalkDir::new(&crates).sort_by_file_name().into_iter().filter_map(Result::ok) {
        let path = entry.path().strip_prefix(&crates).unwrap().display().to_string();
        let mut parts = path.split('/');
        let (Some(krate), Some("src"), Some(top)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if !path.ends_with(".rs") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let code = text.lines().filter(|l| !l.trim_start().starts_with("//"));
        all.push(Source {
            krate: krate.to_owned(),
            slice: Some(top.trim_end_matches(".rs").to_owned()).filter(|s| s != "lib" && s != "main"),
            code: code.collect::<Vec<_>>().join("\n"),
            path,
        });
    }
    assert!(all.len() > 50, "the sources are not where they were");
    all
}

impl Source {
    /// Whether it is a file of unit tests, or of what they stand on.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("/tests/")
            || name.ends_with("tests.rs")
            || matches!(name, "fixture.rs" | "testing.rs")
    }

    /// The texts of all `sql!("…")`, raw strings and continued lines included.
    pub fn sql(&self) -> Vec<String> {
        static LITERAL: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r##"(?s)\bsql!\(\s*(?:r#"(?<raw>.*?)"#|r"(?<bare>[^"]*)"|"(?<text>(?:[^"\\]|\\.)*)")\s*,?\s*\)"##).unwrap()
        });
        let found = LITERAL.captures_iter(&self.code);
        found
            .map(|c| match c.name("raw").or(c.name("bare")) {
                Some(raw) => raw.as_str().to_owned(),
                None => unescaped(&c["text"]),
            })
            .collect()
    }
}

impl Source {
    /// The texts of all string literals.
    pub fn literals(&self) -> Vec<String> {
        static LITERAL: LazyLock<Regex> = LazyLock::new(|| {
            // A quotation mark as a character is none.
            Regex::new(r##"(?s)'(?:\\.|[^'\\\n])'|r#"(?<raw>.*?)"#|"(?<text>(?:[^"\\]|\\.)*)""##).unwrap()
        });
        let found = LITERAL.captures_iter(&self.code);
        found
            .filter_map(|c| match (c.name("raw"), c.name("text")) {
                (Some(raw), _) => Some(raw.as_str().to_owned()),
                (None, text) => text.map(|text| unescaped(text.as_str())),
            })
            .collect()
    }
}

/// A string literal as the compiler reads it.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('\n') => {
                while letters.peek().is_some_and(|c| c.is_whitespace()) {
                    letters.next();
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[test]
fn literals_are_found_whatever_they_look_like() {
    let code = "sql!(\"a \\\"b\\\" \\\n   c\"); sql!(\n  r#\"d \"e\" f\"#\n); sql!(r\"g\"); sql!(\"h\",)";
    let source = Source { path: String::new(), krate: String::new(), slice: None, code: code.to_owned() };
    assert_eq!(source.sql(), ["a \"b\" c", "d \"e\" f", "g", "h"]);
    let code = "let q = '\"'; fn f<'a>(s: &'a str) { format!(\"i {j}\", '\\'', r#\"k \"l\"\"#) }";
    let source = Source { path: String::new(), krate: String::new(), slice: None, code: code.to_owned() };
    assert_eq!(source.literals(), ["i {j}", "k \"l\""]);
}
