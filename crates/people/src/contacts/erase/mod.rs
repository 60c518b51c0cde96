//! Somebody's personal data replaced, everywhere and for good.
//!
//! Asked for twice: without the contact's exact name nothing happens but that the caller reads what would be replaced. With
//! it, the contact and everybody merged into it lose their names and addresses in that very transaction, so that nobody sees
//! or finds them any more; a job does the rest in small steps and goes on where a dead process left it. It goes over
//! everything twice, because somebody who had looked the contact up a moment before may still file something under it.
//!
//! What stays is what counts: rows and their number, stages, values, times, who did what. This slice knows no table but its
//! own: who keeps something of a person says so by a [`Part`], in the order in which the parts are done. Words of others
//! that happen to name the person (a note on somebody else's lead) are not looked for.

pub mod jobs;
mod routes;
mod store;
mod traces;

use std::{pin::Pin, sync::Arc};

use axum::extract::FromRef;
use platform::{Conn, Error, Fault, Result, Tx, clock::Millis, error::Code, events::Origin, fold::fold};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

pub use self::{routes::api, traces::Traces};
use super::{events, must_stand, search, store as contacts};
use crate::{ContactId, Desk};

crate::permission! {
    /// Replace somebody's personal data for good.
    pub ContactsErase = "contacts.erase";
}

/// What an erased contact is called, and all that had a name of theirs.
pub const ERASED: &str = "Erased contact";
/// Rows of one kind are counted to this.
pub const MOST: i64 = 10_000;

/// Who is being erased: the contacts, and what is theirs told by its [`Traces`].
#[derive(Debug, Clone)]
pub struct Person {
    pub contacts: Vec<ContactId>,
    pub traces: Traces,
    /// When they were first heard of.
    pub since: Millis,
}

impl Person {
    /// The contacts' ids as numbers.
    pub fn ids(&self) -> Vec<i64> {
        self.contacts.iter().map(|id| id.0).collect()
    }
}

/// What a [`Part::Search`] found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Rows that are the person's.
    pub hits: Vec<i64>,
    /// Where to go on; `None` when that was all.
    pub next: Option<i64>,
}

/// Somebody's rows, replaced a bounded number at a time. Doing a step again does no harm.
#[derive(Clone, Copy)]
pub enum Part {
    /// Rows that are found by an index: replaces some from the place on; the next place, or `None` when that was all.
    Rows(fn(&Tx<'_>, &Person, i64) -> Result<Option<i64>>),
    /// Rows that nothing names: looked through outside of any transaction that writes, and those that were hit replaced.
    Search { find: fn(&Conn<'_>, &Person, i64) -> Result<Found>, replace: fn(&Tx<'_>, &[i64]) -> Result<()> },
}

/// What is counted before somebody is erased: what it is called, and how much of it these contacts have, to [`MOST`].
pub type Count = (&'static str, fn(&Conn<'_>, &[ContactId]) -> Result<i64>);

/// What erasing needs: the desk, and everything that holds something of a person.
#[derive(Clone)]
pub struct Erasing {
    pub desk: Desk,
    pub parts: Arc<[Part]>,
    pub counts: Arc<[Count]>,
    /// What stands outside the database, or is cleared when all parts are done: files, search indexes.
    pub finish: Arc<dyn Fn() -> Finish + Send + Sync>,
}

/// What [`Erasing::finish`] does.
pub type Finish = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

impl FromRef<Erasing> for Desk {
    fn from_ref(e: &Erasing) -> Desk {
        e.desk.clone()
    }
}

/// What erasing a contact would replace, or where it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ContactErasure)]
pub struct Erasure {
    pub contact_id: ContactId,
    /// What to send as `confirm`; after the erasure what is left of the name.
    pub name: String,
    /// How much there is, each kind counted to 10 000.
    pub counts: Vec<Counted>,
    /// When it was asked for; null before.
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub started_at: Option<Millis>,
    /// Since then nothing is left.
    #[serde(with = "platform::time::instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub finished_at: Option<Millis>,
}

/// Some rows of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ErasureCount)]
pub struct Counted {
    /// `leads`, `tickets`, `messages`, `files`, …
    pub what: String,
    pub count: i64,
}

/// What erasing `contact` would replace, or where it stands. Errors: 404.
pub fn look(c: &Conn<'_>, counts: &[Count], contact: ContactId) -> Result<Erasure> {
    let name = contacts::name(c, contact)?.ok_or_else(|| Error::not_found("contact"))?;
    let (started_at, finished_at) = store::times(c, contact)?.unzip();
    let everybody = store::everybody(c, contact)?;
    let counted = |(what, count): &Count| {
        Ok(Counted { what: (*what).to_owned(), count: count(c, &everybody)?.min(MOST) })
    };
    let mut all = vec![Counted { what: "contacts".to_owned(), count: everybody.len() as i64 }];
    all.extend(counts.iter().map(counted).collect::<Result<Vec<_>>>()?);
    Ok(Erasure { contact_id: contact, name, counts: all, started_at, finished_at: finished_at.flatten() })
}

/// Erases a contact, when `confirm` is its name. For [`Db::write_locked`](platform::Db::write_locked).
///
/// Errors: 404; 409 when it was merged into another one, or erased before; 422 with what would be replaced when it is not
/// confirmed.
pub fn begin(
    tx: &Tx<'_>,
    origin: &Origin,
    counts: &[Count],
    contact: ContactId,
    confirm: Option<&str>,
) -> Result<Erasure> {
    store::lock(tx, contact)?;
    must_stand(tx, contact)?;
    let before = look(tx, counts, contact)?;
    if confirm.map(str::trim) != Some(before.name.trim()) {
        return Err(unconfirmed(&before, confirm.is_some()));
    }
    let everybody = store::everybody(tx, contact)?;
    let traces = store::traces(tx, &everybody)?;
    let id = store::insert(tx, contact, &everybody, &traces)?;
    for one in &everybody {
        contacts::delete_methods(tx, *one)?;
        platform::search::remove(tx, search::INDEX, one.0)?;
    }
    store::replace(tx, &everybody, ERASED, &fold(ERASED))?;
    jobs::enqueue(tx, id, tx.now())?;
    let counted: serde_json::Map<String, serde_json::Value> =
        before.counts.iter().map(|c| (c.what.clone(), json!(c.count))).collect();
    events::record(tx, origin, events::ERASED, contact, json!({ "erasure_id": id, "counts": counted }))?;
    look(tx, &[], contact).map(|after| Erasure { counts: before.counts, ..after })
}

fn unconfirmed(before: &Erasure, said: bool) -> Error {
    let counts: Vec<String> = before
        .counts
        .iter()
        .filter(|c| c.count > 0)
        .map(|c| format!("{} {}", c.count, c.what.replace('_', " ")))
        .collect();
    let (code, message) = match said {
        true => ("mismatch", "must be the contact's name, exactly"),
        false => ("required", "say the contact's name, exactly"),
    };
    let detail = format!(
        "This replaces the personal data in {} for good; nothing brings them back. To do it, send the request again with the \
         contact's name as `confirm`.",
        counts.join(", ")
    );
    Error { faults: vec![Fault::new("confirm", code, message)], ..Error::new(Code::Invalid, detail) }
}
