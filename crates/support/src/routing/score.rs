//! Who is best for a ticket: pure arithmetic over a list of people.
//!
//! Points are counted in tenths, so that two machines never disagree about a tie.

use people::{DepartmentId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Weights;

/// Tenths of a point that everything together can give.
const MAX: i64 = 1_000;

/// Whether somebody is at work by the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shift {
    /// The department keeps no shifts, or nobody knows them: gives nothing to anybody, so that it never decides.
    #[default]
    Unknown,
    Now,
    LaterToday,
    None,
}

/// What a person is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Available,
    Busy,
    Away,
    Offline,
}

/// Why somebody cannot take a ticket now.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = RoutingExclusion)]
pub enum Exclusion {
    Inactive,
    Offline,
    Away,
    Busy,
    OnLeave,
    OffShift,
    AtCapacity,
}

/// A person as routing sees one.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    /// The department through which this person may take the ticket: the best of those that were matched.
    pub department_id: DepartmentId,
    pub is_active: bool,
    pub presence: Presence,
    pub load: i64,
    pub capacity: i64,
    /// 0–100.
    pub kpi: f64,
    /// Summed priority of the matched keywords of this person's departments.
    pub keywords: i64,
    pub shift: Shift,
    pub handled_last: bool,
    pub last_assigned_at: i64,
}

impl Person {
    /// The first thing that stands in the way.
    pub fn excluded(&self) -> Option<Exclusion> {
        match self.presence {
            _ if !self.is_active => Some(Exclusion::Inactive),
            Presence::Offline => Some(Exclusion::Offline),
            Presence::Away => Some(Exclusion::Away),
            Presence::Busy => Some(Exclusion::Busy),
            Presence::Available if self.shift == Shift::None => Some(Exclusion::OffShift),
            Presence::Available if self.load >= self.capacity => Some(Exclusion::AtCapacity),
            Presence::Available => None,
        }
    }
}

/// The parts of a score, in tenths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    pub keywords: i64,
    pub kpi: i64,
    pub capacity: i64,
    pub shift: i64,
    pub continuity: i64,
}

impl Parts {
    /// Capped at 100 points.
    pub fn sum(&self) -> i64 {
        (self.keywords + self.kpi + self.capacity + self.shift + self.continuity).min(MAX)
    }
}

/// What each thing gives: its weight times how much of it there is, each part capped at its weight.
pub fn parts(weights: &Weights, person: &Person) -> Parts {
    let share = |weight: i64, of: f64| ((weight * 10) as f64 * of.clamp(0.0, 1.0)).round() as i64;
    let free = (person.capacity - person.load).max(0) as f64 / person.capacity.max(1) as f64;
    Parts {
        keywords: share(weights.keywords, person.keywords.max(0) as f64 / 10.0),
        kpi: share(weights.kpi, if person.kpi.is_finite() { person.kpi / 100.0 } else { 0.0 }),
        capacity: share(weights.capacity, free),
        shift: match person.shift {
            Shift::Now => weights.shift * 10,
            Shift::LaterToday => share(weights.shift, 4.0 / 15.0),
            Shift::Unknown | Shift::None => 0,
        },
        continuity: if person.handled_last { weights.continuity * 10 } else { 0 },
    }
}

/// How a department gives out its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RoutingStrategy)]
pub enum Strategy {
    /// The highest score.
    Score,
    /// Whoever waited longest for a ticket.
    RoundRobin,
    /// Whoever has the largest free share.
    CapacityBased,
    /// Nobody: people take or give tickets themselves.
    Manual,
}

impl Strategy {
    pub fn as_str(self) -> &'static str {
        match self {
            Strategy::Score => "score",
            Strategy::RoundRobin => "round_robin",
            Strategy::CapacityBased => "capacity_based",
            Strategy::Manual => "manual",
        }
    }
    /// As stored; an unknown word routes by score.
    pub fn parse(word: &str) -> Self {
        match word {
            "round_robin" => Strategy::RoundRobin,
            "capacity_based" => Strategy::CapacityBased,
            "manual" => Strategy::Manual,
            _ => Strategy::Score,
        }
    }
}

/// A person with what routing thinks of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    pub person: Person,
    pub parts: Parts,
    pub excluded: Option<Exclusion>,
}

/// Everyone, best first: those who can take it before those who cannot, then by the strategy; ties go to the least
/// recently assigned, then to the lowest id. The order of `people` does not matter.
pub fn rank(weights: &Weights, strategy: Strategy, people: Vec<Person>) -> Vec<Ranked> {
    let mut all: Vec<Ranked> = people
        .into_iter()
        .map(|person| Ranked { parts: parts(weights, &person), excluded: person.excluded(), person })
        .collect();
    all.sort_unstable_by_key(|r| {
        let p = &r.person;
        let merit = match strategy {
            Strategy::Score => r.parts.sum(),
            Strategy::RoundRobin => 0,
            // Millionths of the capacity that are free.
            Strategy::CapacityBased => (p.capacity - p.load).max(0) * 1_000_000 / p.capacity.max(1),
            Strategy::Manual => 0,
        };
        (r.excluded.is_some(), -merit, p.last_assigned_at, p.id)
    });
    all
}

/// The best who can take it.
pub fn winner(ranked: &[Ranked]) -> Option<&Ranked> {
    ranked.first().filter(|r| r.excluded.is_none())
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
