//! Messages in: `POST /webhook` with a key or a signature, contact look-up, spam, routing, events, `synchronous=FULL`.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use serde_json::json;

use crate::{
    ceiling,
    client::{Make, Measured, load, request},
    desk::{self, Desk},
};

#[derive(Args)]
pub struct Options {
    /// Seconds per step.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Messages that are there before (a seeded desk).
    #[arg(long, default_value_t = 10_000)]
    stored: i64,
    /// `postgres://…` instead of the embedded engine; the database should be empty.
    #[arg(long)]
    postgres: Option<String>,
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    connections: Vec<usize>,
    /// So often at each number of connections, ceilings and desk by turns; the row is that of the middle ratio.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Sign each body instead of sending a key.
    #[arg(long)]
    signed: bool,
    /// Every so many messages a new customer begins.
    #[arg(long, default_value_t = 10)]
    new_every: u64,
}

const SECRET: &str = "whsec_O4I7HEmkzq4AZJNhY3GHbjjO9h+00EslPN4DMCXq/nM=";

pub async fn run(o: Options) -> crate::Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data").display().to_string();
    let (tickets, stored) = ((o.stored / 5).max(1).to_string(), o.stored.to_string());
    println!("seeding {} messages …", o.stored);
    desk::command(
        &data,
        o.postgres.as_deref(),
        &["seed", "--contacts", &tickets, "--tickets", &tickets, "--messages", &stored],
    )?;
    let key = desk::command(
        &data,
        o.postgres.as_deref(),
        &["api-key", "create", "--name", "bench", "--scope", "intake"],
    )?;
    connect_with_secret(&data, o.postgres.as_deref())?;

    let mut bare = Command::new(std::env::current_exe()?).arg("bare").stdout(Stdio::piped()).spawn()?;
    let mut address = String::new();
    BufReader::new(bare.stdout.take().ok_or("no output")?).read_line(&mut address)?;
    let plain: Make = Arc::new(|n| request("POST", "/", "", &body(n, 10)));
    let storage = Storage::new(folder.path(), &o)?;

    let desk = Desk::start(&data, o.postgres.as_deref())?;
    println!(
        "| connections | bare HTTP/s | storage/s | intake/s | of storage | of the two ceilings | p50 ms | p99 ms | max ms | refused | retries % | CPU µs each | resident MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut first = 1_000_000;
    for connections in &o.connections {
        let short = Duration::from_secs(o.seconds.min(5));
        let mut rounds = Vec::with_capacity(o.rounds);
        for _ in 0..o.rounds.max(1) {
            let http = load(address.trim(), *connections, short, 0, plain.clone()).await?;
            let storage = storage.per_second(*connections, short).await?;
            let make: Make = match o.signed {
                true => Arc::new(move |n| signed(n, o.new_every)),
                false => {
                    let key = format!("x-api-key: {key}\r\n");
                    Arc::new(move |n| request("POST", "/api/v1/webhook", &key, &body(n, o.new_every)))
                }
            };
            let (before, cpu) = (Conflicts::read(&desk).await?, desk.cpu());
            let m = load(&desk.address, *connections, Duration::from_secs(o.seconds), first, make).await?;
            let cpu_each = (desk.cpu() - cpu) * 1e6 / m.done.max(1) as f64;
            let conflicts = Conflicts::read(&desk).await?.since(&before);
            first += m.done + 1_000;
            rounds.push(Round { http: http.per_second, storage, m, conflicts, cpu_each });
        }
        rounds.sort_by(|a, b| a.of_ceilings().total_cmp(&b.of_ceilings()));
        let (least, most) = (rounds[0].of_ceilings(), rounds[rounds.len() - 1].of_ceilings());
        rounds[rounds.len() / 2].print(*connections, desk.resident());
        println!("({} rounds: {least:.2} to {most:.2} of the two ceilings)", rounds.len());
    }
    bare.kill()?;
    bare.wait()?;
    Ok(())
}

/// What the storage allows for the rows of a message.
enum Storage {
    /// Has one writer, whoever asks.
    Sqlite(PathBuf, i64),
    Postgres(Arc<ceiling::Postgres>, i64),
}

impl Storage {
    fn new(folder: &Path, o: &Options) -> Result<Storage, crate::Failure> {
        let new_every = o.new_every as i64;
        Ok(match o.postgres.clone() {
            None => Storage::Sqlite(folder.to_owned(), new_every),
            Some(url) => {
                let made =
                    std::thread::spawn(move || ceiling::Postgres::new(&url).map_err(|e| e.to_string()));
                Storage::Postgres(Arc::new(made.join().map_err(|_| "it panicked")??), new_every)
            }
        })
    }

    /// Messages per second, over as many connections where that matters.
    async fn per_second(&self, connections: usize, time: Duration) -> Result<f64, crate::Failure> {
        match self {
            Storage::Sqlite(folder, new_every) => {
                let (folder, new_every) = (tempfile::tempdir_in(folder)?, *new_every);
                blocking(move || Ok(ceiling::sqlite(folder.path(), 100_000, new_every)?)).await
            }
            Storage::Postgres(ceiling, new_every) => {
                let (ceiling, new_every) = (ceiling.clone(), *new_every);
                blocking(move || Ok(ceiling.run(connections, time, new_every)?)).await
            }
        }
    }
}

/// The driver must not block a thread of the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::Failure> + Send + 'static,
) -> Result<T, crate::Failure> {
    tokio::task::spawn_blocking(work).await?
}

/// The product's own count of writes and of what was run again for a conflict.
struct Conflicts {
    writes: f64,
    retries: f64,
    given_up: f64,
}

impl Conflicts {
    async fn read(desk: &Desk) -> Result<Conflicts, crate::Failure> {
        let text = reqwest::get(format!("http://{}/metrics", desk.address)).await?.text().await?;
        let value = |name: &str| {
            text.lines()
                .find_map(|l| l.strip_prefix(name)?.strip_prefix(' ')?.parse::<f64>().ok())
                .ok_or_else(|| format!("/metrics has no {name}"))
        };
        Ok(Conflicts {
            writes: value("frontdesk_db_writes_total")?,
            retries: value("frontdesk_db_conflict_retries_total")?,
            given_up: value("frontdesk_db_given_up_total")?,
        })
    }
    fn since(self, before: &Conflicts) -> Conflicts {
        Conflicts {
            writes: self.writes - before.writes,
            retries: self.retries - before.retries,
            given_up: self.given_up - before.given_up,
        }
    }
}

/// The ceilings and the desk, one after the other.
struct Round {
    http: f64,
    storage: f64,
    m: Measured,
    conflicts: Conflicts,
    cpu_each: f64,
}

impl Round {
    fn of_ceilings(&self) -> f64 {
        self.m.per_second * (1.0 / self.http + 1.0 / self.storage)
    }

    fn print(&self, connections: usize, resident: f64) {
        let Round { http, storage, m, conflicts, cpu_each } = self;
        println!(
            "| {connections} | {http:.0} | {storage:.0} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {} | {:.2} | {cpu_each:.0} | {resident:.0} |",
            m.per_second,
            m.per_second / storage,
            self.of_ceilings(),
            m.p50,
            m.p99,
            m.max,
            m.refused,
            100.0 * conflicts.retries / conflicts.writes.max(1.0),
        );
        if conflicts.given_up > 0.0 {
            println!("({:.0} writes were given up after conflicts)", conflicts.given_up);
        }
    }
}

/// A message; every so many begin a new customer.
pub fn body(n: u64, new_every: u64) -> String {
    let sender = n / new_every;
    json!({"platform": "bench", "sender": format!("u{sender}"), "sender_name": "Nguyễn Thị Lan",
        "content": format!("Em muốn hỏi giá sản phẩm số {} ạ", n % 1000), "external_id": format!("m{n}")})
    .to_string()
}

fn signed(n: u64, new_every: u64) -> Vec<u8> {
    let (body, id) = (body(n, new_every), format!("msg_{n}"));
    let at = platform::Clock::system().now() / 1000;
    let signature = channels::standard_webhooks::sign(SECRET, &id, at, body.as_bytes()).unwrap_or_default();
    let headers =
        format!("webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\n");
    request("POST", "/api/v1/webhook", &headers, &body)
}

fn connect_with_secret(data: &str, database: Option<&str>) -> std::io::Result<()> {
    desk::feed(
        data,
        database,
        &["channel", "add", "--kind", "generic", "--account", "bench", "--secret-stdin"],
        SECRET,
    )
}
