//! Two people and one ticket, many customers and few agents: nothing is lost, nobody gets more than they can bear.

use e2e::{Desk, Session, eventually, on_each_engine, set_status, wire};
use futures_util::{future::join, future::join_all};
use serde_json::{Value, json};
use wire::Said;

/// Stored loads that differ from what the tickets say.
const WRONG_LOADS: &str = "SELECT count(*) FROM agent_states a WHERE a.open_tickets <> (SELECT count(*) FROM tickets t \
    WHERE t.assignee_id = a.user_id AND t.status IN ('new', 'open') AND NOT t.is_spam)";

async fn write_in(desk: &Desk, id: &str, text: &str) -> Value {
    let said = Said { from: id, id, text, at: desk.clock.now() };
    desk.client.key(desk.world.key("intake")).post("/webhook", wire::line(&said)).await.is(200)
}

async fn ticket(session: &Session, id: &Value) -> Value {
    session.get(&format!("/tickets/{id}")).await.is(200)
}

async fn load(desk: &Desk, name: &str) -> i64 {
    desk.number(&format!("SELECT open_tickets FROM agent_states WHERE user_id = {}", desk.world.user(name)))
        .await
}

async fn waiting(desk: &Desk) -> i64 {
    desk.number("SELECT count(*) FROM tickets WHERE queued_at IS NOT NULL").await
}

#[test]
fn of_two_writers_with_one_version_one_wins() {
    on_each_engine(async |desk| {
        let (lan, minh) = (desk.client.user("lan").await, desk.client.user("minh").await);
        let id = write_in(desk, "v", "mua gì").await["ticket_id"].clone();
        let path = format!("/tickets/{id}");
        for round in 0..10 {
            let version = ticket(&lan, &id).await["version"].clone();
            let headers = [
                ("content-type".to_owned(), "application/json".to_owned()),
                ("if-match".to_owned(), format!("\"{version}\"")),
            ];
            let write = async |who: &Session, name: &str| {
                let body = json!({"subject": format!("{name} {round}")}).to_string().into_bytes();
                who.send(reqwest::Method::PATCH, &path, &headers, Some(body)).await
            };
            let (a, b) = join(write(&lan, "lan"), write(&minh, "minh")).await;
            let mut statuses = [a.status, b.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409], "{} {}", a.text, b.text);
            let (won, lost) = if a.status == 200 { (a, b) } else { (b, a) };
            assert_eq!(lost.body["code"], "stale_version");
            assert_eq!(ticket(&lan, &id).await["subject"], won.body["subject"]);
        }
    });
}

#[test]
fn different_fields_changed_at_once_are_all_kept() {
    on_each_engine(async |desk| {
        let (lan, minh) = (desk.client.user("lan").await, desk.client.user("minh").await);
        let id = write_in(desk, "f", "mua gì").await["ticket_id"].clone();
        let path = format!("/tickets/{id}");
        for round in 0..10 {
            let subject = format!("round {round}");
            let priority = if round % 2 == 0 { "high" } else { "low" };
            let (a, b) = join(
                lan.patch(&path, json!({"subject": subject})),
                minh.patch(&path, json!({"priority": priority, "tags": [format!("t{round}")]})),
            )
            .await;
            a.is(200);
            b.is(200);
            let now = ticket(&lan, &id).await;
            assert_eq!(
                (&now["subject"], &now["priority"]),
                (&json!(subject), &json!(priority)),
                "round {round}"
            );
            assert_eq!(now["tags"], json!([format!("t{round}")]));
        }
    });
}

#[test]
fn a_ticket_taken_twice_counts_once() {
    on_each_engine(async |desk| {
        let (boss, admin) = (desk.client.user("boss").await, desk.admin().await);
        let ids: Vec<Value> = {
            let mut ids = Vec::new();
            for n in 0..4 {
                ids.push(write_in(desk, &format!("a{n}"), "mua gì").await["ticket_id"].clone());
            }
            ids
        };
        let people = [desk.world.user("lan"), desk.world.user("minh")];
        for round in 0..5 {
            let tries = ids.iter().flat_map(|id| {
                let path = format!("/tickets/{id}/assign");
                let (a, b) =
                    (json!({"agent_id": people[round % 2]}), json!({"agent_id": people[(round + 1) % 2]}));
                let (boss, admin, other) = (&boss, &admin, path.clone());
                [
                    Box::pin(async move { boss.put(&path, a).await })
                        as std::pin::Pin<Box<dyn Future<Output = _>>>,
                    Box::pin(async move { admin.put(&other, b).await }),
                ]
            });
            for answer in join_all(tries).await {
                assert!(matches!(answer.status, 200 | 409), "{}", answer.text);
            }
            assert_eq!(desk.number(WRONG_LOADS).await, 0, "round {round}");
        }
        assert_eq!(load(desk, "lan").await + load(desk, "minh").await, 4);
    });
}

#[test]
fn a_message_is_completed_once() {
    on_each_engine(async |desk| {
        let stored = write_in(desk, "c", "mua gì").await;
        let owner = stored["assigned_to"].as_str().expect("somebody has it").to_owned();
        let (agent, admin) = (desk.client.user(&owner).await, desk.admin().await);
        let path = format!("/messages/{}/complete", stored["message_id"]);
        let (a, b) = join(agent.post(&path, json!({})), admin.post(&path, json!({}))).await;
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", a.text, b.text);
        agent.post(&path, json!({})).await.refused(409, "already_completed");
        // It was the last one: the ticket is done, and its agent is free.
        assert_eq!(ticket(&admin, &stored["ticket_id"]).await["status"], "resolved");
        assert_eq!(load(desk, &owner).await, 0);
        admin.post("/messages/999999/complete", json!({})).await.refused(404, "not_found");
    });
}

#[test]
fn a_repeated_answer_is_one_message() {
    on_each_engine(async |desk| {
        let stored = write_in(desk, "r", "mua gì").await;
        let owner = desk.client.user(stored["assigned_to"].as_str().unwrap()).await;
        let path = format!("/tickets/{}/messages", stored["ticket_id"]);
        let body = json!({"content": "dạ có ạ", "visibility": "public", "client_id": "k1"});
        let answers = join_all((0..8).map(|_| owner.post(&path, body.clone()))).await;
        let first = &answers[0].body["id"];
        for answer in &answers {
            assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
            assert_eq!(&answer.body["id"], first);
        }
        assert_eq!(desk.number("SELECT count(*) FROM messages WHERE client_id = 'k1'").await, 1);
    });
}

#[test]
fn a_full_team_stays_full_and_no_fuller() {
    const CAPACITY: i64 = 3;
    const CUSTOMERS: i64 = 50;
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        for name in ["lan", "minh"] {
            let path = format!("/agents/{}/capacity", desk.world.user(name));
            admin.put(&path, json!({"max_capacity": CAPACITY})).await.is(200);
        }
        let names: Vec<String> = (0..CUSTOMERS).map(|n| format!("q{n}")).collect();
        join_all(names.iter().map(|name| write_in(desk, name, "mua gì"))).await;
        for name in ["lan", "minh"] {
            assert_eq!(load(desk, name).await, CAPACITY, "{name}");
        }
        assert_eq!(desk.number(WRONG_LOADS).await, 0);
        assert_eq!(waiting(desk).await, CUSTOMERS - 2 * CAPACITY);
        let queues = admin.get("/routing/queues").await.is(200);
        let queue =
            queues["queues"].as_array().unwrap().iter().find(|q| q["department"]["id"] == desk.world.sales);
        assert_eq!(queue.unwrap()["waiting"], CUSTOMERS - 2 * CAPACITY, "{queues}");

        // Whatever makes room lets exactly as many in: several at once …
        let lan = desk.client.user("lan").await;
        let mine = lan.get("/tickets?queue=mine").await.is(200);
        let mine: Vec<&Value> = mine["tickets"].as_array().unwrap().iter().map(|t| &t["id"]).collect();
        assert_eq!(mine.len() as i64, CAPACITY);
        let resolve = mine.iter().map(|id| {
            let path = format!("/tickets/{id}");
            let lan = &lan;
            async move { lan.patch(&path, json!({"status": "resolved"})).await.is(200) }
        });
        join_all(resolve).await;
        assert_eq!(load(desk, "lan").await, CAPACITY);
        assert_eq!(waiting(desk).await, CUSTOMERS - 3 * CAPACITY);
        // … a wider capacity …
        let path = format!("/agents/{}/capacity", desk.world.user("minh"));
        admin.put(&path, json!({"max_capacity": CAPACITY + 2})).await.is(200);
        assert_eq!(load(desk, "minh").await, CAPACITY + 2);
        assert_eq!(waiting(desk).await, CUSTOMERS - 3 * CAPACITY - 2);
        // … and somebody who comes back.
        set_status(&admin, desk.world.user("lan"), "away").await;
        for id in lan.get("/tickets?queue=mine&status=new,open").await.is(200)["tickets"].as_array().unwrap()
        {
            lan.patch(&format!("/tickets/{}", id["id"]), json!({"status": "resolved"})).await.is(200);
        }
        assert_eq!(load(desk, "lan").await, 0, "who is away gets nothing");
        set_status(&admin, desk.world.user("lan"), "available").await;
        assert_eq!(load(desk, "lan").await, CAPACITY);
        assert_eq!(desk.number(WRONG_LOADS).await, 0);
    });
}

#[test]
fn the_oldest_and_most_urgent_leave_the_queue_first() {
    on_each_engine(async |desk| {
        let admin = desk.admin().await;
        for name in ["lan", "minh"] {
            set_status(&admin, desk.world.user(name), "away").await;
        }
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.push(write_in(desk, &format!("o{n}"), "mua gì").await["ticket_id"].clone());
            desk.clock.advance(1_000);
        }
        admin.patch(&format!("/tickets/{}", ids[2]), json!({"priority": "critical"})).await.is(200);
        let path = format!("/agents/{}/capacity", desk.world.user("lan"));
        admin.put(&path, json!({"max_capacity": 2})).await.is(200);
        set_status(&admin, desk.world.user("lan"), "available").await;
        eventually("the queue has drained", async || waiting(desk).await == 1).await;
        for (id, wanted) in [(&ids[2], true), (&ids[0], true), (&ids[1], false)] {
            assert_eq!(!ticket(&admin, id).await["assigned_agent"].is_null(), wanted, "{id} of {ids:?}");
        }
    });
}
