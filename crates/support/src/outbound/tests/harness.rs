//! A desk in a temporary directory, and peers on the loopback that answer as they are told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use people::Desk;
use platform::{
    Clock, Conn, Db, Entropy, Result, Tx,
    config::Config,
    crypto::Keyring,
    events::Origin,
    testing::{Setup, TestDb},
};
use tokio::sync::watch;

use crate::{
    AccountId, MessageId, Support,
    messages::{self, Direction, NewMessage, SenderType},
    testing::{MIGRATIONS, contact},
    tickets::{self, NewTicket, Priority, Ticket},
};

/// A secret as Standard Webhooks wants it.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A running desk, gone with this value.
pub(crate) struct World {
    pub support: Support,
    pub clock: Clock,
    pub stop: watch::Sender<bool>,
    _dir: tempfile::TempDir,
    // Last: the database goes when nobody uses it any more.
    _db: TestDb,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// A desk on `db`, with its files in `dir`.
pub(crate) async fn support(
    db: Db,
    mut config: Config,
    dir: &tempfile::TempDir,
    stop: watch::Receiver<bool>,
) -> Support {
    config.data.dir = dir.path().to_owned();
    let entropy = Entropy::seeded(7);
    let keyring = Keyring::new([7; 32], entropy.clone());
    let desk = Desk::start(config, db, entropy, keyring, stop.clone()).await.unwrap();
    Support::start(desk, stop).await.unwrap()
}

impl World {
    /// On SQLite; peers on the loopback may be reached.
    pub async fn new() -> World {
        World::with(|config| config.http.allow_private_addresses = true).await
    }
    pub async fn with(change: impl FnOnce(&mut Config)) -> World {
        World::on(Setup::new(MIGRATIONS).sqlite(), change).await
    }
    /// One on each engine.
    pub async fn each() -> Vec<World> {
        let setup = Setup::new(MIGRATIONS);
        let mut all = Vec::new();
        for t in [Some(setup.sqlite()), setup.postgres()].into_iter().flatten() {
            all.push(World::on(t, |config| config.http.allow_private_addresses = true).await);
        }
        all
    }
    async fn on(db: TestDb, change: impl FnOnce(&mut Config)) -> World {
        let mut config = Config::for_testing();
        change(&mut config);
        let ((stop, stopped), dir) = (watch::channel(false), tempfile::tempdir().unwrap());
        let support = support(db.db.clone(), config, &dir, stopped).await;
        World { support, clock: db.clock.clone(), stop, _dir: dir, _db: db }
    }

    pub fn db(&self) -> &Db {
        &self.support.desk.db
    }
    pub async fn read<T: Send + 'static>(&self, f: impl Fn(&Conn<'_>) -> Result<T> + Send + 'static) -> T {
        self.db().read(f).await.unwrap()
    }

    /// A ticket of a customer `Lan` on `account`.
    pub async fn ticket(&self, channel: &'static str, account: Option<AccountId>) -> Ticket {
        let make = move |tx: &Tx<'_>| {
            let new = NewTicket {
                contact_id: contact(tx, "Lan")?,
                channel: channel.to_owned(),
                account_id: account,
                identity: "lan-7".into(),
                subject: "Hello".into(),
                priority: Priority::Medium,
                department_id: None,
                tags: Vec::new(),
                is_spam: false,
                is_bot_handoff: false,
                previous_ticket_id: None,
            };
            tickets::open(tx, &Origin::system(), &new)
        };
        self.db().write(make).await.unwrap()
    }

    /// An agent's public answer on `ticket`, queued, with `attachments`.
    pub async fn answer(&self, ticket: &Ticket, attachments: Vec<messages::NewAttachment>) -> MessageId {
        let ticket = ticket.clone();
        let write = move |tx: &Tx<'_>| {
            let ticket = tickets::lock(tx, ticket.id)?;
            let new = NewMessage {
                client_id: Some("c-1".into()),
                sender_type: SenderType::Agent,
                direction: Direction::Outbound,
                content: "Chào bạn".into(),
                delivery: Some(channels::Delivery::Queued),
                at: tx.now(),
                attachments: attachments.clone(),
                ..NewMessage::on(&ticket)
            };
            Ok(tickets::append(tx, &Origin::system(), &ticket, &new, None)?.unwrap().1)
        };
        self.db().write(write).await.unwrap()
    }

    /// The delivery state of a message and what was said of it.
    pub async fn delivery(&self, id: MessageId) -> (Option<channels::Delivery>, Option<String>) {
        let message = self.read(move |c| messages::get(c, id)).await.unwrap();
        (message.delivery, message.delivery_error)
    }

    /// What the events of this kind say, in the order in which they were recorded.
    pub async fn events(&self, kind: &'static str) -> Vec<serde_json::Value> {
        let read = move |c: &Conn<'_>| {
            c.all(
                platform::sql!("SELECT data FROM events WHERE kind = ?1 ORDER BY id"),
                platform::params![kind],
                |row| row.get::<String>(0),
            )
        };
        self.read(read).await.iter().map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

/// What a peer was sent.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap()
    }
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What a peer answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub after: Duration,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Reply { status, ..Reply::default() }
    }
    pub fn body(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Reply { status, body: body.into(), ..Reply::default() }
    }
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server on the loopback: it answers in the order of its replies, the last one for ever.
#[derive(Clone)]
pub(crate) struct Peer {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

impl Peer {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Peer {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = Peer {
            url: format!("http://{}", listener.local_addr().unwrap()),
            received: Arc::default(),
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
        };
        let app = Router::new().fallback(answer).with_state(peer.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        peer
    }
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn answer(State(peer): State<Peer>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |v: &axum::http::HeaderValue| v.to_str().unwrap().to_owned();
    peer.received.lock().unwrap().push(Received {
        path: uri.to_string(),
        headers: headers.iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect(),
        body: body.to_vec(),
    });
    let reply = {
        let mut replies = peer.replies.lock().unwrap();
        match replies.len() {
            0 | 1 => replies.front().cloned().unwrap_or(Reply::status(200)),
            _ => replies.pop_front().unwrap(),
        }
    };
    tokio::time::sleep(reply.after).await;
    let mut response = (StatusCode::from_u16(reply.status).unwrap(), reply.body).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
