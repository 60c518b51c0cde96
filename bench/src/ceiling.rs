//! What the machine allows: a bare HTTP handler, and the bare rows of a message.

use std::{
    collections::HashMap,
    path::Path,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, routing::post};
use platform::{
    db::{Engine, Value, migrate::spell},
    params,
};
use rusqlite::Connection;

/// Answers every POST at once. Prints its address.
pub fn serve_bare() -> crate::Outcome {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let app = Router::new()
            .route("/", post(|body: String| async move { format!("{{\"bytes\":{}}}", body.len()) }));
        axum::serve(listener, app).await?;
        Ok(())
    })
}

/// A statement with `?1`-style parameters, and these.
type Statement = (&'static str, Vec<Value<'static>>);

/// Before the rows of messages: the channel account that they come by.
const ACCOUNT: &str = "INSERT INTO channel_accounts (id, kind, account_id, name, status, created_at, updated_at, version) VALUES (1, 'generic', 'bench', '', 'active', 0, 0, 1)";
const EVENT: &str = "INSERT INTO events (at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, data) VALUES (0, 'contact', ?2, ?1, 'ticket', ?2, ?2, '{\"message_id\":1,\"sender_type\":\"customer\",\"direction\":\"inbound\"}')";
/// SQLite: events have their place in the sequence at once.
const EVENT_IN_ORDER: &str = "INSERT INTO events (seq, at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, data) VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM events), 0, 'contact', ?2, ?1, 'ticket', ?2, ?2, '{\"message_id\":1,\"sender_type\":\"customer\",\"direction\":\"inbound\"}')";

/// What message number `n` leaves on its conversation (journal, message, ticket, day, event), and when it is the `first`
/// of a new customer also what that leaves (contact, identity, ticket, assignment, events).
fn rows(n: i64, ticket: i64, first: bool, event: &'static str) -> Vec<Statement> {
    let body = "{\"platform\":\"bench\",\"sender\":\"u123\",\"content\":\"Em muon hoi gia san pham nay a\",\"external_id\":\"m1234567\"}";
    let mut rows: Vec<Statement> = Vec::with_capacity(12);
    let mut add = |text, values: &[Value<'static>]| rows.push((text, values.to_vec()));
    if first {
        add(
            "INSERT INTO contacts (id, name, name_folded, kind, is_blocked, source, created_at, updated_at, version) VALUES (?1, 'Name', 'name', 'person', FALSE, 'x', 0, 0, 1)",
            params![ticket],
        );
        add(
            "INSERT INTO contact_methods (contact_id, kind, account, value, value_key, is_primary, is_active, is_verified, created_at) VALUES (?1, 'other', 'bench', ?2, ?2, TRUE, TRUE, FALSE, 0)",
            params![ticket, format!("u{ticket}")],
        );
        add(
            "INSERT INTO tickets (id, number, contact_id, channel, account_id, identity, subject, status, priority, tags, is_spam, is_bot_handoff, last_message_at, last_message_from, preview, created_at, updated_at, version) VALUES (?1, ?1, ?1, 'generic', 1, 'u', 'Subject', 'new', 1, '[]', FALSE, FALSE, 0, 'customer', '', 0, 0, 1)",
            params![ticket],
        );
        add(
            "INSERT INTO assignments (ticket_id, message_id, at, strategy, reason, settings_version, detail) VALUES (?1, ?2, 0, 'score', 'scored', 1, ?3)",
            params![ticket, n, body],
        );
        for kind in ["contact.created", "ticket.created", "ticket.assigned"] {
            add(event, params![kind, ticket]);
        }
    }
    add(
        "INSERT INTO journal (at, channel, account_id, headers, query, body, items, state) VALUES (?1, 'generic', 1, '{}', '', ?2, 1, 'done')",
        params![n, body.as_bytes()],
    );
    add(
        "INSERT INTO messages (ticket_id, contact_id, account_id, external_id, sender_type, sender_id, direction, visibility, content_type, content, attachments, is_spam, at, created_at) VALUES (?1, ?1, 1, ?2, 'customer', ?1, 'inbound', 'public', 'text', 'Em muon hoi gia san pham nay a', 0, FALSE, ?3, ?3)",
        params![ticket, format!("m{:016x}", (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)), n],
    );
    add(
        "UPDATE tickets SET last_message_id = ?2, last_message_at = ?2, preview = 'Em muon hoi gia san pham nay a', updated_at = ?2, version = version + 1 WHERE id = ?1",
        params![ticket, n],
    );
    add(
        "INSERT INTO inbound_days (contact_id, day, messages, text_hash, repeats) VALUES (?1, 0, 1, 0, 0) ON CONFLICT (contact_id, day) DO UPDATE SET messages = inbound_days.messages + 1",
        params![ticket],
    );
    add(event, params!["message.added", ticket]);
    rows
}

/// The rows of messages written by a bare rusqlite loop in batches of 64, with as much page cache as the desk gives its
/// writer: messages per second.
pub fn sqlite(folder: &Path, messages: i64, new_every: i64) -> rusqlite::Result<f64> {
    let mut c = Connection::open(folder.join("ceiling.db"))?;
    c.set_prepared_statement_cache_capacity(64);
    c.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000")?;
    for m in frontdesk::migrations::ALL {
        c.execute_batch(&spell(Engine::Sqlite, m.text))?;
    }
    c.execute_batch(ACCOUNT)?;
    let start = Instant::now();
    let mut n = 0;
    while n < messages {
        let tx = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for _ in 0..64 {
            for (text, values) in rows(n, n / new_every + 1, n % new_every == 0, EVENT_IN_ORDER) {
                tx.prepare_cached(text)?.execute(rusqlite::params_from_iter(values))?;
            }
            n += 1;
        }
        tx.commit()?;
        if n % 16_384 == 0 {
            c.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
    }
    Ok(n as f64 / start.elapsed().as_secs_f64())
}

/// The same on PostgreSQL: prepared statements, a transaction per message, each connection with customers of its own, so
/// that none waits for another. The tables stand in a schema that goes away afterwards.
pub struct Postgres {
    url: String,
    /// Conversations that are taken.
    tickets: AtomicI64,
}

const SCHEMA: &str = "bench_ceiling";

impl Postgres {
    /// `url`: a database that the product has migrated (its extensions are there).
    pub fn new(url: &str) -> Result<Self, postgres::Error> {
        let mut admin = connect(url)?;
        admin.batch_execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}"))?;
        for m in frontdesk::migrations::ALL {
            admin.batch_execute(&spell(Engine::Postgres, m.text))?;
        }
        admin.batch_execute(ACCOUNT)?;
        Ok(Postgres { url: url.to_owned(), tickets: AtomicI64::new(0) })
    }

    /// Messages per second over so many connections.
    pub fn run(&self, connections: usize, time: Duration, new_every: i64) -> Result<f64, postgres::Error> {
        let mut clients =
            (0..connections).map(|_| connect(&self.url)).collect::<Result<Vec<_>, postgres::Error>>()?;
        let start = Instant::now();
        let tickets = &self.tickets;
        let done = thread::scope(|s| {
            let writing: Vec<_> = clients
                .iter_mut()
                .map(|c| s.spawn(move || write(c, tickets, start + time, new_every)))
                .collect();
            // A thread that panicked would have printed why; what it wrote does not count.
            writing.into_iter().map(|w| w.join().unwrap_or(Ok(0))).sum::<Result<i64, _>>()
        })?;
        Ok(done as f64 / start.elapsed().as_secs_f64())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let clear = || connect(&self.url)?.batch_execute(&format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"));
        // Apart, since the driver must not block a thread of a runtime.
        if let Ok(Err(e)) = thread::scope(|s| s.spawn(clear).join()) {
            eprintln!("the schema {SCHEMA} is still there: {e}");
        }
    }
}

/// One connection's messages until `until`; how many.
fn write(
    c: &mut postgres::Client,
    tickets: &AtomicI64,
    until: Instant,
    new_every: i64,
) -> Result<i64, postgres::Error> {
    let mut prepared = HashMap::new();
    let (mut done, mut ticket) = (0, 0);
    while Instant::now() < until {
        let first = done % new_every == 0;
        if first {
            ticket = tickets.fetch_add(1, Relaxed) + 1;
        }
        let mut tx = c.transaction()?;
        for (text, values) in rows(ticket * new_every + done % new_every, ticket, first, EVENT) {
            let statement = match prepared.get(text) {
                Some(s) => s,
                None => prepared.entry(text).or_insert(tx.prepare(&text.replace('?', "$"))?),
            };
            let values: Vec<&(dyn postgres::types::ToSql + Sync)> = values.iter().map(|v| v as _).collect();
            tx.execute(statement, &values)?;
        }
        tx.commit()?;
        done += 1;
    }
    Ok(done)
}

fn connect(url: &str) -> Result<postgres::Client, postgres::Error> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    client.batch_execute(&format!("SET search_path = {SCHEMA}, public"))?;
    Ok(client)
}

/// The rows of an imported lead (contact, two addresses, lead, first stage, two events, the import's own) written by a bare
/// rusqlite loop in batches of 200: leads per second. The search index, which is written behind an import, is not in it.
pub fn leads(folder: &Path, leads: i64) -> rusqlite::Result<f64> {
    let mut c = Connection::open(folder.join("leads-ceiling.db"))?;
    c.set_prepared_statement_cache_capacity(64);
    c.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000")?;
    for m in frontdesk::migrations::ALL {
        c.execute_batch(&spell(Engine::Sqlite, m.text))?;
    }
    let (start, mut n) = (Instant::now(), 0);
    while n < leads {
        let tx = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for _ in 0..200 {
            n += 1;
            for (text, values) in lead_rows(n) {
                tx.prepare_cached(text)?.execute(rusqlite::params_from_iter(values))?;
            }
        }
        tx.commit()?;
        if n % 16_000 == 0 {
            c.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
    }
    Ok(n as f64 / start.elapsed().as_secs_f64())
}

fn lead_rows(n: i64) -> Vec<Statement> {
    const METHOD: &str = "INSERT INTO contact_methods (contact_id, kind, account, value, value_key, is_primary, is_active, is_verified, created_at) VALUES (?1, ?2, '', ?3, ?3, TRUE, TRUE, FALSE, 0)";
    const EVENT: &str = "INSERT INTO events (seq, at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, data) VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM events), 0, 'user', 1, ?1, 'lead', ?2, ?2, '{\"pipeline_id\":1,\"status\":\"new\",\"source\":\"website\"}')";
    vec![
        (
            "INSERT INTO contacts (id, name, name_folded, kind, is_blocked, source, created_at, updated_at, version) VALUES (?1, 'Nguyễn Thị Lan', 'nguyen thi lan', 'person', FALSE, 'x', 0, 0, 1)",
            params![n].to_vec(),
        ),
        (METHOD, params![n, "phone", format!("+849{:08}", n * 61_803_399 % 100_000_000)].to_vec()),
        (METHOD, params![n, "email", format!("lead{n}@example.com")].to_vec()),
        (
            "INSERT INTO leads (id, contact_id, pipeline_id, stage_id, name, name_folded, source, priority, currency, score, score_parts, tags, notes, custom, checklist, metadata, stage_entered_at, touched_at, due_at, is_overdue, import_id, created_at, updated_at, version) VALUES (?1, ?1, 1, 1, 'Nguyễn Thị Lan', 'nguyen thi lan', 'website', 1, 'VND', 50, '[]', '[]', 'Hỏi học phí, gọi lại sau', '{}', '[]', '{}', ?1, ?1, ?1, FALSE, 1, ?1, ?1, 1)",
            params![n].to_vec(),
        ),
        (
            "INSERT INTO stage_moves (lead_id, to_stage_id, at, actor_kind, actor_id) VALUES (?1, 1, ?1, 'user', 1)",
            params![n].to_vec(),
        ),
        (EVENT, params!["contact.created", n].to_vec()),
        (EVENT, params!["lead.created", n].to_vec()),
        (
            "INSERT INTO import_rows (import_id, row, lead_id, contact_id, made_lead, made_contact, was_hired, event_id) VALUES (1, ?1, ?1, ?1, TRUE, TRUE, FALSE, ?1)",
            params![n].to_vec(),
        ),
    ]
}
