//! What somebody looks for.

use super::document::{LONG, LONGEST, SHORT, backwards, beginning, digits, is_number, mark, words};
use crate::{
    Conn,
    db::{Engine, Value, dialect},
};

/// Words of one search at most; more say nothing more.
const MOST: usize = 8;
/// Digits that may be the end of a number …
const TAIL: usize = 3;
/// … and groups of digits that are one number, not several.
const WHOLE: usize = 6;

/// Words to be found, and marks that must or must not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Each is met by one of its alternatives.
    all: Vec<Vec<Term>>,
    not: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Word(String),
    /// Only begun.
    Begin(String),
}

impl Query {
    /// What `text` asks for: every word, the last of which may have only begun. Digits may also be the end of a number, and
    /// six of them with nothing between them but spaces and signs are one number. `None`: there is no word in it.
    pub fn read(text: &str) -> Option<Query> {
        let found: Vec<String> = words(text).take(MOST).collect();
        let last = found.len().checked_sub(1)?;
        let is_one = text.chars().all(|c| c.is_ascii_digit() || " +-.()/".contains(c));
        if is_one && last > 0 && digits(text).len() >= WHOLE {
            return Some(Query { all: vec![number(&digits(text))], not: Vec::new() });
        }
        let mut all = Vec::with_capacity(found.len() + 1);
        for (n, word) in found.into_iter().enumerate() {
            match n == last {
                _ if is_number(&word) && word.len() >= TAIL => all.push(number(&word)),
                true => all.extend(begin(word).map(|term| vec![term])),
                false => all.push(vec![Term::Word(word)]),
            }
        }
        Some(Query { all, not: Vec::new() })
    }

    /// Only rows with one of these marks.
    #[must_use]
    pub fn within(mut self, marks: impl IntoIterator<Item = (char, i64)>) -> Query {
        // Before the words: the engines begin with what is rare.
        self.all.insert(0, marks.into_iter().map(|(kind, id)| Term::Word(mark(kind, id))).collect());
        self
    }

    /// Only rows without this mark.
    #[must_use]
    pub fn without(mut self, kind: char, id: i64) -> Query {
        self.not.push(mark(kind, id));
        self
    }

    /// The condition on `index` (a table of tokens), whose parameter goes to the end of `values`.
    pub fn condition(&self, c: &Conn<'_>, index: &str, values: &mut Vec<Value<'static>>) -> String {
        values.push(Value::from(self.expression(c.engine())));
        dialect::search_matches(c, index, values.len())
    }

    /// Tokens are letters, digits and underscores, so that quotes hold them in either language.
    fn expression(&self, engine: Engine) -> String {
        let (and, or) = match engine {
            Engine::Sqlite => (" AND ", " OR "),
            Engine::Postgres => (" & ", " | "),
        };
        let term = |term: &Term| match (term, engine) {
            (Term::Word(w), Engine::Sqlite) => format!("\"{w}\""),
            (Term::Word(w), Engine::Postgres) => format!("'{w}'"),
            (Term::Begin(w), Engine::Sqlite) => format!("\"{w}\" *"),
            (Term::Begin(w), Engine::Postgres) => format!("'{w}':*"),
        };
        let any = |terms: &Vec<Term>| match terms.as_slice() {
            [one] => term(one),
            several => format!("({})", several.iter().map(term).collect::<Vec<_>>().join(or)),
        };
        let mut text = self.all.iter().map(any).collect::<Vec<_>>().join(and);
        for token in &self.not {
            text = match engine {
                Engine::Sqlite => format!("({text}) NOT \"{token}\""),
                Engine::Postgres => format!("({text}) & !'{token}'"),
            };
        }
        text
    }
}

/// A word that may have only begun.
fn begin(word: String) -> impl Iterator<Item = Term> {
    let length = word.chars().count();
    let is_long = length > SHORT && !is_number(&word);
    let token = is_long.then(|| Term::Word(beginning(&word, LONG)));
    // What is longer than that is rare.
    let rest = (!is_long || length > LONG).then_some(Term::Begin(word));
    token.into_iter().chain(rest)
}

/// The beginning of a number, or its end: a national number is the end of the international one, but for its zero.
fn number(digits: &str) -> Vec<Term> {
    let mut all = vec![Term::Begin(digits.to_owned())];
    let tail = digits.trim_start_matches('0');
    if tail.len() >= TAIL {
        // As long as a stored one, so that the beginning of a very long one is still found.
        all.push(Term::Begin(backwards(tail).chars().take(LONGEST).collect()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> Option<(String, String)> {
        let q = Query::read(text)?;
        Some((q.expression(Engine::Sqlite), q.expression(Engine::Postgres)))
    }

    #[test]
    fn the_last_word_may_have_only_begun() {
        assert_eq!(both("Nguyễn  La"), Some(("\"nguyen\" AND \"la\" *".into(), "'nguyen' & 'la':*".into())));
        assert_eq!(
            both("lan exampl"),
            Some(("\"lan\" AND \"exampl\" *".into(), "'lan' & 'exampl':*".into()))
        );
        assert_eq!(both("lan example").map(|b| b.1).as_deref(), Some("'lan' & '_pexample'"));
        assert_eq!(
            both("internationalisation").map(|b| b.1).as_deref(),
            Some("'_pinternationa' & 'internationalisation':*")
        );
        assert_eq!(both(" -- !"), None);
    }

    #[test]
    fn digits_are_a_number_or_its_end() {
        let one = "(\"0912345678\" * OR \"_r876543219\" *)";
        assert_eq!(both("0912 345 678").map(|b| b.0).as_deref(), Some(one));
        assert_eq!(both("(091) 234-5678").map(|b| b.0).as_deref(), Some(one));
        assert_eq!(both("lan 678").map(|b| b.1).as_deref(), Some("'lan' & ('678':* | '_r876':*)"));
        assert_eq!(both("12 5").map(|b| b.1).as_deref(), Some("'12' & '5':*"));
        assert_eq!(both("lan 12").map(|b| b.1).as_deref(), Some("'lan' & '12':*"));
    }

    #[test]
    fn what_is_written_cannot_leave_its_quotes() {
        let (lite, pg) = both("a\" OR \"b' | 'c NEAR(x)").unwrap();
        assert_eq!(lite, "\"a\" AND \"or\" AND \"b\" AND \"c\" AND \"near\" AND \"x\" *");
        assert_eq!(pg, "'a' & 'or' & 'b' & 'c' & 'near' & 'x':*");
    }

    #[test]
    fn marks_narrow() {
        let q = Query::read("lan").unwrap().within([('o', 7), ('d', 1)]).without('a', 0);
        assert_eq!(q.expression(Engine::Sqlite), "((\"_o7\" OR \"_d1\") AND \"lan\" *) NOT \"_a0\"");
        assert_eq!(q.expression(Engine::Postgres), "(('_o7' | '_d1') & 'lan':*) & !'_a0'");
    }
}
