//! What is somebody else's is not there: every route that names a row answers for another's exactly as for one that does
//! not exist, and changes nothing. The list of routes is the program's own, so a new one is tried from the day it exists.

use std::collections::BTreeSet;

use e2e::{Answer, Desk, Session, on_each_engine};
use frontdesk::app;
use platform::http::{Requirement, RouteInfo};
use reqwest::Method;
use serde_json::{Value, json};

/// Routes whose rows everybody may know of who may call them at all, each with its reason. By the beginning of the path.
const COMMON: &[(&str, &str)] = &[
    ("/departments/{id}", "everybody knows the departments"),
    ("/pipelines/{id}", "everybody knows the pipelines"),
    ("/business-hours/{id}", "everybody knows the hours"),
    ("/keywords/{id}", "everybody knows the keywords"),
    ("/vendors/{code}", "the vendors are the administrators'"),
    ("/webhooks/", "a signature opens it"),
    ("/calendar/{token}", "its address opens it"),
    ("/attachments/{id}/download", "the token of its link opens it"),
    ("/admin/", "the administrators'"),
    ("/intake/journal/{id}/reprocess", "the administrators'"),
    ("/users/{id}", "everybody knows the staff, administrators and managers change them"),
    ("/agents/{id}", "everybody knows the staff, managers and administrators change them"),
    ("/spam/blocks/{id}", "the block list is the desk's"),
    ("/contacts/{id}", "everybody knows the people; what belongs to them is tried below"),
    ("/customers/{id}", "everybody knows the people; what belongs to them is tried below"),
    ("/contact-methods/{id}", "everybody knows the people"),
];

/// What is kept up to date beside the requests.
const FOLLOWS: &[&str] = &[
    "search_progress",
    "contact_search",
    "lead_search",
    "lead_totals",
    "lead_deltas",
    "api_key_usage",
    "jobs",
];

/// A row of each kind that belongs to Tech, of another department than Lan's and the boss's.
struct Theirs {
    lead: i64,
    contact: i64,
    /// Who wrote the message.
    writer: i64,
    student: i64,
    interaction: i64,
    task: i64,
    import: i64,
    ticket: i64,
    message: i64,
    view: i64,
    notification: i64,
    session: String,
    reply: i64,
    file: i64,
}

impl Theirs {
    async fn of(desk: &Desk) -> Theirs {
        let (admin, tech) = (desk.client.user("admin").await, desk.client.user("tech").await);
        let them = desk.world.user("tech");
        let id = |v: &Value| v["id"].as_i64().unwrap_or_else(|| panic!("no id: {v}"));
        let lead = admin
            .post(
                "/leads",
                json!({"name": "Phạm Kín", "phone": "0903123456", "source": "website", "assigned_to": them, "students": [{"name": "Phạm Con"}]}),
            )
            .await
            .is(201);
        let (lead, contact) = (id(&lead), lead["contact_id"].as_i64().expect("a contact"));
        let student = id(&tech.get(&format!("/leads/{lead}/students")).await.is(200)["students"][0]);
        let interaction =
            json!({"lead_id": lead, "type": "call", "summary": "Nói chuyện riêng", "outcome": "connected"});
        let interaction = id(&tech.post("/interactions", interaction).await.is(201));
        let task = id(&tech.post("/tasks", json!({"title": "Gọi lại", "lead_id": lead})).await.is(201));
        let import = admin
            .send(
                Method::POST,
                "/leads/import?file_name=mine.csv",
                &[("content-type".into(), "text/csv".into())],
                Some("Họ tên,Điện thoại\nLê Mới,0903999888\n".into()),
            )
            .await;
        let import = id(&import.is(201));
        let line = json!({"platform": "shop", "sender": "u77", "content": "máy bị lỗi, cần bảo hành", "external_id": "m1"});
        let told = desk.client.key(desk.world.key("intake")).post("/webhook", line).await.is(200);
        let (ticket, message) = (told["ticket_id"].as_i64(), told["message_id"].as_i64());
        let ticket = ticket.expect("a ticket");
        admin.put(&format!("/tickets/{ticket}/assign"), json!({"agent_id": them})).await.is(200);
        let said = tech.get(&format!("/tickets/{ticket}")).await.is(200);
        let file = tech
            .send(
                Method::POST,
                "/attachments?name=a.txt",
                &[("content-type".into(), "text/plain".into())],
                Some("Riêng".into()),
            )
            .await;
        let view = json!({"name": "Của tôi", "screen": "leads"});
        let view = id(&tech.post("/views", view).await.is(201));
        let notes = tech.get("/notifications").await.is(200);
        let session = tech.get("/auth/sessions").await.is(200);
        let reply =
            json!({"name": "Chào", "shortcut": "chao", "body": "Chào {{contact.name}}", "shared_with": "me"});
        let reply = tech.post("/canned-replies", reply).await;
        Theirs {
            lead,
            contact,
            writer: said["customer"]["internal_id"].as_i64().expect("a writer"),
            file: id(&file.is(201)),
            student,
            interaction,
            task,
            import,
            ticket,
            message: message.expect("a message"),
            view,
            notification: id(&notes["notifications"][0]),
            session: session["sessions"][0]["id"].to_string().trim_matches('"').to_owned(),
            reply: id(&reply.is(201)),
        }
    }

    /// The id that a route wants in its path.
    fn id(&self, path: &str) -> Option<String> {
        let kinds: &[(&str, String)] = &[
            ("/leads/", self.lead.to_string()),
            ("/lead/", self.lead.to_string()),
            ("/interactions/timeline/", self.lead.to_string()),
            ("/spam/activities/", self.contact.to_string()),
            ("/students/", self.student.to_string()),
            ("/interactions/", self.interaction.to_string()),
            ("/tasks/", self.task.to_string()),
            ("/imports/", self.import.to_string()),
            ("/tickets/", self.ticket.to_string()),
            ("/messages/", self.message.to_string()),
            ("/views/", self.view.to_string()),
            ("/notifications/", self.notification.to_string()),
            ("/auth/sessions/", self.session.clone()),
            ("/canned-replies/", self.reply.to_string()),
            ("/attachments/", self.file.to_string()),
        ];
        kinds.iter().find(|(begin, _)| path.starts_with(begin)).map(|(_, id)| id.clone())
    }
}

/// A body that would do, if the row were one's own.
fn body(route: &RouteInfo, us: i64) -> Value {
    match (route.method.as_str(), route.path.as_str()) {
        ("POST", "/leads/{id}/assign") => json!({"agent_email": "lan@example.com"}),
        (_, "/leads/{id}/assign") => json!({"assigned_to": us}),
        (_, "/leads/{id}/status") => json!({"status": "connected"}),
        (_, "/leads/{id}/interactions") => json!({"type": "note", "summary": "x"}),
        ("POST", "/leads/{id}/students") => json!({"name": "x"}),
        (_, "/leads/{id}/duplicates/dismiss") => json!({"contact_id": 1}),
        ("PATCH", "/leads/{id}" | "/students/{id}" | "/views/{id}") => json!({"name": "x"}),
        ("PATCH", "/canned-replies/{id}") => json!({"name": "x"}),
        ("PATCH", "/interactions/{id}") => json!({"summary": "x"}),
        ("PATCH", "/tasks/{id}") => json!({"title": "x"}),
        ("PATCH", "/imports/{id}") => json!({"mapping": {}}),
        ("PUT" | "PATCH", "/tickets/{id}") => json!({"priority": "high"}),
        (_, "/tickets/{id}/assign") => json!({"agent_id": us}),
        (_, "/tickets/{id}/message" | "/tickets/{id}/messages") => {
            json!({"content": "x", "visibility": "internal"})
        }
        ("PUT", "/tickets/{id}/draft") => json!({"content": "x", "visibility": "internal"}),
        (_, "/tickets/{id}/undo-send") => json!({"message_id": 1}),
        _ => json!({}),
    }
}

async fn ask(session: &Session, route: &RouteInfo, id: &str, us: i64) -> Answer {
    let path: Vec<&str> = route.path.split('/').map(|p| if p.starts_with('{') { id } else { p }).collect();
    let kind = [("content-type".to_owned(), "application/json".to_owned())];
    match route.method {
        Method::GET | Method::DELETE => session.send(route.method.clone(), &path.join("/"), &[], None).await,
        _ => {
            let body = body(route, us).to_string().into_bytes();
            session.send(route.method.clone(), &path.join("/"), &kind, Some(body)).await
        }
    }
}

/// The code of a refusal.
fn code(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or_default()
}

#[test]
fn what_is_anothers_is_not_there() {
    on_each_engine(async |desk| {
        let theirs = Theirs::of(desk).await;
        let mut sessions = Vec::new();
        for who in ["lan", "boss"] {
            sessions.push((who, desk.client.user(who).await, desk.world.user(who)));
        }
        let before = desk.place.fingerprint(FOLLOWS).await;
        let mut hidden = BTreeSet::new();
        for (who, session, us) in &sessions {
            for route in app::routes().iter().filter(|r| r.path.contains('{')) {
                let is_guarded = !matches!(route.requirement, Requirement::Public | Requirement::Signed);
                if !is_guarded || COMMON.iter().any(|(begin, _)| route.path.starts_with(begin)) {
                    continue;
                }
                let name = format!("{} {}", route.method, route.path);
                let id = theirs.id(&route.path).unwrap_or_else(|| panic!("{name}: whose is it?"));
                let there = ask(session, route, &id, *us).await;
                let absent = ask(session, route, "999999", *us).await;
                let here = format!("{who} at {name}: {} {}", there.status, there.text);
                // A role that may do it to nobody's is told so before anything is looked for.
                assert!(matches!(there.status, 403 | 404), "{here}");
                assert_eq!((there.status, code(&there)), (absent.status, code(&absent)), "{here}");
                if there.status == 404 {
                    hidden.insert(name);
                }
            }
        }
        assert!(hidden.len() > 40, "{hidden:?}");
        assert_eq!(desk.place.fingerprint(FOLLOWS).await, before);
    });
}

#[test]
fn of_a_person_whom_all_know_only_ones_own_is_shown() {
    on_each_engine(async |desk| {
        let theirs = Theirs::of(desk).await;
        let tech = desk.client.user("tech").await;
        for who in ["lan", "boss", "tech"] {
            let session = desk.client.user(who).await;
            let (person, writer) = (theirs.contact, theirs.writer);
            let leads = session.get(&format!("/contacts/{person}/leads")).await.is(200);
            let tickets = session.get(&format!("/customers/{writer}/tickets")).await.is(200);
            let mut kinds = BTreeSet::new();
            for contact in [person, writer] {
                let timeline = session.get(&format!("/contacts/{contact}/timeline")).await.is(200);
                for entry in timeline["entries"].as_array().into_iter().flatten() {
                    kinds.insert(entry["event_type"].as_str().unwrap_or_default().to_owned());
                }
            }
            let is_theirs = who == "tech";
            assert_eq!(
                leads["leads"].as_array().map(Vec::len),
                Some(usize::from(is_theirs)),
                "{who}: {leads}"
            );
            assert_eq!(tickets["total"], i64::from(is_theirs), "{who}: {tickets}");
            for kind in ["interaction", "task", "message"] {
                assert_eq!(kinds.contains(kind), is_theirs, "{who}: {kinds:?}");
            }
        }
        tech.get(&format!("/leads/{}", theirs.lead)).await.is(200);
    });
}
