//! Lists of tasks against what a plain look at every task would give, and along their indexes, on both engines.

use std::collections::BTreeSet;

use people::{DepartmentId, UserId, access, access::NewUser, departments};
use platform::{
    Clock, Conn, Db, Result, Tx,
    db::{Engine, migrate::Migration},
    events::Origin,
    testing::Setup,
};

use super::{
    Task, TaskScope, TaskStatus,
    query::{self, Assignee, Order, Part, Selection},
    store,
};
use crate::TaskId;

macro_rules! migrations {
    ($($number:literal $file:literal),*) => {
        &[$(Migration {
            number: $number,
            name: $file,
            text: include_str!(concat!("../../../../migrations/", $file, ".sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations![1 "0001_platform", 2 "0002_people", 3 "0003_support", 4 "0004_crm", 6 "0006_rescoring", 7 "0007_business_hours", 8 "0008_contact_lists", 9 "0009_other_addresses"];

/// Numbers that look like any.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }
}

struct World {
    users: Vec<UserId>,
    departments: Vec<DepartmentId>,
    tasks: Vec<Task>,
    now: i64,
}

const STATUSES: [TaskStatus; 4] =
    [TaskStatus::Pending, TaskStatus::InProgress, TaskStatus::Completed, TaskStatus::Cancelled];

/// Three people, two teams and some hundred tasks of every kind.
fn world(db: &Db, clock: &Clock) -> Result<World> {
    let now = clock.now();
    db.write_now(access::sync_system_roles)?;
    let (users, departments) = db.write_now(|tx| {
        let team = |key: &str| departments::upsert_by_key(tx, &Origin::system(), key, key, "manual", false);
        let teams = vec![team("sales")?, team("visits")?];
        let user = |name: &str| {
            let new = NewUser {
                email: format!("{name}@desk.example"),
                name: name.to_owned(),
                role: "agent".to_owned(),
                ..NewUser::default()
            };
            access::create_user(tx, &Origin::system(), &new)
        };
        Ok((vec![user("an")?, user("binh")?, user("chi")?], teams))
    })?;
    let (people, teams) = (users.clone(), departments.clone());
    let tasks = db.write_now(move |tx| make(tx, &people, &teams, now))?;
    Ok(World { users, departments, tasks, now })
}

fn make(tx: &Tx<'_>, people: &[UserId], teams: &[DepartmentId], now: i64) -> Result<Vec<Task>> {
    let mut dice = Dice(7);
    let maybe = |dice: &mut Dice, n: usize| (dice.roll(4) > 0).then(|| dice.roll(n as u64) as usize);
    let mut out = Vec::new();
    for n in 0..400 {
        let status = dice.one(&STATUSES);
        let at = now + (dice.roll(200) as i64 - 100) * 3_600_000;
        let mut task = Task {
            id: TaskId(0),
            title: dice.one(&["Gọi khách", "Prepare for Visit", "100%", "a_b"]).to_owned(),
            description: String::new(),
            status,
            due_at: (dice.roll(4) > 0).then_some(at),
            remind_at: None,
            lead_id: None,
            ticket_id: (dice.roll(3) == 0).then(|| dice.roll(3) as i64 + 1),
            contact_id: None,
            assignee_id: maybe(&mut dice, people.len()).map(|i| people[i]),
            department_id: maybe(&mut dice, teams.len()).map(|i| teams[i]),
            is_follow_up: false,
            created_by: maybe(&mut dice, people.len()).map(|i| people[i]),
            completed_at: (status == TaskStatus::Completed).then_some(at + 1),
            completed_by: None,
            created_at: now + n,
            updated_at: now + n,
            version: 1,
        };
        task.id = store::insert(tx, &task)?;
        out.push(task);
    }
    Ok(out)
}

fn matches(s: &Selection, t: &Task, now: i64) -> bool {
    let status = (s.statuses.is_empty() && !s.overdue)
        || s.statuses.contains(&t.status)
        || (s.overdue && t.is_overdue(now));
    let assignee = match s.assignee {
        None => true,
        Some(Assignee::Nobody) => t.assignee_id.is_none(),
        Some(Assignee::Somebody(user)) => t.assignee_id == Some(user),
    };
    status
        && assignee
        && s.ticket.is_none_or(|id| t.ticket_id == Some(id))
        && s.due_from.is_none_or(|from| t.due_at.is_some_and(|due| due >= from))
        && s.due_to.is_none_or(|to| t.due_at.is_some_and(|due| due < to))
        && s.search.as_ref().is_none_or(|w| platform::fold::fold(&t.title).contains(w.as_str()))
}

fn scopes(w: &World) -> Vec<TaskScope> {
    let me = w.users[0];
    vec![
        TaskScope::All,
        TaskScope::Own(me),
        TaskScope::Own(UserId(0)),
        TaskScope::Team { user: me, departments: Vec::new() },
        TaskScope::Team { user: me, departments: w.departments[..1].to_vec() },
        TaskScope::Team { user: me, departments: w.departments.clone() },
    ]
}

fn selections(w: &World) -> Vec<Selection> {
    let mut dice = Dice(11);
    let mut out = vec![Selection::default()];
    for _ in 0..150 {
        let mut s = Selection::default();
        let statuses: BTreeSet<TaskStatus> = (0..dice.roll(3)).map(|_| dice.one(&STATUSES)).collect();
        s.statuses = statuses.into_iter().collect();
        s.overdue = dice.roll(4) == 0;
        s.assignee = dice.one(&[
            None,
            None,
            Some(Assignee::Nobody),
            Some(Assignee::Somebody(w.users[0])),
            Some(Assignee::Somebody(w.users[1])),
        ]);
        s.ticket = dice.one(&[None, None, None, Some(2)]);
        s.due_from = dice.one(&[None, None, Some(w.now - 20 * 3_600_000)]);
        s.due_to = dice.one(&[None, None, Some(w.now + 30 * 3_600_000)]);
        s.search = dice.one(&[None, None, None, Some("khach"), Some("%"), Some("_")]).map(str::to_owned);
        out.push(s);
    }
    out
}

fn ids(
    c: &Conn<'_>,
    scope: &TaskScope,
    s: &Selection,
    order: Order,
    part: &Part,
    now: i64,
) -> Result<Vec<(TaskId, i64)>> {
    let b = query::page(scope, s, order, part, now);
    c.all(b.sql(), &b.values, |r| Ok((r.get(0)?, r.get(1)?)))
}

#[test]
fn a_list_is_what_a_look_at_every_task_gives() {
    Setup::new(MIGRATIONS).each(|t| {
        let w = world(&t.db, &t.clock)?;
        t.db.read_now(move |c| {
            for scope in scopes(&w) {
                for s in selections(&w) {
                    let mut wanted: Vec<(i64, TaskId)> = w
                        .tasks
                        .iter()
                        .filter(|t| scope.sees(t) && matches(&s, t, w.now))
                        .map(|t| (t.rank(), t.id))
                        .collect();
                    wanted.sort_unstable();
                    let wanted: Vec<TaskId> = wanted.into_iter().map(|(_, id)| id).collect();
                    let here = format!("{scope:?} {s:?}");

                    let (mut found, mut after) = (Vec::new(), None);
                    loop {
                        let part = Part { after, offset: 0, fetch: 37 };
                        let page = ids(c, &scope, &s, Order::Usual, &part, w.now)?;
                        found.extend(page.iter().map(|(id, _)| *id));
                        after = page.last().map(|(id, rank)| (*rank, id.0));
                        if page.len() < 37 {
                            break;
                        }
                    }
                    assert_eq!(found, wanted, "{here}");

                    let part = Part { after: None, offset: 5, fetch: 10 };
                    let page = ids(c, &scope, &s, Order::Usual, &part, w.now)?;
                    let page: Vec<TaskId> = page.into_iter().map(|(id, _)| id).collect();
                    assert_eq!(page, wanted.iter().copied().skip(5).take(10).collect::<Vec<_>>(), "{here}");

                    let count = query::count(&scope, &s, 10_001, w.now);
                    let count: i64 = c.one(count.sql(), &count.values, |r| r.get(0))?;
                    assert_eq!(count, wanted.len() as i64, "{here}");

                    let part = Part { after: None, offset: 0, fetch: 500 };
                    let mut newest = wanted;
                    newest.sort_unstable_by(|a, b| b.cmp(a));
                    let page = ids(c, &scope, &s, Order::Newest, &part, w.now)?;
                    assert_eq!(page.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), newest, "{here}");
                }
            }
            Ok(())
        })
    });
}

#[test]
fn every_walk_goes_along_an_index() {
    Setup::new(MIGRATIONS).each(|t| {
        let w = world(&t.db, &t.clock)?;
        t.db.read_now(move |c| {
            for scope in scopes(&w) {
                for s in selections(&w) {
                    for order in [Order::Usual, Order::Oldest] {
                        let part = Part { after: Some((5, 5)), offset: 0, fetch: 51 };
                        let b = query::page(&scope, &s, order, &part, w.now);
                        let plan = c.explain(b.sql(), &b.values)?;
                        if c.engine() == Engine::Sqlite {
                            let scans = plan.iter().find(|l| l.contains(" tasks") && !l.contains("USING"));
                            assert!(scans.is_none(), "{scope:?} {s:?}: {plan:#?}\n{}", b.text);
                        }
                    }
                }
            }
            Ok(())
        })
    });
}

fn task(status: TaskStatus, due_at: Option<i64>) -> Task {
    Task {
        id: TaskId(1),
        title: String::new(),
        description: String::new(),
        status,
        due_at,
        remind_at: None,
        lead_id: None,
        ticket_id: None,
        contact_id: None,
        assignee_id: None,
        department_id: None,
        is_follow_up: false,
        created_by: None,
        completed_at: None,
        completed_by: None,
        created_at: 0,
        updated_at: 5,
        version: 1,
    }
}

#[test]
fn what_is_due_stands_first_and_what_is_done_last() {
    let year = |n: i64| n * 31_557_600_000;
    let mut ranks = Vec::new();
    for status in [TaskStatus::Pending, TaskStatus::Completed, TaskStatus::Cancelled] {
        let dates = [Some(0), Some(year(56)), Some(year(8_000))].map(|due| task(status, due).rank());
        ranks.extend(if status.is_open() { dates } else { [dates[2], dates[1], dates[0]] });
        if status.is_open() {
            ranks.push(task(status, None).rank());
        }
    }
    assert!(ranks.is_sorted(), "{ranks:?}");
    assert!(ranks.iter().all(|r| (0..1 << 53).contains(r)), "a cursor holds them: {ranks:?}");
}
