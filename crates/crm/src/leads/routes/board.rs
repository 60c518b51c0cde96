//! `GET /pipeline/board`.

use axum::extract::State;
use people::{ContactId, DepartmentId, access::Caller};
use platform::{
    Error, Fault, Result,
    error::Code,
    http::{Api, Json, Query},
    route,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{list::WithFields, summary::pipeline};
use crate::{
    Crm, PipelineId,
    leads::{
        LeadsRead, Priority,
        board::{self, Board, More},
        list::{Asker, LeadFilter},
    },
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, pipeline_board);
}

/// What a board can be narrowed by: as `GET /leads`, but for its order and its pages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BoardFilter {
    /// The default pipeline unless said.
    #[param(value_type = Option<i64>, minimum = 1)]
    pipeline_id: Option<PipelineId>,
    /// Only these columns; several with commas.
    #[param(max_items = 100)]
    stage: Option<Vec<String>>,
    /// `next_cursor` of the one column that `stage` names: its next cards.
    cursor: Option<String>,
    /// Several with commas.
    #[param(max_items = 20)]
    source: Option<Vec<String>>,
    /// An id, `me`, or `none` for nobody's.
    #[param(max_length = 20)]
    assigned_to: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1)]
    department_id: Option<DepartmentId>,
    #[param(max_length = 60)]
    vendor_code: Option<String>,
    #[param(max_length = 60)]
    disposition: Option<String>,
    #[param(max_length = 100)]
    tag: Option<String>,
    #[param(minimum = 0, maximum = 100)]
    score_min: Option<i64>,
    #[param(minimum = 0, maximum = 100)]
    score_max: Option<i64>,
    #[param(inline)]
    priority: Option<Vec<Priority>>,
    overdue: Option<bool>,
    /// The 2 000 newest that these words find.
    #[param(max_length = 200)]
    search: Option<String>,
    #[param(max_length = 40)]
    date_from: Option<String>,
    #[param(max_length = 40)]
    date_to: Option<String>,
    #[param(minimum = 1, maximum = 3650)]
    stale_days: Option<i64>,
    #[param(value_type = Option<i64>, minimum = 1)]
    contact_id: Option<ContactId>,
}

/// A pipeline as columns: how many leads are in each, how many of them are overdue, what they are worth, and the 50 that were
/// touched last.
#[utoipa::path(get, path = "/pipeline/board", tag = "Pipelines", responses((status = 200, body = Board), (status = 404)))]
async fn pipeline_board(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    WithFields(Query(b), fields): WithFields<Query<BoardFilter>>,
) -> Result<Json<Board>> {
    let asker = Asker::of(&crm, &caller);
    let (sources, counts) = (crm.sources.clone(), crm.counts.clone());
    let viewer = caller.principal.clone();
    let read = crm.desk.db.read(move |c| {
        let pipeline = pipeline(c, b.pipeline_id)?;
        let filter = LeadFilter {
            pipeline_id: Some(pipeline.id),
            stage: b.stage.clone(),
            source: b.source.clone(),
            assigned_to: b.assigned_to.clone(),
            department_id: b.department_id,
            vendor_code: b.vendor_code.clone(),
            disposition: b.disposition.clone(),
            tag: b.tag.clone(),
            score_min: b.score_min,
            score_max: b.score_max,
            priority: b.priority.clone(),
            overdue: b.overdue,
            search: b.search.clone(),
            date_from: b.date_from.clone(),
            date_to: b.date_to.clone(),
            stale_days: b.stale_days,
            contact_id: b.contact_id,
            ..LeadFilter::default()
        };
        let asked = filter.read(c, &asker, &fields)?;
        let more = match (&b.cursor, &asked.selection.stages) {
            (None, _) => None,
            (Some(cursor), Some(stages)) if stages.len() == 1 => Some(More::read(stages[0], cursor)?),
            (Some(_), _) => {
                let fault = Fault::new("stage", "required", "must name the one column that goes on");
                let error = Error::new(Code::InvalidParameter, "Mend the listed parameters.");
                return Err(Error { faults: vec![fault], ..error });
            }
        };
        let mut board = board::board(c, &counts, &asker.scope, &pipeline, &asked, more.as_ref(), asker.now)?;
        board.link(&sources.conversations(c, &viewer, &board.contacts())?);
        Ok(board)
    });
    read.await.map(Json)
}
