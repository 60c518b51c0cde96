//! Changes to a ticket's own fields.

use axum::extract::State;
use people::{
    DepartmentId, UserId,
    access::{Caller, agents},
    departments,
};
use platform::{
    Error, Fault, Result, Tx,
    events::Origin,
    http::{Api, Id, IfMatch, Json, nullable},
    route,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Rights, assign};
use crate::{
    Support, TicketId, routing,
    tickets::{self, Change, Priority, Status, Ticket, TicketScope, TicketsWrite, view::TicketView, visible},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, update, alias "/tickets/{id}" put);
}

/// What to change; what is not named stays, `null` clears.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TicketChange {
    #[schema(min_length = 1, max_length = 300)]
    subject: Option<String>,
    #[schema(inline)]
    status: Option<Status>,
    #[schema(inline)]
    priority: Option<Priority>,
    #[schema(max_items = 20)]
    tags: Option<Vec<String>>,
    /// Moving it to a department whose member the agent is not releases it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    department_id: Option<Option<i64>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    assigned_agent_id: Option<Option<i64>>,
}

impl TicketChange {
    fn is_empty(&self) -> bool {
        self.subject.is_none()
            && self.status.is_none()
            && self.priority.is_none()
            && self.tags.is_none()
            && self.department_id.is_none()
            && self.assigned_agent_id.is_none()
    }
}

/// Trimmed, each once.
pub(super) fn tags(given: &[String]) -> Result<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    let mut faults = Vec::new();
    for (n, tag) in given.iter().enumerate() {
        let tag = tag.trim();
        match tag.chars().count() {
            0 => faults.push(Fault::new(format!("tags.{n}"), "too_short", "must not be empty")),
            1..=50 if !out.iter().any(|t| t == tag) => out.push(tag.to_owned()),
            1..=50 => {}
            _ => faults.push(Fault::new(format!("tags.{n}"), "too_long", "must have at most 50 characters")),
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(Error::invalid(faults)) }
}

/// Changes a ticket. `wrong_state` for a status that cannot follow; without `If-Match`, the last writer of a field wins.
#[utoipa::path(patch, path = "/tickets/{id}", tag = "Tickets", operation_id = "update_ticket", responses((status = 200, body = TicketView)))]
async fn update(
    caller: Caller<TicketsWrite>,
    State(support): State<Support>,
    Id(id): Id,
    if_match: IfMatch,
    Json(body): Json<TicketChange>,
) -> Result<Json<TicketView>> {
    if body.is_empty() {
        return Err(Error::invalid_field("", "required", "No updates: name at least one field."));
    }
    let tags = body.tags.as_deref().map(tags).transpose()?;
    let subject = body.subject.as_deref().map(|s| s.trim().to_owned());
    if subject.as_deref() == Some("") {
        return Err(Error::invalid_field("subject", "too_short", "must not be empty"));
    }
    let own = Change { subject, tags, status: body.status, priority: body.priority, ..Change::default() };
    let department = body.department_id.map(|d| d.map(DepartmentId));
    let assignee = body.assigned_agent_id.map(|u| u.map(UserId));
    let scope = TicketScope::of(&support, &caller);
    let rights = Rights::of(&support, &caller.principal);
    let origin = caller.origin.clone();
    let write = support.desk.db.write_locked(vec![], move |tx| {
        let ticket = locked(tx, &scope, TicketId(id))?;
        if_match.check(ticket.version)?;
        let mut change = own.clone();
        change.department_id = department;
        if let Some(Some(to)) = department
            && department != Some(ticket.department_id)
            && !departments::get(tx, to)?.is_some_and(|d| d.is_active)
        {
            return Err(Error::invalid_field("department_id", "not_found", "is not an active department"));
        }
        match assignee {
            Some(to) => {
                assign::check(tx, &rights, &ticket, to, "assigned_agent_id")?;
                change.assignee_id = Some(to);
            }
            None => change.assignee_id = leaves(tx, &ticket, department)?.then_some(None),
        }
        apply(tx, &origin, &rights, &ticket, change)
    });
    let id = write.await?;
    super::answer(&support, &caller, id).await
}

/// Applies what was checked; an assignment by hand is kept with the others.
pub(super) fn apply(
    tx: &Tx<'_>,
    origin: &Origin,
    rights: &Rights,
    ticket: &Ticket,
    change: Change,
) -> Result<TicketId> {
    if let Some(to) = change.assignee_id
        && to != ticket.assignee_id
    {
        // Before the change: what it sets off may already give the ticket to the next one.
        let asked = Ticket {
            assignee_id: to,
            department_id: change.department_id.unwrap_or(ticket.department_id),
            ..ticket.clone()
        };
        routing::record_by_hand(tx, &asked, rights.me())?;
    }
    tickets::change(tx, origin, ticket, change).map(|t| t.id)
}

/// Whether moving to `department` takes the ticket from its agent.
fn leaves(tx: &Tx<'_>, ticket: &Ticket, department: Option<Option<DepartmentId>>) -> Result<bool> {
    match (ticket.assignee_id, department) {
        (Some(agent), Some(Some(to))) if Some(to) != ticket.department_id => {
            Ok(!agents::departments_of(tx, agent)?.contains(&to))
        }
        _ => Ok(false),
    }
}

/// The ticket, locked, where `scope` holds it; the departments whose queues a change may drain are locked before it.
pub(super) fn locked(tx: &Tx<'_>, scope: &TicketScope, id: TicketId) -> Result<Ticket> {
    let seen = visible(tx, scope, id)?;
    routing::prepare(tx, &seen)?;
    let ticket = tickets::lock(tx, id)?;
    match scope.sees(&ticket) {
        true => Ok(ticket),
        false => Err(Error::not_found("ticket")),
    }
}
