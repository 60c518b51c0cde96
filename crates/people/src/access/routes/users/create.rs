//! `POST /users`.

use axum::{extract::State, http::StatusCode};
use platform::{Result, http::Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MembershipInput;
use crate::{
    Desk, UserId,
    access::{Caller, NewUser, User, UsersWrite, issue_password_token, members::Member, users},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct UserInput {
    #[schema(min_length = 3, max_length = 320)]
    email: String,
    /// The part of the e-mail address before the @, unless said.
    #[schema(min_length = 1, max_length = 64)]
    username: Option<String>,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// `admin`, `manager` or `agent` (also `counselor`, `staff`).
    #[schema(min_length = 1, max_length = 50)]
    role: String,
    /// Without one, the answer holds a link by which the person sets it.
    #[schema(min_length = 10, max_length = 200)]
    password: Option<String>,
    #[schema(max_items = 50)]
    departments: Option<Vec<MembershipInput>>,
    /// Open tickets at most; the desk's default unless said.
    #[schema(minimum = 0, maximum = 1000)]
    capacity: Option<i64>,
}

/// A user as they are made.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct CreatedUser {
    user: User,
    user_id: UserId,
    /// Whether a mail was sent; hand over the link otherwise.
    invite_sent: bool,
    /// Works once, for 24 hours; null when a password was given.
    invite_link: Option<String>,
}

/// Makes somebody a user.
#[utoipa::path(post, path = "/users", tag = "Users", responses((status = 201, body = CreatedUser)))]
pub(in super::super) async fn create_user(
    caller: Caller<UsersWrite>,
    State(desk): State<Desk>,
    Json(input): Json<UserInput>,
) -> Result<(StatusCode, Json<CreatedUser>)> {
    let password_hash = match input.password {
        Some(password) => Some(desk.access.hash(password).await?),
        None => None,
    };
    let departments: Vec<Member> =
        input.departments.unwrap_or_default().into_iter().map(|d| d.member()).collect();
    let new = NewUser {
        email: input.email,
        username: input.username,
        name: input.name,
        role: input.role,
        departments: Vec::new(),
        password_hash,
        capacity: input.capacity,
        vendor_id: None,
    };
    let (entropy, base) = (desk.entropy.clone(), desk.config.public_url());
    let made = desk
        .db
        .write(move |tx| {
            let id = users::create(tx, &caller.origin, &new, &departments)?;
            let token = match new.password_hash {
                Some(_) => None,
                None => Some(issue_password_token(tx, id, &entropy)?),
            };
            Ok(CreatedUser {
                user: users::must(tx, id)?,
                user_id: id,
                invite_sent: false,
                invite_link: token.map(|t| format!("{base}/reset-password?token={t}")),
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made)))
}
