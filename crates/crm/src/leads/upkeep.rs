//! What leads need when their pipeline changes: another index of fields, another stage. Jobs, because there
//! may be a million of them; each goes through its leads by id, a few hundred to a transaction.

use std::time::{Duration, Instant};

use platform::{
    Conn, Db, Error, Result, Tx,
    clock::{MINUTE, Millis},
    events::{Actor, Origin},
    jobs::{self, Job, Outcome, Workers},
    params, sql,
};
use serde::{Deserialize, Serialize};

use super::{Change, change, custom, store};
use crate::{Crm, LeadId, PipelineId, StageId, pipelines};

/// Leads of one transaction at most.
const CHUNK: usize = 200;
/// Ids that are read at once.
const PAGE: i64 = 5000;
/// Leads that are moved in one transaction: others wait behind it.
const MOVED: usize = 20;
/// Leads are moved for so long in one go, so that a node that stops is not held up.
const GO: Duration = Duration::from_secs(8);

/// A field became filterable.
#[derive(Serialize, Deserialize)]
struct IndexFields {
    pipeline_id: i64,
}

impl Job for IndexFields {
    const KIND: &'static str = "leads.index_fields";
    const LEASE: Millis = 30 * MINUTE;
}

/// Has the fields of a pipeline's leads indexed anew, because there is more to filter by.
pub(crate) fn index_field(tx: &Tx<'_>, pipeline: PipelineId) -> Result<()> {
    jobs::enqueue_once(tx, &pipeline.0.to_string(), &IndexFields { pipeline_id: pipeline.0 }, tx.now())
}

/// A stage was taken out with leads in it.
#[derive(Clone, Serialize, Deserialize)]
struct EmptyStage {
    from: i64,
    to: i64,
    /// Why, where they are lost by it.
    reason: Option<String>,
    /// Who did it, for the leads' histories.
    user: Option<i64>,
    key: Option<i64>,
}

impl Job for EmptyStage {
    const KIND: &'static str = "leads.empty_stage";
    const ATTEMPTS: u32 = 30;
}

/// Has the leads of a stage moved to another one of its pipeline, in the name of whoever took it out.
pub(crate) fn empty_stage(
    tx: &Tx<'_>,
    origin: &Origin,
    from: StageId,
    to: StageId,
    reason: Option<&str>,
) -> Result<()> {
    let (user, key) = match origin.actor {
        Actor::User(id) => (Some(id), None),
        Actor::ApiKey(id) => (None, Some(id)),
        _ => (None, None),
    };
    let job = EmptyStage { from: from.0, to: to.0, reason: reason.map(ToOwned::to_owned), user, key };
    jobs::enqueue_once(tx, &from.0.to_string(), &job, tx.now())
}

/// Registers the jobs.
pub(super) fn workers(workers: Workers, crm: &Crm) -> Workers {
    let (second, third) = (crm.desk.db.clone(), crm.desk.db.clone());
    workers
        .on(1, move |job: IndexFields| {
            let db = second.clone();
            async move { Outcome::from_result(index_all(&db, PipelineId(job.pipeline_id)).await) }
        })
        .on(1, move |job: EmptyStage| {
            let db = third.clone();
            async move { Outcome::from_result(empty(&db, job, GO).await) }
        })
}

/// Brings what lists are filtered by in step with every lead of the pipeline.
pub async fn index_all(db: &Db, pipeline: PipelineId) -> Result<()> {
    each_chunk(
        db,
        move |c, after| {
            c.all(
                sql!(
                    "SELECT l.id FROM stages s JOIN leads l ON l.stage_id = s.id WHERE s.pipeline_id = ?1 AND l.id > ?2 ORDER BY l.id LIMIT ?3"
                ),
                params![pipeline, after, PAGE],
                |r| r.get(0),
            )
        },
        move |tx, ids| {
            let Some(pipeline) = pipelines::get(tx, pipeline)? else { return Ok(()) };
            for id in ids {
                match store::lock(tx, *id)? {
                    Some(lead) if lead.pipeline_id == pipeline.id => custom::index(tx, &pipeline, &lead)?,
                    _ => {}
                }
            }
            Ok(())
        },
    )
    .await
}

/// Moves leads out of a stage for a while; what is left is another job's. Those that are moved are no longer in it, so a
/// broken-off one goes on by itself.
async fn empty(db: &Db, job: EmptyStage, time: Duration) -> Result<()> {
    let begun = Instant::now();
    loop {
        let work = job.clone();
        if db.write_bulk(move |tx| empty_some(tx, &work)).await? < MOVED {
            return Ok(());
        }
        if begun.elapsed() >= time {
            break;
        }
    }
    db.write_bulk(move |tx| jobs::enqueue_once(tx, &job.from.to_string(), &job, tx.now())).await
}

/// How many leads were looked at; fewer than a chunk where there are no more.
fn empty_some(tx: &Tx<'_>, job: &EmptyStage) -> Result<usize> {
    let Some(from) = pipelines::stage(tx, StageId(job.from))?.filter(|s| !s.is_active) else {
        // Somebody has put it in again.
        return Ok(0);
    };
    let pipeline = pipelines::get(tx, from.pipeline_id)?;
    let pipeline = pipeline.ok_or_else(|| Error::internal("a stage without its pipeline"))?;
    let to = match pipeline.stage(StageId(job.to)).filter(|s| s.is_active) {
        Some(to) => to,
        None => pipeline.first_stage()?,
    };
    let actor = match (job.user, job.key) {
        (Some(id), _) => Actor::User(id),
        (None, Some(id)) => Actor::ApiKey(id),
        (None, None) => Actor::System,
    };
    let origin = Origin::of(actor);
    let ids: Vec<LeadId> = tx.all(
        sql!("SELECT id FROM leads WHERE stage_id = ?1 AND archived_at IS NULL ORDER BY created_at, id LIMIT ?2"),
        params![from.id, MOVED as i64],
        |r| r.get(0),
    )?;
    for id in &ids {
        let Some(lead) = store::lock(tx, *id)?.filter(|l| l.stage_id == from.id) else { continue };
        let moved = Change { stage: Some((&pipeline, to)), reason: job.reason.clone(), ..Change::default() };
        change(tx, &origin, &lead, moved)?;
    }
    Ok(ids.len())
}

/// Goes through leads by id: `page` reads ids after one, `work` does some of them in a transaction.
async fn each_chunk(
    db: &Db,
    page: impl Fn(&Conn<'_>, LeadId) -> Result<Vec<LeadId>> + Clone + Send + 'static,
    work: impl Fn(&Tx<'_>, &[LeadId]) -> Result<()> + Clone + Send + 'static,
) -> Result<()> {
    let mut after = LeadId(0);
    loop {
        let page = page.clone();
        let ids = db.read(move |c| page(c, after)).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        for chunk in ids.chunks(CHUNK) {
            let (work, chunk) = (work.clone(), chunk.to_vec());
            db.write_bulk(move |tx| work(tx, &chunk)).await?;
        }
    }
}
