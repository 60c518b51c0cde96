//! The board: a pipeline's columns with their counts and the first cards of each.
//!
//! A fixed number of reads. Counts come from the ledger where only places and people are asked for. A narrower board whose
//! leads are few is put together from all of them, exactly. Where they are many, each column is looked at as far as a
//! bounded amount of work goes, from what was touched last; its count is of that part, says so, and the column goes on from
//! there. A board of a search is put together from the newest leads that it finds; where there are others behind them, every
//! column says so. In a column, what was touched last comes first.

use std::collections::HashMap;

use people::{UserId, access};
use platform::{
    Conn, Result,
    clock::Millis,
    counts::Counts,
    db::{Engine, Row, Sql, Value, dialect::in_list},
    http::Cursor,
    time::{instant, instant_opt},
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Lead, LeadScope, Priority,
    ledger::{self, StageTotal},
    list::Asked,
    query::{
        Built, DEPARTMENT, OWNER, Order, SOURCE, STAGE, Selection, TOUCHED, along, conditions, page, plan,
    },
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
/// A board of so few leads is put together from all of them.
const FEW: i64 = 2_000;
/// Leads of a column that are looked at one by one at a time …
const ROWS: i64 = 1_000;
/// … and those that are passed over inside the index of the columns, which holds what they are narrowed by.
const INSIDE: i64 = 20_000;

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
    /// There may be more than `count`: the board is narrowed by more than stages and people, and not all of the column was
    /// looked at; or a search finds more than the 2 000 leads that its board is put together from.
    pub count_capped: bool,
    /// Null where `count` is capped.
    #[schema(required)]
    pub overdue_count: Option<i64>,
    /// Minor units of `currency`; null where `count` is capped.
    #[schema(required)]
    pub value: Option<i64>,
    pub currency: String,
    /// 50 at most; fewer also where `count_capped`.
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
    /// The contact's newest conversation that the caller may see.
    #[schema(required)]
    pub last_ticket_id: Option<i64>,
}

impl Board {
    /// Whose cards these are.
    pub fn contacts(&self) -> Vec<people::ContactId> {
        let mut all: Vec<_> =
            self.columns.iter().flat_map(|c| &c.leads).map(|card| card.contact_id).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
    /// Says which conversation each card opens.
    pub fn link(&mut self, conversations: &HashMap<people::ContactId, i64>) {
        for card in self.columns.iter_mut().flat_map(|c| &mut c.leads) {
            card.last_ticket_id = conversations.get(&card.contact_id).copied();
        }
    }
}

/// A column that goes on.
#[derive(Debug, Clone)]
pub struct More {
    pub stage: StageId,
    pub after: At,
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
    /// There are others which were not looked at, nor can be from here.
    is_part: bool,
    /// The last lead that was looked at, where there are others behind it.
    end: Option<At>,
    leads: Vec<Lead>,
    /// Where the column goes on.
    next: Option<At>,
}

/// A place in a column.
type At = (Millis, LeadId);

/// The board of a pipeline, of whose stages `asked` names some; with `more`, one column of it from there on.
pub fn board(
    c: &Conn<'_>,
    counts: &Counts,
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
    let mut held = if s.is_empty() {
        HashMap::new()
    } else {
        hold(c, counts, scope, &s, asked.search.as_deref(), more)?
    };
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

fn column(pipeline: &Pipeline, stage: &Stage, held: Held, around: &Around) -> Column {
    let is_whole = held.end.is_none() && !held.is_part;
    Column {
        status: stage.key.clone(),
        name: stage.name.clone(),
        kind: stage.kind,
        count: held.total.leads,
        count_capped: !is_whole,
        overdue_count: is_whole.then_some(held.total.overdue),
        value: is_whole.then_some(held.total.value),
        currency: pipeline.currency.clone(),
        next_cursor: held.next.map(|(at, id)| Cursor::new(&[json!(at), json!(id)]).encode()),
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
    counts: &Counts,
    scope: &LeadScope,
    s: &Selection,
    words: Option<&str>,
    more: Option<&More>,
) -> Result<HashMap<StageId, Held>> {
    if let Some(words) = words {
        let (found, is_part) = search::newest_ids(c, scope, s, words)?;
        let mut all = gathered(c, light(c, &found)?, more)?;
        for stage in s.stages.iter().flatten().filter(|_| is_part) {
            all.entry(*stage).or_default().is_part = true;
        }
        return Ok(all);
    }
    if s.is_by_place() {
        let mut all: HashMap<StageId, Held> = HashMap::new();
        for (stage, total) in ledger::by_stage(c, scope, s)? {
            all.entry(stage).or_default().total = total;
        }
        let b = first(c.engine(), scope, s, more);
        let shown = c.all(b.sql(), &b.values, |r| read_light(&r))?;
        return filled(c, all, shown);
    }
    let drive = match plan::few(c, counts, scope, s, FEW)? {
        Some(drive) => Some(drive),
        None => {
            let plan = plan::plan(c, counts, scope, s, Order::NEWEST, FEW)?;
            (plan.total <= FEW && !plan.is_part).then_some(plan.drive)
        }
    };
    if let Some(drive) = drive {
        let b = page::all(c.engine(), scope, s, &drive, FEW, LIGHT);
        return gathered(c, c.all(b.sql(), &b.values, |r| read_light(&r))?, more);
    }
    let ends = ends(c, scope, s, more)?;
    let b = within(c.engine(), scope, s, more, &ends);
    let met: Vec<Light> = c.all(b.sql(), &b.values, |r| read_light(&r))?;
    let mut all: HashMap<StageId, Held> = HashMap::new();
    for (stage, end) in &ends {
        all.entry(*stage).or_default().end = *end;
    }
    for lead in &met {
        let held = all.entry(lead.stage).or_default();
        count(held, lead);
        // Each walk goes from what was touched last, and is broken off here.
        if held.total.leads == ROWS {
            held.end = met.iter().filter(|l| l.stage == lead.stage).map(|l| (l.touched_at, l.id)).min();
        }
    }
    filled(c, all, met)
}

/// What a board is put together from.
#[derive(Debug, Clone, Copy)]
struct Light {
    id: LeadId,
    stage: StageId,
    touched_at: Millis,
    is_overdue: bool,
    value: Option<i64>,
}

/// In the order of [`read_light`].
const LIGHT: &str = "id, stage_id, touched_at, is_overdue, value";

fn read_light(row: &Row<'_>) -> Result<Light> {
    let mut r = row.columns();
    Ok(Light {
        id: r.next()?,
        stage: r.next()?,
        touched_at: r.next()?,
        is_overdue: r.next()?,
        value: r.next()?,
    })
}

fn light(c: &Conn<'_>, ids: &[LeadId]) -> Result<Vec<Light>> {
    let values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    let text = format!("SELECT {LIGHT} FROM leads WHERE id IN ({})", in_list(1, ids.len()));
    c.all(Sql::built(&text), &values, |r| read_light(&r))
}

fn count(held: &mut Held, lead: &Light) {
    held.total.leads += 1;
    held.total.overdue += i64::from(lead.is_overdue);
    held.total.value += lead.value.unwrap_or(0);
}

/// A board of all these leads.
fn gathered(c: &Conn<'_>, leads: Vec<Light>, more: Option<&More>) -> Result<HashMap<StageId, Held>> {
    let mut all: HashMap<StageId, Held> = HashMap::new();
    for lead in &leads {
        count(all.entry(lead.stage).or_default(), lead);
    }
    let behind = |l: &Light| more.is_none_or(|m| (l.touched_at, l.id) < m.after);
    filled(c, all, leads.into_iter().filter(behind).collect())
}

/// Puts the first of these leads into their columns; says where each column goes on.
fn filled(
    c: &Conn<'_>,
    mut all: HashMap<StageId, Held>,
    mut leads: Vec<Light>,
) -> Result<HashMap<StageId, Held>> {
    leads.sort_unstable_by_key(|l| std::cmp::Reverse((l.touched_at, l.id)));
    let mut shown: HashMap<StageId, Vec<Light>> = HashMap::new();
    for lead in leads {
        let column = shown.entry(lead.stage).or_default();
        match column.len() as i64 {
            n if n < CARDS => column.push(lead),
            _ => {
                let last = column.last().map(|l| (l.touched_at, l.id));
                let held = all.entry(lead.stage).or_default();
                held.next = held.next.or(last);
            }
        }
    }
    for held in all.values_mut() {
        held.next = held.next.or(held.end);
    }
    let ids: Vec<LeadId> = shown.values().flatten().map(|l| l.id).collect();
    let values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
    let text = format!("SELECT {} FROM leads WHERE id IN ({})", store::COLUMNS, in_list(1, ids.len()));
    for lead in c.all(Sql::built(&text), &values, store::read)? {
        all.entry(lead.stage_id).or_default().leads.push(lead);
    }
    for held in all.values_mut() {
        held.leads.sort_unstable_by_key(|l| std::cmp::Reverse((l.touched_at, l.id)));
    }
    Ok(all)
}

/// One query of a walk along each column.
fn walks(b: &mut Built, s: &Selection, walk: impl Fn(&mut Built, StageId, &str) -> String) {
    let stages: Vec<String> = s
        .stages
        .iter()
        .flatten()
        .map(|stage| {
            let condition = format!("stage_id = {} AND archived_at IS NULL", b.arg(*stage));
            walk(b, *stage, &condition)
        })
        .collect();
    b.text = stages.join(" UNION ALL ");
}

fn behind(b: &mut Built, more: Option<&More>) -> String {
    more.map(|m| format!(" AND (touched_at, id) < ({})", b.args([m.after.0, m.after.1.0])))
        .unwrap_or_default()
}

/// The first leads of each column, and one more.
pub(super) fn first(engine: Engine, scope: &LeadScope, s: &Selection, more: Option<&More>) -> Built {
    let mut b = Built::default();
    let (filter, behind) = (rest(&mut b, scope, s), behind(&mut b, more));
    let (fetch, along) = (b.arg(CARDS + 1), along(engine, "leads_board"));
    walks(&mut b, s, |_, _, stage| {
        format!(
            "SELECT * FROM (SELECT {LIGHT} FROM leads{along} WHERE {stage}{filter}{behind} ORDER BY touched_at DESC, id DESC LIMIT {fetch}) AS walk"
        )
    });
    b
}

/// How far each column is looked at; `None`: to its end.
fn ends(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
    more: Option<&More>,
) -> Result<Vec<(StageId, Option<At>)>> {
    let inside = STAGE | OWNER | DEPARTMENT | SOURCE | TOUCHED;
    let mut unused = Built::default();
    let is_inside = conditions(&mut unused, scope, s).iter().all(|c| c.columns & !inside == 0);
    let mut b = Built::default();
    let behind = behind(&mut b, more);
    let (far, along) = (b.arg(if is_inside { INSIDE } else { ROWS } - 1), along(c.engine(), "leads_board"));
    walks(&mut b, s, |_, _, stage| {
        format!(
            "SELECT * FROM (SELECT stage_id, touched_at, id FROM leads{along} WHERE {stage}{behind} ORDER BY touched_at DESC, id DESC LIMIT 1 OFFSET {far}) AS walk"
        )
    });
    let found: Vec<(StageId, At)> = c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))))?;
    let found: HashMap<StageId, At> = found.into_iter().collect();
    Ok(s.stages.iter().flatten().map(|stage| (*stage, found.get(stage).copied())).collect())
}

/// What is meant in each column as far as it is looked at.
pub(super) fn within(
    engine: Engine,
    scope: &LeadScope,
    s: &Selection,
    more: Option<&More>,
    ends: &[(StageId, Option<At>)],
) -> Built {
    let mut b = Built::default();
    let (filter, behind) = (rest(&mut b, scope, s), behind(&mut b, more));
    let (most, along) = (b.arg(ROWS), along(engine, "leads_board"));
    walks(&mut b, s, |b, id, stage| {
        let end = ends.iter().find(|(stage, _)| *stage == id).and_then(|(_, end)| *end);
        let end = end
            .map(|(at, id)| format!(" AND (touched_at, id) >= ({})", b.args([at, id.0])))
            .unwrap_or_default();
        format!(
            "SELECT * FROM (SELECT {LIGHT} FROM leads{along} WHERE {stage}{filter}{behind}{end} ORDER BY touched_at DESC, id DESC LIMIT {most}) AS walk"
        )
    });
    b
}

/// What is asked for besides the stage.
fn rest(b: &mut Built, scope: &LeadScope, s: &Selection) -> String {
    let s = Selection { stages: None, ..s.clone() };
    conditions(b, scope, &s).into_iter().map(|c| format!(" AND {}", c.text)).collect()
}
