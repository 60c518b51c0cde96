//! What is heard, by whom, and how fast.

mod nodes;
mod scopes;
mod sessions;
mod sockets;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use people::{
    DepartmentId, UserId,
    access::{Grant, Principal, PrincipalKind, Scope},
};
use platform::{
    Db, Tx,
    events::{self, NewEvent, Origin},
};
use serde_json::{Value as Json, json};

use super::{
    frame::Frame,
    principal,
    session::{End, Reload, Session, Timing},
    view::View,
};

/// Somebody of `role` with permissions as in `tickets.read:team`.
fn person(id: i64, departments: &[i64], grants: &[&str]) -> Principal {
    let grant = |text: &&str| {
        let (action, scope) = text.split_once(':').unwrap();
        let scope = match scope {
            "own" => Scope::Own,
            "team" => Scope::Team,
            _ => Scope::All,
        };
        Grant { action: action.to_owned(), scope }
    };
    Principal {
        kind: PrincipalKind::User(UserId(id)),
        name: format!("Person {id}"),
        role_key: "agent".into(),
        grants: grants.iter().map(grant).collect(),
        departments: departments.iter().copied().map(DepartmentId).collect(),
        vendor_id: None,
        managed: Vec::new(),
    }
}

fn agent(id: i64, departments: &[i64]) -> View {
    principal::view(&person(id, departments, &["tickets.read:team", "contacts.read:all", "users.read:team"]))
}

/// Principals that tests may change and take away.
#[derive(Clone, Default)]
struct Directory(Arc<Mutex<HashMap<i64, View>>>);

impl Directory {
    fn set(&self, id: i64, view: Option<View>) {
        let mut all = self.0.lock().unwrap();
        match view {
            Some(view) => all.insert(id, view),
            None => all.remove(&id),
        };
    }
    fn reload(&self, id: i64) -> Reload {
        let all = self.0.clone();
        Arc::new(move || {
            let found = all.lock().unwrap().get(&id).cloned();
            Box::pin(async move { Ok(found) })
        })
    }
}

/// Nothing happens by time alone.
const STILL: Timing = Timing {
    recheck: Duration::from_secs(3600),
    again: Duration::from_secs(3600),
    ping: Duration::from_secs(3600),
};

fn fact(kind: &'static str, ticket: i64, place: (Option<i64>, Option<i64>), data: Json) -> NewEvent {
    NewEvent::new(kind, "ticket", ticket, data).scope(place.0, place.1)
}

async fn record(db: &Db, facts: Vec<NewEvent>) {
    let write =
        move |tx: &Tx<'_>| facts.iter().try_for_each(|f| events::record(tx, &Origin::system(), f.clone()));
    db.write(write).await.unwrap();
}

fn read(frame: &Frame) -> Json {
    serde_json::from_str(&frame.text).unwrap()
}

/// The type, the sequence number and the subject of each frame.
fn brief(frames: &[Frame]) -> Vec<Json> {
    let one = |f: &Frame| {
        let f = read(f);
        json!([f["type"], f["seq"], f["subject"]["id"]])
    };
    frames.iter().map(one).collect()
}

async fn next(session: &mut Session) -> Result<Vec<Frame>, End> {
    tokio::time::timeout(Duration::from_secs(5), session.next()).await.expect("a frame within five seconds")
}

/// Nothing comes.
async fn silence(session: &mut Session) {
    let waited = tokio::time::timeout(Duration::from_millis(150), session.next()).await;
    assert!(waited.is_err(), "{:?}", waited.map(|f| f.map(|f| brief(&f))));
}
