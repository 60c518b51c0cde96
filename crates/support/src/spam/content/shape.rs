//! How a text is written: in borrowed letters, shouted, without sense, or the same again and again.

use std::collections::HashMap;

use super::{Part, count};

/// Letters of other scripts that are drawn as Latin ones.
const DOUBLES: &[(char, char)] = &[
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('һ', 'h'),
    ('к', 'k'),
    ('м', 'm'),
    ('т', 't'),
    ('в', 'b'),
    ('н', 'h'),
    ('ԁ', 'd'),
    ('ɡ', 'g'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('І', 'I'),
    ('Ѕ', 'S'),
    ('Ј', 'J'),
    ('α', 'a'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('ν', 'v'),
    ('ι', 'i'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];

/// The text as it is meant to be read, and what had to be undone for that.
pub(super) struct Plain {
    pub text: String,
    mixed: usize,
    fancy: usize,
    invisible: usize,
    spread: usize,
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}
fn is_borrowed(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3FF}' | '\u{400}'..='\u{52F}')
}
/// Mathematical and enclosed letters, which people choose for their looks.
fn is_fancy(c: char) -> bool {
    matches!(c, '\u{1D400}'..='\u{1D7FF}' | '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F189}')
}
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}' | '\u{180E}')
}

pub(super) fn plain(text: &str) -> Plain {
    let mut p =
        Plain { text: String::with_capacity(text.len()), mixed: 0, fancy: 0, invisible: 0, spread: 0 };
    let mut single = String::new();
    // Two spaces part words of letters that stand alone.
    for word in text.split("  ").flat_map(|run| run.split_whitespace().chain([""])) {
        if word.is_empty() {
            p.flush(&mut single);
            continue;
        }
        let shown: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        // One at the edge of a word is a slip of some editor.
        let trimmed = word.trim_matches(is_invisible);
        p.invisible += usize::from(trimmed.chars().any(is_invisible));
        p.fancy += usize::from(shown.chars().filter(|c| is_fancy(*c)).count() >= 3);
        let mixed = shown.chars().any(is_latin) && shown.chars().any(is_borrowed);
        let read = match mixed {
            true => {
                p.mixed += 1;
                shown.chars().map(|c| DOUBLES.iter().find(|d| d.0 == c).map_or(c, |d| d.1)).collect()
            }
            false => shown,
        };
        let bare = read.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.chars().count() == 1 && bare.chars().all(char::is_alphabetic) {
            single.push_str(bare);
            continue;
        }
        p.flush(&mut single);
        p.push(&read);
    }
    p.flush(&mut single);
    p
}

impl Plain {
    fn push(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }
    /// `F R E E` is one word; two or three letters alone are just that.
    fn flush(&mut self, single: &mut String) {
        let letters = std::mem::take(single);
        if letters.chars().count() >= 4 {
            self.spread += 1;
            self.push(&letters);
        } else {
            letters.chars().for_each(|c| self.push(c.encode_utf8(&mut [0; 4])));
        }
    }

    pub(super) fn part(&self) -> Option<Part> {
        let step = |count: usize, one: f64, more: f64| match count {
            0 => 0.0,
            1 => one,
            _ => more,
        };
        let all = [
            ("words of mixed alphabets", self.mixed, step(self.mixed, 0.4, 0.6)),
            ("words in decorative letters", self.fancy, step(self.fancy, 0.2, 0.35)),
            ("words with hidden characters", self.invisible, step(self.invisible, 0.3, 0.5)),
            ("words spread out", self.spread, step(self.spread, 0.25, 0.4)),
        ];
        let not: f64 = all.iter().map(|(_, _, s)| 1.0 - s).product();
        let detail: Vec<String> =
            all.iter().filter(|a| a.1 > 0).map(|(what, n, _)| format!("{n} {what}")).collect();
        let facts = [
            ("mixed", count(self.mixed)),
            ("decorative", count(self.fancy)),
            ("hidden", count(self.invisible)),
            ("spread", count(self.spread)),
        ];
        (not < 1.0).then(|| Part::new("lookalikes", 1.0 - not, detail.join(", "), &facts))
    }
}

/// Capitals and exclamation marks.
pub(super) fn shouting(text: &str) -> Option<Part> {
    let (mut upper, mut lower, mut marks) = (0_usize, 0_usize, 0_usize);
    for c in text.chars() {
        upper += usize::from(c.is_uppercase());
        lower += usize::from(c.is_lowercase());
        marks += usize::from(matches!(c, '!' | '！'));
    }
    let share = upper as f64 / (upper + lower).max(1) as f64;
    let capitals = match upper {
        0..=24 => 0.0,
        25..=80 if share > 0.7 => 0.15,
        81.. if share > 0.7 => 0.25,
        _ => 0.0,
    };
    let loud = match marks {
        0..=3 => 0.0,
        4..=7 => 0.1,
        _ => 0.2,
    };
    let score: f64 = 1.0 - (1.0 - capitals) * (1.0 - loud);
    (score > 0.0).then(|| {
        let percent = (share * 100.0).round();
        let facts = [("capitals", percent as i64), ("exclamation_marks", count(marks))];
        Part::new("shouting", score, format!("{percent:.0} % capitals, {marks} exclamation marks"), &facts)
    })
}

/// Rows of the keyboard, words without vowels, endless letters, signs only.
pub(super) fn gibberish(text: &str, folded: &str) -> Option<Part> {
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().any(char::is_alphabetic)).collect();
    let senseless = words.iter().filter(|w| is_senseless(w)).count();
    let longest_run = runs(folded);
    let signs = text.chars().filter(|c| c.is_ascii_punctuation()).count();
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    let share = senseless as f64 / words.len().max(1) as f64;
    let by_words: f64 = match senseless {
        0 => 0.0,
        n if n >= 4 && share > 0.7 => 0.78,
        n if n >= 2 && share > 0.7 => 0.55,
        _ if share > 0.5 => 0.35,
        n if n >= 3 && share > 0.3 => 0.3,
        _ => 0.0,
    };
    let by_runs = match longest_run {
        40.. => 0.75,
        15..=39 => 0.3,
        _ => 0.0,
    };
    let by_signs = match signs {
        30.. if signs > letters * 4 => 0.75,
        15.. if signs > letters * 3 => 0.3,
        _ => 0.0,
    };
    let all = [
        (by_words, format!("{senseless} words without sense"), ("senseless", count(senseless))),
        (by_runs, format!("one letter {longest_run} times"), ("letter_run", count(longest_run))),
        (by_signs, format!("{signs} signs, hardly a letter"), ("signs", count(signs))),
    ];
    let (score, detail, fact) =
        all.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, ..)| *score > 0.0)?;
    Some(Part::new("gibberish", score, detail, &[fact]))
}

const ROWS: &[&str] =
    &["qwertyuiop", "asdfghjkl", "zxcvbnm", "poiuytrewq", "lkjhgfdsa", "mnbvcxz", "azertyuiop"];

/// Latin letters only: a code with digits is a code, and other scripts have other rules.
fn is_senseless(word: &str) -> bool {
    if word.len() < 6 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return false;
    }
    let mut consonants = 0;
    let mut most = 0;
    for b in word.bytes() {
        consonants = if matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y') { 0 } else { consonants + 1 };
        most = most.max(consonants);
    }
    let on_a_row = |n: usize| {
        word.as_bytes().windows(n).any(|w| ROWS.iter().any(|r| r.as_bytes().windows(n).any(|x| x == w)))
    };
    most >= 6 || on_a_row(5) || word.len() >= 30
}

/// The longest run of one letter or digit.
fn runs(text: &str) -> usize {
    let (mut last, mut run, mut most) = (None, 0, 0);
    for c in text.chars() {
        run = if Some(c) == last { run + 1 } else { 1 };
        last = Some(c);
        if c.is_alphanumeric() {
            most = most.max(run);
        }
    }
    most
}

/// The same words or lines, again and again, in one message.
pub(super) fn repetition(text: &str, folded: &str) -> Option<Part> {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for line in text.lines().map(str::trim).filter(|l| l.chars().count() >= 12) {
        *lines.entry(line).or_default() += 1;
    }
    let same_lines = lines.values().max().copied().unwrap_or(0);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let distinct = words.iter().collect::<std::collections::HashSet<_>>().len();
    let share = distinct as f64 / words.len().max(1) as f64;
    let by_words = match words.len() {
        0..=14 => 0.0,
        _ if share < 0.15 => 0.75,
        _ if share < 0.3 => 0.5,
        40.. if share < 0.4 => 0.2,
        _ => 0.0,
    };
    let by_lines = match same_lines {
        0..=2 => 0.0,
        3 => 0.35,
        4 => 0.6,
        _ => 0.75,
    };
    let score = f64::max(by_words, by_lines);
    (score > 0.0).then(|| match by_lines >= by_words {
        true => {
            let detail = format!("one line {same_lines} times");
            Part::new("repetition", score, detail, &[("same_lines", count(same_lines))])
        }
        false => {
            let detail = format!("{distinct} different words of {}", words.len());
            let facts = [("distinct_words", count(distinct)), ("words", count(words.len()))];
            Part::new("repetition", score, detail, &facts)
        }
    })
}
