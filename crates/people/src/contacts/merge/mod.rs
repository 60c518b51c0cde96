//! Two contacts that are one person made one, and that taken back.
//!
//! The winner gets every row that names the loser, and the loser's addresses; which rows those were is kept, so that undoing
//! puts back exactly those: what is gone by then is passed over, what came since stays with the winner. A loser is hidden and
//! says where it went. Nothing is merged twice, with itself, or after it was erased, and merges upon each other are undone
//! from the last to the first. This slice knows no table but its own: who keeps rows of contacts says so by a [`Holding`].

pub mod jobs;
mod routes;
mod store;

use axum::extract::FromRef;
use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    error::Code,
    events::{Actor, Origin},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use routes::api;

use super::{duplicates, events, store as contacts};
use crate::{ContactId, Desk, UserId, access};

crate::permission! {
    /// Make two contacts one, and take that back.
    pub ContactsMerge = "contacts.merge";
}

/// Rows that one merge moves at most, conversations' messages apart.
pub const MOST: i64 = 20_000;

/// A table whose rows name a contact. Both kinds have a column `contact_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// Rows with an `id`, each moved by itself; there is an index over `contact_id`.
    Rows(&'static str),
    /// Rows of rows: they are where the row is that they belong to, a row of the first table named by the column of the
    /// second. That table comes before this one.
    Of { parent: &'static str, table: &'static str, column: &'static str },
}

/// What merging needs: the desk, and everything that names a contact.
#[derive(Clone)]
pub struct Merging {
    pub desk: Desk,
    pub holdings: &'static [Holding],
}

impl FromRef<Merging> for Desk {
    fn from_ref(m: &Merging) -> Desk {
        m.desk.clone()
    }
}

/// What was, where undoing cannot know it from the rows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Before {
    /// The loser's primary addresses.
    primary: Vec<i64>,
    /// The winner was given the loser's company.
    gained_company: bool,
    /// The winner was blocked, because the loser was.
    gained_block: bool,
    /// Whom the winner was told apart from, because the loser was.
    #[serde(default)]
    gained_distinctions: Vec<ContactId>,
}

/// A merge as a contact's page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ContactMerge)]
pub struct Merge {
    pub merge_id: i64,
    /// Who was merged into this contact.
    pub other: super::detail::Named,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub merged_at: Millis,
    /// The name of the user who did it; null when it was a program.
    #[schema(required)]
    pub merged_by: Option<String>,
    /// False where a later merge must be undone first, or somebody was erased.
    pub can_undo: bool,
}

/// The merges into a contact that stand, newest first; 50 at most.
pub fn of_contact(c: &Conn<'_>, winner: ContactId) -> Result<Vec<Merge>> {
    let found = store::of_contact(c, winner)?;
    let by: Vec<UserId> = found.iter().filter_map(|(_, by)| *by).collect();
    let names = access::names(c, &by)?;
    let named = |(merge, by): (Merge, Option<UserId>)| Merge {
        merged_by: by.and_then(|id| names.get(&id).cloned()),
        ..merge
    };
    Ok(found.into_iter().map(named).collect())
}

/// Makes `loser` a part of `winner`; the merge's id. For [`Db::write_locked`](platform::Db::write_locked): who waited for one
/// of the two sees what the other one did.
///
/// Errors: 404 without the winner; 422 for another one that cannot be merged; 409 when one of them is merged or erased
/// already, or has more than [`MOST`] rows.
pub fn merge(
    tx: &Tx<'_>,
    origin: &Origin,
    holdings: &[Holding],
    winner: ContactId,
    loser: ContactId,
) -> Result<i64> {
    let refused =
        |code: &'static str, words: &'static str| Err(Error::invalid_field("other_id", code, words));
    if winner == loser {
        return refused("same", "is the contact itself");
    }
    let (into, from) = store::lock(tx, winner, loser)?;
    let into = into.ok_or_else(|| Error::not_found("contact"))?;
    let Some(from) = from else { return refused("not_found", "there is no such contact") };
    if into.kind != from.kind {
        return refused("kind", "a person and a company are not one");
    }
    into.stands()?;
    from.stands()?;
    if store::count(tx, holdings, loser, MOST)? > MOST {
        let words = format!("More than {MOST} rows belong to this contact; merge the other way round.");
        return Err(Error::conflict(Code::Conflict, words));
    }
    let before = Before {
        primary: store::primaries(tx, loser)?,
        gained_company: into.company_id.is_none() && from.company_id.is_some_and(|id| id != winner),
        gained_block: !into.is_blocked && from.is_blocked,
        gained_distinctions: duplicates::hand_over(tx, loser, winner)?,
    };
    let kept = serde_json::to_string(&before).map_err(Error::internal)?;
    let by = match origin.actor {
        Actor::User(id) => Some(id),
        _ => None,
    };
    let id = store::insert(tx, winner, loser, &kept, by)?;
    let rows = move_all(tx, holdings, id, winner, loser)?;
    store::hide(tx, loser, winner)?;
    if before.gained_company {
        contacts::set_company(tx, winner, from.company_id)?;
    }
    if before.gained_block {
        contacts::set_blocked(tx, winner, true)?;
    } else {
        contacts::touch(tx, winner)?;
    }
    jobs::settle_later(tx, id)?;
    let data = json!({ "merge_id": id, "other_id": loser, "rows": rows });
    events::record(tx, origin, events::MERGED, winner, data)?;
    Ok(id)
}

/// Moves what names the loser and writes down what that was; how many rows. Again, it moves what has come since.
fn move_all(
    tx: &Tx<'_>,
    holdings: &[Holding],
    merge: i64,
    winner: ContactId,
    loser: ContactId,
) -> Result<u64> {
    let mut rows = store::move_methods(tx, merge, winner, loser)?;
    rows += store::move_employees(tx, merge, winner, loser)?;
    for holding in holdings {
        rows += store::move_rows(tx, holding, merge, winner, loser)?;
    }
    Ok(rows)
}

/// Takes a merge back: the one named, or the last into or of `contact` that stands. Who won it.
///
/// Errors: 404 without such a contact or merge; 409 when it was undone before, a later one must be undone first, or
/// somebody was erased.
pub fn unmerge(
    tx: &Tx<'_>,
    origin: &Origin,
    holdings: &[Holding],
    contact: ContactId,
    merge: Option<i64>,
) -> Result<ContactId> {
    contacts::version(tx, contact)?.ok_or_else(|| Error::not_found("contact"))?;
    let found = match merge {
        Some(id) => store::get(tx, id)?.filter(|m| m.winner == contact || m.loser == contact),
        None => store::last(tx, contact)?,
    };
    let Some(found) = found else {
        return match merge {
            Some(_) => Err(Error::not_found("merge")),
            None => Err(Error::conflict(Code::WrongState, "There is no merge to undo.")),
        };
    };
    let (into, from) = store::lock(tx, found.winner, found.loser)?;
    let (into, from) = into.zip(from).ok_or_else(|| Error::not_found("contact"))?;
    // Only now nobody else can change it.
    let m = store::get(tx, found.id)?.ok_or_else(|| Error::not_found("merge"))?;
    if m.is_undone {
        return Err(Error::conflict(Code::WrongState, "This merge was undone before."));
    }
    into.stands()?;
    if from.is_erased {
        return Err(Error::conflict(Code::WrongState, "Their data were erased; nothing brings them back."));
    }
    let before: Before = serde_json::from_str(&m.before).unwrap_or_default();
    let mut rows = 0;
    for holding in holdings {
        rows += store::put_back(tx, holding, m.id, m.winner, m.loser)?;
    }
    rows += store::employees_back(tx, m.id, m.winner, m.loser)?;
    rows += store::methods_back(tx, m.id, m.winner, m.loser, &before.primary)?;
    store::show(tx, m.loser)?;
    if before.gained_company && into.company_id == from.company_id {
        contacts::set_company(tx, m.winner, None)?;
    }
    duplicates::forget(tx, m.winner, &before.gained_distinctions)?;
    match before.gained_block && into.is_blocked {
        true => contacts::set_blocked(tx, m.winner, false)?,
        false => contacts::touch(tx, m.winner)?,
    }
    store::undone(tx, m.id, origin.actor.id())?;
    let data = |other: ContactId| json!({ "merge_id": m.id, "other_id": other, "rows": rows });
    events::record(tx, origin, events::UNMERGED, m.winner, data(m.loser))?;
    events::record(tx, origin, events::UNMERGED, m.loser, data(m.winner))?;
    Ok(m.winner)
}

/// Moves what was filed under a loser by somebody who had looked before the merge was done.
fn settle(tx: &Tx<'_>, holdings: &[Holding], merge: i64) -> Result<()> {
    let Some(found) = store::get(tx, merge)? else { return Ok(()) };
    let (into, from) = store::lock(tx, found.winner, found.loser)?;
    let (Some(_), Some(from)) = (into, from) else { return Ok(()) };
    if from.merged_into_id == Some(found.winner) && !from.is_erased {
        move_all(tx, holdings, merge, found.winner, found.loser)?;
    }
    Ok(())
}

/// The two that stand or do not.
#[derive(Debug, Clone)]
struct Party {
    kind: String,
    is_blocked: bool,
    company_id: Option<ContactId>,
    merged_into_id: Option<ContactId>,
    is_erased: bool,
}

impl Party {
    fn stands(&self) -> Result<()> {
        let words = match (self.merged_into_id, self.is_erased) {
            (None, false) => return Ok(()),
            (Some(id), _) => format!("It was merged into contact {id}; undo that first."),
            (None, true) => "Their data were erased; nothing brings them back.".to_owned(),
        };
        Err(Error::conflict(Code::WrongState, words))
    }
}
