//! Cells as a CSV file for spreadsheets.

/// Tells spreadsheets that it is UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// Adds a line. Every cell that a spreadsheet would take for a formula begins with an apostrophe instead.
pub fn line<'a>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    for (n, cell) in cells.into_iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        push(out, cell);
    }
    out.extend_from_slice(b"\r\n");
}

fn push(out: &mut Vec<u8>, cell: &str) {
    let is_formula = is_formula(cell);
    let quoted = is_formula || cell.bytes().any(|b| matches!(b, b'"' | b',' | b'\r' | b'\n' | b';' | b'\t'));
    if !quoted {
        return out.extend_from_slice(cell.as_bytes());
    }
    out.push(b'"');
    if is_formula {
        out.push(b'\'');
    }
    for byte in cell.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// A phone number in E.164 and a plain number are none.
fn is_formula(cell: &str) -> bool {
    match cell.as_bytes() {
        [b'+' | b'-', rest @ ..] => rest.is_empty() || !rest.iter().all(|b| b.is_ascii_digit() || *b == b'.'),
        [b'=' | b'@' | b'\t' | b'\r' | b'\n', ..] => true,
        // Where letters are wide, these are, too.
        _ => cell.starts_with(['＝', '＋', '－', '＠']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_read_back() {
        let mut out = Vec::new();
        line(
            &mut out,
            [
                "=1+1",
                "+84901234567",
                "-12.5",
                "@x",
                "-cmd|' /C calc'!A0",
                "a\"b",
                "a,b",
                "plain",
                "\tx",
                "＝1",
                "",
            ],
        );
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "\"'=1+1\",+84901234567,-12.5,\"'@x\",\"'-cmd|' /C calc'!A0\",\"a\"\"b\",\"a,b\",plain,\"'\tx\",\"'＝1\",\r\n"
        );
    }
}
