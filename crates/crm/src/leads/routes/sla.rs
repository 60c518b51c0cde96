//! `POST /pipeline/run-sla-check`.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Json},
    route,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Crm,
    leads::{LeadsAssign, sla},
};

/// Transactions of one request at most, of 50 leads each; what remains is the next tick's.
const ROUNDS: usize = 40;

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, run_sla_check);
}

/// What a check came to.
#[derive(Debug, Serialize, ToSchema)]
struct SlaCheck {
    /// Open leads in stages with a time limit.
    checked: i64,
    /// Those that were marked as overdue just now.
    newly_overdue: i64,
}

/// Looks for leads that nobody was in touch with in time, now instead of within the next half minute. The owner and the
/// managers of the department are told, once for each stay in a stage.
#[utoipa::path(post, path = "/pipeline/run-sla-check", tag = "Pipelines", responses((status = 200, body = SlaCheck)))]
async fn run_sla_check(_: Caller<LeadsAssign>, State(crm): State<Crm>) -> Result<Json<SlaCheck>> {
    let done = sla::check(&crm.desk.db, ROUNDS).await?;
    Ok(Json(SlaCheck { checked: done.checked, newly_overdue: done.newly_overdue }))
}
