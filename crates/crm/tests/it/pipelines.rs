//! Pipelines through their routes.

use crm::{
    LeadId, PipelineId, StageId,
    leads::LeadScope,
    pipelines::{self, Draft},
};
use platform::{db::Sql, events::Origin, jobs, params};
use serde_json::{Value, json};

use crate::support::with_desk;

fn small(key: &str) -> Value {
    json!({
        "key": key, "name": "Small", "currency": "USD",
        "stages": [
            { "key": "open", "name": "Open", "sla_hours": 1 },
            { "key": "later", "name": "Later" },
            { "key": "won", "name": "Won", "kind": "won" },
        ],
        "fields": [{ "key": "grade", "label": "Grade", "kind": "number" }],
    })
}

#[test]
fn a_fresh_desk_has_a_pipeline() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let list = desk.get(&admin, "/pipelines").await.expect(200);
        let all = list["pipelines"].as_array().unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!((&all[0]["is_default"], &all[0]["has_students"]), (&json!(true), &json!(true)));
        let stages: Vec<_> = all[0]["stages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["key"].as_str().unwrap(), s["kind"].as_str().unwrap(), s["sla_hours"].as_i64()))
            .collect();
        assert_eq!(
            stages,
            [
                ("new", "open", Some(24)),
                ("attempted_contact", "open", Some(48)),
                ("connected", "open", Some(72)),
                ("visit_scheduled", "open", Some(168)),
                ("application_submitted", "open", Some(72)),
                ("enrolled", "won", None),
                ("lost", "lost", None),
            ]
        );
        desk.desk.db.write(pipelines::ensure_default).await.unwrap();
        assert_eq!(desk.get(&admin, "/pipelines").await.expect(200), list);
    });
}

#[test]
fn a_pipeline_is_made_whole_or_not_at_all() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let admin = desk.user("root", "admin", &[]).await;
        let an = desk.user("an", "agent", &["Sales"]).await;
        desk.post(&an, "/pipelines", small("s")).await.refused(403, "forbidden");
        let bad = json!({
            "key": "s", "name": " ", "currency": "USD",
            "dispositions": [{ "key": "a", "name": "A" }, { "key": "a", "name": "B" }],
            "stages": [{ "key": "w", "name": "W", "kind": "won", "sla_hours": 3 }, { "key": "w", "name": "" , "kind": "lost" }],
            "fields": [{ "key": "f", "label": "F", "kind": "choice" }, { "key": "f", "label": "F", "kind": "text", "options": ["x"] }],
        });
        let schema = desk.post(&admin, "/pipelines", bad.clone()).await.faults();
        assert_eq!(schema, ["stages.1.name too_short"]);
        let mut bad = bad;
        bad["stages"][1]["name"] = json!("Lost");
        assert_eq!(
            desk.post(&admin, "/pipelines", bad).await.faults(),
            [
                "dispositions.1.key repeated",
                "fields.0.options required",
                "fields.1.key repeated",
                "fields.1.options not_allowed",
                "name too_short",
                "stages required",
                "stages.0.sla_hours not_allowed",
                "stages.1.key repeated",
            ]
        );
        let made = desk.post(&admin, "/pipelines", small("s")).await.expect(201);
        assert_eq!((&made["is_default"], &made["stages"][1]["position"]), (&json!(false), &json!(1)));
        assert_eq!(desk.get(&an, &format!("/pipelines/{}", made["id"])).await.expect(200), made);
        desk.post(&admin, "/pipelines", small("s")).await.refused(409, "duplicate");
    });
}

#[test]
fn a_pipeline_changes_around_the_leads_in_it() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let made = desk.post(&admin, "/pipelines", small("s")).await.expect(201);
        let (id, path) = (made["id"].as_i64().unwrap(), format!("/pipelines/{}", made["id"]));
        let lead = desk
            .lead(&admin, "L", json!({ "pipeline_id": id, "status": "later", "custom": { "grade": 3 } }))
            .await;
        let stages = |keys: &[(&str, &str)]| json!({ "stages": keys.iter().map(|(k, kind)| json!({ "key": k, "name": k, "kind": kind })).collect::<Vec<_>>() });

        let without = stages(&[("open", "open"), ("won", "won")]);
        desk.patch(&admin, &path, without.clone()).await.refused(409, "wrong_state");
        let other_kind = stages(&[("open", "open"), ("later", "lost"), ("won", "won")]);
        desk.patch(&admin, &path, other_kind).await.refused(409, "wrong_state");
        desk.patch(&admin, &path, json!({ "currency": "EUR" })).await.refused(409, "wrong_state");
        desk.call(&admin, "DELETE", &path, Value::Null).await.refused(409, "has_open_work");
        assert_eq!(
            desk.patch(
                &admin,
                &path,
                json!({ "fields": [{ "key": "grade", "label": "G", "kind": "text" }], "is_default": false })
            )
            .await
            .faults(),
            ["fields.0.kind not_allowed"]
        );

        // Once the leads are elsewhere or put away, the stage goes; its name stays in the history.
        let away =
            desk.lead(&admin, "Away", json!({ "pipeline_id": id, "status": "later" })).await["id"].clone();
        desk.call(&admin, "DELETE", &format!("/leads/{away}"), Value::Null).await.expect(204);
        desk.patch(&admin, &format!("/leads/{}/status", lead["id"]), json!({ "status": "open" }))
            .await
            .expect(200);
        let after =
            desk.call_with(&admin, "PATCH", &path, &[("if-match", "1")], without.clone()).await.expect(200);
        let shown: Vec<_> = after["stages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["key"].as_str().unwrap(), s["is_active"].as_bool().unwrap()))
            .collect();
        assert_eq!(shown, [("open", true), ("later", false), ("won", true)]);
        desk.call_with(&admin, "PATCH", &path, &[("if-match", "1")], without)
            .await
            .refused(409, "stale_version");
        desk.patch(&admin, &format!("/leads/{}/status", lead["id"]), json!({ "status": "later" }))
            .await
            .faults();
        let history = desk.get(&admin, &format!("/leads/{}/history", lead["id"])).await.expect(200);
        assert_eq!(history["moves"][1]["to"]["name"], "Later");
        let (kind, data) = desk.events("pipeline", id).await.pop().unwrap();
        assert_eq!(kind, "pipeline.updated");
        assert_eq!(
            (&data["before"]["stages"]["later"]["is_active"], &data["after"]["stages"]["later"]["is_active"]),
            (&json!(true), &json!(false))
        );

        let back = desk.post(&admin, &format!("/leads/{away}/restore"), Value::Null).await.expect(200);
        assert_eq!(back["status"], "open", "its stage has gone, so it begins again");

        // The default one moves, and is always active.
        let first = desk.get(&admin, "/pipelines").await.expect(200)["pipelines"][0]["id"].clone();
        let first = format!("/pipelines/{first}");
        desk.call(&admin, "DELETE", &first, Value::Null).await.refused(409, "wrong_state");
        assert_eq!(
            desk.patch(&admin, &first, json!({ "is_default": false })).await.faults(),
            ["is_default not_one_of"]
        );
        desk.patch(&admin, &path, json!({ "is_default": true, "name": "Ours" })).await.expect(200);
        assert_eq!(desk.get(&admin, &first).await.expect(200)["is_default"], false);
        desk.call(&admin, "DELETE", &first, Value::Null).await.expect(204);
        assert_eq!(desk.get(&admin, &first).await.expect(200)["is_active"], false);
        let there = first.rsplit('/').next().unwrap().parse::<i64>().unwrap();
        assert_eq!(
            desk.post(&admin, "/leads", json!({ "name": "X", "pipeline_id": there })).await.faults(),
            ["pipeline_id not_found"]
        );
    });
}

#[test]
fn other_hours_and_other_fields_reach_the_leads() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let made = desk.post(&admin, "/pipelines", small("s")).await.expect(201);
        let path = format!("/pipelines/{}", made["id"]);
        let lead =
            desk.lead(&admin, "L", json!({ "pipeline_id": made["id"], "custom": { "grade": 3 } })).await;
        let id = lead["id"].as_i64().unwrap();
        let change = json!({
            "stages": [
                { "key": "open", "name": "Open", "sla_hours": 5 }, { "key": "later", "name": "Later" }, { "key": "won", "name": "Won", "kind": "won" },
            ],
            "fields": [{ "key": "grade", "label": "Grade", "kind": "number", "is_filterable": true }],
        });
        desk.patch(&admin, &path, change).await.expect(200);
        let waiting = desk.desk.db.read(jobs::backlog).await.unwrap();
        let kinds: Vec<_> = waiting.iter().map(|j| j.0.as_str()).collect();
        assert_eq!(kinds, ["leads.index_fields", "leads.reschedule"]);
        let (stage, pipeline) = (made["stages"][0]["id"].as_i64().unwrap(), made["id"].as_i64().unwrap());
        crm::leads::due::reschedule_all(&desk.desk.db, StageId(stage)).await.unwrap();
        crm::leads::upkeep::index_all(&desk.desk.db, PipelineId(pipeline)).await.unwrap();
        let (due, indexed) = desk
            .desk
            .db
            .read(move |c| {
                let lead = crm::leads::visible(c, &LeadScope::All, LeadId(id))?;
                let text = "SELECT count(*) FROM lead_values WHERE lead_id = ?1";
                let indexed: i64 = c.one(Sql::built(text), params![id], |r| r.get(0))?;
                Ok((lead.due_at.unwrap() - lead.touched_at, indexed))
            })
            .await
            .unwrap();
        assert_eq!((due, indexed), (5 * 3_600_000, 1));
        let seen = desk.get(&admin, &format!("/leads/{id}")).await.expect(200);
        desk.clock.advance(2 * 3_600_000);
        assert_eq!(seen["is_overdue"], false);
    });
}

#[test]
fn a_stage_goes_and_its_leads_move_on() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let mut draft = small("s");
        draft["stages"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "key": "lost", "name": "Lost", "kind": "lost" }));
        draft["stages"][0]["follow_ups"] = json!([{ "title": "Call" }]);
        let made = desk.post(&admin, "/pipelines", draft).await.expect(201);
        let (id, stage) =
            (made["id"].as_i64().unwrap(), |n: usize| made["stages"][n]["id"].as_i64().unwrap());
        let path = |n: usize| format!("/pipelines/{id}/stages/{}", stage(n));
        let mut leads = Vec::new();
        for n in 0..45 {
            let lead = json!({ "pipeline_id": id, "status": "later", "value": 100 });
            leads.push(desk.lead(&admin, &format!("L{n}"), lead).await["id"].as_i64().unwrap());
        }
        desk.clock.advance(600_000);
        let remove = async |at: &str| desk.call(&admin, "DELETE", at, Value::Null).await;
        remove(&path(1)).await.refused(409, "has_open_work");
        assert_eq!(remove(&format!("{}?move_to=later", path(1))).await.faults(), ["move_to not_one_of"]);
        assert_eq!(remove(&format!("{}?move_to=lost", path(1))).await.faults(), ["reason required"]);
        remove(&format!("/pipelines/{id}/stages/999999")).await.refused(404, "not_found");
        let stale = [("if-match", "7")];
        let at = format!("{}?move_to=open", path(1));
        desk.call_with(&admin, "DELETE", &at, &stale, Value::Null).await.refused(409, "stale_version");

        let after = remove(&at).await.expect(200);
        assert_eq!((&after["stages"][1]["is_active"], &after["version"]), (&json!(false), &json!(2)));
        remove(&at).await.refused(404, "not_found");
        remove(&path(0)).await.refused(409, "wrong_state");
        let board =
            async || desk.get(&admin, &format!("/pipeline/summary?pipeline_id={id}")).await.expect(200);
        let counts = |summary: &Value| -> Vec<(String, i64, i64)> {
            let all = summary["stages"].as_array().unwrap().iter();
            let one = |s: &Value| {
                (
                    s["status"].as_str().unwrap().to_owned(),
                    s["count"].as_i64().unwrap(),
                    s["value"].as_i64().unwrap(),
                )
            };
            all.map(one).filter(|s| s.1 > 0).collect()
        };
        assert_eq!(counts(&board().await), [("later".to_owned(), 45, 4500)]);
        desk.work_until(async || counts(&board().await) == [("open".to_owned(), 45, 4500)]).await;
        for lead in [leads[0], leads[44]] {
            let history = desk.get(&admin, &format!("/leads/{lead}/history")).await.expect(200);
            let last = &history["moves"][0];
            assert_eq!((&last["from"]["name"], &last["to"]["name"]), (&json!("Later"), &json!("Open")));
            assert_eq!(
                (&last["by"]["id"], &last["time_in_previous_seconds"]),
                (&json!(admin.id), &json!(600))
            );
            let (kind, data) =
                desk.events("lead", lead).await.into_iter().rfind(|e| e.0 == "lead.status_changed").unwrap();
            assert_eq!((kind.as_str(), &data["before"]["status"]), ("lead.status_changed", &json!("later")));
            let tasks = desk.get(&admin, &format!("/tasks?lead_id={lead}")).await.expect(200);
            assert_eq!(tasks["tasks"][0]["title"], "Call", "as if somebody had moved it");
        }
        // One that nobody was ever in leaves nothing behind.
        let gone = remove(&path(2)).await.expect(200);
        let left: Vec<_> =
            gone["stages"].as_array().unwrap().iter().map(|s| s["key"].as_str().unwrap()).collect();
        assert_eq!(left, ["open", "later", "lost"]);
    });
}

#[test]
fn a_preset_takes_the_place_of_what_nobody_used() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let draft: Draft = serde_json::from_value(small("preset")).unwrap();
        let apply = {
            let draft = draft.clone();
            move |tx: &platform::Tx<'_>| pipelines::upsert_by_key(tx, &Origin::system(), &draft)
        };
        let id = desk.desk.db.write(apply.clone()).await.unwrap();
        let keys = async || {
            let list = desk.get(&admin, "/pipelines").await.expect(200);
            list["pipelines"]
                .as_array()
                .unwrap()
                .iter()
                .map(|p| (p["key"].as_str().unwrap().to_owned(), p["is_default"] == true))
                .collect::<Vec<_>>()
        };
        assert_eq!(keys().await, [("preset".to_owned(), true)]);
        // Changed since, it stays as it is; and so does a pipeline with leads.
        desk.patch(&admin, &format!("/pipelines/{}", id.0), json!({ "name": "Ours" })).await.expect(200);
        assert_eq!(desk.desk.db.write(apply).await.unwrap(), id);
        assert_eq!(desk.get(&admin, &format!("/pipelines/{}", id.0)).await.expect(200)["name"], "Ours");
        let second: Draft = serde_json::from_value(small("second")).unwrap();
        let apply = move |tx: &platform::Tx<'_>| pipelines::upsert_by_key(tx, &Origin::system(), &second);
        desk.desk.db.write(apply).await.unwrap();
        assert_eq!(keys().await, [("preset".to_owned(), true), ("second".to_owned(), false)]);
    });
}
