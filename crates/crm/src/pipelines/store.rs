//! All SQL of `pipelines`, `stages` and `lead_fields`.

use std::collections::HashMap;

use platform::{
    Conn, Error, Result,
    db::{Row, Sql, Value},
    params, sql,
};
use serde::de::DeserializeOwned;

use super::{Field, Pipeline, Stage};
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
        "SELECT id, key, name, is_default, is_active, currency, has_students, dispositions, checklist, lost_reasons, version FROM pipelines {where_id} ORDER BY position, id"
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
    for p in &mut pipelines {
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
