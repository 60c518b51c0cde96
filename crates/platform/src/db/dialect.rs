//! The named places where the two engines differ. A test counts them; a new one wants a reason.

use super::{Conn, Engine};

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
