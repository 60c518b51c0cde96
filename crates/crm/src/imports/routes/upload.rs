//! `POST /leads/import`: a table on its way in.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use futures_util::StreamExt;
use people::access::Caller;
use platform::{
    Error, Result,
    error::Code,
    http::{Api, Json, Query},
    route,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{ImportsWrite, operate},
    ImportView, view,
};
use crate::Crm;

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, upload_import);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Upload {
    /// The file's name.
    #[param(min_length = 1, max_length = 255)]
    file_name: String,
}

/// The table's bytes.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes a body that is no JSON")]
struct TableBytes(String);

/// Takes a table of leads: a CSV file in whatever encoding and with whatever delimiter spreadsheets write. Nothing is done
/// with it yet: what is answered says how it was understood; change that, then run it.
#[utoipa::path(post, path = "/leads/import", tag = "Imports",
    request_body(content = inline(TableBytes), content_type = "text/csv", description = "The file's bytes; no form"),
    responses((status = 201, body = ImportView)))]
async fn upload_import(
    caller: Caller<ImportsWrite>,
    State(crm): State<Crm>,
    Query(query): Query<Upload>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<ImportView>)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        let words = "Send the file's bytes as the body, not a form, and its name as ?file_name=.";
        return Err(Error::new(Code::UnsupportedMediaType, words));
    }
    let limit = crm.desk.config.limits.import_bytes;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|n| n > limit) {
        return Err(operate::too_large(limit));
    }
    let cut = |_| Error::malformed("The body ended before it was complete.");
    let pieces = body.into_data_stream().map(move |piece| piece.map_err(cut));
    let by = caller.principal.user_id();
    let import = operate::take_in(&crm, caller.origin, by, &query.file_name, pieces).await?;
    let shown = crm.desk.db.read(move |c| view(c, import.clone())).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}
