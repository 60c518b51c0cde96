//! `POST /leads/import`: a table on its way in.

use std::time::Duration;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use futures_util::StreamExt;
use people::access::Caller;
use platform::{
    Error, Fault, Result,
    blob::ReadyBlob,
    error::Code,
    http::{Api, Json, Query},
    route,
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        ImportsWrite, blobs, events, guess,
        store::{self, NewImport},
        table::{Shape, Sniffer},
        tell,
    },
    ImportView, view,
};
use crate::{Crm, pipelines};

/// The next piece of a file comes within so long, and all of it within so long.
const PIECE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(60 * 60);

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
        return Err(too_large(limit));
    }
    let (ready, shape) = timeout(WHOLE, receive(&crm, body, limit)).await.map_err(|_| slow())??;
    let unseen = |c: &char| !c.is_control();
    let file_name = query.file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let file_name: String = file_name.chars().filter(unseen).collect();
    let (key, size) = (ready.key().clone(), ready.size());
    let write = crm.desk.db.write(move |tx| {
        let pipeline = pipelines::default(tx)?;
        let new = NewImport {
            file_name: file_name.clone(),
            key: key.clone(),
            size,
            encoding: shape.encoding,
            delimiter: shape.delimiter,
            headers: shape.headers.clone(),
            sample: shape.sample.clone(),
            mapping: guess::guess(&shape.headers, &pipeline),
            created_by: caller.principal.user_id(),
        };
        let id = store::insert(tx, &new)?;
        let import = store::get(tx, id)?.ok_or_else(|| Error::not_found("import"))?;
        let data = json!({ "size": size, "encoding": shape.encoding, "headers": shape.headers.len() });
        tell(tx, &caller.origin, &import, events::CREATED, data)?;
        view(tx, import)
    });
    // The row first: see `platform::blob`.
    match write.await {
        Ok(view) => {
            ready.publish().await?;
            Ok((StatusCode::CREATED, Json(view)))
        }
        Err(e) => {
            if let Err(left) = ready.abandon().await {
                tracing::warn!(cause = %left, "a table that was refused could not be deleted");
            }
            Err(e)
        }
    }
}

/// Reads a table to the disk, and looks at it as it comes.
async fn receive(crm: &Crm, body: Body, limit: u64) -> Result<(ReadyBlob, Shape)> {
    let mut writer = blobs(&crm.desk).writer(&crm.desk.entropy.token(16)).await?;
    let (mut sniffer, mut seen) = (Sniffer::default(), 0_u64);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = timeout(PIECE, pieces.next()).await.map_err(|_| slow())? {
        let piece = piece.map_err(|_| Error::malformed("The body ended before it was complete."))?;
        seen += piece.len() as u64;
        if seen > limit {
            return Err(too_large(limit));
        }
        sniffer.eat(&piece);
        writer.write(&piece).await?;
    }
    let shape = sniffer.finish().map_err(|fault: Fault| Error::invalid(vec![fault]))?;
    Ok((writer.finish().await?, shape))
}

fn slow() -> Error {
    Error::unavailable("The file came too slowly; try again.")
}

fn too_large(limit: u64) -> Error {
    Error::new(Code::TooLarge, format!("A table may have {limit} bytes at most."))
}
