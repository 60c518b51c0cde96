//! `/imports`: what is said of them, and what they do.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use people::access::Caller;
use platform::{
    Result,
    http::{Api, Id, IfMatch, Json, Page},
    list_schema, route,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    super::{
        ImportsRead, ImportsWrite,
        operate::{self, Start},
        options::{Authority, Options},
        store,
    },
    ImportView, locked, view, visible, whose,
};
use crate::{Crm, pipelines};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, list_imports);
    route!(api, get_import);
    route!(api, change_import);
    route!(api, check_import);
    route!(api, run_import);
    route!(api, undo_import);
}

list_schema!(
    /// Imports, newest first.
    ImportList, imports: ImportView
);

/// One's own imports, newest first; who may see everything sees those of all.
#[utoipa::path(get, path = "/imports", tag = "Imports", responses((status = 200, body = ImportList)))]
async fn list_imports(
    caller: Caller<ImportsRead>,
    State(crm): State<Crm>,
    page: Page,
) -> Result<Json<ImportList>> {
    let of = whose(&caller);
    let read = crm.desk.db.read(move |c| {
        let before = page.cursor.as_ref().map_or(Ok(i64::MAX), |cursor| cursor.int(0))?;
        let (rows, total) = store::list(c, of, before, page.fetch(), page.offset)?;
        let pipelines = pipelines::all(c)?;
        let shown = rows.into_iter().map(|i| ImportView::new(i, &pipelines)).collect();
        Ok(page.finish(shown, total, |i: &ImportView| vec![json!(i.id)]))
    });
    Ok(Json(read.await?.into()))
}

/// An import, and how far it is.
#[utoipa::path(get, path = "/imports/{id}", tag = "Imports", responses((status = 200, body = ImportView)))]
async fn get_import(
    caller: Caller<ImportsRead>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<Json<ImportView>> {
    let of = whose(&caller);
    crm.desk.db.read(move |c| view(c, visible(c, id, of)?)).await.map(Json)
}

/// What is to be changed; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportChange {
    /// Field by column, the first column being `"0"`; takes the place of the whole mapping.
    mapping: Option<BTreeMap<String, String>>,
    /// Takes the place of all options.
    options: Option<Options>,
}

/// Says what the columns are, and how the import is done. Before it has done anything.
#[utoipa::path(patch, path = "/imports/{id}", tag = "Imports", responses((status = 200, body = ImportView)))]
async fn change_import(
    caller: Caller<ImportsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
    version: IfMatch,
    Json(body): Json<ImportChange>,
) -> Result<Json<ImportView>> {
    let of = whose(&caller);
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let import = locked(tx, id, of)?;
        version.check(import.version)?;
        let authority = Authority::of(&caller.principal, caller.scope);
        operate::change(tx, &authority, import, body.mapping.as_ref(), body.options.as_ref())?;
        view(tx, visible(tx, id, of)?)
    });
    write.await.map(Json)
}

/// Looks at every row and tells what a run would do, without making or changing a lead. Again where it was checked, is being
/// checked, or failed before it did anything.
#[utoipa::path(post, path = "/imports/{id}/check", tag = "Imports", responses((status = 202, body = ImportView)))]
async fn check_import(
    caller: Caller<ImportsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<(StatusCode, Json<ImportView>)> {
    start(&crm, caller, id, Start::Check).await
}

/// Takes the leads in, in the background; one that failed goes on where it stopped.
#[utoipa::path(post, path = "/imports/{id}/run", tag = "Imports", responses((status = 202, body = ImportView)))]
async fn run_import(
    caller: Caller<ImportsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<(StatusCode, Json<ImportView>)> {
    start(&crm, caller, id, Start::Run).await
}

/// Takes a whole import back, in the background: leads that it made go, with their contacts where those have nothing else;
/// what it changed is put back; what somebody has worked on since stays, and is counted in `kept_rows`. One that is still
/// running stops where it is.
#[utoipa::path(post, path = "/imports/{id}/undo", tag = "Imports", responses((status = 202, body = ImportView)))]
async fn undo_import(
    caller: Caller<ImportsWrite>,
    State(crm): State<Crm>,
    Id(id): Id,
) -> Result<(StatusCode, Json<ImportView>)> {
    start(&crm, caller, id, Start::Undo).await
}

async fn start(
    crm: &Crm,
    caller: Caller<ImportsWrite>,
    id: i64,
    what: Start,
) -> Result<(StatusCode, Json<ImportView>)> {
    let of = whose(&caller);
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let authority = Authority::of(&caller.principal, caller.scope);
        operate::start(tx, &caller.origin, authority, locked(tx, id, of)?, what)?;
        view(tx, visible(tx, id, of)?)
    });
    Ok((StatusCode::ACCEPTED, Json(write.await?)))
}
