//! Who sees which lead, for random teams; and many moves of one lead at once.

use std::collections::BTreeSet;

use crm::{
    LeadId,
    leads::{self, Lead, LeadScope, NewLead, Priority},
    pipelines,
};
use people::{DepartmentId, UserId, contacts};
use platform::{
    Result, Tx,
    db::{Sql, Value as Param},
    events::Origin,
    params, sql,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Map, Value, json};

use crate::support::{Who, setup, with_desk};

/// A lead of somebody, or nobody, in a department, or none.
fn make(tx: &Tx<'_>, owner: Option<UserId>, department: Option<DepartmentId>) -> Result<Lead> {
    let origin = Origin::system();
    let pipeline = pipelines::default(tx)?;
    let new = NewLead {
        contact_id: contacts::create(tx, &origin, "Somebody", None)?,
        stage: pipeline.first_stage()?,
        pipeline: &pipeline,
        name: "Lead".into(),
        source: "website".into(),
        owner_id: owner,
        department_id: department,
        vendor_id: None,
        disposition: None,
        priority: Priority::Medium,
        value: None,
        tags: Vec::new(),
        notes: String::new(),
        custom: Map::new(),
        metadata: json!({}),
        students: Vec::new(),
        lost_reason: None,
        import_id: None,
    };
    leads::create(tx, &origin, new)
}

const USERS: usize = 4;
const DEPARTMENTS: usize = 3;

/// Owner and department of each lead; the departments of each user.
type World = (Vec<(Option<usize>, Option<usize>)>, Vec<BTreeSet<usize>>);

fn world() -> impl Strategy<Value = World> {
    let lead = (prop::option::of(0..USERS), prop::option::of(0..DEPARTMENTS));
    let teams = prop::collection::vec(prop::collection::btree_set(0..DEPARTMENTS, 0..=DEPARTMENTS), USERS);
    (prop::collection::vec(lead, 1..12), teams)
}

#[test]
fn what_a_query_finds_is_what_the_rule_says() {
    setup().each(|t| {
        t.db.write_now(pipelines::ensure_default)?;
        let (users, departments) = t.db.write_now(|tx| {
            people::access::sync_system_roles(tx)?;
            let mut users = Vec::new();
            for n in 0..USERS {
                let new = people::access::NewUser {
                    email: format!("u{n}@desk.example"),
                    name: format!("u{n}"),
                    role: "agent".into(),
                    ..Default::default()
                };
                users.push(people::access::create_user(tx, &Origin::system(), &new)?);
            }
            let mut departments = Vec::new();
            for n in 0..DEPARTMENTS {
                let key = format!("d{n}");
                let made =
                    people::departments::upsert_by_key(tx, &Origin::system(), &key, &key, "manual", false);
                departments.push(made?);
            }
            Ok((users, departments))
        })?;
        let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
        let outcome = runner.run(&world(), |(wanted, teams)| {
            let (u, d) = (users.clone(), departments.clone());
            let made = t.db.write_now(move |tx| {
                tx.exec(
                    sql!("UPDATE leads SET archived_at = ?1 WHERE archived_at IS NULL"),
                    params![tx.now()],
                )?;
                let one = |(owner, department): &(Option<usize>, Option<usize>)| {
                    make(tx, owner.map(|n| u[n]), department.map(|n| d[n]))
                };
                wanted.iter().map(one).collect::<Result<Vec<Lead>>>()
            });
            let made = made.unwrap();
            let mut scopes = vec![LeadScope::All, LeadScope::Own(UserId(0))];
            for (user, team) in users.iter().zip(&teams) {
                let departments = team.iter().map(|n| departments[*n]).collect();
                scopes.push(LeadScope::Own(*user));
                scopes.push(LeadScope::Team { user: *user, departments });
            }
            for scope in scopes {
                let asked = scope.clone();
                let ids: Vec<LeadId> = made.iter().map(|l| l.id).collect();
                let (found, named, one_by_one) =
                    t.db.read_now(move |c| {
                        let mut values: Vec<Param<'static>> = Vec::new();
                        let within = asked.condition("l.", &mut values);
                        let text = format!("SELECT l.id FROM leads l WHERE l.archived_at IS NULL{within}");
                        let found: BTreeSet<i64> =
                            c.all(Sql::built(&text), &values, |r| r.get::<i64>(0))?.into_iter().collect();
                        let named: BTreeSet<i64> =
                            leads::names(c, &asked, &ids)?.keys().map(|id| id.0).collect();
                        let seen = ids.iter().filter(|id| leads::visible(c, &asked, **id).is_ok());
                        Ok((found, named, seen.map(|id| id.0).collect::<BTreeSet<i64>>()))
                    })
                    .unwrap();
                let ruled: BTreeSet<i64> = made.iter().filter(|l| scope.sees(l)).map(|l| l.id.0).collect();
                prop_assert_eq!(&found, &ruled, "{:?}", scope);
                prop_assert_eq!(&named, &ruled, "{:?}", scope);
                prop_assert_eq!(&one_by_one, &ruled, "{:?}", scope);
            }
            Ok(())
        });
        outcome.unwrap_or_else(|e| panic!("{e}"));
        Ok(())
    });
}

#[test]
fn a_vendor_sees_nothing_of_what_is_known_besides() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let admin = desk.user("root", "admin", &[]).await;
        let old = json!({ "phone": "+14155550100", "email": "ann@example.com", "notes": "difficult" });
        let old = desk.lead(&admin, "Ann Private", old).await;
        let vendor = json!({ "vendor_code": "ACME", "name": "Acme", "duplicate_days": 0 });
        let vendor = desk.post(&admin, "/vendors", vendor).await.expect(201);
        let key = Who::key(vendor["api_key"].as_str().unwrap());
        desk.clock.advance(1);
        let told =
            desk.post(&key, "/leads", json!({ "name": "Ann", "phone": "+14155550100" })).await.expect(201);
        let path = format!("/leads/{}", told["lead_id"]);
        desk.patch(&admin, &path, json!({ "notes": "a liar", "tags": ["no"], "priority": "low" }))
            .await
            .expect(200);
        assert_eq!(desk.get(&admin, &path).await.expect(200)["contact_id"], old["contact_id"]);
        let seen = desk.get(&key, &path).await.expect(200);
        assert_eq!(
            (&seen["name"], &seen["status"], &seen["activities"]),
            (&json!("Ann"), &json!("new"), &json!([]))
        );
        for ours in ["Private", "ann@example.com", "difficult", "liar", "4155550100"] {
            assert!(!seen.to_string().contains(ours), "{ours}: {seen}");
        }
        let history = desk.get(&key, &format!("{path}/history")).await.expect(200);
        assert_eq!((&history["changes"], &history["moves"][0]["by"]["id"]), (&json!([]), &Value::Null));
        for other in ["/timeline", "/interactions"] {
            let answer = desk.get(&key, &format!("{path}{other}")).await;
            assert_eq!(answer.status.as_u16(), 403, "{other}: {}", answer.text);
        }
        desk.get(&key, &format!("/leads/{}", old["id"])).await.refused(404, "not_found");
        desk.get(&key, "/leads/settings").await.refused(403, "forbidden");
    });
}

#[test]
fn many_moves_at_once_leave_one_chain() {
    with_desk(async |desk| {
        let admin = desk.user("root", "admin", &[]).await;
        let lead = desk.lead(&admin, "Mai", json!({ "value": 7 })).await;
        let path = format!("/leads/{}/status", lead["id"]);
        let stages = ["attempted_contact", "connected", "visit_scheduled", "application_submitted", "new"];
        let mut moves = Vec::new();
        for n in 0..25 {
            let (desk, admin, path) = (desk.clone(), admin.clone(), path.clone());
            let to = stages[n % stages.len()];
            moves.push(tokio::spawn(async move {
                desk.patch(&admin, &path, json!({ "status": to })).await.expect(200)
            }));
        }
        for one in moves {
            one.await.unwrap();
        }
        let id = lead["id"].as_i64().unwrap();
        let chain: Vec<(Option<i64>, i64)> = desk
            .desk
            .db
            .read(move |c| {
                c.all(
                    sql!("SELECT from_stage_id, to_stage_id FROM stage_moves WHERE lead_id = ?1 ORDER BY id"),
                    params![id],
                    |r| Ok((r.get(0)?, r.get(1)?)),
                )
            })
            .await
            .unwrap();
        assert_eq!(chain[0].0, None);
        for pair in chain.windows(2) {
            assert_eq!(pair[1].0, Some(pair[0].1), "each move begins where the one before ended: {chain:?}");
            assert_ne!(pair[1].0, Some(pair[1].1));
        }
        let now = desk.get(&admin, &format!("/leads/{id}")).await.expect(200);
        assert_eq!(now["stage"]["id"], chain.last().unwrap().1);
        assert_eq!(now["version"], chain.len() as i64, "one version for each");
        // Counted once, where it is.
        let counted: Vec<(i64, i64, i64)> = desk
            .desk
            .db
            .read(|c| {
                c.all(
                    sql!("SELECT stage_id, CAST(sum(leads) AS bigint), CAST(sum(value) AS bigint) FROM lead_deltas GROUP BY stage_id HAVING sum(leads) <> 0"),
                    &[],
                    |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
                )
            })
            .await
            .unwrap();
        assert_eq!(counted, [(chain.last().unwrap().1, 1, 7)]);
    });
}

#[test]
fn what_is_given_out_at_once_stays_within_what_each_takes() {
    with_desk(async |desk| {
        desk.department("Sales").await;
        let admin = desk.user("root", "admin", &[]).await;
        let agents =
            [desk.user("an", "agent", &["Sales"]).await, desk.user("binh", "agent", &["Sales"]).await];
        for agent in &agents {
            let path = format!("/agents/{}/lead-capacity", agent.id);
            desk.call(&admin, "PUT", &path, json!({ "max_capacity": 3 })).await.expect(200);
        }
        let mut ids: Vec<i64> = Vec::new();
        for n in 0..10 {
            let lead = desk.lead(&admin, &format!("L{n}"), json!({ "assigned_to": null })).await;
            ids.push(lead["id"].as_i64().unwrap());
        }
        let mut all = Vec::new();
        for id in ids {
            let (desk, admin) = (desk.clone(), admin.clone());
            all.push(tokio::spawn(async move {
                desk.post(&admin, "/leads/bulk-assign", json!({ "lead_ids": [id] })).await.expect(200)
            }));
        }
        let mut given: Vec<i64> = Vec::new();
        for one in all {
            let answer: Value = one.await.unwrap();
            given.extend(answer["results"][0]["assigned_to"].as_i64());
        }
        for agent in &agents {
            assert_eq!(given.iter().filter(|id| **id == agent.id).count(), 3);
        }
        assert_eq!(given.len(), 6);
    });
}
