//! `/imports`: what is said of them, and what they do.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use people::access::Caller;
use platform::{
    Error, Fault, Result,
    error::Code,
    http::{Api, Id, IfMatch, Json, Page},
    list_schema, route,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    super::{
        Import, ImportsRead, ImportsWrite, State as Stand, events, jobs,
        options::{self, Authority, Mapping, Options},
        store, tell, tell_progress,
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

/// Says what the columns are, and how the import is done. Before it runs.
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
        let mut import = locked(tx, id, of)?;
        version.check(import.version)?;
        must_be(&import, &[Stand::Ready, Stand::Checked])?;
        let mut faults = Vec::new();
        if let Some(given) = &body.mapping {
            import.mapping = columns(given, &mut faults);
        }
        if let Some(options) = &body.options {
            import.options = options.clone();
        }
        let authority = Authority::of(&caller.principal, caller.scope);
        let mut more = Vec::new();
        options::check(tx, &authority, import.headers.len(), &import.mapping, &import.options, &mut more)?;
        faults.extend(more);
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        // What a check found is no longer so.
        import.rewind();
        import.state = Stand::Ready;
        store::update(tx, &import)?;
        view(tx, visible(tx, id, of)?)
    });
    write.await.map(Json)
}

fn columns(given: &BTreeMap<String, String>, faults: &mut Vec<Fault>) -> Mapping {
    let mut mapping = Mapping::new();
    for (column, field) in given {
        match column.parse::<usize>().ok().filter(|n| n.to_string() == *column) {
            Some(n) => drop(mapping.insert(n, field.clone())),
            None => faults.push(Fault::new(
                format!("mapping.{column}"),
                "format",
                "must be the number of a column, from 0",
            )),
        }
    }
    mapping
}

/// Errors: 409 where the file is there no more.
fn must_have_file(import: &Import) -> Result<()> {
    match import.cleared_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict(
            Code::WrongState,
            "Its file was deleted, after some time or with somebody's data in it; send it again.",
        )),
    }
}

fn must_be(import: &Import, stands: &[Stand]) -> Result<()> {
    if stands.contains(&import.state) {
        return Ok(());
    }
    let words = match import.state {
        Stand::Checking | Stand::Running | Stand::Undoing => "It is at work; wait until it is done.",
        Stand::Done => "It is done already; undo it, or send the file again.",
        Stand::Undone => "It was undone; send the file again.",
        Stand::Failed => "It failed.",
        Stand::Ready | Stand::Checked => "It has not run yet.",
    };
    Err(Error::conflict(Code::WrongState, words))
}

/// Looks at every row and tells what a run would do, without making or changing a lead.
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

#[derive(Clone, Copy, PartialEq)]
enum Start {
    Check,
    Run,
    Undo,
}

async fn start(
    crm: &Crm,
    caller: Caller<ImportsWrite>,
    id: i64,
    what: Start,
) -> Result<(StatusCode, Json<ImportView>)> {
    let of = whose(&caller);
    let write = crm.desk.db.write_locked(Vec::new(), move |tx| {
        let mut import = locked(tx, id, of)?;
        let authority = Authority::of(&caller.principal, caller.scope);
        let word = match what {
            Start::Check => {
                must_be(&import, &[Stand::Ready, Stand::Checked])?;
                import.rewind();
                import.state = Stand::Checking;
                "check"
            }
            Start::Run => {
                must_be(&import, &[Stand::Ready, Stand::Checked, Stand::Failed])?;
                if import.state != Stand::Failed {
                    import.rewind();
                }
                (import.error, import.finished_at) = (None, None);
                import.state = Stand::Running;
                "run"
            }
            Start::Undo => {
                must_be(&import, &[Stand::Done, Stand::Failed, Stand::Running])?;
                import.kept_rows = 0;
                (import.error, import.finished_at) = (None, None);
                import.state = Stand::Undoing;
                "undo"
            }
        };
        if what != Start::Undo {
            must_have_file(&import)?;
            let mut faults = Vec::new();
            options::check(
                tx,
                &authority,
                import.headers.len(),
                &import.mapping,
                &import.options,
                &mut faults,
            )?;
            options::check_enough(&import.mapping, &mut faults);
            if !faults.is_empty() {
                return Err(Error::invalid(faults));
            }
        }
        import.authority = Some(authority);
        store::update(tx, &import)?;
        tell(tx, &caller.origin, &import, events::STARTED, json!({ "what": word }))?;
        tell_progress(tx, &import)?;
        jobs::wake(tx, import.id)?;
        view(tx, visible(tx, id, of)?)
    });
    Ok((StatusCode::ACCEPTED, Json(write.await?)))
}
