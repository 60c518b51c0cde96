//! A table in whatever a spreadsheet writes: its encoding, its delimiter, its first rows. Pure over bytes.
//!
//! A byte-order mark decides; without one, text that is valid UTF-8 is that, text with a zero in every other byte is UTF-16,
//! and the rest is a Windows code page: 1258 where marks stand that only Vietnamese has, else 1252. The whole of a file is
//! asked, because the first letter that is none of ASCII may stand at its end. What comes out is composed (NFC), because code
//! page 1258 writes marks apart from their letters.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258};
use platform::Fault;

use super::lines::{Line, Lines, is_unreadable};

/// As much of a file as is kept to be looked at.
const HEAD: usize = 256 << 10;
/// Columns of a table.
pub const MOST_COLUMNS: usize = 200;
/// Rows shown before anything is done.
const SAMPLE: usize = 5;
/// Broken letters past which a file is plainly no UTF-8.
const BROKEN: u64 = 10_000;

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

/// Looks at a file as it comes; holds its beginning and some numbers.
#[derive(Debug, Default)]
pub struct Sniffer {
    head: Vec<u8>,
    size: u64,
    /// The beginning of a letter whose end is in the next piece.
    carry: Vec<u8>,
    /// Letters of several bytes that are UTF-8, and places that are not.
    letters: u64,
    broken: u64,
    pages: Pages,
}

impl Sniffer {
    pub fn eat(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        if self.head.len() < HEAD {
            self.head.extend_from_slice(&piece[..piece.len().min(HEAD - self.head.len())]);
        }
        if self.broken > BROKEN && self.broken > self.letters {
            return;
        }
        let before = self.broken;
        let joined;
        let mut rest: &[u8] = match self.carry.is_empty() {
            true => piece,
            false => {
                joined = [std::mem::take(&mut self.carry), piece.to_vec()].concat();
                &joined
            }
        };
        let many = |text: &[u8]| text.iter().filter(|b| **b >= 0xc0).count() as u64;
        while let Err(e) = std::str::from_utf8(rest) {
            let (good, bad) = rest.split_at(e.valid_up_to());
            self.letters += many(good);
            let Some(length) = e.error_len() else {
                self.carry = bad.to_vec();
                rest = &[];
                break;
            };
            self.broken += 1;
            rest = &bad[length..];
        }
        self.letters += many(rest);
        if self.broken > before {
            self.pages.eat(piece);
        }
    }

    /// How to read the file.
    ///
    /// Errors: a fault of `file` for what is no table: empty, binary, a workbook, too many columns.
    pub fn finish(mut self) -> Result<Shape, Fault> {
        if !self.carry.is_empty() {
            self.broken += 1;
            let carry = std::mem::take(&mut self.carry);
            self.pages.eat(&carry);
        }
        let encoding = self.encoding();
        shape(&self.head, self.size == self.head.len() as u64, encoding)
    }

    fn encoding(&self) -> &'static Encoding {
        let head = &self.head;
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
        // One broken letter among many does not make it another encoding; the row that has it is a faulty one.
        match self.broken == 0 || self.letters > 10 * self.broken {
            true => UTF_8,
            false => self.pages.likely(),
        }
    }
}

/// What bytes say of the code page that they are of.
#[derive(Debug, Default)]
struct Pages {
    last: u8,
    high: u64,
    marked: u64,
    own: u64,
}

impl Pages {
    /// 1258 writes a letter and then its mark; in 1252 those marks' bytes are letters that rarely follow a plain vowel.
    fn eat(&mut self, piece: &[u8]) {
        const MARKS: [u8; 5] = [0xcc, 0xd2, 0xde, 0xec, 0xf2];
        let is_vowel = |b: u8| {
            matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
                // ă â ê ô ơ ư, small and great.
                || matches!(b, 0xc2 | 0xc3 | 0xca | 0xd4 | 0xd5 | 0xdd | 0xe2 | 0xe3 | 0xea | 0xf4 | 0xf5 | 0xfd)
        };
        for byte in piece {
            self.high += u64::from(*byte >= 0xc0);
            self.marked += u64::from(MARKS.contains(byte) && is_vowel(self.last));
            // đ, ơ and ư come often in Vietnamese; their bytes are ð, õ and ý in 1252.
            self.own += u64::from(matches!(byte, 0xd0 | 0xf0 | 0xf5 | 0xfd));
            self.last = *byte;
        }
    }

    fn likely(&self) -> &'static Encoding {
        let Pages { high, marked, own, .. } = *self;
        match marked * 10 >= high.max(1) * 2 || (marked > 0 && (marked + own) * 10 >= high * 3) {
            true => WINDOWS_1258,
            false => WINDOWS_1252,
        }
    }
}

fn shape(head: &[u8], whole: bool, encoding: &'static Encoding) -> Result<Shape, Fault> {
    let refuse = |code: &'static str, words: &str| Err(Fault::new("file", code, words));
    if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return refuse("format", "is a workbook; save the sheet as CSV and send that");
    }
    let (text, _) = encoding.decode_with_bom_removal(head);
    if text.contains(|c: char| is_unreadable(c) && c != '\u{fffd}') {
        return refuse("format", "is not a text; send a CSV file");
    }
    let text = match text.rfind('\n').or_else(|| text.rfind('\r')) {
        Some(end) if !whole => &text[..=end],
        None if !whole => return refuse("too_long", "begins with a line that is too long"),
        _ => &text,
    };
    if text.trim().is_empty() {
        return refuse("required", "is empty");
    }
    let delimiter = delimiter_of(text);
    let mut lines = Lines::new(text.as_bytes(), UTF_8, delimiter);
    let mut table: Vec<Line> = Vec::new();
    let mut is_over = false;
    while table.len() <= SAMPLE && !is_over {
        match lines.next_line() {
            Ok(Some(line)) => table.push(line),
            Ok(None) => is_over = true,
            Err(e) => return refuse("format", &format!("cannot be read as CSV: {e}")),
        }
    }
    if is_over && !whole && table.len() > 1 {
        // It goes on behind what was looked at.
        table.pop();
    }
    let mut table = table.into_iter();
    let first = table.next().unwrap_or_default();
    let headers = first.cells;
    if headers.len() > MOST_COLUMNS {
        return refuse("too_long", &format!("has more than {MOST_COLUMNS} columns"));
    }
    if first.is_cut {
        return refuse("too_long", "begins with a line that is too long");
    }
    if headers.iter().all(String::is_empty) {
        return refuse("format", "must begin with a line that names the columns");
    }
    let sample = table.map(|line| line.cells.into_iter().take(MOST_COLUMNS).collect()).collect();
    Ok(Shape { encoding: encoding.name(), delimiter, headers, sample })
}

/// By its name, for a file that was sniffed before.
pub fn encoding(name: &str) -> &'static Encoding {
    Encoding::for_label(name.as_bytes()).unwrap_or(UTF_8)
}

/// The delimiter that parts the first lines into equally many cells, the more the better.
fn delimiter_of(text: &str) -> u8 {
    let score = |delimiter: u8| {
        let mut lines = Lines::new(text.as_bytes(), UTF_8, delimiter);
        let mut widths = Vec::new();
        while widths.len() < 20
            && let Ok(Some(line)) = lines.next_line()
        {
            if !line.cells.is_empty() {
                widths.push(line.cells.len());
            }
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
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn sniff(bytes: &[u8], whole: bool) -> Result<Shape, Fault> {
        let mut sniffer = Sniffer::default();
        // In pieces that part letters.
        bytes.chunks(7).for_each(|piece| sniffer.eat(piece));
        sniffer.size += u64::from(!whole);
        sniffer.finish()
    }

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
        let mut rows = Lines::new(bytes, super::encoding(shape.encoding), shape.delimiter);
        assert_eq!(std::iter::from_fn(|| rows.next_line().unwrap()).count(), 3);
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
        assert!(shape.sample.is_empty(), "Ann's row may go on");
        let shape = sniff("name,phone\nAnn,1\nBen,2\nCy".as_bytes(), false).unwrap();
        assert_eq!(shape.sample, [["Ann", "1"]]);
    }

    #[test]
    fn a_letter_at_the_end_of_a_long_file_decides() {
        let plain = "name,phone\n".to_owned() + &"Ann,0901234567\n".repeat(2 * HEAD / 15);
        let of = |end: &[u8]| {
            let mut sniffer = Sniffer::default();
            [plain.as_bytes(), end].concat().chunks(4096).for_each(|piece| sniffer.eat(piece));
            sniffer.finish().unwrap().encoding
        };
        assert_eq!(of("Zoë,1\n".as_bytes()), "UTF-8");
        assert_eq!(of(b"Zo\xeb,1\n"), "windows-1252");
        assert_eq!(of(&windows_1258("Nguyễn Thị Đào,1\n")), "windows-1258");
        // Cut off within a letter.
        let address = "Trần Thị Hồng Đào, Quận Bình Thạnh, Thành phố Hồ Chí Minh";
        assert_eq!(of(&[address.as_bytes(), &[0xc4]].concat()), "UTF-8");
    }
}
