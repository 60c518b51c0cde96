//! What leads need when their pipeline changes: new due times, another index of fields. Jobs, because there may be a
//! million of them; each goes through its leads by id, a few hundred to a transaction.

use platform::{
    Conn, Db, Result, Tx,
    clock::{MINUTE, Millis},
    jobs::{self, Job, Outcome, Workers},
    params, sql,
};
use serde::{Deserialize, Serialize};

use super::{change::due_at, custom, ledger, store};
use crate::{Crm, LeadId, PipelineId, StageId, pipelines};

/// Leads of one transaction at most.
const CHUNK: usize = 200;
/// Ids that are read at once.
const PAGE: i64 = 5000;

/// The hours of a stage changed.
#[derive(Serialize, Deserialize)]
struct Reschedule {
    stage_id: i64,
}

impl Job for Reschedule {
    const KIND: &'static str = "leads.reschedule";
    const LEASE: Millis = 30 * MINUTE;
}

/// A field became filterable.
#[derive(Serialize, Deserialize)]
struct IndexFields {
    pipeline_id: i64,
}

impl Job for IndexFields {
    const KIND: &'static str = "leads.index_fields";
    const LEASE: Millis = 30 * MINUTE;
}

/// Has the leads of a stage rescheduled, because its hours changed.
pub(crate) fn reschedule(tx: &Tx<'_>, stage: StageId) -> Result<()> {
    jobs::enqueue_once(tx, &stage.0.to_string(), &Reschedule { stage_id: stage.0 }, tx.now())
}

/// Has the fields of a pipeline's leads indexed anew, because there is more to filter by.
pub(crate) fn index_field(tx: &Tx<'_>, pipeline: PipelineId) -> Result<()> {
    jobs::enqueue_once(tx, &pipeline.0.to_string(), &IndexFields { pipeline_id: pipeline.0 }, tx.now())
}

/// Registers the jobs.
pub(super) fn workers(workers: Workers, crm: &Crm) -> Workers {
    let (first, second) = (crm.desk.db.clone(), crm.desk.db.clone());
    workers
        .on(1, move |job: Reschedule| {
            let db = first.clone();
            async move { Outcome::from_result(reschedule_all(&db, StageId(job.stage_id)).await) }
        })
        .on(1, move |job: IndexFields| {
            let db = second.clone();
            async move { Outcome::from_result(index_all(&db, PipelineId(job.pipeline_id)).await) }
        })
}

/// Gives every open lead of the stage the due time that its hours mean now. One that is then due later is overdue no more,
/// and is told again when it is.
pub async fn reschedule_all(db: &Db, stage: StageId) -> Result<()> {
    each_chunk(
        db,
        move |c, after| {
            c.all(
                sql!(
                    "SELECT id FROM leads WHERE stage_id = ?1 AND id > ?2 AND archived_at IS NULL ORDER BY id LIMIT ?3"
                ),
                params![stage, after, PAGE],
                |r| r.get(0),
            )
        },
        move |tx, ids| {
            let Some(stage) = pipelines::stage(tx, stage)? else { return Ok(()) };
            for id in ids {
                let Some(before) = store::lock(tx, *id)? else { continue };
                if before.stage_id != stage.id {
                    continue;
                }
                let mut after = before.clone();
                after.due_at = due_at(&after, stage.sla_hours);
                after.is_overdue = before.is_overdue && after.due_at.is_some_and(|due| due <= tx.now());
                if after != before {
                    after.version += 1;
                    store::update(tx, &after, before.version)?;
                    ledger::count(tx, Some(&before), Some(&after))?;
                }
            }
            Ok(())
        },
    )
    .await
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
