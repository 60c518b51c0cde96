//! `/canned-replies`.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{FromRef, State},
    http::StatusCode,
};
use people::{DepartmentId, Desk, UserId, access::Caller, departments};
use platform::{
    Conn, Result,
    clock::Millis,
    fold::fold,
    http::{Api, Id, IfMatch, Json, ListQuery, nullable},
    list_schema, route,
    time::instant,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    Asker, CannedRepliesRead, CannedRepliesWrite, CannedReply, CannedReplyId, Change, ReplySharing,
    fields::{Filled, MergeField},
    render::{About, Known, Leads},
    store::{self, Filter},
};
use crate::{Support, TicketId, tickets::names::Ref};

/// What these routes need: support, and where leads are found.
#[derive(Clone)]
pub struct Replies {
    pub support: Support,
    pub leads: Arc<dyn Leads>,
}

impl FromRef<Replies> for Desk {
    fn from_ref(s: &Replies) -> Desk {
        s.support.desk.clone()
    }
}

/// The routes of this slice.
pub fn api() -> Api<Replies> {
    let mut api = Api::new();
    route!(api, list);
    route!(api, create);
    route!(api, get);
    route!(api, update);
    route!(api, delete);
    route!(api, render);
    api
}

/// A text that is kept ready.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CannedReply)]
struct Shown {
    id: CannedReplyId,
    /// The preset's word for it, where one made it.
    #[schema(required)]
    key: Option<String>,
    #[schema(example = "Visit invitation")]
    name: String,
    /// What it is called by after a slash.
    #[schema(example = "visit")]
    shortcut: String,
    /// For what has one, like e-mail; with merge fields as the body has them.
    #[schema(required)]
    subject: Option<String>,
    /// With merge fields: `{{contact.first_name|there}}` is what is known, or else `there`.
    #[schema(example = "Hi {{contact.first_name|there}}, this is {{agent.first_name}}.")]
    body: String,
    /// `me`: its owner's alone; `team`: a department's; `all`: everybody's.
    #[schema(inline)]
    shared_with: ReplySharing,
    #[schema(required)]
    department_id: Option<DepartmentId>,
    #[schema(required)]
    department: Option<Ref>,
    /// Whose it is, where it is somebody's own.
    #[schema(required)]
    user_id: Option<UserId>,
    is_active: bool,
    /// Whether the caller may change and delete it.
    can_change: bool,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Millis,
    version: i64,
    #[serde(skip)]
    name_folded: String,
}

list_schema!(
    /// Canned replies, by name.
    CannedReplyList, canned_replies: Shown
);

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReplyFilter {
    /// Part of the name, the shortcut or the text; marks and case do not matter.
    #[param(max_length = 100)]
    search: Option<String>,
    /// Only those of this department.
    department_id: Option<i64>,
    /// Only one's own; `false`: only those that others have as well.
    mine: Option<bool>,
    is_active: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCannedReply {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Folded: `/Chào-Hỏi` is `chao-hoi`. Letters, digits and hyphens.
    #[schema(min_length = 1, max_length = 60)]
    shortcut: String,
    #[schema(max_length = 200)]
    subject: Option<String>,
    #[schema(min_length = 1, max_length = 10_000)]
    body: String,
    /// `me` unless said; a key says `team` or `all`.
    #[schema(inline)]
    shared_with: Option<ReplySharing>,
    /// The department, for `shared_with: team`.
    department_id: Option<DepartmentId>,
    is_active: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CannedReplyChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 60)]
    shortcut: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 200)]
    subject: Option<Option<String>>,
    #[schema(min_length = 1, max_length = 10_000)]
    body: Option<String>,
    #[schema(inline)]
    shared_with: Option<ReplySharing>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    department_id: Option<Option<DepartmentId>>,
    is_active: Option<bool>,
}

fn one(c: &Conn<'_>, asker: &Asker, reply: CannedReply) -> Result<Shown> {
    let names = match reply.owner.department() {
        Some(_) => departments::names(c)?,
        None => HashMap::new(),
    };
    Ok(shown(asker, &names, reply))
}

fn shown(asker: &Asker, names: &HashMap<DepartmentId, String>, reply: CannedReply) -> Shown {
    let department_id = reply.owner.department();
    Shown {
        name_folded: reply.name_folded(),
        can_change: asker.keeps(reply.owner),
        department: department_id.and_then(|id| Some(Ref { id: id.0, name: names.get(&id)?.clone() })),
        department_id,
        user_id: reply.owner.user(),
        shared_with: reply.owner.word(),
        id: reply.id,
        key: reply.key,
        name: reply.name,
        shortcut: reply.shortcut,
        subject: reply.subject,
        body: reply.body,
        is_active: reply.is_active,
        created_at: reply.created_at,
        updated_at: reply.updated_at,
        version: reply.version,
    }
}

/// Everybody's replies, those of my departments, and my own.
#[utoipa::path(get, path = "/canned-replies", tag = "Canned replies", operation_id = "list_canned_replies", responses((status = 200, body = CannedReplyList)))]
async fn list(
    caller: Caller<CannedRepliesRead>,
    State(replies): State<Replies>,
    ListQuery(page, filter): ListQuery<ReplyFilter>,
) -> Result<Json<CannedReplyList>> {
    let asker = Asker::of(&caller.principal);
    let after = page.cursor.as_ref().map(|c| Ok::<_, platform::Error>((c.text(0)?.to_owned(), c.int(1)?)));
    let after = after.transpose()?;
    let filter = Filter {
        search: filter.search.map(|s| fold(s.trim())).filter(|s| !s.is_empty()),
        department_id: filter.department_id.map(DepartmentId),
        mine: filter.mine,
        is_active: filter.is_active,
    };
    let (limit, offset) = (page.fetch(), page.offset);
    let (rows, total) = replies
        .support
        .desk
        .db
        .read(move |c| {
            let (rows, total) = store::list(c, &asker, &filter, after.as_ref(), limit, offset)?;
            let names = departments::names(c)?;
            Ok((rows.into_iter().map(|reply| shown(&asker, &names, reply)).collect(), total))
        })
        .await?;
    let list = page.finish(rows, total, |last: &Shown| vec![json!(last.name_folded), json!(last.id)]);
    Ok(Json(list.into()))
}

/// Makes a reply: one's own, a department's that one manages, or, for administrators, everybody's.
///
/// A shortcut that names another reply of the same owner answers 409 `duplicate`.
#[utoipa::path(post, path = "/canned-replies", tag = "Canned replies", operation_id = "create_canned_reply", responses((status = 201, body = Shown)))]
async fn create(
    caller: Caller<CannedRepliesWrite>,
    State(replies): State<Replies>,
    Json(new): Json<NewCannedReply>,
) -> Result<(StatusCode, Json<Shown>)> {
    let asker = Asker::of(&caller.principal);
    let wanted = Change {
        name: Some(new.name),
        shortcut: Some(new.shortcut),
        subject: Some(new.subject),
        body: Some(new.body),
        shared_with: new.shared_with,
        department_id: new.department_id.map(Some),
        is_active: new.is_active,
    };
    let made = replies
        .support
        .desk
        .db
        .write(move |tx| {
            let made = super::create(tx, &caller.origin, &asker, &wanted)?;
            one(tx, &asker, made)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One reply.
#[utoipa::path(get, path = "/canned-replies/{id}", tag = "Canned replies", operation_id = "get_canned_reply", responses((status = 200, body = Shown)))]
async fn get(
    caller: Caller<CannedRepliesRead>,
    State(replies): State<Replies>,
    Id(id): Id,
) -> Result<Json<Shown>> {
    let asker = Asker::of(&caller.principal);
    let read = replies.support.desk.db.read(move |c| {
        let reply = super::must(c, &asker, CannedReplyId(id))?;
        one(c, &asker, reply)
    });
    read.await.map(Json)
}

/// Changes a reply.
#[utoipa::path(patch, path = "/canned-replies/{id}", tag = "Canned replies", operation_id = "update_canned_reply", responses((status = 200, body = Shown)))]
async fn update(
    caller: Caller<CannedRepliesWrite>,
    State(replies): State<Replies>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<CannedReplyChange>,
) -> Result<Json<Shown>> {
    let asker = Asker::of(&caller.principal);
    let wanted = Change {
        name: change.name,
        shortcut: change.shortcut,
        subject: change.subject,
        body: change.body,
        shared_with: change.shared_with,
        department_id: change.department_id,
        is_active: change.is_active,
    };
    let changed = replies
        .support
        .desk
        .db
        .write(move |tx| {
            let before = super::to_change(tx, &asker, CannedReplyId(id), version.0)?;
            let after = super::change(tx, &caller.origin, &asker, &before, &wanted)?;
            one(tx, &asker, after)
        })
        .await?;
    Ok(Json(changed))
}

/// Deletes a reply. What was said with it stays.
#[utoipa::path(delete, path = "/canned-replies/{id}", tag = "Canned replies", operation_id = "delete_canned_reply", responses((status = 204)))]
async fn delete(
    caller: Caller<CannedRepliesWrite>,
    State(replies): State<Replies>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let asker = Asker::of(&caller.principal);
    replies
        .support
        .desk
        .db
        .write(move |tx| {
            let reply = super::to_change(tx, &asker, CannedReplyId(id), version.0)?;
            super::delete(tx, &caller.origin, &reply)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a reply is for: a ticket's customer, a lead's contact, or both where they are one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenderReply {
    #[schema(minimum = 1)]
    ticket_id: Option<i64>,
    #[schema(minimum = 1)]
    lead_id: Option<i64>,
}

/// A reply with its fields filled in, for an agent to read before it is sent.
#[derive(Debug, Serialize, ToSchema)]
struct RenderedReply {
    /// What nothing is known for stands in brackets: `[contact.email]`.
    text: String,
    #[schema(required)]
    subject: Option<String>,
    /// The fields that nothing is known for and that have no default.
    #[schema(inline)]
    missing: Vec<MergeField>,
}

/// Fills in a reply's fields. It sends nothing.
///
/// With a ticket alone, what a lead would say is that of the customer's newest lead, an open one first.
#[utoipa::path(post, path = "/canned-replies/{id}/render", tag = "Canned replies", operation_id = "render_canned_reply", responses((status = 200, body = RenderedReply)))]
async fn render(
    caller: Caller<CannedRepliesRead>,
    State(replies): State<Replies>,
    Id(id): Id,
    Json(about): Json<RenderReply>,
) -> Result<Json<RenderedReply>> {
    let asker = Asker::of(&caller.principal);
    let about = About { ticket: about.ticket_id.map(TicketId), lead: about.lead_id };
    let db = replies.support.desk.db.clone();
    let read = db.read(move |c| {
        let reply = super::must(c, &asker, CannedReplyId(id))?;
        let known = Known::load(c, &replies.support, &*replies.leads, &caller.principal, about)?;
        let Filled { text, mut missing } = known.fill(&reply.body);
        let subject = reply.subject.map(|s| known.fill(&s));
        let more = subject.iter().flat_map(|s| &s.missing).copied().collect::<Vec<_>>();
        missing.extend(more.into_iter().filter(|field| !missing.contains(field)).collect::<Vec<_>>());
        Ok(RenderedReply { text, subject: subject.map(|s| s.text), missing })
    });
    read.await.map(Json)
}
