//! Giving a lead to somebody.

use axum::extract::State;
use people::{
    UserId,
    access::{Caller, staff},
};
use platform::{
    Error, Result,
    clock::Millis,
    error::Code,
    http::{Api, Id, IfMatch, Json, Query, RawBody, nullable},
    route,
    time::instant,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{all_well, once, optional};
use crate::{
    Crm, LeadId,
    leads::{
        Change, LeadScope, LeadsAssign,
        assign::{self, Capacity},
        change, in_use, input,
        view::{self, LeadView},
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, assign_lead);
    route!(api, assign_lead_by_email);
}

/// Who shall have it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadAssignment {
    /// Null: nobody.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    assigned_to: Option<Option<i64>>,
}

#[derive(Debug, Deserialize, IntoParams)]
struct LeadAssignmentQuery {
    /// Instead of the body's.
    #[param(minimum = 1)]
    assigned_to: Option<i64>,
}

/// Gives a lead to somebody, or to nobody. What they take at most does not stand in the way of a person's decision.
#[utoipa::path(patch, path = "/leads/{id}/assign", tag = "Leads", request_body = Option<LeadAssignment>,
    responses((status = 200, body = LeadView)))]
async fn assign_lead(
    caller: Caller<LeadsAssign>,
    State(crm): State<Crm>,
    Id(id): Id,
    Query(query): Query<LeadAssignmentQuery>,
    version: IfMatch,
    RawBody(bytes): RawBody,
) -> Result<Json<LeadView>> {
    let said = optional::<LeadAssignment>(&bytes)?.unwrap_or_default();
    let to = once("assigned_to", said.assigned_to, query.assigned_to.map(Some))?;
    let view = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let scope = LeadScope::of(&caller);
        let lead = in_use(tx, &scope, LeadId(id))?;
        version.check(lead.version)?;
        let mut faults = Vec::new();
        let owner = match to {
            Some(id) => {
                let (p, scope) = (&caller.principal, caller.scope);
                input::giveable(tx, p, scope, UserId(id), "assigned_to", &mut faults)?
            }
            None => None,
        };
        all_well(faults)?;
        let lead = assign::give(tx, &caller.origin, &lead, owner.as_ref(), "manual")?;
        view::view(tx, &scope, &lead, tx.now())
    });
    view.await.map(Json)
}

/// Who shall have it, by e-mail address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadAssignmentByEmail {
    #[schema(min_length = 3, max_length = 320)]
    agent_email: String,
    /// `low`, `medium` (also `normal`), `high`, `critical`; stays unless said.
    #[schema(max_length = 20)]
    priority: Option<String>,
    /// Added to the lead's notes.
    #[schema(max_length = 5000)]
    notes: Option<String>,
}

/// A lead as it is given, and how much its owner has then.
#[derive(Debug, Serialize, ToSchema)]
struct LeadAssigned {
    success: bool,
    lead: LeadView,
    agent_capacity: Capacity,
    /// The user who gave it; null for a program.
    #[schema(required)]
    assigned_by: Option<UserId>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    assigned_at: Millis,
}

/// Gives a lead to an agent, unless the agent has as many open leads as they take: then 409 `wrong_state`.
#[utoipa::path(post, path = "/leads/{id}/assign", tag = "Leads", responses((status = 200, body = LeadAssigned)))]
async fn assign_lead_by_email(
    caller: Caller<LeadsAssign>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
    Json(body): Json<LeadAssignmentByEmail>,
) -> Result<Json<LeadAssigned>> {
    let write = crm.desk.db.write_locked(vec![assign::lock_key()], move |tx| {
        let scope = LeadScope::of(&caller);
        let lead = in_use(tx, &scope, LeadId(id))?;
        version.check(lead.version)?;
        let mut faults = Vec::new();
        let priority = body.priority.as_deref().map(|p| input::priority("priority", p, &mut faults));
        let id = staff::by_email(tx, &body.agent_email)?.map_or(UserId(0), |s| s.id);
        let agent = input::giveable(tx, &caller.principal, caller.scope, id, "agent_email", &mut faults)?;
        all_well(faults)?;
        let agent = agent.ok_or_else(Error::forbidden)?;
        if lead.owner_id != Some(agent.id) {
            let has = assign::capacity(tx, agent.id)?;
            if !has.has_room() {
                let detail = format!("{} has {} of {} open leads.", agent.name, has.current, has.max);
                return Err(Error::conflict(Code::WrongState, detail));
            }
        }
        let lead = assign::give(tx, &caller.origin, &lead, Some(&agent), "manual")?;
        let notes = body.notes.as_deref().map(|more| input::with_note(&lead.notes, more));
        let lead = change(tx, &caller.origin, &lead, Change { priority, notes, ..Change::default() })?;
        Ok(LeadAssigned {
            success: true,
            agent_capacity: assign::capacity(tx, agent.id)?,
            assigned_by: caller.principal.user_id(),
            assigned_at: tx.now(),
            lead: view::view(tx, &scope, &lead, tx.now())?,
        })
    });
    write.await.map(Json)
}
