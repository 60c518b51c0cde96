//! The content score: how much a text looks like spam, from parts that are stored and shown. Pure.
//!
//! Each part gives a likelihood between 0 and 1, and they combine as independent witnesses do: 1 − Π(1 − part). No part
//! alone decides over an ordinary sentence; a lone link, a short shout, a code or a number never comes near the threshold.
//! `detail` of a part names what was found (a phrase of our lists, a count), never the customer's words; `facts` are the
//! counts in it, for interfaces in other languages.

mod links;
mod phrases;
mod shape;

use std::collections::BTreeMap;

use platform::fold::fold;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longer texts are judged by their beginning.
const LONGEST: usize = 8_000;
/// Below so many letters a text may be said again and again: *ok*, *alo?*, *giá?*.
const REPEATABLE: usize = 12;

/// One witness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SpamPart)]
pub struct Part {
    /// `links`, `phrases`, `lookalikes`, `shouting`, `gibberish`, `empty`, `repetition`, `repeated`.
    pub name: String,
    /// 0–1.
    pub score: f64,
    /// What was found, in English; for `phrases` the phrases themselves.
    pub detail: String,
    /// What `detail` counts: `links`, `shortened`, `odd`, `more_phrases`, `mixed`, `decorative`, `hidden`, `spread`,
    /// `capitals` (percent), `exclamation_marks`, `senseless`, `letter_run`, `signs`, `same_lines`, `distinct_words`,
    /// `words`, `times`, `messages`, `days`. Nothing is counted that is not there.
    #[serde(default)]
    pub facts: BTreeMap<String, i64>,
}

impl Part {
    pub(super) fn new(name: &str, score: f64, detail: impl Into<String>, facts: &[(&str, i64)]) -> Self {
        let facts = facts.iter().filter(|(_, n)| *n > 0).map(|(fact, n)| ((*fact).to_owned(), *n)).collect();
        Part { name: name.to_owned(), score: round(score), detail: detail.into(), facts }
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What the parts say together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContentScore {
    /// 0–1.
    pub score: f64,
    pub parts: Vec<Part>,
    /// Saying it again means nothing.
    repeatable: bool,
    /// Judging failed, and why: such a text is not spam.
    pub failure: Option<String>,
}

impl ContentScore {
    fn of(parts: Vec<Part>, repeatable: bool) -> Self {
        let not: f64 = parts.iter().map(|p| 1.0 - p.score.clamp(0.0, 1.0)).product();
        ContentScore { score: round(1.0 - not), parts, repeatable, failure: None }
    }

    /// With what only the transaction knows: the same text came `repeats` times in a row today, this one included.
    pub fn with_repeats(&self, repeats: i64) -> ContentScore {
        let score = match repeats {
            ..=2 => return self.clone(),
            _ if self.repeatable || self.failure.is_some() => return self.clone(),
            3 => 0.3,
            4 => 0.5,
            5..=6 => 0.65,
            _ => 0.8,
        };
        let mut parts = self.parts.clone();
        let detail = format!("{repeats} times in a row");
        parts.push(Part::new("repeated", score, detail, &[("times", repeats)]));
        ContentScore::of(parts, false)
    }
}

/// Judges a text that came without attachments.
pub fn score(text: &str) -> ContentScore {
    score_with(text, false)
}

/// Judges a text. Never fails: should judging break down, the score is 0 and says so.
pub fn score_with(text: &str, has_attachments: bool) -> ContentScore {
    std::panic::catch_unwind(|| judge(text, has_attachments)).unwrap_or_else(|_| ContentScore {
        failure: Some("the content could not be judged".into()),
        ..ContentScore::default()
    })
}

fn judge(text: &str, has_attachments: bool) -> ContentScore {
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    if text.trim().is_empty() {
        let parts = if has_attachments {
            Vec::new()
        } else {
            vec![Part::new("empty", 0.3, "no text, no attachment", &[])]
        };
        return ContentScore::of(parts, true);
    }
    let links = links::find(text);
    // What is left when links are taken out: a link is no shouting and no gibberish.
    let prose = links::without(text, &links);
    let plain = shape::plain(&prose);
    let folded = fold(&plain.text);
    let parts = [
        links::part(&links),
        phrases::part(&folded),
        plain.part(),
        shape::shouting(&prose),
        shape::gibberish(&prose, &folded),
        shape::repetition(&prose, &folded),
    ];
    let letters = folded.chars().filter(|c| c.is_alphanumeric()).count();
    ContentScore::of(parts.into_iter().flatten().collect(), letters < REPEATABLE && links.is_empty())
}

/// Three places are enough for anybody.
fn round(score: f64) -> f64 {
    (score.clamp(0.0, 1.0) * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests;
