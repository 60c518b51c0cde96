//! The board: a pipeline's columns with their counts and the first cards of each.
//!
//! A fixed number of reads. Counts come from the ledger where only places and people are asked for. A narrower board whose
//! leads are few is put together from all of them, exactly; one whose leads are many counts each column to 1 000 and says
//! so, and cards come along the index of the columns. In a column, what was touched last comes first.

use std::collections::HashMap;

use people::{UserId, access};
use platform::{
    Conn, Result,
    clock::Millis,
    http::{COUNT_CAP, Cursor},
    time::{instant, instant_opt},
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Lead, LeadScope, Priority,
    ledger::{self, StageTotal},
    list::Asked,
    query::{Built, Order, Selection, along, conditions, page, plan},
    search,
    settings::LeadSettings,
    store,
    view::{Stale, is_overdue, stale},
};
use crate::{
    LeadId, PipelineId, Ref, StageId,
    pipelines::{Pipeline, Stage, StageKind},
};

/// Cards of a column at a time.
const CARDS: i64 = 50;
/// Leads of a column that are counted where the ledger cannot tell.
const COUNTED: i64 = 1_000;

/// A pipeline as columns of cards.
#[derive(Debug, Serialize, ToSchema)]
pub struct Board {
    pub pipeline_id: PipelineId,
    pub columns: Vec<Column>,
}

/// A stage, what is in it, and its first cards.
#[derive(Debug, Serialize, ToSchema)]
pub struct Column {
    /// The stage's key.
    pub status: String,
    pub name: String,
    #[schema(inline)]
    pub kind: StageKind,
    pub count: i64,
    /// There are more than `count`, which stopped at 1 000: the board is narrowed by more than stages and people.
    pub count_capped: bool,
    /// Null where `count` is capped.
    #[schema(required)]
    pub overdue_count: Option<i64>,
    /// Minor units of `currency`; null where `count` is capped.
    #[schema(required)]
    pub value: Option<i64>,
    pub currency: String,
    /// 50 at most.
    pub leads: Vec<Card>,
    /// The column goes on with `?stage=<status>&cursor=…`.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// A lead on the board.
#[derive(Debug, Serialize, ToSchema)]
pub struct Card {
    pub id: LeadId,
    pub name: String,
    pub contact_id: people::ContactId,
    #[schema(required)]
    pub owner: Option<Ref>,
    /// Minor units of `currency`.
    #[schema(required)]
    pub value: Option<i64>,
    pub currency: String,
    pub score: i64,
    pub tags: Vec<String>,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub due_at: Option<Millis>,
    pub is_overdue: bool,
    #[schema(required, inline)]
    pub is_stale: Option<Stale>,
    #[serde(with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub stage_entered_at: Millis,
    #[serde(with = "instant_opt")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_interaction_at: Option<Millis>,
    #[schema(inline)]
    pub priority: Priority,
    pub version: i64,
    /// The contact's newest conversation, where it is known here.
    #[schema(required)]
    pub last_ticket_id: Option<i64>,
}

/// A column that goes on.
#[derive(Debug, Clone)]
pub struct More {
    pub stage: StageId,
    pub after: (Millis, LeadId),
}

impl More {
    /// Where `next_cursor` of a column says that its cards ended.
    pub fn read(stage: StageId, cursor: &str) -> Result<More> {
        let cursor = Cursor::decode(cursor)?;
        Ok(More { stage, after: (cursor.int(0)?, LeadId(cursor.int(1)?)) })
    }
}

/// What a column holds, before its cards are made.
#[derive(Debug, Default)]
struct Held {
    total: StageTotal,
    is_capped: bool,
    /// One more than are shown, where there are more.
    leads: Vec<Lead>,
}

/// The board of a pipeline, of whose stages `asked` names some; with `more`, one column of it from there on.
pub fn board(
    c: &Conn<'_>,
    scope: &LeadScope,
    pipeline: &Pipeline,
    asked: &Asked,
    more: Option<&More>,
    now: Millis,
) -> Result<Board> {
    let named = asked.selection.stages.clone();
    let shown = |stage: &Stage| {
        more.is_none_or(|m| m.stage == stage.id) && named.as_ref().is_none_or(|all| all.contains(&stage.id))
    };
    let stages: Vec<&Stage> = pipeline.stages.iter().filter(|s| shown(s)).collect();
    let s = Selection { stages: Some(stages.iter().map(|s| s.id).collect()), ..asked.selection.clone() };
    let mut held =
        if s.is_empty() { HashMap::new() } else { hold(c, scope, &s, asked.search.as_deref(), more)? };
    let owners: Vec<UserId> = held.values().flat_map(|h| &h.leads).filter_map(|l| l.owner_id).collect();
    let around = Around { owners: names(c, owners)?, settings: LeadSettings::load(c)?, now };
    let columns = stages.into_iter().filter_map(|stage| {
        let held = held.remove(&stage.id).unwrap_or_default();
        // A stage that is no longer used is shown as long as there is something in it.
        (stage.is_active || held.total.leads > 0).then(|| column(pipeline, stage, held, &around))
    });
    Ok(Board { pipeline_id: pipeline.id, columns: columns.collect() })
}

struct Around {
    owners: HashMap<UserId, String>,
    settings: LeadSettings,
    now: Millis,
}

fn names(c: &Conn<'_>, mut users: Vec<UserId>) -> Result<HashMap<UserId, String>> {
    users.sort_unstable();
    users.dedup();
    access::names(c, &users)
}

fn column(pipeline: &Pipeline, stage: &Stage, mut held: Held, around: &Around) -> Column {
    let is_more = held.leads.len() as i64 > CARDS;
    held.leads.truncate(CARDS as usize);
    let last = held.leads.last().filter(|_| is_more);
    Column {
        status: stage.key.clone(),
        name: stage.name.clone(),
        kind: stage.kind,
        count: held.total.leads,
        count_capped: held.is_capped,
        overdue_count: (!held.is_capped).then_some(held.total.overdue),
        value: (!held.is_capped).then_some(held.total.value),
        currency: pipeline.currency.clone(),
        next_cursor: last.map(|l| Cursor::new(&[json!(l.touched_at), json!(l.id)]).encode()),
        leads: held.leads.into_iter().map(|lead| card(lead, around)).collect(),
    }
}

fn card(lead: Lead, around: &Around) -> Card {
    let owner = lead.owner_id.and_then(|id| Some(Ref { id: id.0, name: around.owners.get(&id)?.clone() }));
    Card {
        is_overdue: is_overdue(&lead, around.now),
        is_stale: stale(&lead, &around.settings, around.now),
        id: lead.id,
        name: lead.name,
        contact_id: lead.contact_id,
        owner,
        value: lead.value,
        currency: lead.currency,
        score: lead.score,
        tags: lead.tags,
        due_at: lead.due_at,
        stage_entered_at: lead.stage_entered_at,
        last_interaction_at: lead.last_interaction_at,
        priority: lead.priority,
        version: lead.version,
        last_ticket_id: None,
    }
}

fn hold(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
    words: Option<&str>,
    more: Option<&More>,
) -> Result<HashMap<StageId, Held>> {
    if let Some(words) = words {
        return Ok(gathered(search::newest_leads(c, scope, s, words)?, more));
    }
    if s.is_by_place() {
        let totals = ledger::by_stage(c, scope, s)?;
        let mut all = along_columns(c, scope, s, more)?;
        for (stage, total) in totals {
            all.entry(stage).or_default().total = total;
        }
        return Ok(all);
    }
    let plan = plan::plan(c, scope, s, Order::NEWEST, COUNT_CAP)?;
    if plan.total <= COUNT_CAP {
        let part = page::Part { after: None, offset: 0, fetch: COUNT_CAP };
        let leads = match page::page(c.engine(), scope, s, Order::NEWEST, &plan.drive, &part) {
            Some(b) => c.all(b.sql(), &b.values, store::read)?,
            None => Vec::new(),
        };
        return Ok(gathered(leads, more));
    }
    let mut all = along_columns(c, scope, s, more)?;
    for (stage, leads) in counted(c, scope, s)? {
        let held = all.entry(stage).or_default();
        held.total.leads = leads.min(COUNTED);
        held.is_capped = true;
    }
    Ok(all)
}

/// All leads of a board, by column.
fn gathered(leads: Vec<Lead>, more: Option<&More>) -> HashMap<StageId, Held> {
    let mut all: HashMap<StageId, Held> = HashMap::new();
    for lead in leads {
        let held = all.entry(lead.stage_id).or_default();
        held.total.leads += 1;
        held.total.overdue += i64::from(lead.is_overdue);
        held.total.value += lead.value.unwrap_or(0);
        if more.is_none_or(|m| (lead.touched_at, lead.id) < m.after) {
            held.leads.push(lead);
        }
    }
    for held in all.values_mut() {
        held.leads.sort_unstable_by_key(|l| std::cmp::Reverse((l.touched_at, l.id)));
        held.leads.truncate(CARDS as usize + 1);
    }
    all
}

/// The first leads of each column, in one query.
fn along_columns(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
    more: Option<&More>,
) -> Result<HashMap<StageId, Held>> {
    let b = columns(c.engine(), scope, s, more);
    let mut all: HashMap<StageId, Held> = HashMap::new();
    for lead in c.all(b.sql(), &b.values, store::read)? {
        all.entry(lead.stage_id).or_default().leads.push(lead);
    }
    for held in all.values_mut() {
        held.leads.sort_unstable_by_key(|l| std::cmp::Reverse((l.touched_at, l.id)));
    }
    Ok(all)
}

pub(super) fn columns(
    engine: platform::db::Engine,
    scope: &LeadScope,
    s: &Selection,
    more: Option<&More>,
) -> Built {
    let mut b = Built::default();
    let filter = rest(&mut b, scope, s);
    let behind = more
        .map(|m| format!(" AND (touched_at, id) < ({})", b.args([m.after.0, m.after.1.0])))
        .unwrap_or_default();
    let fetch = b.arg(CARDS + 1);
    let along = along(engine, "leads_board");
    let walks: Vec<String> = s
        .stages
        .iter()
        .flatten()
        .map(|stage| {
            let stage = b.arg(*stage);
            format!(
                "SELECT * FROM (SELECT id AS page_id FROM leads{along} WHERE stage_id = {stage} AND archived_at IS NULL{filter}{behind} \
                 ORDER BY touched_at DESC, id DESC LIMIT {fetch}) AS walk"
            )
        })
        .collect();
    b.text = format!(
        "SELECT {} FROM ({}) AS page CROSS JOIN leads WHERE leads.id = page.page_id",
        store::COLUMNS,
        walks.join(" UNION ALL ")
    );
    b
}

/// How many are in each column, counted to 1 001.
fn counted(c: &Conn<'_>, scope: &LeadScope, s: &Selection) -> Result<Vec<(StageId, i64)>> {
    let mut b = Built::default();
    let filter = rest(&mut b, scope, s);
    let most = b.arg(COUNTED + 1);
    let along = along(c.engine(), "leads_board");
    let counts: Vec<String> = s
        .stages
        .iter()
        .flatten()
        .map(|stage| {
            let stage = b.arg(*stage);
            format!(
                "SELECT CAST({stage} AS bigint) AS stage_id, count(*) FROM (SELECT 1 FROM leads{along} WHERE stage_id = {stage} AND archived_at IS NULL{filter} LIMIT {most}) AS counted"
            )
        })
        .collect();
    b.text = counts.join(" UNION ALL ");
    c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))
}

/// What is asked for besides the stage.
fn rest(b: &mut Built, scope: &LeadScope, s: &Selection) -> String {
    let s = Selection { stages: None, ..s.clone() };
    conditions(b, scope, &s).into_iter().map(|c| format!(" AND {}", c.text)).collect()
}
