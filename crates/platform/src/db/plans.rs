//! For tests: which statements a closure ran, so that their plans can be looked at. Of one thread, as a closure is. Nothing
//! here is part of the product.

use std::cell::RefCell;

use super::{Engine, Sql, Value};
use crate::{Conn, Result};

/// Statements with their parameters, in order.
type Statements = Vec<(String, Vec<Value<'static>>)>;

thread_local! {
    static SEEN: RefCell<Option<Statements>> = const { RefCell::new(None) };
}

pub(super) fn saw(sql: Sql<'_>, params: &[Value<'_>]) {
    SEEN.with_borrow_mut(|seen| {
        if let Some(all) = seen {
            all.push((sql.text().to_owned(), params.iter().map(|v| v.clone().into_owned()).collect()));
        }
    });
}

/// What `f` reads is found along indexes: no statement goes through all of one of `tables`.
///
/// SQLite names a table by its alias where it has one: alias none of `tables`. PostgreSQL is asked to avoid whole tables as
/// well as it can, because those of a test are nearly empty.
///
/// # Panics
///
/// With the plan of the first statement that does, and if `f` ran none.
pub fn assert_indexed(
    c: &Conn<'_>,
    what: &str,
    tables: &[&str],
    f: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if c.engine() == Engine::Postgres {
        c.value::<String>(Sql::built("SELECT set_config('enable_seqscan', 'off', true)"), &[])?;
    }
    SEEN.set(Some(Vec::new()));
    let done = f();
    let seen = SEEN.take().unwrap_or_default();
    done?;
    assert!(!seen.is_empty(), "{what} asked nothing");
    for (text, values) in seen.iter().filter(|(text, _)| !text.starts_with("EXPLAIN")) {
        let lines = c.explain(Sql::built(text), values)?;
        let goes_through = |line: &str| {
            let line = line.trim_start_matches([' ', '-', '>']);
            tables.iter().any(|table| match c.engine() {
                Engine::Sqlite => line.strip_prefix("SCAN ").is_some_and(|rest| rest == *table),
                Engine::Postgres => {
                    line.split_once("Seq Scan on ").is_some_and(|(_, on)| on.split(' ').next() == Some(table))
                }
            })
        };
        assert!(!lines.iter().any(|l| goes_through(l)), "{what} goes through a table: {lines:#?}\n{text}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{db::migrate::Migration, testing::Setup};

    const NOTES: &[Migration] = &[Migration {
        number: 1,
        name: "notes",
        text: "CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL);\nCREATE INDEX notes_text ON notes (text);",
    }];

    fn found(by: &'static str) -> bool {
        let test = || {
            Setup::new(NOTES).each(move |t| {
                t.db.read_now(move |c| {
                    assert_indexed(c, "a note", &["notes"], || {
                        c.value::<i64>(Sql::built(by), &[]).map(|_| ())
                    })
                })
            });
        };
        std::panic::catch_unwind(test).is_ok()
    }

    #[test]
    fn a_whole_table_is_noticed() {
        assert!(found("SELECT id FROM notes WHERE text = 'a'"));
        assert!(!found("SELECT id FROM notes WHERE text LIKE '%a'"));
    }
}
