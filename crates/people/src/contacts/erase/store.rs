//! The rows of `contact_erasures`, and those of contacts as erasing finds them.

use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::{
        Sql, Value,
        dialect::{for_update, in_list},
    },
    params, sql,
};
use serde::{Deserialize, Serialize};

use super::{
    super::{at_home, store as contacts},
    Person, Traces,
};
use crate::ContactId;

/// Contacts that are merged into one, however often.
const MERGED: usize = 1_000;

/// A row of `contact_erasures` that is not finished.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: i64,
    pub contact: ContactId,
    pub person: Person,
    pub pass: i64,
    pub part: usize,
    pub place: i64,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    contacts: Vec<ContactId>,
    traces: Traces,
    since: Millis,
}

/// Locks a contact until the transaction ends.
pub fn lock(tx: &Tx<'_>, id: ContactId) -> Result<()> {
    let text = format!("SELECT id FROM contacts WHERE id = ?1{}", for_update(tx));
    tx.value::<i64>(Sql::built(&text), params![id]).map(|_| ())
}

/// The contact and whoever was merged into it, and into those.
pub fn everybody(c: &Conn<'_>, contact: ContactId) -> Result<Vec<ContactId>> {
    let mut all = vec![contact];
    let mut looked = 0;
    while looked < all.len() && all.len() < MERGED {
        let into = all[looked];
        looked += 1;
        let merged: Vec<ContactId> = c.all(
            sql!("SELECT id FROM contacts WHERE merged_into_id = ?1 ORDER BY id LIMIT ?2"),
            params![into, MERGED],
            |r| r.get(0),
        )?;
        all.extend(merged);
    }
    Ok(all)
}

/// Their names and addresses.
pub fn traces(c: &Conn<'_>, everybody: &[ContactId]) -> Result<Traces> {
    let mut traces = Traces::default();
    for name in contacts::names(c, everybody)?.values() {
        traces.text(name);
    }
    for one in everybody {
        for (_, key) in contacts::keys(c, *one)? {
            traces.text(&key);
        }
    }
    for method in contacts::methods_of(c, everybody)? {
        traces.text(&method.value);
        if let Some(number) = at_home(&method.value).filter(|_| method.kind == "phone") {
            traces.text(&number);
        }
    }
    traces.ids("contact_id", everybody.iter().map(|id| id.0));
    Ok(traces)
}

pub fn insert(tx: &Tx<'_>, contact: ContactId, everybody: &[ContactId], traces: &Traces) -> Result<i64> {
    let values: Vec<Value<'_>> = everybody.iter().map(Value::from).collect();
    let text = format!("SELECT min(created_at) FROM contacts WHERE id IN ({})", in_list(1, values.len()));
    let since: Option<Millis> = tx.one(Sql::built(&text), &values, |r| r.get(0))?;
    let kept =
        Kept { contacts: everybody.to_vec(), traces: traces.clone(), since: since.unwrap_or_default() };
    tx.insert(
        sql!(
            "INSERT INTO contact_erasures (contact_id, traces, pass, part, place, started_at) VALUES (?1, ?2, 1, 0, 0, ?3) RETURNING id"
        ),
        params![contact, serde_json::to_string(&kept).map_err(Error::internal)?, tx.now()],
    )
}

/// They have no names, no employers, and nobody says that they are like anybody.
pub fn replace(tx: &Tx<'_>, everybody: &[ContactId], name: &str, folded: &str) -> Result<()> {
    for id in everybody {
        tx.must(
            sql!(
                "UPDATE contacts SET name = ?2, name_folded = ?3, source = NULL, company_id = NULL, erased_at = ?4, updated_at = ?4, version = version + 1 WHERE id = ?1"
            ),
            params![id, name, folded, tx.now()],
            "contact",
        )?;
        tx.exec(sql!("DELETE FROM contact_distinctions WHERE a_id = ?1"), params![id])?;
    }
    Ok(())
}

/// When a contact's erasure was asked for, and when it was done.
pub fn times(c: &Conn<'_>, contact: ContactId) -> Result<Option<(Millis, Option<Millis>)>> {
    c.opt(
        sql!("SELECT started_at, finished_at FROM contact_erasures WHERE contact_id = ?1 ORDER BY id DESC LIMIT 1"),
        params![contact],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )
}

/// One that is not finished.
pub fn open(c: &Conn<'_>, id: i64) -> Result<Option<Row>> {
    c.opt(
        sql!(
            "SELECT id, contact_id, traces, pass, part, place FROM contact_erasures WHERE id = ?1 AND finished_at IS NULL"
        ),
        params![id],
        |row| {
            let mut r = row.columns();
            let (id, contact) = (r.next()?, r.next()?);
            let kept: Kept = serde_json::from_str(&r.next::<String>()?).map_err(Error::internal)?;
            let person = Person { contacts: kept.contacts, traces: kept.traces, since: kept.since };
            let (pass, part, place) = (r.next()?, r.next::<i64>()?, r.next()?);
            Ok(Row { id, contact, person, pass, part: part.max(0) as usize, place })
        },
    )
}

/// Goes on from `row`'s place, unless somebody else did. False: it was somebody else.
pub fn go_on(tx: &Tx<'_>, row: &Row, pass: i64, part: usize, place: i64) -> Result<bool> {
    let moved = tx.exec(
        sql!(
            "UPDATE contact_erasures SET pass = ?5, part = ?6, place = ?7 WHERE id = ?1 AND pass = ?2 AND part = ?3 AND place = ?4 AND finished_at IS NULL"
        ),
        params![row.id, row.pass, row.part, row.place, pass, part, place],
    )?;
    Ok(moved == 1)
}

/// It is done, and nothing of them is kept here either.
pub fn finish(tx: &Tx<'_>, id: i64) -> Result<bool> {
    let done = tx.exec(
        sql!("UPDATE contact_erasures SET traces = '{}', finished_at = ?2 WHERE id = ?1 AND finished_at IS NULL"),
        params![id, tx.now()],
    )?;
    Ok(done == 1)
}
