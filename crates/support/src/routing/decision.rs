//! A decision as it is stored, and as the interface shows it.

use std::collections::BTreeMap;

use people::{DepartmentId, UserId};
use platform::clock::Millis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AssignmentId, KeywordId, MatchedKeyword,
    score::{Exclusion, Parts, Ranked, Strategy},
};
use crate::{MessageId, TicketId};

/// So many candidates are stored with a decision.
pub(super) const STORED: usize = 20;

/// How a ticket came to where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DecisionReason)]
pub enum Reason {
    /// The highest score.
    Scored,
    /// Their turn.
    RoundRobin,
    /// The most room.
    Capacity,
    /// The department gives out its work by hand; the ticket waits.
    Manual,
    /// Somebody put it back; the ticket waits.
    Queued,
    /// Nobody could take it; the ticket waits.
    NoEligible,
    /// A person gave or took it.
    ByHand,
    /// A bot gave it.
    Bot,
    /// It is spam and goes to nobody.
    Spam,
    /// It goes to a team whose work the caller does not see; never stored.
    OtherTeam,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Scored => "scored",
            Reason::RoundRobin => "round_robin",
            Reason::Capacity => "capacity",
            Reason::Manual => "manual",
            Reason::Queued => "queued",
            Reason::NoEligible => "no_eligible",
            Reason::ByHand => "by_hand",
            Reason::Bot => "bot",
            Reason::Spam => "spam",
            Reason::OtherTeam => "other_team",
        }
    }
    /// As stored.
    pub(super) fn parse(word: &str) -> Self {
        use Reason::*;
        let all = [Scored, RoundRobin, Capacity, Manual, Queued, NoEligible, ByHand, Bot, Spam];
        all.into_iter().find(|r| r.as_str() == word).unwrap_or(Queued)
    }
    /// Why the winner under this strategy won.
    pub(super) fn of_win(strategy: Strategy) -> Self {
        match strategy {
            Strategy::Score => Reason::Scored,
            Strategy::RoundRobin => Reason::RoundRobin,
            Strategy::CapacityBased => Reason::Capacity,
            Strategy::Manual => Reason::Manual,
        }
    }
}

/// What named the department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DepartmentReason)]
pub enum Why {
    Keywords,
    ChannelDefault,
    Fallback,
    /// The ticket was there already.
    Ticket,
}

/// Somebody with a name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = DecisionPerson)]
pub struct Named {
    pub id: UserId,
    pub name: String,
}

/// Where it went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = DecisionDepartment)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
    pub why: Why,
}

/// A keyword that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DecisionKeyword)]
pub struct Keyword {
    pub id: KeywordId,
    pub word: String,
    pub priority: i64,
    #[schema(required)]
    pub department_id: Option<DepartmentId>,
    /// Found with its very marks.
    pub exact: bool,
}

impl From<&MatchedKeyword> for Keyword {
    fn from(k: &MatchedKeyword) -> Self {
        Keyword {
            id: k.id,
            word: k.word.clone(),
            priority: k.priority,
            department_id: k.department_id,
            exact: k.exact,
        }
    }
}

/// The parts of a candidate's score, in points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreParts {
    pub keywords: f64,
    pub kpi: f64,
    pub capacity: f64,
    pub shift: f64,
    pub continuity: f64,
}

impl From<Parts> for ScoreParts {
    fn from(p: Parts) -> Self {
        let points = |tenths: i64| tenths as f64 / 10.0;
        ScoreParts {
            keywords: points(p.keywords),
            kpi: points(p.kpi),
            capacity: points(p.capacity),
            shift: points(p.shift),
            continuity: points(p.continuity),
        }
    }
}

/// Somebody who was considered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = DecisionCandidate)]
pub struct Candidate {
    pub user_id: UserId,
    pub name: String,
    /// 0–100.
    pub score: f64,
    pub parts: ScoreParts,
    pub load: i64,
    pub capacity: i64,
    pub eligible: bool,
    #[schema(required)]
    pub excluded_because: Option<Exclusion>,
}

impl From<&Ranked> for Candidate {
    fn from(r: &Ranked) -> Self {
        Candidate {
            user_id: r.person.id,
            name: r.person.name.clone(),
            score: r.parts.sum() as f64 / 10.0,
            parts: r.parts.into(),
            load: r.person.load,
            capacity: r.person.capacity,
            eligible: r.excluded.is_none(),
            excluded_because: r.excluded,
        }
    }
}

/// Why a ticket went where it went. A simulation has no `id` and no `ticket_id`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Decision {
    #[schema(required)]
    pub id: Option<AssignmentId>,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    #[schema(required)]
    pub ticket_id: Option<TicketId>,
    #[schema(required)]
    pub message_id: Option<MessageId>,
    pub strategy: Strategy,
    pub reason: Reason,
    #[schema(required)]
    pub department: Option<Department>,
    #[schema(required)]
    pub winner: Option<Named>,
    /// The person who gave it; null when it was given by rule.
    #[schema(required)]
    pub assigned_by: Option<Named>,
    pub keywords: Vec<Keyword>,
    /// Best first; the best 20 in a stored decision.
    pub candidates: Vec<Candidate>,
    /// How many were left out, by reason.
    #[schema(value_type = std::collections::HashMap<String, i64>)]
    pub excluded: BTreeMap<Exclusion, i64>,
    pub settings_version: i64,
}

/// What is kept in `assignments.detail`: ids, no names, so that forgetting a person need not rewrite history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Detail {
    pub why: Option<Why>,
    pub keywords: Vec<Keyword>,
    pub candidates: Vec<StoredCandidate>,
    pub excluded: BTreeMap<Exclusion, i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredCandidate {
    pub user_id: UserId,
    pub score: f64,
    pub parts: ScoreParts,
    pub load: i64,
    pub capacity: i64,
    pub excluded: Option<Exclusion>,
}

impl Detail {
    pub(super) fn of(decision: &Decision) -> Self {
        let candidates = decision.candidates.iter().take(STORED).map(|c| StoredCandidate {
            user_id: c.user_id,
            score: c.score,
            parts: c.parts,
            load: c.load,
            capacity: c.capacity,
            excluded: c.excluded_because,
        });
        Detail {
            why: decision.department.as_ref().map(|d| d.why),
            keywords: decision.keywords.clone(),
            candidates: candidates.collect(),
            excluded: decision.excluded.clone(),
        }
    }
}
