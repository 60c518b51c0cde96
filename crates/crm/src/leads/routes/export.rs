//! `GET /leads/export`.

use axum::{
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderValue, Request, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use people::{UserId, access::Caller};
use platform::{
    Error, Result,
    events::{NewEvent, Origin, record},
    http::{Api, Argument, OperationDoc, Query},
    route,
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::list::{WithFields, with_query};
use crate::{
    Crm,
    leads::{
        LeadScope, LeadsExport, events as kinds,
        export::{self, Format, Wanted},
        list::{Asker, LeadFilter},
    },
    pipelines,
};

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, export_leads);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Export {
    /// `csv` unless said.
    #[param(inline)]
    format: Option<Format>,
    /// Which, in this order; with commas. All unless said; `custom.<key>` for fields of a pipeline.
    #[param(max_items = 200)]
    columns: Option<Vec<String>>,
}

/// The names of what [`Export`] holds.
const OWN: [&str; 2] = ["format", "columns"];

/// Two sets of parameters that share one query.
struct Both(Export, LeadFilter);

impl<S: Send + Sync> FromRequestParts<S> for Both {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let raw = parts.uri.query().unwrap_or_default().to_owned();
        let is_own = |pair: &&str| OWN.contains(&pair.split('=').next().unwrap_or_default());
        let (own, others): (Vec<&str>, Vec<&str>) = raw.split('&').partition(is_own);
        let mut part = parts.clone();
        part.uri = with_query(&own.join("&"))?;
        let Query(export) = Query::from_request_parts(&mut part, state).await?;
        part.uri = with_query(&others.join("&"))?;
        let Query(filter) = Query::from_request_parts(&mut part, state).await?;
        Ok(Both(export, filter))
    }
}

impl Argument for Both {
    fn describe(doc: &mut OperationDoc<'_>) {
        Query::<Export>::describe(doc);
        Query::<LeadFilter>::describe(doc);
    }
}

/// The leads of a list as a file, all of them, with the filters and the order of `GET /leads`.
#[utoipa::path(get, path = "/leads/export", tag = "Leads", responses((status = 200, content_type = "text/csv")))]
async fn export_leads(
    caller: Caller<LeadsExport>,
    State(crm): State<Crm>,
    WithFields(Both(said, filter), fields): WithFields<Both>,
) -> Result<Response> {
    let (user, scope) = (caller.principal.user_id(), LeadScope::of(&caller));
    let (format, mut pieces) = begin(&crm, caller.origin, (user, scope), (said, filter, fields)).await?;
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"leads.csv\""),
        Format::Xlsx => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "attachment; filename=\"leads.xlsx\"",
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    let body = futures_util::stream::poll_fn(move |cx| pieces.poll_recv(cx));
    Ok((headers, Body::from_stream(body)).into_response())
}

/// What the route answers to a query, of all leads: for whoever has the desk's own database before them.
pub async fn of_all(crm: &Crm, query: &str) -> Result<mpsc::Receiver<Result<Bytes>>> {
    let request = Request::builder().uri(with_query(query)?).body(()).map_err(Error::internal)?;
    let mut parts = request.into_parts().0;
    let WithFields(Both(said, filter), fields) =
        WithFields::<Both>::from_request_parts(&mut parts, &()).await?;
    let everything = (None, LeadScope::All);
    Ok(begin(crm, Origin::system(), everything, (said, filter, fields)).await?.1)
}

/// The file in pieces, once it is recorded that it was taken out.
async fn begin(
    crm: &Crm,
    origin: Origin,
    (user, scope): (Option<UserId>, LeadScope),
    (said, filter, fields): (Export, LeadFilter, Vec<(String, String)>),
) -> Result<(Format, mpsc::Receiver<Result<Bytes>>)> {
    let (zone, now) = (crm.desk.config.org.timezone.clone(), crm.desk.clock.now());
    let asker = Asker { user, scope, zone, now };
    let named = filter.clone();
    let read = crm.desk.db.read(move |c| {
        let asked = filter.read(c, &asker, &fields)?;
        let columns = export::columns(said.columns.as_deref(), &pipelines::all(c)?)?;
        Ok(Wanted { scope: asker.scope.clone(), asked, columns, now: asker.now })
    });
    let wanted = read.await?;
    let format = said.format.unwrap_or(Format::Csv);
    let data = json!({ "format": format, "filters": filters(&named), "columns": wanted.columns.len() });
    let write = crm
        .desk
        .db
        .write(move |tx| record(tx, &origin, NewEvent::new(kinds::EXPORTED, "export", 0, data.clone())));
    write.await?;
    Ok((format, export::pieces(crm.desk.db.clone(), wanted, format)))
}

/// The names of the filters; what was searched for stays with whoever searched.
fn filters(f: &LeadFilter) -> Vec<&'static str> {
    let all = [
        ("status", f.status.is_some() || f.stage.is_some()),
        ("source", f.source.is_some()),
        ("assigned_to", f.assigned_to.is_some() || f.agent_id.is_some()),
        ("department_id", f.department_id.is_some()),
        ("vendor_code", f.vendor_code.is_some()),
        ("disposition", f.disposition.is_some()),
        ("pipeline_id", f.pipeline_id.is_some()),
        ("tag", f.tag.is_some()),
        ("score", f.score_min.is_some() || f.score_max.is_some()),
        ("priority", f.priority.is_some()),
        ("overdue", f.overdue.is_some()),
        ("outcome", f.outcome.is_some()),
        ("search", f.search.is_some()),
        ("date_from", f.date_from.is_some() || f.start_date.is_some()),
        ("date_to", f.date_to.is_some() || f.end_date.is_some()),
        ("stale_days", f.stale_days.is_some()),
        ("contact_id", f.contact_id.is_some()),
        ("archived", f.archived == Some(true)),
    ];
    all.into_iter().filter(|(_, said)| *said).map(|(name, _)| name).collect()
}
