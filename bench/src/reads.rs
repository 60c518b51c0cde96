//! Reading on a large desk: inbox list, ticket detail, start-up, memory.

use std::{sync::Arc, time::Duration};

use clap::Args;

use crate::{
    client::{Make, load, request},
    desk::{self, Desk},
};

#[derive(Args)]
pub struct Options {
    #[arg(long, default_value_t = 1_000_000)]
    tickets: i64,
    #[arg(long, default_value_t = 5_000_000)]
    messages: i64,
    #[arg(long, default_value_t = 200_000)]
    contacts: i64,
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    #[arg(long)]
    postgres: Option<String>,
    /// Seed once into this folder and use it again.
    #[arg(long)]
    data: Option<String>,
}

/// The path of request number `n`.
type Path = Box<dyn Fn(u64) -> String + Send + Sync>;

pub async fn run(o: Options) -> crate::Outcome {
    let folder = tempfile::tempdir()?;
    let data = o.data.clone().unwrap_or_else(|| folder.path().join("data").display().to_string());
    let database = o.postgres.as_deref();
    if !std::path::Path::new(&data).exists() {
        println!("seeding {} tickets, {} messages …", o.tickets, o.messages);
        let (t, m, c) = (o.tickets.to_string(), o.messages.to_string(), o.contacts.to_string());
        desk::command(&data, database, &["seed", "--contacts", &c, "--tickets", &t, "--messages", &m])?;
    }
    let key = desk::command(&data, database, &["api-key", "create", "--name", "bench", "--scope", "read"])?;
    let mut starts = Vec::new();
    for _ in 0..5 {
        starts.push(Desk::start(&data, database)?.ready_after.as_secs_f64() * 1000.0);
    }
    starts.sort_by(f64::total_cmp);
    let desk = Desk::start(&data, database)?;
    println!(
        "start-up to ready: median {:.0} ms of 5; resident when idle {:.0} MiB",
        starts[2],
        desk.resident()
    );
    println!("| request | per second | p50 ms | p99 ms | max ms | refused |");
    println!("|---|---|---|---|---|---|");
    let tickets = o.tickets as u64;
    let cases: [(&str, Path); 6] = [
        (
            "inbox, all, open",
            Box::new(|_| "/api/v1/tickets?queue=all&status=new,open,pending_customer".into()),
        ),
        (
            "inbox, department, open",
            Box::new(|n| format!("/api/v1/tickets?department_id={}&status=new,open", n % 4 + 1)),
        ),
        ("inbox, unassigned", Box::new(|_| "/api/v1/tickets?queue=unassigned".into())),
        ("list, all of a department", Box::new(|n| format!("/api/v1/tickets?department_id={}", n % 4 + 1))),
        ("counts", Box::new(|_| "/api/v1/tickets/counts".into())),
        (
            "ticket detail",
            Box::new(move |n| format!("/api/v1/tickets/{}", n.wrapping_mul(7919) % tickets + 1)),
        ),
    ];
    for (name, path) in cases {
        let key = key.clone();
        let make: Make = Arc::new(move |n| request("GET", &path(n), &format!("x-api-key: {key}\r\n"), ""));
        let m = load(&desk.address, 8, Duration::from_secs(o.seconds), 0, make).await?;
        println!(
            "| {name} | {:.0} | {:.2} | {:.2} | {:.1} | {} |",
            m.per_second, m.p50, m.p99, m.max, m.refused
        );
    }
    println!("resident after the load {:.0} MiB", desk.resident());
    Ok(())
}
