//! Two contacts made one, and that undone.

use people::{
    ContactId,
    contacts::{
        self, duplicates,
        merge::{self, Holding},
    },
};
use platform::{Conn, Db, Result, db::Sql, events::Origin};
use proptest::prelude::*;

use crate::support::on_each;

const HOLDINGS: &[Holding] = &[
    Holding::Rows("tickets"),
    Holding::Of { parent: "tickets", table: "messages", column: "ticket_id" },
    Holding::Rows("events"),
];
const KINDS: [&str; 3] = ["phone", "email", "zalo"];

/// Somebody with addresses (kinds as in [`KINDS`]) and tickets with a message each.
#[derive(Debug, Clone)]
struct Somebody {
    methods: Vec<usize>,
    tickets: usize,
    is_blocked: bool,
}

fn somebody() -> impl Strategy<Value = Somebody> {
    (proptest::collection::vec(0..KINDS.len(), 0..5), 0..4usize, any::<bool>())
        .prop_map(|(methods, tickets, is_blocked)| Somebody { methods, tickets, is_blocked })
}

fn exec(tx: &platform::Tx<'_>, text: &str) -> Result<()> {
    tx.exec(Sql::built(text), &[]).map(|_| ())
}

fn ticket(db: &Db, of: ContactId) -> Result<i64> {
    db.write_now(move |tx| {
        let number: i64 = tx.one(Sql::built("SELECT coalesce(max(number), 0) + 1 FROM tickets"), &[], |r| r.get(0))?;
        let id: i64 = tx.insert(
            Sql::built(&format!(
                "INSERT INTO tickets (number, contact_id, channel, identity, subject, status, priority, tags, is_spam, is_bot_handoff, last_message_at, last_message_from, preview, created_at, updated_at, version) VALUES ({number}, {of}, 'zalo', 'x', 's', 'new', 1, '[]', FALSE, FALSE, 1, 'customer', '', 1, 1, 1) RETURNING id"
            )),
            &[],
        )?;
        message(tx, id, of)?;
        Ok(id)
    })
}

fn message(tx: &platform::Tx<'_>, ticket: i64, of: ContactId) -> Result<()> {
    exec(
        tx,
        &format!(
            "INSERT INTO messages (ticket_id, contact_id, sender_type, direction, visibility, content_type, content, attachments, is_spam, at, created_at) VALUES ({ticket}, {of}, 'customer', 'inbound', 'public', 'text', 'hi', 0, FALSE, 1, 1)"
        ),
    )
}

fn make(db: &Db, who: &Somebody, n: usize) -> Result<ContactId> {
    let (kinds, blocked) = (who.methods.clone(), who.is_blocked);
    let id = db.write_now(move |tx| {
        let origin = Origin::system();
        let id = contacts::create(tx, &origin, &format!("Somebody {n}"), None)?;
        for (m, kind) in kinds.iter().enumerate() {
            let value = match KINDS[*kind] {
                "phone" => format!("+84901{n}{m}{m}{m}{m}{m}"),
                "email" => format!("a{n}.{m}@shop.example"),
                _ => format!("u{n}.{m}"),
            };
            contacts::add_method(tx, &origin, id, KINDS[*kind], "page", &value)?;
        }
        contacts::set_blocked(tx, &origin, id, blocked)?;
        Ok(id)
    })?;
    for _ in 0..who.tickets {
        ticket(db, id)?;
    }
    Ok(id)
}

/// Whose everything is, apart from the events of the merge itself.
fn picture(c: &Conn<'_>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for text in [
        "SELECT 'contact ' || id || ' ' || name || ' ' || CAST(is_blocked AS text) || ' ' || coalesce(merged_into_id, 0) || ' ' || coalesce(company_id, 0) FROM contacts ORDER BY id",
        "SELECT 'method ' || id || ' ' || contact_id || ' ' || value_key || ' ' || CAST(is_primary AS text) FROM contact_methods ORDER BY id",
        "SELECT 'ticket ' || id || ' ' || contact_id FROM tickets ORDER BY id",
        "SELECT 'message ' || id || ' ' || contact_id FROM messages ORDER BY id",
        "SELECT 'event ' || id || ' ' || contact_id FROM events WHERE kind NOT IN ('contact.merged', 'contact.unmerged') ORDER BY id",
    ] {
        all.extend(c.all(Sql::built(text), &[], |r| r.get::<String>(0))?);
    }
    Ok(all)
}

fn join(db: &Db, winner: ContactId, loser: ContactId) -> Result<i64> {
    db.write_now(move |tx| merge::merge(tx, &Origin::system(), HOLDINGS, winner, loser))
}

fn part(db: &Db, contact: ContactId, merge: Option<i64>) -> Result<ContactId> {
    db.write_now(move |tx| merge::unmerge(tx, &Origin::system(), HOLDINGS, contact, merge))
}

#[test]
fn what_is_merged_and_unmerged_is_what_it_was() {
    on_each(|db| {
        let runner =
            proptest::test_runner::Config { cases: 12, failure_persistence: None, ..Default::default() };
        let mut n = 0;
        let counter = std::cell::RefCell::new(&mut n);
        proptest::test_runner::TestRunner::new(runner)
            .run(&(somebody(), somebody(), somebody()), |(a, b, c)| {
                let next = || {
                    let mut n = counter.borrow_mut();
                    **n += 1;
                    **n
                };
                let ok = |e: platform::Error| TestCaseError::fail(e.to_string());
                let (a, b, c) = (
                    make(db, &a, next()).map_err(ok)?,
                    make(db, &b, next()).map_err(ok)?,
                    make(db, &c, next()).map_err(ok)?,
                );
                let was = db.read_now(picture).map_err(ok)?;
                // One after the other, and a chain.
                let first = join(db, a, b).map_err(ok)?;
                let with = format!(" {b}");
                let held = db.read_now(picture).map_err(ok)?;
                let left = |line: &&String| {
                    !line.starts_with("contact") && line.split(' ').nth(2) == Some(with.trim())
                };
                prop_assert_eq!(held.iter().find(left), None, "nothing is left with the loser");
                let between = held.clone();
                let second = join(db, c, a).map_err(ok)?;
                prop_assert!(part(db, a, Some(first)).is_err(), "the later one is undone first");
                part(db, a, None).map_err(ok)?;
                prop_assert_eq!(&db.read_now(picture).map_err(ok)?, &between);
                prop_assert!(part(db, c, Some(second)).is_err(), "once");
                prop_assert_eq!(part(db, b, Some(first)).map_err(ok)?, a);
                prop_assert_eq!(db.read_now(picture).map_err(ok)?, was);
                Ok(())
            })
            .unwrap();
        Ok(())
    });
}

#[test]
fn what_came_since_stays_and_what_is_gone_is_passed_over() {
    on_each(|db| {
        let who = Somebody { methods: vec![0, 1], tickets: 2, is_blocked: false };
        let (a, b) = (make(db, &who, 1)?, make(db, &who, 2)?);
        let (gone, stays) = (ticket(db, b)?, ticket(db, b)?);
        let merge = join(db, a, b)?;
        let since = ticket(db, a)?;
        db.write_now(move |tx| {
            exec(tx, &format!("DELETE FROM messages WHERE ticket_id = {gone}"))?;
            exec(tx, &format!("DELETE FROM tickets WHERE id = {gone}"))?;
            // Written by the customer in a conversation that came from the loser.
            message(tx, stays, a)
        })?;
        part(db, a, Some(merge))?;
        let of = move |c: &Conn<'_>, table: &str, id: ContactId| -> Result<i64> {
            c.one(Sql::built(&format!("SELECT count(*) FROM {table} WHERE contact_id = {id}")), &[], |r| {
                r.get(0)
            })
        };
        assert_eq!(db.read_now(move |c| of(c, "tickets", a))?, 3);
        assert_eq!(db.read_now(move |c| of(c, "tickets", b))?, 3);
        assert_eq!(db.read_now(move |c| of(c, "messages", b))?, 4, "a conversation stays whole");
        let kept: i64 = db.read_now(move |c| {
            c.one(Sql::built(&format!("SELECT contact_id FROM tickets WHERE id = {since}")), &[], |r| {
                r.get(0)
            })
        })?;
        assert_eq!(kept, a.0);
        Ok(())
    });
}

#[test]
fn two_merges_at_once_make_one() {
    on_each(|db| {
        let who = Somebody { methods: vec![0, 1, 2], tickets: 3, is_blocked: false };
        let (a, b) = (make(db, &who, 1)?, make(db, &who, 2)?);
        let done = platform::testing::runtime().block_on(async {
            let one = |w: ContactId, l: ContactId| {
                db.write_locked(Vec::new(), move |tx| merge::merge(tx, &Origin::system(), HOLDINGS, w, l))
            };
            let (x, y, z) = tokio::join!(one(a, b), one(b, a), one(a, b));
            [x.is_ok(), y.is_ok(), z.is_ok()]
        });
        assert_eq!(done.iter().filter(|ok| **ok).count(), 1, "{done:?}");
        assert!(join(db, a, a).is_err());
        Ok(())
    });
}

#[test]
fn likely_duplicates_are_suggested_until_somebody_says_no() {
    on_each(|db| {
        let make = |name: &'static str, kind: &'static str, value: &'static str| {
            db.write_now(move |tx| {
                let origin = Origin::system();
                let id = contacts::create(tx, &origin, name, None)?;
                contacts::add_method(tx, &origin, id, kind, "", value)?;
                Ok(id)
            })
        };
        let of = |id: ContactId| {
            db.read_now(move |c| {
                let contact = contacts::get(c, id)?.unwrap();
                Ok(duplicates::of(c, &contact)?
                    .into_iter()
                    .map(|d| (d.id, d.reason.as_str()))
                    .collect::<Vec<_>>())
            })
        };
        let dao = make("Nguyễn Thị Đào", "phone", "+84901234567")?;
        let same = make("nguyen thi dao", "phone", "+84981234567")?;
        make("Nguyễn Thị Đào", "phone", "+84901234999")?;
        let an = make("An", "email", "an@acme.com")?;
        let other = make("An Tran", "email", "an@mail.acme.co.uk")?;
        make("Ann", "email", "an@gmail.com")?;
        assert_eq!(of(dao)?, [(same, "same_name_and_phone_tail")]);
        assert_eq!(of(other)?, [(an, "same_mail_name_and_domain")]);
        for _ in 0..2 {
            db.write_now(move |tx| duplicates::dismiss(tx, &Origin::system(), same, dao))?;
        }
        assert_eq!((of(dao)?, of(same)?), (vec![], vec![]));
        join(db, other, an)?;
        assert_eq!(of(other)?, []);
        Ok(())
    });
}

#[test]
fn whom_one_was_told_apart_from_the_other_is_too() {
    on_each(|db| {
        let make = |name: &'static str, value: &'static str| {
            db.write_now(move |tx| {
                let origin = Origin::system();
                let id = contacts::create(tx, &origin, name, None)?;
                contacts::add_method(tx, &origin, id, "phone", "", value)?;
                Ok(id)
            })
        };
        let alike = |id: ContactId| {
            db.read_now(move |c| {
                let contact = contacts::get(c, id)?.unwrap();
                Ok(duplicates::of(c, &contact)?.into_iter().map(|d| d.id).collect::<Vec<_>>())
            })
        };
        let dao = make("Nguyễn Thị Đào", "+84901234567")?;
        let namesake = make("Nguyễn Thị Đào", "+84981234567")?;
        let winner = make("Nguyễn Thị Đào", "+84911111111")?;
        db.write_now(move |tx| duplicates::dismiss(tx, &Origin::system(), dao, namesake))?;
        db.write_now(move |tx| merge::merge(tx, &Origin::system(), HOLDINGS, winner, dao).map(|_| ()))?;
        assert_eq!((alike(winner)?, alike(namesake)?), (vec![], vec![]));
        db.write_now(move |tx| merge::unmerge(tx, &Origin::system(), HOLDINGS, winner, None).map(|_| ()))?;
        assert_eq!((alike(dao)?, alike(winner)?), (vec![], vec![]));
        let count = |c: &Conn<'_>| {
            c.one(Sql::built("SELECT count(*) FROM contact_distinctions"), &[], |r| r.get::<i64>(0))
        };
        assert_eq!(db.read_now(count)?, 1);
        Ok(())
    });
}
