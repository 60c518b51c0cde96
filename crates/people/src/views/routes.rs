//! `/views`.

use std::collections::HashMap;

use axum::{
    extract::{FromRef, State},
    http::StatusCode,
};
use platform::{
    Conn, Result,
    clock::Millis,
    http::{Api, Id, IfMatch, Json, ListQuery, nullable},
    list_schema, route,
    time::instant,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{Asker, Change, SavedView, SavedViewId, Screen, SharedWith, ViewsRead, ViewsWrite, store};
use crate::{
    DepartmentId, Desk, UserId,
    access::{self, Caller, Permission, Scope},
    departments,
};

pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: &mut Api<S>)
where
    Desk: FromRef<S>,
{
    route!(api, list_views);
    route!(api, create_view);
    route!(api, get_view);
    route!(api, change_view);
    route!(api, delete_view);
}

/// What a page shows, under a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedView)]
struct Shown {
    id: SavedViewId,
    name: String,
    #[schema(inline)]
    screen: Screen,
    /// The filters as the page's address names them: texts, numbers and truths.
    query: Map<String, Value>,
    /// The columns of its table, in order; empty: the page's own choice.
    columns: Vec<String>,
    #[schema(inline)]
    shared_with: SharedWith,
    /// The team that it is shared with.
    #[schema(required)]
    department: Option<ViewDepartment>,
    owner: ViewOwner,
    /// Whether it is the caller's own.
    is_mine: bool,
    /// Whether the caller may change and delete it.
    can_change: bool,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Millis,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Millis,
    version: i64,
}

/// Whose view it is.
#[derive(Debug, Serialize, ToSchema)]
struct ViewOwner {
    id: UserId,
    name: String,
}

/// The team that sees it.
#[derive(Debug, Serialize, ToSchema)]
struct ViewDepartment {
    id: DepartmentId,
    name: String,
}

list_schema!(
    /// Saved views, the oldest first.
    SavedViewList, views: Shown
);

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
struct ViewFilter {
    /// Only those of this page.
    #[param(inline)]
    screen: Option<Screen>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSavedView {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(inline)]
    screen: Screen,
    /// The filters as the page's address names them: 60 texts, numbers and truths at most.
    query: Option<Map<String, Value>>,
    #[schema(max_items = 60)]
    columns: Option<Vec<String>>,
    /// `me` unless said.
    #[schema(inline)]
    shared_with: Option<SharedWith>,
    /// The team, for `shared_with: team`.
    department_id: Option<DepartmentId>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SavedViewChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    query: Option<Map<String, Value>>,
    #[schema(max_items = 60)]
    columns: Option<Vec<String>>,
    #[schema(inline)]
    shared_with: Option<SharedWith>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i64>)]
    department_id: Option<Option<DepartmentId>>,
}

/// With the names of their owners and teams: two queries, however many there are.
fn shown(c: &Conn<'_>, asker: &Asker, views: Vec<SavedView>) -> Result<Vec<Shown>> {
    let mut users: Vec<UserId> = views.iter().map(|v| v.owner_id).collect();
    users.sort_unstable();
    users.dedup();
    let names: HashMap<UserId, String> = access::names(c, &users)?;
    let teams = departments::names(c)?;
    let one = |v: SavedView| {
        let team = v.sharing.department();
        let department = team.and_then(|id| Some(ViewDepartment { id, name: teams.get(&id)?.clone() }));
        Shown {
            can_change: asker.may_change(&v),
            is_mine: asker.user == Some(v.owner_id),
            owner: ViewOwner { id: v.owner_id, name: names.get(&v.owner_id).cloned().unwrap_or_default() },
            department,
            id: v.id,
            name: v.name,
            screen: v.screen,
            query: v.query,
            columns: v.columns,
            shared_with: v.sharing.word(),
            created_at: v.created_at,
            updated_at: v.updated_at,
            version: v.version,
        }
    };
    Ok(views.into_iter().map(one).collect())
}

fn only(c: &Conn<'_>, asker: &Asker, view: SavedView) -> Result<Shown> {
    let mut all = shown(c, asker, vec![view])?;
    all.pop().ok_or_else(|| platform::Error::internal("a view that is not shown"))
}

/// Who changes views; what it sees is asked for as well, so that nothing unseen is changed.
fn writer(caller: &Caller<ViewsWrite>) -> Asker {
    let reads = caller.principal.scope_of(ViewsRead::ACTION).unwrap_or(Scope::Own);
    Asker::of(&caller.principal, reads)
}

/// My saved views, and those that are shared with me.
#[utoipa::path(get, path = "/views", tag = "Views", responses((status = 200, body = SavedViewList)))]
async fn list_views(
    caller: Caller<ViewsRead>,
    State(desk): State<Desk>,
    ListQuery(page, filter): ListQuery<ViewFilter>,
) -> Result<Json<SavedViewList>> {
    let asker = Asker::of(&caller.principal, caller.scope);
    let after = page.cursor.as_ref().map(|c| c.int(0)).transpose()?.unwrap_or(0);
    let (limit, offset) = (page.fetch(), page.offset);
    let (rows, total) = desk
        .db
        .read(move |c| {
            let (rows, total) = store::list(c, &asker, filter.screen, after, limit, offset)?;
            Ok((shown(c, &asker, rows)?, total))
        })
        .await?;
    Ok(Json(page.finish(rows, total, |last| vec![json!(last.id)]).into()))
}

/// Saves a view. Managers share with their team, administrators with everybody.
#[utoipa::path(post, path = "/views", tag = "Views", responses((status = 201, body = Shown)))]
async fn create_view(
    caller: Caller<ViewsWrite>,
    State(desk): State<Desk>,
    Json(new): Json<NewSavedView>,
) -> Result<(StatusCode, Json<Shown>)> {
    let (owner, asker) = (caller.user()?, writer(&caller));
    let wanted = Change {
        name: Some(new.name),
        query: new.query,
        columns: new.columns,
        shared_with: new.shared_with,
        department_id: new.department_id.map(Some),
    };
    let made = desk
        .db
        .write(move |tx| {
            let made = super::create(tx, &caller.origin, &asker, owner, new.screen, &wanted)?;
            only(tx, &asker, made)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One view.
#[utoipa::path(get, path = "/views/{id}", tag = "Views", responses((status = 200, body = Shown)))]
async fn get_view(caller: Caller<ViewsRead>, State(desk): State<Desk>, Id(id): Id) -> Result<Json<Shown>> {
    let asker = Asker::of(&caller.principal, caller.scope);
    let read = desk.db.read(move |c| only(c, &asker, super::must(c, &asker, SavedViewId(id))?));
    read.await.map(Json)
}

/// Changes a view: its owner, or who may share it as well.
#[utoipa::path(patch, path = "/views/{id}", tag = "Views", responses((status = 200, body = Shown)))]
async fn change_view(
    caller: Caller<ViewsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<SavedViewChange>,
) -> Result<Json<Shown>> {
    let asker = writer(&caller);
    let wanted = Change {
        name: change.name,
        query: change.query,
        columns: change.columns,
        shared_with: change.shared_with,
        department_id: change.department_id,
    };
    let changed = desk
        .db
        .write(move |tx| {
            let before = super::to_change(tx, &asker, SavedViewId(id), version.0)?;
            let after = super::change(tx, &caller.origin, &asker, &before, &wanted)?;
            only(tx, &asker, after)
        })
        .await?;
    Ok(Json(changed))
}

/// Deletes a view: its owner, or who may share it as well.
#[utoipa::path(delete, path = "/views/{id}", tag = "Views", responses((status = 204)))]
async fn delete_view(
    caller: Caller<ViewsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let asker = writer(&caller);
    desk.db
        .write(move |tx| {
            let view = super::to_change(tx, &asker, SavedViewId(id), version.0)?;
            super::delete(tx, &caller.origin, &view)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
