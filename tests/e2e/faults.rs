//! The process is killed under load, again and again: what was acknowledged is there, exactly once, and hangs together.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use e2e::{Client, Place, Process, is_set, wire};
use platform::{Entropy, testing::runtime};
use tokio::task::JoinHandle;
use wire::Said;

const TASKS: u64 = 8;

/// Stored loads that differ from what the tickets say.
const WRONG_LOADS: &str = "SELECT count(*) FROM agent_states a WHERE a.open_tickets <> (SELECT count(*) FROM tickets t \
    WHERE t.assignee_id = a.user_id AND t.status IN ('new', 'open') AND NOT t.is_spam)";
const LONELY_TICKETS: &str =
    "SELECT count(*) FROM tickets t WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.ticket_id = t.id)";
const TWINS: &str = "SELECT count(*) FROM (SELECT external_id FROM messages WHERE external_id IS NOT NULL \
    GROUP BY account_id, external_id HAVING count(*) > 1) AS twice";
const UNTOLD: &str = "SELECT count(*) FROM messages m WHERE m.external_id IS NOT NULL AND NOT EXISTS \
    (SELECT 1 FROM events e WHERE e.kind = 'message.added' AND e.subject_kind = 'ticket' AND e.subject_id = m.ticket_id)";
const UNJOURNALLED: &str = "SELECT (SELECT count(*) FROM messages WHERE external_id IS NOT NULL) - \
    (SELECT count(*) FROM journal)";
const TWO_OPEN: &str = "SELECT count(*) FROM (SELECT contact_id FROM tickets WHERE status IN ('new', 'open') \
    GROUP BY contact_id, account_id HAVING count(*) > 1) AS two";

/// Sends one message after the other until told to stop or nobody answers; the acknowledged ids.
fn writer(
    client: Client,
    key: String,
    task: u64,
    round: u64,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let session = client.key(&key);
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let mut acknowledged = Vec::new();
        for n in 0.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let id = format!("r{round}-t{task}-{n}");
            // Some customers write often, and several tasks write for the same one.
            let from = format!("customer {}", (task * 31 + n) % 20);
            let text = ["mua gì", "máy bị lỗi", "xin chào"][n as usize % 3];
            let body = wire::line(&Said { from: &from, id: &id, text: &format!("{text} {id}"), at: 0 });
            let sent =
                session.try_send(reqwest::Method::POST, "/webhook", &headers, Some(body.to_string().into()));
            match sent.await {
                Ok(answer) if answer.status == 200 => {
                    acknowledged.push(id);
                    count.fetch_add(1, Ordering::Relaxed);
                }
                Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
                Err(_) => break,
            }
        }
        acknowledged
    })
}

fn killed_under_load(place: &Place) {
    let rounds = if is_set("FRONTDESK_FULL_TESTS") { 50 } else { 5 };
    let entropy = Entropy::system();
    runtime().block_on(async {
        let mut desk = Process::start(crate::PROGRAM.as_ref(), place);
        let world = place.furnish(&desk.client).await;
        // Nobody is to become a spammer by writing often.
        let limits = serde_json::json!({"message_limits": []});
        let admin = desk.client.user("admin").await;
        let mut settings = admin.get("/spam/settings").await.is(200);
        settings["message_limits"] = limits["message_limits"].clone();
        settings.as_object_mut().unwrap().remove("version");
        admin.put("/spam/settings", settings).await.is(200);
        let mut acknowledged: Vec<String> = Vec::new();
        for round in 0..rounds {
            let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
            let key = world.key("intake").to_owned();
            let tasks: Vec<_> = (0..TASKS)
                .map(|task| {
                    writer(desk.client.clone(), key.clone(), task, round, stop.clone(), count.clone())
                })
                .collect();
            // At a moment of its own each time, counted in answers and then in microseconds.
            let answers = 20 + entropy.u64() % 80;
            e2e::eventually("the load runs", async || count.load(Ordering::Relaxed) >= answers).await;
            tokio::time::sleep(Duration::from_micros(entropy.u64() % 20_000)).await;
            desk.kill();
            stop.store(true, Ordering::Relaxed);
            for task in tasks {
                acknowledged.extend(task.await.expect("the writer"));
            }
            desk = Process::start(crate::PROGRAM.as_ref(), place);
            check(place, &acknowledged, round).await;
        }
        assert!(desk.terminate(), "it ends well: {:#?}", desk.log());
        check(place, &acknowledged, rounds).await;
    });
}

async fn check(place: &Place, acknowledged: &[String], round: u64) {
    let stored = place.texts("SELECT external_id FROM messages WHERE external_id IS NOT NULL").await;
    let stored: std::collections::HashSet<&str> = stored.iter().map(String::as_str).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !stored.contains(id.as_str())).collect();
    assert!(
        lost.is_empty(),
        "round {round}: {} of {} acknowledged are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    for (what, sql) in [
        ("stored loads that are wrong", WRONG_LOADS),
        ("tickets without a message", LONELY_TICKETS),
        ("messages stored twice", TWINS),
        ("messages that no event tells of", UNTOLD),
        ("messages more than journalled requests", UNJOURNALLED),
        ("customers with two open conversations", TWO_OPEN),
    ] {
        assert_eq!(place.number(sql).await, 0, "round {round}: {what}");
    }
}

#[test]
fn sqlite_keeps_what_it_has_acknowledged() {
    killed_under_load(&Place::sqlite());
}

#[test]
fn postgres_keeps_what_it_has_acknowledged() {
    if let Some(place) = Place::postgres() {
        killed_under_load(&place);
    }
}
