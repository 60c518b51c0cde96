//! `/departments`.

use std::collections::HashMap;

use axum::{
    extract::{FromRef, State},
    http::StatusCode,
};
use platform::{
    Conn, Error, Result,
    http::{Api, Id, IfMatch, Json, ListQuery},
    list_schema, route,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{Change, Department, DepartmentsRead, DepartmentsWrite, events, store};
use crate::{
    DepartmentId, Desk, UserId,
    access::{
        self, Caller,
        members::{self, Member},
    },
};

pub(crate) fn routes<S: Clone + Send + Sync + 'static>(api: &mut Api<S>)
where
    Desk: FromRef<S>,
{
    route!(api, list_departments);
    route!(api, create_department);
    route!(api, get_department);
    route!(api, change_department);
    route!(api, delete_department);
    route!(api, set_members);
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    Score,
    RoundRobin,
    CapacityBased,
    Manual,
}

impl Strategy {
    fn word(self) -> &'static str {
        super::STRATEGIES[self as usize]
    }
}

/// A department with the people in it.
#[derive(Debug, Serialize, ToSchema)]
struct DepartmentView {
    #[serde(flatten)]
    department: Department,
    /// Managers first.
    members: Vec<DepartmentMember>,
}

/// A person in a department.
#[derive(Debug, Serialize, ToSchema)]
struct DepartmentMember {
    user_id: UserId,
    name: String,
    is_manager: bool,
    is_primary: bool,
}

list_schema!(
    /// Departments by name.
    DepartmentList, departments: DepartmentView
);

#[derive(Debug, Deserialize, IntoParams)]
struct DepartmentFilter {
    is_active: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDepartment {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(inline)]
    strategy: Option<Strategy>,
    uses_shifts: Option<bool>,
    is_fallback: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DepartmentChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(inline)]
    strategy: Option<Strategy>,
    uses_shifts: Option<bool>,
    is_fallback: Option<bool>,
    is_active: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberList {
    #[schema(max_items = 500)]
    members: Vec<NewMember>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMember {
    user_id: UserId,
    is_manager: Option<bool>,
    is_primary: Option<bool>,
}

/// With their members: two queries, however many there are.
fn views(c: &Conn<'_>, departments: Vec<Department>) -> Result<Vec<DepartmentView>> {
    let ids: Vec<DepartmentId> = departments.iter().map(|d| d.id).collect();
    let mut members: HashMap<DepartmentId, Vec<Member>> = members::of_departments(c, &ids)?;
    let mut users: Vec<UserId> = members.values().flatten().map(|m| m.user_id).collect();
    users.sort_unstable();
    users.dedup();
    let names = access::names(c, &users)?;
    let view = |department: Department| DepartmentView {
        members: members
            .remove(&department.id)
            .unwrap_or_default()
            .into_iter()
            .map(|m| DepartmentMember {
                user_id: m.user_id,
                name: names.get(&m.user_id).cloned().unwrap_or_default(),
                is_manager: m.is_manager,
                is_primary: m.is_primary,
            })
            .collect(),
        department,
    };
    Ok(departments.into_iter().map(view).collect())
}

fn view(c: &Conn<'_>, id: DepartmentId) -> Result<DepartmentView> {
    let department = store::get(c, id)?.ok_or_else(|| Error::not_found("department"))?;
    views(c, vec![department])?.pop().ok_or_else(|| Error::not_found("department"))
}

/// Departments with their members, by name.
#[utoipa::path(get, path = "/departments", tag = "Departments", responses((status = 200, body = DepartmentList)))]
async fn list_departments(
    _: Caller<DepartmentsRead>,
    State(desk): State<Desk>,
    ListQuery(page, filter): ListQuery<DepartmentFilter>,
) -> Result<Json<DepartmentList>> {
    let after =
        page.cursor.as_ref().map(|c| Ok::<_, Error>((c.text(0)?.to_owned(), c.int(1)?))).transpose()?;
    let (limit, offset) = (page.fetch(), page.offset);
    let (rows, total) = desk
        .db
        .read(move |c| {
            let (rows, total) = store::list(c, filter.is_active, after.clone(), limit, offset)?;
            Ok((views(c, rows)?, total))
        })
        .await?;
    let key = |last: &DepartmentView| vec![json!(last.department.name), json!(last.department.id)];
    Ok(Json(page.finish(rows, total, key).into()))
}

/// Makes a department.
#[utoipa::path(post, path = "/departments", tag = "Departments", responses((status = 201, body = DepartmentView)))]
async fn create_department(
    caller: Caller<DepartmentsWrite>,
    State(desk): State<Desk>,
    Json(new): Json<NewDepartment>,
) -> Result<(StatusCode, Json<DepartmentView>)> {
    let name = named(&new.name)?;
    let strategy = new.strategy.unwrap_or(Strategy::Score).word();
    let (shifts, fallback) = (new.uses_shifts.unwrap_or(false), new.is_fallback.unwrap_or(false));
    let made = desk
        .db
        .write(move |tx| {
            let made = super::create(tx, &caller.origin, &name, strategy, shifts, fallback)?;
            view(tx, made.id)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One department.
#[utoipa::path(get, path = "/departments/{id}", tag = "Departments", responses((status = 200, body = DepartmentView)))]
async fn get_department(
    _: Caller<DepartmentsRead>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<DepartmentView>> {
    desk.db.read(move |c| view(c, DepartmentId(id))).await.map(Json)
}

/// Changes a department.
#[utoipa::path(patch, path = "/departments/{id}", tag = "Departments", responses((status = 200, body = DepartmentView)))]
async fn change_department(
    caller: Caller<DepartmentsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(change): Json<DepartmentChange>,
) -> Result<Json<DepartmentView>> {
    let change = Change {
        name: change.name.as_deref().map(named).transpose()?,
        strategy: change.strategy.map(|s| s.word().to_owned()),
        uses_shifts: change.uses_shifts,
        is_fallback: change.is_fallback,
        is_active: change.is_active,
    };
    apply(&desk, caller, DepartmentId(id), version, change).await.map(Json)
}

/// Deactivates a department: what it had stays, nothing new comes.
#[utoipa::path(delete, path = "/departments/{id}", tag = "Departments", responses((status = 204)))]
async fn delete_department(
    caller: Caller<DepartmentsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
) -> Result<StatusCode> {
    let change = Change { is_active: Some(false), ..Change::default() };
    apply(&desk, caller, DepartmentId(id), version, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn apply(
    desk: &Desk,
    caller: Caller<DepartmentsWrite>,
    id: DepartmentId,
    version: IfMatch,
    change: Change,
) -> Result<DepartmentView> {
    desk.db
        .write(move |tx| {
            super::change(tx, &caller.origin, id, version.0, &change)?;
            view(tx, id)
        })
        .await
}

/// Says who is in a department; whoever is not named is not.
#[utoipa::path(put, path = "/departments/{id}/members", tag = "Departments", responses((status = 200, body = DepartmentView)))]
async fn set_members(
    caller: Caller<DepartmentsWrite>,
    State(desk): State<Desk>,
    Id(id): Id,
    version: IfMatch,
    Json(list): Json<MemberList>,
) -> Result<Json<DepartmentView>> {
    let id = DepartmentId(id);
    let wanted: Vec<Member> = list
        .members
        .iter()
        .map(|m| Member {
            department_id: id,
            user_id: m.user_id,
            is_manager: m.is_manager.unwrap_or(false),
            is_primary: m.is_primary.unwrap_or(false),
        })
        .collect();
    let view = desk
        .db
        .write(move |tx| {
            let department = store::get(tx, id)?.ok_or_else(|| Error::not_found("department"))?;
            version.check(department.version)?;
            let ids = |all: &[Member]| {
                let mut ids: Vec<i64> = all.iter().map(|m| m.user_id.0).collect();
                ids.sort_unstable();
                ids
            };
            let before = members::of_departments(tx, &[id])?.remove(&id).unwrap_or_default();
            members::set_of_department(tx, id, &wanted)?;
            store::update(tx, &department)?;
            let data =
                json!({ "before": { "member_ids": ids(&before) }, "after": { "member_ids": ids(&wanted) } });
            super::record(tx, &caller.origin, events::UPDATED, id, data)?;
            self::view(tx, id)
        })
        .await?;
    desk.access.forget_all();
    Ok(Json(view))
}

fn named(name: &str) -> Result<String> {
    match name.trim() {
        "" => Err(Error::invalid_field("name", "too_short", "must not be empty")),
        name => Ok(name.to_owned()),
    }
}
