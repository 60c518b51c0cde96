//! Two processes on one PostgreSQL: what one writes, listeners of the other hear.

use platform::{
    Clock,
    db::{Options, Sql, Target},
    events::sequencer,
};
use serde_json::json;
use tokio::sync::watch;

use super::*;
use crate::{
    Support,
    outbound::tests::harness::{self, NOW},
};

/// A schema of its own on the test server.
struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// `None` when there is no server.
    fn create() -> Option<Schema> {
        #[expect(clippy::disallowed_methods, reason = "the one setting of tests, which have no configuration file")]
        let server = std::env::var("FRONTDESK_TEST_POSTGRES").ok().filter(|v| !v.is_empty());
        let Some(server) = server else {
            eprintln!("skipped: FRONTDESK_TEST_POSTGRES names no server");
            return None;
        };
        let schema = Schema { server, name: format!("support_live_{}", std::process::id()) };
        schema.run(format!("CREATE SCHEMA {}", schema.name));
        Some(schema)
    }
    fn url(&self) -> String {
        let joint = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{joint}options=-csearch_path%3D{}", self.server, self.name)
    }
    fn drop(self) {
        self.run(format!("DROP SCHEMA {} CASCADE", self.name));
    }
    fn run(&self, command: String) {
        let options = Options::new(Target::Postgres(self.server.clone()));
        let db = Db::open(&options, Clock::manual(NOW), Default::default()).unwrap();
        db.write_now(move |tx| tx.exec(Sql::built(&command), &[])).unwrap();
    }
}

/// A node of its own: its own handle, feed and presence.
async fn node(url: &str, stop: &watch::Sender<bool>) -> Support {
    let (target, clock) = (Target::Postgres(url.to_owned()), Clock::manual(NOW));
    let db = tokio::task::spawn_blocking(move || harness::open(target, &clock)).await.unwrap();
    sequencer::start(db.clone(), url, stop.subscribe());
    let mut config = platform::config::Config::for_testing();
    config.data.dir = harness::directory();
    harness::support(db, config, stop.subscribe()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_writes_the_other_tells() {
    let Some(schema) = tokio::task::spawn_blocking(Schema::create).await.unwrap() else { return };
    let url = schema.url();
    let (stop, _) = watch::channel(false);
    let (a, b) = (node(&url, &stop).await, node(&url, &stop).await);
    let people = Directory::default();
    people.set(1, Some(agent(1, &[1])));
    let listen = |s: &Support| {
        let (desk, presence) = (s.desk.clone(), s.presence.clone());
        let reload = people.reload(1);
        async move { Session::open(&desk.db, &desk.feed, &presence, agent(1, &[1]), reload, None, STILL).await.unwrap().0 }
    };
    let (mut at_a, mut at_b) = (listen(&a).await, listen(&b).await);
    for n in 1..=50 {
        let writer = if n % 2 == 0 { &a } else { &b };
        record(&writer.desk.db, vec![fact("message.added", n, (Some(1), None), json!({}))]).await;
    }
    for session in [&mut at_a, &mut at_b] {
        let mut heard = Vec::new();
        while heard.len() < 50 {
            heard.extend(next(session).await.unwrap().iter().map(|f| read(f)["ticket_id"].as_i64().unwrap()));
        }
        assert_eq!(heard, (1..=50).collect::<Vec<_>>());
    }
    stop.send_replace(true);
    drop((at_a, at_b, a, b));
    tokio::task::spawn_blocking(|| schema.drop()).await.unwrap();
}
