//! How long open leads have been in their stages, and what a pipeline's stages hold.

use platform::{
    Conn, Result,
    clock::{DAY, Millis},
    counts::{Count, Counts},
    http::{COUNT_CAP, Cursor, Page},
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Lead, LeadScope, ledger,
    query::{Built, Selection, along, conditions},
    store,
    view::{self, LeadRow},
};
use crate::{
    PipelineId,
    pipelines::{Pipeline, Stage, StageKind},
};

/// What is in each stage of a pipeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct PipelineSummary {
    pub pipeline_id: PipelineId,
    pub stages: Vec<StageSummary>,
    /// Leads in all stages.
    pub total: i64,
    /// Minor units of the pipeline's currency.
    pub value: i64,
    pub currency: String,
}

/// What is in a stage.
#[derive(Debug, Serialize, ToSchema)]
pub struct StageSummary {
    /// The stage's key.
    pub status: String,
    pub name: String,
    #[schema(inline)]
    pub kind: StageKind,
    pub count: i64,
    pub overdue_count: i64,
    /// Minor units of `currency`.
    pub value: i64,
    pub currency: String,
}

/// Exact at the moment it is asked, whatever the number of leads: from the ledger.
pub fn summary(c: &Conn<'_>, scope: &LeadScope, pipeline: &Pipeline) -> Result<PipelineSummary> {
    let totals = ledger::totals(c, scope, pipeline)?;
    let stages = pipeline.stages.iter().filter(|s| s.is_active || totals.contains_key(&s.id));
    let stages = stages.map(|stage| {
        let total = totals.get(&stage.id).copied().unwrap_or_default();
        StageSummary {
            status: stage.key.clone(),
            name: stage.name.clone(),
            kind: stage.kind,
            count: total.leads,
            overdue_count: total.overdue,
            value: total.value,
            currency: pipeline.currency.clone(),
        }
    });
    Ok(PipelineSummary {
        pipeline_id: pipeline.id,
        stages: stages.collect(),
        total: totals.values().map(|t| t.leads).sum(),
        value: totals.values().map(|t| t.value).sum(),
        currency: pipeline.currency.clone(),
    })
}

/// Open leads that have been in their stage for longer than so many days, the longest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Aging {
    pub leads: Vec<AgingLead>,
    /// The open stages.
    pub buckets: Vec<AgingBucket>,
    pub limit: i64,
    /// For `cursor` of the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgingLead {
    #[serde(flatten)]
    pub row: LeadRow,
    pub days_in_stage: i64,
}

/// An open stage.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgingBucket {
    /// The stage's key.
    pub status: String,
    pub name: String,
    pub count: i64,
    /// Counted to 10 000.
    pub older_than_threshold: i64,
}

/// A page of what is older than `days`. `cursor` and `limit` of `page` count.
pub fn aging(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    pipeline: &Pipeline,
    days: i64,
    page: &Page,
    now: Millis,
) -> Result<Aging> {
    let totals = ledger::totals(c, scope, pipeline)?;
    let is_shown = |s: &&Stage| s.kind == StageKind::Open && (s.is_active || totals.contains_key(&s.id));
    let stages: Vec<&Stage> = pipeline.stages.iter().filter(is_shown).collect();
    let before = now - days * DAY;
    let after =
        page.cursor.as_ref().map(|at| Ok::<_, platform::Error>((at.int(0)?, at.int(1)?))).transpose()?;
    let (mut leads, mut older) = (Vec::new(), Vec::new());
    if !stages.is_empty() {
        let b = oldest(c.engine(), scope, &stages, before, after, page.fetch());
        leads = c.all(b.sql(), &b.values, store::read)?;
        older = how_many(c, counts, scope, &stages, days, before)?;
    }
    let is_more = leads.len() as i64 > page.limit;
    leads.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    let next = leads.last().filter(|_| is_more);
    let next_cursor = next.map(|l: &Lead| Cursor::new(&[json!(l.stage_entered_at), json!(l.id)]).encode());
    let rows = view::rows(c, scope, &leads, now)?;
    let aged = |row: LeadRow| AgingLead { days_in_stage: (now - row.stage_entered_at).max(0) / DAY, row };
    let bucket = |(stage, older): (&&Stage, i64)| AgingBucket {
        status: stage.key.clone(),
        name: stage.name.clone(),
        count: totals.get(&stage.id).map_or(0, |t| t.leads),
        older_than_threshold: older,
    };
    Ok(Aging {
        leads: rows.into_iter().map(aged).collect(),
        buckets: stages.iter().zip(older).map(bucket).collect(),
        limit: page.limit,
        next_cursor,
    })
}

/// Those of the stages that entered before `before`, the oldest first.
pub(super) fn oldest(
    engine: platform::db::Engine,
    scope: &LeadScope,
    stages: &[&Stage],
    before: Millis,
    after: Option<(Millis, i64)>,
    fetch: i64,
) -> Built {
    let mut b = Built::default();
    let filter = filter(&mut b, scope);
    let before = b.arg(before);
    let after = after
        .map(|(at, id)| format!(" AND (stage_entered_at, id) > ({})", b.args([at, id])))
        .unwrap_or_default();
    let fetch = b.arg(fetch);
    let along = along(engine, "leads_aging");
    let walks: Vec<String> = stages
        .iter()
        .map(|stage| {
            let stage = b.arg(stage.id);
            format!(
                "SELECT * FROM (SELECT id, stage_entered_at FROM leads{along} WHERE stage_id = {stage} AND archived_at IS NULL AND stage_entered_at < {before}{after}{filter} \
                 ORDER BY stage_entered_at, id LIMIT {fetch}) AS walk"
            )
        })
        .collect();
    b.text = format!(
        "SELECT {} FROM (SELECT id AS page_id FROM ({}) AS walks ORDER BY stage_entered_at, id LIMIT {fetch}) AS page \
         CROSS JOIN leads WHERE leads.id = page.page_id ORDER BY stage_entered_at, id",
        store::COLUMNS,
        walks.join(" UNION ALL ")
    );
    b
}

/// How many there are older than `days` in each of the stages, in their order. Those that are known to be many are not counted.
fn how_many(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    stages: &[&Stage],
    days: i64,
    before: Millis,
) -> Result<Vec<i64>> {
    let known = |stage: &Stage| counts.known(("aging", scope, stage.id, days)).map(|n| n.found);
    let mut all: Vec<Option<i64>> = stages.iter().map(|stage| known(stage)).collect();
    let unknown: Vec<usize> = (0..stages.len()).filter(|n| all[*n].is_none()).collect();
    if !unknown.is_empty() {
        let those: Vec<&Stage> = unknown.iter().map(|n| stages[*n]).collect();
        let b = counted(c.engine(), scope, &those, before);
        let found: Vec<i64> = c.all(b.sql(), &b.values, |r| r.get(0))?;
        for (n, found) in unknown.into_iter().zip(found) {
            all[n] = Some(found);
            let count = Count { is_part: found == COUNT_CAP, ..Count::exactly(found) };
            counts.learn(("aging", scope, stages[n].id, days), count);
        }
    }
    Ok(all.into_iter().flatten().collect())
}

/// How many those are in each of the stages, in their order.
fn counted(engine: platform::db::Engine, scope: &LeadScope, stages: &[&Stage], before: Millis) -> Built {
    let mut b = Built::default();
    let filter = filter(&mut b, scope);
    let (before, most) = (b.arg(before), b.arg(COUNT_CAP));
    let along = along(engine, "leads_aging");
    let counts: Vec<String> = stages
        .iter()
        .enumerate()
        .map(|(n, stage)| {
            let stage = b.arg(stage.id);
            format!(
                "SELECT count(*) AS older, {n} AS place FROM (SELECT 1 FROM leads{along} WHERE stage_id = {stage} AND archived_at IS NULL AND stage_entered_at < {before}{filter} LIMIT {most}) AS counted"
            )
        })
        .collect();
    b.text = format!("SELECT older FROM ({}) AS all_counted ORDER BY place", counts.join(" UNION ALL "));
    b
}

fn filter(b: &mut Built, scope: &LeadScope) -> String {
    conditions(b, scope, &Selection::default()).into_iter().map(|c| format!(" AND {}", c.text)).collect()
}
