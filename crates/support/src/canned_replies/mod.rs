//! Canned replies: texts kept ready, with merge fields, for oneself, a department or everybody.
//!
//! Invariants: a personal one is its owner's alone, whoever asks; the managers of a department keep that department's,
//! administrators everybody's; whose one is stands in every query. A shortcut names one reply at each owner, folded. A text
//! names known fields only ([`fields`]). This slice sends nothing: what it makes of a reply is for an agent to read first.

pub mod events;
pub mod fields;
mod render;
mod routes;
mod store;

use people::{
    DepartmentId, UserId,
    access::{Permission, Principal, Scope},
    departments,
};
use platform::{
    Conn, Error, Fault, Result, Tx,
    clock::Millis,
    error::Code,
    events::{NewEvent, Origin},
    fold::fold,
};
use serde_json::{Map, Value as Json, json};

pub use self::{
    render::{LeadSeen, Leads},
    routes::{Replies, api},
};

platform::id_type!(
    /// A row of `canned_replies`.
    CannedReplyId
);

people::permission! {
    /// See canned replies: everybody's, those of one's departments and one's own.
    pub CannedRepliesRead = "canned_replies.read";
    /// Keep one's own canned replies, and others' as far as the role reaches.
    pub CannedRepliesWrite = "canned_replies.write";
}

platform::words!(
    /// Who has a reply.
    ReplySharing { Me = "me", Team = "team", All = "all" }
);

/// Replies of one owner; who wants another one deletes one first.
const MOST: i64 = 500;
const LONGEST_SHORTCUT: usize = 40;

/// Whose a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Person(UserId),
    Department(DepartmentId),
    Everybody,
}

impl Owner {
    pub fn word(self) -> ReplySharing {
        match self {
            Owner::Person(_) => ReplySharing::Me,
            Owner::Department(_) => ReplySharing::Team,
            Owner::Everybody => ReplySharing::All,
        }
    }
    pub fn department(self) -> Option<DepartmentId> {
        match self {
            Owner::Department(id) => Some(id),
            Owner::Person(_) | Owner::Everybody => None,
        }
    }
    pub fn user(self) -> Option<UserId> {
        match self {
            Owner::Person(id) => Some(id),
            Owner::Department(_) | Owner::Everybody => None,
        }
    }
}

/// A row of `canned_replies`.
#[derive(Debug, Clone, PartialEq)]
pub struct CannedReply {
    pub id: CannedReplyId,
    /// The preset's word for it.
    pub key: Option<String>,
    pub name: String,
    pub shortcut: String,
    pub subject: Option<String>,
    pub body: String,
    pub owner: Owner,
    pub is_active: bool,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
}

impl CannedReply {
    fn name_folded(&self) -> String {
        fold(&self.name)
    }
    /// What it is searched by.
    fn words(&self) -> String {
        let subject = self.subject.as_deref().unwrap_or_default();
        fold(&format!("{}\n{}\n{subject}\n{}", self.name, self.shortcut, self.body))
    }
}

/// A change; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
struct Change {
    name: Option<String>,
    shortcut: Option<String>,
    subject: Option<Option<String>>,
    body: Option<String>,
    shared_with: Option<ReplySharing>,
    department_id: Option<Option<DepartmentId>>,
    is_active: Option<bool>,
}

/// Who asks, as far as replies go.
#[derive(Debug, Clone)]
pub struct Asker {
    /// `None` for an API key, which has none of its own.
    user: Option<UserId>,
    /// Whose replies it sees; `None`: those of every department.
    teams: Option<Vec<DepartmentId>>,
    /// How far it keeps them; `None`: not at all.
    write: Option<Scope>,
    managed: Vec<DepartmentId>,
}

impl Asker {
    pub fn of(principal: &Principal) -> Asker {
        Asker {
            user: principal.user_id(),
            teams: match principal.scope_of(CannedRepliesRead::ACTION) {
                Some(Scope::All) => None,
                Some(Scope::Team) => Some(principal.departments.clone()),
                Some(Scope::Own) | None => Some(Vec::new()),
            },
            write: principal.scope_of(CannedRepliesWrite::ACTION),
            managed: principal.managed.clone(),
        }
    }

    /// Whether it may make, change and delete replies of `owner`.
    fn keeps(&self, owner: Owner) -> bool {
        match (owner, self.write) {
            (_, None) => false,
            (Owner::Person(id), Some(_)) => self.user == Some(id),
            (_, Some(Scope::All)) => true,
            (Owner::Department(id), Some(Scope::Team)) => self.managed.contains(&id),
            (_, Some(Scope::Team | Scope::Own)) => false,
        }
    }
}

/// One reply, if it is the asker's to see.
fn must(c: &Conn<'_>, asker: &Asker, id: CannedReplyId) -> Result<CannedReply> {
    store::get(c, asker, id)?.ok_or_else(|| Error::not_found("canned reply"))
}

/// One reply, if it is the asker's to change. Errors: 404, 403 for one that others keep, 409 `stale_version`.
fn to_change(c: &Conn<'_>, asker: &Asker, id: CannedReplyId, expected: Option<i64>) -> Result<CannedReply> {
    let reply = must(c, asker, id)?;
    if !asker.keeps(reply.owner) {
        return Err(refused());
    }
    match expected {
        Some(version) if version != reply.version => Err(Error::stale()),
        _ => Ok(reply),
    }
}

fn refused() -> Error {
    let words = "Managers keep the replies of the departments that they manage, administrators everybody's.";
    Error { detail: words.into(), ..Error::forbidden() }
}

/// Makes a reply. Errors: 422 with every fault, 403 for another's, 409 for a shortcut that is taken or too many.
fn create(tx: &Tx<'_>, origin: &Origin, asker: &Asker, wanted: &Change) -> Result<CannedReply> {
    let now = tx.now();
    let empty = CannedReply {
        id: CannedReplyId(0),
        key: None,
        name: String::new(),
        shortcut: String::new(),
        subject: None,
        body: String::new(),
        // A key has none of its own: it says whose.
        owner: asker.user.map_or(Owner::Everybody, Owner::Person),
        is_active: true,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let reply = applied(tx, asker, &empty, wanted)?;
    insert(tx, origin, reply)
}

fn insert(tx: &Tx<'_>, origin: &Origin, reply: CannedReply) -> Result<CannedReply> {
    let there_is_room = store::count(tx, reply.owner)? < MOST;
    if !there_is_room {
        let words = format!("There are {MOST} replies here already. Delete one first.");
        return Err(Error::conflict(Code::Conflict, words));
    }
    let reply = CannedReply { id: store::insert(tx, &reply)?, ..reply };
    record(tx, origin, events::CREATED, &reply, Json::Object(facts(&reply)))?;
    Ok(reply)
}

fn change(
    tx: &Tx<'_>,
    origin: &Origin,
    asker: &Asker,
    before: &CannedReply,
    wanted: &Change,
) -> Result<CannedReply> {
    let mut after = applied(tx, asker, before, wanted)?;
    if after == *before {
        return Ok(after);
    }
    if after.owner != before.owner && store::count(tx, after.owner)? >= MOST {
        let words = format!("There are {MOST} replies there already. Delete one first.");
        return Err(Error::conflict(Code::Conflict, words));
    }
    after.updated_at = tx.now();
    store::update(tx, &after)?;
    after.version += 1;
    let (old, new) = (facts(before), facts(&after));
    let names = old.keys().chain(new.keys().filter(|k| !old.contains_key(*k)));
    let mut changed: Vec<&str> = names.filter(|k| old.get(*k) != new.get(*k)).map(String::as_str).collect();
    let pick = |m: &Map<String, Json>| -> Map<String, Json> {
        changed.iter().filter_map(|k| Some(((*k).to_owned(), m.get(*k)?.clone()))).collect()
    };
    let (was, is) = (pick(&old), pick(&new));
    for (name, differs) in [("subject", before.subject != after.subject), ("body", before.body != after.body)]
    {
        if differs && !changed.contains(&name) {
            changed.push(name);
        }
    }
    let data = json!({ "before": was, "after": is, "changed": changed });
    record(tx, origin, events::UPDATED, &after, data)?;
    Ok(after)
}

fn delete(tx: &Tx<'_>, origin: &Origin, reply: &CannedReply) -> Result<()> {
    store::delete(tx, reply.id)?;
    record(tx, origin, events::DELETED, reply, Json::Object(facts(reply)))
}

/// A reply of a preset.
#[derive(Debug, Clone)]
pub struct Ready<'a> {
    pub key: &'a str,
    pub name: &'a str,
    pub shortcut: &'a str,
    pub subject: Option<&'a str>,
    pub body: &'a str,
    pub department_id: Option<DepartmentId>,
}

impl Ready<'_> {
    /// What would stop it from being kept.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = text_faults(self.name, self.subject, self.body);
        faults.extend(shortcut(self.shortcut).err());
        faults
    }
}

/// Makes the reply `key` unless it is there, be it as it was or changed since; another one with its shortcut is left in peace.
pub fn ensure(tx: &Tx<'_>, origin: &Origin, ready: &Ready<'_>) -> Result<()> {
    let faults = ready.faults();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    let owner = ready.department_id.map_or(Owner::Everybody, Owner::Department);
    let is_taken = store::with_shortcut(tx, owner, ready.shortcut)?.is_some();
    if is_taken || store::has_key(tx, ready.key)? {
        return Ok(());
    }
    let now = tx.now();
    let reply = CannedReply {
        id: CannedReplyId(0),
        key: Some(ready.key.to_owned()),
        name: ready.name.to_owned(),
        shortcut: ready.shortcut.to_owned(),
        subject: ready.subject.map(str::to_owned),
        body: ready.body.to_owned(),
        owner,
        is_active: true,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    insert(tx, origin, reply).map(|_| ())
}

/// What every event of a reply tells.
fn facts(reply: &CannedReply) -> Map<String, Json> {
    let mut map = Map::new();
    map.insert("name".into(), json!(reply.name));
    map.insert("shortcut".into(), json!(reply.shortcut));
    map.insert("shared_with".into(), json!(reply.owner.word()));
    map.insert("department_id".into(), json!(reply.owner.department()));
    map.insert("is_active".into(), json!(reply.is_active));
    if reply.owner.user().is_none() {
        map.insert("subject".into(), json!(reply.subject));
        map.insert("body".into(), json!(reply.body));
    }
    map
}

fn record(tx: &Tx<'_>, origin: &Origin, kind: &'static str, reply: &CannedReply, data: Json) -> Result<()> {
    let (place, whose) = (reply.owner.department().map(|d| d.0), reply.owner.user().map(|u| u.0));
    let event = NewEvent::new(kind, "canned_reply", reply.id.0, data).scope(place, whose);
    platform::events::record(tx, origin, event)
}

/// The reply as it would be. Errors: 422 with every fault, 403 for another's, 409 for a shortcut that is taken.
fn applied(c: &Conn<'_>, asker: &Asker, before: &CannedReply, change: &Change) -> Result<CannedReply> {
    let mut after = before.clone();
    let mut faults = Vec::new();
    if let Some(name) = &change.name {
        after.name = name.trim().to_owned();
    }
    if let Some(subject) = &change.subject {
        after.subject = subject.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
    }
    if let Some(body) = &change.body {
        after.body = body.trim().to_owned();
    }
    faults.extend(text_faults(&after.name, after.subject.as_deref(), &after.body));
    if let Some(wanted) = &change.shortcut {
        match shortcut(wanted) {
            Ok(plain) => after.shortcut = plain,
            Err(fault) => faults.push(fault),
        }
    }
    after.is_active = change.is_active.unwrap_or(before.is_active);
    match owner(asker, before.owner, change) {
        Ok(owner) => after.owner = owner,
        Err(fault) => faults.push(fault),
    }
    if let Owner::Department(id) = after.owner
        && after.owner != before.owner
        && !departments::get(c, id)?.is_some_and(|d| d.is_active)
    {
        faults.push(Fault::new("department_id", "not_found", "there is no such department"));
    }
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    if !asker.keeps(after.owner) {
        return Err(refused());
    }
    match store::with_shortcut(c, after.owner, &after.shortcut)? {
        Some(other) if other != after.id => Err(taken()),
        _ => Ok(after),
    }
}

fn taken() -> Error {
    let fault = Fault::new("shortcut", "taken", "names another reply here already");
    Error {
        faults: vec![fault],
        ..Error::conflict(Code::Duplicate, "This shortcut names another reply already.")
    }
}

fn owner(asker: &Asker, before: Owner, change: &Change) -> Result<Owner, Fault> {
    if change.shared_with.is_none() && change.department_id.is_none() {
        return Ok(before);
    }
    let word = change.shared_with.unwrap_or_else(|| before.word());
    // Whoever says only that it is no department's any more need not take the department away as well.
    let kept = before.department().filter(|_| word == ReplySharing::Team);
    match (word, change.department_id.unwrap_or(kept)) {
        (ReplySharing::Team, Some(id)) => Ok(Owner::Department(id)),
        (ReplySharing::Team, None) => Err(Fault::new("department_id", "required", "say which department")),
        (_, Some(_)) => {
            Err(Fault::new("department_id", "unexpected", "is for replies of a department alone"))
        }
        (ReplySharing::All, None) => Ok(Owner::Everybody),
        (ReplySharing::Me, None) => match asker.user {
            Some(me) => Ok(Owner::Person(me)),
            None => Err(Fault::new("shared_with", "not_one_of", "a key has no replies of its own")),
        },
    }
}

fn text_faults(name: &str, subject: Option<&str>, body: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (field, text) in [("name", name), ("body", body)] {
        if text.is_empty() {
            faults.push(Fault::new(field, "required", "must not be empty"));
        }
    }
    faults.extend(fields::faults("body", body));
    if let Some(subject) = subject {
        faults.extend(fields::faults("subject", subject));
        if subject.contains('\n') {
            faults.push(Fault::new("subject", "format", "must be one line"));
        }
    }
    faults
}

/// `/Chào-Hỏi` → `chao-hoi`.
fn shortcut(wanted: &str) -> Result<String, Fault> {
    let folded = fold(wanted.trim());
    let plain = folded.strip_prefix('/').unwrap_or(&folded);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=LONGEST_SHORTCUT).contains(&plain.len()) && plain.chars().all(fits) {
        return Ok(plain.to_owned());
    }
    let words = format!("must be 1 to {LONGEST_SHORTCUT} of the letters a–z, digits and hyphens");
    Err(Fault::new("shortcut", "format", words))
}
