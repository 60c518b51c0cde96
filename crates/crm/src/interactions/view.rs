//! Interactions as the API shows them.

use people::{UserId, access};
use platform::{Conn, Result, clock::Millis, time::instant};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Interaction, InteractionOutcome, InteractionType};
use crate::{InteractionId, LeadId};

/// What was done about a lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Interaction)]
pub struct InteractionView {
    pub id: InteractionId,
    pub lead_id: LeadId,
    #[serde(rename = "type")]
    #[schema(inline)]
    pub kind: InteractionType,
    #[schema(inline, required)]
    pub outcome: Option<InteractionOutcome>,
    pub summary: String,
    #[schema(required)]
    pub duration_seconds: Option<i64>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Millis,
    #[schema(required)]
    pub created_by: Option<InteractionAuthor>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    pub version: i64,
}

/// Who logged it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InteractionAuthor {
    pub id: UserId,
    pub name: String,
}

/// With their authors' names. One query.
pub fn views(c: &Conn<'_>, interactions: Vec<Interaction>) -> Result<Vec<InteractionView>> {
    let mut users: Vec<UserId> = interactions.iter().filter_map(|i| i.created_by).collect();
    users.sort_unstable();
    users.dedup();
    let names = if users.is_empty() { Default::default() } else { access::names(c, &users)? };
    let author = |id: UserId| InteractionAuthor { id, name: names.get(&id).cloned().unwrap_or_default() };
    let view = |i: Interaction| InteractionView {
        id: i.id,
        lead_id: i.lead_id,
        kind: i.kind,
        outcome: i.outcome,
        summary: i.summary,
        duration_seconds: i.duration_seconds,
        occurred_at: i.occurred_at,
        created_by: i.created_by.map(author),
        created_at: i.created_at,
        updated_at: i.updated_at,
        version: i.version,
    };
    Ok(interactions.into_iter().map(view).collect())
}

/// One of them.
pub fn one(c: &Conn<'_>, interaction: Interaction) -> Result<InteractionView> {
    views(c, vec![interaction])?.pop().ok_or_else(|| platform::Error::not_found("interaction"))
}
