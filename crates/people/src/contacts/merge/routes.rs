//! `POST /contacts/{id}/merge` and `…/unmerge`.

use axum::extract::State;
use platform::{
    Result,
    http::{Api, Id, Json},
    route,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::detail::{self, ContactDetail},
    ContactsMerge, Merging,
};
use crate::{ContactId, access::Caller};

/// The routes of merging.
pub fn api() -> Api<Merging> {
    let mut api = Api::new();
    route!(api, merge_contacts);
    route!(api, unmerge_contacts);
    api
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactsToMerge {
    /// Who becomes a part of the contact in the path.
    #[schema(minimum = 1)]
    other_id: i64,
}

/// The contact as it is then.
#[derive(Debug, Serialize, ToSchema)]
struct MergedContact {
    #[serde(flatten)]
    contact: ContactDetail,
    /// To undo it by.
    merge_id: i64,
}

/// Makes another contact a part of this one: their addresses, tickets, leads, tasks and history. It can be undone.
#[utoipa::path(post, path = "/contacts/{id}/merge", tag = "Contacts", responses((status = 200, body = MergedContact)))]
async fn merge_contacts(
    caller: Caller<ContactsMerge>,
    State(merging): State<Merging>,
    Id(id): Id,
    Json(wanted): Json<ContactsToMerge>,
) -> Result<Json<MergedContact>> {
    let (winner, loser, holdings) = (ContactId(id), ContactId(wanted.other_id), merging.holdings);
    let done = merging.desk.db.write_locked(Vec::new(), move |tx| {
        let merge_id = super::merge(tx, &caller.origin, holdings, winner, loser)?;
        Ok(MergedContact { contact: detail::of(tx, winner)?, merge_id })
    });
    done.await.map(Json)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeToUndo {
    /// The last one unless said.
    #[schema(minimum = 1)]
    merge_id: Option<i64>,
}

/// Takes a merge back: exactly what it moved goes back to whom it was of; what came since stays. The contact that had won.
#[utoipa::path(post, path = "/contacts/{id}/unmerge", tag = "Contacts", responses((status = 200, body = ContactDetail)))]
async fn unmerge_contacts(
    caller: Caller<ContactsMerge>,
    State(merging): State<Merging>,
    Id(id): Id,
    Json(wanted): Json<MergeToUndo>,
) -> Result<Json<ContactDetail>> {
    let (contact, holdings) = (ContactId(id), merging.holdings);
    let done = merging.desk.db.write_locked(Vec::new(), move |tx| {
        let winner = super::unmerge(tx, &caller.origin, holdings, contact, wanted.merge_id)?;
        detail::of(tx, winner)
    });
    done.await.map(Json)
}
