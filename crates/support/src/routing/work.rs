//! Giving out work: one ticket as it comes, and what waits when somebody gets room.

use people::{DepartmentId, UserId, access::agents, departments};
use platform::{
    Error, Result, Tx,
    error::Code,
    events::{Actor, Origin},
};

use super::{Decided, Decision, Input, Matches, Named, Reason, Snapshot, decide, score::Strategy, store};
use crate::{
    MessageId, TicketId, locks,
    tickets::{self, Change, Ticket, queue},
};

/// One drain gives out so many tickets at most; what frees more room drains again.
const DRAIN: usize = 50;

/// Finds a department and a person for `ticket`, gives it to them and stores why. Nobody free: it waits in the queue.
///
/// Errors: those of `tickets::change` other than a full agent, which is answered by the next best.
pub fn route(
    tx: &Tx<'_>,
    origin: &Origin,
    s: &Snapshot,
    ticket: &Ticket,
    message_id: Option<MessageId>,
    matches: &Matches,
    account_department: Option<DepartmentId>,
) -> Result<(Ticket, Decided)> {
    let input = Input {
        contact_id: Some(ticket.contact_id),
        matches,
        account_department,
        fixed_department: ticket.department_id,
        channel: &ticket.channel,
    };
    let place = decide::place(tx, &input)?;
    // Before anybody's room is looked at: whoever makes room now will see this ticket wait, or be seen.
    lock_all(tx, place.ids())?;
    let mut decided = decide::among(tx, &s.settings, s.version, &input, &place)?;
    let origin = origin.by(Actor::System);
    loop {
        match give(tx, &origin, ticket, &decided)? {
            Some(after) => {
                store(tx, &mut decided, &after, message_id)?;
                return Ok((after, decided));
            }
            None => {
                let before = decided.winner;
                decided = decided.without_winner();
                if decided.winner == before {
                    return Err(Error::internal("a full agent was chosen twice"));
                }
            }
        }
    }
}

/// Whether a further message of a conversation is worth a decision: when nobody has it and no department either, and there
/// is one for it now, or nothing was decided yet (our side began it elsewhere). Otherwise what was decided stands.
pub fn may_route_again(
    tx: &Tx<'_>,
    ticket: &Ticket,
    matches: &Matches,
    account_department: Option<DepartmentId>,
) -> Result<bool> {
    if !ticket.wants_agent() || ticket.department_id.is_some() {
        return Ok(false);
    }
    let has_place = match matches.departments.is_empty() && account_department.is_none() {
        true => departments::fallback(tx)?.is_some(),
        false => {
            let input = Input {
                contact_id: None,
                matches,
                account_department,
                fixed_department: None,
                channel: &ticket.channel,
            };
            !decide::place(tx, &input)?.ids().is_empty()
        }
    };
    Ok(has_place || !store::was_decided(tx, ticket.id)?)
}

/// Gives out what waits in `department`, the most urgent and then the longest waiting first, as long as somebody has room.
/// How many were given out. Runs in the transaction that made the room.
pub fn drain(tx: &Tx<'_>, origin: &Origin, s: &Snapshot, department: DepartmentId) -> Result<usize> {
    drain_but(tx, origin, s, department, None)
}

/// As [`drain`]; `released` was just given back by this person, and does not return to them at once.
pub(super) fn drain_but(
    tx: &Tx<'_>,
    origin: &Origin,
    s: &Snapshot,
    department: DepartmentId,
    released: Option<(TicketId, UserId)>,
) -> Result<usize> {
    tx.lock(locks::department(department))?;
    if !queue::has_waiting(tx, department)? {
        return Ok(0);
    }
    let Some(mut crew) = decide::crew(tx, &s.settings, department)? else { return Ok(0) };
    let room = usize::try_from(crew.room()).unwrap_or(0).min(DRAIN);
    if room == 0 {
        return Ok(0);
    }
    let origin = origin.by(Actor::System);
    // One more than there is room for: the one that was just given back may have to stand aside.
    let mut given = 0;
    for id in queue::waiting(tx, department, room + 1)? {
        let ticket = tickets::lock(tx, id)?;
        if !ticket.wants_agent() || ticket.department_id != Some(department) {
            continue;
        }
        let last = match crew.uses_history() {
            true => queue::last_agent(tx, ticket.contact_id)?,
            false => None,
        };
        let barred = released.filter(|(t, _)| *t == id).map(|(_, user)| user);
        loop {
            let mut decided = crew.decide(&s.settings, s.version, last, barred);
            let Some(winner) = decided.winner else { break };
            match give(tx, &origin, &ticket, &decided)? {
                Some(after) => {
                    crew.took(winner, tx.now());
                    store(tx, &mut decided, &after, ticket.last_message_id)?;
                    given += 1;
                    break;
                }
                None => crew.is_full(winner),
            }
        }
    }
    Ok(given)
}

/// Takes the locks of the departments that a change of `ticket` may drain. A command that may free its agent calls this
/// first, so that it never holds the agent's row while it waits for a department.
pub fn prepare(tx: &Tx<'_>, ticket: &Ticket) -> Result<()> {
    let mut all: Vec<DepartmentId> = ticket.department_id.into_iter().collect();
    if let Some(user) = ticket.load_on() {
        all.extend(agents::departments_of(tx, user)?);
    }
    lock_all(tx, all)
}

/// In the order of their ids, so that two never wait for each other.
fn lock_all(tx: &Tx<'_>, mut departments: Vec<DepartmentId>) -> Result<()> {
    departments.sort_unstable();
    departments.dedup();
    departments.into_iter().try_for_each(|d| tx.lock(locks::department(d)))
}

/// Keeps that a person gave the ticket to somebody, or put it back; to be called after the change.
pub fn record_by_hand(tx: &Tx<'_>, ticket: &Ticket, by: Option<UserId>) -> Result<()> {
    let decision = Decision {
        id: None,
        at: tx.now(),
        ticket_id: Some(ticket.id),
        message_id: None,
        strategy: Strategy::Manual,
        reason: if ticket.assignee_id.is_some() { Reason::ByHand } else { Reason::Queued },
        department: None,
        winner: ticket.assignee_id.map(unnamed),
        assigned_by: by.map(unnamed),
        keywords: Vec::new(),
        candidates: Vec::new(),
        excluded: Default::default(),
        settings_version: 0,
    };
    store::insert(tx, &decision, ticket.department_id).map(|_| ())
}

/// Names are not stored.
fn unnamed(id: UserId) -> Named {
    Named { id, name: String::new() }
}

/// `None`: the winner has no room any more, and nothing was written.
fn give(tx: &Tx<'_>, origin: &Origin, ticket: &Ticket, decided: &Decided) -> Result<Option<Ticket>> {
    let winner = decided.ranked.iter().find(|r| Some(r.person.id) == decided.winner);
    let change = Change {
        department_id: Some(decided.department_id.or(ticket.department_id)),
        assignee_id: Some(decided.winner),
        capacity: winner.map(|w| w.person.capacity),
        ..Change::default()
    };
    match tickets::change(tx, origin, ticket, change) {
        Ok(after) => Ok(Some(after)),
        Err(e) if e.code == Code::WrongState && winner.is_some() => Ok(None),
        Err(e) => Err(e),
    }
}

fn store(tx: &Tx<'_>, decided: &mut Decided, ticket: &Ticket, message_id: Option<MessageId>) -> Result<()> {
    let d = &mut decided.decision;
    (d.at, d.ticket_id, d.message_id) = (tx.now(), Some(ticket.id), message_id);
    d.id = Some(store::insert(tx, d, decided.department_id)?);
    Ok(())
}
