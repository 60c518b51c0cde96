//! What was flagged, and who sent it.

use std::collections::HashMap;

use axum::extract::State;
use people::{
    ContactId,
    access::Caller,
    contacts::{self, Brief},
};
use platform::{
    Error, Result,
    clock::{DAY, Millis},
    http::{Api, Json, ListQuery, NoFilter},
    route,
    time::instant,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::SpamRead;
use crate::{
    MessageId, Support, TicketId, messages,
    spam::{
        ActivityId, Part, settings,
        store::{self, ActivityRow, SpammerRow},
    },
    tickets::TicketScope,
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, activities);
    route!(api, users);
}

/// A message that was judged spam.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SpamActivity {
    id: ActivityId,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    spam_date: Millis,
    contact_id: ContactId,
    /// The same as `contact_id`.
    lead_id: ContactId,
    lead_name: String,
    #[schema(required)]
    phone: Option<String>,
    /// Its beginning, 100 characters at most.
    message: String,
    spam_reason: String,
    /// `bot` or `manual`.
    flagged_by: String,
    score: f64,
    parts: Vec<Part>,
    ticket_id: TicketId,
    message_id: MessageId,
    channel: String,
}

platform::list_schema!(SpamActivityList, activities: SpamActivity);

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// So many days back; 7 unless said.
    #[param(minimum = 1, maximum = 365)]
    days: Option<i64>,
}

/// What the rows of one page are shown with.
struct Shown {
    people: HashMap<ContactId, Brief>,
    texts: HashMap<MessageId, String>,
}

/// The number to call somebody at: the primary one first.
fn phone(brief: &Brief) -> Option<String> {
    brief.methods.iter().find(|m| m.kind == "phone" && m.is_active).map(|m| m.value.clone())
}

fn activity(a: ActivityRow, shown: &Shown) -> SpamActivity {
    let person = shown.people.get(&a.contact_id);
    SpamActivity {
        id: a.id,
        spam_date: a.at,
        contact_id: a.contact_id,
        lead_id: a.contact_id,
        lead_name: person.map(|p| p.name.clone()).unwrap_or_default(),
        phone: person.and_then(phone),
        message: beginning(shown.texts.get(&a.message_id).map_or("", String::as_str)),
        spam_reason: a.reason,
        flagged_by: a.flagged_by,
        score: a.score,
        parts: a.parts,
        ticket_id: a.ticket_id,
        message_id: a.message_id,
        channel: a.channel,
    }
}

/// 100 characters at most, the last of them an ellipsis where there was more.
fn beginning(text: &str) -> String {
    match (text.char_indices().nth(99), text.chars().nth(100)) {
        (Some((at, _)), Some(_)) => format!("{}…", &text[..at]),
        _ => text.to_owned(),
    }
}

/// What was flagged, newest first.
#[utoipa::path(get, path = "/spam/activities", tag = "Spam", operation_id = "list_spam_activities", responses((status = 200, body = SpamActivityList)))]
async fn activities(
    caller: Caller<SpamRead>,
    State(support): State<Support>,
    ListQuery(page, filter): ListQuery<Since>,
) -> Result<Json<SpamActivityList>> {
    let before = page.cursor.as_ref().map(|c| Ok::<_, Error>((c.int(0)?, c.int(1)?))).transpose()?;
    let scope = TicketScope::of(&support, &caller);
    let since = support.desk.clock.now() - filter.days.unwrap_or(7) * DAY;
    let (offset, fetch) = (page.offset, page.fetch());
    let (rows, total, shown) = support
        .desk
        .db
        .read(move |c| {
            let (rows, total) = store::activities(c, &scope, since, before, offset, fetch)?;
            let people: Vec<ContactId> = rows.iter().map(|a| a.contact_id).collect();
            let texts: Vec<MessageId> = rows.iter().map(|a| a.message_id).collect();
            let shown =
                Shown { people: contacts::briefs(c, &people)?, texts: messages::beginnings(c, &texts)? };
            Ok((rows, total, shown))
        })
        .await?;
    let list = page.finish(rows, total, |last| vec![json!(last.at), json!(last.id)]);
    Ok(Json(list.map(|a| activity(a, &shown)).into()))
}

/// Somebody who sent spam more than once in 30 days.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Spammer {
    contact_id: ContactId,
    /// The same as `contact_id`.
    lead_id: ContactId,
    lead_name: String,
    #[schema(required)]
    phone: Option<String>,
    spam_count_30_days: i64,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    first_spam: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    last_spam: Millis,
    /// Blocked by a person, or at the limit.
    is_blocked: bool,
}

platform::list_schema!(SpammerList, users: Spammer);

/// Who sent spam more than once in 30 days, most first.
#[utoipa::path(get, path = "/spam/users", tag = "Spam", operation_id = "list_spam_users", responses((status = 200, body = SpammerList)))]
async fn users(
    caller: Caller<SpamRead>,
    State(support): State<Support>,
    ListQuery(page, _): ListQuery<NoFilter>,
) -> Result<Json<SpammerList>> {
    // The order changes with every message, so a cursor holds a place and no row.
    let offset = page.cursor.as_ref().map_or(Ok(page.offset), |c| c.int(0))?.clamp(0, 100_000);
    let scope = TicketScope::of(&support, &caller);
    let since = support.desk.clock.now() - 30 * DAY;
    let fetch = page.fetch();
    let (rows, total, people, limit) = support
        .desk
        .db
        .read(move |c| {
            let (rows, total) = store::spammers(c, &scope, since, offset, fetch)?;
            let people: Vec<ContactId> = rows.iter().map(|s| s.contact_id).collect();
            Ok((rows, total, contacts::briefs(c, &people)?, settings::settings(c)?.activity_limit.count))
        })
        .await?;
    let list = page.finish(rows, total, |_| vec![json!(offset + page.limit)]);
    let shown = |s: SpammerRow| {
        let person = people.get(&s.contact_id);
        Spammer {
            contact_id: s.contact_id,
            lead_id: s.contact_id,
            lead_name: person.map(|p| p.name.clone()).unwrap_or_default(),
            phone: person.and_then(phone),
            spam_count_30_days: s.count,
            first_spam: s.first,
            last_spam: s.last,
            is_blocked: person.is_some_and(|p| p.is_blocked) || s.count >= limit,
        }
    };
    Ok(Json(list.map(shown).into()))
}
