//! Tasks: who sees them, in which order, what follows from them.

use crm::tasks::jobs;
use people::notifications;
use platform::clock::{DAY, HOUR, MINUTE};
use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

/// An administrator, a manager of Sales, two agents of Sales and one of Law.
async fn team(desk: &TestDesk) -> (Who, Who, Who, Who, Who) {
    desk.department("Sales").await;
    desk.department("Law").await;
    (
        desk.user("root", "admin", &[]).await,
        desk.user("boss", "manager", &["Sales"]).await,
        desk.user("an", "agent", &["Sales"]).await,
        desk.user("binh", "agent", &["Sales"]).await,
        desk.user("far", "agent", &["Law"]).await,
    )
}

async fn task(desk: &TestDesk, who: &Who, title: &str, more: Value) -> Value {
    let mut body = json!({ "title": title });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    desk.post(who, "/tasks", body).await.expect(201)
}

fn at(desk: &TestDesk, after: i64) -> String {
    platform::time::rfc3339(desk.clock.now() + after)
}

async fn titles(desk: &TestDesk, who: &Who, query: &str) -> Vec<String> {
    let list = desk.get(who, &format!("/tasks{query}")).await.expect(200);
    list["tasks"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap().to_owned()).collect()
}

/// Kinds and titles of somebody's notifications, the newest first.
async fn told(desk: &TestDesk, who: &Who) -> Vec<String> {
    let list = desk.get(who, "/notifications").await.expect(200);
    let line =
        |n: &Value| format!("{} {}", n["kind"].as_str().unwrap(), n["data"]["title"].as_str().unwrap());
    list["notifications"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_task_is_made_shown_changed_and_done() {
    with_desk(async |desk| {
        let (_, _, an, ..) = team(&desk).await;
        let lead = desk.lead(&an, "Nguyễn Bình", json!({})).await;
        let due = at(&desk, 10 * MINUTE);
        let made = task(
            &desk,
            &an,
            " Call her ",
            json!({ "lead_id": lead["id"], "due_date": due, "description": "now" }),
        )
        .await;
        let id = made["id"].as_i64().unwrap();
        let mut wanted = json!({
            "id": id, "title": "Call her", "description": "now", "status": "pending", "due_at": due, "due_date": due,
            "remind_at": due, "is_overdue": false, "lead": { "id": lead["id"], "name": "Nguyễn Bình" },
            "lead_id": lead["id"], "ticket_id": null, "contact_id": lead["contact_id"],
            "assignee": { "id": an.id, "name": "an" }, "assigned_to": an.id, "is_follow_up": false, "created_by": an.id,
            "completed_at": null, "completed_by": null, "version": 1,
        });
        wanted["created_at"] = made["created_at"].clone();
        wanted["updated_at"] = made["updated_at"].clone();
        assert_eq!(made, wanted);
        let path = format!("/tasks/{id}");
        assert_eq!(desk.get(&an, &path).await.expect(200), made);

        let later = at(&desk, 20 * MINUTE);
        let changed =
            desk.patch(&an, &path, json!({ "status": "in_progress", "due_at": later })).await.expect(200);
        assert_eq!(
            (&changed["status"], &changed["due_at"], &changed["version"]),
            (&json!("in_progress"), &json!(later), &json!(2))
        );
        desk.call_with(&an, "PATCH", &path, &[("if-match", "1")], json!({ "title": "x" }))
            .await
            .refused(409, "stale_version");
        let same = desk.patch(&an, &path, json!({ "due_at": later })).await.expect(200);
        assert_eq!(same["version"], 2, "what changes nothing is no change");

        desk.clock.advance(30 * MINUTE);
        assert_eq!(desk.get(&an, &path).await.expect(200)["is_overdue"], true);
        let done = desk.patch(&an, &format!("{path}/complete"), Value::Null).await.expect(200);
        assert_eq!(
            (&done["status"], &done["completed_by"], &done["is_overdue"]),
            (&json!("completed"), &json!(an.id), &json!(false))
        );
        desk.patch(&an, &format!("{path}/complete"), Value::Null).await.refused(409, "already_completed");
        desk.patch(&an, &format!("{path}/cancel"), Value::Null).await.refused(409, "already_completed");
        let again =
            desk.patch(&an, &path, json!({ "status": "pending", "due_date": null })).await.expect(200);
        assert_eq!((&again["completed_at"], &again["due_at"]), (&Value::Null, &Value::Null));
        desk.patch(&an, &format!("{path}/cancel"), Value::Null).await.expect(200);
        desk.patch(&an, &format!("{path}/cancel"), Value::Null).await.refused(409, "wrong_state");
        desk.patch(&an, &format!("{path}/complete"), Value::Null).await.expect(200);
        desk.call(&an, "DELETE", &path, Value::Null).await.expect(204);
        desk.get(&an, &path).await.refused(404, "not_found");

        let events = desk.events("lead", lead["id"].as_i64().unwrap()).await;
        let events: Vec<_> = events.iter().filter(|e| e.0.starts_with("task.")).collect();
        let kinds: Vec<_> = events.iter().map(|e| e.0.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "task.created",
                "task.updated",
                "task.completed",
                "task.updated",
                "task.cancelled",
                "task.completed",
                "task.deleted"
            ]
        );
        assert!(events.iter().all(|e| e.1["task_id"] == id && e.1["created_by"] == an.id));
        assert_eq!(events[1].1["before"], json!({ "status": "pending", "due_at": due, "remind_at": due }));
        let text = format!("{events:?}");
        assert!(!text.contains("Call") && !text.contains("now"), "events hold no words: {text}");
    });
}

#[test]
fn everything_wrong_is_told_at_once() {
    with_desk(async |desk| {
        let (_, _, an, binh, _) = team(&desk).await;
        let theirs = desk.lead(&binh, "Hers", json!({})).await;
        let body = json!({
            "title": "  ", "due_at": "tomorrow", "remind_at": "2026-01-03", "lead_id": theirs["id"], "assigned_to": 999,
        });
        assert_eq!(
            desk.post(&an, "/tasks", body).await.faults(),
            [
                "assigned_to not_found",
                "due_at format",
                "lead_id not_found",
                "remind_at format",
                "title too_short"
            ]
        );
        assert_eq!(
            desk.post(&an, "/tasks", json!({ "lead": 1 })).await.faults(),
            ["lead unknown", "title required"]
        );
        let both = json!({ "title": "x", "due_at": "2026-01-03", "due_date": "2026-01-04" });
        assert_eq!(desk.post(&an, "/tasks", both).await.faults(), ["due_date repeated"]);
        for query in
            ["?due_before=x", "?assigned_to=you", "?status=late", "?sort=title", "?colour=red", "?cursor=zzz"]
        {
            assert_eq!(desk.get(&an, &format!("/tasks{query}")).await.status.as_u16(), 400, "{query}");
        }
    });
}

#[test]
fn a_day_means_its_end_in_the_organisations_zone() {
    with_desk(async |desk| {
        let (_, _, an, ..) = team(&desk).await;
        let made = task(&desk, &an, "x", json!({ "due_date": "2026-01-03" })).await;
        let zone = desk.desk.config.org.timezone.clone();
        let days = platform::days::Days::of(&zone).unwrap();
        let next = days.start("2026-01-04".parse().unwrap());
        assert_eq!(made["due_at"], platform::time::rfc3339(next - 1_000));
        assert_eq!(titles(&desk, &an, "?due_after=2026-01-03&due_before=2026-01-04").await, ["x"]);
        assert!(titles(&desk, &an, "?due_before=2026-01-03").await.is_empty());
    });
}

#[test]
fn everybody_sees_what_is_theirs_to_see() {
    with_desk(async |desk| {
        let (root, boss, an, binh, far) = team(&desk).await;
        task(&desk, &an, "mine", json!({})).await;
        task(&desk, &an, "asked", json!({ "assigned_to": far.id })).await;
        task(&desk, &binh, "hers", json!({})).await;
        let nobody = task(&desk, &root, "nobody's", json!({ "assigned_to": null })).await;
        assert_eq!(titles(&desk, &an, "?sort=created_at").await, ["mine", "asked"]);
        assert_eq!(titles(&desk, &an, "?assigned_to=me").await, ["mine"]);
        assert_eq!(titles(&desk, &far, "").await, ["asked"]);
        assert_eq!(titles(&desk, &boss, "?sort=created_at").await, ["mine", "hers"]);
        assert_eq!(titles(&desk, &root, "?sort=-created_at").await, ["nobody's", "hers", "asked", "mine"]);
        assert_eq!(titles(&desk, &root, "?assigned_to=none").await, ["nobody's"]);
        assert_eq!(titles(&desk, &root, &format!("?assigned_to={}", binh.id)).await, ["hers"]);
        assert!(titles(&desk, &an, "?assigned_to=none").await.is_empty());

        let path = format!("/tasks/{}", nobody["id"]);
        desk.get(&an, &path).await.refused(404, "not_found");
        desk.patch(&an, &path, json!({ "title": "x" })).await.refused(404, "not_found");
        desk.patch(&boss, &format!("{path}/complete"), Value::Null).await.refused(404, "not_found");
        let asked = desk.get(&far, "/tasks").await.expect(200)["tasks"][0]["id"].clone();
        desk.call(&far, "DELETE", &format!("/tasks/{asked}"), Value::Null).await.refused(403, "forbidden");
        desk.patch(&far, &format!("/tasks/{asked}/complete"), Value::Null).await.expect(200);
        desk.call(&an, "DELETE", &format!("/tasks/{asked}"), Value::Null).await.expect(204);

        let (reader, writer) = (desk.api_key("read").await, desk.api_key("write").await);
        assert_eq!(titles(&desk, &reader, "").await.len(), 3);
        assert!(titles(&desk, &reader, "?assigned_to=me").await.is_empty());
        desk.post(&reader, "/tasks", json!({ "title": "x" })).await.refused(403, "forbidden");
        let by_key = task(&desk, &writer, "by a program", json!({})).await;
        assert_eq!((&by_key["assigned_to"], &by_key["created_by"]), (&Value::Null, &Value::Null));
    });
}

#[test]
fn overdue_ones_stand_first_and_filters_find_the_rest() {
    with_desk(async |desk| {
        let (root, _, an, ..) = team(&desk).await;
        for (title, due) in [
            ("soon", Some(HOUR)),
            ("late", Some(-HOUR)),
            ("some day", None),
            ("later", Some(DAY)),
            ("very late", Some(-DAY)),
        ] {
            let due = due.map(|d| at(&desk, d));
            task(&desk, &an, title, json!({ "due_at": due })).await;
        }
        let done = task(&desk, &an, "done", json!({ "due_at": at(&desk, -2 * DAY) })).await;
        desk.patch(&an, &format!("/tasks/{}/complete", done["id"]), Value::Null).await.expect(200);
        let order = ["very late", "late", "soon", "later", "some day", "done"];
        assert_eq!(titles(&desk, &an, "").await, order);
        assert_eq!(titles(&desk, &root, "").await, order);
        assert_eq!(titles(&desk, &an, "?status=overdue").await, ["very late", "late"]);
        assert_eq!(titles(&desk, &an, "?status=pending,in_progress").await, order[..5]);
        assert_eq!(titles(&desk, &an, "?status=completed,overdue").await, ["very late", "late", "done"]);
        assert_eq!(titles(&desk, &an, &format!("?due_after={}", at(&desk, 0))).await, ["soon", "later"]);
        assert_eq!(titles(&desk, &an, "?search=LATE").await, ["very late", "late", "later"]);
        assert!(titles(&desk, &an, "?search=%25").await.is_empty());

        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = desk.get(&an, &format!("/tasks?limit=2{cursor}")).await.expect(200);
            assert_eq!(page["total"], 6);
            seen.extend(
                page["tasks"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap().to_owned()),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, order);
        let second = desk.get(&an, "/tasks?limit=2&page=2").await.expect(200);
        assert_eq!((&second["tasks"][0]["title"], &second["page"]), (&json!("soon"), &json!(2)));
    });
}

#[test]
fn whoever_is_given_a_task_is_told_and_reminded_once() {
    with_desk(async |desk| {
        let (_, boss, an, binh, _) = team(&desk).await;
        task(&desk, &an, "for myself", json!({})).await;
        let given = task(
            &desk,
            &boss,
            "for you",
            json!({ "assigned_to": an.id, "remind_at": at(&desk, 10 * MINUTE) }),
        )
        .await;
        assert_eq!(told(&desk, &an).await, ["task.assigned for you"]);
        let path = format!("/tasks/{}", given["id"]);
        let moved = desk.patch(&boss, &path, json!({ "assigned_to": binh.id })).await.expect(200);
        assert_eq!(moved["assignee"]["name"], "binh");
        assert_eq!(told(&desk, &binh).await, ["task.assigned for you"]);
        let event = desk.events("task", given["id"].as_i64().unwrap()).await.pop().unwrap();
        assert_eq!(event.1["before"]["assigned_to"], an.id);

        jobs::remind(&desk.desk.db).await.unwrap();
        assert_eq!(told(&desk, &binh).await.len(), 1, "not yet");
        desk.clock.advance(11 * MINUTE);
        jobs::remind(&desk.desk.db).await.unwrap();
        jobs::remind(&desk.desk.db).await.unwrap();
        assert_eq!(told(&desk, &binh).await, ["task.reminder for you", "task.assigned for you"]);
        let now = desk.get(&binh, &path).await.expect(200);
        assert_eq!((&now["remind_at"], &now["version"]), (&Value::Null, &moved["version"]));

        // What is done needs no reminder.
        desk.patch(&binh, &path, json!({ "remind_at": at(&desk, 10 * MINUTE) })).await.expect(200);
        desk.patch(&binh, &format!("{path}/complete"), Value::Null).await.expect(200);
        desk.clock.advance(20 * MINUTE);
        jobs::remind(&desk.desk.db).await.unwrap();
        assert_eq!(told(&desk, &binh).await.len(), 2);
        let id = people::UserId(an.id);
        assert_eq!(desk.desk.db.read(move |c| notifications::unread(c, id)).await.unwrap(), 1);
    });
}

#[test]
fn a_stage_asks_for_its_tasks_once() {
    with_desk(async |desk| {
        let (root, boss, an, binh, _) = team(&desk).await;
        let lead = desk.lead(&an, "Minh", json!({})).await;
        let status = format!("/leads/{}/status", lead["id"]);
        desk.patch(&boss, &status, json!({ "status": "visit_scheduled" })).await.expect(200);
        let of_lead = format!("?lead_id={}", lead["id"]);
        let made = desk.get(&an, &format!("/tasks{of_lead}")).await.expect(200)["tasks"].clone();
        let made = made.as_array().unwrap();
        assert!(!made.is_empty(), "the stage has follow-ups");
        assert!(
            made.iter()
                .all(|t| t["is_follow_up"] == true && t["assigned_to"] == an.id && t["created_by"].is_null())
        );
        for back in ["connected", "visit_scheduled"] {
            desk.patch(&boss, &status, json!({ "status": back })).await.expect(200);
        }
        assert_eq!(titles(&desk, &an, &of_lead).await.len(), made.len(), "open ones are not made again");
        for task in made {
            desk.patch(&an, &format!("/tasks/{}/complete", task["id"]), Value::Null).await.expect(200);
        }
        for back in ["connected", "visit_scheduled"] {
            desk.patch(&boss, &status, json!({ "status": back })).await.expect(200);
        }
        assert_eq!(titles(&desk, &an, &of_lead).await.len(), 2 * made.len());

        // They go with the lead.
        task(&desk, &an, "my own", json!({ "lead_id": lead["id"] })).await;
        desk.patch(&boss, &format!("/leads/{}/assign", lead["id"]), json!({ "assigned_to": binh.id }))
            .await
            .expect(200);
        assert_eq!(titles(&desk, &binh, "?status=pending").await.len(), made.len());
        assert_eq!(titles(&desk, &an, "?status=pending").await, ["my own"]);
        assert_eq!(
            titles(&desk, &root, &format!("{of_lead}&assigned_to={}", binh.id)).await.len(),
            made.len()
        );
    });
}

#[test]
fn a_month_shows_every_day_with_what_is_due() {
    with_desk(async |desk| {
        let (_, boss, an, binh, _) = team(&desk).await;
        let days = platform::days::Days::of(&desk.desk.config.org.timezone).unwrap();
        let start = days.start("2026-02-01".parse().unwrap());
        let moment = |after: i64| platform::time::rfc3339(start + after);
        for (title, due) in
            [("before", -1), ("first", 0), ("noon", 12 * HOUR), ("last", 28 * DAY - 1), ("after", 28 * DAY)]
        {
            task(&desk, &an, title, json!({ "due_at": moment(due) })).await;
        }
        let done = task(&desk, &an, "done", json!({ "due_at": moment(13 * HOUR) })).await;
        desk.patch(&an, &format!("/tasks/{}/complete", done["id"]), Value::Null).await.expect(200);
        task(&desk, &binh, "hers", json!({ "due_at": moment(HOUR) })).await;
        let shown = async |who: &Who, query: &str| {
            let month = desk.get(who, &format!("/tasks/calendar?month=2026-02{query}")).await.expect(200);
            assert_eq!(
                (&month["month"], &month["zone"], &month["is_truncated"]),
                (&json!("2026-02"), &json!(desk.desk.config.org.timezone), &json!(false))
            );
            let days = month["days"].as_array().unwrap().clone();
            assert_eq!(
                (days.len(), &days[0]["date"], &days[27]["date"]),
                (28, &json!("2026-02-01"), &json!("2026-02-28"))
            );
            let of = |day: &Value| {
                day["tasks"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|t| t["title"].as_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            assert!(days[1..27].iter().all(|d| of(d).is_empty()));
            (of(&days[0]), of(&days[27]))
        };
        let own = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        assert_eq!(shown(&an, "").await, (own(&["first", "noon", "done"]), own(&["last"])));
        assert_eq!(shown(&boss, "").await, (own(&["first", "hers", "noon", "done"]), own(&["last"])));
        assert_eq!(shown(&boss, &format!("&assigned_to={}", binh.id)).await, (own(&["hers"]), own(&[])));
        for wrong in ["2026-13", "2026-1", "x"] {
            desk.get(&an, &format!("/tasks/calendar?month={wrong}")).await.refused(400, "invalid_parameter");
        }
        desk.get(&an, "/tasks/calendar").await.refused(400, "invalid_parameter");
    });
}

#[test]
fn a_calendar_is_fed_under_an_address_that_can_be_taken_back() {
    with_desk(async |desk| {
        let (_, boss, an, ..) = team(&desk).await;
        let due = at(&desk, HOUR);
        task(&desk, &an, "Gọi khách; hỏi, ghi", json!({ "due_at": due })).await;
        task(&desk, &boss, "not mine", json!({})).await;
        let url = desk.post(&an, "/tasks/calendar-feed", json!({})).await.expect(201)["url"].clone();
        let url = url.as_str().unwrap().to_owned();
        let path = url.split("/api/v1").nth(1).unwrap().to_owned();
        let nobody = Who::nobody();
        let answer = desk.get(&nobody, &path).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        assert_eq!(answer.headers["content-type"], "text/calendar; charset=utf-8");
        let text = answer.text;
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
        assert!(text.contains("SUMMARY:Gọi khách\\; hỏi\\, ghi\r\n") && !text.contains("not mine"), "{text}");
        assert_eq!((text.matches("BEGIN:VTODO").count(), text.matches("BEGIN:VEVENT").count()), (1, 1));

        let stored: String = desk
            .desk
            .db
            .read(|c| c.one(platform::sql!("SELECT token_hash FROM calendar_feeds"), &[], |r| r.get(0)))
            .await
            .unwrap();
        assert!(!path.contains(&stored), "only a hash is kept");
        desk.get(&nobody, "/calendar/nothing.ics").await.refused(404, "not_found");
        let next = desk.post(&an, "/tasks/calendar-feed", json!({})).await.expect(201)["url"].clone();
        desk.get(&nobody, &path).await.refused(404, "not_found");
        let next = next.as_str().unwrap().split("/api/v1").nth(1).unwrap().to_owned();
        assert_eq!(desk.get(&nobody, next.strip_suffix(".ics").unwrap()).await.status.as_u16(), 200);
        desk.call(&an, "DELETE", "/tasks/calendar-feed", Value::Null).await.expect(204);
        desk.get(&nobody, &next).await.refused(404, "not_found");
        let key = desk.api_key("admin").await;
        desk.post(&key, "/tasks/calendar-feed", json!({})).await.refused(403, "forbidden");
    });
}

#[test]
fn a_task_reminds_when_it_is_due_unless_said() {
    with_desk(async |desk| {
        let (_, _, an, ..) = team(&desk).await;
        let due = at(&desk, 2 * HOUR);
        let plain = task(&desk, &an, "Plain", json!({ "due_at": due })).await;
        assert_eq!(plain["remind_at"], plain["due_at"]);
        let never = task(&desk, &an, "Never", json!({ "due_at": due, "remind_at": null })).await;
        assert_eq!(never["remind_at"], Value::Null);
        let said = task(&desk, &an, "Said", json!({ "due_at": due, "remind_at": at(&desk, HOUR) })).await;
        assert_ne!(said["remind_at"], said["due_at"]);
        // Of a day that is due one hears in its morning, not at its end.
        let day = task(&desk, &an, "Day", json!({ "due_date": "2031-05-07" })).await;
        assert!(day["remind_at"].as_str().unwrap() < day["due_at"].as_str().unwrap(), "{day}");

        // A reminder at the very moment goes along when it is put off; another one stays.
        for (made, follows) in [(&plain, true), (&said, false), (&never, false)] {
            let later = json!({ "due_at": at(&desk, 5 * HOUR) });
            let after = desk.patch(&an, &format!("/tasks/{}", made["id"]), later).await.expect(200);
            assert_eq!(after["remind_at"] == after["due_at"], follows, "{after}");
        }
    });
}
