//! A large dataset for benchmarks: always the same for the same numbers.
//!
//! Writes rows directly and in bulk, past the slices' functions: it makes the *state* that they would have left, without
//! its events. For empty databases only; it never touches a desk that has tickets.

use std::io::{IsTerminal, Write};

use clap::Args;
use platform::{
    Clock, Db, Error, Result, Tx, clock::DAY, config::Config, db::Reactors, error::Code, fold::fold, params,
    sql,
};

use crate::app::open_database;

/// How much of what.
#[derive(Debug, Clone, Args)]
pub struct Options {
    #[arg(long, default_value_t = 10_000)]
    pub contacts: i64,
    #[arg(long, default_value_t = 10_000)]
    pub tickets: i64,
    #[arg(long, default_value_t = 50_000)]
    pub messages: i64,
    /// Over how many days it happened.
    #[arg(long, default_value_t = 365)]
    pub days: i64,
    /// People who handle it, in four departments.
    #[arg(long, default_value_t = 40)]
    pub agents: i64,
}

/// Rows per transaction.
const CHUNK: i64 = 5_000;
/// Tickets that are still open, at most; the others are closed.
const OPEN: i64 = 5_000;

/// `frontdesk seed`.
pub fn run(config: &Config, options: &Options) -> Result<()> {
    std::fs::create_dir_all(&config.data.dir).map_err(Error::internal)?;
    let db = open_database(config, &Clock::system(), Reactors::default())?;
    fill(&db, options)
}

/// Fills an empty desk. Progress goes to standard error when that is a terminal.
pub fn fill(db: &Db, o: &Options) -> Result<()> {
    let there = db.read_now(|c| {
        c.value::<i64>(sql!("SELECT count(*) FROM (SELECT id FROM tickets LIMIT 1) AS t"), &[])
    })?;
    if there != Some(0) {
        return Err(Error::new(Code::WrongState, "There are tickets here already; seed an empty database."));
    }
    let now = db.clock().now();
    let (agents, o2) = (o.agents, o.clone());
    let base = db.write_now(move |tx| staff(tx, agents, now))?;
    steps("contacts", o.contacts, |from, to| {
        db.write_now(move |tx| (from..to).try_for_each(|n| contact(tx, &base, n, now)))
    })?;
    steps("tickets", o.tickets, |from, to| {
        let o = o2.clone();
        db.write_now(move |tx| (from..to).try_for_each(|n| ticket(tx, &base, &o, n, now)))
    })?;
    steps("messages", o.messages, |from, to| {
        let o = o2.clone();
        db.write_now(move |tx| (from..to).try_for_each(|n| message(tx, &base, &o, n, now)))
    })?;
    db.write_now(move |tx| finish(tx, &base))
}

/// What the rows refer to.
#[derive(Debug, Clone, Copy)]
struct Base {
    first_user: i64,
    agents: i64,
    first_department: i64,
    account: i64,
    first_contact: i64,
    first_ticket: i64,
}

fn steps(what: &str, count: i64, mut step: impl FnMut(i64, i64) -> Result<()>) -> Result<()> {
    let shown = std::io::stderr().is_terminal();
    let mut at = 0;
    while at < count {
        let to = (at + CHUNK).min(count);
        step(at, to)?;
        at = to;
        if shown {
            eprint!("\r{what}: {at} of {count}   ");
            let _ = std::io::stderr().flush();
        }
    }
    if shown {
        eprintln!();
    }
    Ok(())
}

/// A number that looks random and is always the same for the same input.
fn mix(n: i64, salt: u64) -> u64 {
    let mut x = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn pick<'a>(list: &[&'a str], n: u64) -> &'a str {
    list[(n % list.len() as u64) as usize]
}

const FAMILY: &[&str] =
    &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ"];
const MIDDLE: &[&str] = &["Thị", "Văn", "Minh", "Thu", "Hữu", "Ngọc", "Quang", "Thanh"];
const GIVEN: &[&str] =
    &["Lan", "Hùng", "Mai", "Tuấn", "Hương", "Dũng", "Trang", "Long", "Linh", "Nam", "Hà", "Phúc"];
const LINES: &[&str] = &[
    "Em muốn hỏi giá sản phẩm này ạ",
    "Máy bị lỗi, không hoạt động nữa",
    "Khi nào thì giao hàng vậy shop?",
    "Cho em đổi trả đơn hàng với ạ",
    "Hello, do you ship to Da Nang?",
    "The item arrived broken, I want a refund",
    "Cảm ơn shop nhiều",
    "Còn khuyến mãi không ạ?",
];

fn staff(tx: &Tx<'_>, agents: i64, now: i64) -> Result<Base> {
    let role: i64 = tx
        .value(sql!("SELECT id FROM roles WHERE key = 'agent'"), &[])?
        .ok_or_else(|| Error::internal("no agent role"))?;
    let first_user = 1 + tx.value::<i64>(sql!("SELECT coalesce(max(id), 0) FROM users"), &[])?.unwrap_or(0);
    let first_department =
        1 + tx.value::<i64>(sql!("SELECT coalesce(max(id), 0) FROM departments"), &[])?.unwrap_or(0);
    for d in 0..4 {
        tx.exec(
            sql!(
                "INSERT INTO departments (id, key, name, strategy, uses_shifts, is_fallback, is_active, created_at, updated_at, version) VALUES (?1, ?2, ?3, 'score', FALSE, FALSE, TRUE, ?4, ?4, 1)"
            ),
            params![first_department + d, format!("seed-{d}"), format!("Department {}", d + 1), now],
        )?;
    }
    for a in 0..agents {
        let (id, login) = (first_user + a, format!("agent{a}"));
        let name = format!("Agent {a}");
        tx.exec(
            sql!(
                "INSERT INTO users (id, email, email_key, username, username_key, name, name_folded, role_id, is_active, kpi_score, created_at, updated_at, version) VALUES (?1, ?2, ?2, ?3, ?3, ?4, ?5, ?6, TRUE, ?7, ?8, ?8, 1)"
            ),
            params![id, format!("{login}@example.test"), login, &name, fold(&name), role, (mix(a, 1) % 100) as f64, now],
        )?;
        tx.exec(
            sql!(
                "INSERT INTO agent_states (user_id, status, status_since, open_tickets, last_assigned_at) VALUES (?1, 'available', ?2, 0, 0)"
            ),
            params![id, now],
        )?;
        tx.exec(
            sql!("INSERT INTO department_members (department_id, user_id, is_manager, is_primary) VALUES (?1, ?2, ?3, TRUE)"),
            params![first_department + a % 4, id, a < 4],
        )?;
    }
    let account =
        1 + tx.value::<i64>(sql!("SELECT coalesce(max(id), 0) FROM channel_accounts"), &[])?.unwrap_or(0);
    tx.exec(
        sql!(
            "INSERT INTO channel_accounts (id, kind, account_id, name, status, created_at, updated_at, version) VALUES (?1, 'generic', 'seed', 'Seed', 'active', ?2, ?2, 1)"
        ),
        params![account, now],
    )?;
    let next = |table: &str| -> Result<i64> {
        let text = format!("SELECT coalesce(max(id), 0) + 1 FROM {table}");
        Ok(tx.value::<i64>(platform::db::Sql::built(&text), &[])?.unwrap_or(1))
    };
    Ok(Base {
        first_user,
        agents,
        first_department,
        account,
        first_contact: next("contacts")?,
        first_ticket: next("tickets")?,
    })
}

fn contact(tx: &Tx<'_>, base: &Base, n: i64, now: i64) -> Result<()> {
    let r = mix(n, 2);
    let name = format!("{} {} {}", pick(FAMILY, r), pick(MIDDLE, r >> 8), pick(GIVEN, r >> 16));
    let id = base.first_contact + n;
    tx.exec(
        sql!(
            "INSERT INTO contacts (id, name, name_folded, kind, is_blocked, source, created_at, updated_at, version) VALUES (?1, ?2, ?3, 'person', FALSE, 'generic', ?4, ?4, 1)"
        ),
        params![id, &name, fold(&name), now],
    )?;
    tx.exec(
        sql!(
            "INSERT INTO contact_methods (contact_id, kind, account, value, value_key, is_primary, is_active, is_verified, created_at) VALUES (?1, 'other', 'seed', ?2, ?2, TRUE, TRUE, FALSE, ?3)"
        ),
        params![id, format!("u{n}"), now],
    )?;
    Ok(())
}

/// When ticket `n` began: spread over the days, the newest last.
fn began(o: &Options, n: i64, now: i64) -> i64 {
    let span = o.days * DAY;
    now - span + (span as i128 * i128::from(n) / i128::from(o.tickets.max(1))) as i64
}

fn ticket(tx: &Tx<'_>, base: &Base, o: &Options, n: i64, now: i64) -> Result<()> {
    let r = mix(n, 3);
    let at = began(o, n, now);
    let open = n >= o.tickets - OPEN.min(o.tickets / 2);
    let status = match (open, r % 4) {
        (false, _) => "closed",
        (true, 0) => "new",
        (true, 1) => "pending_customer",
        (true, _) => "open",
    };
    let department = base.first_department + (r >> 8) as i64 % 4;
    // Members of department d are agents d, d + 4, d + 8 …
    let seats = (base.agents / 4).max(1);
    let agent = base.first_user + (department - base.first_department) + 4 * ((r >> 20) as i64 % seats);
    let assigned = base.agents >= 4 && !(open && r.is_multiple_of(10));
    let contact = base.first_contact + (r >> 32) as i64 % o.contacts.max(1);
    let line = pick(LINES, r >> 40);
    tx.exec(
        sql!(
            "INSERT INTO tickets (id, number, contact_id, channel, account_id, identity, subject, status, priority, department_id, assignee_id, tags, is_spam, is_bot_handoff, last_message_at, last_message_from, preview, last_inbound_at, queued_at, closed_at, created_at, updated_at, version) VALUES (?1, ?2, ?3, 'generic', ?4, ?5, ?6, ?7, ?8, ?9, ?10, '[]', FALSE, FALSE, ?11, 'customer', ?6, ?11, ?12, ?13, ?11, ?11, 1)"
        ),
        params![
            base.first_ticket + n,
            1000 + base.first_ticket + n,
            contact,
            base.account,
            format!("u{}", contact - base.first_contact),
            line,
            status,
            (r >> 48) as i64 % 4,
            department,
            assigned.then_some(agent),
            at,
            (!assigned && status != "pending_customer" && open).then_some(at),
            (!open).then_some(at)
        ],
    )?;
    Ok(())
}

fn message(tx: &Tx<'_>, base: &Base, o: &Options, n: i64, now: i64) -> Result<()> {
    let per_ticket = (o.messages / o.tickets.max(1)).max(1);
    let t = (n / per_ticket).min(o.tickets - 1);
    let at = began(o, t, now) + (n % per_ticket) * 60_000;
    let inbound = n % 2 == 0;
    let r = mix(n, 4);
    let contact = base.first_contact + (mix(t, 3) >> 32) as i64 % o.contacts.max(1);
    let done = t < o.tickets - OPEN;
    tx.exec(
        sql!(
            "INSERT INTO messages (ticket_id, contact_id, account_id, external_id, sender_type, sender_id, direction, visibility, content_type, content, attachments, delivery, is_spam, at, created_at, completed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'public', 'text', ?8, 0, ?9, FALSE, ?10, ?10, ?11)"
        ),
        params![
            base.first_ticket + t,
            contact,
            base.account,
            inbound.then(|| format!("s{:016x}", mix(n, 5))),
            if inbound { "customer" } else { "agent" },
            if inbound { contact } else { base.first_user + (r % base.agents.max(1) as u64) as i64 },
            if inbound { "inbound" } else { "outbound" },
            pick(LINES, r >> 8),
            (!inbound).then_some("sent"),
            at,
            (inbound && done).then_some(at)
        ],
    )?;
    Ok(())
}

/// The agents' load, as the tickets have it; on PostgreSQL the counters behind the ids that were given by hand.
fn finish(tx: &Tx<'_>, base: &Base) -> Result<()> {
    tx.exec(
        sql!(
            "UPDATE agent_states SET open_tickets = (SELECT count(*) FROM tickets WHERE tickets.assignee_id = agent_states.user_id AND status IN ('new', 'open')) WHERE user_id >= ?1"
        ),
        params![base.first_user],
    )?;
    tx.exec(
        sql!(
            "UPDATE channel_accounts SET last_inbound_at = (SELECT max(last_inbound_at) FROM tickets WHERE tickets.account_id = channel_accounts.id) WHERE id = ?1"
        ),
        params![base.account],
    )?;
    let by_hand = [
        ("contacts", "id"),
        ("tickets", "id"),
        ("tickets", "number"),
        ("users", "id"),
        ("departments", "id"),
        ("channel_accounts", "id"),
    ];
    platform::db::dialect::refresh_counters(tx, &by_hand)?;
    platform::db::dialect::analyze(tx)
}
