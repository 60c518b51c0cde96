//! Migrations: one numbered list, one text for both engines.
//!
//! A migration is DDL with *type words* (`id bigint text double bool blob`, the second word of a column's line),
//! which are spelled per engine; `CREATE TABLE` becomes STRICT on SQLite. Lines between `-- @sqlite` or
//! `-- @postgres` and `-- @both` go to one engine alone. A migration that was applied never changes: its checksum
//! is kept, and a different text is refused at start.

use super::{Conn, Db, Engine, LockKey, Tx, pool};
use crate::{
    error::{Error, Result},
    params, sql,
};

const TABLE: &str = "\
CREATE TABLE IF NOT EXISTS migrations (
  number bigint PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at bigint NOT NULL
);";

/// One step. Numbers ascend.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub number: i64,
    pub name: &'static str,
    pub text: &'static str,
}

/// Several nodes that start at once migrate one after the other.
fn turn() -> Vec<LockKey> {
    vec![LockKey::new(0, 2)]
}

/// Applies what is missing; the numbers that were applied now. Safe to call on every start and by several nodes.
pub fn run(db: &Db, all: &'static [Migration]) -> Result<Vec<i64>> {
    pool::block_on(db.write_locked(turn(), |tx| execute(tx, &spell(tx.engine(), TABLE))))?;
    let mut applied = Vec::new();
    assert!(all.is_sorted_by(|a, b| a.number < b.number), "migrations are in the order of their numbers");
    for m in all {
        if pool::block_on(db.write_locked(turn(), move |tx| apply(tx, m)))? {
            applied.push(m.number);
        }
    }
    Ok(applied)
}

/// True when `run` would do something.
pub fn pending(db: &Db, all: &'static [Migration]) -> Result<bool> {
    db.read_now(move |c| {
        if !super::dialect::has_table(c, "migrations")? {
            return Ok(true);
        }
        let done = c.value::<i64>(sql!("SELECT count(*) FROM migrations"), &[])?.unwrap_or(0);
        Ok(done < all.len() as i64)
    })
}

/// A consistent copy of an SQLite file, which nothing may have open for writing.
pub fn snapshot(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    let connection = rusqlite::Connection::open(from).map_err(super::failure::sqlite)?;
    let to = to.display().to_string();
    connection.execute("VACUUM INTO ?1", [to]).map(|_| ()).map_err(super::failure::sqlite)
}

fn apply(tx: &Tx<'_>, m: &Migration) -> Result<bool> {
    let checksum = crate::crypto::sha256_hex(m.text.as_bytes());
    let done: Option<String> =
        tx.value(sql!("SELECT checksum FROM migrations WHERE number = ?1"), params![m.number])?;
    match done {
        Some(was) if was == checksum => return Ok(false),
        Some(_) => {
            return Err(Error::internal(format!(
                "migration {} was changed after it had been applied",
                m.number
            )));
        }
        None => {}
    }
    execute(tx, &spell(tx.engine(), m.text))?;
    tx.exec(
        sql!("INSERT INTO migrations (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)"),
        params![m.number, m.name, checksum, tx.now()],
    )?;
    Ok(true)
}

fn execute(c: &Conn<'_>, text: &str) -> Result<()> {
    match c.raw {
        super::conn::Raw::Lite(l) => c.lite(l)?.execute_batch(text).map_err(super::failure::sqlite),
        super::conn::Raw::Pg(s) => s.borrow_mut().batch(text),
    }
}

/// The text as one engine wants it.
pub fn spell(engine: Engine, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    let mut only: Option<Engine> = None;
    let mut in_table = false;
    for line in text.lines() {
        let here = only.is_none_or(|o| o == engine);
        in_table |= here && line.starts_with("CREATE TABLE ");
        match line.trim() {
            "-- @sqlite" => only = Some(Engine::Sqlite),
            "-- @postgres" => only = Some(Engine::Postgres),
            "-- @both" => only = None,
            _ if !here => {}
            ");" if in_table => {
                in_table = false;
                out.push_str(if engine == Engine::Sqlite { ") STRICT;\n" } else { ");\n" });
            }
            _ if !in_table && !line.contains("ADD COLUMN ") => {
                out.push_str(line);
                out.push('\n');
            }
            _ => {
                out.push_str(&column(engine, line));
                out.push('\n');
            }
        }
    }
    out
}

/// `  name word …` or `ALTER TABLE … ADD COLUMN name word …`: the word spelled for the engine.
fn column(engine: Engine, line: &str) -> String {
    let start = match line.find("ADD COLUMN ") {
        Some(at) => at + "ADD COLUMN ".len(),
        None if line.starts_with(' ') && !line.trim_start().starts_with("--") => {
            line.len() - line.trim_start().len()
        }
        None => return line.to_owned(),
    };
    let (head, body) = line.split_at(start);
    let Some((name, rest)) = body.split_once(' ') else { return line.to_owned() };
    let end = rest.find([' ', ',', ';']).unwrap_or(rest.len());
    let (word, tail) = rest.split_at(end);
    let spelled = match (engine, word) {
        (Engine::Sqlite, "id") => "INTEGER PRIMARY KEY",
        (Engine::Sqlite, "bigint" | "bool") => "INTEGER",
        (Engine::Sqlite, "text") => "TEXT",
        (Engine::Sqlite, "double") => "REAL",
        (Engine::Sqlite, "blob") => "BLOB",
        (Engine::Postgres, "id") => "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        (Engine::Postgres, "bigint") => "BIGINT",
        (Engine::Postgres, "bool") => "BOOLEAN",
        (Engine::Postgres, "text") => "TEXT",
        (Engine::Postgres, "double") => "DOUBLE PRECISION",
        (Engine::Postgres, "blob") => "BYTEA",
        _ => return line.to_owned(),
    };
    format!("{head}{name} {spelled}{tail}")
}
