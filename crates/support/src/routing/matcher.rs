//! All active keywords in one automaton: one pass over a text, however many there are.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use people::DepartmentId;
use platform::{
    Conn, Db, Error, Result,
    events::feed::Feed,
    fold::{fold, lower},
    shutdown::{Stop, stopped},
};
use tokio::sync::broadcast::error::RecvError;
use unicode_normalization::char::is_combining_mark;

use super::{KeywordId, Snapshot, events, store};

/// The feed tells at once; this is the guarantee.
const POLL: Duration = Duration::from_secs(30);
/// Up to so many bytes of keywords the automaton is a table (fastest, and larger); above, the compact form.
const TABLE_BYTES: usize = 16 << 10;

/// One keyword as the automaton knows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub id: KeywordId,
    pub word: String,
    pub folded: String,
    pub lowered: String,
    pub priority: i64,
    pub department_id: Option<DepartmentId>,
}

/// A keyword that a text holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedKeyword {
    pub id: KeywordId,
    pub word: String,
    pub priority: i64,
    pub department_id: Option<DepartmentId>,
    /// The text has it with its very marks, not only folded.
    pub exact: bool,
}

/// What a text holds, each keyword once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// By id.
    pub keywords: Vec<MatchedKeyword>,
    /// Department, summed priority, summed priority of the exact ones (the tie-break); best first.
    pub departments: Vec<(DepartmentId, i64, i64)>,
}

impl Matches {
    fn of(mut keywords: Vec<MatchedKeyword>) -> Self {
        keywords.sort_unstable_by_key(|k| k.id);
        let mut departments: Vec<(DepartmentId, i64, i64)> = Vec::new();
        for k in &keywords {
            let Some(department) = k.department_id else { continue };
            let at = departments.iter().position(|d| d.0 == department).unwrap_or_else(|| {
                departments.push((department, 0, 0));
                departments.len() - 1
            });
            departments[at].1 += k.priority;
            departments[at].2 += if k.exact { k.priority } else { 0 };
        }
        // An exact match counts once for the sum and once more for the tie.
        departments.sort_unstable_by_key(|&(id, sum, exact)| (-sum, -exact, id));
        Matches { keywords, departments }
    }
}

struct State {
    entries: Vec<Entry>,
    /// None where there is no keyword.
    automata: Option<Automata>,
    settings: Snapshot,
}

/// Over the folded words, and over the lower-cased ones with their marks; pattern n is entry n in both.
#[derive(Clone)]
struct Automata {
    folded: AhoCorasick,
    lowered: AhoCorasick,
}

/// The keywords and the routing settings of this desk, in memory. Cloning shares them; [`refresh`](Self::refresh)
/// replaces them whole, so that a message sees one set or the other.
#[derive(Clone)]
pub struct Matcher(Arc<RwLock<Arc<State>>>);

impl Matcher {
    /// Knows no keyword, and the settings' defaults.
    pub fn empty() -> Matcher {
        let state = State { entries: Vec::new(), automata: None, settings: Snapshot::default() };
        Matcher(Arc::new(RwLock::new(Arc::new(state))))
    }

    /// What the tables hold now.
    pub fn load(c: &Conn<'_>) -> Result<Matcher> {
        Ok(Matcher(Arc::new(RwLock::new(Arc::new(State::load(c)?)))))
    }

    /// Reads the tables again. A write of a keyword or of the settings calls it before it answers.
    pub async fn refresh(&self, db: &Db) -> Result<()> {
        let (entries, settings) = db.read(|c| Ok((store::active(c)?, Snapshot::load(c)?))).await?;
        let old = self.state();
        if old.entries == entries {
            // The settings alone may have changed: the automata stand.
            self.set(State { entries, automata: old.automata.clone(), settings });
            return Ok(());
        }
        let state = tokio::task::spawn_blocking(move || State::new(entries, settings))
            .await
            .map_err(Error::internal)??;
        self.set(state);
        Ok(())
    }

    /// Keeps step with writes of other nodes until `stop`.
    pub fn follow(&self, db: Db, feed: Feed, mut stop: Stop) {
        let matcher = self.clone();
        tokio::spawn(async move {
            let mut batches = feed.subscribe();
            loop {
                tokio::select! {
                    batch = batches.recv() => match batch {
                        Ok(events) if !events.iter().any(|e| events::changes_routing(&e.kind)) => continue,
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return,
                    },
                    () = tokio::time::sleep(POLL) => {}
                    () = stopped(&mut stop) => return,
                }
                if let Err(e) = matcher.refresh(&db).await {
                    tracing::warn!(error = %e, "keywords could not be read again; the old ones stay in use");
                }
            }
        });
    }

    /// The routing settings as of the last refresh.
    pub fn snapshot(&self) -> Snapshot {
        self.state().settings
    }

    /// Which keywords `text` holds: whole words and phrases, each counted once.
    pub fn find(&self, text: &str) -> Matches {
        let state = self.state();
        let Some(automata) = &state.automata else { return Matches::default() };
        let folded = one_spaced(&fold(text));
        let found = whole_words(&automata.folded, &folded);
        if found.is_empty() {
            return Matches::default();
        }
        // Plain ASCII is its own exact form; otherwise a second pass, over the text with its marks.
        let exact = match text.is_ascii() {
            true => Vec::new(),
            false => whole_words(&automata.lowered, &one_spaced(&lower(text))),
        };
        let keywords = found.into_iter().filter_map(|n| {
            let e = state.entries.get(n)?;
            let exact = if text.is_ascii() { e.lowered == e.folded } else { exact.binary_search(&n).is_ok() };
            Some(MatchedKeyword {
                id: e.id,
                word: e.word.clone(),
                priority: e.priority,
                department_id: e.department_id,
                exact,
            })
        });
        Matches::of(keywords.collect())
    }

    fn state(&self) -> Arc<State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn set(&self, state: State) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }
}

impl State {
    fn load(c: &Conn<'_>) -> Result<State> {
        State::new(store::active(c)?, Snapshot::load(c)?)
    }

    fn new(entries: Vec<Entry>, settings: Snapshot) -> Result<State> {
        let automata = match entries.is_empty() {
            true => None,
            false => Some(Automata {
                folded: automaton(entries.iter().map(|e| e.folded.as_str()))?,
                lowered: automaton(entries.iter().map(|e| e.lowered.as_str()))?,
            }),
        };
        Ok(State { entries, automata, settings })
    }
}

/// Overlapping matches are wanted (*mua* and *mua hàng* both count), so the match kind is the standard one.
fn automaton<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Result<AhoCorasick> {
    let bytes: usize = words.clone().map(str::len).sum();
    let kind = if bytes <= TABLE_BYTES { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::Standard).kind(Some(kind)).prefilter(false).dense_depth(3);
    builder.build(words).map_err(Error::internal)
}

/// The patterns that stand in `text` as whole words, ascending, each once.
fn whole_words(automaton: &AhoCorasick, text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for m in automaton.find_overlapping_iter(text) {
        if m.end() > m.start() && ends_word(text, m.start()) && ends_word(text, m.end()) {
            found.push(m.pattern().as_usize());
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a word may begin or end at this place: letters or digits do not stand on both sides. Scripts that write no
/// spaces have no such places, and there every place will do.
fn ends_word(text: &str, at: usize) -> bool {
    let (Some(before), Some(after)) = (text[..at].chars().next_back(), text[at..].chars().next()) else {
        return true;
    };
    !(is_word(before) && is_word(after)) || is_unspaced(before) || is_unspaced(after)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Thai, Lao, Burmese, Khmer, kana, Han.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Runs of white space become one space, none at the ends, so that a phrase is found across a line break.
pub(super) fn one_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
#[path = "matcher_tests.rs"]
mod tests;
