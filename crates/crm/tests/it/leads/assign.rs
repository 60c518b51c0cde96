//! Giving leads to people, one by one and many at once.

use serde_json::{Value, json};

use crate::support::{TestDesk, Who, with_desk};

/// Three agents of Sales, a manager and an administrator.
async fn team(desk: &TestDesk) -> (Who, Who, [Who; 3]) {
    desk.department("Sales").await;
    desk.department("Law").await;
    let admin = desk.user("root", "admin", &[]).await;
    let boss = desk.user("boss", "manager", &["Sales"]).await;
    let agents = [
        desk.user("an", "agent", &["Sales"]).await,
        desk.user("binh", "agent", &["Sales"]).await,
        desk.user("chi", "agent", &["Sales"]).await,
    ];
    (admin, boss, agents)
}

/// `count` leads of nobody; their ids.
async fn leads(desk: &TestDesk, who: &Who, count: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    for n in 0..count {
        let lead = desk.lead(who, &format!("Lead {n}"), json!({ "assigned_to": null })).await;
        ids.push(lead["id"].as_i64().unwrap());
    }
    ids
}

async fn takes(desk: &TestDesk, admin: &Who, agent: &Who, most: i64) {
    let path = format!("/agents/{}/lead-capacity", agent.id);
    let body = desk.call(admin, "PUT", &path, json!({ "max_capacity": most })).await.expect(200);
    assert_eq!(body["capacity"]["max"], most);
}

#[test]
fn a_lead_is_given_by_id_and_by_email() {
    with_desk(async |desk| {
        let (admin, boss, [an, binh, _]) = team(&desk).await;
        let far = desk.user("far", "agent", &["Law"]).await;
        let id = leads(&desk, &boss, 1).await[0];
        let path = format!("/leads/{id}/assign");
        let given = desk.patch(&boss, &path, json!({ "assigned_to": an.id })).await.expect(200);
        assert_eq!((&given["assigned_to"], &given["owner"]["name"]), (&json!(an.id), &json!("an")));
        desk.patch(&boss, &format!("{path}?assigned_to={}", binh.id), Value::Null).await.expect(200);
        assert_eq!(
            desk.patch(&boss, &path, json!({ "assigned_to": far.id })).await.faults(),
            ["assigned_to not_allowed"]
        );
        assert_eq!(desk.patch(&boss, &path, json!({})).await.faults(), ["assigned_to required"]);
        desk.patch(&an, &path, json!({ "assigned_to": an.id })).await.refused(403, "forbidden");

        let by_email =
            json!({ "agent_email": "AN@desk.example", "priority": "normal", "notes": "knows her" });
        let answer = desk.post(&boss, &path, by_email.clone()).await.expect(200);
        assert_eq!((&answer["success"], &answer["assigned_by"]), (&json!(true), &json!(boss.id)));
        assert_eq!(
            answer["agent_capacity"],
            json!({ "current": 1, "max": 25, "percentage": 4, "available_slots": 24 })
        );
        assert_eq!(
            (&answer["lead"]["assigned_to"], &answer["lead"]["notes"]),
            (&json!(an.id), &json!("knows her"))
        );
        assert_eq!(
            desk.post(&boss, &path, json!({ "agent_email": "who@desk.example", "priority": "x" }))
                .await
                .faults(),
            ["agent_email not_found", "priority not_one_of"]
        );
        let events: Vec<_> = desk
            .events("lead", id)
            .await
            .into_iter()
            .filter(|e| e.0 == "lead.assigned")
            .map(|e| e.1)
            .collect();
        assert_eq!(events.len(), 3);
        assert_eq!(
            (&events[1]["before"]["owner_id"], &events[1]["after"]["owner_id"]),
            (&json!(an.id), &json!(binh.id))
        );
        assert_eq!(events[1]["how"], "manual");

        // Another department's agent brings the lead there, and out of the manager's sight.
        desk.patch(&admin, &path, json!({ "assigned_to": far.id })).await.expect(200);
        desk.get(&boss, &format!("/leads/{id}")).await.refused(404, "not_found");
        let free = desk.patch(&admin, &path, json!({ "assigned_to": null })).await.expect(200);
        assert_eq!((&free["owner"], &free["department"]["name"]), (&Value::Null, &json!("Law")));
    });
}

#[test]
fn nobody_is_given_more_than_they_take() {
    with_desk(async |desk| {
        let (admin, boss, [an, ..]) = team(&desk).await;
        desk.call(&boss, "PUT", &format!("/agents/{}/lead-capacity", an.id), json!({ "max_capacity": 1 }))
            .await
            .refused(403, "forbidden");
        takes(&desk, &admin, &an, 1).await;
        let ids = leads(&desk, &boss, 3).await;
        let give = async |id: i64| {
            desk.post(&boss, &format!("/leads/{id}/assign"), json!({ "agent_email": "an@desk.example" }))
                .await
        };
        give(ids[0]).await.expect(200);
        give(ids[0]).await.expect(200);
        let full = give(ids[1]).await.refused(409, "wrong_state");
        assert_eq!(full["detail"], "an has 1 of 1 open leads.");
        // Once that lead is closed there is room; and by id a person decides as they like.
        desk.patch(&boss, &format!("/leads/{}/status", ids[0]), json!({ "status": "enrolled" }))
            .await
            .expect(200);
        give(ids[1]).await.expect(200);
        desk.patch(&boss, &format!("/leads/{}/assign", ids[2]), json!({ "assigned_to": an.id }))
            .await
            .expect(200);
        let all = desk.get(&boss, "/leads/agents").await.expect(200);
        let an_row =
            all["agents"].as_array().unwrap().iter().find(|a| a["agent_id"] == an.id).unwrap().clone();
        assert_eq!(
            an_row["capacity"],
            json!({ "current": 2, "max": 1, "percentage": 200, "available_slots": 0 })
        );
        assert_eq!(all["summary"]["total_agents"], 4, "those of the manager's own departments");
        let back = desk
            .call(&admin, "PUT", &format!("/agents/{}/lead-capacity", an.id), json!({ "max_capacity": null }))
            .await
            .expect(200);
        assert_eq!(back["capacity"]["max"], 25);
    });
}

/// Who got each lead, by name; `-` where it failed.
fn dealt(answer: &Value, agents: &[Who; 3]) -> String {
    let name = |r: &Value| match r["assigned_to"].as_i64() {
        Some(id) => ["a", "b", "c"][agents.iter().position(|a| a.id == id).unwrap()],
        None => "-",
    };
    answer["results"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn many_leads_are_given_out_by_each_strategy() {
    with_desk(async |desk| {
        let (admin, boss, agents) = team(&desk).await;
        let path = "/leads/bulk-assign";
        let ids = leads(&desk, &boss, 7).await;
        let body = |ids: &[i64], more: Value| {
            let mut body = json!({ "lead_ids": ids });
            for (k, v) in more.as_object().unwrap() {
                body[k] = v.clone();
            }
            body
        };
        takes(&desk, &admin, &agents[1], 2).await;
        let answer = desk.post(&boss, path, body(&ids, json!({}))).await.expect(200);
        assert_eq!(dealt(&answer, &agents), "abcabca");
        assert_eq!(
            answer["summary"],
            json!({
                "total_leads": 7, "successfully_assigned": 7, "failed_assignments": 0,
                "assignment_strategy": "round_robin", "agents_used": agents.clone().map(|a| a.id),
            })
        );
        // The next round goes on where this one ended, past those without room.
        let more = leads(&desk, &boss, 3).await;
        assert_eq!(dealt(&desk.post(&boss, path, body(&more, json!({}))).await.expect(200), &agents), "cac");

        let more = leads(&desk, &boss, 3).await;
        takes(&desk, &admin, &agents[1], 100).await;
        let by_room =
            json!({ "assignment_strategy": "capacity_based", "agents": [agents[0].id, "binh@desk.example"] });
        assert_eq!(dealt(&desk.post(&boss, path, body(&more, by_room)).await.expect(200), &agents), "bbb");

        let more = leads(&desk, &boss, 5).await;
        takes(&desk, &admin, &agents[0], 6).await;
        let by_hand = json!({ "assignment_strategy": "manual", "agents": [agents[0].id, agents[2].id] });
        let mut with_another = more.clone();
        with_another.insert(2, 9999);
        let answer = desk.post(&boss, path, body(&with_another, by_hand)).await.expect(200);
        assert_eq!(dealt(&answer, &agents), "ac-acc", "they take turns, and who is full is passed over");
        assert_eq!(
            answer["results"][2],
            json!({ "lead_id": 9999, "status": "failed", "error": "not found" })
        );

        let one = json!({ "lead_ids": more, "new_owner_id": agents[0].id });
        let answer = desk.post(&boss, "/pipeline/bulk-assign", one).await.expect(200);
        assert_eq!(dealt(&answer, &agents), "aaaaa", "a person's own decision is not stopped by a number");

        takes(&desk, &admin, &agents[0], 0).await;
        let none = json!({ "agents": [agents[0].id] });
        let answer = desk.post(&boss, path, body(&more[..1], none)).await.expect(200);
        assert_eq!(answer["results"][0]["error"], "nobody has room");
        assert_eq!(
            desk.post(&boss, path, body(&more, json!({ "assignment_strategy": "manual" }))).await.faults(),
            ["agents required"]
        );
        let far = desk.user("far", "agent", &["Law"]).await;
        assert_eq!(
            desk.post(
                &boss,
                path,
                body(&more, json!({ "agents": [far.id, "no@desk.example", agents[0].id] }))
            )
            .await
            .faults(),
            ["agents.0 not_allowed", "agents.1 not_found"]
        );
        assert_eq!(desk.post(&boss, path, json!({ "lead_ids": [] })).await.faults(), ["lead_ids too_short"]);
    });
}

#[test]
fn many_leads_are_changed_each_for_itself() {
    with_desk(async |desk| {
        let (admin, boss, [an, ..]) = team(&desk).await;
        let far = desk.user("far", "agent", &["Law"]).await;
        let mine = leads(&desk, &boss, 2).await;
        let theirs = desk.lead(&far, "Theirs", json!({})).await["id"].as_i64().unwrap();
        let path = "/leads/bulk-update";
        let body = json!({
            "lead_ids": [mine[0], theirs, mine[1], mine[0]],
            "updates": { "status": "connected", "assigned_to": an.id, "priority": "high", "tags_add": ["x", "y"], "source": "referral" },
            "notes": "from the fair",
        });
        let answer = desk.post(&boss, path, body).await.expect(200);
        assert_eq!(answer["summary"], json!({ "total": 3, "updated": 2, "failed": 1 }));
        assert_eq!(
            answer["results"][0],
            json!({ "lead_id": mine[0], "status": "updated", "updated_fields": ["status", "assigned_to", "priority", "tags", "source", "notes"] })
        );
        assert_eq!(
            answer["results"][1],
            json!({ "lead_id": theirs, "status": "failed", "error": "not found", "updated_fields": [] })
        );
        let lead = desk.get(&an, &format!("/leads/{}", mine[1])).await.expect(200);
        assert_eq!((&lead["notes"], &lead["tags"]), (&json!("from the fair"), &json!(["x", "y"])));
        let untouched = desk.get(&far, &format!("/leads/{theirs}")).await.expect(200);
        assert_eq!((&untouched["status"], &untouched["version"]), (&json!("new"), &json!(1)));

        let bad = json!({ "lead_ids": mine, "updates": { "status": "lost" } });
        let answer = desk.post(&boss, path, bad).await.expect(200);
        assert_eq!(answer["results"][0]["error"], "reason say why it is lost");
        assert_eq!(
            answer["results"][0]["errors"],
            json!([{ "field": "reason", "code": "required", "message": "say why it is lost" }])
        );
        let away = json!({ "lead_ids": mine, "updates": { "archived": true, "tags_remove": ["x"] } });
        desk.post(&boss, path, away.clone()).await.refused(403, "forbidden");
        let answer = desk.post(&admin, path, away).await.expect(200);
        assert_eq!(answer["results"][1]["updated_fields"], json!(["tags", "archived"]));
        assert_eq!(
            desk.post(&boss, path, json!({ "lead_ids": mine, "updates": {} })).await.faults(),
            ["updates required"]
        );
        // An agent may change their own, and give them to nobody.
        let answer =
            desk.post(&far, path, json!({ "lead_ids": [theirs], "updates": { "assigned_to": an.id } })).await;
        answer.refused(403, "forbidden");
    });
}
