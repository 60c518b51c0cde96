//! A table in whatever a spreadsheet writes: its encoding, its delimiter, its rows. Pure over bytes.
//!
//! A byte-order mark decides; without one, text that is valid UTF-8 is that, text with a zero in every other byte is UTF-16,
//! and the rest is a Windows code page: 1258 where marks stand that only Vietnamese has, else 1252. What comes out is composed
//! (NFC), because code page 1258 writes marks apart from their letters.

use std::io::Read;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use platform::Fault;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// As much of a file as [`sniff`] wants to see.
pub const HEAD: usize = 256 << 10;
/// Columns of a table.
pub const MOST_COLUMNS: usize = 200;
/// Characters of one cell.
pub const LONGEST_CELL: usize = 10_000;
/// Rows shown before anything is done.
const SAMPLE: usize = 5;

/// How a file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// As the web calls it: `UTF-8`, `UTF-16LE`, `windows-1258` …
    pub encoding: &'static str,
    pub delimiter: u8,
    pub headers: Vec<String>,
    /// The first rows.
    pub sample: Vec<Vec<String>>,
}

/// How to read a file whose beginning is `head`; `whole`: there is no more.
///
/// Errors: a fault of `file` for what is no table: empty, binary, a workbook, too many columns, a header named twice.
pub fn sniff(head: &[u8], whole: bool) -> Result<Shape, Fault> {
    let refuse = |code: &'static str, words: &str| Err(Fault::new("file", code, words));
    if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return refuse("format", "is a workbook; save the sheet as CSV and send that");
    }
    let encoding = encoding_of(head, whole);
    let mut text = String::new();
    let read = decoded(head, encoding).take(4 * HEAD as u64).read_to_string(&mut text);
    let is_binary = |c: char| c < ' ' && !matches!(c, '\t' | '\r' | '\n');
    if read.is_err() || text.contains(is_binary) {
        return refuse("format", "is not a text; send a CSV file");
    }
    if !whole && let Some(end) = text.rfind('\n') {
        text.truncate(end + 1);
    }
    if text.trim().is_empty() {
        return refuse("required", "is empty");
    }
    let delimiter = delimiter_of(&text);
    let mut rows = reader(text.as_bytes(), UTF_8, delimiter);
    let mut record = csv::StringRecord::new();
    let mut table: Vec<Vec<String>> = Vec::new();
    while table.len() <= SAMPLE {
        match rows.read_record(&mut record) {
            Ok(true) => table.push(cells(&record)),
            Ok(false) => break,
            Err(e) => return refuse("format", &format!("cannot be read as CSV: {e}")),
        }
    }
    let mut table = table.into_iter();
    let headers = table.next().unwrap_or_default();
    if headers.len() > MOST_COLUMNS {
        return refuse("too_long", &format!("has more than {MOST_COLUMNS} columns"));
    }
    if headers.iter().all(String::is_empty) {
        return refuse("format", "must begin with a line that names the columns");
    }
    Ok(Shape { encoding: encoding.name(), delimiter, headers, sample: table.collect() })
}

/// The rows of a file, the header among them, one at a time: memory is bounded by the longest row.
pub fn reader<R: Read>(
    file: R,
    encoding: &'static Encoding,
    delimiter: u8,
) -> csv::Reader<DecodeReaderBytes<R, Vec<u8>>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(decoded(file, encoding))
}

fn decoded<R: Read>(file: R, encoding: &'static Encoding) -> DecodeReaderBytes<R, Vec<u8>> {
    DecodeReaderBytesBuilder::new().encoding(Some(encoding)).strip_bom(true).build(file)
}

/// By its name, for a file that was sniffed before.
pub fn encoding(name: &str) -> &'static Encoding {
    Encoding::for_label(name.as_bytes()).unwrap_or(UTF_8)
}

/// The cells of a row: composed, without space around them, none longer than [`LONGEST_CELL`] and one (so that too long is
/// noticed).
pub fn cells(record: &csv::StringRecord) -> Vec<String> {
    let cell = |c: &str| -> String {
        let text = c.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let short: String = match text.len() > LONGEST_CELL {
            true => text.chars().take(LONGEST_CELL + 1).collect(),
            false => text.to_owned(),
        };
        match is_nfc_quick(short.chars()) {
            IsNormalized::Yes => short,
            _ => short.nfc().collect(),
        }
    };
    record.iter().map(cell).collect()
}

fn encoding_of(head: &[u8], whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    // Plain letters in UTF-16 leave every other byte empty.
    let pairs = head.len().min(4096) / 2;
    let zeros = |from: usize| head.iter().skip(from).step_by(2).take(pairs).filter(|b| **b == 0).count();
    if pairs > 1 && zeros(1) * 10 > pairs * 4 {
        return UTF_16LE;
    }
    if pairs > 1 && zeros(0) * 10 > pairs * 4 {
        return UTF_16BE;
    }
    match std::str::from_utf8(head) {
        Ok(_) => UTF_8,
        // Cut off within a letter.
        Err(e) if !whole && e.error_len().is_none() => UTF_8,
        Err(_) => code_page(head),
    }
}

/// 1258 writes a letter and then its mark; in 1252 those marks' bytes are letters that rarely follow a plain vowel.
fn code_page(head: &[u8]) -> &'static Encoding {
    const MARKS: [u8; 5] = [0xcc, 0xd2, 0xde, 0xec, 0xf2];
    let is_vowel = |b: u8| {
        matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
            // ă â ê ô ơ ư, small and great.
            || matches!(b, 0xc2 | 0xc3 | 0xca | 0xd4 | 0xd5 | 0xdd | 0xe2 | 0xe3 | 0xea | 0xf4 | 0xf5 | 0xfd)
    };
    let high = head.iter().filter(|b| **b >= 0xc0).count();
    let marked = head.windows(2).filter(|w| MARKS.contains(&w[1]) && is_vowel(w[0])).count();
    // đ, ơ and ư come often in Vietnamese; their bytes are ð, õ and ý in 1252.
    let own = head.iter().filter(|b| matches!(b, 0xd0 | 0xf0 | 0xf5 | 0xfd)).count();
    if marked * 10 >= high.max(1) * 2 || (marked > 0 && (marked + own) * 10 >= high * 3) {
        WINDOWS_1258
    } else {
        WINDOWS_1252
    }
}

/// The delimiter that parts the first lines into equally many cells, the more the better.
fn delimiter_of(text: &str) -> u8 {
    let score = |delimiter: u8| {
        let mut rows = reader(text.as_bytes(), UTF_8, delimiter);
        let mut record = csv::StringRecord::new();
        let mut widths = Vec::new();
        while widths.len() < 20 && matches!(rows.read_record(&mut record), Ok(true)) {
            widths.push(record.len());
        }
        let first = widths.first().copied().unwrap_or(1);
        let alike = widths.iter().filter(|w| **w == first).count();
        if first < 2 { 0 } else { alike * 1000 / widths.len().max(1) * 10 + first.min(99) }
    };
    let best = [b',', b';', b'\t', b'|'].into_iter().map(|d| (score(d), d)).rev().max_by_key(|(s, _)| *s);
    best.filter(|(s, _)| *s > 0).map_or(b',', |(_, d)| d)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "Họ tên;Điện thoại;Ghi chú\nNguyễn Thị Đào;0901234567;\"gọi; lại\"\nTrần Bảo Ngọc;0912345678;được\n";

    fn utf16(text: &str, big: bool, bom: bool) -> Vec<u8> {
        let units = bom.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    /// As Windows writes Vietnamese: what the code page has whole stays whole, the tone mark follows.
    fn windows_1258(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for c in text.nfc() {
            let letter = c.to_string();
            let whole = WINDOWS_1258.encode(&letter);
            if !whole.2 {
                out.extend_from_slice(&whole.0);
                continue;
            }
            // Letter with its shape, then the tone.
            let parts: Vec<char> = c.to_string().nfd().collect();
            let tones = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
            let base: String =
                parts.iter().filter(|p| !tones.contains(p)).collect::<String>().nfc().collect();
            let tone: String = parts.iter().filter(|p| tones.contains(p)).collect();
            out.extend_from_slice(&WINDOWS_1258.encode(&base).0);
            out.extend_from_slice(&WINDOWS_1258.encode(&tone).0);
        }
        out
    }

    fn check(bytes: &[u8], encoding: &str) {
        let shape = sniff(bytes, true).unwrap();
        assert_eq!((shape.encoding, shape.delimiter), (encoding, b';'));
        assert_eq!(shape.headers, ["Họ tên", "Điện thoại", "Ghi chú"]);
        assert_eq!(shape.sample[0], ["Nguyễn Thị Đào", "0901234567", "gọi; lại"]);
        let mut rows = reader(bytes, super::encoding(shape.encoding), shape.delimiter);
        assert_eq!(rows.records().count(), 3);
    }

    #[test]
    fn every_encoding_that_a_spreadsheet_writes_reads_alike() {
        check(TABLE.as_bytes(), "UTF-8");
        check(format!("\u{feff}{TABLE}").as_bytes(), "UTF-8");
        for (big, bom) in [(false, true), (true, true)] {
            check(&utf16(TABLE, big, bom), if big { "UTF-16BE" } else { "UTF-16LE" });
        }
        check(&windows_1258(TABLE), "windows-1258");
    }

    #[test]
    fn utf_16_without_a_mark_is_seen_where_letters_are_plain() {
        let text = "name,phone\nAnn Lee,0901234567\n";
        for big in [false, true] {
            let shape = sniff(&utf16(text, big, false), true).unwrap();
            assert_eq!((shape.headers, shape.delimiter), (vec!["name".into(), "phone".to_owned()], b','));
        }
    }

    #[test]
    fn western_letters_are_no_vietnamese() {
        let (bytes, ..) =
            WINDOWS_1252.encode("name,city\nJosé Núñez,Málaga\nBjörn,Köln\nFrançois,Besançon\nZoë,Århus\n");
        let shape = sniff(&bytes, true).unwrap();
        assert_eq!(shape.encoding, "windows-1252");
        assert_eq!(shape.sample[0], ["José Núñez", "Málaga"]);
    }

    #[test]
    fn what_is_no_table_is_told_so() {
        assert_eq!(sniff(b"", true).unwrap_err().code, "required");
        assert_eq!(sniff(b" \n \n", true).unwrap_err().code, "required");
        assert_eq!(sniff(b"PK\x03\x04rest", true).unwrap_err().code, "format");
        assert_eq!(sniff(b"\x00\x01\x02\x00\x03", true).unwrap_err().code, "format");
        let wide = "a,".repeat(MOST_COLUMNS + 1);
        assert_eq!(sniff(wide.as_bytes(), true).unwrap_err().code, "too_long");
    }

    #[test]
    fn one_column_is_a_table_too() {
        let shape = sniff(b"phone\n0901234567\n", true).unwrap();
        assert_eq!((shape.headers, shape.delimiter), (vec!["phone".to_owned()], b','));
    }

    #[test]
    fn a_beginning_cut_within_a_row_shows_whole_rows() {
        let shape = sniff("name,phone\nAnn,1\nBe".as_bytes(), false).unwrap();
        assert_eq!(shape.sample, [["Ann", "1"]]);
    }
}
