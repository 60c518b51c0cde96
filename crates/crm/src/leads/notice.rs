//! Whoever is given leads by somebody else hears of it; of many at once they hear once.
//!
//! What an import brings is told to nobody: its own page says what became of it.

use people::{UserId, notifications};
use platform::{
    Result, Tx,
    db::Reactors,
    events::{Actor, Recorded},
};
use serde_json::{Value as Json, json};

use super::{events, store};
use crate::LeadId;

/// Tells new owners.
pub fn reactors(r: &mut Reactors) {
    r.on(events::CREATED, |tx, event| match event.data["import_id"].is_null() {
        true => given(tx, event, &event.data["owner_id"]),
        false => Ok(()),
    });
    r.on(events::ASSIGNED, |tx, event| {
        let (before, after) = (&event.data["before"]["owner_id"], &event.data["after"]["owner_id"]);
        if before == after { Ok(()) } else { given(tx, event, after) }
    });
}

fn given(tx: &Tx<'_>, event: &Recorded, to: &Json) -> Result<()> {
    let Some(owner) = to.as_i64().filter(|id| event.origin.actor != Actor::User(*id)) else { return Ok(()) };
    let id = LeadId(event.subject_id);
    let Some(lead) = store::get(tx, id)? else { return Ok(()) };
    let by = event.origin.actor.id().filter(|_| matches!(event.origin.actor, Actor::User(_)));
    let data = json!({ "lead_id": id, "name": lead.name, "by": by });
    let one = format!("/leads/{id}");
    notifications::gather(tx, UserId(owner), "lead.assigned", &data, &one, "/leads?assigned_to=me")
        .map(|_| ())
}
