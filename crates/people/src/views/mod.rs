//! Saved views: what a page shows, under a name, for oneself or for others.
//!
//! A view keeps the filters that a page's address holds and the columns of its table; what they mean is the page's business.
//! Invariants: whose a view is never changes; a private one is its owner's alone, whoever asks; the managers of a team
//! share with that team, administrators with everybody; whose a view is and with whom it is shared is part of every query.
//! A view never widens what its reader sees: it is a question, asked with the reader's own rights.

pub mod events;
mod routes;
mod store;

use platform::{
    Conn, Error, Fault, Result, Tx,
    clock::Millis,
    error::Code,
    events::{NewEvent, Origin},
};
use serde_json::{Map, Value as Json, json};

pub(crate) use routes::routes;

use crate::{
    DepartmentId, UserId,
    access::{Principal, Scope},
    departments,
};

platform::id_type!(
    /// A row of `saved_views`.
    SavedViewId
);

crate::permission! {
    /// See saved views: one's own and those that are shared.
    pub ViewsRead = "views.read";
    /// Save views, and share them as far as the role reaches.
    pub ViewsWrite = "views.write";
}

platform::words!(
    /// The page that a view is of.
    Screen { Leads = "leads", Pipeline = "pipeline", Inbox = "inbox", Tasks = "tasks" }
);
platform::words!(
    /// Who sees a view besides its owner.
    SharedWith { Me = "me", Team = "team", All = "all" }
);

/// Views of one person; who wants another one deletes one first.
const MOST: i64 = 200;
/// Keys of one view's filters.
const MOST_KEYS: usize = 60;
/// The filters of one view as JSON, in bytes.
const LONGEST: usize = 4 << 10;
/// The name of one column.
const LONGEST_COLUMN: usize = 80;

/// With whom a view is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    Me,
    Team(DepartmentId),
    All,
}

impl Sharing {
    pub fn word(self) -> SharedWith {
        match self {
            Sharing::Me => SharedWith::Me,
            Sharing::Team(_) => SharedWith::Team,
            Sharing::All => SharedWith::All,
        }
    }
    pub fn department(self) -> Option<DepartmentId> {
        match self {
            Sharing::Team(id) => Some(id),
            Sharing::Me | Sharing::All => None,
        }
    }
    fn new(word: SharedWith, department: Option<DepartmentId>) -> Result<Sharing, Fault> {
        match (word, department) {
            (SharedWith::Me, None) => Ok(Sharing::Me),
            (SharedWith::All, None) => Ok(Sharing::All),
            (SharedWith::Team, Some(id)) => Ok(Sharing::Team(id)),
            (SharedWith::Team, None) => Err(Fault::new("department_id", "required", "say which team")),
            (_, Some(_)) => Err(Fault::new("department_id", "unexpected", "is for views of a team alone")),
        }
    }
}

/// A row of `saved_views`.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedView {
    pub id: SavedViewId,
    pub owner_id: UserId,
    pub name: String,
    pub screen: Screen,
    pub query: Map<String, Json>,
    pub columns: Vec<String>,
    pub sharing: Sharing,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

/// A change; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
struct Change {
    name: Option<String>,
    query: Option<Map<String, Json>>,
    columns: Option<Vec<String>>,
    shared_with: Option<SharedWith>,
    department_id: Option<Option<DepartmentId>>,
}

/// Who asks, as far as views go.
#[derive(Debug, Clone)]
pub struct Asker {
    /// `None` for an API key, which owns no views.
    pub user: Option<UserId>,
    /// Whose shared views it sees; `None`: those of every team.
    pub teams: Option<Vec<DepartmentId>>,
    /// How far it may share and change what others shared; `None`: not at all.
    write: Option<Scope>,
    managed: Vec<DepartmentId>,
}

impl Asker {
    /// `reads`: how far the caller sees.
    pub fn of(principal: &Principal, reads: Scope) -> Asker {
        Asker {
            user: principal.user_id(),
            teams: match reads {
                Scope::All => None,
                Scope::Team => Some(principal.departments.clone()),
                Scope::Own => Some(Vec::new()),
            },
            write: principal.scope_of(<ViewsWrite as crate::access::Permission>::ACTION),
            managed: principal.managed.clone(),
        }
    }

    fn owns(&self, view: &SavedView) -> bool {
        self.user == Some(view.owner_id)
    }

    /// Whether it may share a view so far.
    fn may_share(&self, sharing: Sharing) -> bool {
        match sharing {
            Sharing::Me => self.write.is_some(),
            Sharing::Team(id) => match self.write {
                Some(Scope::All) => true,
                Some(Scope::Team) => self.managed.contains(&id),
                Some(Scope::Own) | None => false,
            },
            Sharing::All => self.write == Some(Scope::All),
        }
    }

    /// Whether it may change or delete the view: its own, or one of others that it could share itself.
    pub fn may_change(&self, view: &SavedView) -> bool {
        self.write.is_some()
            && (self.owns(view) || (view.sharing != Sharing::Me && self.may_share(view.sharing)))
    }
}

/// One view, if it is the asker's to see.
fn must(c: &Conn<'_>, asker: &Asker, id: SavedViewId) -> Result<SavedView> {
    store::get(c, asker, id)?.ok_or_else(|| Error::not_found("view"))
}

/// One view, if it is the asker's to change. Errors: 404, 403 for one that others share, 409 `stale_version`.
fn to_change(c: &Conn<'_>, asker: &Asker, id: SavedViewId, expected: Option<i64>) -> Result<SavedView> {
    let view = must(c, asker, id)?;
    if !asker.may_change(&view) {
        return Err(refused("Whose view it is changes it, and who may share it as well."));
    }
    match expected {
        Some(version) if version != view.version => Err(Error::stale()),
        _ => Ok(view),
    }
}

fn refused(words: &'static str) -> Error {
    Error { detail: words.into(), ..Error::forbidden() }
}

/// Saves a view. Errors: 422 with every fault, 403 for sharing further than one may, 409 where there are too many.
fn create(
    tx: &Tx<'_>,
    origin: &Origin,
    asker: &Asker,
    owner: UserId,
    screen: Screen,
    wanted: &Change,
) -> Result<SavedView> {
    let now = tx.now();
    let empty = SavedView {
        id: SavedViewId(0),
        owner_id: owner,
        name: String::new(),
        screen,
        query: Map::new(),
        columns: Vec::new(),
        sharing: Sharing::Me,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let view = applied(tx, asker, &empty, wanted)?;
    if store::count(tx, owner)? >= MOST {
        let words = format!("You have {MOST} views already. Delete one first.");
        return Err(Error::conflict(Code::Conflict, words));
    }
    let view = SavedView { id: store::insert(tx, &view)?, ..view };
    record(tx, origin, events::CREATED, &view, Json::Object(facts(&view)))?;
    Ok(view)
}

fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    asker: &Asker,
    before: &SavedView,
    wanted: &Change,
) -> Result<SavedView> {
    let mut after = applied(tx, asker, before, wanted)?;
    if after == *before {
        return Ok(after);
    }
    after.updated_at = tx.now();
    store::update(tx, &after)?;
    after.version += 1;
    let (old, new) = (facts(before), facts(&after));
    let mut changed: Vec<&str> =
        old.iter().filter(|(k, v)| new.get(*k) != Some(*v)).map(|(k, _)| k.as_str()).collect();
    let pick = |m: &Map<String, Json>| -> Map<String, Json> {
        changed.iter().filter_map(|k| Some(((*k).to_owned(), m.get(*k)?.clone()))).collect()
    };
    let (was, is) = (pick(&old), pick(&new));
    changed.extend((before.query != after.query).then_some("query"));
    changed.extend((before.columns != after.columns).then_some("columns"));
    let data = json!({ "before": was, "after": is, "changed": changed });
    record(tx, origin, events::UPDATED, &after, data)?;
    Ok(after)
}

fn delete(tx: &Tx<'_>, origin: &Origin, view: &SavedView) -> Result<()> {
    store::delete(tx, view.id)?;
    record(tx, origin, events::DELETED, view, Json::Object(facts(view)))
}

/// The view as it would be. Errors: 422 with every fault, 403 for sharing further than the asker may.
fn applied(c: &Conn<'_>, asker: &Asker, before: &SavedView, change: &Change) -> Result<SavedView> {
    let mut after = before.clone();
    let mut faults = Vec::new();
    if let Some(name) = &change.name {
        after.name = name.trim().to_owned();
    }
    if after.name.is_empty() {
        faults.push(Fault::new("name", "required", "must not be empty"));
    }
    if let Some(query) = &change.query {
        faults.extend(misfit(query));
        after.query = query.clone();
    }
    if let Some(columns) = &change.columns {
        for (n, column) in columns.iter().enumerate() {
            let field = || format!("columns.{n}");
            if !(1..=LONGEST_COLUMN).contains(&column.len()) {
                faults.push(Fault::new(
                    field(),
                    "too_long",
                    format!("must have 1 to {LONGEST_COLUMN} bytes"),
                ));
            } else if columns[..n].contains(column) {
                faults.push(Fault::new(field(), "repeated", "is named twice"));
            }
        }
        after.columns.clone_from(columns);
    }
    if change.shared_with.is_some() || change.department_id.is_some() {
        let word = change.shared_with.unwrap_or_else(|| before.sharing.word());
        // Whoever says only that it is no team's any more need not take the team away as well.
        let kept = before.sharing.department().filter(|_| word == SharedWith::Team);
        match Sharing::new(word, change.department_id.unwrap_or(kept)) {
            Ok(sharing) => after.sharing = sharing,
            Err(fault) => faults.push(fault),
        }
    }
    if let Sharing::Team(id) = after.sharing
        && after.sharing != before.sharing
        && !departments::get(c, id)?.is_some_and(|d| d.is_active)
    {
        faults.push(Fault::new("department_id", "not_found", "there is no such department"));
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    if after.sharing != before.sharing && !asker.may_share(after.sharing) {
        return Err(refused("Managers share with their team, administrators with everybody."));
    }
    Ok(after)
}

/// What is wrong with the filters as data; what they mean is the page's business.
fn misfit(query: &Map<String, Json>) -> Option<Fault> {
    let is_plain = |v: &Json| matches!(v, Json::String(_) | Json::Number(_) | Json::Bool(_));
    if query.len() > MOST_KEYS {
        return Some(Fault::new("query", "too_long", format!("has more than {MOST_KEYS} filters")));
    }
    if let Some((key, _)) = query.iter().find(|(_, value)| !is_plain(value)) {
        return Some(Fault::new(format!("query.{key}"), "type", "must be a text, a number or a truth"));
    }
    let size = Json::Object(query.clone()).to_string().len();
    (size > LONGEST).then(|| Fault::new("query", "too_long", format!("is longer than {LONGEST} bytes")))
}

/// What every event of a view tells.
fn facts(view: &SavedView) -> Map<String, Json> {
    let mut map = Map::new();
    map.insert("name".into(), json!(view.name));
    map.insert("screen".into(), json!(view.screen));
    map.insert("shared_with".into(), json!(view.sharing.word()));
    map.insert("department_id".into(), json!(view.sharing.department()));
    map
}

fn record(tx: &Tx<'_>, origin: &Origin, kind: &'static str, view: &SavedView, data: Json) -> Result<()> {
    let place = view.sharing.department().map(|d| d.0);
    let event = NewEvent::new(kind, "view", view.id.0, data).scope(place, Some(view.owner_id.0));
    platform::events::record(tx, origin, event)
}
