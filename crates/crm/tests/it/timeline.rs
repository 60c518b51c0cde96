//! Timelines: what happened with a lead and with its person, as far as somebody may see it.

use std::collections::HashMap;

use crm::{
    Crm, LeadId, leads,
    timeline::{self, EntryKind, EntryType, Source, Sources},
};
use people::access::Principal;
use platform::{
    Conn, Result,
    events::{Actor, NewEvent, Origin, record},
};
use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

async fn team(desk: &TestDesk) -> (Who, Who, Who) {
    desk.department("Sales").await;
    (
        desk.user("boss", "manager", &["Sales"]).await,
        desk.user("an", "agent", &["Sales"]).await,
        desk.user("binh", "agent", &["Sales"]).await,
    )
}

async fn entries(desk: &TestDesk, who: &Who, path: &str) -> Vec<Value> {
    desk.get(who, path).await.expect(200)["entries"].as_array().unwrap().clone()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|e| e["kind"].as_str().unwrap()).collect()
}

async fn principal(desk: &TestDesk, who: &Who) -> std::sync::Arc<Principal> {
    desk.desk.access.principal(people::UserId(who.id)).await.unwrap().unwrap()
}

#[test]
fn a_lead_shows_all_that_happened_with_it_newest_first() {
    with_desk(async |desk| {
        let (boss, an, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        let id = lead["id"].as_i64().unwrap();
        let note = json!({ "type": "note", "summary": "Wants a tour" });
        let note = desk.post(&an, &format!("/leads/{id}/interactions"), note).await.expect(201);
        let task =
            desk.post(&an, "/tasks", json!({ "title": "Show around", "lead_id": id })).await.expect(201);
        desk.patch(&an, &format!("/tasks/{}/complete", task["id"]), Value::Null).await.expect(200);
        desk.patch(&boss, &format!("/leads/{id}/status"), json!({ "status": "connected" })).await.expect(200);

        let path = format!("/leads/{id}/timeline");
        let all = entries(&desk, &an, &path).await;
        let wanted = [
            "lead.status_changed",
            "task.completed",
            "task.created",
            "interaction.logged",
            "lead.created",
            "contact.created",
        ];
        assert_eq!(kinds(&all), wanted);
        let types: Vec<_> = all.iter().map(|e| e["event_type"].as_str().unwrap()).collect();
        assert_eq!(types, ["stage_change", "task", "task", "interaction", "change", "change"]);
        assert_eq!(all[0]["actor"], json!({ "kind": "user", "id": boss.id, "name": "boss" }));
        assert_eq!(all[0]["subject"], json!({ "kind": "lead", "id": id }));
        assert_eq!(
            (&all[0]["data"]["before"]["status"], &all[0]["item"]["name"]),
            (&json!("new"), &json!("Minh"))
        );
        assert_eq!(
            (&all[1]["item"]["title"], &all[1]["item"]["status"]),
            (&json!("Show around"), &json!("completed"))
        );
        assert_eq!(all[2]["item"], all[1]["item"], "what it looks like now");
        assert_eq!(all[3]["item"], note);
        assert!(all[3]["data"].get("summary").is_none());
        assert_eq!(entries(&desk, &an, &format!("/interactions/timeline/{id}")).await, all);
        assert_eq!(desk.get(&an, &format!("/leads/{id}")).await.expect(200)["activities"], json!(all));

        let filtered = entries(&desk, &an, &format!("{path}?types=interaction,stage_change")).await;
        assert_eq!(kinds(&filtered), ["lead.status_changed", "interaction.logged"]);
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..10 {
            let page = desk.get(&an, &format!("{path}?limit=2{cursor}")).await.expect(200);
            seen.extend(page["entries"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, all);

        // What is gone is no entry.
        desk.call(&an, "DELETE", &format!("/interactions/{}", note["id"]), Value::Null).await.expect(204);
        assert_eq!(kinds(&entries(&desk, &an, &path).await), [&wanted[..3], &wanted[4..]].concat());
        for query in ["?types=gossip", "?cursor=x", "?limit=0", "?page=1"] {
            assert_eq!(desk.get(&an, &format!("{path}{query}")).await.status.as_u16(), 400, "{query}");
        }
    });
}

#[test]
fn nobody_sees_more_than_their_leads() {
    with_desk(async |desk| {
        let (boss, an, binh) = team(&desk).await;
        let mine = desk.lead(&an, "Minh", json!({})).await;
        let contact = mine["contact_id"].clone();
        let hers = desk.lead(&binh, "Minh", json!({ "contact_id": contact })).await;
        let log = async |who: &Who, lead: &Value| {
            let body = json!({ "lead_id": lead["id"], "type": "call", "summary": "x" });
            desk.post(who, "/interactions", body).await.expect(201);
        };
        log(&an, &mine).await;
        log(&binh, &hers).await;
        desk.post(&binh, "/tasks", json!({ "title": "hers", "lead_id": hers["id"] })).await.expect(201);

        let of_mine = entries(&desk, &an, &format!("/leads/{}/timeline", mine["id"])).await;
        assert_eq!(kinds(&of_mine), ["interaction.logged", "lead.created", "contact.created"]);
        desk.get(&an, &format!("/leads/{}/timeline", hers["id"])).await.refused(404, "not_found");
        let of_hers = entries(&desk, &boss, &format!("/leads/{}/timeline", hers["id"])).await;
        assert_eq!(
            kinds(&of_hers),
            ["task.created", "interaction.logged", "lead.created", "contact.created"]
        );

        let path = format!("/contacts/{contact}/timeline");
        assert_eq!(
            kinds(&entries(&desk, &an, &path).await),
            ["interaction.logged", "lead.created", "contact.created"]
        );
        let all = entries(&desk, &boss, &path).await;
        assert_eq!(
            kinds(&all),
            [
                "task.created",
                "interaction.logged",
                "interaction.logged",
                "lead.created",
                "lead.created",
                "contact.created"
            ]
        );
        assert_eq!(all[3]["item"], json!({ "id": hers["id"], "name": "Minh" }));
        desk.get(&an, "/contacts/999/timeline").await.refused(404, "not_found");
    });
}

/// Messages with odd ids are for nobody's eyes.
struct Messages;

impl Source for Messages {
    fn kinds(&self) -> &'static [EntryKind] {
        const KINDS: &[EntryKind] = &[
            EntryKind { event: "message.added", shown_as: EntryType::Message, id: "message_id" },
            EntryKind { event: "ticket.created", shown_as: EntryType::Ticket, id: "" },
        ];
        KINDS
    }
    fn is_open_to(&self, viewer: &Principal) -> bool {
        viewer.role_key != "manager"
    }
    fn show(&self, _: &Conn<'_>, _: &Principal, ids: &[i64]) -> Result<HashMap<i64, Value>> {
        Ok(ids.iter().filter(|id| *id % 2 == 0).map(|id| (*id, json!({ "text": format!("{id}") }))).collect())
    }
}

/// Says that messages came in from a contact.
async fn messages(desk: &TestDesk, contact: i64, ids: std::ops::Range<i64>) {
    let write = move |tx: &platform::Tx<'_>| {
        ids.clone().try_for_each(|id| {
            let event =
                NewEvent::new("message.added", "ticket", 5, json!({ "message_id": id })).contact(contact);
            record(tx, &Origin::of(Actor::Contact(contact)), event)
        })
    };
    desk.desk.db.write(write).await.unwrap();
}

#[test]
fn what_others_register_is_shown_to_those_who_may_see_it() {
    with_desk(async |desk| {
        let (boss, an, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        let (id, contact) = (LeadId(lead["id"].as_i64().unwrap()), lead["contact_id"].as_i64().unwrap());
        messages(&desk, contact, 1..41).await;
        let crm = Crm { sources: std::sync::Arc::new(Sources::default().with(Messages)), ..desk.crm.clone() };
        let last = async |who: &Who, limit: i64| {
            let (crm, viewer) = (crm.clone(), principal(&desk, who).await);
            let read = move |c: &Conn<'_>| {
                let lead = leads::get(c, id)?.unwrap();
                timeline::last(c, &crm, &viewer, &lead, limit)
            };
            serde_json::to_value(desk.desk.db.read(read).await.unwrap()).unwrap().as_array().unwrap().clone()
        };
        let shown = last(&an, 15).await;
        assert_eq!(shown.len(), 15, "looked further for what is hidden");
        assert_eq!(shown[0]["item"], json!({ "text": "40" }));
        assert_eq!(shown[0]["actor"], json!({ "kind": "contact", "id": contact, "name": "Minh" }));
        assert!(shown.iter().all(|e| e["event_type"] == "message"));
        assert_eq!(last(&an, 100).await.len(), 22);
        assert_eq!(kinds(&last(&boss, 15).await), ["lead.created", "contact.created"]);

        let (sources, viewer) = (crm.sources.clone(), principal(&desk, &an).await);
        let asked = move |c: &Conn<'_>| {
            let shows = |kind: &str, id: i64| sources.shows(c, &viewer, kind, id);
            Ok((shows("ticket.created", 4)?, shows("ticket.created", 5)?, shows("visit.created", 5)?))
        };
        assert_eq!(desk.desk.db.read(asked).await.unwrap(), (Some(true), Some(false), None));
    });
}

#[test]
fn what_the_filter_refuses_costs_one_look_at_a_time() {
    with_desk(async |desk| {
        let (_, an, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        let id = lead["id"].as_i64().unwrap();
        desk.patch(&an, &format!("/leads/{id}/status"), json!({ "status": "connected" })).await.expect(200);
        // More than one page looks at, of a kind that is not asked for.
        let write = move |tx: &platform::Tx<'_>| {
            (0..2_600).try_for_each(|_| {
                record(
                    tx,
                    &Origin::system(),
                    NewEvent::new("lead.updated", "lead", id, json!({ "fields": ["score"] })),
                )
            })
        };
        desk.desk.db.write(write).await.unwrap();
        let path = format!("/leads/{id}/timeline?types=stage_change");
        let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = desk.get(&an, &format!("{path}{cursor}")).await.expect(200);
            found.extend(page["entries"].as_array().unwrap().iter().cloned());
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((kinds(&found), pages), (vec!["lead.status_changed"], 2));
    });
}
