//! How promising a lead is: 0–100, with the parts that it comes from.
//!
//! [`score`] is pure: four weighted parts, what is added, what is taken away, kept within 0 and 100. [`of`] gathers what it
//! goes by; [`change`](super::change), [`create`](super::create) and [`rescoring`](super::rescoring) call it, and nobody else.

use std::collections::{BTreeSet, HashMap};

use people::{ContactId, contacts};
use platform::{Conn, Error, Result, clock::SECOND};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use super::{
    Lead, Outcome, Priority,
    settings::{LeadSettings, ScoreWeights},
    store,
};
use crate::{
    LeadId, interactions,
    pipelines::{self, Pipeline, StageKind},
};

/// An answer within this is quick.
const QUICK: i64 = 300;
/// A value above this, in whole units of the currency, is high.
const HIGH_VALUE: i64 = 10_000;

/// Points that a lead has for something, or that it lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorePart {
    /// `demographic`, `behavioural`, `source`, `intent`; `bonus.…`, `penalty.…`.
    pub part: String,
    pub points: i64,
    /// What it goes by.
    pub detail: String,
}

/// What a score goes by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    pub has_email: bool,
    pub has_phone: bool,
    pub has_other_method: bool,
    /// An e-mail address or a number that does not work.
    pub has_dead_method: bool,
    /// Every address wants no messages.
    pub is_opted_out: bool,
    pub has_full_name: bool,
    /// Fields of its own: filled, and how many there are.
    pub fields: (i64, i64),
    /// Calls, e-mails and meetings: all, good ones, bad ones.
    pub interactions: (i64, i64, i64),
    /// How far it has come, 0–1.
    pub progress: f64,
    pub is_lost: bool,
    pub source_points: i64,
    pub is_referral: bool,
    /// In whole units.
    pub value: i64,
    pub priority_rank: i64,
    /// Of the checklist: done, and how long it is.
    pub checklist: (i64, i64),
    pub seconds_to_first_contact: Option<i64>,
    /// The contact has had a lead before.
    pub is_returning: bool,
    pub is_competitor: bool,
    pub is_spam: bool,
}

/// The score with its parts, which add up to it unless it would leave 0–100.
pub fn score(f: &Facts, w: &ScoreWeights) -> (i64, Vec<ScorePart>) {
    let mut parts = Vec::new();
    let weighted = [
        ("demographic", w.demographic, demographic(f)),
        ("behavioural", w.behavioural, behavioural(f)),
        ("source", w.source, (f.source_points.clamp(0, 100), format!("source {}", f.source_points))),
        ("intent", w.intent, intent(f)),
    ];
    for (part, weight, (of_hundred, detail)) in weighted {
        let points = (of_hundred.clamp(0, 100) * weight.clamp(0, 100) + 50) / 100;
        parts.push(ScorePart { part: part.into(), points, detail });
    }
    let reachable = f.has_email || f.has_phone || f.has_other_method;
    let complete = f.has_email && f.has_phone && f.has_full_name && f.fields.0 == f.fields.1;
    let quick = f.seconds_to_first_contact.is_some_and(|s| s < QUICK);
    let extras = [
        (f.is_referral, "bonus.referral", 5, "came by referral"),
        (complete, "bonus.complete", 3, "nothing is missing"),
        (quick, "bonus.quick_response", 5, "first contact within five minutes"),
        (f.value > HIGH_VALUE, "bonus.high_value", 5, "value above 10 000"),
        (f.is_returning, "bonus.returning", 10, "has had a lead before"),
        (!reachable, "penalty.unreachable", -10, "no contact method"),
        (f.has_dead_method, "penalty.bad_method", -15, "an address does not work"),
        (f.is_opted_out, "penalty.do_not_contact", -50, "wants no messages"),
        (f.is_competitor, "penalty.competitor", -30, "tagged competitor"),
        (f.is_spam, "penalty.spam", -20, "blocked as spam"),
    ];
    parts.extend(extras.into_iter().filter(|e| e.0).map(|(_, part, points, detail)| ScorePart {
        part: part.into(),
        points,
        detail: detail.into(),
    }));
    let sum: i64 = parts.iter().map(|p| p.points).sum();
    (sum.clamp(0, 100), parts)
}

fn demographic(f: &Facts) -> (i64, String) {
    let share = if f.fields.1 > 0 { 20 * f.fields.0.clamp(0, f.fields.1) / f.fields.1 } else { 20 };
    gathered([
        (f.has_email, 30, "e-mail".to_owned()),
        (f.has_phone, 30, "phone".to_owned()),
        (f.has_full_name, 20, "full name".to_owned()),
        (share > 0, share, format!("{} of {} fields", f.fields.0, f.fields.1)),
    ])
}

fn behavioural(f: &Facts) -> (i64, String) {
    let (all, good, bad) = f.interactions;
    let progress = (f.progress.clamp(0.0, 1.0) * 35.0).round() as i64;
    let (points, detail) = gathered([
        (all > 0, (all.min(8)) * 5, format!("{all} interactions")),
        (good > 0, 25, format!("{good} went well")),
        (progress > 0, progress, format!("{} % of the way", (f.progress.clamp(0.0, 1.0) * 100.0).round())),
        (bad > 0, -20, format!("{bad} went badly")),
    ]);
    if f.is_lost { (0, "lost".to_owned()) } else { (points.max(0), detail) }
}

fn intent(f: &Facts) -> (i64, String) {
    let (done, all) = f.checklist;
    let share = if all > 0 { 40 * done.clamp(0, all) / all } else { 0 };
    gathered([
        (f.value > 0, 30, "has a value".to_owned()),
        (f.priority_rank > 0, f.priority_rank.clamp(0, 3) * 10, "priority".to_owned()),
        (share > 0, share, format!("{done} of {all} on the checklist")),
    ])
}

/// What holds, added up and named.
fn gathered<const N: usize>(factors: [(bool, i64, String); N]) -> (i64, String) {
    let (mut points, mut names) = (0, Vec::new());
    for (_, more, name) in factors.into_iter().filter(|f| f.0) {
        points += more;
        names.push(name);
    }
    (points, if names.is_empty() { "nothing".to_owned() } else { names.join(", ") })
}

/// The score of a lead as it is (or is about to be stored).
pub(super) fn of(c: &Conn<'_>, lead: &Lead, pipeline: &Pipeline) -> Result<(i64, Json)> {
    let settings = LeadSettings::load(c)?;
    let around = Around::of(c, std::slice::from_ref(lead))?;
    let (score, parts) = score(&around.facts(lead, pipeline, &settings), &settings.weights);
    Ok((score, json!(parts)))
}

/// What the scores of `leads` go by under these settings, in their order. Six queries, however many they are.
pub(super) fn facts_of(c: &Conn<'_>, leads: &[Lead], settings: &LeadSettings) -> Result<Vec<Facts>> {
    let pipelines: HashMap<_, _> = pipelines::all(c)?.into_iter().map(|p| (p.id, p)).collect();
    let around = Around::of(c, leads)?;
    let facts = |lead: &Lead| {
        let pipeline = pipelines.get(&lead.pipeline_id);
        let pipeline = pipeline.ok_or_else(|| Error::internal("a lead without its pipeline"))?;
        Ok(around.facts(lead, pipeline, settings))
    };
    leads.iter().map(facts).collect()
}

/// The same of a lead that is about to be stored and whose contact is new, with addresses of these kinds. Asks for nothing.
pub(super) fn of_new(
    lead: &Lead,
    pipeline: &Pipeline,
    settings: &LeadSettings,
    kinds: &[&str],
) -> (i64, Json) {
    let facts = Facts {
        has_email: kinds.contains(&"email"),
        has_phone: kinds.contains(&"phone"),
        has_other_method: kinds.iter().any(|k| !["email", "phone"].contains(k)),
        ..own(lead, pipeline, settings)
    };
    let (score, parts) = score(&facts, &settings.weights);
    (score, json!(parts))
}

/// What is known of leads outside of their own rows.
struct Around {
    contacts: HashMap<ContactId, contacts::Brief>,
    tallies: HashMap<LeadId, (i64, i64, i64)>,
    /// The first lead of each contact.
    first: HashMap<ContactId, LeadId>,
}

impl Around {
    /// Of leads that are there or, with id 0, about to be. Four queries.
    fn of(c: &Conn<'_>, leads: &[Lead]) -> Result<Around> {
        let people: BTreeSet<ContactId> = leads.iter().map(|l| l.contact_id).collect();
        let people: Vec<ContactId> = people.into_iter().collect();
        let there: Vec<LeadId> = leads.iter().map(|l| l.id).filter(|id| id.0 != 0).collect();
        Ok(Around {
            contacts: contacts::briefs(c, &people)?,
            tallies: interactions::tallies(c, &there)?,
            first: store::first_of_contacts(c, &people)?,
        })
    }

    fn facts(&self, lead: &Lead, pipeline: &Pipeline, settings: &LeadSettings) -> Facts {
        let contact = self.contacts.get(&lead.contact_id);
        let methods = contact.map(|b| b.methods.as_slice()).unwrap_or_default();
        let has = |kind: &str| methods.iter().any(|m| m.kind == kind && m.is_active);
        let is_ours = |m: &contacts::ContactMethod| m.kind == "email" || m.kind == "phone";
        // Those after it do not count: its score would be another whenever somebody happens to look.
        let first = self.first.get(&lead.contact_id);
        Facts {
            has_email: has("email"),
            has_phone: has("phone"),
            has_other_method: methods.iter().any(|m| m.is_active && !is_ours(m)),
            has_dead_method: methods.iter().any(|m| is_ours(m) && !m.is_active),
            is_opted_out: !methods.is_empty() && methods.iter().all(|m| m.opted_out_at.is_some()),
            interactions: self.tallies.get(&lead.id).copied().unwrap_or_default(),
            is_returning: first.is_some_and(|id| lead.id.0 == 0 || *id < lead.id),
            is_spam: contact.is_some_and(|b| b.is_blocked),
            ..own(lead, pipeline, settings)
        }
    }
}

/// What the lead's own row says.
fn own(lead: &Lead, pipeline: &Pipeline, settings: &LeadSettings) -> Facts {
    let fields: Vec<_> = pipeline.fields.iter().filter(|f| f.is_active).collect();
    let filled = fields.iter().filter(|f| lead.custom.contains_key(&f.key)).count();
    let done = pipeline.checklist.iter().filter(|t| lead.checklist.contains(&t.key)).count();
    Facts {
        has_full_name: lead.name.split_whitespace().count() >= 2,
        fields: (filled as i64, fields.len() as i64),
        progress: progress(lead, pipeline),
        is_lost: lead.outcome == Some(Outcome::Lost),
        source_points: settings.points_of(&lead.source),
        is_referral: lead.source == "referral",
        value: lead.value.unwrap_or(0) / minor_units(&lead.currency),
        priority_rank: if lead.priority == Priority::Low { 0 } else { lead.priority.rank() },
        checklist: (done as i64, pipeline.checklist.len() as i64),
        seconds_to_first_contact: lead.first_contact_at.map(|at| (at - lead.created_at).max(0) / SECOND),
        is_competitor: lead.tags.iter().any(|t| t == "competitor"),
        ..Facts::default()
    }
}

/// How many open stages lie behind, of all; won is all of them.
fn progress(lead: &Lead, pipeline: &Pipeline) -> f64 {
    match lead.outcome {
        Some(Outcome::Won) => return 1.0,
        Some(Outcome::Lost) => return 0.0,
        None => {}
    }
    let open: Vec<_> =
        pipeline.stages.iter().filter(|s| s.is_active && s.kind == StageKind::Open).map(|s| s.id).collect();
    let place = open.iter().position(|id| *id == lead.stage_id).unwrap_or(0);
    place as f64 / open.len().max(1) as f64
}

/// How many minor units make a whole one.
pub(crate) fn minor_units(currency: &str) -> i64 {
    const WHOLE: [&str; 16] = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
        "XAF", "XPF",
    ];
    const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
    match currency {
        c if WHOLE.contains(&c) => 1,
        c if THOUSANDTHS.contains(&c) => 1000,
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flags() -> impl Strategy<Value = [bool; 12]> {
        any::<[bool; 12]>()
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let small = -3i64..40;
        (
            flags(),
            (small.clone(), small.clone(), small.clone(), small.clone(), small.clone(), small.clone(), small),
            (-0.5f64..1.5, -50i64..200, 0i64..1_000_000, -1i64..6),
            prop::option::of(0i64..10_000),
        )
            .prop_map(|(b, (f0, f1, i0, i1, i2, c0, c1), (progress, source, value, rank), quick)| {
                Facts {
                    has_email: b[0],
                    has_phone: b[1],
                    has_other_method: b[2],
                    has_dead_method: b[3],
                    is_opted_out: b[4],
                    has_full_name: b[5],
                    fields: (f0, f1),
                    interactions: (i0, i1, i2),
                    progress,
                    is_lost: b[6],
                    source_points: source,
                    is_referral: b[7],
                    value,
                    priority_rank: rank,
                    checklist: (c0, c1),
                    seconds_to_first_contact: quick,
                    is_returning: b[8],
                    is_competitor: b[9],
                    is_spam: b[10],
                }
            })
    }

    proptest! {
        #[test]
        fn a_score_stays_within_its_bounds(
            f in any_facts(),
            w in (0i64..=100, 0i64..=100, 0i64..=100, 0i64..=100),
        ) {
            let w = ScoreWeights { demographic: w.0, behavioural: w.1, source: w.2, intent: w.3 };
            let (score, parts) = score(&f, &w);
            prop_assert!((0..=100).contains(&score));
            let sum: i64 = parts.iter().map(|p| p.points).sum();
            prop_assert_eq!(score, sum.clamp(0, 100));
            for (name, most) in
                [("demographic", w.demographic), ("behavioural", w.behavioural), ("source", w.source), ("intent", w.intent)]
            {
                let part = parts.iter().find(|p| p.part == name).unwrap();
                prop_assert!((0..=most).contains(&part.points), "{}: {}", name, part.points);
            }
        }

        #[test]
        fn more_of_what_is_good_is_never_worse(f in any_facts()) {
            let w = ScoreWeights::default();
            let of = |f: &Facts| score(f, &w).0;
            let pairs = [
                (Facts { is_opted_out: true, ..f.clone() }, Facts { is_opted_out: false, ..f.clone() }),
                (Facts { has_email: false, ..f.clone() }, Facts { has_email: true, ..f.clone() }),
                (Facts { progress: 0.0, ..f.clone() }, Facts { progress: 1.0, ..f.clone() }),
                (Facts { is_returning: false, ..f.clone() }, Facts { is_returning: true, ..f }),
            ];
            for (worse, better) in pairs {
                prop_assert!(of(&worse) <= of(&better));
            }
        }
    }

    #[test]
    fn a_full_referral_scores_high_and_a_nameless_opt_out_nothing() {
        let w = ScoreWeights::default();
        let best = Facts {
            has_email: true,
            has_phone: true,
            has_full_name: true,
            fields: (2, 2),
            interactions: (8, 3, 0),
            progress: 1.0,
            source_points: 100,
            is_referral: true,
            value: 20_000,
            priority_rank: 3,
            checklist: (2, 2),
            ..Facts::default()
        };
        assert_eq!(score(&best, &w).0, 100);
        assert_eq!(score(&Facts { is_opted_out: true, ..Facts::default() }, &w).0, 0);
    }

    #[test]
    fn money_is_counted_in_whole_units() {
        assert_eq!((minor_units("VND"), minor_units("USD"), minor_units("KWD")), (1, 100, 1000));
    }
}
