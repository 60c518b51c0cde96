//! `/users`: staff.

pub mod change;
pub mod create;
pub mod status;

use axum::extract::State;
use platform::{
    Conn, Error, Result,
    http::{Id, Json, ListQuery},
    list_schema,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::{
    DepartmentId, Desk, UserId,
    access::{
        Caller, Principal, Scope, User, UsersRead, agents,
        members::Member,
        role_key,
        store::users::{self as rows, Part},
        users,
    },
};

list_schema!(
    /// Staff.
    UserList, users: User
);

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Available,
    Busy,
    Away,
    Offline,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Status::Available => "available",
            Status::Busy => "busy",
            Status::Away => "away",
            Status::Offline => "offline",
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
pub(super) enum UserSort {
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-created_at")]
    Newest,
}

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct UserFilter {
    /// A part of the name, the log-in name or the e-mail address.
    #[param(min_length = 1, max_length = 100)]
    search: Option<String>,
    /// `admin`, `manager`, `agent` (also `counselor`, `staff`).
    #[param(max_length = 50)]
    role: Option<String>,
    #[param(inline)]
    status: Option<Status>,
    department_id: Option<i64>,
    active: Option<bool>,
    /// By name unless said.
    #[param(inline)]
    sort: Option<UserSort>,
}

/// A department of a person, as it is given.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MembershipInput {
    department_id: DepartmentId,
    is_manager: Option<bool>,
    is_primary: Option<bool>,
}

impl MembershipInput {
    fn member(self) -> Member {
        Member {
            department_id: self.department_id,
            user_id: UserId(0),
            is_manager: self.is_manager.unwrap_or(false),
            is_primary: self.is_primary.unwrap_or(false),
        }
    }
}

/// Staff whom the caller may see: an agent sees their departments.
#[utoipa::path(get, path = "/users", tag = "Users", responses((status = 200, body = UserList)))]
pub(super) async fn list_users(
    caller: Caller<UsersRead>,
    State(desk): State<Desk>,
    ListQuery(page, filter): ListQuery<UserFilter>,
) -> Result<Json<UserList>> {
    let newest = matches!(filter.sort, Some(UserSort::Newest));
    let after =
        page.cursor.as_ref().map(|c| Ok::<_, Error>((c.text(0)?.to_owned(), c.int(1)?))).transpose()?;
    let part = Part {
        search: filter.search,
        role: filter.role.map(|r| role_key(&r).to_owned()),
        status: filter.status.map(|s| s.word().to_owned()),
        department: filter.department_id.map(DepartmentId),
        is_active: filter.active,
        team_of: (caller.scope != Scope::All).then(|| caller.principal.user_id().unwrap_or(UserId(0))),
        newest,
        after,
        limit: page.fetch(),
        offset: page.offset,
    };
    let (users, total) = desk
        .db
        .read(move |c| {
            let (rows, total) = rows::list(c, &part)?;
            Ok((users::views(c, rows)?, total))
        })
        .await?;
    Ok(Json(page.finish(users, total, |u| vec![json!(u.name_folded), json!(u.id)]).into()))
}

/// One member of staff.
#[utoipa::path(get, path = "/users/{id}", tag = "Users", responses((status = 200, body = User)))]
pub(super) async fn get_user(
    caller: Caller<UsersRead>,
    State(desk): State<Desk>,
    Id(id): Id,
) -> Result<Json<User>> {
    let id = UserId(id);
    let user = desk
        .db
        .read(move |c| {
            within(c, &caller.principal, caller.scope, id)?;
            users::must(c, id)
        })
        .await?;
    Ok(Json(user))
}

/// 404 unless `user` lies within the caller's scope.
fn within(c: &Conn<'_>, principal: &Principal, scope: Scope, user: UserId) -> Result<()> {
    let shares = |c: &Conn<'_>| {
        Ok::<_, Error>(agents::departments_of(c, user)?.iter().any(|d| principal.is_member(*d)))
    };
    let reached = match scope {
        Scope::All => true,
        _ if principal.user_id() == Some(user) => true,
        Scope::Team => shares(c)?,
        Scope::Own => false,
    };
    if reached { Ok(()) } else { Err(Error::not_found("user")) }
}
