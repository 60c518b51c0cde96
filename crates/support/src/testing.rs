//! A desk for the tests of this crate: a fresh database of each engine, a clock that stands still, people and teams, and
//! the routes of tickets and messages behind a real log-in. Nothing here is part of the product.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    response::Response,
};
use people::{
    ContactId, DepartmentId, Desk, UserId,
    access::{self},
};
use platform::{
    Db, Entropy, Result, Tx,
    config::Config,
    crypto::Keyring,
    db::{Reactors, migrate::Migration},
    events::Origin,
    params, sql,
    testing::{Setup, TestDb},
};
use serde_json::Value as Json;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::{
    MessageId, Support, TicketId, accounts,
    messages::NewMessage,
    routing,
    tickets::{self, Change, NewTicket, Priority, Ticket},
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "platform", text: include_str!("../../../migrations/0001_platform.sql") },
    Migration { number: 2, name: "people", text: include_str!("../../../migrations/0002_people.sql") },
    Migration { number: 3, name: "support", text: include_str!("../../../migrations/0003_support.sql") },
];

/// The databases of a test, with the reactors of routing.
pub(crate) fn setup() -> Setup {
    Setup::new(MIGRATIONS).reactors(|| {
        let mut reactors = Reactors::default();
        routing::reactors(&mut reactors);
        reactors
    })
}

/// Runs an asynchronous test on each engine.
pub(crate) fn each(test: impl AsyncFn(&TestDb) -> Result<()>) {
    setup().each(|t| platform::testing::runtime().block_on(test(t)));
}

/// A department that gives out nothing by itself.
pub(crate) fn department(tx: &Tx<'_>, key: &str) -> Result<DepartmentId> {
    tx.insert(
        sql!(
            "INSERT INTO departments (key, name, strategy, uses_shifts, is_fallback, is_active, created_at, updated_at, version) VALUES (?1, ?1, 'manual', FALSE, FALSE, TRUE, ?2, ?2, 1) RETURNING id"
        ),
        params![key, tx.now()],
    )
}

/// Somebody who works here, is available, and has no password.
pub(crate) fn user(tx: &Tx<'_>, name: &str, role: &str, departments: &[DepartmentId]) -> Result<UserId> {
    access::sync_system_roles(tx)?;
    let id: UserId = tx.insert(
        sql!(
            "INSERT INTO users (email, email_key, username, username_key, name, name_folded, role_id, is_active, kpi_score, created_at, updated_at, version) VALUES (?1, ?1, ?2, ?2, ?2, ?2, (SELECT id FROM roles WHERE key = ?3), TRUE, 0, ?4, ?4, 1) RETURNING id"
        ),
        params![format!("{name}@desk.test"), name, role, tx.now()],
    )?;
    tx.exec(
        sql!(
            "INSERT INTO agent_states (user_id, status, status_since, open_tickets, last_assigned_at) VALUES (?1, 'available', ?2, 0, 0)"
        ),
        params![id, tx.now()],
    )?;
    for department in departments {
        tx.exec(
            sql!(
                "INSERT INTO department_members (department_id, user_id, is_manager, is_primary) VALUES (?1, ?2, FALSE, FALSE)"
            ),
            params![*department, id],
        )?;
    }
    Ok(id)
}

pub(crate) fn contact(tx: &Tx<'_>, name: &str) -> Result<ContactId> {
    tx.insert(
        sql!(
            "INSERT INTO contacts (name, name_folded, kind, is_blocked, created_at, updated_at, version) VALUES (?1, ?2, 'person', FALSE, ?3, ?3, 1) RETURNING id"
        ),
        params![name, platform::fold::fold(name), tx.now()],
    )
}

/// A new ticket of `contact` with one message, where it is put.
pub(crate) fn ticket(
    tx: &Tx<'_>,
    contact: ContactId,
    department: Option<DepartmentId>,
    assignee: Option<UserId>,
) -> Result<Ticket> {
    let origin = Origin::system();
    let new = NewTicket {
        contact_id: contact,
        channel: "generic".into(),
        account_id: Some(accounts::implicit(tx, "generic", "shop")?),
        identity: format!("who-{}", contact.0),
        subject: "Máy không chạy".into(),
        priority: Priority::Medium,
        department_id: None,
        tags: Vec::new(),
        is_spam: false,
        is_bot_handoff: false,
        previous_ticket_id: None,
    };
    let ticket = tickets::open(tx, &origin, &new)?;
    let (ticket, _) = customer_writes(tx, &ticket, "Giúp tôi với")?;
    let change = Change {
        department_id: Some(department),
        assignee_id: Some(assignee),
        quiet: true,
        ..Change::default()
    };
    tickets::change(tx, &origin, &ticket, change)
}

/// One more message of the customer.
pub(crate) fn customer_writes(tx: &Tx<'_>, ticket: &Ticket, text: &str) -> Result<(Ticket, MessageId)> {
    let message = NewMessage { content: text.into(), at: tx.now(), ..NewMessage::on(ticket) };
    let written = tickets::append(tx, &Origin::system(), ticket, &message, None)?;
    Ok(written.expect("nothing names this message"))
}

/// A running desk on `t`.
pub(crate) struct World {
    pub support: Support,
    pub app: Router,
    stop: watch::Sender<bool>,
    _dir: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl World {
    pub async fn on(t: &TestDb) -> Result<World> {
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = Config::for_testing();
        config.data.dir = dir.path().to_owned();
        let (stop, stopped) = watch::channel(false);
        let db = t.db.clone();
        db.write(access::sync_system_roles).await?;
        let entropy = Entropy::seeded(7);
        let keyring = Keyring::new([7; 32], entropy.clone());
        let desk = Desk::start(config, db, entropy, keyring, stopped.clone()).await?;
        let support = Support::start(desk, stopped).await?;
        let mut api = tickets::api();
        api.merge(crate::messages::api());
        api.merge(people::api());
        let (router, ..) = api.with_state::<()>(support.clone()).into_parts();
        Ok(World { support, app: router, stop, _dir: dir })
    }

    pub fn db(&self) -> &Db {
        &self.support.desk.db
    }

    /// Logs somebody in; the access token.
    pub async fn token(&self, user: UserId) -> Result<String> {
        const PASSWORD: &str = "a horse, a battery and a staple";
        let hash = access::hash_password(PASSWORD, &self.support.desk.entropy)?;
        let set = move |tx: &Tx<'_>| {
            tx.exec(sql!("UPDATE users SET password_hash = ?2 WHERE id = ?1"), params![user, &hash])?;
            access::username(tx, user)
        };
        let name = self.db().write(set).await?;
        let body = serde_json::json!({"username": name, "password": PASSWORD});
        let (status, session) = self.call("", "POST", "/auth/login", Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{session}");
        Ok(session["access_token"].as_str().expect("a token").to_owned())
    }

    /// A key of `scope`.
    pub async fn key(&self, scope: &'static str) -> Result<String> {
        let (limits, entropy) = (self.support.desk.config.limits.clone(), self.support.desk.entropy.clone());
        let make = move |tx: &Tx<'_>| {
            access::create_api_key(tx, &Origin::system(), "test", scope, &limits, &entropy).map(|k| k.secret)
        };
        self.db().write(make).await
    }

    /// Sends a request; `who` is a bearer token or an API key.
    pub async fn call(&self, who: &str, method: &str, path: &str, body: Option<Json>) -> (StatusCode, Json) {
        self.call_with(who, method, path, body, &[]).await
    }

    pub async fn call_with(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<Json>,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Json) {
        let mut request = Request::builder().method(method).uri(path);
        request = match who {
            "" => request,
            key if key.starts_with("fd_") => request.header("x-api-key", key),
            token => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))
            }
            None => request.body(Body::empty()),
        };
        let response = self.send(request.expect("a request")).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 24).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Json::Null))
    }

    /// An answer that is not JSON.
    pub async fn fetch(&self, who: &str, path: &str) -> Response {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {who}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.app.clone().oneshot(request).await.expect("an answer")
    }

    pub async fn get(&self, who: &str, path: &str) -> Json {
        let (status, json) = self.call(who, "GET", path, None).await;
        assert_eq!(status, StatusCode::OK, "GET {path}: {json}");
        json
    }

    pub async fn ticket_now(&self, id: TicketId) -> Ticket {
        self.db().read(move |c| tickets::get(c, id)).await.expect("a read").expect("a ticket")
    }
}
