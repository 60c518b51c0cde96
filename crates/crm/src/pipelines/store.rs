//! All SQL of `pipelines`, `stages` and `lead_fields`.

use std::collections::HashMap;

use people::{BusinessHoursId, business_hours};
use platform::{
    Conn, Error, Result, Tx,
    db::{Row, Sql, Value, dialect},
    params, sql,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Field, Pipeline, Stage,
    draft::{Draft, FieldDraft, StageDraft},
};
use crate::{PipelineId, StageId};

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// One pipeline, or all in order, each with stages and fields.
pub fn load(c: &Conn<'_>, only: Option<PipelineId>) -> Result<Vec<Pipeline>> {
    let (where_id, where_pipeline) = match only {
        Some(_) => ("WHERE id = ?1", "WHERE pipeline_id = ?1"),
        None => ("", ""),
    };
    let values: Vec<Value<'_>> = only.iter().map(Value::from).collect();
    let text = format!(
        "SELECT id, key, name, is_default, is_active, currency, has_students, dispositions, checklist, lost_reasons, business_hours_id, version FROM pipelines {where_id} ORDER BY position, id"
    );
    let mut pipelines = c.all(Sql::built(&text), &values, read)?;
    let text = format!(
        "SELECT id, pipeline_id, key, name, kind, sla_hours, position, follow_ups, is_active FROM stages {where_pipeline} ORDER BY position, id"
    );
    let mut stages: HashMap<PipelineId, Vec<Stage>> = HashMap::new();
    for stage in c.all(Sql::built(&text), &values, read_stage)? {
        stages.entry(stage.pipeline_id).or_default().push(stage);
    }
    let text = format!(
        "SELECT pipeline_id, id, key, label, kind, options, is_required, is_filterable, position, is_active FROM lead_fields {where_pipeline} ORDER BY position, id"
    );
    let mut fields: HashMap<PipelineId, Vec<Field>> = HashMap::new();
    for (pipeline, field) in c.all(Sql::built(&text), &values, read_field)? {
        fields.entry(pipeline).or_default().push(field);
    }
    let hours: Vec<BusinessHoursId> = pipelines.iter().filter_map(|p| p.business_hours_id).collect();
    let schedules = business_hours::schedules(c, &hours)?;
    for p in &mut pipelines {
        p.schedule = p.business_hours_id.and_then(|id| schedules.get(&id).cloned());
        p.stages = stages.remove(&p.id).unwrap_or_default();
        p.fields = fields.remove(&p.id).unwrap_or_default();
    }
    Ok(pipelines)
}

pub fn stage(c: &Conn<'_>, id: StageId) -> Result<Option<Stage>> {
    c.opt(
        sql!("SELECT id, pipeline_id, key, name, kind, sla_hours, position, follow_ups, is_active FROM stages WHERE id = ?1"),
        params![id],
        read_stage,
    )
}

/// The hours of a stage, and the business hours that its pipeline counts in.
pub fn limit_of(c: &Conn<'_>, id: StageId) -> Result<Option<(Option<i64>, Option<BusinessHoursId>)>> {
    c.opt(
        sql!(
            "SELECT s.sla_hours, p.business_hours_id FROM stages s JOIN pipelines p ON p.id = s.pipeline_id WHERE s.id = ?1"
        ),
        params![id],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )
}

/// The stages with hours that are counted in these.
pub fn stages_within(c: &Conn<'_>, hours: BusinessHoursId) -> Result<Vec<StageId>> {
    c.all(
        sql!(
            "SELECT s.id FROM pipelines p JOIN stages s ON s.pipeline_id = p.id WHERE p.business_hours_id = ?1 AND s.sla_hours IS NOT NULL ORDER BY s.id"
        ),
        params![hours],
        |r| r.get(0),
    )
}

/// The names of some pipelines whose hours are counted in these.
pub fn names_within(c: &Conn<'_>, hours: BusinessHoursId) -> Result<Vec<String>> {
    c.all(
        sql!("SELECT name FROM pipelines WHERE business_hours_id = ?1 ORDER BY name LIMIT 10"),
        params![hours],
        |r| r.get(0),
    )
}

pub fn stage_names(c: &Conn<'_>, ids: &[StageId]) -> Result<HashMap<StageId, (String, String)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    dialect::fill_list(&mut values, 0);
    let text =
        format!("SELECT id, key, name FROM stages WHERE id IN ({})", dialect::in_list(1, values.len()));
    let all = c.all(Sql::built(&text), &values, |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))))?;
    Ok(all.into_iter().collect())
}

fn read(row: Row<'_>) -> Result<Pipeline> {
    let mut r = row.columns();
    Ok(Pipeline {
        id: r.next()?,
        key: r.next()?,
        name: r.next()?,
        is_default: r.next()?,
        is_active: r.next()?,
        currency: r.next()?,
        has_students: r.next()?,
        dispositions: parsed(&r.next::<String>()?)?,
        checklist: parsed(&r.next::<String>()?)?,
        lost_reasons: parsed(&r.next::<String>()?)?,
        business_hours_id: r.next()?,
        schedule: None,
        stages: Vec::new(),
        fields: Vec::new(),
        version: r.next()?,
    })
}

fn read_stage(row: Row<'_>) -> Result<Stage> {
    let mut r = row.columns();
    Ok(Stage {
        id: r.next()?,
        pipeline_id: r.next()?,
        key: r.next()?,
        name: r.next()?,
        kind: r.next::<String>()?.parse()?,
        sla_hours: r.next()?,
        position: r.next()?,
        follow_ups: parsed(&r.next::<String>()?)?,
        is_active: r.next()?,
    })
}

fn read_field(row: Row<'_>) -> Result<(PipelineId, Field)> {
    let mut r = row.columns();
    Ok((
        r.next()?,
        Field {
            id: r.next()?,
            key: r.next()?,
            label: r.next()?,
            kind: r.next::<String>()?.parse()?,
            options: parsed(&r.next::<String>()?)?,
            is_required: r.next()?,
            is_filterable: r.next()?,
            position: r.next()?,
            is_active: r.next()?,
        },
    ))
}

pub fn any(c: &Conn<'_>) -> Result<bool> {
    Ok(c.value::<i64>(sql!("SELECT id FROM pipelines LIMIT 1"), &[])?.is_some())
}

/// As [`load`], with the pipeline's row locked against other changes.
pub fn load_locked(tx: &Tx<'_>, id: PipelineId) -> Result<Option<Pipeline>> {
    let text = format!("SELECT id FROM pipelines WHERE id = ?1{}", dialect::for_update(tx));
    match tx.value::<PipelineId>(Sql::built(&text), params![id])? {
        Some(_) => Ok(load(tx, Some(id))?.pop()),
        None => Ok(None),
    }
}

fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// `None` when the key is taken.
pub fn insert(tx: &Tx<'_>, d: &Draft, is_default: bool, position: i64) -> Result<Option<PipelineId>> {
    tx.value(
        sql!(
            "INSERT INTO pipelines (key, name, is_default, is_active, currency, has_students, dispositions, checklist, lost_reasons, position, business_hours_id, created_at, updated_at, version) VALUES (?1, ?2, ?3, TRUE, ?4, ?5, ?6, ?7, ?8, ?9, ?11, ?10, ?10, 1) ON CONFLICT (key) DO NOTHING RETURNING id"
        ),
        params![
            &d.key,
            d.name.trim(),
            is_default,
            &d.currency,
            d.has_students,
            text(&d.dispositions)?,
            text(&d.checklist)?,
            text(&d.lost_reasons)?,
            position,
            tx.now(),
            d.business_hours_id
        ],
    )
}

/// Stores what a pipeline is but for its stages and fields; one version more.
pub fn update(tx: &Tx<'_>, p: &Pipeline) -> Result<()> {
    tx.must(
        sql!(
            "UPDATE pipelines SET name = ?2, is_default = ?3, is_active = ?4, currency = ?5, has_students = ?6, dispositions = ?7, checklist = ?8, lost_reasons = ?9, updated_at = ?10, business_hours_id = ?11, version = version + 1 WHERE id = ?1"
        ),
        params![
            p.id,
            &p.name,
            p.is_default,
            p.is_active,
            &p.currency,
            p.has_students,
            text(&p.dispositions)?,
            text(&p.checklist)?,
            text(&p.lost_reasons)?,
            tx.now(),
            p.business_hours_id
        ],
        "pipeline",
    )
}

/// Deletes a pipeline that nothing refers to.
pub fn delete(tx: &Tx<'_>, id: PipelineId) -> Result<()> {
    tx.exec(sql!("DELETE FROM lead_fields WHERE pipeline_id = ?1"), params![id])?;
    tx.exec(sql!("DELETE FROM stages WHERE pipeline_id = ?1"), params![id])?;
    tx.must(sql!("DELETE FROM pipelines WHERE id = ?1"), params![id], "pipeline")
}

pub fn insert_stage(tx: &Tx<'_>, pipeline: PipelineId, d: &StageDraft, position: i64) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO stages (pipeline_id, key, name, kind, sla_hours, position, follow_ups, is_active, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, TRUE, ?8, ?8, 1)"
        ),
        params![
            pipeline,
            &d.key,
            d.name.trim(),
            d.kind,
            d.sla_hours,
            position,
            text(&d.follow_ups)?,
            tx.now()
        ],
    )?;
    Ok(())
}

pub fn update_stage(tx: &Tx<'_>, id: StageId, d: &StageDraft, position: i64) -> Result<()> {
    tx.must(
        sql!(
            "UPDATE stages SET name = ?2, kind = ?3, sla_hours = ?4, position = ?5, follow_ups = ?6, is_active = TRUE, updated_at = ?7, version = version + 1 WHERE id = ?1"
        ),
        params![id, d.name.trim(), d.kind, d.sla_hours, position, text(&d.follow_ups)?, tx.now()],
        "stage",
    )
}

pub fn deactivate_stage(tx: &Tx<'_>, id: StageId) -> Result<()> {
    tx.exec(
        sql!("UPDATE stages SET is_active = FALSE, updated_at = ?2, version = version + 1 WHERE id = ?1 AND is_active"),
        params![id, tx.now()],
    )?;
    Ok(())
}

pub fn delete_stage(tx: &Tx<'_>, id: StageId) -> Result<()> {
    tx.must(sql!("DELETE FROM stages WHERE id = ?1"), params![id], "stage")
}

pub fn insert_field(tx: &Tx<'_>, pipeline: PipelineId, d: &FieldDraft, position: i64) -> Result<()> {
    tx.exec(
        sql!(
            "INSERT INTO lead_fields (pipeline_id, key, label, kind, options, is_required, is_filterable, position, is_active, created_at, updated_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, TRUE, ?9, ?9, 1)"
        ),
        params![
            pipeline,
            &d.key,
            d.label.trim(),
            d.kind,
            text(&d.options)?,
            d.is_required,
            d.is_filterable,
            position,
            tx.now()
        ],
    )?;
    Ok(())
}

pub fn update_field(tx: &Tx<'_>, id: i64, d: &FieldDraft, position: i64) -> Result<()> {
    tx.must(
        sql!(
            "UPDATE lead_fields SET label = ?2, options = ?3, is_required = ?4, is_filterable = ?5, position = ?6, is_active = TRUE, updated_at = ?7, version = version + 1 WHERE id = ?1"
        ),
        params![
            id,
            d.label.trim(),
            text(&d.options)?,
            d.is_required,
            d.is_filterable,
            position,
            tx.now()
        ],
        "field",
    )
}

pub fn deactivate_field(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.exec(
        sql!("UPDATE lead_fields SET is_active = FALSE, updated_at = ?2, version = version + 1 WHERE id = ?1 AND is_active"),
        params![id, tx.now()],
    )?;
    Ok(())
}

fn is_there(c: &Conn<'_>, sql: Sql<'_>, id: i64) -> Result<bool> {
    Ok(c.value::<i64>(sql, params![id])?.is_some())
}

/// Whether anything refers to the pipeline.
pub fn is_used(c: &Conn<'_>, id: PipelineId) -> Result<bool> {
    Ok(has_leads(c, id)?
        || is_there(c, sql!("SELECT id FROM vendors WHERE pipeline_id = ?1 LIMIT 1"), id.0)?
        || is_there(
            c,
            sql!(
                "SELECT m.id FROM stages s JOIN stage_moves m ON m.to_stage_id = s.id WHERE s.pipeline_id = ?1 LIMIT 1"
            ),
            id.0,
        )?)
}

/// Whether there are leads in the pipeline, archived ones included.
pub fn has_leads(c: &Conn<'_>, id: PipelineId) -> Result<bool> {
    is_there(
        c,
        sql!("SELECT l.id FROM stages s JOIN leads l ON l.stage_id = s.id WHERE s.pipeline_id = ?1 LIMIT 1"),
        id.0,
    )
}

/// Whether there are leads in the pipeline that are not archived.
pub fn has_present_leads(c: &Conn<'_>, id: PipelineId) -> Result<bool> {
    is_there(
        c,
        sql!(
            "SELECT l.id FROM stages s JOIN leads l ON l.stage_id = s.id WHERE s.pipeline_id = ?1 AND l.archived_at IS NULL LIMIT 1"
        ),
        id.0,
    )
}

/// Whether leads that are not archived are in the stage.
pub fn has_leads_in(c: &Conn<'_>, id: StageId) -> Result<bool> {
    is_there(c, sql!("SELECT id FROM leads WHERE stage_id = ?1 AND archived_at IS NULL LIMIT 1"), id.0)
}

/// Whether a lead is or ever was in the stage.
pub fn stage_is_used(c: &Conn<'_>, id: StageId) -> Result<bool> {
    Ok(is_there(c, sql!("SELECT id FROM stage_moves WHERE to_stage_id = ?1 LIMIT 1"), id.0)?
        || has_leads_in(c, id)?)
}
