//! What the machine allows: a bare HTTP handler, and the bare rows of a message in batches of 64.

use std::{path::Path, time::Instant};

use axum::{Router, routing::post};
use rusqlite::{Connection, params};

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

/// The rows that one message on a known conversation leaves (journal, message, event, ticket, day), and for every
/// `new_every`-th those of a new one, written by a bare loop: messages per second.
pub fn storage(folder: &Path, messages: i64, new_every: i64) -> rusqlite::Result<f64> {
    let mut c = Connection::open(folder.join("ceiling.db"))?;
    c.set_prepared_statement_cache_capacity(64);
    c.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0")?;
    for m in frontdesk::migrations::ALL {
        c.execute_batch(&platform::db::migrate::spell(platform::db::Engine::Sqlite, m.text))?;
    }
    c.execute_batch(
        "INSERT INTO channel_accounts (id, kind, account_id, name, status, created_at, updated_at, version) VALUES (1, 'generic', 'bench', '', 'active', 0, 0, 1);",
    )?;
    let body = "{\"platform\":\"bench\",\"sender\":\"u123\",\"content\":\"Em muon hoi gia san pham nay a\",\"external_id\":\"m1234567\"}";
    let start = Instant::now();
    let mut n = 0;
    while n < messages {
        let tx = c.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for _ in 0..64 {
            let ticket = n / new_every + 1;
            if n % new_every == 0 {
                tx.prepare_cached("INSERT INTO contacts (id, name, name_folded, kind, is_blocked, source, created_at, updated_at, version) VALUES (?1, 'Name', 'name', 'person', FALSE, 'x', 0, 0, 1)")?.execute([ticket])?;
                tx.prepare_cached("INSERT INTO contact_methods (contact_id, kind, account, value, value_key, is_primary, is_active, is_verified, created_at) VALUES (?1, 'other', 'bench', ?2, ?2, TRUE, TRUE, FALSE, 0)")?.execute(params![ticket, format!("u{ticket}")])?;
                tx.prepare_cached("INSERT INTO tickets (id, number, contact_id, channel, account_id, identity, subject, status, priority, tags, is_spam, is_bot_handoff, last_message_at, last_message_from, preview, created_at, updated_at, version) VALUES (?1, ?1, ?1, 'generic', 1, 'u', 'Subject', 'new', 1, '[]', FALSE, FALSE, 0, 'customer', '', 0, 0, 1)")?.execute([ticket])?;
                tx.prepare_cached("INSERT INTO assignments (ticket_id, message_id, at, strategy, reason, settings_version, detail) VALUES (?1, ?2, 0, 'score', 'scored', 1, ?3)")?.execute(params![ticket, n, body])?;
                for kind in ["contact.created", "ticket.created", "ticket.assigned"] {
                    event(&tx, kind, ticket)?;
                }
            }
            tx.prepare_cached("INSERT INTO journal (at, channel, account_id, headers, query, body, items, state) VALUES (?1, 'generic', 1, '{}', '', ?2, 1, 'done')")?.execute(params![n, body.as_bytes()])?;
            tx.prepare_cached("INSERT INTO messages (ticket_id, contact_id, account_id, external_id, sender_type, sender_id, direction, visibility, content_type, content, attachments, is_spam, at, created_at) VALUES (?1, ?1, 1, ?2, 'customer', ?1, 'inbound', 'public', 'text', 'Em muon hoi gia san pham nay a', 0, FALSE, ?3, ?3)")?.execute(params![ticket, format!("m{:016x}", (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)), n])?;
            tx.prepare_cached("UPDATE tickets SET last_message_id = ?2, last_message_at = ?2, preview = 'Em muon hoi gia san pham nay a', updated_at = ?2, version = version + 1 WHERE id = ?1")?.execute(params![ticket, n])?;
            tx.prepare_cached("INSERT INTO inbound_days (contact_id, day, messages, text_hash, repeats) VALUES (?1, 0, 1, 0, 0) ON CONFLICT (contact_id, day) DO UPDATE SET messages = inbound_days.messages + 1")?.execute([ticket])?;
            event(&tx, "message.added", ticket)?;
            n += 1;
        }
        tx.commit()?;
        if n % 16_384 == 0 {
            c.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
    }
    Ok(n as f64 / start.elapsed().as_secs_f64())
}

fn event(tx: &Connection, kind: &str, ticket: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO events (seq, at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, data) VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM events), 0, 'contact', ?2, ?1, 'ticket', ?2, ?2, '{\"message_id\":1,\"sender_type\":\"customer\",\"direction\":\"inbound\"}')")?
        .execute(params![kind, ticket])
        .map(|_| ())
}
