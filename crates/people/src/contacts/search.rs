//! Finding contacts by words of their names and by parts of their addresses.
//!
//! The index follows the events a moment behind (see [`platform::search`]); what it finds is looked at in the rows, so that
//! nobody who was merged or erased is shown. Bounded: a search that is put in the order of names shows the newest 2 000 that
//! its words find.

use std::collections::HashMap;

use platform::{
    Conn, Db, Result,
    db::{Sql, Value, dialect::in_list},
    jobs::Workers,
    params,
    search::{self as index, Document, Source, Subject},
    sql,
};

use super::{ContactMethod, at_home, store};
use crate::ContactId;

/// The table of tokens.
pub const INDEX: &str = "contact_search";
/// Matches that are put in another order than newest first.
pub(super) const WINDOW: i64 = 2_000;
/// Words of a text that count.
const WORDS: usize = 50;
/// Contacts merged into others whose documents follow those.
const MERGED: i64 = 500;

/// Contacts as they are searched.
#[derive(Debug, Clone, Copy)]
pub struct Contacts;

impl Source for Contacts {
    fn table(&self) -> &'static str {
        INDEX
    }

    fn subjects(&self) -> &'static [&'static str] {
        &["contact"]
    }

    fn rows(&self, c: &Conn<'_>, subjects: &[Subject]) -> Result<Vec<i64>> {
        let mut all: Vec<i64> = subjects.iter().map(|(_, id)| *id).collect();
        let mut values: Vec<Value<'_>> = all.iter().map(Value::from).collect();
        values.push(Value::from(MERGED));
        // A merge is told of its winner alone.
        let text = format!(
            "SELECT id FROM contacts WHERE merged_into_id IN ({}) ORDER BY id DESC LIMIT ?{}",
            in_list(1, all.len()),
            values.len()
        );
        all.extend(c.all(Sql::built(&text), &values, |r| r.get::<i64>(0))?);
        Ok(all)
    }

    fn after(&self, c: &Conn<'_>, id: i64, limit: i64) -> Result<Vec<i64>> {
        c.all(sql!("SELECT id FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2"), params![id, limit], |r| {
            r.get(0)
        })
    }

    fn documents(&self, c: &Conn<'_>, ids: &[i64]) -> Result<Vec<(i64, Document)>> {
        let values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
        let text = format!(
            "SELECT id, name FROM contacts WHERE id IN ({}) AND merged_into_id IS NULL AND erased_at IS NULL",
            in_list(1, ids.len())
        );
        let found: Vec<(ContactId, String)> =
            c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?;
        let ids: Vec<ContactId> = found.iter().map(|(id, _)| *id).collect();
        let mut methods: HashMap<ContactId, Vec<ContactMethod>> = HashMap::new();
        for method in store::methods_of(c, &ids)? {
            methods.entry(method.contact_id).or_default().push(method);
        }
        let document = |(id, name): (ContactId, String)| {
            (id.0, document(&name, methods.get(&id).map_or(&[], Vec::as_slice)))
        };
        Ok(found.into_iter().map(document).collect())
    }
}

fn document(name: &str, methods: &[ContactMethod]) -> Document {
    let mut d = Document::new();
    d.text(name, WORDS);
    for method in methods {
        match method.kind.as_str() {
            "phone" | "whatsapp" | "viber" => {
                d.number(&method.value);
                if let Some(number) = at_home(&method.value) {
                    d.number(&number);
                }
            }
            _ => d.text(&method.value, WORDS),
        }
    }
    d
}

/// Registers the keeping of the index.
pub fn workers(workers: Workers, db: &Db) -> Workers {
    index::keep(workers, db, Contacts, ["contacts.index", "contacts.tidy_index"])
}

/// Brings the index up to date, however long it takes: after a bulk load, and for tests.
pub async fn follow_to_the_end(db: &Db) -> Result<()> {
    index::catch_up(db, &Contacts).await
}
