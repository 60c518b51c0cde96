//! SQL texts: written once, in the dialect that both engines speak, with `?1`-style parameters.

use std::borrow::Cow;

/// A statement. Static ones come from [`sql!`](crate::sql) and are prepared on both engines by a test;
/// [`Sql::built`] is for a `WHERE` assembled from a user's filters and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sql<'a>(&'a str);

impl<'a> Sql<'a> {
    #[doc(hidden)]
    pub const fn fixed(text: &'static str) -> Sql<'static> {
        Sql(text)
    }
    /// Assembled at run time from fixed pieces. Values always travel as parameters.
    pub fn built(text: &'a str) -> Self {
        Sql(text)
    }
    pub fn text(self) -> &'a str {
        self.0
    }
}

/// A static statement: `sql!("SELECT name FROM users WHERE id = ?1")`. The argument is one string literal.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $crate::db::Sql::fixed($text)
    };
}

/// `?3` → `$3`, outside of string literals.
pub(super) fn for_postgres(text: &str) -> Cow<'_, str> {
    if !text.contains('?') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                out.push(c);
            }
            '?' if !quoted => out.push('$'),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn question_marks_in_literals_stay() {
        assert_eq!(
            super::for_postgres("a = ?1 AND b = 'why?' AND c = ?12"),
            "a = $1 AND b = 'why?' AND c = $12"
        );
    }
}
