//! `/interactions`, and a lead's.

use axum::{extract::State, http::StatusCode};
use people::access::{Caller, Scope};
use platform::{
    Conn, Error, Result,
    clock::{MINUTE, Millis},
    http::{Api, Id, IfMatch, Json, ListQuery, nullable},
    list_schema, route,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    Change, Interaction, InteractionOutcome, InteractionType, NewInteraction, store,
    store::Selection,
    view::{self, InteractionView},
};
use crate::{
    Crm, InteractionId, LeadId,
    leads::{self, Lead, LeadScope, LeadsRead, LeadsWrite, visible},
    timeline::staff_only,
};

/// A caller's clock may be a little ahead of ours.
const AHEAD: Millis = 5 * MINUTE;

/// The routes of interactions.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    route!(api, list_interactions);
    route!(api, log_lead_interaction);
    route!(api, log_interaction);
    route!(api, get_interaction);
    route!(api, update_interaction);
    route!(api, delete_interaction);
    api
}

list_schema!(
    /// Interactions.
    InteractionList, interactions: InteractionView
);

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InteractionFilter {
    #[param(inline)]
    r#type: Option<InteractionType>,
    #[param(inline)]
    outcome: Option<InteractionOutcome>,
}

/// What people log; a change of stage logs itself.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Logged {
    Call,
    Email,
    Meeting,
    Note,
}

impl From<Logged> for InteractionType {
    fn from(l: Logged) -> Self {
        match l {
            Logged::Call => InteractionType::Call,
            Logged::Email => InteractionType::Email,
            Logged::Meeting => InteractionType::Meeting,
            Logged::Note => InteractionType::Note,
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLeadInteraction {
    #[serde(rename = "type")]
    #[schema(inline)]
    kind: Logged,
    #[schema(inline)]
    outcome: Option<InteractionOutcome>,
    #[serde(default)]
    #[schema(max_length = 10_000)]
    summary: String,
    #[schema(minimum = 0, maximum = 86_400)]
    duration_seconds: Option<i64>,
    /// Now unless said; not in the future.
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
}

/// What was done, and about which lead.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInteraction)]
struct NewInteractionBody {
    #[schema(minimum = 1)]
    lead_id: i64,
    #[serde(rename = "type")]
    #[schema(inline)]
    kind: Logged,
    #[schema(inline)]
    outcome: Option<InteractionOutcome>,
    #[serde(default)]
    #[schema(max_length = 10_000)]
    summary: String,
    #[schema(minimum = 0, maximum = 86_400)]
    duration_seconds: Option<i64>,
    /// Now unless said; not in the future.
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
}

/// What to change; what is not named stays, `null` clears.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InteractionChange {
    #[serde(rename = "type")]
    #[schema(inline)]
    kind: Option<Logged>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<InteractionOutcome>, inline)]
    outcome: Option<Option<InteractionOutcome>>,
    #[schema(max_length = 10_000)]
    summary: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 86_400)]
    duration_seconds: Option<Option<i64>>,
    #[schema(format = DateTime)]
    occurred_at: Option<String>,
}

fn instant(text: Option<&str>, now: Millis) -> Result<Option<Millis>> {
    let Some(text) = text else { return Ok(None) };
    let wrong = |code, words: &'static str| Error::invalid_field("occurred_at", code, words);
    let at = platform::time::parse_rfc3339(text)
        .ok_or_else(|| wrong("format", "must be an RFC 3339 instant: 2026-01-03T10:00:00Z"))?;
    match at {
        at if at > now + AHEAD => Err(wrong("out_of_range", "must not be in the future")),
        at if at < 0 => Err(wrong("out_of_range", "must not be before 1970")),
        at => Ok(Some(at.min(now))),
    }
}

impl NewLeadInteraction {
    fn read(&self, now: Millis) -> Result<NewInteraction> {
        let kind = InteractionType::from(self.kind);
        let summary = self.summary.trim().to_owned();
        if kind == InteractionType::Note && summary.is_empty() {
            return Err(Error::invalid_field("summary", "required", "a note says something"));
        }
        Ok(NewInteraction {
            kind,
            outcome: self.outcome,
            summary,
            duration_seconds: self.duration_seconds,
            occurred_at: instant(self.occurred_at.as_deref(), now)?.unwrap_or(now),
        })
    }
}

/// Interactions of a lead, the latest first.
#[utoipa::path(get, path = "/leads/{id}/interactions", tag = "Interactions", responses((status = 200, body = InteractionList)))]
async fn list_interactions(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
    ListQuery(page, filter): ListQuery<InteractionFilter>,
) -> Result<Json<InteractionList>> {
    staff_only(&caller)?;
    let scope = LeadScope::of(&caller);
    let selection = Selection {
        kind: filter.r#type,
        outcome: filter.outcome,
        after: page.cursor.as_ref().map(|c| Ok::<_, Error>((c.int(0)?, c.int(1)?))).transpose()?,
        limit: page.fetch(),
        offset: page.offset,
    };
    let read = crm.desk.db.read(move |c| {
        let lead = visible(c, &scope, LeadId(id))?;
        let (rows, total) = store::list(c, lead.id, &selection)?;
        Ok((view::views(c, rows)?, total))
    });
    let (rows, total) = read.await?;
    Ok(Json(page.finish(rows, total, |last| vec![json!(last.occurred_at), json!(last.id)]).into()))
}

/// Logs a call, an e-mail, a meeting or a note on a lead; the lead counts as touched.
#[utoipa::path(post, path = "/leads/{id}/interactions", tag = "Interactions", responses((status = 201, body = InteractionView)))]
async fn log_lead_interaction(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    Json(body): Json<NewLeadInteraction>,
) -> Result<(StatusCode, Json<InteractionView>)> {
    log(crm, caller, LeadId(id), &body).await
}

/// The same as for one lead, which the body names.
#[utoipa::path(post, path = "/interactions", tag = "Interactions", responses((status = 201, body = InteractionView), (status = 404)))]
async fn log_interaction(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Json(b): Json<NewInteractionBody>,
) -> Result<(StatusCode, Json<InteractionView>)> {
    let body = NewLeadInteraction {
        kind: b.kind,
        outcome: b.outcome,
        summary: b.summary,
        duration_seconds: b.duration_seconds,
        occurred_at: b.occurred_at,
    };
    log(crm, caller, LeadId(b.lead_id), &body).await
}

async fn log(
    crm: Crm,
    caller: Caller<LeadsWrite>,
    id: LeadId,
    body: &NewLeadInteraction,
) -> Result<(StatusCode, Json<InteractionView>)> {
    let new = body.read(crm.desk.clock.now())?;
    let scope = LeadScope::of(&caller);
    let write = crm.desk.db.write_locked(vec![], move |tx| {
        let lead = leads::in_use(tx, &scope, id)?;
        let made = super::log(tx, &caller.origin, &lead, new.clone())?;
        view::one(tx, made)
    });
    Ok((StatusCode::CREATED, Json(write.await?)))
}

/// One interaction.
#[utoipa::path(get, path = "/interactions/{id}", tag = "Interactions", responses((status = 200, body = InteractionView)))]
async fn get_interaction(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<Json<InteractionView>> {
    staff_only(&caller)?;
    let scope = LeadScope::of(&caller);
    let read = crm.desk.db.read(move |c| {
        let found = theirs(c, &scope, InteractionId(id))?;
        view::one(c, found)
    });
    read.await.map(Json)
}

/// Changes an interaction: one's own, or any with a wider scope than one's own leads.
#[utoipa::path(patch, path = "/interactions/{id}", tag = "Interactions", responses((status = 200, body = InteractionView)))]
async fn update_interaction(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
    Json(body): Json<InteractionChange>,
) -> Result<Json<InteractionView>> {
    let now = crm.desk.clock.now();
    let change = Change {
        kind: body.kind.map(Into::into),
        outcome: body.outcome,
        summary: body.summary.as_deref().map(|s| s.trim().to_owned()),
        duration_seconds: body.duration_seconds,
        occurred_at: instant(body.occurred_at.as_deref(), now)?,
    };
    let write = crm.desk.db.write_locked(vec![], move |tx| {
        let (lead, before) = to_edit(tx, &caller, InteractionId(id))?;
        version.check(before.version)?;
        let kind = change.kind.unwrap_or(before.kind);
        if kind == InteractionType::Note && change.summary.as_ref().unwrap_or(&before.summary).is_empty() {
            return Err(Error::invalid_field("summary", "required", "a note says something"));
        }
        let after = super::change(tx, &caller.origin, &lead, &before, change.clone())?;
        view::one(tx, after)
    });
    write.await.map(Json)
}

/// Removes an interaction: one's own, or any with a wider scope than one's own leads.
#[utoipa::path(delete, path = "/interactions/{id}", tag = "Interactions", responses((status = 204)))]
async fn delete_interaction(
    caller: Caller<LeadsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let write = crm.desk.db.write_locked(vec![], move |tx| {
        let (lead, before) = to_edit(tx, &caller, InteractionId(id))?;
        version.check(before.version)?;
        super::remove(tx, &caller.origin, &lead, &before)
    });
    write.await.map(|()| StatusCode::NO_CONTENT)
}

/// The interaction, where `scope` holds its lead.
fn theirs(c: &Conn<'_>, scope: &LeadScope, id: InteractionId) -> Result<Interaction> {
    let missing = || Error::not_found("interaction");
    let found = super::get(c, id)?.ok_or_else(missing)?;
    visible(c, scope, found.lead_id).map_err(|_| missing())?;
    Ok(found)
}

/// The interaction with its lead, if the caller may edit it.
fn to_edit(
    tx: &platform::Tx<'_>,
    caller: &Caller<LeadsWrite>,
    id: InteractionId,
) -> Result<(Lead, Interaction)> {
    let scope = LeadScope::of(caller);
    let found = theirs(tx, &scope, id)?;
    let lead = leads::in_use(tx, &scope, found.lead_id)?;
    let is_mine = found.created_by.is_some() && found.created_by == caller.principal.user_id();
    if caller.scope == Scope::Own && !is_mine {
        let detail = "Only its author may edit this, or somebody who sees more than their own leads.".into();
        return Err(Error { detail, ..Error::forbidden() });
    }
    Ok((lead, found))
}
