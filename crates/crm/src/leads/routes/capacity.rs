//! How many open leads each takes, and has.

use axum::extract::State;
use people::{
    UserId,
    access::{Caller, Scope, UsersWrite, staff},
};
use platform::{
    Error, Result,
    events::{self, NewEvent},
    http::{Api, Id, Json},
    route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    Crm,
    leads::{
        LeadsAssign,
        assign::{self, Candidate, Capacity},
        events as kinds,
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, lead_capacities);
    route!(api, set_lead_capacity);
}

/// Somebody who could be given leads.
#[derive(Debug, Serialize, ToSchema)]
struct LeadAgent {
    agent_id: UserId,
    name: String,
    email: String,
    /// `admin`, `manager` or `agent`.
    role: String,
    /// 0–100.
    performance_score: f64,
    capacity: Capacity,
    /// The number of open leads that was said for them; null: the desk's usual one.
    #[schema(required)]
    max_capacity: Option<i64>,
}

impl From<Candidate> for LeadAgent {
    fn from(c: Candidate) -> Self {
        LeadAgent {
            agent_id: c.staff.id,
            capacity: c.capacity(),
            max_capacity: c.own,
            name: c.staff.name,
            email: c.staff.email,
            role: c.staff.role,
            performance_score: c.staff.kpi_score,
        }
    }
}

/// Everybody, and what they have together.
#[derive(Debug, Serialize, ToSchema)]
struct LeadAgents {
    /// Those with most room first.
    agents: Vec<LeadAgent>,
    summary: LeadAgentsSummary,
}

#[derive(Debug, Serialize, ToSchema)]
struct LeadAgentsSummary {
    total_agents: i64,
    total_capacity: i64,
    used_capacity: i64,
    /// Rounded.
    utilization_percentage: i64,
}

/// Whom the caller may give leads to, each with what they have and take.
#[utoipa::path(get, path = "/leads/agents", tag = "Leads", responses((status = 200, body = LeadAgents)))]
async fn lead_capacities(caller: Caller<LeadsAssign>, State(crm): State<Crm>) -> Result<Json<LeadAgents>> {
    let all = crm.desk.db.read(move |c| {
        let within = (caller.scope != Scope::All).then_some(caller.principal.departments.as_slice());
        assign::candidates(c, staff::active(c, within)?)
    });
    let mut all = all.await?;
    all.sort_by(|a, b| {
        let room = b.capacity().available_slots.cmp(&a.capacity().available_slots);
        room.then(b.staff.kpi_score.total_cmp(&a.staff.kpi_score)).then(a.staff.id.cmp(&b.staff.id))
    });
    let (used, most) = all.iter().fold((0, 0), |(used, most), c| (used + c.open, most + c.max));
    let summary = LeadAgentsSummary {
        total_agents: all.len() as i64,
        total_capacity: most,
        used_capacity: used,
        utilization_percentage: if most > 0 { (used * 100 + most / 2) / most } else { 0 },
    };
    Ok(Json(LeadAgents { agents: all.into_iter().map(Into::into).collect(), summary }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadCapacityInput {
    /// Open leads at most; null: the desk's usual number.
    #[schema(required = true, minimum = 0, maximum = 100_000)]
    max_capacity: Option<i64>,
}

/// Says how many open leads somebody takes. Those that they have stay theirs.
#[utoipa::path(put, path = "/agents/{id}/lead-capacity", tag = "Leads", responses((status = 200, body = LeadAgent)))]
async fn set_lead_capacity(
    caller: Caller<UsersWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    Json(input): Json<LeadCapacityInput>,
) -> Result<Json<LeadAgent>> {
    let write = crm.desk.db.write(move |tx| {
        let load = || Ok::<_, Error>(assign::candidates(tx, staff::by_ids(tx, &[UserId(id)])?)?.pop());
        let before = load()?.ok_or_else(|| Error::not_found("user"))?;
        assign::set_capacity(tx, UserId(id), input.max_capacity)?;
        let after = load()?.ok_or_else(|| Error::not_found("user"))?;
        if (after.max, after.own) != (before.max, before.own) {
            let data = json!({ "before": { "max": before.max }, "after": { "max": after.max } });
            let event = NewEvent::new(kinds::CAPACITY_CHANGED, "user", id, data).scope(None, Some(id));
            events::record(tx, &caller.origin, event)?;
        }
        Ok(after)
    });
    Ok(Json(write.await?.into()))
}
