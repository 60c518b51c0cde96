//! From what a text holds to a ranked list of people: reads, and decides nothing that lasts.

use std::collections::BTreeMap;

use people::{
    ContactId, DepartmentId, UserId,
    access::agents::{self, Agent},
    departments,
};
use platform::{Conn, Result};

use super::{
    Candidate, Decision, Department, Keyword, Matches, Named, Reason, RoutingSettings, Why,
    score::{self, Exclusion, Person, Presence, Ranked, Shift, Strategy},
};
use crate::tickets::queue;

/// So many of the departments that keywords name are asked for candidates.
const POOL: usize = 5;

/// What a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub contact_id: Option<ContactId>,
    pub matches: &'a Matches,
    /// The channel account's default, for when no keyword names a department.
    pub account_department: Option<DepartmentId>,
    /// The ticket is there already; nobody outside is asked.
    pub fixed_department: Option<DepartmentId>,
    pub channel: &'a str,
}

/// What was decided, before anybody's slot is taken.
#[derive(Debug, Clone)]
pub struct Decided {
    pub department_id: Option<DepartmentId>,
    /// Who takes it; none means that it waits in the department's queue.
    pub winner: Option<UserId>,
    pub reason: Reason,
    /// Everyone, best first.
    pub ranked: Vec<Ranked>,
    pub decision: Decision,
}

/// The department and the people who may take it from there.
pub(super) struct Place {
    /// Best first. The first one's strategy counts, and its queue if nobody can take it.
    departments: Vec<(departments::Department, i64)>,
    why: Option<Why>,
}

impl Place {
    /// Where a message belongs, by what the ticket, its keywords, its channel account and the fallback say, in this order.
    fn of(all: Vec<departments::Department>, input: &Input<'_>) -> Place {
        let find = |id: Option<DepartmentId>| all.iter().find(|d| Some(d.id) == id).cloned();
        if let Some(fixed) = find(input.fixed_department) {
            let sum = input.matches.departments.iter().find(|d| d.0 == fixed.id).map_or(0, |d| d.1);
            return Place { departments: vec![(fixed, sum)], why: Some(Why::Ticket) };
        }
        let named = input.matches.departments.iter().filter_map(|d| Some((find(Some(d.0))?, d.1)));
        let mut departments: Vec<_> = named.take(POOL).collect();
        if let Some((first, _)) = departments.first() {
            // A turn or the most room is a matter of one department; and whoever works by hand is given nothing.
            match Strategy::parse(&first.strategy) {
                Strategy::Score => {
                    let mut n = 0;
                    departments.retain(|(d, _)| {
                        n += 1;
                        n == 1 || Strategy::parse(&d.strategy) == Strategy::Score
                    });
                }
                _ => departments.truncate(1),
            }
            return Place { departments, why: Some(Why::Keywords) };
        }
        if let Some(default) = find(input.account_department) {
            return Place { departments: vec![(default, 0)], why: Some(Why::ChannelDefault) };
        }
        match all.into_iter().find(|d| d.is_fallback) {
            Some(fallback) => Place { departments: vec![(fallback, 0)], why: Some(Why::Fallback) },
            None => Place { departments: Vec::new(), why: None },
        }
    }

    fn strategy(&self) -> Strategy {
        self.departments.first().map_or(Strategy::Manual, |(d, _)| Strategy::parse(&d.strategy))
    }
    /// Best first.
    pub fn ids(&self) -> Vec<DepartmentId> {
        self.departments.iter().map(|(d, _)| d.id).collect()
    }
}

/// Ranks everyone who could take it. Reads three times, whatever the size of the desk; writes nothing.
pub fn decide(c: &Conn<'_>, settings: &RoutingSettings, version: i64, input: &Input<'_>) -> Result<Decided> {
    let place = place(c, input)?;
    among(c, settings, version, input, &place)
}

/// The first half of [`decide`]: where it belongs.
pub(super) fn place(c: &Conn<'_>, input: &Input<'_>) -> Result<Place> {
    Ok(Place::of(departments::all_active(c)?, input))
}

/// The second half of [`decide`]: who may take it there. A decision that lasts locks the place in between.
pub(super) fn among(
    c: &Conn<'_>,
    settings: &RoutingSettings,
    version: i64,
    input: &Input<'_>,
    place: &Place,
) -> Result<Decided> {
    let (strategy, ids) = (place.strategy(), place.ids());
    let agents = match ids.is_empty() {
        true => Vec::new(),
        false => agents::candidates(c, &ids)?,
    };
    let last = match input.contact_id {
        Some(contact) if strategy == Strategy::Score && !agents.is_empty() => queue::last_agent(c, contact)?,
        _ => None,
    };
    let people = people_of(settings, place, agents, last);
    let ranked = score::rank(&settings.weights, strategy, people);
    Ok(conclude(place, strategy, ranked, input.matches, version))
}

/// One department, for giving out what waits there.
pub(super) fn crew(c: &Conn<'_>, settings: &RoutingSettings, id: DepartmentId) -> Result<Option<Crew>> {
    let Some(department) = departments::get(c, id)?.filter(|d| d.is_active) else { return Ok(None) };
    let strategy = Strategy::parse(&department.strategy);
    if strategy == Strategy::Manual {
        return Ok(None);
    }
    let place = Place { departments: vec![(department, 0)], why: Some(Why::Ticket) };
    let agents = agents::candidates(c, &place.ids())?;
    let people = people_of(settings, &place, agents, None);
    Ok(Some(Crew { place, strategy, people }))
}

/// The people of one department with their load, kept in step while its queue is given out.
pub(super) struct Crew {
    place: Place,
    strategy: Strategy,
    pub people: Vec<Person>,
}

impl Crew {
    /// How many tickets can be taken before everybody is full.
    pub fn room(&self) -> i64 {
        self.people.iter().filter(|p| p.excluded().is_none()).map(|p| p.capacity - p.load).sum()
    }
    /// Who should take the ticket of a contact whom `last` handled before; never `barred`.
    pub fn decide(
        &self,
        settings: &RoutingSettings,
        version: i64,
        last: Option<UserId>,
        barred: Option<UserId>,
    ) -> Decided {
        let mut people = self.people.clone();
        people.retain(|p| Some(p.id) != barred);
        people.iter_mut().for_each(|p| p.handled_last = Some(p.id) == last);
        let ranked = score::rank(&settings.weights, self.strategy, people);
        conclude(&self.place, self.strategy, ranked, &Matches::default(), version)
    }
    pub fn uses_history(&self) -> bool {
        self.strategy == Strategy::Score
    }
    /// One more ticket for `user`, who is the latest to have got one.
    pub fn took(&mut self, user: UserId, at: i64) {
        for p in self.people.iter_mut().filter(|p| p.id == user) {
            p.load += 1;
            p.last_assigned_at = at;
        }
    }
    /// Somebody else took the last slot.
    pub fn is_full(&mut self, user: UserId) {
        self.people.iter_mut().filter(|p| p.id == user).for_each(|p| p.load = p.capacity);
    }
}

fn people_of(
    settings: &RoutingSettings,
    place: &Place,
    agents: Vec<Agent>,
    last: Option<UserId>,
) -> Vec<Person> {
    agents.into_iter().filter_map(|agent| person(settings, place, agent, last)).collect()
}

fn person(settings: &RoutingSettings, place: &Place, agent: Agent, last: Option<UserId>) -> Option<Person> {
    let mine = || place.departments.iter().filter(|(d, _)| agent.departments.contains(&d.id));
    let department_id = mine().next()?.0.id;
    let keywords = mine().map(|(_, sum)| sum).sum();
    Some(Person {
        id: agent.id,
        department_id,
        is_active: agent.is_active,
        presence: match agent.status.as_str() {
            "available" => Presence::Available,
            "busy" => Presence::Busy,
            "away" => Presence::Away,
            _ => Presence::Offline,
        },
        load: agent.open_tickets,
        capacity: agent.capacity.unwrap_or(settings.default_capacity),
        kpi: agent.kpi_score,
        keywords,
        shift: Shift::Unknown,
        handled_last: last == Some(agent.id),
        last_assigned_at: agent.last_assigned_at,
        name: agent.name,
    })
}

fn conclude(
    place: &Place,
    strategy: Strategy,
    ranked: Vec<Ranked>,
    matches: &Matches,
    version: i64,
) -> Decided {
    let winner = match strategy {
        Strategy::Manual => None,
        _ => score::winner(&ranked),
    };
    let reason = match (strategy, winner) {
        (Strategy::Manual, _) if !place.departments.is_empty() => Reason::Manual,
        (_, Some(_)) => Reason::of_win(strategy),
        (_, None) => Reason::NoEligible,
    };
    let department_id =
        winner.map(|w| w.person.department_id).or(place.departments.first().map(|(d, _)| d.id));
    let department = place.departments.iter().find(|(d, _)| Some(d.id) == department_id).zip(place.why);
    let mut excluded: BTreeMap<Exclusion, i64> = BTreeMap::new();
    ranked.iter().filter_map(|r| r.excluded).for_each(|e| *excluded.entry(e).or_default() += 1);
    let decision = Decision {
        id: None,
        at: 0,
        ticket_id: None,
        message_id: None,
        strategy,
        reason,
        department: department.map(|((d, _), why)| Department { id: d.id, name: d.name.clone(), why }),
        winner: winner.map(|w| Named { id: w.person.id, name: w.person.name.clone() }),
        assigned_by: None,
        keywords: matches.keywords.iter().map(Keyword::from).collect(),
        candidates: ranked.iter().map(Candidate::from).collect(),
        excluded,
        settings_version: version,
    };
    Decided { department_id, winner: winner.map(|w| w.person.id), reason, ranked, decision }
}

impl Decided {
    /// Somebody else took the winner's last slot meanwhile: the next one, or nobody.
    pub(super) fn without_winner(self) -> Decided {
        let Some(gone) = self.winner else { return self };
        let mut ranked = self.ranked;
        let mut decision = self.decision;
        let strategy = decision.strategy;
        for r in ranked.iter_mut().filter(|r| r.person.id == gone) {
            r.person.load = r.person.load.max(r.person.capacity);
            r.excluded = Some(Exclusion::AtCapacity);
        }
        ranked.sort_by_key(|r| r.excluded.is_some());
        *decision.excluded.entry(Exclusion::AtCapacity).or_default() += 1;
        let next = score::winner(&ranked);
        decision.winner = next.map(|w| Named { id: w.person.id, name: w.person.name.clone() });
        decision.reason = next.map_or(Reason::NoEligible, |_| Reason::of_win(strategy));
        decision.candidates = ranked.iter().map(Candidate::from).collect();
        let winner = next.map(|w| w.person.id);
        Decided { department_id: self.department_id, winner, reason: decision.reason, ranked, decision }
    }
}
