//! A desk with many leads, written in bulk past the program: the state that it would have left, with its history and its
//! counts. The same for the same number, but for how long ago it was.

use std::{path::Path, sync::OnceLock};

use platform::{
    Clock, Db,
    clock::{DAY, HOUR},
    db::{Options, Reactors, Target},
};
use rusqlite::{Connection, Transaction, params, types::Value};

pub const AGENTS: u64 = 40;
/// After the administrator and the agent who logs in.
pub const FIRST_AGENT: i64 = 3;
/// The agent who logs in has as many leads as any other.
const AGENT: i64 = 2;
pub const STAGES: [&str; 7] =
    ["new", "attempted_contact", "connected", "visit_scheduled", "application_submitted", "enrolled", "lost"];
pub const SOURCES: [&str; 7] = ["website", "walk_in", "referral", "social", "email", "phone", "partner"];

/// Leads came in over the two years before; what is due was told, so that the desk has nothing to make up for.
fn now() -> i64 {
    static NOW: OnceLock<i64> = OnceLock::new();
    *NOW.get_or_init(|| Clock::system().now())
}

pub fn last_month() -> String {
    platform::time::rfc3339(now() / DAY * DAY - 30 * DAY)
}

/// A number that looks random and is always the same for the same input.
fn mix(n: i64, salt: u64) -> u64 {
    let mut x = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn pick<'a>(of: &[&'a str], n: u64) -> &'a str {
    of[(n % of.len() as u64) as usize]
}

const FAMILY: &[&str] =
    &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ"];
const MIDDLE: &[&str] = &["Thị", "Văn", "Minh", "Thu", "Hữu", "Ngọc", "Quang", "Thanh"];
const GIVEN: &[&str] =
    &["Lan", "Hùng", "Mai", "Tuấn", "Hương", "Dũng", "Trang", "Long", "Linh", "Nam", "Hà", "Phúc"];
const NOTES: &[&str] = &[
    "Hỏi về học phí lớp 6, hẹn gọi lại sau Tết",
    "Wants to visit the campus next week",
    "Gia đình ở quận 7, cần xe đưa đón",
    "Asked for the brochure by e-mail",
    "",
];

/// The number of lead `n`'s contact: each has another one.
pub fn phone(n: i64) -> String {
    format!("+849{:08}", n * 61_803_399 % 100_000_000)
}

/// Everything but the search index. The file has been migrated, and holds two users.
pub fn fill(file: &Path, leads: i64) -> crate::Outcome {
    let mut c = Connection::open(file)?;
    c.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY",
    )?;
    let indexes = without_indexes(&c)?;
    let tx = c.transaction()?;
    staff(&tx)?;
    rows(&tx, leads)?;
    for sql in indexes {
        tx.execute_batch(&sql)?;
    }
    tx.execute_batch(
        "DELETE FROM lead_totals; DELETE FROM lead_deltas; \
         INSERT INTO lead_totals (stage_id, owner_id, department_id, is_overdue, leads, value) \
         SELECT stage_id, coalesce(owner_id, 0), coalesce(department_id, 0), is_overdue, count(*), sum(coalesce(value, 0)) \
         FROM leads WHERE archived_at IS NULL GROUP BY 1, 2, 3, 4; \
         INSERT INTO lead_tags (tag, lead_id) SELECT json_each.value, leads.id FROM leads, json_each(leads.tags) WHERE archived_at IS NULL AND tags <> '[]'; \
         DELETE FROM search_progress",
    )?;
    tx.commit()?;
    c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Builds the search index as the program does.
pub async fn index(file: &Path) -> crate::Outcome {
    let options = Options { synchronous: "NORMAL", ..Options::new(Target::Sqlite(file.to_owned())) };
    let db = Db::open(&options, Clock::system(), Reactors::default())?;
    crm::leads::jobs::follow_to_the_end(&db).await?;
    // What is left to merge.
    for _ in 0..200 {
        platform::search::tidy(&db, crm::leads::search::INDEX).await?;
    }
    // Its threads end with it, and the log is folded whole.
    drop(db);
    Connection::open(file)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

const FILLED: &str = "'contacts', 'contact_methods', 'leads', 'events', 'stage_moves', 'interactions'";

/// Takes the indexes off the tables that are filled; how they are made again.
fn without_indexes(c: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found = c.prepare(&format!(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({FILLED}) ORDER BY name"
    ))?;
    let all: Vec<(String, String)> =
        found.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
    for (name, _) in &all {
        c.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(all.into_iter().map(|(_, sql)| sql).collect())
}

fn staff(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "INSERT INTO pipelines (id, key, name, is_default, is_active, currency, has_students, dispositions, checklist, lost_reasons, position, created_at, updated_at, version) \
         VALUES (1, 'default', 'Leads', TRUE, TRUE, 'VND', FALSE, '[]', '[]', '[]', 0, 0, 0, 2) ON CONFLICT DO NOTHING",
    )?;
    for (n, key) in STAGES.iter().enumerate() {
        let (kind, hours) = match *key {
            "enrolled" => ("won", None),
            "lost" => ("lost", None),
            _ => ("open", Some(72)),
        };
        tx.execute(
            "INSERT INTO stages (id, pipeline_id, key, name, kind, sla_hours, position, follow_ups, is_active, created_at, updated_at, version) \
             VALUES (?1, 1, ?2, ?2, ?3, ?4, ?1, '[]', TRUE, 0, 0, 1) ON CONFLICT DO NOTHING",
            params![n as i64 + 1, key, kind, hours],
        )?;
    }
    for d in 1..=4_i64 {
        tx.execute(
            "INSERT INTO departments (id, key, name, strategy, uses_shifts, is_fallback, is_active, created_at, updated_at, version) \
             VALUES (?1, 'team' || ?1, 'Team ' || ?1, 'manual', FALSE, FALSE, TRUE, 0, 0, 1)",
            params![d],
        )?;
    }
    for a in 0..AGENTS as i64 {
        let id = FIRST_AGENT + a;
        tx.execute(
            "INSERT INTO users (id, email, email_key, username, username_key, name, name_folded, role_id, is_active, kpi_score, created_at, updated_at, version) \
             SELECT ?1, 'a' || ?1 || '@example.test', 'a' || ?1 || '@example.test', 'a' || ?1, 'a' || ?1, 'Agent ' || ?1, 'agent ' || ?1, id, TRUE, 0, 0, 0, 1 FROM roles WHERE key = 'agent'",
            params![id],
        )?;
        tx.execute("INSERT INTO department_members (department_id, user_id, is_manager, is_primary) VALUES (?1, ?2, FALSE, TRUE)", params![a % 4 + 1, id])?;
    }
    Ok(())
}

/// Contacts, their addresses, leads, and what happened with them.
fn rows(tx: &Transaction<'_>, leads: i64) -> rusqlite::Result<()> {
    let mut contact = tx.prepare("INSERT INTO contacts (id, name, name_folded, kind, is_blocked, source, created_at, updated_at, version) VALUES (?1, ?2, ?3, 'person', FALSE, 'seed', ?4, ?4, 1)")?;
    let mut method = tx.prepare("INSERT INTO contact_methods (contact_id, kind, account, value, value_key, is_primary, is_active, is_verified, created_at) VALUES (?1, ?2, '', ?3, ?3, TRUE, TRUE, FALSE, ?4)")?;
    let mut lead = tx.prepare("INSERT INTO leads (id, contact_id, pipeline_id, stage_id, name, name_folded, source, owner_id, department_id, disposition, priority, value, currency, score, score_parts, tags, notes, custom, checklist, metadata, stage_entered_at, last_interaction_at, first_contact_at, touched_at, due_at, is_overdue, outcome, lost_reason, closed_at, archived_at, created_by, created_at, updated_at, version) VALUES (?1, ?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'VND', ?11, ?12, ?13, ?14, '{}', '[]', '{}', ?15, ?15, ?15, ?15, ?16, ?17, ?18, ?19, ?20, ?21, NULL, ?22, ?15, 3)")?;
    let mut event = tx.prepare("INSERT INTO events (id, seq, at, actor_kind, actor_id, kind, subject_kind, subject_id, contact_id, department_id, owner_id, data) VALUES (?1, ?1, ?2, 'user', ?3, ?4, 'lead', ?5, ?5, ?6, ?3, ?7)")?;
    let mut step = tx.prepare("INSERT INTO stage_moves (lead_id, from_stage_id, to_stage_id, at, time_in_previous, actor_kind, actor_id, reason) VALUES (?1, ?2, ?3, ?4, ?5, 'user', ?6, NULL)")?;
    let mut call = tx.prepare("INSERT INTO interactions (id, lead_id, contact_id, type, outcome, summary, duration_seconds, occurred_at, created_by, created_at, updated_at, version) VALUES (?1, ?2, ?2, 'call', 'connected', 'Called, asked about fees', 120, ?3, ?4, ?3, ?3, 1)")?;
    let parts = "[{\"part\":\"demographic\",\"points\":18,\"detail\":\"reachable\"},{\"part\":\"source\",\"points\":14,\"detail\":\"website\"}]";
    let mut seq: i64 = tx.query_row("SELECT coalesce(max(id), 0) FROM events", [], |r| r.get(0))?;
    for n in 1..=leads {
        let name =
            format!("{} {} {}", pick(FAMILY, mix(n, 1)), pick(MIDDLE, mix(n, 2)), pick(GIVEN, mix(n, 3)));
        let folded = platform::fold::fold(&name);
        let created = now() - (leads - n) * (730 * DAY / leads);
        // Most are over; the newest are still open.
        let age = (now() - created) / DAY;
        let stage = match mix(n, 4) % 100 {
            p if age > 120 && p >= 10 => 6 + i64::from(p >= 40),
            p => p as i64 % 5 + 1,
        };
        let is_open = stage <= 5;
        let touched = (created + (mix(n, 6) % (20 * DAY as u64)) as i64).min(now());
        let due = is_open.then_some(touched + 72 * HOUR);
        let owner = match mix(n, 5) % (AGENTS + 3) {
            a if a < AGENTS => Some(FIRST_AGENT + a as i64),
            a if a == AGENTS => Some(AGENT),
            _ => None,
        };
        let team = owner.map(|o| (o - FIRST_AGENT).max(0) % 4 + 1);
        let source = if n % 2_000 == 0 { "fair" } else { pick(&SOURCES, mix(n, 7)) };
        let tags = match n {
            n if n % 1_000 == 0 => "[\"rare\"]",
            n if n % 10 == 0 => "[\"vip\"]",
            _ => "[]",
        };
        let ended = (!is_open).then_some(touched);
        let archived = n % 50 == 7;
        contact.execute(params![n, name, folded, created])?;
        method.execute(params![n, "phone", phone(n - 1), created])?;
        method.execute(params![
            n,
            "email",
            format!("{}{n}@example.com", folded.replace(' ', ".")),
            created
        ])?;
        lead.execute(rusqlite::params_from_iter([
            Value::from(n),
            stage.into(),
            name.into(),
            folded.into(),
            source.to_owned().into(),
            owner.into(),
            team.into(),
            (n % 3 == 0).then(|| pick(&["interested", "callback", "no_budget"], mix(n, 8)).to_owned()).into(),
            (if n % 97 == 0 { 3 } else { 1 + i64::from(n % 9 == 0) }).into(),
            (n % 4 != 0).then_some((mix(n, 9) % 5_000) as i64 * 10_000).into(),
            ((mix(n, 10) % 101) as i64).into(),
            parts.to_owned().into(),
            tags.to_owned().into(),
            pick(NOTES, mix(n, 11)).to_owned().into(),
            touched.into(),
            due.filter(|_| !archived).into(),
            due.is_some_and(|at| at <= now() && !archived).into(),
            (!is_open).then(|| if stage == 6 { "won" } else { "lost" }.to_owned()).into(),
            (stage == 7).then(|| "No answer".to_owned()).into(),
            ended.into(),
            archived.then_some(touched).into(),
            created.into(),
        ]))?;
        step.execute(params![n, Option::<i64>::None, 1, created, Option::<i64>::None, owner])?;
        if stage > 1 {
            step.execute(params![n, 1, stage, touched, touched - created, owner])?;
        }
        call.execute(params![n, n, touched, owner])?;
        let entries = [
            ("lead.created", created, "{\"pipeline_id\":1,\"status\":\"new\",\"source\":\"website\"}".to_owned()),
            ("lead.assigned", created, "{\"before\":{\"owner_id\":null},\"after\":{\"owner_id\":3},\"how\":\"manual\"}".to_owned()),
            ("interaction.logged", touched, format!("{{\"interaction_id\":{n},\"type\":\"call\",\"outcome\":\"connected\"}}")),
            ("lead.updated", touched, "{\"fields\":[\"disposition\"],\"before\":{},\"after\":{}}".to_owned()),
            ("lead.status_changed", touched, "{\"pipeline_id\":1,\"before\":{\"status\":\"new\"},\"after\":{\"status\":\"connected\"},\"time_in_previous\":1}".to_owned()),
        ];
        for (kind, at, data) in entries {
            seq += 1;
            event.execute(params![seq, at, owner, kind, n, team, data])?;
        }
    }
    Ok(())
}
