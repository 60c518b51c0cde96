//! The named places where the two engines differ. A test counts them; a new one wants a reason.

use super::{Conn, Engine, Value};

/// `?3, ?4, ?5` for an `IN (…)` of `count` values, the first being parameter `from`.
pub fn in_list(from: usize, count: usize) -> String {
    let mut out = String::with_capacity(count * 4);
    for i in 0..count.max(1) {
        if i > 0 {
            out.push(',');
        }
        if count == 0 {
            out.push_str("NULL");
        } else {
            out.push('?');
            out.push_str(&(from + i).to_string());
        }
    }
    out
}

/// Fills `values` from the one at `from` on, those of an [`in_list`], up to a power of two with the last one again: lists of
/// all lengths are then few texts, each prepared once.
pub fn fill_list(values: &mut Vec<Value<'_>>, from: usize) {
    if let Some(last) = values.get(from..).and_then(<[_]>::last).cloned() {
        let count = values.len() - from;
        values.resize(from + count.next_power_of_two(), last);
    }
}

/// Appended to a `SELECT` that claims rows: other workers pass over what is being claimed.
pub fn skip_locked(c: &Conn) -> &'static str {
    match c.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE SKIP LOCKED",
    }
}

/// Appended to a `SELECT` of a row that is about to be changed.
pub fn for_update(c: &Conn) -> &'static str {
    match c.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE",
    }
}

/// The next value of a named counter that may have gaps: an expression for `VALUES (…)`.
/// `table.column` holds the highest value so far; on PostgreSQL a sequence `<table>_<column>_seq` stands beside it.
pub fn next_number(c: &Conn, table: &str, column: &str) -> String {
    match c.engine() {
        Engine::Sqlite => format!("(SELECT coalesce(max({column}), 1000) + 1 FROM {table})"),
        Engine::Postgres => format!("nextval('{table}_{column}_seq')"),
    }
}

/// A field of a JSON text column, as text.
pub fn json_get(c: &Conn, column: &str, field: &str) -> String {
    match c.engine() {
        Engine::Sqlite => format!("json_extract({column}, '$.{field}')"),
        Engine::Postgres => format!("(({column})::jsonb ->> '{field}')"),
    }
}

/// After rows were given ids and numbers by hand: the counters of `table.column` stand behind the highest. `id` columns have
/// their own counter, the others that of [`next_number`]. Nothing on SQLite.
pub fn refresh_counters(tx: &super::Tx<'_>, columns: &[(&str, &str)]) -> crate::Result<()> {
    if tx.engine() == Engine::Postgres {
        for (table, column) in columns {
            let counter = match *column {
                "id" => format!("pg_get_serial_sequence('{table}', 'id')"),
                _ => format!("'{table}_{column}_seq'"),
            };
            let text = format!("SELECT setval({counter}, (SELECT coalesce(max({column}), 1) FROM {table}))");
            tx.value::<i64>(super::Sql::built(&text), &[])?;
        }
    }
    Ok(())
}

/// Lets the engine look at its data again, after a bulk load.
pub fn analyze(tx: &super::Tx<'_>) -> crate::Result<()> {
    tx.exec(super::Sql::built("ANALYZE"), &[]).map(|_| ())
}

/// Rows of a table of tokens (see [`crate::search`]) that meet the expression in parameter `n`.
pub fn search_matches(c: &Conn, table: &str, n: usize) -> String {
    match c.engine() {
        Engine::Sqlite => format!("{table} MATCH ?{n}"),
        Engine::Postgres => format!("{table}.words @@ CAST(CAST(?{n} AS text) AS tsquery)"),
    }
}

/// Stores the tokens (parameter 2, with spaces between them) of row 1, in place of those that it had.
pub fn search_put(tx: &super::Tx<'_>, table: &str, values: &[super::Value<'_>]) -> crate::Result<()> {
    let text = match tx.engine() {
        Engine::Sqlite => format!("INSERT OR REPLACE INTO {table} (rowid, words) VALUES (?1, ?2)"),
        Engine::Postgres => format!(
            "INSERT INTO {table} (rowid, words) VALUES (?1, array_to_tsvector(string_to_array(?2, ' '))) \
             ON CONFLICT (rowid) DO UPDATE SET words = excluded.words"
        ),
    };
    tx.exec(super::Sql::built(&text), values).map(|_| ())
}

/// Merges small pieces of a table of tokens, in a step that takes milliseconds for some dozens of `pages`; below zero it
/// begins to merge all there is into one, so that nothing is left of rows that are gone. False: there was nothing to do.
/// Nothing on PostgreSQL.
pub fn search_tidy(tx: &super::Tx<'_>, table: &str, pages: i64) -> crate::Result<bool> {
    if tx.engine() == Engine::Postgres {
        return Ok(false);
    }
    let text = format!("INSERT INTO {table} ({table}, rank) VALUES ('merge', ?1)");
    let changes =
        |tx: &super::Tx<'_>| tx.one(super::Sql::built("SELECT total_changes()"), &[], |r| r.get::<i64>(0));
    let before = changes(tx)?;
    tx.exec(super::Sql::built(&text), &[super::Value::from(pages)])?;
    // The statement itself counts as one.
    Ok(changes(tx)? - before > 1)
}

/// Whether a table is there.
pub fn has_table(c: &Conn, table: &str) -> crate::Result<bool> {
    let found = match c.engine() {
        Engine::Sqlite => {
            c.value::<i64>(crate::sql!("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1"), crate::params![table])
        }
        Engine::Postgres => c.value::<i64>(
            crate::sql!(
                "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = ?1"
            ),
            crate::params![table],
        ),
    };
    Ok(found?.unwrap_or(0) > 0)
}
