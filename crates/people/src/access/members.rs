//! Who belongs to which department: what *team* means.
//!
//! One row per person and department. A person has at most one primary department.

use std::collections::HashMap;

use platform::{
    Conn, Error, Fault, Result, Tx,
    db::{Sql, Value, dialect::in_list},
    params, sql,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DepartmentId, UserId};

/// A person in a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub department_id: DepartmentId,
    pub user_id: UserId,
    pub is_manager: bool,
    pub is_primary: bool,
}

/// A department as a person's own list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Membership {
    pub id: DepartmentId,
    pub name: String,
    pub is_manager: bool,
    pub is_primary: bool,
}

fn read(row: platform::db::Row<'_>) -> Result<Member> {
    let mut r = row.columns();
    Ok(Member { department_id: r.next()?, user_id: r.next()?, is_manager: r.next()?, is_primary: r.next()? })
}

/// The departments of these people, primary first. One query.
pub fn of_users(c: &Conn<'_>, users: &[UserId]) -> Result<HashMap<UserId, Vec<Member>>> {
    let mut out: HashMap<UserId, Vec<Member>> = HashMap::new();
    if users.is_empty() {
        return Ok(out);
    }
    let text = format!(
        "SELECT department_id, user_id, is_manager, is_primary FROM department_members WHERE user_id IN ({}) ORDER BY user_id, is_primary DESC, department_id",
        in_list(1, users.len())
    );
    let ids: Vec<Value<'_>> = users.iter().map(Into::into).collect();
    for m in c.all(Sql::built(&text), &ids, read)? {
        out.entry(m.user_id).or_default().push(m);
    }
    Ok(out)
}

/// Everyone in these departments, managers first. One query.
pub fn of_departments(
    c: &Conn<'_>,
    departments: &[DepartmentId],
) -> Result<HashMap<DepartmentId, Vec<Member>>> {
    let mut out: HashMap<DepartmentId, Vec<Member>> = HashMap::new();
    if departments.is_empty() {
        return Ok(out);
    }
    let text = format!(
        "SELECT department_id, user_id, is_manager, is_primary FROM department_members WHERE department_id IN ({}) ORDER BY department_id, is_manager DESC, user_id",
        in_list(1, departments.len())
    );
    let ids: Vec<Value<'_>> = departments.iter().map(Into::into).collect();
    for m in c.all(Sql::built(&text), &ids, read)? {
        out.entry(m.department_id).or_default().push(m);
    }
    Ok(out)
}

/// Makes `wanted` the departments of `user`, and nothing else. Without a primary one, the first becomes it.
///
/// Errors: a department that is not there, or named twice.
pub fn set_of_user(tx: &Tx<'_>, user: UserId, wanted: &[Member]) -> Result<()> {
    let names = crate::departments::names(tx)?;
    let faults: Vec<Fault> = wanted
        .iter()
        .enumerate()
        .filter_map(|(n, m)| {
            let field = format!("departments.{n}.department_id");
            if !names.contains_key(&m.department_id) {
                return Some(Fault::new(field, "not_found", "is not a department"));
            }
            let twice = wanted[..n].iter().any(|o| o.department_id == m.department_id);
            twice.then(|| Fault::new(field, "repeated", "is named twice"))
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let primary = wanted.iter().position(|m| m.is_primary).unwrap_or(0);
    tx.exec(sql!("DELETE FROM department_members WHERE user_id = ?1"), params![user])?;
    for (n, m) in wanted.iter().enumerate() {
        insert(tx, &Member { user_id: user, is_primary: n == primary, ..*m })?;
    }
    Ok(())
}

/// Makes `wanted` the members of `department`, and nobody else. Somebody without a department yet gets it as primary
/// one; somebody with another primary one keeps that, unless `is_primary` says otherwise.
///
/// Errors: a person who is not there, or named twice.
pub fn set_of_department(tx: &Tx<'_>, department: DepartmentId, wanted: &[Member]) -> Result<()> {
    let ids: Vec<UserId> = wanted.iter().map(|m| m.user_id).collect();
    let known = super::names(tx, &ids)?;
    let others = of_users(tx, &ids)?;
    let faults: Vec<Fault> = wanted
        .iter()
        .enumerate()
        .filter_map(|(n, m)| {
            let field = format!("members.{n}.user_id");
            if !known.contains_key(&m.user_id) {
                return Some(Fault::new(field, "not_found", "is not a user"));
            }
            ids[..n].contains(&m.user_id).then(|| Fault::new(field, "repeated", "is named twice"))
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    tx.exec(sql!("DELETE FROM department_members WHERE department_id = ?1"), params![department])?;
    for m in wanted {
        let mine = others.get(&m.user_id).map(Vec::as_slice).unwrap_or_default();
        let elsewhere = mine.iter().any(|o| o.is_primary && o.department_id != department);
        let is_primary = m.is_primary || !elsewhere;
        if is_primary && elsewhere {
            tx.exec(
                sql!("UPDATE department_members SET is_primary = FALSE WHERE user_id = ?1 AND is_primary"),
                params![m.user_id],
            )?;
        }
        insert(tx, &Member { department_id: department, is_primary, ..*m })?;
    }
    Ok(())
}

fn insert(tx: &Tx<'_>, m: &Member) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO department_members (department_id, user_id, is_manager, is_primary) VALUES (?1, ?2, ?3, ?4)"
        ),
        params![m.department_id, m.user_id, m.is_manager, m.is_primary],
    )?;
    Ok(())
}
