//! Many leads at once: given out, or changed. What cannot be done to one of them is said of that one, and the others are
//! done. A lead that is not the caller's to see is `not found`, as everywhere.

use std::collections::BTreeSet;

use axum::extract::State;
use futures_util::{StreamExt, stream};
use people::{
    UserId,
    access::{
        Caller, Permission, Scope,
        staff::{self, Staff},
    },
};
use platform::{
    Conn, Error, Fault, Result, Tx,
    clock::Millis,
    error::Code,
    http::{Api, Json, ProblemFault},
    route,
    time::instant_opt,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::all_well;
use crate::{
    Crm, LeadId,
    leads::{
        Lead, LeadScope, LeadsAssign, LeadsDelete, LeadsWrite,
        assign::{self, Dealer, Strategy},
        in_use,
        input::{
            self,
            bulk::{BulkChanges, changed_fields},
        },
        locked,
    },
};

/// Leads of one transaction at most, where one decision follows another.
const CHUNK: usize = 50;
/// Transactions under way at once, where each lead has its own.
const AT_ONCE: usize = 16;

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, bulk_assign_leads, alias "/pipeline/bulk-assign" post);
    route!(api, bulk_update_leads);
}

/// Somebody by id or by e-mail address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
enum AgentName {
    Id(i64),
    Email(String),
}

/// Which leads, and to whom.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkAssignment {
    #[schema(min_items = 1, max_items = 500)]
    lead_ids: Vec<i64>,
    /// `round_robin` unless said.
    #[schema(inline)]
    assignment_strategy: Option<Strategy>,
    /// Among whom; whoever the caller may give leads to unless said. `manual` goes through them in this order.
    #[schema(max_items = 200)]
    agents: Option<Vec<AgentName>>,
    /// All of them to this one, who may have more than they take then.
    #[schema(minimum = 1)]
    new_owner_id: Option<i64>,
    /// `low`, `medium` (also `normal`), `high`, `critical`; stays unless said.
    #[schema(max_length = 20)]
    priority: Option<String>,
}

/// What became of one lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct BulkAssigned {
    lead_id: i64,
    /// `assigned` or `failed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<UserId>,
    #[serde(with = "instant_opt", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    assigned_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct BulkAssignedList {
    /// In the order of the request.
    results: Vec<BulkAssigned>,
    summary: BulkAssignedSummary,
}

#[derive(Debug, Serialize, ToSchema)]
struct BulkAssignedSummary {
    total_leads: usize,
    successfully_assigned: usize,
    failed_assignments: usize,
    #[schema(inline)]
    assignment_strategy: Strategy,
    /// Who got at least one.
    agents_used: Vec<UserId>,
}

/// Gives out leads: in turn, to whoever has most room, or by hand in the order given. Nobody is given more than they take,
/// but by `new_owner_id`.
#[utoipa::path(post, path = "/leads/bulk-assign", tag = "Leads", responses((status = 200, body = BulkAssignedList)))]
async fn bulk_assign_leads(
    caller: Caller<LeadsAssign>,
    State(crm): State<Crm>,
    Json(body): Json<BulkAssignment>,
) -> Result<Json<BulkAssignedList>> {
    let strategy = match body.new_owner_id {
        Some(_) => Strategy::Manual,
        None => body.assignment_strategy.unwrap_or(Strategy::RoundRobin),
    };
    let ids = each_once(&body.lead_ids);
    let mut faults = Vec::new();
    let priority = body.priority.as_deref().map(|p| input::priority("priority", p, &mut faults));
    all_well(faults)?;
    let pool = {
        let (caller, body) = (caller.clone(), body.clone());
        crm.desk.db.read(move |c| pool(c, &caller, &body, strategy)).await?
    };
    let (mut results, mut turn) = (Vec::with_capacity(ids.len()), 0);
    for chunk in ids.chunks(CHUNK) {
        let (caller, pool, chunk) = (caller.clone(), pool.clone(), chunk.to_vec());
        let limited = body.new_owner_id.is_none();
        let write = crm.desk.db.write_locked(vec![assign::lock_key()], move |tx| {
            let scope = LeadScope::of(&caller);
            let mut dealer = Dealer::new(tx, strategy, pool.clone())?.from_turn(turn);
            let dealt = chunk.iter().map(|id| {
                let to = match limited {
                    true => To::Dealt(&mut dealer),
                    false => To::One(&pool[0]),
                };
                one_assigned(tx, &caller, &scope, *id, to, priority)
            });
            let dealt = dealt.collect::<Result<Vec<_>>>()?;
            Ok((dealt, dealer.turn()))
        });
        let (dealt, next) = write.await?;
        results.extend(dealt);
        turn = next;
    }
    let used: BTreeSet<UserId> = results.iter().filter_map(|r: &BulkAssigned| r.assigned_to).collect();
    let done = results.iter().filter(|r| r.status == "assigned").count();
    let summary = BulkAssignedSummary {
        total_leads: results.len(),
        successfully_assigned: done,
        failed_assignments: results.len() - done,
        assignment_strategy: strategy,
        agents_used: used.into_iter().collect(),
    };
    Ok(Json(BulkAssignedList { results, summary }))
}

/// Who gets it.
enum To<'a> {
    Dealt(&'a mut Dealer),
    One(&'a Staff),
}

fn one_assigned(
    tx: &Tx<'_>,
    caller: &Caller<LeadsAssign>,
    scope: &LeadScope,
    id: LeadId,
    to: To<'_>,
    priority: Option<crate::leads::Priority>,
) -> Result<BulkAssigned> {
    let failed = |why: &str| BulkAssigned {
        lead_id: id.0,
        status: "failed",
        assigned_to: None,
        assigned_at: None,
        error: Some(why.to_owned()),
    };
    let lead = match in_use(tx, scope, id) {
        Ok(lead) => lead,
        Err(e) if e.code == Code::WrongState => return Ok(failed("archived")),
        Err(e) if e.code == Code::NotFound => return Ok(failed("not found")),
        Err(e) => return Err(e),
    };
    let (agent, how) = match to {
        To::One(agent) => (agent.clone(), "manual"),
        To::Dealt(dealer) => match dealer.deal(tx)? {
            Some(agent) => (agent, dealer.strategy().as_str()),
            None => return Ok(failed("nobody has room")),
        },
    };
    let lead = assign::give(tx, &caller.origin, &lead, Some(&agent), how)?;
    if priority.is_some() {
        let change = crate::leads::Change { priority, ..Default::default() };
        crate::leads::change(tx, &caller.origin, &lead, change)?;
    }
    Ok(BulkAssigned {
        lead_id: id.0,
        status: "assigned",
        assigned_to: Some(agent.id),
        assigned_at: Some(tx.now()),
        error: None,
    })
}

/// Who may be chosen, in the order named. Errors: 422 with everybody who may not.
fn pool(
    c: &Conn<'_>,
    caller: &Caller<LeadsAssign>,
    body: &BulkAssignment,
    strategy: Strategy,
) -> Result<Vec<Staff>> {
    let mut faults = Vec::new();
    let (principal, scope) = (&caller.principal, caller.scope);
    let found = match (body.new_owner_id, &body.agents) {
        (Some(id), _) => {
            let found = input::giveable(c, principal, scope, UserId(id), "new_owner_id", &mut faults)?;
            found.into_iter().collect()
        }
        (None, Some(named)) if !named.is_empty() => {
            let mut found: Vec<Staff> = Vec::new();
            for (n, name) in named.iter().enumerate() {
                let id = match name {
                    AgentName::Id(id) => UserId(*id),
                    AgentName::Email(email) => staff::by_email(c, email)?.map_or(UserId(0), |s| s.id),
                };
                let agent = input::giveable(c, principal, scope, id, &format!("agents.{n}"), &mut faults)?;
                found.extend(agent.filter(|a| !found.iter().any(|f| f.id == a.id)));
            }
            found
        }
        (None, _) if strategy == Strategy::Manual => {
            faults.push(Fault::new("agents", "required", "say to whom"));
            Vec::new()
        }
        (None, _) => {
            let within = (scope != Scope::All).then_some(principal.departments.as_slice());
            assign::pool(c, within)?
        }
    };
    all_well(faults)?;
    if found.is_empty() {
        return Err(Error::invalid_field("agents", "required", "there is nobody to give leads to"));
    }
    Ok(found)
}

/// Which leads, and what to do to each.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkUpdate {
    #[schema(min_items = 1, max_items = 500)]
    lead_ids: Vec<i64>,
    updates: BulkChanges,
    /// Added to the notes of each.
    #[schema(max_length = 5000)]
    notes: Option<String>,
}

/// What became of one lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct BulkUpdated {
    lead_id: i64,
    /// `updated` or `failed`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Everything that is wrong, where it lies in fields; `error` says the same in one line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemFault>,
    updated_fields: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct BulkUpdatedList {
    /// In the order of the request.
    results: Vec<BulkUpdated>,
    summary: BulkUpdatedSummary,
}

#[derive(Debug, Serialize, ToSchema)]
struct BulkUpdatedSummary {
    total: usize,
    updated: usize,
    failed: usize,
}

/// Changes many leads in the same way, each in a transaction of its own.
#[utoipa::path(post, path = "/leads/bulk-update", tag = "Leads", responses((status = 200, body = BulkUpdatedList)))]
async fn bulk_update_leads(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Json(body): Json<BulkUpdate>,
) -> Result<Json<BulkUpdatedList>> {
    if body.updates.is_empty() && body.notes.is_none() {
        return Err(Error::invalid_field("updates", "required", "say what to change"));
    }
    let may = |action: &str| caller.principal.scope_of(action).is_some();
    if body.updates.archived.is_some() && !may(LeadsDelete::ACTION) {
        return Err(Error { detail: "You may not archive leads.".into(), ..Error::forbidden() });
    }
    let ids = each_once(&body.lead_ids);
    let write = |id: LeadId| {
        let (db, caller, body) = (crm.desk.db.clone(), caller.clone(), body.clone());
        async move {
            let done = db.write_locked(Vec::new(), move |tx| {
                let held = if body.updates.archived == Some(false) { locked } else { in_use };
                let before = held(tx, &LeadScope::of(&caller), id)?;
                let (p, notes) = (&caller.principal, body.notes.as_deref());
                let after = input::bulk::apply(tx, &caller.origin, p, &before, &body.updates, notes)?;
                Ok::<(Lead, Lead), Error>((before, after))
            });
            told(id, done.await)
        }
    };
    let results: Vec<Result<BulkUpdated>> =
        stream::iter(ids.into_iter().map(write)).buffered(AT_ONCE).collect().await;
    let results = results.into_iter().collect::<Result<Vec<_>>>()?;
    let updated = results.iter().filter(|r| r.status == "updated").count();
    let summary = BulkUpdatedSummary { total: results.len(), updated, failed: results.len() - updated };
    Ok(Json(BulkUpdatedList { results, summary }))
}

/// A fault of the lead is told of the lead; one of ours ends the request.
fn told(id: LeadId, done: Result<(Lead, Lead)>) -> Result<BulkUpdated> {
    let failed = |why: String| BulkUpdated {
        lead_id: id.0,
        status: "failed",
        error: Some(why),
        errors: Vec::new(),
        updated_fields: Vec::new(),
    };
    match done {
        Ok((before, after)) => Ok(BulkUpdated {
            lead_id: id.0,
            status: "updated",
            error: None,
            errors: Vec::new(),
            updated_fields: changed_fields(&before, &after),
        }),
        Err(e) if e.code == Code::NotFound => Ok(failed("not found".to_owned())),
        Err(e) if e.code == Code::Invalid => {
            let words: Vec<_> = e.faults.iter().map(|f| format!("{} {}", f.field, f.message)).collect();
            let words = words.join("; ");
            let errors = e.faults.into_iter().map(ProblemFault::from).collect();
            Ok(BulkUpdated { errors, ..failed(words) })
        }
        Err(e) if e.code.status() == 409 => Ok(failed(e.detail.into_owned())),
        Err(e) => Err(e),
    }
}

fn each_once(ids: &[i64]) -> Vec<LeadId> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(|id| seen.insert(**id)).map(|id| LeadId(*id)).collect()
}
