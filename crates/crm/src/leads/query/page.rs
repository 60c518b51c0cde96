//! A page of a list, how many rows a drive meets, and how many of them are meant.

use platform::db::{Engine, Value};

use super::{Built, Condition, Drive, Key, Order, Selection, along, conditions};
use crate::leads::{LeadScope, store::COLUMNS};

/// The last row shown: what it was ordered by (`Null`: it had none), and its id.
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    pub key: Value<'static>,
    pub id: i64,
}

/// Which part of a list.
#[derive(Debug, Clone)]
pub struct Part {
    pub after: Option<At>,
    pub offset: i64,
    pub fetch: i64,
}

/// Archived leads that are put in order by anything but their age: the newest.
const WINDOW: i64 = 2_000;

/// Which rows of a list whose order not every lead has a value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    Both,
    /// Those with a value: they come first.
    Valued,
    Absent,
}

/// Whether a page is better read in two halves: the walk along those without a value would go far, and for nothing where
/// the others fill the page.
pub fn has_halves(order: Order, drive: &Drive) -> bool {
    order.key.may_be_absent() && drive.order(order.key) == Some(order.key)
}

/// The rows of a page, found along `drive`. `None`: there can be none.
pub fn page(
    engine: Engine,
    scope: &LeadScope,
    s: &Selection,
    order: Order,
    drive: &Drive,
    half: Half,
    part: &Part,
) -> Option<Built> {
    let mut b = Built::default();
    let text = Text::of(&mut b, scope, s, drive);
    let mut walks = walks(&mut b, s, order, drive);
    match half {
        Half::Both => {}
        Half::Valued => walks.retain(|w| w.has != Has::Never),
        Half::Absent => walks.retain(|w| w.has == Has::Never),
    }
    let is_ordered = drive.order(order.key) == Some(order.key);
    let column = order.key.column();
    let fetch = b.arg(part.fetch);
    if let ([walk], true) = (walks.as_slice(), is_ordered) {
        let after = after(&mut b, order, walk.has, part)?;
        let (from, condition) = text.walk(engine, drive, order.key, walk);
        let (sorted, skip) = (sorted_where(order, walk.has), b.arg(part.offset));
        b.text = format!(
            "SELECT {COLUMNS} FROM {from} WHERE {condition}{after} ORDER BY {sorted} LIMIT {fetch} OFFSET {skip}"
        );
        return Some(b);
    }
    // Each walk goes as far as the page does; what stands before the page is met again in each of them.
    let most = if is_ordered { b.arg(part.offset + part.fetch) } else { String::new() };
    let mut all = Vec::with_capacity(walks.len());
    for walk in &walks {
        let Some(after) = after(&mut b, order, walk.has, part) else { continue };
        let (from, condition) = text.walk(engine, drive, order.key, walk);
        let rows = format!("SELECT id, {column} FROM {from} WHERE {condition}");
        let n = all.len();
        all.push(match (is_ordered, drive) {
            (true, _) => {
                let sorted = sorted_where(order, walk.has);
                format!("SELECT * FROM ({rows}{after} ORDER BY {sorted} LIMIT {most}) AS walk{n}")
            }
            (false, Drive::Archived) => format!(
                "SELECT * FROM ({rows} ORDER BY created_at DESC, id DESC LIMIT {WINDOW}) AS walk{n} WHERE 1 = 1{after}"
            ),
            (false, _) => format!("{rows}{after}"),
        });
    }
    if all.is_empty() {
        return None;
    }
    let (sorted, skip) = (sorted(order), b.arg(part.offset));
    // The names of the page's columns are its own, so that those of the rows stay unambiguous.
    b.text = format!(
        "SELECT {COLUMNS} FROM (SELECT id AS page_id FROM ({}) AS walks ORDER BY {sorted} LIMIT {fetch} OFFSET {skip}) AS page \
         CROSS JOIN leads WHERE leads.id = page.page_id ORDER BY {sorted}",
        all.join(" UNION ALL ")
    );
    Some(b)
}

/// `columns` of every lead that is meant, `most` at most, in no order.
pub fn all(
    engine: Engine,
    scope: &LeadScope,
    s: &Selection,
    drive: &Drive,
    most: i64,
    columns: &str,
) -> Built {
    let mut b = Built::default();
    let text = Text::of(&mut b, scope, s, drive);
    let walks = walks(&mut b, s, Order::NEWEST, drive);
    let most = b.arg(most);
    let all: Vec<String> = walks
        .iter()
        .map(|walk| {
            let (from, condition) = text.walk(engine, drive, Key::Created, walk);
            format!("SELECT {columns} FROM {from} WHERE {condition}")
        })
        .collect();
    b.text = format!("SELECT {columns} FROM ({}) AS walks LIMIT {most}", all.join(" UNION ALL "));
    b
}

/// Of the first `most` rows that the drive meets: how many those are, and how many of them are meant.
pub fn count(engine: Engine, scope: &LeadScope, s: &Selection, drive: &Drive, most: i64) -> Built {
    let mut b = Built::default();
    let text = Text::of(&mut b, scope, s, drive);
    let walks = walks(&mut b, s, Order::NEWEST, drive);
    let most = b.arg(most);
    let meant = match text.conditions.is_empty() {
        true => "TRUE".to_owned(),
        false => text.conditions.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(" AND "),
    };
    let all: Vec<String> = walks
        .iter()
        .map(|walk| {
            let (from, condition) = (from(engine, drive, Key::Created, walk), text.met(walk));
            format!("SELECT CASE WHEN {meant} THEN 1 ELSE 0 END AS meant FROM {from} WHERE {condition}")
        })
        .collect();
    b.text = format!(
        "SELECT count(*), CAST(coalesce(sum(meant), 0) AS bigint) FROM (SELECT meant FROM ({}) AS walks LIMIT {most}) AS counted",
        all.join(" UNION ALL ")
    );
    b
}

/// How many rows the drive itself meets, counted to `cap` and one more.
pub fn size(engine: Engine, s: &Selection, drive: &Drive, cap: i64) -> Built {
    let mut b = Built::default();
    let walks = walks(&mut b, s, Order::NEWEST, drive);
    let most = b.arg(cap + 1);
    let all: Vec<String> = walks
        .iter()
        .map(|walk| {
            let (from, condition) = match drive {
                // Without a look at the leads.
                Drive::Tag(_) | Drive::Custom(_) => {
                    let table = drive.beside().trim_end_matches(" CROSS JOIN ").to_owned();
                    (table, walk.condition.split(" AND leads.id").next().unwrap_or_default().to_owned())
                }
                _ => {
                    let mut condition = present(s).to_owned();
                    if !walk.condition.is_empty() {
                        condition = format!("{} AND {condition}", walk.condition);
                    }
                    if let (Drive::Untouched(_), Some(since)) = (drive, s.untouched_since) {
                        condition = format!("{condition} AND touched_at < {}", b.arg(since));
                    }
                    (from(engine, drive, Key::Created, walk), condition)
                }
            };
            format!("SELECT 1 AS one FROM {from} WHERE {condition}")
        })
        .collect();
    b.text = counted(&all, &most);
    b
}

fn counted(all: &[String], most: &str) -> String {
    let union = all.join(" UNION ALL ");
    format!("SELECT count(*) FROM (SELECT one FROM ({union}) AS walks LIMIT {most}) AS counted")
}

fn present(s: &Selection) -> &'static str {
    if s.archived { "archived_at IS NOT NULL" } else { "archived_at IS NULL" }
}

/// Whether the rows of a walk have a value to be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    /// All have; the walk says so, where not every lead has one.
    Always,
    Never,
    /// Some.
    Perhaps,
}

pub(super) struct Walk {
    index: Option<&'static str>,
    condition: String,
    has: Has,
}

/// The walks of a drive; along the index of an order that not every lead has a value for, one for those that have and one
/// for the others.
fn walks(b: &mut Built, s: &Selection, order: Order, drive: &Drive) -> Vec<Walk> {
    let usual = if order.key.may_be_absent() { Has::Perhaps } else { Has::Always };
    let column = order.key.column();
    let mut all = Vec::new();
    for (index, condition) in drive.walks(b, s) {
        if usual == Has::Always || drive.order(order.key) != Some(order.key) {
            all.push(Walk { index, condition, has: usual });
            continue;
        }
        let marks: &[&str] = match (order.key, drive, s.overdue) {
            // By the mark first.
            (Key::Due, Drive::Order, Some(false)) => &["is_overdue = FALSE AND "],
            (Key::Due, Drive::Order, Some(true)) => &["is_overdue = TRUE AND "],
            (Key::Due, Drive::Order, None) => &["is_overdue = TRUE AND ", "is_overdue = FALSE AND "],
            _ => &[""],
        };
        for mark in marks {
            for (has, word) in [(Has::Always, "IS NOT NULL"), (Has::Never, "IS NULL")] {
                let before = if condition.is_empty() { String::new() } else { format!("{condition} AND ") };
                all.push(Walk { index, condition: format!("{before}{mark}{column} {word}"), has });
            }
        }
    }
    all
}

/// The conditions of a query, with their parameters in place.
struct Text {
    conditions: Vec<Condition>,
    present: &'static str,
}

impl Text {
    /// Without the condition that `drive` stands for.
    fn of(b: &mut Built, scope: &LeadScope, s: &Selection, drive: &Drive) -> Text {
        let narrowed = without(s, drive);
        let scope = if drive.is_within(scope) { &LeadScope::All } else { scope };
        Text { conditions: conditions(b, scope, &narrowed), present: present(s) }
    }

    fn walk(&self, engine: Engine, drive: &Drive, key: Key, walk: &Walk) -> (String, String) {
        let mut condition = self.met(walk);
        for other in &self.conditions {
            condition.push_str(" AND ");
            condition.push_str(&other.text);
        }
        (from(engine, drive, key, walk), condition)
    }

    /// What the walk meets.
    fn met(&self, walk: &Walk) -> String {
        match walk.condition.is_empty() {
            true => self.present.to_owned(),
            false => format!("{} AND {}", walk.condition, self.present),
        }
    }
}

fn from(engine: Engine, drive: &Drive, key: Key, walk: &Walk) -> String {
    let index = walk.index.unwrap_or_else(|| drive.index(key));
    format!("{}leads{}", drive.beside(), along(engine, index))
}

/// What remains to be asked once the drive's condition is met.
fn without(s: &Selection, drive: &Drive) -> Selection {
    let mut s = s.clone();
    match drive {
        Drive::Order | Drive::Archived | Drive::Team { .. } => {}
        Drive::Owner(_) => s.owner = None,
        Drive::Department(_) => s.department = None,
        Drive::Vendor(_) => s.vendor = None,
        Drive::Contact(_) => s.contact = None,
        Drive::Sources(_) => s.sources.clear(),
        Drive::Disposition(_) => s.disposition = None,
        Drive::Priorities(_) => s.priorities.clear(),
        Drive::Stages(_) | Drive::Untouched(_) => s.stages = None,
        Drive::Tag(_) => s.tag = None,
        Drive::Custom(group) => s.custom.retain(|g| g != group),
        Drive::Overdue => s.overdue = None,
        Drive::Scores => (s.score_min, s.score_max) = (None, None),
        Drive::Days => (s.created_from, s.created_to) = (None, None),
    }
    s
}

/// In the order of the list, those without a value last.
pub(in crate::leads) fn sorted(order: Order) -> String {
    let absent =
        if order.key.may_be_absent() { format!("({} IS NULL), ", order.key.column()) } else { String::new() };
    format!("{absent}{}", sorted_where(order, Has::Always))
}

/// The same for a walk all of whose rows have a value, or none.
fn sorted_where(order: Order, has: Has) -> String {
    let down = if order.descending { " DESC" } else { "" };
    match has {
        Has::Never => format!("id{down}"),
        Has::Always | Has::Perhaps => format!("{}{down}, id{down}", order.key.column()),
    }
}

/// ` AND …`: rows behind `at` in the order of a list, whatever they have to be ordered by.
pub(in crate::leads) fn behind(b: &mut Built, order: Order, at: Option<&At>) -> String {
    let part = Part { after: at.cloned(), offset: 0, fetch: 0 };
    let has = if order.key.may_be_absent() { Has::Perhaps } else { Has::Always };
    after(b, order, has, &part).unwrap_or_default()
}

/// ` AND …`: rows behind the last one shown. `None`: a walk of such rows has none.
fn after(b: &mut Built, order: Order, has: Has, part: &Part) -> Option<String> {
    let Some(at) = &part.after else { return Some(String::new()) };
    let (column, sign) = (order.key.column(), if order.descending { '<' } else { '>' });
    if at.key == Value::Null {
        return match has {
            Has::Always => None,
            Has::Never => Some(format!(" AND id {sign} {}", b.arg(at.id))),
            Has::Perhaps => Some(format!(" AND {column} IS NULL AND id {sign} {}", b.arg(at.id))),
        };
    }
    if has == Has::Never {
        return Some(String::new());
    }
    let (key, id) = (b.arg(at.key.clone()), b.arg(at.id));
    let behind = format!("({column}, id) {sign} ({key}, {id})");
    Some(match has {
        Has::Perhaps => format!(" AND ({behind} OR {column} IS NULL)"),
        _ => format!(" AND {behind}"),
    })
}
