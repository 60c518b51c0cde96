//! Agents as routing sees them: who could take work, and the counter of what each has.
//!
//! The hot path of intake: one query per decision, one update per slot. The counter moves only here. Tickets are not
//! known here; whoever changes a ticket says so by [`take_slot`] and [`free_slot`] in the same transaction.

use platform::{Conn, Result, Tx, clock::Millis, db::Sql, db::dialect::in_list, params, sql};

use crate::{DepartmentId, UserId};

/// Somebody who could take work.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    pub id: UserId,
    pub name: String,
    /// Those of the departments asked for that this person is a member of.
    pub departments: Vec<DepartmentId>,
    pub is_active: bool,
    /// `available`, `busy`, `away` or `offline`.
    pub status: String,
    /// Assigned tickets that are new or open.
    pub open_tickets: i64,
    /// `None`: the desk's default.
    pub capacity: Option<i64>,
    /// 0–100.
    pub kpi_score: f64,
    /// 0: never.
    pub last_assigned_at: Millis,
}

/// Everyone who is a staff member of any of `departments`, by id, whether they can take work now or not. One query.
pub fn candidates(c: &Conn<'_>, departments: &[DepartmentId]) -> Result<Vec<Agent>> {
    if departments.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT m.department_id, u.id, u.name, u.is_active, s.status, s.open_tickets, s.capacity, u.kpi_score, \
         s.last_assigned_at FROM department_members m JOIN users u ON u.id = m.user_id \
         JOIN agent_states s ON s.user_id = u.id JOIN roles r ON r.id = u.role_id \
         WHERE m.department_id IN ({}) AND r.is_staff ORDER BY u.id",
        in_list(1, departments.len())
    );
    let ids: Vec<_> = departments.iter().map(Into::into).collect();
    let mut agents: Vec<Agent> = Vec::new();
    c.all(Sql::built(&text), &ids, |row| {
        let mut r = row.columns();
        let (department, id): (DepartmentId, UserId) = (r.next()?, r.next()?);
        match agents.last_mut() {
            Some(last) if last.id == id => last.departments.push(department),
            _ => agents.push(Agent {
                id,
                departments: vec![department],
                name: r.next()?,
                is_active: r.next()?,
                status: r.next()?,
                open_tickets: r.next()?,
                capacity: r.next()?,
                kpi_score: r.next()?,
                last_assigned_at: r.next()?,
            }),
        }
        Ok(())
    })?;
    Ok(agents)
}

/// One more open ticket for `user`, unless that is more than `limit` (`None`: whatever they have). False: nothing was
/// taken, because there is no room.
pub fn take_slot(tx: &Tx<'_>, user: UserId, limit: Option<i64>) -> Result<bool> {
    let taken = match limit {
        Some(limit) => tx.exec(
            sql!(
                "UPDATE agent_states SET open_tickets = open_tickets + 1, last_assigned_at = ?2 WHERE user_id = ?1 AND open_tickets < ?3"
            ),
            params![user, tx.now(), limit],
        )?,
        None => tx.exec(
            sql!("UPDATE agent_states SET open_tickets = open_tickets + 1, last_assigned_at = ?2 WHERE user_id = ?1"),
            params![user, tx.now()],
        )?,
    };
    Ok(taken > 0)
}

/// One open ticket less. Never goes below none.
pub fn free_slot(tx: &Tx<'_>, user: UserId) -> Result<()> {
    tx.exec(
        sql!(
            "UPDATE agent_states SET open_tickets = open_tickets - 1 WHERE user_id = ?1 AND open_tickets > 0"
        ),
        params![user],
    )?;
    Ok(())
}

/// `available`, `busy`, `away` or `offline`; `None` when there is no such person.
pub fn status(c: &Conn<'_>, user: UserId) -> Result<Option<String>> {
    c.value(sql!("SELECT status FROM agent_states WHERE user_id = ?1"), params![user])
}

/// The departments that `user` is a member of, by id.
pub fn departments_of(c: &Conn<'_>, user: UserId) -> Result<Vec<DepartmentId>> {
    c.all(
        sql!("SELECT department_id FROM department_members WHERE user_id = ?1 ORDER BY department_id"),
        params![user],
        |r| r.get(0),
    )
}

/// How well somebody does, 0–100; a part of the routing score.
pub fn set_kpi_score(tx: &Tx<'_>, user: UserId, score: f64) -> Result<()> {
    tx.must(
        sql!("UPDATE users SET kpi_score = ?2 WHERE id = ?1"),
        params![user, score.clamp(0.0, 100.0)],
        "user",
    )
}
