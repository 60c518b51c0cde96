//! Trying a text out, the queues, and why a ticket went where it went.

use axum::extract::State;
use people::{
    ContactId, DepartmentId, UserId,
    access::{Caller, Scope, agents},
    departments,
};
use platform::{
    Conn, Error, Result,
    clock::Millis,
    fold::fold,
    http::{Api, Id, Json},
    route,
    time::instant_opt,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RoutingRead;
use crate::{
    Support, TicketId,
    routing::{
        Decision, Input, Reason, RoutingSettings, Snapshot, decide,
        decision::{Candidate, Department, Named},
        store::{self, AssignmentRow},
    },
    spam::{self, Part, content},
    tickets::{
        self, TicketScope,
        names::{Names, Ref, Wanted},
        queue,
    },
};

/// So many decisions about one ticket are shown.
const HISTORY: i64 = 50;

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, simulate);
    route!(api, queues);
    route!(api, assignment);
}

/// A message that nobody wrote.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Simulation {
    #[schema(max_length = 10_000)]
    content: String,
    /// The kind of channel that it would come by.
    #[schema(max_length = 50)]
    channel: Option<String>,
    /// Who would write; whoever handled this contact last has an advantage.
    #[schema(minimum = 1)]
    contact_id: Option<i64>,
    /// As if the ticket were in this department already.
    #[schema(minimum = 1)]
    department_id: Option<i64>,
}

/// What would happen.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SimulationResult {
    /// The text as keywords are matched against it.
    folded: String,
    spam: SimulatedSpam,
    decision: Decision,
}

/// What the content alone says.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SimulatedSpam {
    /// 0–1.
    score: f64,
    parts: Vec<Part>,
    is_spam: bool,
}

/// Says what would happen to a message, with everyone who would be considered. Nothing is stored. Of a department that the
/// caller does not see nobody is named: the reason is `other_team`.
#[utoipa::path(post, path = "/routing/simulate", tag = "Routing", operation_id = "simulate_routing", responses((status = 200, body = SimulationResult)))]
async fn simulate(
    caller: Caller<RoutingRead>,
    State(support): State<Support>,
    Json(body): Json<Simulation>,
) -> Result<Json<SimulationResult>> {
    let matches = support.matcher.find(&body.content);
    let folded = fold(&body.content);
    let score = content::score(&body.content);
    let channel = body.channel.unwrap_or_default();
    let (contact_id, department) = (body.contact_id.map(ContactId), body.department_id.map(DepartmentId));
    let view = View {
        scope: caller.scope,
        me: caller.principal.user_id(),
        departments: caller.principal.departments.clone(),
    };
    let (mut decision, threshold) = support
        .desk
        .db
        .read(move |c| {
            if let Some(id) = department
                && !departments::get(c, id)?.is_some_and(|d| d.is_active)
            {
                return Err(Error::invalid_field(
                    "department_id",
                    "not_found",
                    "is not an active department",
                ));
            }
            let s = Snapshot::load(c)?;
            let input = Input {
                contact_id,
                matches: &matches,
                account_department: None,
                fixed_department: department,
                channel: &channel,
            };
            let decision = decide(c, &s.settings, s.version, &input)?.decision;
            Ok((view.of(c, decision)?, spam::settings(c)?.threshold))
        })
        .await?;
    decision.at = support.desk.clock.now();
    let is_spam = score.score >= threshold;
    let spam = SimulatedSpam { score: score.score, parts: score.parts, is_spam };
    Ok(Json(SimulationResult { folded, spam, decision }))
}

/// Whose eyes a simulation is seen through. Where a message goes is everybody's to know, as departments and keywords are; who
/// works in other teams, what they have to do and whether they could take more is not.
struct View {
    scope: Scope,
    me: Option<UserId>,
    departments: Vec<DepartmentId>,
}

impl View {
    /// `decision` without what may not be seen, and without a trace of it.
    fn of(&self, c: &Conn<'_>, mut decision: Decision) -> Result<Decision> {
        let Some(department) = decision.department.as_ref().filter(|_| self.scope != Scope::All) else {
            return Ok(decision);
        };
        if !self.departments.contains(&department.id) {
            decision.reason = Reason::OtherTeam;
            decision.winner = None;
            decision.candidates.clear();
            decision.excluded.clear();
            return Ok(decision);
        }
        let seen: Vec<UserId> = match self.scope {
            Scope::Own => self.me.into_iter().collect(),
            _ => agents::candidates(c, &self.departments)?.into_iter().map(|a| a.id).collect(),
        };
        decision.winner.take_if(|w| !seen.contains(&w.id));
        decision.candidates.retain(|candidate| seen.contains(&candidate.user_id));
        decision.excluded.clear();
        for why in decision.candidates.iter().filter_map(|candidate| candidate.excluded_because) {
            *decision.excluded.entry(why).or_default() += 1;
        }
        Ok(decision)
    }
}

/// The queue of one department.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct RoutingQueue {
    department: Ref,
    /// Tickets that no agent has.
    waiting: i64,
    /// The longest waiting one waits since.
    #[serde(with = "instant_opt")]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    oldest_at: Option<Millis>,
    /// Who is available.
    agents_available: i64,
    agents_total: i64,
    /// What those who are available could take.
    free_capacity: i64,
    /// New, open or waiting for the customer.
    open: i64,
}

/// All queues that the caller may see.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct RoutingQueues {
    queues: Vec<RoutingQueue>,
}

/// What waits in each department, and who is there for it.
#[utoipa::path(get, path = "/routing/queues", tag = "Routing", operation_id = "list_queues", responses((status = 200, body = RoutingQueues)))]
async fn queues(caller: Caller<RoutingRead>, State(support): State<Support>) -> Result<Json<RoutingQueues>> {
    let settings = support.matcher.snapshot().settings;
    let queues = support
        .desk
        .db
        .read(move |c| {
            let mut shown = departments::all_active(c)?;
            shown.retain(|d| caller.scope == Scope::All || caller.principal.is_member(d.id));
            count(c, &settings, shown)
        })
        .await?;
    Ok(Json(RoutingQueues { queues }))
}

/// Three reads for all departments together.
fn count(
    c: &Conn<'_>,
    settings: &RoutingSettings,
    shown: Vec<departments::Department>,
) -> Result<Vec<RoutingQueue>> {
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let rows = queue::all(c)?;
    let ids: Vec<DepartmentId> = shown.iter().map(|d| d.id).collect();
    let people = agents::candidates(c, &ids)?;
    let queue = |d: departments::Department| {
        let row = rows.iter().find(|r| r.department_id == d.id);
        let crew: Vec<_> = people.iter().filter(|a| a.departments.contains(&d.id) && a.is_active).collect();
        let here: Vec<_> = crew.iter().filter(|a| a.status == "available").collect();
        let free =
            |a: &&&agents::Agent| (a.capacity.unwrap_or(settings.default_capacity) - a.open_tickets).max(0);
        RoutingQueue {
            waiting: row.map_or(0, |r| r.waiting),
            oldest_at: row.and_then(|r| r.oldest_at),
            agents_available: here.len() as i64,
            agents_total: crew.len() as i64,
            free_capacity: here.iter().map(free).sum(),
            open: row.map_or(0, |r| r.open),
            department: Ref { id: d.id.0, name: d.name },
        }
    };
    Ok(shown.into_iter().map(queue).collect())
}

/// Why a ticket went where it went.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct TicketAssignment {
    /// The newest.
    #[schema(required)]
    decision: Option<Decision>,
    /// All of them, newest first.
    history: Vec<Decision>,
}

/// Why the ticket has the agent that it has: the candidates, their scores, and who was left out.
#[utoipa::path(get, path = "/tickets/{id}/assignment", tag = "Tickets", operation_id = "get_ticket_assignment", responses((status = 200, body = TicketAssignment)))]
async fn assignment(
    caller: Caller<RoutingRead>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<TicketAssignment>> {
    let scope = TicketScope::of(&support, &caller);
    let history = support
        .desk
        .db
        .read(move |c| {
            tickets::visible(c, &scope, TicketId(id))?;
            let rows = store::decisions(c, TicketId(id), HISTORY)?;
            let names = wanted(&rows).load(c)?;
            Ok(rows.into_iter().map(|row| shown(row, &names)).collect::<Vec<_>>())
        })
        .await?;
    Ok(Json(TicketAssignment { decision: history.first().cloned(), history }))
}

fn wanted(rows: &[AssignmentRow]) -> Wanted {
    let mut wanted = Wanted::default();
    for row in rows {
        wanted.departments.extend(row.department_id);
        wanted.users.extend(row.user_id.into_iter().chain(row.assigned_by));
        wanted.users.extend(row.detail.candidates.iter().map(|c| c.user_id));
    }
    wanted
}

fn shown(row: AssignmentRow, names: &Names) -> Decision {
    let named = |id| Named { id, name: names.user(id).name };
    let department = row.department_id.map(|id| Department {
        id,
        name: names.department(id).name,
        why: row.detail.why.unwrap_or(crate::routing::Why::Ticket),
    });
    let candidates = row.detail.candidates.into_iter().map(|c| Candidate {
        name: names.user(c.user_id).name,
        user_id: c.user_id,
        score: c.score,
        parts: c.parts,
        load: c.load,
        capacity: c.capacity,
        eligible: c.excluded.is_none(),
        excluded_because: c.excluded,
    });
    Decision {
        id: Some(row.id),
        at: row.at,
        ticket_id: Some(row.ticket_id),
        message_id: row.message_id,
        strategy: row.strategy,
        reason: row.reason,
        department,
        winner: row.user_id.map(named),
        assigned_by: row.assigned_by.map(named),
        keywords: row.detail.keywords,
        candidates: candidates.collect(),
        excluded: row.detail.excluded,
        settings_version: row.settings_version,
    }
}
