//! What happens with leads and tasks is told at once to those who may see them, and to nobody else.

use std::time::Duration;

use e2e::{Session, on_each_engine};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// A connected listener.
struct Listener(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    async fn open(session: &Session) -> Listener {
        let ticket = session.post("/ws/ticket", json!({})).await.is(200);
        let root = session.client().root().replace("http://", "ws://");
        let ticket = ticket["ticket"].as_str().expect("a ticket");
        let (socket, _) =
            connect_async(format!("{root}/api/v1/ws?ticket={ticket}")).await.expect("the socket opens");
        let mut listener = Listener(socket);
        assert_eq!(listener.next().await["type"], "hello");
        listener
    }

    async fn next(&mut self) -> Value {
        loop {
            let message = timeout(Duration::from_secs(10), self.0.next()).await.expect("a frame within 10 s");
            if let Message::Text(text) = message.expect("the socket is open").expect("a frame") {
                return serde_json::from_str(&text).expect("JSON");
            }
        }
    }

    /// Everything up to the frame of this kind, it included: `event lead.created`, `removed task`.
    async fn until(&mut self, last: &str) -> Vec<(String, Value)> {
        let mut heard = Vec::new();
        loop {
            let frame = self.next().await;
            let what = match frame["type"].as_str() {
                Some("event") => format!("event {}", frame["kind"].as_str().unwrap_or_default()),
                Some("removed") => {
                    format!("removed {}", frame["subject"]["kind"].as_str().unwrap_or_default())
                }
                _ => continue,
            };
            let is_last = what == last;
            heard.push((what, frame));
            if is_last {
                return heard;
            }
        }
    }
}

fn subjects(heard: &[(String, Value)]) -> Vec<&Value> {
    heard.iter().map(|(_, f)| &f["subject"]["id"]).collect()
}

#[test]
fn an_agent_hears_of_their_own_leads_and_of_no_others() {
    on_each_engine(async |desk| {
        let (boss, minh_s) = (desk.client.user("boss").await, desk.client.user("minh").await);
        let (lan_id, minh_id) = (desk.world.user("lan"), desk.world.user("minh"));
        let mut lan = Listener::open(&desk.client.user("lan").await).await;
        let mut minh = Listener::open(&minh_s).await;
        let mut tech = Listener::open(&desk.client.user("tech").await).await;

        let lead = async |name: &str, owner: i64| {
            boss.post("/leads", json!({"name": name, "assigned_to": owner})).await.is(201)["id"].clone()
        };
        let of_lan = lead("Lan's", lan_id).await;
        let of_minh = lead("Minh's", minh_id).await;
        for id in [&of_lan, &of_minh] {
            let note = json!({"lead_id": id, "type": "note", "summary": "Wants a tour"});
            boss.post("/interactions", note).await.is(201);
        }
        // What is said of a lead is heard by its owner, in order, and holds no words.
        let heard = lan.until("event interaction.logged").await;
        assert!(heard.iter().any(|(what, _)| what == "event lead.created"), "{heard:?}");
        let of_leads: Vec<_> = heard.into_iter().filter(|(w, _)| !w.contains("contact.")).collect();
        assert!(subjects(&of_leads).iter().all(|id| **id == of_lan), "{of_leads:?}");
        assert!(!format!("{of_leads:?}").contains("tour"), "{of_leads:?}");
        let heard = minh.until("event interaction.logged").await;
        let of_leads: Vec<_> = heard.into_iter().filter(|(w, _)| !w.contains("contact.")).collect();
        assert!(subjects(&of_leads).iter().all(|id| **id == of_minh), "{of_leads:?}");

        // A lead that is given to another leaves the view, with its fields as they were.
        let given = json!({"assigned_to": minh_id});
        boss.patch(&format!("/leads/{of_lan}/assign"), given).await.is(200);
        let (_, removed) = lan.until("removed lead").await.pop().expect("a frame");
        assert_eq!(removed["subject"], json!({"kind": "lead", "id": of_lan}));
        let (_, told) = minh.until("event lead.assigned").await.pop().expect("a frame");
        assert_eq!((&told["subject"]["id"], &told["data"]["before"]["owner_id"]), (&of_lan, &json!(lan_id)));

        // Another team has heard nothing of all this; what comes next is the first that concerns it.
        let own = desk.client.user("tech").await.post("/tasks", json!({"title": "own"})).await.is(201);
        let heard = tech.until("event task.created").await;
        let heard: Vec<_> = heard.into_iter().filter(|(w, _)| !w.contains("contact.")).collect();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].1["data"]["task_id"], own["id"]);
    });
}

#[test]
fn a_task_and_its_notification_reach_whom_they_concern() {
    on_each_engine(async |desk| {
        let (boss, lan_s) = (desk.client.user("boss").await, desk.client.user("lan").await);
        let (lan_id, minh_id) = (desk.world.user("lan"), desk.world.user("minh"));
        let (mut lan, mut above) = (Listener::open(&lan_s).await, Listener::open(&boss).await);
        let task = json!({"title": "Gọi khách", "assigned_to": lan_id});
        let task = boss.post("/tasks", task).await.is(201);
        let heard = lan.until("event notification.created").await;
        let kinds: Vec<&str> = heard.iter().map(|(what, _)| what.as_str()).collect();
        assert_eq!(kinds, ["event task.created", "event notification.created"]);
        let told = &heard[1].1;
        assert_eq!(
            (&told["data"]["kind"], &told["data"]["link"]),
            (&json!("task.assigned"), &json!("/tasks"))
        );
        assert!(!format!("{heard:?}").contains("Gọi"), "{heard:?}");
        let rows = lan_s.get("/notifications?unread_only=true").await.is(200);
        assert_eq!(rows["notifications"][0]["id"], told["data"]["notification_id"]);
        assert_eq!(rows["notifications"][0]["data"]["title"], "Gọi khách");

        let path = format!("/tasks/{}", task["id"]);
        boss.patch(&path, json!({"assigned_to": minh_id})).await.is(200);
        let (_, removed) = lan.until("removed task").await.pop().expect("a frame");
        assert_eq!(removed["subject"], json!({"kind": "task", "id": task["id"]}));
        // Who asked for it hears of it, and never of another's notification.
        let heard = above.until("event task.updated").await;
        assert!(heard.iter().all(|(what, _)| what.starts_with("event task.")), "{heard:?}");
    });
}
