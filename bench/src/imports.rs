//! Leads in and out in bulk: a table imported through the API, alone and while messages come in; what came in exported.
//! Beside it the leads' own rows written by a bare rusqlite loop.

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::{
    ceiling,
    client::{Make, load, request},
    desk::{self, Desk},
    intake,
};

#[derive(Args)]
pub struct Options {
    /// Rows of each table.
    #[arg(long, default_value_t = 200_000)]
    rows: u64,
    /// Connections over which messages come in meanwhile.
    #[arg(long, value_delimiter = ',', default_value = "16,64")]
    connections: Vec<usize>,
    #[arg(long)]
    postgres: Option<String>,
}

/// A run that takes longer has stopped.
const LONGEST: Duration = Duration::from_secs(3_600);

type Outcome<T> = Result<T, crate::Failure>;

pub async fn run(o: Options) -> crate::Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data").display().to_string();
    let database = o.postgres.as_deref();
    desk::user(&data, database, "bench")?;
    let key = desk::command(&data, database, &["api-key", "create", "--name", "bench", "--scope", "intake"])?;
    let bare = ceiling::leads(folder.path(), o.rows.min(200_000) as i64)?;
    println!("ceiling: a lead's rows, bare rusqlite in batches of 200: {bare:.0} leads a second");
    let desk = Desk::start(&data, database)?;
    let clerk = Clerk::log_in(&desk.address).await?;
    println!(
        "| messages meanwhile over | rows/s | of the ceiling | messages/s | p50 ms | p99 ms | max ms | refused | resident MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let took = clerk.import(table(0, o.rows)).await?;
    let alone = o.rows as f64 / took.as_secs_f64();
    println!("| none | {alone:.0} | {:.2} | | | | | | {:.0} |", alone / bare, desk.resident());
    for (n, connections) in o.connections.iter().enumerate() {
        let make: Make = {
            let (key, base) = (key.clone(), (n as u64 + 1) * 100_000_000);
            Arc::new(move |m| {
                let header = format!("x-api-key: {key}\r\n");
                request("POST", "/api/v1/webhook", &header, &intake::body(base + m, 10))
            })
        };
        // Messages come in for as long as the import may take; what is measured of them begins and ends with it.
        let import = clerk.import(table((n as u64 + 1) * o.rows, o.rows));
        let messages = load(&desk.address, *connections, Duration::from_secs(15), 0, make);
        let began = Instant::now();
        let (messages, took) = tokio::join!(messages, async {
            let told = import.await;
            (told, began.elapsed())
        });
        let (m, took) = (messages?, took.0?);
        let rate = o.rows as f64 / took.as_secs_f64();
        println!(
            "| {connections} connections | {rate:.0} | {:.2} | {:.0} | {:.2} | {:.2} | {:.1} | {} | {:.0} |",
            rate / bare,
            m.per_second,
            m.p50,
            m.p99,
            m.max,
            m.refused,
            desk.resident()
        );
    }
    // The index of words has much to catch up with.
    while desk.cpu_within(Duration::from_secs(1)).await > 0.05 {}
    for format in ["csv", "xlsx"] {
        let (bytes, took) = clerk.export(format).await?;
        let leads = o.rows * (o.connections.len() as u64 + 1);
        println!(
            "export of {leads} leads as {format}: {:.0} rows/s, {:.0} MiB, resident {:.0} MiB",
            leads as f64 / took.as_secs_f64(),
            bytes as f64 / f64::from(1 << 20),
            desk.resident()
        );
    }
    Ok(())
}

/// Whoever imports and exports.
struct Clerk {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Clerk {
    async fn log_in(address: &str) -> Outcome<Clerk> {
        let (http, base) = (reqwest::Client::new(), format!("http://{address}/api/v1"));
        let body = json!({ "username": "bench", "password": desk::PASSWORD });
        let session: Value = http.post(format!("{base}/auth/login")).json(&body).send().await?.json().await?;
        let token = session["access_token"].as_str().ok_or("cannot log in")?.to_owned();
        Ok(Clerk { http, base, token })
    }

    /// Sends a table and runs it; how long the run took, without the sending.
    async fn import(&self, table: String) -> Outcome<Duration> {
        let sent = self
            .http
            .post(format!("{}/leads/import?file_name=leads.csv", self.base))
            .bearer_auth(&self.token)
            .header("content-type", "text/csv")
            .body(table);
        let import: Value = sent.send().await?.error_for_status()?.json().await?;
        let url = format!("{}/imports/{}", self.base, import["id"]);
        let began = Instant::now();
        let run = self.http.post(format!("{url}/run")).bearer_auth(&self.token).send().await?;
        run.error_for_status()?;
        while began.elapsed() < LONGEST {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let at: Value = self.http.get(&url).bearer_auth(&self.token).send().await?.json().await?;
            match at["state"].as_str() {
                Some("running") => {}
                Some("done") if at["created_rows"] == at["total_rows"] => return Ok(began.elapsed()),
                _ => return Err(format!("the import came to {at}").into()),
            }
        }
        Err("the import takes too long".into())
    }

    async fn export(&self, format: &str) -> Outcome<(u64, Duration)> {
        let began = Instant::now();
        let url = format!("{}/leads/export?format={format}", self.base);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await?.error_for_status()?;
        let (mut bytes, mut stream) = (0, answer.bytes_stream());
        while let Some(chunk) = stream.next().await {
            bytes += chunk?.len() as u64;
        }
        Ok((bytes, began.elapsed()))
    }
}

/// Rows as a school's spreadsheet has them: no address twice.
fn table(first: u64, rows: u64) -> String {
    const FAMILY: [&str; 6] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ"];
    const GIVEN: [&str; 6] = ["Thị Lan", "Văn Hùng", "Ngọc Mai", "Minh Tuấn", "Thùy Linh", "Hoài Nam"];
    let mut text = String::from("Họ tên,Điện thoại,Email,Nguồn,Ghi chú\n");
    for n in first..first + rows {
        let name = format!("{} {}", FAMILY[(n % 6) as usize], GIVEN[(n / 6 % 6) as usize]);
        let _ = writeln!(text, "{name},+849{n:08},lead{n}@example.com,website,\"Hỏi học phí, gọi lại sau\"");
    }
    text
}
