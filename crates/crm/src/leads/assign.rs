//! Who gets a lead: whom one may give it to, whose turn it is, how much each has.
//!
//! Automatic choices are one decision at a time (a lock on PostgreSQL), so that nobody is given more than they take. A
//! person's own decision is never stopped by a number.

use std::collections::HashMap;

use people::{
    DepartmentId, UserId,
    access::{
        Principal, Scope,
        staff::{self, Staff},
    },
};
use platform::{
    Conn, Result, Tx,
    clock::Millis,
    db::{LockKey, Sql, Value, dialect::in_list},
    events::Origin,
    params, sql,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Change, Lead, settings::LeadSettings};

platform::words!(
    /// How leads are given out.
    Strategy { RoundRobin = "round_robin", CapacityBased = "capacity_based", Manual = "manual" }
);

/// How much somebody has and takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LeadCapacity)]
pub struct Capacity {
    /// Open leads.
    pub current: i64,
    pub max: i64,
    /// Of `max`, rounded.
    pub percentage: i64,
    pub available_slots: i64,
}

impl Capacity {
    pub fn new(current: i64, max: i64) -> Self {
        let percentage = if max > 0 { (current * 100 + max / 2) / max } else { 100 };
        Capacity { current, max, percentage, available_slots: (max - current).max(0) }
    }
    pub fn has_room(&self) -> bool {
        self.available_slots > 0
    }
}

/// Somebody who could be given a lead.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub staff: Staff,
    pub open: i64,
    pub max: i64,
    /// Their own number; `None`: `max` is the usual one.
    pub own: Option<i64>,
    /// 0: never.
    pub last_assigned_at: Millis,
}

impl Candidate {
    pub fn capacity(&self) -> Capacity {
        Capacity::new(self.open, self.max)
    }
}

/// Decisions about who gets leads: one at a time.
pub fn lock_key() -> LockKey {
    LockKey::new(3, 0)
}

/// Open leads of each of `users`; who has none is left out. One query, over the counts and not the leads.
pub fn open_leads(c: &Conn<'_>, users: &[UserId]) -> Result<HashMap<UserId, i64>> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let owners = in_list(1, users.len());
    let text = format!(
        "SELECT owner_id, CAST(sum(leads) AS bigint) FROM (\
         SELECT t.owner_id, t.leads FROM stages s JOIN lead_totals t ON t.stage_id = s.id \
         WHERE s.kind = 'open' AND t.owner_id IN ({owners}) UNION ALL \
         SELECT d.owner_id, d.leads FROM lead_deltas d JOIN stages s ON s.id = d.stage_id \
         WHERE s.kind = 'open' AND d.owner_id IN ({owners})) AS counted GROUP BY owner_id"
    );
    let values: Vec<Value<'_>> = users.iter().map(Into::into).collect();
    Ok(c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect())
}

/// What each of `staff` has and takes, in the same order. Three queries.
pub fn candidates(c: &Conn<'_>, staff: Vec<Staff>) -> Result<Vec<Candidate>> {
    let ids: Vec<UserId> = staff.iter().map(|s| s.id).collect();
    let open = open_leads(c, &ids)?;
    let settings = LeadSettings::load(c)?;
    let text = format!(
        "SELECT user_id, capacity, last_assigned_at FROM lead_agents WHERE user_id IN ({})",
        in_list(1, ids.len())
    );
    let values: Vec<Value<'_>> = ids.iter().map(Into::into).collect();
    let rows = c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))))?;
    let known: HashMap<UserId, (Option<i64>, Millis)> = rows.into_iter().collect();
    let candidate = |staff: Staff| {
        let (capacity, last) = known.get(&staff.id).copied().unwrap_or((None, 0));
        Candidate {
            open: open.get(&staff.id).copied().unwrap_or(0).max(0),
            max: capacity.unwrap_or(settings.default_capacity),
            own: capacity,
            last_assigned_at: last,
            staff,
        }
    };
    Ok(staff.into_iter().map(candidate).collect())
}

/// What one person has and takes.
pub fn capacity(c: &Conn<'_>, user: UserId) -> Result<Capacity> {
    let found = candidates(c, staff::by_ids(c, &[user])?)?.pop();
    Ok(found.map_or(Capacity::new(0, 0), |f| f.capacity()))
}

/// Says how many open leads somebody takes; `None`: the usual number.
pub(super) fn set_capacity(tx: &Tx<'_>, user: UserId, capacity: Option<i64>) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO lead_agents (user_id, capacity, last_assigned_at) VALUES (?1, ?2, 0) ON CONFLICT (user_id) DO UPDATE SET capacity = excluded.capacity"
        ),
        params![user, capacity],
    )?;
    Ok(())
}

fn note_turn(tx: &Tx<'_>, user: UserId, at: Millis) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO lead_agents (user_id, capacity, last_assigned_at) VALUES (?1, NULL, ?2) ON CONFLICT (user_id) DO UPDATE SET last_assigned_at = excluded.last_assigned_at"
        ),
        params![user, at],
    )?;
    Ok(())
}

/// Who may be chosen where nobody is named: active agents of the departments (of the desk for `None`), or whoever is
/// there where none of them is an agent.
pub fn pool(c: &Conn<'_>, departments: Option<&[DepartmentId]>) -> Result<Vec<Staff>> {
    let all = staff::active(c, departments)?;
    let agents: Vec<Staff> = all.iter().filter(|s| s.role == "agent").cloned().collect();
    Ok(if agents.is_empty() { all } else { agents })
}

/// Whether a caller who may assign within `scope` may give leads to `to`.
pub fn may_give(principal: &Principal, scope: Scope, to: &Staff) -> bool {
    let me = principal.user_id() == Some(to.id);
    match scope {
        Scope::All => true,
        Scope::Team => me || to.departments.iter().any(|d| principal.is_member(*d)),
        Scope::Own => me,
    }
}

/// Gives out leads in turn, or to whoever has most room. Holds what each has while several are given out.
#[derive(Debug, Clone)]
pub struct Dealer {
    strategy: Strategy,
    pool: Vec<Candidate>,
    /// The one whose turn it is by hand.
    next: usize,
}

impl Dealer {
    /// Waits for its turn to decide; the pool in the order in which it was named.
    pub fn new(tx: &Tx<'_>, strategy: Strategy, pool: Vec<Staff>) -> Result<Dealer> {
        tx.lock(lock_key())?;
        let pool = pool.into_iter().filter(|s| s.is_active).collect();
        Ok(Dealer { strategy, pool: candidates(tx, pool)?, next: 0 })
    }

    pub fn strategy(&self) -> Strategy {
        self.strategy
    }
    /// Where [`Strategy::Manual`] stands, for the next transaction's dealer.
    pub fn turn(&self) -> usize {
        self.next
    }
    pub fn from_turn(self, turn: usize) -> Dealer {
        Dealer { next: turn, ..self }
    }

    /// Who gets one more lead; `None` when nobody has room.
    pub fn deal(&mut self, tx: &Tx<'_>) -> Result<Option<Staff>> {
        let Some(at) = self.choose() else { return Ok(None) };
        let newest = self.pool.iter().map(|c| c.last_assigned_at).max().unwrap_or(0);
        let chosen = &mut self.pool[at];
        chosen.open += 1;
        // Later than everybody's, even within one instant.
        chosen.last_assigned_at = tx.now().max(newest + 1);
        note_turn(tx, chosen.staff.id, chosen.last_assigned_at)?;
        Ok(Some(chosen.staff.clone()))
    }

    fn choose(&mut self) -> Option<usize> {
        let room = |c: &Candidate| c.capacity().available_slots;
        let with_room = || self.pool.iter().enumerate().filter(|(_, c)| room(c) > 0);
        match self.strategy {
            Strategy::RoundRobin => with_room().min_by_key(|(n, c)| (c.last_assigned_at, *n)).map(|(n, _)| n),
            Strategy::CapacityBased => with_room()
                .max_by(|(n, a), (m, b)| {
                    let kpi = a.staff.kpi_score.total_cmp(&b.staff.kpi_score);
                    room(a).cmp(&room(b)).then(kpi).then(m.cmp(n))
                })
                .map(|(n, _)| n),
            Strategy::Manual => {
                let count = self.pool.len();
                let turn = (0..count).map(|n| (self.next + n) % count).find(|n| room(&self.pool[*n]) > 0)?;
                self.next = turn + 1;
                Some(turn)
            }
        }
    }
}

/// Chooses somebody for one new lead: among `agents`, or those of the department where none are named.
pub fn choose(
    tx: &Tx<'_>,
    strategy: Strategy,
    agents: &[UserId],
    department: Option<DepartmentId>,
) -> Result<Option<Staff>> {
    let named = match agents {
        [] => pool(tx, department.as_ref().map(std::slice::from_ref))?,
        ids => in_order(staff::by_ids(tx, ids)?, ids),
    };
    Dealer::new(tx, strategy, named)?.deal(tx)
}

/// `staff` in the order of `ids`.
pub(super) fn in_order(mut staff: Vec<Staff>, ids: &[UserId]) -> Vec<Staff> {
    staff.sort_by_key(|s| ids.iter().position(|id| *id == s.id));
    staff
}

/// The department of a lead that `owner` has: the one it is in if they are in it, otherwise their own.
pub fn department_for(current: Option<DepartmentId>, owner: &Staff) -> Option<DepartmentId> {
    match current {
        Some(d) if owner.departments.contains(&d) => Some(d),
        _ => owner.departments.first().copied().or(current),
    }
}

/// Gives the lead to somebody, or to nobody (its department stays). `how` stands in the event.
pub fn give(
    tx: &Tx<'_>,
    origin: &Origin,
    lead: &Lead,
    to: Option<&Staff>,
    how: &'static str,
) -> Result<Lead> {
    let owner = match to {
        Some(staff) => (Some(staff.id), department_for(lead.department_id, staff)),
        None => (None, lead.department_id),
    };
    super::change(tx, origin, lead, Change { owner: Some(owner), how: Some(how), ..Change::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: i64, open: i64, last: Millis) -> Candidate {
        Candidate {
            staff: Staff {
                id: UserId(id),
                name: format!("n{id}"),
                email: String::new(),
                role: "agent".into(),
                is_active: true,
                kpi_score: 0.0,
                departments: vec![DepartmentId(id)],
            },
            open,
            max: 3,
            own: None,
            last_assigned_at: last,
        }
    }

    fn chosen(strategy: Strategy, pool: Vec<Candidate>, times: usize) -> Vec<i64> {
        let mut dealer = Dealer { strategy, pool, next: 0 };
        let mut out = Vec::new();
        for turn in 0..times {
            let Some(at) = dealer.choose() else { break };
            dealer.pool[at].open += 1;
            dealer.pool[at].last_assigned_at = 1000 + turn as i64;
            out.push(dealer.pool[at].staff.id.0);
        }
        out
    }

    #[test]
    fn turns_go_round_among_those_with_room() {
        let pool = || vec![candidate(1, 0, 50), candidate(2, 2, 10), candidate(3, 3, 0)];
        assert_eq!(chosen(Strategy::RoundRobin, pool(), 9), [2, 1, 1, 1]);
        assert_eq!(chosen(Strategy::CapacityBased, pool(), 9), [1, 1, 1, 2]);
        assert_eq!(chosen(Strategy::Manual, pool(), 9), [1, 2, 1, 1]);
    }

    #[test]
    fn capacity_is_told_as_people_read_it() {
        let c = Capacity::new(7, 25);
        assert_eq!((c.percentage, c.available_slots, c.has_room()), (28, 18, true));
        assert_eq!((Capacity::new(3, 0).percentage, Capacity::new(30, 25).available_slots), (100, 0));
    }

    #[test]
    fn a_lead_stays_in_the_department_that_its_owner_is_in() {
        let staff = candidate(1, 0, 0).staff;
        assert_eq!(department_for(Some(DepartmentId(1)), &staff), Some(DepartmentId(1)));
        assert_eq!(department_for(Some(DepartmentId(9)), &staff), Some(DepartmentId(1)));
        let alone = Staff { departments: Vec::new(), ..staff };
        assert_eq!(department_for(Some(DepartmentId(9)), &alone), Some(DepartmentId(9)));
    }
}
