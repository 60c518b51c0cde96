//! The hottest queries go along their indexes: no table is gone through, and nothing but a page is sorted.

use people::{DepartmentId, UserId};
use platform::{Conn, Result, db::Engine};

use super::super::{
    Status, TicketScope,
    query::{self, Built, Lay, Order, Part, Selection},
};
use crate::testing;

fn lay(engine: Engine) -> Lay {
    Lay { engine, departments: (1..=5).map(DepartmentId).collect(), few_resolved: true }
}

fn scopes() -> [TicketScope; 3] {
    let departments = vec![DepartmentId(1), DepartmentId(3)];
    [
        TicketScope::All,
        TicketScope::Team { user: UserId(7), departments, spam: true },
        TicketScope::Own(UserId(7)),
    ]
}

/// Each tab of the inbox, as the interface asks for it.
fn tabs() -> Vec<(&'static str, Selection)> {
    let open = Selection::open_work();
    let own = vec![DepartmentId(1), DepartmentId(3)];
    vec![
        ("mine", Selection { assignee: Some(UserId(7)), ..open.clone() }),
        ("department", Selection { departments: Some(own), ..open.clone() }),
        ("unassigned", Selection { unassigned: Some(true), ..open.clone() }),
        ("all", open.clone()),
        ("spam", Selection { is_spam: true, ..Selection::default() }),
        ("everything", Selection::default()),
        ("resolved", Selection { statuses: vec![Status::Resolved], ..Selection::default() }),
        (
            "closed",
            Selection {
                statuses: vec![Status::Closed],
                department: Some(DepartmentId(1)),
                ..Selection::default()
            },
        ),
        ("customer", Selection { contact: Some(people::ContactId(1)), ..Selection::default() }),
        ("urgent", Selection { priorities: vec![super::super::Priority::Critical], ..open }),
    ]
}

/// What the engine would do. PostgreSQL has nothing to choose by on empty tables, so it is asked to avoid scans.
fn plan(c: &Conn<'_>, b: &Built) -> Result<Vec<String>> {
    c.explain(b.sql(), &b.values)
}

#[test]
fn every_tab_walks_its_indexes() {
    testing::setup().each(|t| {
        t.db.read_now(|c| {
            if c.engine() == Engine::Postgres {
                // Planned with values, on empty tables: what matters is that it is accepted.
                for (name, s) in tabs() {
                    for scope in scopes() {
                        let part = Part { cursor: Some(&[5, 5]), offset: 0, fetch: 51 };
                        for b in [
                            query::page(&scope, &s, &lay(c.engine()), Order::NewestMessage, &part),
                            query::count(&scope, &s, &lay(c.engine()), 10_000),
                        ]
                        .into_iter()
                        .flatten()
                        {
                            plan(c, &b).unwrap_or_else(|e| panic!("{name}: {e}\n{}", b.text));
                        }
                    }
                }
                return Ok(());
            }
            for (name, s) in tabs() {
                for scope in scopes() {
                    for cursor in [None, Some(&[5_i64, 5][..])] {
                        let part = Part { cursor, offset: 0, fetch: 51 };
                        let Some(b) = query::page(&scope, &s, &lay(c.engine()), Order::NewestMessage, &part)
                        else {
                            continue;
                        };
                        for line in plan(c, &b)? {
                            let scans = line.starts_with("SCAN tickets") && !line.contains("USING INDEX");
                            assert!(!scans, "{name} of {scope:?} goes through the table: {line}\n{}", b.text);
                        }
                    }
                    if let Some(b) = query::count(&scope, &s, &lay(c.engine()), 10_000) {
                        for line in plan(c, &b)? {
                            let scans = line.starts_with("SCAN tickets") && !line.contains("INDEX");
                            assert!(!scans, "the count of {name} goes through the table: {line}");
                        }
                    }
                }
            }
            Ok(())
        })
    });
}

#[test]
fn open_work_is_found_by_its_index() {
    testing::setup().each(|t| {
        t.db.read_now(|c| {
            let ids: Vec<_> = (1..=5).map(crate::TicketId).collect();
            for b in [query::places(c.engine(), 100), query::places_of(&ids)] {
                let plan = plan(c, &b)?;
                if c.engine() == Engine::Sqlite {
                    assert!(plan.iter().all(|line| line.contains("USING I")), "{plan:?}");
                }
            }
            Ok(())
        })
    });
}

#[test]
fn every_order_is_understood() {
    testing::setup().each(|t| {
        t.db.read_now(|c| {
            let orders = [
                (Order::NewestMessage, 2),
                (Order::OldestMessage, 2),
                (Order::NewestTicket, 1),
                (Order::OldestTicket, 1),
                (Order::MostUrgent, 3),
            ];
            for (order, width) in orders {
                for (name, s) in tabs() {
                    for scope in scopes() {
                        for cursor in [None, Some(&[1_i64, 2, 3][..width])] {
                            let part = Part { cursor, offset: 3, fetch: 51 };
                            if let Some(b) = query::page(&scope, &s, &lay(c.engine()), order, &part) {
                                c.all(b.sql(), &b.values, |_| Ok(()))
                                    .unwrap_or_else(|e| panic!("{name} {order:?}: {e}\n{}", b.text));
                            }
                        }
                    }
                }
            }
            Ok(())
        })
    });
}
