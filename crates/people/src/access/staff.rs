//! Staff as those see them who give out other work than tickets: who is there, and of which departments.

use platform::{
    Conn, Result,
    db::{Row, Sql, Value, dialect::in_list},
};

use crate::{DepartmentId, UserId, contacts};

/// A member of staff.
#[derive(Debug, Clone, PartialEq)]
pub struct Staff {
    pub id: UserId,
    pub name: String,
    pub email: String,
    /// `admin`, `manager` or `agent`.
    pub role: String,
    pub is_active: bool,
    /// 0–100.
    pub kpi_score: f64,
    /// The primary one first.
    pub departments: Vec<DepartmentId>,
}

/// Those of `ids` who are staff, by id. One query.
pub fn by_ids(c: &Conn<'_>, ids: &[UserId]) -> Result<Vec<Staff>> {
    let values: Vec<Value<'static>> = ids.iter().map(|id| Value::from(*id)).collect();
    load(c, &format!("u.id IN ({})", in_list(1, ids.len())), &values)
}

/// Somebody of staff by the e-mail address that they log in by.
pub fn by_email(c: &Conn<'_>, email: &str) -> Result<Option<Staff>> {
    let Ok(key) = contacts::normalise("email", email, "") else { return Ok(None) };
    Ok(load(c, "u.email_key = ?1", &[Value::from(key)])?.pop())
}

/// Active staff of these departments; of the whole desk for `None`. By id, one query.
pub fn active(c: &Conn<'_>, departments: Option<&[DepartmentId]>) -> Result<Vec<Staff>> {
    let Some(departments) = departments else { return load(c, "u.is_active", &[]) };
    let values: Vec<Value<'static>> = departments.iter().map(|d| Value::from(*d)).collect();
    let filter = format!(
        "u.is_active AND u.id IN (SELECT user_id FROM department_members WHERE department_id IN ({}))",
        in_list(1, departments.len())
    );
    load(c, &filter, &values)
}

fn load(c: &Conn<'_>, filter: &str, values: &[Value<'static>]) -> Result<Vec<Staff>> {
    let text = format!(
        "SELECT u.id, m.department_id, u.name, u.email, r.key, u.is_active, u.kpi_score FROM users u \
         JOIN roles r ON r.id = u.role_id LEFT JOIN department_members m ON m.user_id = u.id \
         WHERE r.is_staff AND {filter} ORDER BY u.id, m.is_primary DESC, m.department_id"
    );
    let mut staff: Vec<Staff> = Vec::new();
    c.all(Sql::built(&text), values, |row: Row<'_>| {
        let mut r = row.columns();
        let (id, department): (UserId, Option<DepartmentId>) = (r.next()?, r.next()?);
        match staff.last_mut() {
            Some(last) if last.id == id => last.departments.extend(department),
            _ => staff.push(Staff {
                id,
                departments: department.into_iter().collect(),
                name: r.next()?,
                email: r.next()?,
                role: r.next()?,
                is_active: r.next()?,
                kpi_score: r.next()?,
            }),
        }
        Ok(())
    })?;
    Ok(staff)
}
