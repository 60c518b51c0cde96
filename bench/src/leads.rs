//! Lists, search, board, timeline and summary of leads on a large desk and on a small one, over a few connections; beside them
//! a bare rusqlite loop that reads the same page by primary key.

mod seed;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    client::{Make, Measured, load, request},
    desk::{self, Desk},
};

#[derive(Args)]
pub struct Options {
    /// Each with two addresses and five entries in its timeline.
    #[arg(long, default_value_t = 1_000_000)]
    leads: i64,
    /// The small desk that the large one is compared with.
    #[arg(long, default_value_t = 10_000)]
    few: i64,
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Seed once into this folder and use it again.
    #[arg(long)]
    data: Option<String>,
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Only what has this in its name.
    #[arg(long, default_value = "")]
    only: String,
}

/// Who asks: an API key that sees all, or an agent who sees their own.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Key,
    Agent,
}

/// The path of request number `n` on a desk of so many leads.
type MakePath = fn(u64, u64) -> String;

/// What is asked, by whom, how fast it should be (p99, milliseconds), and the path.
type Case = (&'static str, As, f64, MakePath);

const NAMES: [&str; 6] = ["nguyen", "tran", "le", "pham", "hoang", "vu"];
const GIVEN: [&str; 6] = ["lan", "hung", "mai", "tuan", "linh", "nam"];

fn one<'a>(of: &[&'a str], n: u64) -> &'a str {
    of[(n % of.len() as u64) as usize]
}

const CASES: &[Case] = &[
    ("list, newest", As::Key, 15.0, |_, _| "leads".into()),
    ("list, a stage", As::Key, 15.0, |n, _| format!("leads?status={}", one(&seed::STAGES, n))),
    ("list, somebody's, last touched", As::Key, 15.0, |n, _| {
        format!(
            "leads?assigned_to={}&sort=-last_interaction_at",
            seed::FIRST_AGENT + (n % seed::AGENTS) as i64
        )
    }),
    ("list, a source, best score", As::Key, 15.0, |n, _| {
        format!("leads?source={}&sort=-score", one(&seed::SOURCES, n))
    }),
    ("list, a rare source, by name", As::Key, 15.0, |_, _| "leads?source=fair&sort=name".into()),
    ("list, a tag, by value", As::Key, 15.0, |_, _| "leads?tag=vip&sort=-value".into()),
    ("list, overdue, first due", As::Key, 15.0, |_, _| "leads?overdue=true&sort=due_at".into()),
    ("list, urgent and open, by change", As::Key, 15.0, |_, _| {
        "leads?priority=critical&outcome=open&sort=-updated_at".into()
    }),
    ("list, this month, by name", As::Key, 15.0, |_, _| {
        format!("leads?date_from={}&sort=name", seed::last_month())
    }),
    ("list, stage, team, source, score", As::Key, 15.0, |n, _| {
        let (stage, source) = (one(&seed::STAGES, n), one(&seed::SOURCES, n / 7));
        format!("leads?status={stage}&department_id={}&source={source}&score_min=60", n % 4 + 1)
    }),
    ("list, page 40", As::Key, 15.0, |_, _| "leads?page=40&sort=-score".into()),
    ("list, an agent's own", As::Agent, 15.0, |_, _| "leads?sort=-score".into()),
    ("search, a common word", As::Key, 50.0, |n, _| format!("leads?search={}", one(&NAMES, n))),
    ("search, two words", As::Key, 50.0, |n, _| {
        format!("leads?search={}+{}", one(&NAMES, n), one(&GIVEN, n / 6))
    }),
    ("search, the end of a number", As::Key, 50.0, |n, leads| {
        format!("leads?search={}", &seed::phone((n % leads) as i64)[5..])
    }),
    ("search, a word, a stage and a tag", As::Key, 50.0, |n, _| {
        format!("leads?search={}&status={}&tag=vip", one(&GIVEN, n), one(&seed::STAGES, n / 6))
    }),
    ("search, an agent's own", As::Agent, 50.0, |n, _| format!("leads?search={}", one(&GIVEN, n))),
    ("board", As::Key, 30.0, |_, _| "pipeline/board".into()),
    ("board, somebody's", As::Key, 30.0, |n, _| {
        format!("pipeline/board?assigned_to={}", seed::FIRST_AGENT + (n % seed::AGENTS) as i64)
    }),
    ("board, a tag", As::Key, 30.0, |_, _| "pipeline/board?tag=rare".into()),
    ("board, an agent's own", As::Agent, 30.0, |_, _| "pipeline/board".into()),
    ("aging", As::Key, 30.0, |_, _| "pipeline/aging?threshold_days=30".into()),
    ("timeline", As::Key, 10.0, |n, leads| format!("leads/{}/timeline", n.wrapping_mul(7919) % leads + 1)),
    ("summary", As::Key, 10.0, |_, _| "pipeline/summary".into()),
];

pub async fn run(o: Options) -> crate::Outcome {
    let cases: Vec<&Case> = CASES.iter().filter(|(name, ..)| name.contains(&o.only)).collect();
    let few = measure(o.few, &cases, &o).await?;
    let many = measure(o.leads, &cases, &o).await?;
    println!(
        "| request | p50 of {} | p99 | p50 of {} | p99 | per second | wanted p99 | refused |",
        o.few, o.leads
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut late = 0;
    for (((name, _, wanted, _), a), b) in cases.iter().zip(&few).zip(&many) {
        let is_late = b.p99 > *wanted;
        late += i32::from(is_late);
        println!(
            "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {wanted}{} | {} |",
            a.p50,
            a.p99,
            b.p50,
            b.p99,
            b.per_second,
            if is_late { ", missed" } else { "" },
            a.refused + b.refused
        );
    }
    println!("{late} of {} are later than wanted", cases.len());
    Ok(())
}

/// Every case on a desk of so many leads.
async fn measure(leads: i64, cases: &[&Case], o: &Options) -> Result<Vec<Measured>, crate::Failure> {
    let folder = tempfile::tempdir()?;
    let base = o.data.clone().unwrap_or_else(|| folder.path().display().to_string());
    let data = format!("{base}/leads-{leads}");
    let file = Path::new(&data).join("frontdesk.db");
    if !file.exists() {
        println!("seeding {leads} leads …");
        std::fs::create_dir_all(&data)?;
        desk::user(&data, None, "bench")?;
        agent(&data)?;
        let begun = Instant::now();
        seed::fill(&file, leads)?;
        println!("seeded in {:.0} s", begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        seed::index(&file).await?;
        let seconds = begun.elapsed().as_secs_f64();
        println!("indexed for search in {seconds:.0} s, {:.0} leads a second", leads as f64 / seconds);
    }
    println!("{leads} leads, {:.0} MiB", std::fs::metadata(&file)?.len() as f64 / (1 << 20) as f64);
    ceiling(&file, leads, Duration::from_secs(o.seconds))?;
    let key = desk::command(&data, None, &["api-key", "create", "--name", "bench", "--scope", "read"])?;
    let desk = Desk::start(&data, None)?;
    let token = log_in(&desk.address).await?;
    // What the desk has to catch up with is not what is measured.
    while desk.cpu_within(Duration::from_secs(1)).await > 0.05 {}
    let mut all = Vec::with_capacity(cases.len());
    for &&(name, who, _, path) in cases {
        let credential = match who {
            As::Key => format!("x-api-key: {key}\r\n"),
            As::Agent => format!("authorization: Bearer {token}\r\n"),
        };
        let make: Make =
            Arc::new(move |n| request("GET", &format!("/api/v1/{}", path(n, leads as u64)), &credential, ""));
        // Once round, so that both desks are read from memory.
        load(&desk.address, o.connections, Duration::from_millis(300), 0, make.clone()).await?;
        let cpu = desk.cpu();
        let m = load(&desk.address, o.connections, Duration::from_secs(o.seconds), 0, make).await?;
        let cpu = (desk.cpu() - cpu) * 1e3 / m.done.max(1) as f64;
        println!(
            "  {name}: p50 {:.2} p99 {:.2} max {:.1} ms, {:.0}/s, {cpu:.2} ms of a core each",
            m.p50, m.p99, m.max, m.per_second
        );
        all.push(m);
    }
    println!("resident after the load {:.0} MiB", desk.resident());
    Ok(all)
}

/// The agent whose own leads are read.
fn agent(data: &str) -> std::io::Result<()> {
    let arguments = [
        "user",
        "create",
        "--email",
        "agent@example.test",
        "--username",
        "agent",
        "--name",
        "Agent",
        "--role",
        "agent",
        "--password-stdin",
    ];
    desk::feed(data, None, &arguments, desk::PASSWORD)
}

async fn log_in(address: &str) -> Result<String, crate::Failure> {
    let body = json!({ "username": "agent", "password": desk::PASSWORD });
    let url = format!("http://{address}/api/v1/auth/login");
    let session: Value = reqwest::Client::new().post(url).json(&body).send().await?.json().await?;
    Ok(session["access_token"].as_str().ok_or("the agent cannot log in")?.to_owned())
}

/// What the machine allows: the rows of a page by primary key, over a thread for each core.
fn ceiling(file: &Path, leads: i64, time: Duration) -> crate::Outcome {
    let cores = std::thread::available_parallelism()?.get();
    let threads: Vec<_> = (0..cores)
        .map(|n| {
            let file = file.to_owned();
            std::thread::spawn(move || pages(&file, leads, time, n as i64))
        })
        .collect();
    let (mut all, begun) = (Vec::new(), Instant::now());
    for thread in threads {
        all.extend(thread.join().map_err(|_| "a reading thread panicked")??);
    }
    all.sort_by(f64::total_cmp);
    let at = |q: f64| all.get((all.len() as f64 * q) as usize).copied().unwrap_or(0.0);
    println!(
        "ceiling: 50 rows by primary key, bare rusqlite on {cores} threads: {:.0} pages a second, p50 {:.3} p99 {:.3} ms",
        all.len() as f64 / begun.elapsed().as_secs_f64(),
        at(0.5),
        at(0.99)
    );
    Ok(())
}

/// How long each page took, in milliseconds.
fn pages(file: &Path, leads: i64, time: Duration, salt: i64) -> rusqlite::Result<Vec<f64>> {
    let c = Connection::open(file)?;
    c.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4000")?;
    let mut rows = c.prepare("SELECT * FROM leads WHERE id BETWEEN ?1 AND ?1 + 49")?;
    let columns = rows.column_count();
    let (begun, mut taken, mut n) = (Instant::now(), Vec::new(), salt);
    while begun.elapsed() < time {
        n += 7919;
        let page = Instant::now();
        let mut found = rows.query([n * 50 % (leads - 50) + 1])?;
        while let Some(row) = found.next()? {
            for column in 0..columns {
                std::hint::black_box(row.get_ref(column)?);
            }
        }
        taken.push(page.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(taken)
}
