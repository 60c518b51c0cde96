//! A page of a timeline among five million events, of a person with a hundred thousand of them.

use std::time::{Duration, Instant};

use platform::{
    db::{Sql, dialect},
    params, sql,
};
use serde_json::json;

use crate::support::{TestDesk, Who, with_desk};

const EVENTS: i64 = 5_000_000;
const OF_ONE: i64 = 100_000;

/// At once.
const CHUNK: i64 = 200_000;

/// `count` events of `kind` about a subject, with a contact; both may count along as `i`.
async fn many(desk: &TestDesk, count: i64, kind: &str, subject: (&str, &str), contact: &str) {
    for first in (1..=count).step_by(CHUNK as usize) {
        let last = count.min(first + CHUNK - 1);
        let (subject_kind, subject) = subject;
        let text = format!(
            "WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
             INSERT INTO events (at, actor_kind, kind, subject_kind, subject_id, contact_id, data) \
             SELECT 1, 'system', '{kind}', '{subject_kind}', {subject}, {contact}, '{{}}' FROM n"
        );
        desk.desk.db.write_bulk(move |tx| tx.exec(Sql::built(&text), &[]).map(|_| ())).await.unwrap();
    }
}

/// The fastest of some: what the machine does besides does not count.
async fn page(desk: &TestDesk, who: &Who, path: &str, entries: usize) -> Duration {
    let mut took = Duration::MAX;
    for _ in 0..15 {
        let begun = Instant::now();
        let page = desk.get(who, path).await.expect(200);
        took = took.min(begun.elapsed());
        assert_eq!(page["entries"].as_array().unwrap().len(), entries, "{path}");
    }
    took
}

#[test]
#[ignore = "makes five million events: minutes, and gigabytes"]
fn a_page_takes_less_than_ten_milliseconds() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        let (busy, beside) =
            (desk.lead(&an, "Minh", json!({})).await, desk.lead(&an, "Other", json!({})).await);
        let (id, contact) = (busy["id"].as_i64().unwrap(), busy["contact_id"].as_i64().unwrap());
        let call = json!({ "lead_id": id, "type": "call", "summary": "long ago" });
        desk.post(&an, "/interactions", call).await.expect(201);
        let other = beside["id"].as_i64().unwrap();
        let spread = format!("{} + i % 200000", contact + 10);
        many(&desk, EVENTS / 5 * 3, "message.added", ("ticket", "1000 + i % 300000"), &spread).await;
        many(&desk, EVENTS / 5, "lead.updated", ("lead", "1000 + i % 200000"), &spread).await;
        many(&desk, EVENTS / 5, "contact.updated", ("contact", "1000 + i % 200000"), &spread).await;
        let (of_contact, other, of_lead) = (contact.to_string(), other.to_string(), id.to_string());
        many(&desk, OF_ONE, "contact.updated", ("contact", &of_contact), &of_contact).await;
        many(&desk, OF_ONE, "message.added", ("ticket", "5"), &of_contact).await;
        many(&desk, OF_ONE, "lead.updated", ("lead", &other), &of_contact).await;
        many(&desk, 20_000, "lead.updated", ("lead", &of_lead), &of_contact).await;
        desk.desk.db.write(dialect::analyze).await.unwrap();
        let count = |c: &platform::Conn<'_>| {
            c.value::<i64>(sql!("SELECT count(*) FROM events WHERE id > ?1"), params![0])
        };
        assert!(desk.desk.db.read(count).await.unwrap() > Some(EVENTS));

        let mut slow = Vec::new();
        for (path, entries) in [
            (format!("/leads/{id}/timeline"), 50),
            (format!("/leads/{id}/timeline?limit=200"), 200),
            (format!("/leads/{id}/timeline?types=change"), 50),
            // The one call stands behind 20 000 changes of its lead: a page looks at 2 000 of them.
            (format!("/leads/{id}/timeline?types=interaction"), 0),
            (format!("/contacts/{contact}/timeline"), 50),
            (format!("/contacts/{contact}/timeline?types=interaction"), 1),
            (format!("/contacts/{contact}/timeline?types=stage_change,task"), 0),
        ] {
            let took = page(&desk, &an, &path, entries).await;
            eprintln!("{:?} {path}: {took:?}", desk.desk.db.engine());
            if took > Duration::from_millis(10) {
                slow.push((path, took));
            }
        }
        assert!(slow.is_empty(), "{slow:?}");
    });
}
