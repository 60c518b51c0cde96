//! A list is exactly what its reader may see, whatever the teams.

use people::{DepartmentId, UserId};
use platform::{Db, Result, Tx, http::Page};
use proptest::prelude::*;

use super::super::{
    Change, OpenWork, Priority, Status, Ticket, TicketScope, change,
    list::{self, Asked, Asker},
    query::{Order, Selection},
    store, visible,
};
use crate::testing;

const DEPARTMENTS: usize = 4;
const USERS: usize = 5;

/// A ticket by the numbers of its department and agent.
#[derive(Debug, Clone)]
struct Seed {
    department: Option<usize>,
    assignee: Option<usize>,
    status: Status,
    priority: Priority,
    is_spam: bool,
}

fn seed() -> impl Strategy<Value = Seed> {
    (
        prop::option::weighted(0.8, 0..DEPARTMENTS),
        prop::option::weighted(0.6, 0..USERS),
        prop::sample::select(Status::ALL),
        prop::sample::select(Priority::ALL),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(department, assignee, status, priority, is_spam)| Seed {
            department,
            assignee,
            status,
            priority,
            is_spam,
        })
}

struct Desk {
    departments: Vec<DepartmentId>,
    users: Vec<UserId>,
}

fn build(tx: &Tx<'_>, seeds: &[Seed]) -> Result<Desk> {
    let departments: Vec<_> =
        (0..DEPARTMENTS).map(|n| testing::department(tx, &format!("d{n}"))).collect::<Result<_>>()?;
    let users: Vec<_> =
        (0..USERS).map(|n| testing::user(tx, &format!("u{n}"), "agent", &[])).collect::<Result<_>>()?;
    let contact = testing::contact(tx, "Lan")?;
    for s in seeds {
        let (department, assignee) = (s.department.map(|d| departments[d]), s.assignee.map(|u| users[u]));
        let ticket = testing::ticket(tx, contact, department, assignee)?;
        let to = Change {
            status: (s.status != Status::New).then_some(s.status),
            priority: Some(s.priority),
            is_spam: Some(s.is_spam),
            quiet: true,
            ..Change::default()
        };
        change(tx, &platform::events::Origin::system(), &ticket, to)?;
    }
    Ok(Desk { departments, users })
}

fn asker(scope: TicketScope, user: UserId, departments: Vec<DepartmentId>) -> Asker {
    Asker { user: Some(user), departments, scope, timezone: "Asia/Ho_Chi_Minh".into() }
}

/// All pages of a list, three rows each.
fn all(
    db: &Db,
    open: &OpenWork,
    asker: &Asker,
    selection: &Selection,
    order: Order,
) -> Result<(Vec<Ticket>, i64)> {
    let asked = Asked { selection: selection.clone(), order, search: None, is_empty: false };
    let mut page = Page { limit: 3, ..Page::default() };
    let mut out = Vec::new();
    loop {
        let (open, asker, asked, wanted) = (open.clone(), asker.clone(), asked.clone(), page.clone());
        let part = db.read_now(move |c| list::list(c, &open, &asker, &asked, &wanted))?;
        out.extend(part.items);
        match part.next_cursor {
            Some(cursor) => page.cursor = Some(platform::http::Cursor::decode(&cursor)?),
            None => return Ok((out, part.total)),
        }
    }
}

fn check(
    db: &Db,
    open: &OpenWork,
    scope: &TicketScope,
    asker: &Asker,
    s: &Selection,
    every: &[Ticket],
) -> Result<()> {
    let asks = |t: &Ticket| {
        (s.statuses.is_empty() || s.statuses.contains(&t.status))
            && (s.priorities.is_empty() || s.priorities.contains(&t.priority))
            && s.is_spam == t.is_spam
            && s.assignee.is_none_or(|u| t.assignee_id == Some(u))
            && s.unassigned.is_none_or(|un| t.assignee_id.is_none() == un)
            && s.department.is_none_or(|d| t.department_id == Some(d))
            && s.departments.as_ref().is_none_or(|all| t.department_id.is_some_and(|d| all.contains(&d)))
    };
    let wanted: Vec<i64> = every.iter().filter(|t| scope.sees(t) && asks(t)).map(|t| t.id.0).collect();
    for order in [
        Order::NewestMessage,
        Order::OldestMessage,
        Order::NewestTicket,
        Order::OldestTicket,
        Order::MostUrgent,
    ] {
        let (found, total) = all(db, open, asker, s, order)?;
        let mut ids: Vec<i64> = found.iter().map(|t| t.id.0).collect();
        assert_eq!(total, wanted.len() as i64, "{scope:?} {s:?}");
        let sorted = match order {
            Order::NewestMessage => found.is_sorted_by_key(|t| (-t.last_message_at, -t.id.0)),
            Order::OldestMessage => found.is_sorted_by_key(|t| (t.last_message_at, t.id.0)),
            Order::NewestTicket => found.is_sorted_by_key(|t| -t.id.0),
            Order::OldestTicket => found.is_sorted_by_key(|t| t.id.0),
            Order::MostUrgent => {
                found.is_sorted_by_key(|t| (-t.priority.rank(), -t.last_message_at, -t.id.0))
            }
        };
        assert!(sorted, "{order:?} {ids:?}");
        ids.sort_unstable();
        assert_eq!(ids, wanted, "{order:?} {scope:?} {s:?}");
    }
    Ok(())
}

fn selections(desk: &Desk, me: UserId, mine: &[DepartmentId]) -> Vec<Selection> {
    let open = Selection::open_work();
    vec![
        Selection::default(),
        open.clone(),
        Selection { statuses: vec![Status::New, Status::Open], ..Selection::default() },
        Selection {
            statuses: vec![Status::PendingCustomer],
            department: Some(desk.departments[2]),
            ..Selection::default()
        },
        Selection { unassigned: Some(false), department: Some(desk.departments[0]), ..open.clone() },
        Selection { priorities: vec![Priority::High], ..open.clone() },
        Selection { is_spam: true, ..Selection::default() },
        Selection { assignee: Some(me), ..open.clone() },
        Selection { departments: Some(mine.to_vec()), ..open.clone() },
        Selection { unassigned: Some(true), ..open.clone() },
        Selection { unassigned: Some(true), ..Selection::default() },
        Selection { unassigned: Some(false), department: Some(desk.departments[0]), ..Selection::default() },
        Selection { statuses: vec![Status::Resolved], ..Selection::default() },
        Selection {
            statuses: vec![Status::Resolved, Status::Open],
            department: Some(desk.departments[1]),
            ..Selection::default()
        },
        Selection {
            statuses: vec![Status::Closed, Status::New],
            priorities: vec![Priority::High],
            ..Selection::default()
        },
        Selection { assignee: Some(desk.users[1]), ..Selection::default() },
    ]
}

fn run(db: &Db, seeds: Vec<Seed>, teams: Vec<Vec<usize>>) -> Result<()> {
    let desk = db.write_now(move |tx| build(tx, &seeds))?;
    let every = db.read_now(|c| {
        let text = format!("SELECT {} FROM tickets ORDER BY id", store::COLUMNS);
        c.all(platform::db::Sql::built(&text), &[], store::read)
    })?;
    let open = OpenWork::default();
    for (n, team) in teams.iter().enumerate() {
        let user = desk.users[n % USERS];
        let departments: Vec<DepartmentId> = team.iter().map(|d| desk.departments[*d]).collect();
        for scope in [
            TicketScope::All,
            TicketScope::Own(user),
            TicketScope::Team { user, departments: departments.clone(), spam: n % 2 == 0 },
        ] {
            let asker = asker(scope.clone(), user, departments.clone());
            for s in selections(&desk, user, &departments) {
                check(db, &open, &scope, &asker, &s, &every)?;
            }
            let (tickets, mine) = (every.clone(), scope.clone());
            db.read_now(move |c| {
                for t in &tickets {
                    assert_eq!(visible(c, &mine, t.id).is_ok(), mine.sees(t));
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn lists_hold_exactly_what_their_reader_may_see() {
    let teams = prop::collection::vec(
        prop::sample::subsequence((0..DEPARTMENTS).collect::<Vec<_>>(), 0..=DEPARTMENTS),
        2,
    );
    let input = (prop::collection::vec(seed(), 0..25), teams);
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 6, ..ProptestConfig::default() });
    runner
        .run(&input, |(seeds, teams)| {
            testing::setup().tune(|o| o.run_twice = false).each(|t| run(&t.db, seeds.clone(), teams.clone()));
            Ok(())
        })
        .unwrap();
}
