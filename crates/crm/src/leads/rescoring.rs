//! The scores of all leads counted anew: because the weights or what a source is worth changed, or because somebody asked.
//!
//! One row says how far it is. Each step scores some leads by id and moves on in the same transaction, so that a broken-off
//! count goes on behind them; beginning again begins at the first lead. Scores that are right stay untouched. Nothing is
//! told of single leads: one event says how far it is, every other second at most, and that it is done.

use std::time::{Duration, Instant};

use platform::{
    Conn, Db, Result, Tx,
    clock::Millis,
    db::{Sql, dialect::for_update},
    events::{NewEvent, Origin, record},
    jobs::{self, Job, Outcome, Workers},
    params, sql,
    time::instant_opt,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    events as kinds,
    score::{self, Facts, ScorePart},
    settings::LeadSettings,
    store,
};
use crate::{Crm, LeadId, Ref};

/// Leads of one transaction: others wait behind it.
const CHUNK: i64 = 100;
/// A go takes no longer, so that a node that stops is not held up; the next one goes on.
const GO: Duration = Duration::from_secs(8);
/// How often it is told how far it is.
const TOLD: Duration = Duration::from_secs(2);
/// Leads that a preview shows.
const EXAMPLES: i64 = 5;

platform::words!(
    /// How a count stands.
    RescoringState { Never = "never", Running = "running", Done = "done" }
);

/// How far the scores have been counted anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rescoring {
    #[schema(inline)]
    pub state: RescoringState,
    /// How many leads there were when it began; null until they are counted.
    #[schema(required)]
    pub total: Option<i64>,
    pub done: i64,
    /// Those among them whose score is another one now.
    pub changed: i64,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub started_at: Option<Millis>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub finished_at: Option<Millis>,
    /// The last lead that is done.
    #[serde(skip)]
    position: LeadId,
}

impl Rescoring {
    const NEVER: Rescoring = Rescoring {
        state: RescoringState::Never,
        total: None,
        done: 0,
        changed: 0,
        started_at: None,
        finished_at: None,
        position: LeadId(0),
    };
}

/// Goes on with it.
#[derive(Serialize, Deserialize)]
struct Work {}

impl Job for Work {
    const KIND: &'static str = "leads.rescore";
    const ATTEMPTS: u32 = 30;
}

fn wake(tx: &Tx<'_>) -> Result<()> {
    jobs::enqueue_once(tx, "all", &Work {}, tx.now())
}

/// Registers it.
pub(super) fn workers(workers: Workers, crm: &Crm) -> Workers {
    let db = crm.desk.db.clone();
    workers.on(1, move |_: Work| {
        let db = db.clone();
        async move { Outcome::from_result(go(&db, GO, usize::MAX).await) }
    })
}

/// How far it is.
pub fn get(c: &Conn<'_>) -> Result<Rescoring> {
    Ok(read(c, "")?.unwrap_or(Rescoring::NEVER))
}

/// Begins with the first lead, also where a count was under way: what it went by is not what it was.
pub fn begin(tx: &Tx<'_>, origin: &Origin) -> Result<Rescoring> {
    tx.exec(
        sql!(
            "INSERT INTO lead_rescoring (id, state, total, position, done, changed, started_at, finished_at) VALUES (1, 'running', NULL, 0, 0, 0, ?1, NULL) ON CONFLICT (id) DO UPDATE SET state = excluded.state, total = NULL, position = 0, done = 0, changed = 0, started_at = excluded.started_at, finished_at = NULL"
        ),
        params![tx.now()],
    )?;
    wake(tx)?;
    let begun = get(tx)?;
    tell(tx, origin, &begun)?;
    Ok(begun)
}

/// Goes on for a while, `chunks` at most; what is left is another job's. For tests as well.
#[doc(hidden)]
pub async fn go(db: &Db, time: Duration, chunks: usize) -> Result<()> {
    let begun = Instant::now();
    if db.read(|c| Ok(get(c)?.total.is_none())).await? {
        let all = db.read(|c| c.one(sql!("SELECT count(*) FROM leads"), &[], |r| r.get::<i64>(0))).await?;
        let set = move |tx: &Tx<'_>| {
            let text = sql!("UPDATE lead_rescoring SET total = ?1 WHERE total IS NULL");
            tx.exec(text, params![all]).map(|_| ())
        };
        db.write_bulk(set).await?;
    }
    let mut told = Instant::now();
    for _ in 0..chunks {
        let tell = told.elapsed() >= TOLD;
        if !db.write_bulk(move |tx| step(tx, tell)).await? {
            return Ok(());
        }
        if tell {
            told = Instant::now();
        }
        if begun.elapsed() >= time {
            break;
        }
    }
    db.write_bulk(wake).await
}

/// Scores the next leads. False: there is nothing more to do.
fn step(tx: &Tx<'_>, tell_it: bool) -> Result<bool> {
    let Some(mut now) = read(tx, for_update(tx))?.filter(|r| r.state == RescoringState::Running) else {
        return Ok(false);
    };
    let leads = store::lock_after(tx, now.position, CHUNK)?;
    let settings = LeadSettings::load(tx)?;
    for (lead, facts) in leads.iter().zip(score::facts_of(tx, &leads, &settings)?) {
        let (score, parts) = score::score(&facts, &settings.weights);
        let parts = json!(parts);
        if (score, &parts) != (lead.score, &lead.score_parts) {
            store::set_score(tx, lead.id, lead.version, score, &parts)?;
            now.changed += i64::from(score != lead.score);
        }
    }
    now.done += leads.len() as i64;
    match leads.last() {
        Some(last) => now.position = last.id,
        None => (now.state, now.finished_at) = (RescoringState::Done, Some(tx.now())),
    }
    tx.exec(
        sql!(
            "UPDATE lead_rescoring SET state = ?1, position = ?2, done = ?3, changed = ?4, finished_at = ?5 WHERE id = 1"
        ),
        params![now.state, now.position, now.done, now.changed, now.finished_at],
    )?;
    if tell_it || leads.is_empty() {
        tell(tx, &Origin::system(), &now)?;
    }
    Ok(!leads.is_empty())
}

fn read(c: &Conn<'_>, lock: &str) -> Result<Option<Rescoring>> {
    let text = format!(
        "SELECT state, total, done, changed, started_at, finished_at, position FROM lead_rescoring WHERE id = 1{lock}"
    );
    c.opt(Sql::built(&text), &[], |row| {
        let mut r = row.columns();
        Ok(Rescoring {
            state: r.next::<String>()?.parse()?,
            total: r.next()?,
            done: r.next()?,
            changed: r.next()?,
            started_at: r.next()?,
            finished_at: r.next()?,
            position: r.next()?,
        })
    })
}

fn tell(tx: &Tx<'_>, origin: &Origin, now: &Rescoring) -> Result<()> {
    let data = json!({ "state": now.state, "total": now.total, "done": now.done, "changed": now.changed });
    record(tx, origin, NewEvent::new(kinds::RESCORING, "setting", 0, data))
}

/// What scores would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScorePreview {
    /// The newest leads; one that nobody has where there are none.
    pub examples: Vec<ScoreExample>,
}

/// A lead's score as it is and as it would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreExample {
    /// Null: a made-up one.
    #[schema(required)]
    pub lead: Option<Ref>,
    /// As it would be.
    pub score: i64,
    pub score_parts: Vec<ScorePart>,
    /// As it is.
    pub score_before: i64,
}

/// What `wanted` would mean for the newest leads. Nothing is stored.
pub fn preview(c: &Conn<'_>, wanted: &LeadSettings) -> Result<ScorePreview> {
    let leads = store::newest(c, EXAMPLES)?;
    let example = |lead: Option<Ref>, facts: &Facts, score_before: i64| {
        let (score, score_parts) = score::score(facts, &wanted.weights);
        ScoreExample { lead, score, score_parts, score_before }
    };
    let facts = score::facts_of(c, &leads, wanted)?;
    let mut examples: Vec<ScoreExample> = leads
        .into_iter()
        .zip(&facts)
        .map(|(lead, facts)| example(Some(Ref { id: lead.id.0, name: lead.name }), facts, lead.score))
        .collect();
    if examples.is_empty() {
        let stored = LeadSettings::load(c)?;
        let of = |s: &LeadSettings| Facts {
            has_email: true,
            has_phone: true,
            has_full_name: true,
            interactions: (2, 1, 0),
            progress: 0.4,
            source_points: s.points_of(s.default_source()),
            ..Facts::default()
        };
        let before = score::score(&of(&stored), &stored.weights).0;
        examples.push(example(None, &of(wanted), before));
    }
    Ok(ScorePreview { examples })
}
