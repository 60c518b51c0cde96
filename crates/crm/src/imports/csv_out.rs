//! Cells as a CSV file for spreadsheets, and back. Pure.
//!
//! No cell begins as a formula, nor does any part of one behind a mark at which a spreadsheet of another country ends a cell,
//! quoted or not (`;`, a tab, a line's end): an apostrophe stands before it. [`original`] takes away exactly what [`line`]
//! put there, so that what is written and read again is what it was, but for the space around a cell.

use std::borrow::Cow;

/// Tells spreadsheets that it is UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// Adds a line.
pub fn line<'a>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    for (n, cell) in cells.into_iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        push(out, trimmed(cell));
    }
    out.extend_from_slice(b"\r\n");
}

/// A cell without the space around it.
pub fn trimmed(cell: &str) -> &str {
    cell.trim_matches(is_space)
}

/// A cell as it was before [`line`] wrote it.
pub fn original(cell: &str) -> Cow<'_, str> {
    if !cell.contains('\'') {
        return Cow::Borrowed(cell);
    }
    let mut out = String::with_capacity(cell.len());
    let mut begins = true;
    for (at, c) in cell.char_indices() {
        if !(begins && c == '\'' && is_formula(&cell[at + 1..])) {
            out.push(c);
        }
        begins = is_end(c);
    }
    Cow::Owned(out)
}

fn push(out: &mut Vec<u8>, cell: &str) {
    // Numbers below each other, or with semicolons between, are none either.
    let mut is_marked = is_formula(cell) && !cell.split(is_end).all(is_number);
    let is_quoted =
        is_marked || cell.bytes().any(|b| matches!(b, b'"' | b',' | b'\r' | b'\n' | b';' | b'\t'));
    if !is_quoted {
        return out.extend_from_slice(cell.as_bytes());
    }
    out.push(b'"');
    for (at, byte) in cell.bytes().enumerate() {
        if is_marked {
            out.push(b'\'');
        }
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
        is_marked = is_end(char::from(byte)) && {
            let rest = &cell[at + 1..];
            is_formula(rest) && !is_number(rest.split(is_end).next().unwrap_or_default())
        };
    }
    out.push(b'"');
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Where some spreadsheet ends a cell that this one goes on with.
fn is_end(c: char) -> bool {
    matches!(c, ';' | '\t' | '\r' | '\n')
}

/// Whether it begins as one when space, quotes and apostrophes are passed by. An apostrophe more or less makes no difference,
/// so that one can be put there and taken away.
fn is_formula(text: &str) -> bool {
    let is_before = |c: char| matches!(c, '\'' | '"') || (is_space(c) && !is_end(c));
    // Where letters are wide, the last four are ones, too.
    text.trim_start_matches(is_before).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// A phone number in E.164 and a plain number with a sign: harmless, and read by whoever gets the file.
fn is_number(text: &str) -> bool {
    let digits = trimmed(text).strip_prefix(['+', '-']);
    digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;
    use platform::Entropy;
    use unicode_normalization::UnicodeNormalization;

    use super::{super::lines::Lines, *};

    fn written(cells: &[&str]) -> String {
        let mut out = Vec::new();
        line(&mut out, cells.iter().copied());
        String::from_utf8(out).unwrap()
    }

    fn read(text: &str) -> Vec<String> {
        Lines::new(text.as_bytes(), UTF_8, b',').next_line().unwrap().unwrap_or_default().cells
    }

    #[test]
    fn no_cell_is_a_formula() {
        let cells = [
            ("=1+1", "\"'=1+1\""),
            ("+84901234567", "+84901234567"),
            ("+84 90 123 4567", "\"'+84 90 123 4567\""),
            ("+84901234567; +84901234568", "\"+84901234567; +84901234568\""),
            ("-12.5", "-12.5"),
            ("@x", "\"'@x\""),
            ("-cmd|' /C calc'!A0", "\"'-cmd|' /C calc'!A0\""),
            ("a\"b", "\"a\"\"b\""),
            ("a,b", "\"a,b\""),
            ("plain", "plain"),
            ("O'Brien", "O'Brien"),
            ("\t=x", "\"'=x\""),
            ("＝1", "\"'＝1\""),
            ("", ""),
            // A spreadsheet that ends cells at semicolons sees a quotation mark within a cell as any other character.
            ("x;=cmd|'/C calc'!A0", "\"x;'=cmd|'/C calc'!A0\""),
            ("x;\"=1\"", "\"x;'\"\"=1\"\"\""),
            ("one\r\n- two", "\"one\r\n'- two\""),
            ("a;-5", "\"a;-5\""),
            ("cold, -5", "\"cold, -5\""),
            // What looks as if it had been written here is told apart.
            ("'=x", "\"''=x\""),
        ];
        for (cell, expected) in cells {
            assert_eq!(written(&[cell]), format!("{expected}\r\n"), "{cell}");
        }
    }

    #[test]
    fn whatever_was_written_is_read_as_it_was() {
        const PARTS: [&str; 26] = [
            "'", "'", "=", "+", "-", "@", "＝", "＠", ";", ";", ",", "\t", "\n", "\r", "\"", " ", "\u{a0}",
            "\u{feff}", "a", "1", "84", ".", "é", "e\u{301}", "\u{338}", "|",
        ];
        let dice = Entropy::seeded(7);
        let below = |n: usize| (dice.u64() % n as u64) as usize;
        for _ in 0..20_000 {
            let cell = || (0..below(9)).map(|_| PARTS[below(PARTS.len())]).collect::<String>();
            let cells = [cell(), cell(), "end".to_owned()];
            let text = written(&cells.each_ref().map(String::as_str));
            let was = cells.each_ref().map(|c| trimmed(c).nfc().collect::<String>());
            assert_eq!(read(&text), was, "{text:?}");
            // However a spreadsheet parts it.
            for part in text.split(is_end) {
                let bare = part.trim_start_matches(|c: char| c == '"' || is_space(c));
                let number = bare.split(['"', ',']).next().unwrap_or_default();
                assert!(
                    !bare.starts_with(['=', '+', '-', '@', '＝', '＠']) || is_number(number),
                    "{text:?}: {part:?}"
                );
            }
        }
    }

    #[test]
    fn exactly_one_apostrophe_is_taken_and_only_before_a_formula() {
        let all = [
            ("'+84 90 123 4567", "+84 90 123 4567"),
            ("'+84901234567", "+84901234567"),
            ("''=x", "'=x"),
            ("'quoted'", "'quoted'"),
            ("'Tis", "'Tis"),
            ("a'=b", "a'=b"),
            ("'", "'"),
        ];
        for (text, cell) in all {
            assert_eq!(original(text), cell, "{text}");
        }
    }
}
