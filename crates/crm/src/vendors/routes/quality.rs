//! `/vendors/{code}/performance` and `/vendors/{code}/posts`.

use axum::extract::State;
use people::{Desk, access::Caller};
use platform::{
    Result,
    clock::{DAY, Millis},
    days::Days,
    http::{Json, ListQuery, Query, Segment},
    list_schema,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::super::{
    self as vendors, VendorsRead,
    performance::{self, Performance},
    store::{self, PostRow},
};
use crate::LeadId;

/// Days in the organisation's zone, both included.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(super) struct Span {
    /// 30 days before the end unless said.
    #[param(max_length = 40)]
    pub date_from: Option<String>,
    /// Now unless said.
    #[param(max_length = 40)]
    pub date_to: Option<String>,
}

impl Span {
    pub fn range(&self, desk: &Desk) -> Result<(Days, Millis, Millis)> {
        let days = Days::of(&desk.config.org.timezone)?;
        let (from, to) = days.range(self.date_from.as_deref(), self.date_to.as_deref())?;
        let to = to.unwrap_or(desk.clock.now() + 1);
        Ok((days, from.unwrap_or(to - 30 * DAY), to))
    }
}

/// What the vendor posted, what was refused and why, and what became of the rest; the last 30 days unless said.
#[utoipa::path(get, path = "/vendors/{code}/performance", tag = "Vendors", responses((status = 200, body = Performance)))]
pub(super) async fn vendor_performance(
    _: Caller<VendorsRead>,
    State(desk): State<Desk>,
    Segment(code): Segment,
    Query(span): Query<Span>,
) -> Result<Json<Performance>> {
    let (days, from, to) = span.range(&desk)?;
    let told = desk
        .db
        .read(move |c| performance::performance(c, &vendors::must(c, &code)?, &days, from, to))
        .await?;
    Ok(Json(told))
}

platform::words!(
    /// What became of a post.
    PostOutcome { Accepted = "accepted", Rejected = "rejected", Duplicate = "duplicate" }
);

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct PostFilter {
    #[param(inline)]
    outcome: Option<PostOutcome>,
}

/// One post; what was refused is told by field and reason.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PostView {
    id: i64,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    at: Millis,
    /// `accepted`, `rejected` or `duplicate`.
    outcome: String,
    lead_id: Option<LeadId>,
    #[schema(value_type = Vec<Object>)]
    faults: serde_json::Value,
    #[serde(skip)]
    sort: Millis,
}

impl From<PostRow> for PostView {
    fn from(p: PostRow) -> Self {
        PostView { id: p.id, at: p.at, outcome: p.outcome, lead_id: p.lead_id, faults: p.faults, sort: p.at }
    }
}

list_schema!(
    /// A vendor's posts, newest first.
    PostList, posts: PostView
);

/// Every post of the vendor and what became of it.
#[utoipa::path(get, path = "/vendors/{code}/posts", tag = "Vendors", responses((status = 200, body = PostList)))]
pub(super) async fn vendor_posts(
    _: Caller<VendorsRead>,
    State(desk): State<Desk>,
    Segment(code): Segment,
    ListQuery(page, filter): ListQuery<PostFilter>,
) -> Result<Json<PostList>> {
    let before =
        page.cursor.as_ref().map(|c| Ok::<_, platform::Error>((c.int(0)?, c.int(1)?))).transpose()?;
    let (limit, offset) = (page.fetch(), page.offset);
    let (rows, total) = desk
        .db
        .read(move |c| {
            let vendor = vendors::must(c, &code)?;
            store::posts(c, vendor.id, filter.outcome.map(PostOutcome::as_str), before, limit, offset)
        })
        .await?;
    let rows: Vec<PostView> = rows.into_iter().map(PostView::from).collect();
    Ok(Json(page.finish(rows, total, |p| vec![json!(p.sort), json!(p.id)]).into()))
}
