//! What a closure holds: [`Conn`] to read, [`Tx`] to read and write.

use std::{
    cell::{Cell, RefCell},
    ops::Deref,
};

use rusqlite::types::ValueRef;

use super::{LockKey, Reactors, Row, Sql, Value, failure, postgres::Session};
use crate::{
    clock::Millis,
    error::{Error, Result},
};

/// A consistent view for reading. A store's reading functions take `&Conn`; a `&Tx` will do as well.
pub struct Conn<'c> {
    pub(super) raw: Raw<'c>,
}

#[derive(Clone, Copy)]
pub(super) enum Raw<'c> {
    Lite(&'c rusqlite::Connection),
    Pg(&'c RefCell<Session>),
}

/// The engine, for the few places where the SQL differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Conn<'_> {
    /// The SQLite connection, if its transaction is still open. The engine may have ended it (full disk, I/O error);
    /// a closure that overlooked this would write outside of any transaction, and nobody could take it back.
    pub(super) fn lite<'a>(&self, c: &'a rusqlite::Connection) -> Result<&'a rusqlite::Connection> {
        if c.is_autocommit() {
            return Err(Error::unavailable("The database ended the transaction; nothing was stored."));
        }
        Ok(c)
    }

    /// Only for functions that hold nothing but the differing SQL.
    pub fn engine(&self) -> Engine {
        match self.raw {
            Raw::Lite(_) => Engine::Sqlite,
            Raw::Pg(_) => Engine::Postgres,
        }
    }

    /// Every row, in order.
    pub fn all<T>(
        &self,
        sql: Sql<'_>,
        params: &[Value<'_>],
        mut read: impl FnMut(Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        #[cfg(feature = "testing")]
        super::plans::saw(sql, params);
        match self.raw {
            Raw::Lite(c) => {
                let mut statement = self.lite(c)?.prepare_cached(sql.text()).map_err(failure::sqlite)?;
                let mut rows =
                    statement.query(rusqlite::params_from_iter(params)).map_err(failure::sqlite)?;
                let mut out = Vec::new();
                while let Some(row) = rows.next().map_err(failure::sqlite)? {
                    out.push(read(Row::Lite(row))?);
                }
                Ok(out)
            }
            Raw::Pg(s) => {
                let rows = s.borrow_mut().query(sql, params)?;
                rows.iter().map(|r| read(Row::Pg(r))).collect()
            }
        }
    }

    /// The first row, if there is one.
    pub fn opt<T>(
        &self,
        sql: Sql<'_>,
        params: &[Value<'_>],
        read: impl FnOnce(Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        #[cfg(feature = "testing")]
        super::plans::saw(sql, params);
        match self.raw {
            Raw::Lite(c) => {
                let mut statement = self.lite(c)?.prepare_cached(sql.text()).map_err(failure::sqlite)?;
                let mut rows =
                    statement.query(rusqlite::params_from_iter(params)).map_err(failure::sqlite)?;
                match rows.next().map_err(failure::sqlite)? {
                    Some(row) => read(Row::Lite(row)).map(Some),
                    None => Ok(None),
                }
            }
            Raw::Pg(s) => {
                let rows = s.borrow_mut().query(sql, params)?;
                rows.first().map(|r| read(Row::Pg(r))).transpose()
            }
        }
    }

    /// The one row that must be there (an aggregate, `RETURNING`).
    pub fn one<T>(
        &self,
        sql: Sql<'_>,
        params: &[Value<'_>],
        read: impl FnOnce(Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.opt(sql, params, read)?.ok_or_else(|| Error::internal(format!("no row from: {}", sql.text())))
    }

    /// The first column of the first row.
    pub fn value<T: super::Column>(&self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<Option<T>> {
        self.opt(sql, params, |r| r.get(0))
    }

    /// The lines of the query plan, for the tests that refuse a full scan.
    pub fn explain(&self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<Vec<String>> {
        let text = match self.raw {
            Raw::Lite(_) => format!("EXPLAIN QUERY PLAN {}", sql.text()),
            Raw::Pg(_) => format!("EXPLAIN {}", sql.text()),
        };
        let column = if matches!(self.raw, Raw::Lite(_)) { 3 } else { 0 };
        self.all(Sql::built(&text), params, |r| r.get(column))
    }

    /// Prepares without running: the check that a text means something on this engine.
    pub fn prepare(&self, sql: Sql<'_>) -> Result<()> {
        match self.raw {
            Raw::Lite(c) => c.prepare(sql.text()).map(|_| ()).map_err(failure::sqlite),
            Raw::Pg(s) => s.borrow_mut().prepare(sql).map(|_| ()),
        }
    }
}

/// One transaction. A store's writing functions take `&Tx` and cannot commit.
///
/// Never catch a constraint error and go on (PostgreSQL has ended the transaction): use `ON CONFLICT`.
pub struct Tx<'c> {
    conn: Conn<'c>,
    now: Millis,
    pub(crate) reactors: &'c Reactors,
    /// SQLite: the id of the next event; 0 until the transaction has asked what is stored.
    next_event: &'c Cell<i64>,
    pub(super) marks: Marks,
}

/// What a transaction did that somebody waits for.
#[derive(Default)]
pub(super) struct Marks {
    pub events: Cell<bool>,
    pub jobs: Cell<bool>,
    /// It took a lock under way.
    pub locked: Cell<bool>,
    pub weight: Cell<usize>,
}

const RETURNING_ID: &str = " RETURNING id";

impl<'c> Tx<'c> {
    pub(super) fn new(raw: Raw<'c>, now: Millis, reactors: &'c Reactors, next_event: &'c Cell<i64>) -> Self {
        Tx { conn: Conn { raw }, now, reactors, next_event, marks: Marks::default() }
    }

    /// The instant of this transaction; every row that it writes carries the same.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Runs a statement; the number of rows it touched.
    pub fn exec(&self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<u64> {
        #[cfg(feature = "testing")]
        super::plans::saw(sql, params);
        self.marks.weight.set(self.marks.weight.get() + params.iter().map(Value::weight).sum::<usize>());
        match self.conn.raw {
            Raw::Lite(c) => {
                let mut statement = self.lite(c)?.prepare_cached(sql.text()).map_err(failure::sqlite)?;
                statement
                    .execute(rusqlite::params_from_iter(params))
                    .map(|n| n as u64)
                    .map_err(failure::sqlite)
            }
            Raw::Pg(s) => s.borrow_mut().execute(sql, params),
        }
    }

    /// `INSERT … RETURNING id` of one row; without `ON CONFLICT`, for which there is [`opt`](Conn::opt).
    pub fn insert<T: super::Column>(&self, sql: Sql<'_>, params: &[Value<'_>]) -> Result<T> {
        match (self.conn.raw, sql.text().strip_suffix(RETURNING_ID)) {
            // SQLite would build a table of its own for what is returned; it knows the last id without.
            (Raw::Lite(c), Some(plain)) => match self.exec(Sql::built(plain), params)? {
                1 => T::column_result(ValueRef::Integer(c.last_insert_rowid()))
                    .map_err(|e| Error::internal(format!("the id of an inserted row: {e}"))),
                _ => Err(Error::internal("an insert that stored no row")),
            },
            _ => {
                let weight = params.iter().map(Value::weight).sum::<usize>();
                self.marks.weight.set(self.marks.weight.get() + weight);
                self.one(sql, params, |r| r.get(0))
            }
        }
    }

    /// A statement that must touch a row; none means that it is not there.
    pub fn must(&self, sql: Sql<'_>, params: &[Value<'_>], what: &'static str) -> Result<()> {
        match self.exec(sql, params)? {
            0 => Err(Error::not_found(what)),
            _ => Ok(()),
        }
    }

    /// Waits for the named lock and holds it to the end of this transaction: for a decision that finds out under way
    /// which key it needs. Where the keys are known before, [`write_locked`](super::Db::write_locked) is cheaper.
    /// Take locks in the order of their keys; two that wait for each other are ended and one of them runs again.
    /// Under `write` the snapshot is older than the lock, so what another holder stored meanwhile is a conflict and
    /// this closure runs again; under `write_locked` the next statement simply sees it. Nothing on SQLite, where
    /// there is one writer.
    pub fn lock(&self, key: LockKey) -> Result<()> {
        self.marks.locked.set(true);
        match self.conn.raw {
            Raw::Lite(_) => Ok(()),
            Raw::Pg(s) => s.borrow_mut().batch(&format!("SELECT pg_advisory_xact_lock({})", key.0)),
        }
    }

    /// PostgreSQL: tells listeners on `channel` at commit; `payload` is a plain word. A dialect point; nothing on SQLite.
    pub(crate) fn notify(&self, channel: &str, payload: &str) -> Result<()> {
        match self.conn.raw {
            Raw::Lite(_) => Ok(()),
            Raw::Pg(s) => s.borrow_mut().batch(&format!("NOTIFY {channel}, '{payload}'")),
        }
    }

    /// SQLite gives event ids here: there is one writer, so they stand in commit order. `None` on PostgreSQL.
    pub(crate) fn next_event_id(&self) -> Result<Option<i64>> {
        if let Raw::Pg(_) = self.conn.raw {
            return Ok(None);
        }
        let id = match self.next_event.get() {
            0 => self.one(Sql::fixed("SELECT coalesce(max(id), 0) + 1 FROM events"), &[], |r| r.get(0))?,
            id => id,
        };
        self.next_event.set(id + 1);
        Ok(Some(id))
    }

    pub(crate) fn mark_events(&self) {
        self.marks.events.set(true);
    }
    pub(crate) fn mark_jobs(&self) {
        self.marks.jobs.set(true);
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Conn<'c>;
    fn deref(&self) -> &Conn<'c> {
        &self.conn
    }
}
