//! Giving a ticket to somebody, taking it, putting it back.

use axum::extract::State;
use people::{
    UserId,
    access::{self, Caller, Scope, agents},
};
use platform::{
    Conn, Error, Result,
    http::{Api, Id, IfMatch, Json, Query, RawBody, nullable},
    route,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Rights, update};
use crate::{
    Support, TicketId,
    tickets::{Change, Ticket, TicketsAssign, view::TicketView},
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, assign);
}

/// Who shall have it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assignment {
    /// `null` puts it back into its department's queue.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    agent_id: Option<Option<i64>>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AssignmentQuery {
    /// Instead of a body.
    #[param(minimum = 1)]
    agent_id: Option<i64>,
}

/// Gives a ticket to an agent, or puts it back. An agent may take a free one and release an own one.
#[utoipa::path(put, path = "/tickets/{id}/assign", tag = "Tickets", operation_id = "assign_ticket", request_body = Assignment, responses((status = 200, body = TicketView)))]
async fn assign(
    caller: Caller<TicketsAssign>,
    State(support): State<Support>,
    Id(id): Id,
    Query(query): Query<AssignmentQuery>,
    if_match: IfMatch,
    RawBody(body): RawBody,
) -> Result<Json<TicketView>> {
    let to = wanted(&body, query.agent_id)?.map(UserId);
    let rights = Rights::of(&support, &caller.principal);
    let scope = rights.read.clone().ok_or_else(Error::forbidden)?;
    let origin = caller.origin.clone();
    let write = support.desk.db.write_locked(vec![], move |tx| {
        let ticket = update::locked(tx, &scope, TicketId(id))?;
        if_match.check(ticket.version)?;
        check(tx, &rights, &ticket, to, "agent_id")?;
        let change = Change { assignee_id: Some(to), ..Change::default() };
        update::apply(tx, &origin, &rights, &ticket, change)
    });
    let id = write.await?;
    super::answer(&support, &caller, id).await
}

/// From the body, or from the query where there is none.
fn wanted(body: &[u8], query: Option<i64>) -> Result<Option<i64>> {
    let said = match body.iter().all(u8::is_ascii_whitespace) {
        true => None,
        false => {
            let value =
                serde_json::from_slice(body).map_err(|_| Error::malformed("The body is not valid JSON."))?;
            Json::<Assignment>::check(value)?.agent_id
        }
    };
    match (said, query) {
        (Some(said), None) => Ok(said),
        (None, Some(id)) => Ok(Some(id)),
        (Some(said), Some(id)) if said == Some(id) => Ok(said),
        (Some(_), Some(_)) => Err(Error::invalid_field("agent_id", "repeated", "the query says another one")),
        (None, None) => Err(Error::invalid_field("agent_id", "required", "is missing")),
    }
}

/// Whether the caller may give `ticket` to `to`, and `to` may have it.
pub(super) fn check(
    c: &Conn<'_>,
    rights: &Rights,
    ticket: &Ticket,
    to: Option<UserId>,
    field: &'static str,
) -> Result<()> {
    if to == ticket.assignee_id {
        return Ok(());
    }
    let me = rights.me();
    let refuse = |detail: &'static str| Err(Error { detail: detail.into(), ..Error::forbidden() });
    match rights.assign {
        None => return Err(Error::forbidden()),
        Some(Scope::Own) => {
            let takes = ticket.assignee_id.is_none() && to.is_some() && to == me;
            let releases = to.is_none() && ticket.assignee_id == me;
            if !takes && !releases {
                return refuse("You may take a free ticket, or put back one of your own.");
            }
        }
        Some(Scope::Team) => {
            if let Some(user) = to.filter(|u| Some(*u) != me)
                && !agents::departments_of(c, user)?.iter().any(|d| rights.departments.contains(d))
            {
                return refuse("You may give tickets to members of your departments.");
            }
        }
        Some(Scope::All) => {}
    }
    match to {
        Some(user) if !access::user(c, user)?.is_some_and(|u| u.is_active) => {
            Err(Error::invalid_field(field, "not_found", "is not an active agent"))
        }
        _ => Ok(()),
    }
}
