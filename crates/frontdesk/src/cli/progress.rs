//! How far something is, on standard error: a bar that moves where somebody looks on, and a line every few seconds where a
//! file or another program listens.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

const WIDTH: usize = 24;
/// How often a bar moves, and how often a line is written.
const MOVES: Duration = Duration::from_millis(200);
const LINES: Duration = Duration::from_secs(5);

pub struct Progress {
    is_terminal: bool,
    begun: Instant,
    shown: Option<Instant>,
    /// What the last line of the terminal holds, in characters.
    width: usize,
}

impl Progress {
    pub fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Progress { is_terminal, begun: Instant::now(), shown: None, width: 0 }
    }

    /// Shows `words`, and a bar for the part that is done, if it is time to.
    pub fn show(&mut self, part: Option<f64>, words: &str) {
        let every = if self.is_terminal { MOVES } else { LINES };
        // Nothing is said of what is done at once.
        let last = self.shown.unwrap_or(self.begun);
        if last.elapsed() < every {
            return;
        }
        self.shown = Some(Instant::now());
        let text = match part {
            Some(part) => format!("{} {:>3.0} %  {words}", bar(part), part * 100.0),
            None => words.to_owned(),
        };
        match self.is_terminal {
            true => {
                let gap = self.width.saturating_sub(text.chars().count());
                eprint!("\r{text}{}", " ".repeat(gap));
                self.width = text.chars().count();
                let _ = std::io::stderr().flush();
            }
            false => eprintln!("{text}"),
        }
    }

    /// How much of something there was in a second.
    pub fn rate(&self, count: i64) -> f64 {
        count as f64 / self.begun.elapsed().as_secs_f64().max(0.001)
    }

    /// Makes room for other lines.
    pub fn clear(&mut self) {
        if self.is_terminal && self.width > 0 {
            eprint!("\r{}\r", " ".repeat(self.width));
            self.width = 0;
        }
    }
}

fn bar(part: f64) -> String {
    let full = ((part.clamp(0.0, 1.0) * WIDTH as f64).round() as usize).min(WIDTH);
    format!("[{}{}]", "#".repeat(full), "-".repeat(WIDTH - full))
}

/// `1234567` → `1 234 567`.
pub fn grouped(n: i64) -> String {
    let digits = n.abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bars_are_readable() {
        let shown: Vec<String> = [0, 7, 999, 1_000, -1_234_567].into_iter().map(grouped).collect();
        assert_eq!(shown, ["0", "7", "999", "1 000", "-1 234 567"]);
        assert_eq!(bar(0.5), format!("[{}{}]", "#".repeat(12), "-".repeat(12)));
        assert_eq!((bar(-1.0).matches('#').count(), bar(7.0).matches('#').count()), (0, WIDTH));
    }
}
