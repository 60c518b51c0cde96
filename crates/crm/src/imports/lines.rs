//! The rows of a table one at a time, whatever stands in it: what one row takes of memory is bounded, so that a quote which
//! nobody closed is a faulty row and not the end of the machine.
//!
//! A row is what a spreadsheet shows as one: line breaks within quotes belong to it, and a line with nothing on it counts, so
//! that rows are numbered as people see them; only before the line that names the columns empty lines are passed over. The
//! apostrophe with which a table of ours keeps a cell from being a formula is none of the cell.

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader};
use encoding_rs::Encoding;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::csv_out;

/// Bytes of a row, as UTF-8, at most; and cells.
pub const LONGEST_ROW: usize = 1 << 20;
const MOST_CELLS: usize = 1_000;
/// Characters of one cell.
pub const LONGEST_CELL: usize = 10_000;
/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// A row as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Composed, without space around them, none longer than [`LONGEST_CELL`] and one (so that too long is noticed).
    pub cells: Vec<String>,
    /// It goes on past what a row may have; the cells are its beginning.
    pub is_cut: bool,
}

impl Line {
    /// What it takes of memory, roughly.
    pub fn size(&self) -> usize {
        self.cells.iter().map(|c| c.len() + size_of::<String>()).sum()
    }
    pub fn is_blank(&self) -> bool {
        !self.is_cut && self.cells.iter().all(String::is_empty)
    }
}

/// Reads rows.
pub struct Lines<R> {
    file: DecodeReaderBytes<R, Vec<u8>>,
    core: Reader,
    piece: Vec<u8>,
    at: usize,
    end: usize,
    is_over: bool,
    has_begun: bool,
    /// The last byte ended a line, and the one that follows may belong to it.
    after_return: bool,
    row: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: Read> Lines<R> {
    pub fn new(file: R, encoding: &'static Encoding, delimiter: u8) -> Self {
        Lines {
            file: DecodeReaderBytesBuilder::new().encoding(Some(encoding)).strip_bom(true).build(file),
            core: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            piece: vec![0; PIECE],
            at: 0,
            end: 0,
            is_over: false,
            has_begun: false,
            after_return: false,
            row: vec![0; 4 << 10],
            ends: vec![0; 64],
        }
    }

    /// The next row; `None` at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        while self.fill()? {
            match self.piece[self.at] {
                b'\n' if self.after_return => self.after_return = false,
                byte @ (b'\n' | b'\r') => {
                    self.after_return = byte == b'\r';
                    if self.has_begun {
                        self.at += 1;
                        return Ok(Some(Line::default()));
                    }
                }
                _ => return self.record(),
            }
            self.at += 1;
        }
        Ok(None)
    }

    /// Whether there is a byte to look at.
    fn fill(&mut self) -> io::Result<bool> {
        while self.at == self.end && !self.is_over {
            match self.file.read(&mut self.piece) {
                Ok(n) => (self.at, self.end, self.is_over) = (0, n, n == 0),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(self.at < self.end)
    }

    fn record(&mut self) -> io::Result<Option<Line>> {
        let (mut bytes, mut cells, mut is_cut) = (0, 0, false);
        // Where what is too much goes.
        let (mut waste, mut waste_ends) = ([0; 4096], [0; 64]);
        loop {
            self.fill()?;
            let input = &self.piece[self.at..self.end];
            let (result, read, wrote, ended) = match is_cut {
                true => self.core.read_record(input, &mut waste, &mut waste_ends),
                false => self.core.read_record(input, &mut self.row[bytes..], &mut self.ends[cells..]),
            };
            self.at += read;
            if !is_cut {
                (bytes, cells) = (bytes + wrote, cells + ended);
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.row.len() < LONGEST_ROW => {
                    self.row.resize(self.row.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MOST_CELLS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => is_cut = true,
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        self.has_begun = true;
        self.after_return = self.at > 0 && self.piece[self.at - 1] == b'\r';
        let mut from = 0;
        let mut line = Line { cells: Vec::with_capacity(cells), is_cut };
        for end in &self.ends[..cells] {
            line.cells.push(cell(&String::from_utf8_lossy(&self.row[from..*end])));
            from = *end;
        }
        if is_cut {
            // The one that was being read.
            line.cells.push(cell(&String::from_utf8_lossy(&self.row[from..bytes])));
        }
        Ok(Some(line))
    }
}

fn cell(text: &str) -> String {
    let text = csv_out::original(csv_out::trimmed(text));
    let text = csv_out::trimmed(&text);
    let short: String = match text.len() > LONGEST_CELL {
        true => text.chars().take(LONGEST_CELL + 1).collect(),
        false => text.to_owned(),
    };
    match is_nfc_quick(short.chars()) {
        IsNormalized::Yes => short,
        _ => short.nfc().collect(),
    }
}

/// What stands where bytes could not be read, and what no text has.
pub fn is_unreadable(c: char) -> bool {
    c == '\u{fffd}' || (c < ' ' && !matches!(c, '\t' | '\r' | '\n'))
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;

    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        let mut lines = Lines::new(text.as_bytes(), UTF_8, b',');
        std::iter::from_fn(|| lines.next_line().unwrap()).collect()
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        lines(text).into_iter().map(|l| l.cells).collect()
    }

    #[test]
    fn rows_are_those_that_people_see() {
        let none: [&str; 0] = [];
        assert_eq!(
            cells("\n\r\na,b\r\n1,\"x\ny\"\r\n\r\n3,4"),
            [["a", "b"].as_slice(), &["1", "x\ny"], &none, &["3", "4"]]
        );
        assert_eq!(cells("a\n\n1\n\n"), [["a"].as_slice(), &none, &["1"], &none]);
        assert_eq!(cells("a\r1\r\r2\r"), [["a"].as_slice(), &["1"], &none, &["2"]]);
        assert_eq!(cells("a,b\n1,\" he said \"\"no\"\" \"\n"), [["a", "b"], ["1", "he said \"no\""]]);
        assert!(cells("").is_empty() && cells("\n\n").is_empty());
    }

    #[test]
    fn a_row_without_end_is_one_cut_row() {
        let open = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(LONGEST_ROW));
        let all = lines(&open);
        assert_eq!((all.len(), all[2].is_cut, all[2].cells.len()), (3, true, 2));
        assert_eq!((all[2].cells[0].as_str(), all[2].cells[1].len()), ("3", LONGEST_CELL + 1));
        // What comes behind a long row is there.
        let long = format!("a,b\n1,{}\n3,4\n", "x".repeat(3 * LONGEST_ROW));
        let all = lines(&long);
        assert_eq!(
            (all.len(), all[1].is_cut, &all[2].cells[..]),
            (3, true, &["3".into(), "4".to_owned()][..])
        );
        let wide = format!("a,b\n{}\n3,4\n", ",".repeat(50_000));
        let all = lines(&wide);
        assert_eq!((all.len(), all[1].is_cut, all[2].is_cut), (3, true, false));
        assert!(all[1].cells.len() <= 2 * MOST_CELLS);
    }
}
