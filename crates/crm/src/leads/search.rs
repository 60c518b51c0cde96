//! Finding leads by words: of their names, their contacts' names and addresses, their students' names, and their notes.
//!
//! The index follows the events a moment behind (see [`platform::search`]); what it finds is looked at in the rows, so that
//! nobody is shown what is no longer theirs. Totals of a search by places, people and a tag alone come from the index, and are as
//! of that moment. Bounded: a search that is put in another order, or narrowed by what the index does not know, counts the
//! newest 2 000 that its words find.

use std::collections::{BTreeSet, HashMap};

use people::{ContactId, UserId, contacts};
use platform::{
    Conn, Result,
    counts::{Count, Counts},
    db::{Sql, Value, dialect::in_list},
    http::{COUNT_CAP, ListPage, Page},
    params,
    search::{Document, Query, Source, Subject, number_of},
    sql,
};
use serde_json::json;

use super::{
    Lead, LeadScope,
    list::{at, key_of},
    query::{Built, Order, Selection, by_id, conditions, page::sorted},
    store,
};
use crate::LeadId;

/// The table of tokens.
pub const INDEX: &str = "lead_search";
/// Matches that are put in another order than newest first, or counted one by one.
const WINDOW: i64 = 2_000;
/// Words of a text that count; of notes so many at either end.
const WORDS: usize = 150;
/// Leads of a contact whose documents follow it: the newest.
const OF_CONTACT: i64 = 500;

/// Marks of where a lead belongs.
const OWNER: char = 'o';
const DEPARTMENT: char = 'd';
const VENDOR: char = 'v';
const STAGE: char = 's';
const ARCHIVED: char = 'a';
const TAG: char = 't';

/// Leads as they are searched.
#[derive(Debug, Clone, Copy)]
pub struct Leads;

impl Source for Leads {
    fn table(&self) -> &'static str {
        INDEX
    }

    fn subjects(&self) -> &'static [&'static str] {
        &["lead", "contact"]
    }

    fn rows(&self, c: &Conn<'_>, subjects: &[Subject]) -> Result<Vec<i64>> {
        let of =
            |kind: &str| subjects.iter().filter(|(k, _)| k == kind).map(|(_, id)| *id).collect::<Vec<_>>();
        let (mut all, contacts) = (of("lead"), of("contact"));
        if contacts.is_empty() {
            return Ok(all);
        }
        let mut values: Vec<Value<'_>> = contacts.iter().map(Value::from).collect();
        values.push(Value::from(OF_CONTACT));
        let text = format!(
            "SELECT id FROM leads WHERE contact_id IN ({}) ORDER BY id DESC LIMIT ?{}",
            in_list(1, contacts.len()),
            values.len()
        );
        all.extend(c.all(Sql::built(&text), &values, |r| r.get::<i64>(0))?);
        Ok(all)
    }

    fn after(&self, c: &Conn<'_>, id: i64, limit: i64) -> Result<Vec<i64>> {
        c.all(sql!("SELECT id FROM leads WHERE id > ?1 ORDER BY id LIMIT ?2"), params![id, limit], |r| {
            r.get(0)
        })
    }

    fn documents(&self, c: &Conn<'_>, ids: &[i64]) -> Result<Vec<(i64, Document)>> {
        let values: Vec<Value<'_>> = ids.iter().map(Value::from).collect();
        let list = in_list(1, ids.len());
        let text = format!("SELECT {} FROM leads WHERE id IN ({list})", store::COLUMNS);
        let leads = c.all(Sql::built(&text), &values, store::read)?;
        let people: BTreeSet<ContactId> = leads.iter().map(|l| l.contact_id).collect();
        let people = contacts::briefs(c, &people.into_iter().collect::<Vec<_>>())?;
        let mut students: HashMap<LeadId, Vec<String>> = HashMap::new();
        let text = format!("SELECT lead_id, name FROM students WHERE lead_id IN ({list})");
        for (lead, name) in
            c.all(Sql::built(&text), &values, |r| Ok((r.get::<LeadId>(0)?, r.get::<String>(1)?)))?
        {
            students.entry(lead).or_default().push(name);
        }
        let document = |lead: &Lead| {
            let names = students.get(&lead.id).map(Vec::as_slice).unwrap_or_default();
            (lead.id.0, document(lead, people.get(&lead.contact_id), names))
        };
        Ok(leads.iter().map(document).collect())
    }
}

fn document(lead: &Lead, contact: Option<&contacts::Brief>, students: &[String]) -> Document {
    let mut d = Document::new();
    d.mark(OWNER, lead.owner_id.map_or(0, |u| u.0));
    d.mark(DEPARTMENT, lead.department_id.map_or(0, |d| d.0));
    d.mark(STAGE, lead.stage_id.0);
    if let Some(vendor) = lead.vendor_id {
        d.mark(VENDOR, vendor.0);
    }
    if lead.archived_at.is_some() {
        d.mark(ARCHIVED, 0);
    }
    lead.tags.iter().for_each(|tag| d.mark_named(TAG, tag));
    d.text(&lead.name, WORDS);
    if let Some(contact) = contact {
        d.text(&contact.name, WORDS);
        for method in &contact.methods {
            match method.kind.as_str() {
                "phone" | "whatsapp" | "viber" => {
                    d.number(&method.value);
                    if let Some(number) = contacts::at_home(&method.value) {
                        d.number(&number);
                    }
                }
                _ => d.text(&method.value, WORDS),
            }
        }
    }
    students.iter().for_each(|name| d.text(name, WORDS));
    // They grow at their end: what was noted last is looked for most.
    let (last, first) = ends(&lead.notes);
    d.text(&last, WORDS);
    d.text(&first, WORDS);
    d
}

/// The last words of a text, and the first of the others.
fn ends(text: &str) -> (String, String) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (others, last) = words.split_at(words.len().saturating_sub(WORDS));
    (last.join(" "), others[..others.len().min(WORDS)].join(" "))
}

/// A page of what `words` find in a selection.
pub(super) fn list(
    c: &Conn<'_>,
    counts: &Counts,
    scope: &LeadScope,
    s: &Selection,
    order: Order,
    words: &str,
    page: &Page,
) -> Result<ListPage<Lead>> {
    let Some(query) = Query::read(words) else { return Ok(page.finish(Vec::new(), 0, |_| Vec::new())) };
    let find = Find { query: narrowed(query, scope, s), scope, selection: s };
    let is_newest = order == Order::NEWEST;
    let what = ("search", words, is_newest, scope, s);
    let mut first = None;
    let count = match &page.cursor {
        Some(cursor) => Count { is_part: cursor.int(3)? != 0, ..Count::exactly(cursor.int(2)?) },
        None => counts.of(what, || {
            if is_newest && find.is_by_marks() {
                let ids = find.ids(c)?;
                if ids.len() as i64 <= COUNT_CAP {
                    first = find.first(c, &ids, page)?;
                }
                return Ok(Count::exactly(ids.len() as i64));
            }
            find.count(c)
        })?,
    };
    let rows = match first {
        Some(rows) => rows,
        None => {
            let b = find.page(c, order, page)?;
            c.all(b.sql(), &b.values, store::read)?
        }
    };
    let (total, is_part) = (count.found, count.is_part);
    let key =
        |lead: &Lead| vec![key_of(lead, order.key), json!(lead.id), json!(total), json!(i64::from(is_part))];
    let mut found = page.finish(rows, total, key);
    found.total_capped |= is_part;
    Ok(found)
}

/// With the marks of what is asked for: they make the search quick; what is shown is looked at in the rows all the same.
fn narrowed(mut query: Query, scope: &LeadScope, s: &Selection) -> Query {
    match scope {
        LeadScope::All => {}
        LeadScope::Own(user) => query = query.within([mine(*user)]),
        LeadScope::Vendor(vendor) => query = query.within([(VENDOR, vendor.0)]),
        LeadScope::Team { user, departments } => {
            let teams = departments.iter().map(|d| (DEPARTMENT, d.0));
            query = query.within(teams.chain([mine(*user)]));
        }
    }
    if let Some(owner) = s.owner {
        query = query.within([(OWNER, owner.map_or(0, |u| u.0))]);
    }
    if let Some(department) = s.department {
        query = query.within([(DEPARTMENT, department.0)]);
    }
    if let Some(vendor) = s.vendor {
        query = query.within([(VENDOR, vendor.0)]);
    }
    if let Some(stages) = &s.stages {
        query = query.within(stages.iter().map(|stage| (STAGE, stage.0)));
    }
    if let Some(tag) = &s.tag {
        query = query.within([(TAG, number_of(tag))]);
    }
    match s.archived {
        true => query.within([(ARCHIVED, 0)]),
        false => query.without(ARCHIVED, 0),
    }
}

/// The mark of somebody's leads. A program is nobody, and yet what is nobody's is not its own.
fn mine(user: UserId) -> (char, i64) {
    (OWNER, if user.0 == 0 { i64::MAX } else { user.0 })
}

struct Find<'a> {
    query: Query,
    scope: &'a LeadScope,
    selection: &'a Selection,
}

impl Find<'_> {
    /// Whether the marks say all that is asked for.
    fn is_by_marks(&self) -> bool {
        let s = self.selection;
        let marked = Selection {
            stages: s.stages.clone(),
            owner: s.owner,
            department: s.department,
            vendor: s.vendor,
            tag: s.tag.clone(),
            archived: s.archived,
            ..Selection::default()
        };
        *s == marked
    }

    /// What is found by the marks alone, as far as a list counts; the newest first, unless there are more.
    ///
    /// Backwards, the index of words would go through all of its lists, however rare one of the words is.
    fn ids(&self, c: &Conn<'_>) -> Result<Vec<i64>> {
        let mut b = Built::default();
        let matches = self.query.condition(c, INDEX, &mut b.values);
        let most = b.arg(COUNT_CAP + 1);
        b.text = format!("SELECT rowid FROM {INDEX} WHERE {matches} LIMIT {most}");
        let mut ids: Vec<i64> = c.all(b.sql(), &b.values, |r| r.get(0))?;
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
    }

    /// The rows of a page of `ids`. `None`: some of them are no longer meant, and others stand in their places.
    fn first(&self, c: &Conn<'_>, ids: &[i64], page: &Page) -> Result<Option<Vec<Lead>>> {
        let skip = usize::try_from(page.offset).unwrap_or(usize::MAX).min(ids.len());
        let ids = &ids[skip..];
        let ids = &ids[..ids.len().min(usize::try_from(page.fetch()).unwrap_or(usize::MAX))];
        if ids.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut b = Built::default();
        let (list, those) = (b.args(ids.iter().copied()), self.those(&mut b));
        b.text = format!(
            "SELECT {} FROM leads{} WHERE id IN ({list}) AND {those} ORDER BY id DESC",
            store::COLUMNS,
            by_id(c.engine())
        );
        let rows = c.all(b.sql(), &b.values, store::read)?;
        Ok((rows.len() == ids.len()).then_some(rows))
    }

    /// How many there are of the newest that are looked at: put in another order, or narrowed besides, no others are listed.
    fn count(&self, c: &Conn<'_>) -> Result<Count> {
        let mut b = Built::default();
        let matches = self.query.condition(c, INDEX, &mut b.values);
        if self.is_by_marks() {
            let limit = b.arg(WINDOW + 1);
            b.text = format!(
                "SELECT count(*) FROM (SELECT rowid FROM {INDEX} WHERE {matches} LIMIT {limit}) AS counted"
            );
            let found: i64 = c.one(b.sql(), &b.values, |r| r.get(0))?;
            return Ok(Count { is_part: found > WINDOW, ..Count::exactly(found.min(WINDOW)) });
        }
        let found = newest(&mut b, &matches, WINDOW + 1);
        let those = self.those(&mut b);
        b.text = format!(
            "SELECT count(*), CAST(coalesce(sum(CASE WHEN {those} THEN 1 ELSE 0 END), 0) AS bigint) FROM ({found}) AS found CROSS JOIN leads WHERE leads.id = found.found_id"
        );
        let (met, total): (i64, i64) = c.one(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(Count { is_part: met > WINDOW, ..Count::exactly(total) })
    }

    /// The true conditions, on the rows.
    fn those(&self, b: &mut Built) -> String {
        let present = if self.selection.archived { "archived_at IS NOT NULL" } else { "archived_at IS NULL" };
        let mut all = vec![present.to_owned()];
        all.extend(conditions(b, self.scope, self.selection).into_iter().map(|c| c.text));
        all.join(" AND ")
    }

    fn page(&self, c: &Conn<'_>, order: Order, page: &Page) -> Result<Built> {
        let after = page.cursor.as_ref().map(|cursor| at(cursor, order.key)).transpose()?;
        let mut b = Built::default();
        let matches = self.query.condition(c, INDEX, &mut b.values);
        if order == Order::NEWEST {
            // Ids stand in the order in which leads came: the index needs no other.
            let before = after.map(|at| format!(" AND {INDEX}.rowid < {}", b.arg(at.id))).unwrap_or_default();
            let those = self.those(&mut b);
            let (fetch, skip) = (b.arg(page.fetch()), b.arg(page.offset));
            b.text = format!(
                "SELECT {} FROM {INDEX} CROSS JOIN leads WHERE {matches}{before} AND leads.id = {INDEX}.rowid AND {those} \
                 ORDER BY {INDEX}.rowid DESC LIMIT {fetch} OFFSET {skip}",
                store::COLUMNS
            );
            return Ok(b);
        }
        let found = newest(&mut b, &matches, WINDOW);
        let those = self.those(&mut b);
        let behind = super::query::page::behind(&mut b, order, after.as_ref());
        let (sorted, fetch, skip) = (sorted(order), b.arg(page.fetch()), b.arg(page.offset));
        b.text = format!(
            "SELECT {} FROM ({found}) AS found CROSS JOIN leads WHERE leads.id = found.found_id AND {those}{behind} \
             ORDER BY {sorted} LIMIT {fetch} OFFSET {skip}",
            store::COLUMNS
        );
        Ok(b)
    }
}

/// The newest rows that match.
fn newest(b: &mut Built, matches: &str, most: i64) -> String {
    let most = b.arg(most);
    format!("SELECT rowid AS found_id FROM {INDEX} WHERE {matches} ORDER BY rowid DESC LIMIT {most}")
}

/// Those of the newest 2 000 leads found by `words` that are meant; true where the words find others behind them.
pub(super) fn newest_ids(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
    words: &str,
) -> Result<(Vec<LeadId>, bool)> {
    among_newest(c, scope, s, words, WINDOW)
}

/// The same of the newest `most`.
pub(super) fn among_newest(
    c: &Conn<'_>,
    scope: &LeadScope,
    s: &Selection,
    words: &str,
    most: i64,
) -> Result<(Vec<LeadId>, bool)> {
    let Some(query) = Query::read(words) else { return Ok((Vec::new(), false)) };
    let find = Find { query: narrowed(query, scope, s), scope, selection: s };
    let mut b = Built::default();
    let matches = find.query.condition(c, INDEX, &mut b.values);
    let found = newest(&mut b, &matches, most + 1);
    let those = find.those(&mut b);
    b.text = format!(
        "SELECT id, CASE WHEN {those} THEN TRUE ELSE FALSE END FROM ({found}) AS found CROSS JOIN leads WHERE leads.id = found.found_id"
    );
    let mut met: Vec<(LeadId, bool)> = c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))?;
    met.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    let is_part = met.len() as i64 > most;
    met.truncate(most as usize);
    Ok((met.into_iter().filter(|(_, is_meant)| *is_meant).map(|(id, _)| id).collect(), is_part))
}
