//! `GET /leads/{id}/history`: the lead's way, and what was changed besides.

use std::collections::HashMap;

use axum::extract::State;
use people::{UserId, access, access::Caller};
use platform::{
    Conn, Result,
    clock::{Millis, SECOND},
    events::{self, Event},
    http::{Api, Id, Json},
    params, route, sql,
    time::instant,
};
use serde::Serialize;
use serde_json::Value as Json_;
use utoipa::ToSchema;

use crate::{
    Crm, LeadId, StageId,
    leads::{LeadScope, LeadsRead, visible},
    pipelines,
};

/// Of each kind at most; the timeline has the rest.
const MOST: i64 = 200;

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, lead_history);
}

/// Newest first.
#[derive(Debug, Serialize, ToSchema)]
struct LeadHistory {
    moves: Vec<LeadMove>,
    changes: Vec<LeadEvent>,
}

/// An entry into a stage.
#[derive(Debug, Serialize, ToSchema)]
struct LeadMove {
    id: i64,
    /// Null for the first one.
    #[schema(required)]
    from: Option<StageName>,
    to: StageName,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
    by: LeadActor,
    #[schema(required)]
    time_in_previous_seconds: Option<i64>,
    #[schema(required)]
    reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct StageName {
    key: String,
    name: String,
}

/// Who did it.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct LeadActor {
    /// `user`, `api_key`, `system`, `contact`.
    kind: String,
    #[schema(required)]
    id: Option<i64>,
    /// For users.
    #[schema(required)]
    name: Option<String>,
}

/// Something that happened to it; `data` has before and after.
#[derive(Debug, Serialize, ToSchema)]
struct LeadEvent {
    id: i64,
    kind: String,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
    by: LeadActor,
    #[schema(value_type = Object)]
    data: Json_,
}

struct Move {
    id: i64,
    from: Option<StageId>,
    to: StageId,
    at: Millis,
    time: Option<Millis>,
    actor: (String, Option<i64>),
    reason: Option<String>,
}

fn moves(c: &Conn<'_>, lead: LeadId) -> Result<Vec<Move>> {
    c.all(
        sql!(
            "SELECT id, from_stage_id, to_stage_id, at, time_in_previous, actor_kind, actor_id, reason FROM stage_moves WHERE lead_id = ?1 ORDER BY id DESC LIMIT ?2"
        ),
        params![lead, MOST],
        |row| {
            let mut r = row.columns();
            Ok(Move {
                id: r.next()?,
                from: r.next()?,
                to: r.next()?,
                at: r.next()?,
                time: r.next()?,
                actor: (r.next()?, r.next()?),
                reason: r.next()?,
            })
        },
    )
}

fn history(c: &Conn<'_>, lead: LeadId) -> Result<LeadHistory> {
    let moves = moves(c, lead)?;
    let mut stages: Vec<StageId> = moves.iter().flat_map(|m| m.from.into_iter().chain([m.to])).collect();
    stages.sort_unstable();
    stages.dedup();
    let stages = pipelines::stage_names(c, &stages)?;
    let events: Vec<Event> = events::of_subject(c, "lead", lead.0, i64::MAX, MOST)?;
    let actors = moves.iter().map(|m| (m.actor.0.as_str(), m.actor.1));
    let actors = actors.chain(events.iter().map(|e| (e.actor_kind.as_str(), e.actor_id)));
    let users: Vec<UserId> =
        actors.filter(|(kind, _)| *kind == "user").filter_map(|(_, id)| id.map(UserId)).collect();
    let names: HashMap<UserId, String> = access::names(c, &users)?;
    let actor = |kind: String, id: Option<i64>| LeadActor {
        name: id.filter(|_| kind == "user").and_then(|id| names.get(&UserId(id)).cloned()),
        kind,
        id,
    };
    let stage = |id: StageId| {
        let (key, name) = stages.get(&id).cloned().unwrap_or_default();
        StageName { key, name }
    };
    let told = moves.into_iter().map(|m| LeadMove {
        id: m.id,
        from: m.from.map(stage),
        to: stage(m.to),
        at: m.at,
        by: actor(m.actor.0, m.actor.1),
        time_in_previous_seconds: m.time.map(|t| t / SECOND),
        reason: m.reason,
    });
    let changes = events.into_iter().map(|e| LeadEvent {
        id: e.id,
        kind: e.kind,
        at: e.at,
        by: actor(e.actor_kind, e.actor_id),
        data: e.data,
    });
    Ok(LeadHistory { moves: told.collect(), changes: changes.collect() })
}

/// A lead's way through its stages, and what was changed besides; the newest 200 of each.
#[utoipa::path(get, path = "/leads/{id}/history", tag = "Leads", responses((status = 200, body = LeadHistory)))]
async fn lead_history(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<Json<LeadHistory>> {
    let scope = LeadScope::of(&caller);
    let history = crm.desk.db.read(move |c| {
        let lead = visible(c, &scope, LeadId(id))?;
        let mut history = history(c, lead.id)?;
        if matches!(scope, LeadScope::Vendor(_)) {
            // A vendor sees its lead's way, not who of ours did what.
            history.changes.clear();
            for m in &mut history.moves {
                (m.by.id, m.by.name, m.reason) = (None, None, None);
            }
        }
        Ok(history)
    });
    history.await.map(Json)
}
