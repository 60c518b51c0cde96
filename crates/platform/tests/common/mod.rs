//! What the storage tests share: the platform's own tables and a small one to write to.
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::{Arc, Condvar, Mutex};

use platform::{Conn, Db, Error, Result, Tx, db::migrate::Migration, params, sql};

pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "platform", text: include_str!("../../../../migrations/0001_platform.sql") },
    Migration {
        number: 2,
        name: "test tables",
        text: "CREATE TABLE notes (\n  id id,\n  body text NOT NULL UNIQUE\n);\n\
               CREATE TABLE counters (\n  name text PRIMARY KEY,\n  n bigint NOT NULL\n);\n\
               CREATE TABLE replies (\n  id id,\n  note_id bigint NOT NULL REFERENCES notes (id)\n);\n",
    },
];

pub fn add(tx: &Tx<'_>, body: &str) -> Result<i64> {
    tx.insert(sql!("INSERT INTO notes (body) VALUES (?1) RETURNING id"), params![body])
}

pub fn bodies(c: &Conn<'_>) -> Result<Vec<String>> {
    c.all(sql!("SELECT body FROM notes ORDER BY id"), &[], |r| r.get(0))
}

pub fn all_bodies(db: &Db) -> Vec<String> {
    db.read_now(bodies).expect("reading")
}

pub fn refuse() -> Error {
    Error::internal("refused by the test")
}

/// A gate that a closure waits at until the test opens it, and a way to know that it got there.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<(bool, u32)>, Condvar)>);

impl Gate {
    pub fn wait(&self) {
        let mut state = self.0.0.lock().expect("gate");
        state.1 += 1;
        self.0.1.notify_all();
        while !state.0 {
            state = self.0.1.wait(state).expect("gate");
        }
    }
    pub fn until_reached(&self) {
        let mut state = self.0.0.lock().expect("gate");
        while state.1 == 0 {
            state = self.0.1.wait(state).expect("gate");
        }
    }
    pub fn open(&self) {
        self.0.0.lock().expect("gate").0 = true;
        self.0.1.notify_all();
    }
}

/// Holds the writer of an SQLite database until the gate opens.
pub fn hold(db: &Db, gate: &Gate) -> std::thread::JoinHandle<Result<()>> {
    let (db, mine) = (db.clone(), gate.clone());
    let held = std::thread::spawn(move || {
        db.write_now(move |_| {
            mine.wait();
            Ok(())
        })
    });
    gate.until_reached();
    held
}

pub const CHATTER: &str = "a panic on purpose";

/// Panics on purpose print nothing.
pub fn quiet_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(CHATTER) {
            before(info);
        }
    }));
}
