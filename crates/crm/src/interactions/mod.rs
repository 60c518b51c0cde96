//! Interactions: what was done about a lead: calls, meetings, e-mails, notes.
//!
//! Invariants: logging one touches its lead, in the same transaction; each change of stage leaves one behind, which nobody
//! edits; events name an interaction and never hold its words; whoever sees the lead sees its interactions, and whoever
//! may change the lead edits those that they wrote, or all of them with a wider scope. This slice never sends anything.

pub(crate) mod erase;
pub mod events;
mod routes;
mod source;
mod store;
mod view;

use std::collections::HashMap;

use people::{ContactId, UserId};
use platform::{
    Conn, Error, Result, Tx,
    clock::Millis,
    db::Reactors,
    events::{Actor, NewEvent, Origin, Recorded, record},
};
use serde_json::{Value as Json, json};

pub use self::{routes::api, view::InteractionView};
pub(crate) use source::Interactions;

use crate::{
    InteractionId, LeadId,
    leads::{self, Lead},
    pipelines,
};

platform::words!(
    /// What it was.
    InteractionType {
        Call = "call",
        Email = "email",
        Meeting = "meeting",
        Note = "note",
        StatusChange = "status_change",
    }
);
platform::words!(
    /// How it went.
    InteractionOutcome {
        Connected = "connected",
        NoAnswer = "no_answer",
        Voicemail = "voicemail",
        Positive = "positive",
        Negative = "negative",
    }
);

impl InteractionType {
    /// Whether we got in touch with somebody by it.
    fn is_contact(self) -> bool {
        matches!(self, InteractionType::Call | InteractionType::Email | InteractionType::Meeting)
    }
}

/// The calls, e-mails and meetings of leads: all, those that went well, those that went badly; a lead without any is left
/// out. One query.
pub(crate) fn tallies(c: &Conn<'_>, leads: &[LeadId]) -> Result<HashMap<LeadId, (i64, i64, i64)>> {
    store::tallies(c, leads)
}

/// A row of `interactions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    pub id: InteractionId,
    pub lead_id: LeadId,
    pub contact_id: ContactId,
    pub kind: InteractionType,
    pub outcome: Option<InteractionOutcome>,
    pub summary: String,
    pub duration_seconds: Option<i64>,
    pub occurred_at: Millis,
    pub created_by: Option<UserId>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

/// What to log.
#[derive(Debug, Clone)]
pub struct NewInteraction {
    pub kind: InteractionType,
    pub outcome: Option<InteractionOutcome>,
    pub summary: String,
    pub duration_seconds: Option<i64>,
    /// Not later than now.
    pub occurred_at: Millis,
}

/// What to change; `None` leaves a field alone.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub kind: Option<InteractionType>,
    pub outcome: Option<Option<InteractionOutcome>>,
    pub summary: Option<String>,
    pub duration_seconds: Option<Option<i64>>,
    pub occurred_at: Option<Millis>,
}

/// One of them, whoever asks.
pub fn get(c: &Conn<'_>, id: InteractionId) -> Result<Option<Interaction>> {
    store::get(c, id)
}

/// Deletes all that was done about a lead that is taken back as if it had never been. Nobody is told.
pub fn forget(tx: &Tx<'_>, lead: LeadId) -> Result<()> {
    store::forget(tx, lead)
}

/// The same for its moves at these times alone.
pub fn forget_moves(tx: &Tx<'_>, lead: LeadId, times: &[Millis]) -> Result<()> {
    store::forget_moves(tx, lead, times)
}

/// What was done about a lead is with another contact from now on.
pub(crate) fn hand_over(tx: &Tx<'_>, lead: LeadId, to: ContactId) -> Result<()> {
    store::hand_over(tx, lead, to)
}

/// Logs what was done about `lead`, which this transaction has locked, and touches it.
pub fn log(tx: &Tx<'_>, origin: &Origin, lead: &Lead, new: NewInteraction) -> Result<Interaction> {
    let made = insert(tx, origin, lead, new)?;
    let data = json!({
        "interaction_id": made.id, "type": made.kind, "outcome": made.outcome,
        "occurred_at": platform::time::rfc3339(made.occurred_at),
    });
    tell(tx, origin, lead, events::LOGGED, data)?;
    leads::touch(tx, origin, lead, made.occurred_at, made.kind.is_contact())?;
    Ok(made)
}

/// Applies `change` to `before`. What it meant for the lead's clocks stays as it was.
pub fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    lead: &Lead,
    before: &Interaction,
    change: Change,
) -> Result<Interaction> {
    editable(before)?;
    let mut after = before.clone();
    let mut fields = Vec::new();
    macro_rules! take {
        ($($field:ident as $name:literal),*) => {$(
            if let Some(value) = change.$field && value != before.$field {
                after.$field = value;
                fields.push($name);
            }
        )*};
    }
    take!(
        kind as "type",
        outcome as "outcome",
        summary as "summary",
        duration_seconds as "duration_seconds",
        occurred_at as "occurred_at"
    );
    if fields.is_empty() {
        return Ok(after);
    }
    after.updated_at = tx.now();
    after.version = before.version + 1;
    store::update(tx, &after, before.version)?;
    let facts = |i: &Interaction| {
        let at = platform::time::rfc3339(i.occurred_at);
        [
            ("type", json!(i.kind)),
            ("outcome", json!(i.outcome)),
            ("duration_seconds", json!(i.duration_seconds)),
            ("occurred_at", json!(at)),
        ]
    };
    let side = |i: &Interaction| -> Json {
        facts(i)
            .into_iter()
            .filter(|(name, _)| fields.contains(name))
            .map(|(name, v)| (name.to_owned(), v))
            .collect()
    };
    let data = json!({ "interaction_id": after.id, "fields": fields, "before": side(before), "after": side(&after) });
    tell(tx, origin, lead, events::UPDATED, data)?;
    Ok(after)
}

/// Takes it away for good.
pub fn remove(tx: &Tx<'_>, origin: &Origin, lead: &Lead, interaction: &Interaction) -> Result<()> {
    editable(interaction)?;
    store::delete(tx, interaction.id)?;
    let data = json!({ "interaction_id": interaction.id, "type": interaction.kind });
    tell(tx, origin, lead, events::REMOVED, data)
}

/// What a change of stage leaves behind.
pub fn reactors(r: &mut Reactors) {
    r.on(leads::events::STATUS_CHANGED, stage_changed);
}

fn stage_changed(tx: &Tx<'_>, event: &Recorded) -> Result<()> {
    let Some(lead) = leads::get(tx, LeadId(event.subject_id))? else { return Ok(()) };
    let stage = pipelines::stage(tx, lead.stage_id)?.ok_or_else(|| Error::internal("a lead has no stage"))?;
    let new = NewInteraction {
        kind: InteractionType::StatusChange,
        outcome: None,
        summary: format!("Status updated to {}", stage.name),
        duration_seconds: None,
        occurred_at: tx.now(),
    };
    // The timeline has the change of stage itself.
    insert(tx, &event.origin, &lead, new).map(|_| ())
}

fn insert(tx: &Tx<'_>, origin: &Origin, lead: &Lead, new: NewInteraction) -> Result<Interaction> {
    let now = tx.now();
    let mut made = Interaction {
        id: InteractionId(0),
        lead_id: lead.id,
        contact_id: lead.contact_id,
        kind: new.kind,
        outcome: new.outcome,
        summary: new.summary,
        duration_seconds: new.duration_seconds,
        occurred_at: new.occurred_at.min(now),
        created_by: match origin.actor {
            Actor::User(id) => Some(UserId(id)),
            _ => None,
        },
        created_at: now,
        updated_at: now,
        version: 1,
    };
    made.id = store::insert(tx, &made)?;
    Ok(made)
}

/// 409 for what a change of stage left behind.
fn editable(interaction: &Interaction) -> Result<()> {
    match interaction.kind {
        InteractionType::StatusChange => Err(Error::conflict(
            platform::Code::WrongState,
            "It belongs to a change of stage, and stays as it is.",
        )),
        _ => Ok(()),
    }
}

/// Records something about an interaction, to whom its lead concerns.
fn tell(tx: &Tx<'_>, origin: &Origin, lead: &Lead, kind: &'static str, data: Json) -> Result<()> {
    let event = NewEvent::new(kind, "lead", lead.id.0, data)
        .contact(lead.contact_id.0)
        .scope(lead.department_id.map(|d| d.0), lead.owner_id.map(|u| u.0));
    record(tx, origin, event)
}
