//! The journal for administrators: see what came, process it again.

use axum::extract::State;
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Id, Json, ListPage, ListQuery},
    route,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Support,
    intake::{
        JournalRead, JournalWrite,
        journal::{self, JournalEntry},
    },
};

pub(super) fn mount(api: &mut Api<Support>) {
    route!(api, list);
    route!(api, reprocess);
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `done`, `queued` or `failed`.
    #[param(pattern = "^(done|queued|failed)$")]
    state: Option<String>,
}

platform::list_schema!(JournalList, entries: JournalEntry);

/// Raw requests, newest first.
#[utoipa::path(get, path = "/intake/journal", tag = "Intake", responses((status = 200, body = JournalList)))]
async fn list(
    _: Caller<JournalRead>,
    State(support): State<Support>,
    ListQuery(page, filter): ListQuery<Filter>,
) -> Result<Json<JournalList>> {
    let before = match &page.cursor {
        Some(cursor) => cursor.int(0)?,
        None => i64::MAX,
    };
    let (rows, total) = journal::page(&support, before, filter.state, page.fetch()).await?;
    let answer: ListPage<JournalEntry> = page.finish(rows, total, |last| vec![last.id.into()]);
    Ok(Json(answer.into()))
}

/// Processes a raw request again. What is stored already stays as it is.
#[utoipa::path(post, path = "/intake/journal/{id}/reprocess", tag = "Intake", responses((status = 200, body = JournalEntry)))]
async fn reprocess(
    caller: Caller<JournalWrite>,
    State(support): State<Support>,
    Id(id): Id,
) -> Result<Json<JournalEntry>> {
    Ok(Json(journal::reprocess(&support, caller.origin.clone(), id).await?))
}
