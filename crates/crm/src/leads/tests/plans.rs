//! The hottest queries go along their indexes: no table is gone through, and nothing but what is bounded is sorted.

use people::{DepartmentId, UserId};
use platform::{
    Conn, Result,
    db::{Engine, Value},
};

use super::{
    super::{
        LeadScope, Priority, aging, board,
        query::{
            Built, Key, Order, Selection,
            page::{self, At, Half, Part},
            plan::choices,
        },
    },
    *,
};
use crate::StageId;

/// What the engine would do. PostgreSQL would go through tables that are empty; it is asked not to where it can help it.
fn plan(c: &Conn<'_>, b: &Built) -> Result<Vec<String>> {
    c.explain(b.sql(), &b.values)
}

/// Lines that go through a whole table, or sort what they find, where the query itself does not bound it.
fn check(c: &Conn<'_>, what: &str, b: &Built, may_sort: bool) {
    let lines = plan(c, b).unwrap_or_else(|e| panic!("{what}: {e}\n{}", b.text));
    for line in &lines {
        let line = line.trim();
        let scans = match c.engine() {
            Engine::Sqlite => {
                let table = ["SCAN leads", "SCAN lead_tags", "SCAN lead_values", "SCAN lead_totals"];
                table.iter().any(|t| line.starts_with(t)) && !line.contains("USING")
            }
            Engine::Postgres => line.contains("Seq Scan on lead"),
        };
        assert!(!scans, "{what} goes through a table: {lines:#?}\n{}", b.text);
        let sorts = c.engine() == Engine::Sqlite && line.contains("TEMP B-TREE FOR ORDER BY");
        assert!(!sorts || may_sort, "{what} sorts: {lines:#?}\n{}", b.text);
    }
}

/// Runs `test` where PostgreSQL avoids whole tables as well as it can.
fn planned(test: impl Fn(&Conn<'_>) + Send + Clone + 'static) {
    setup().each(|t| {
        let world = world(t);
        world.fill(t, 1, 30, 30);
        let test = test.clone();
        t.db.read_now(move |c| {
            if c.engine() == Engine::Postgres {
                c.value::<String>(sql!("SELECT set_config('enable_seqscan', 'off', true)"), &[])?;
            }
            test(c);
            Ok(())
        })
    });
}

fn scopes() -> [LeadScope; 3] {
    let departments = vec![DepartmentId(1), DepartmentId(3)];
    [LeadScope::All, LeadScope::Team { user: UserId(7), departments }, LeadScope::Own(UserId(7))]
}

/// What people look at most.
fn hot() -> Vec<(&'static str, Selection)> {
    let all = Selection::default;
    let stage = |n: i64| Some(vec![StageId(n)]);
    vec![
        ("everything", all()),
        ("a stage", Selection { stages: stage(1), ..all() }),
        ("mine", Selection { owner: Some(Some(UserId(7))), ..all() }),
        ("nobody's", Selection { owner: Some(None), ..all() }),
        ("my open ones", Selection { owner: Some(Some(UserId(7))), stages: stage(2), ..all() }),
        ("a source", Selection { sources: vec!["website".into()], ..all() }),
        ("a tag", Selection { tag: Some("vip".into()), ..all() }),
        ("a field", Selection { custom: vec![vec![(1, "x".into())]], ..all() }),
        ("overdue", Selection { overdue: Some(true), ..all() }),
        ("urgent", Selection { priorities: vec![Priority::Critical], ..all() }),
        ("good", Selection { score_min: Some(80), ..all() }),
        ("this week", Selection { created_from: Some(5), ..all() }),
        ("stale", Selection { untouched_since: Some(5), stages: stage(1), ..all() }),
        ("a disposition", Selection { disposition: Some("callback".into()), ..all() }),
        ("a department", Selection { department: Some(DepartmentId(1)), ..all() }),
        ("archived", Selection { archived: true, ..all() }),
    ]
}

#[test]
fn lists_go_along_their_indexes() {
    planned(|c| {
        let keys =
            [Key::Created, Key::Updated, Key::Interaction, Key::Name, Key::Score, Key::Value, Key::Due];
        for (name, s) in hot() {
            for scope in scopes() {
                for drive in choices(&scope, &s) {
                    for key in keys {
                        let order = Order { key, descending: true };
                        let value = if key == Key::Name { Value::from("x") } else { Value::from(5_i64) };
                        let after = Some(At { key: value.into_owned(), id: 5 });
                        for after in [None, after] {
                            let part = Part { after, offset: 0, fetch: 51 };
                            let half = Half::Both;
                            let Some(b) = page::page(c.engine(), &scope, &s, order, &drive, half, &part)
                            else {
                                continue;
                            };
                            // Several walks are put together in order, and the planner bounds the others.
                            let is_one = b.text.matches("leads INDEXED").count() == 1;
                            let is_ordered = drive.order(key) == Some(key) && !key.may_be_absent() && is_one;
                            check(
                                c,
                                &format!("{name} of {scope:?} by {key:?} along {drive:?}"),
                                &b,
                                !is_ordered,
                            );
                        }
                    }
                    let b = page::count(c.engine(), &scope, &s, &drive, 10_000);
                    check(c, &format!("the count of {name} along {drive:?}"), &b, false);
                }
            }
        }
    });
}

#[test]
fn the_board_and_old_leads_go_along_their_indexes() {
    planned(|c| {
        let pipeline = crate::pipelines::default(c).unwrap();
        let stages: Vec<_> = pipeline.stages.iter().collect();
        let ids = stages.iter().map(|s| s.id).collect();
        let s = Selection { stages: Some(ids), ..Selection::default() };
        for scope in scopes() {
            let more = board::More { stage: stages[0].id, after: (5, LeadId(5)) };
            let narrow = Selection { tag: Some("vip".into()), ..s.clone() };
            for more in [None, Some(&more)] {
                check(c, "the board", &board::first(c.engine(), &scope, &s, more), false);
                let ends = [(stages[0].id, Some((5, LeadId(5)))), (stages[1].id, None)];
                check(c, "a narrow board", &board::within(c.engine(), &scope, &narrow, more, &ends), false);
            }
            let b = aging::oldest(c.engine(), &scope, &stages, 5, Some((1, 1)), 51);
            check(c, "old leads", &b, true);
        }
    });
}
