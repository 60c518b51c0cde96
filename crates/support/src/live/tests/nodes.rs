//! Two processes on one PostgreSQL: what one writes, listeners of the other hear.

use platform::{
    config::Config,
    events::sequencer,
    testing::{Setup, TestDb},
};
use serde_json::json;
use tokio::sync::watch;

use super::*;
use crate::{Support, outbound::tests::harness, testing::MIGRATIONS};

/// A node of its own: its own handle, feed and presence.
async fn node(db: Db, t: &TestDb, dir: &tempfile::TempDir, stop: &watch::Sender<bool>) -> Support {
    sequencer::start(db.clone(), t.url(), stop.subscribe());
    harness::support(db, Config::for_testing(), dir, stop.subscribe()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_writes_the_other_tells() {
    let Some(t) = Setup::new(MIGRATIONS).postgres() else { return };
    let (stop, _) = watch::channel(false);
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (node(t.db.clone(), &t, &dir, &stop).await, node(t.second(), &t, &dir, &stop).await);
    let people = Directory::default();
    people.set(1, Some(agent(1, &[1])));
    let listen = |s: &Support| {
        let (desk, presence) = (s.desk.clone(), s.presence.clone());
        let reload = people.reload(1);
        async move {
            Session::open(&desk.db, &desk.feed, &presence, agent(1, &[1]), reload, None, STILL)
                .await
                .unwrap()
                .0
        }
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
}
