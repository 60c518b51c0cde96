//! `GET /leads`.

use axum::{
    extract::{FromRequestParts, Query as Pairs, State},
    http::{Uri, request::Parts},
};
use people::access::Caller;
use platform::{
    Error, Result,
    http::{Api, Argument, Json, ListQuery, OperationDoc},
    list_schema, route,
};

use crate::{
    Crm,
    leads::{
        LeadsRead,
        list::{self, Asker, LeadFilter},
        view::{self, LeadRow},
    },
};

/// Parameters of the pipelines' own fields begin so.
const OWN: &str = "custom.";
/// Fields that one list is narrowed by at most.
const MOST: usize = 10;

pub(super) fn mount(api: &mut Api<Crm>) {
    route!(api, list_leads);
}

list_schema!(
    /// Leads.
    LeadList, leads: LeadRow
);

/// Leads, newest first unless said otherwise; also by `custom.<key>=<value>` for the filterable fields of the pipelines.
#[utoipa::path(get, path = "/leads", tag = "Leads", responses((status = 200, body = LeadList)))]
async fn list_leads(
    caller: Caller<LeadsRead>,
    State(crm): State<Crm>,
    WithFields(ListQuery(page, filter), fields): WithFields<ListQuery<LeadFilter>>,
) -> Result<Json<LeadList>> {
    let asker = Asker::of(&crm, &caller);
    let list = crm.desk.db.read(move |c| {
        let asked = filter.read(c, &asker, &fields)?;
        let found = list::list(c, &crm.counts, &asker.scope, &asked, &page)?;
        let leads = view::rows(c, &asker.scope, &found.items, asker.now)?;
        Ok(LeadList {
            leads,
            total: found.total,
            total_capped: found.total_capped,
            page: found.page,
            limit: found.limit,
            next_cursor: found.next_cursor,
        })
    });
    list.await.map(Json)
}

/// Parameters of which some belong to the pipelines' own fields: `custom.<key>=<value>`.
pub(in crate::leads) struct WithFields<Q>(pub Q, pub Vec<(String, String)>);

impl<S: Send + Sync, Q: FromRequestParts<S, Rejection = Error>> FromRequestParts<S> for WithFields<Q> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let raw = parts.uri.query().unwrap_or_default();
        let (own, others): (Vec<&str>, Vec<&str>) = raw.split('&').partition(|pair| pair.starts_with(OWN));
        let mut rest = parts.clone();
        rest.uri = with_query(&others.join("&"))?;
        let query = Q::from_request_parts(&mut rest, state).await?;
        let fields = Pairs::<Vec<(String, String)>>::try_from_uri(&with_query(&own.join("&"))?)
            .map_err(|_| Error::malformed("The query is not valid UTF-8."))?;
        if fields.len() > MOST {
            return Err(Error::malformed(format!("A list is narrowed by {MOST} fields at most.")));
        }
        let fields = fields.0.into_iter();
        Ok(WithFields(query, fields.map(|(key, value)| (key[OWN.len()..].to_owned(), value)).collect()))
    }
}

pub(in crate::leads) fn with_query(query: &str) -> Result<Uri> {
    format!("/?{query}").parse().map_err(|_| Error::malformed("The query could not be read."))
}

impl<Q: Argument> Argument for WithFields<Q> {
    fn describe(doc: &mut OperationDoc<'_>) {
        Q::describe(doc);
    }
}
