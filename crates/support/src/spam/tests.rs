//! Spam over storage: the order of the rules, what is counted, and what an appeal brings back.

use people::{
    ContactId,
    contacts::{self, Found},
};
use platform::{
    Result, Tx,
    clock::{DAY, HOUR},
    error::Code,
    events::{Actor, Origin},
    params, sql,
};

use super::{
    Step, Verdict,
    appeal::{mark, remove, restore},
    content::{self, ContentScore},
    flag, judge,
    settings::{self, SpamSettings, Stored},
    store,
};
use crate::{
    MessageId,
    routing::{
        Matcher, Snapshot,
        fixture::{self, Desk, agent, contact, department, keyword, message, standing, ticket},
    },
    tickets::{Priority, Ticket, TicketScope},
};

const SPAM: &str = "Congratulations you have won, claim your prize: http://bit.ly/x";

fn somebody(contact_id: ContactId) -> Found {
    Found { contact_id, created: false, is_blocked: false, opted_out: false, name: None }
}

fn judged(tx: &Tx<'_>, who: ContactId, address: (&str, &str), text: &str) -> Result<Verdict> {
    let hash = text.bytes().fold(7_i64, |h, b| h.wrapping_mul(31).wrapping_add(b.into()));
    judge(tx, &SpamSettings::default(), &somebody(who), address, &content::score(text), hash)
}

/// A message as intake takes it: judged, stored, flagged.
fn comes_in(tx: &Tx<'_>, t: &Ticket, text: &str) -> Result<(Verdict, MessageId)> {
    let verdict = judged(tx, t.contact_id, ("zalo", "1"), text)?;
    let (t, id) = message(tx, &fixture::now(tx, t.id)?, text, verdict.is_spam)?;
    if verdict.is_spam {
        flag(tx, &Origin::system(), t.id, id, t.contact_id, "zalo", &verdict)?;
    }
    Ok((verdict, id))
}

#[test]
fn blocked_people_and_addresses_come_first() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let who = contact(tx, "An")?;
            let blocked = Found { is_blocked: true, ..somebody(who) };
            let score = ContentScore::default();
            let v = judge(tx, &SpamSettings::default(), &blocked, ("email", "an@example.com"), &score, 1)?;
            assert_eq!((v.is_spam, v.reason.as_str()), (true, "blocked_contact"));

            let hello = "hello, where is my order";
            assert_eq!(judged(tx, who, ("email", "An@Bad.example"), hello)?, Verdict::none());
            store::add_block(tx, "domain", "@bad.example", &store::domain_key("@Bad.example"), None, None)?
                .unwrap();
            store::add_block(tx, "zalo", "77", "77", Some("rude"), None)?.unwrap();
            assert!(store::add_block(tx, "zalo", "77", "77", None, None)?.is_none());
            assert_eq!(judged(tx, who, ("email", "An@Bad.example"), hello)?.reason, "blocked_address");
            assert_eq!(judged(tx, who, ("zalo", "77"), hello)?.reason, "blocked_address");
            assert!(!judged(tx, who, ("email", "an@notbad.example"), hello)?.is_spam);
            assert!(!judged(tx, who, ("telegram", "77"), hello)?.is_spam);
            let (rows, total) = store::blocks(tx, i64::MAX, 0, 10)?;
            assert_eq!((rows.len(), total), (2, 2));
            assert_eq!(store::delete_block(tx, rows[0].id)?.as_deref(), Some("zalo"));
            assert!(!judged(tx, who, ("zalo", "77"), hello)?.is_spam);
            Ok(())
        });
    });
}

#[test]
fn five_spam_messages_make_a_spammer_for_thirty_days() {
    Desk::each(|desk| {
        let t = desk.write(|tx| {
            let who = contact(tx, "An")?;
            let t = ticket(tx, who, Priority::Medium, true)?;
            let mut steps = Vec::new();
            for n in 0..5 {
                let (v, _) = comes_in(tx, &t, &format!("{SPAM} {n}"))?;
                assert_eq!((v.is_spam, v.reason.as_str()), (true, "content"));
                steps.push(v.crossed.map(|c| c.step));
            }
            assert_eq!(steps, [Some(Step::Warning), None, None, None, Some(Step::Blocked)]);
            let (v, _) = comes_in(tx, &t, "hello")?;
            assert_eq!((v.is_spam, v.reason.as_str(), v.crossed), (true, "existing_spammer", None));
            Ok(t)
        });
        desk.later(31 * DAY);
        desk.write(move |tx| {
            assert!(!judged(tx, t.contact_id, ("zalo", "1"), "hello")?.is_spam);
            Ok(())
        });
    });
}

#[test]
fn too_many_messages_in_a_window_are_spam() {
    Desk::each(|desk| {
        let who = desk.write(|tx| contact(tx, "An"));
        desk.write(move |tx| {
            for n in 1..=52 {
                let v = judged(tx, who, ("zalo", "1"), &format!("message number {n}"))?;
                let step = v.crossed.map(|c| (c.step, c.count));
                match n {
                    45 => assert_eq!((v.is_spam, step), (false, Some((Step::Warning, 45)))),
                    50 => assert_eq!((v.is_spam, step), (true, Some((Step::Blocked, 50)))),
                    51.. => assert_eq!((v.is_spam, v.reason.as_str()), (true, "message_limit")),
                    _ => assert_eq!((v.is_spam, step), (false, None), "{n}"),
                }
            }
            Ok(())
        });
        // Another day, another count; the week still adds up.
        desk.later(DAY);
        desk.write(move |tx| {
            assert!(!judged(tx, who, ("zalo", "1"), "good morning")?.is_spam);
            tx.exec(
                sql!("UPDATE inbound_days SET messages = 199 WHERE contact_id = ?1 AND messages = 52"),
                params![who],
            )?;
            assert_eq!(judged(tx, who, ("zalo", "1"), "good morning to you")?.reason, "message_limit");
            Ok(())
        });
        desk.later(7 * DAY);
        desk.write(move |tx| {
            assert!(!judged(tx, who, ("zalo", "1"), "good morning")?.is_spam);
            Ok(())
        });
    });
}

#[test]
fn days_beyond_every_window_are_forgotten() {
    Desk::each(|desk| {
        let (who, other) = desk.write(|tx| Ok((contact(tx, "An")?, contact(tx, "Binh")?)));
        let days = |desk: &Desk| {
            desk.write(|tx| {
                tx.all(sql!("SELECT day FROM inbound_days ORDER BY day, contact_id"), &[], |r| {
                    r.get::<i64>(0)
                })
            })
        };
        for (at, who) in [(0, who), (1, who), (0, other)] {
            desk.write(move |tx| store::count_inbound(tx, who, at, 7));
        }
        let today = desk.write(|tx| Ok(tx.now().div_euclid(DAY)));
        for day in [today - settings::LONGEST_DAYS - 1, today - settings::LONGEST_DAYS, today] {
            desk.write(move |tx| store::count_inbound(tx, who, day, 7));
        }
        // In small steps the old ones go, and what the longest window may ask for stays.
        assert_eq!(desk.write(super::forget_days), 4);
        assert_eq!(desk.write(super::forget_days), 0);
        assert_eq!(days(&desk), [today - settings::LONGEST_DAYS, today]);
        desk.write(|tx| {
            let text = "SELECT contact_id, day FROM inbound_days WHERE day < ?1 ORDER BY day LIMIT 500";
            let plan = tx.explain(platform::db::Sql::built(text), params![1])?;
            assert!(!plan.iter().any(|line| line.starts_with("SCAN")), "{plan:?}");
            Ok(())
        });
    });
}

#[test]
fn one_text_again_and_again_is_told_and_a_failure_lets_pass() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let who = contact(tx, "An")?;
            let text = "please look at my profile and write to me";
            let spam: Vec<bool> =
                (0..8).map(|_| Ok(judged(tx, who, ("zalo", "1"), text)?.is_spam)).collect::<Result<_>>()?;
            assert_eq!(spam, [false, false, false, false, false, false, true, true]);
            assert!(!judged(tx, who, ("zalo", "1"), "something else")?.is_spam);
            let mut broken = content::score(SPAM);
            broken.failure = Some("it broke".into());
            let v = judge(tx, &SpamSettings::default(), &somebody(who), ("zalo", "1"), &broken, 5)?;
            assert_eq!((v.is_spam, v.reason.as_str()), (false, "unjudged: it broke"));
            Ok(())
        });
    });
}

#[test]
fn marking_the_last_message_takes_the_ticket_out_and_restoring_routes_it() {
    Desk::each(|desk| {
        desk.write(|tx| {
            let sales = department(tx, "sales", "score", false)?;
            department(tx, "service", "score", true)?;
            let an = agent(tx, "an", &[sales], 8, 0.0)?;
            keyword(tx, "mua", sales, 3)?;
            let matcher = Matcher::load(tx)?;
            let by = Origin::of(Actor::User(an.0));
            let who = contact(tx, "Khách")?;
            let t = ticket(tx, who, Priority::Medium, false)?;
            let (t, first) = message(tx, &t, "mình muốn mua", false)?;
            let (_, second) = message(tx, &t, "mua nhanh", false)?;

            assert!(!mark(tx, &by, &TicketScope::All, first, Some("ads"))?.is_spam);
            assert_eq!(mark(tx, &by, &TicketScope::All, first, None).unwrap_err().code, Code::WrongState);
            assert!(mark(tx, &by, &TicketScope::All, second, None)?.is_spam);
            assert_eq!(standing(tx, second)?, (true, true));
            let none = TicketScope::Own(people::UserId(999));
            assert_eq!(mark(tx, &by, &none, first, None).unwrap_err().code, Code::NotFound);

            let (rows, total) = store::activities(tx, &TicketScope::All, 0, None, 0, 10)?;
            assert_eq!((rows.len(), total), (2, 2));
            assert_eq!((rows[1].reason.as_str(), rows[1].flagged_by.as_str()), ("ads", "manual"));
            let (page, _) =
                store::activities(tx, &TicketScope::All, 0, Some((rows[0].at, rows[0].id.0)), 0, 10)?;
            assert_eq!(page.len(), 1);

            let t = restore(tx, &by, &TicketScope::All, &Snapshot::default(), &matcher, second)?;
            assert_eq!((t.is_spam, t.assignee_id, t.department_id), (false, Some(an), Some(sales)));
            assert_eq!((standing(tx, second)?, standing(tx, first)?), ((false, false), (true, true)));
            let again = restore(tx, &by, &TicketScope::All, &Snapshot::default(), &matcher, second);
            assert_eq!(again.unwrap_err().code, Code::WrongState);
            Ok(())
        });
    });
}

#[test]
fn an_appeal_clears_a_person_and_brings_the_messages_back() {
    Desk::each(|desk| {
        let (t, ids) = desk.write(|tx| {
            let d = department(tx, "service", "score", true)?;
            agent(tx, "an", &[d], 8, 0.0)?;
            let who = contact(tx, "Khách")?;
            let t = ticket(tx, who, Priority::Medium, true)?;
            let mut ids = Vec::new();
            for n in 0..6 {
                ids.push(comes_in(tx, &t, &format!("{SPAM} {n}"))?.1);
            }
            tx.exec(sql!("UPDATE contacts SET is_blocked = TRUE WHERE id = ?1"), params![who])?;
            Ok((t, ids))
        });
        desk.later(HOUR);
        desk.write(move |tx| {
            let (users, total) = store::spammers(tx, &TicketScope::All, 0, 0, 10)?;
            assert_eq!((users.len(), total, users[0].count), (1, 1, 6));
            let everyone = TicketScope::All;
            let matcher = Matcher::empty();
            let act = |scope: &TicketScope, only| {
                remove(tx, &Origin::system(), scope, &Snapshot::default(), &matcher, t.contact_id, only)
            };
            let foreign = TicketScope::Team { user: people::UserId(9), departments: Vec::new(), spam: false };
            assert_eq!(act(&foreign, None).unwrap_err().code, Code::NotFound);
            let one = store::flagged_message(tx, ids[0])?.unwrap();
            assert_eq!(act(&everyone, Some(one.id))?.count, 1);
            assert!(!fixture::now(tx, t.id)?.is_spam);
            assert!(contacts::get(tx, t.contact_id)?.unwrap().is_blocked);

            let done = act(&everyone, None)?;
            assert_eq!((done.count, done.more), (5, false));
            for id in &ids {
                assert_eq!(standing(tx, *id)?, (false, false));
            }
            let t = fixture::now(tx, t.id)?;
            assert!(!t.is_spam && t.assignee_id.is_some());
            assert!(!judged(tx, t.contact_id, ("zalo", "1"), "hello")?.is_spam);
            assert!(!contacts::get(tx, t.contact_id)?.unwrap().is_blocked);
            Ok(())
        });
    });
}

#[test]
fn settings_are_stored_with_a_version() {
    Desk::each(|desk| {
        desk.write(|tx| {
            assert_eq!(Stored::load(tx)?.version, 0);
            let new = SpamSettings { threshold: 0.9, ..SpamSettings::default() };
            assert_eq!(Stored::replace(tx, &Origin::system(), Some(0), &new)?.version, 1);
            assert_eq!(settings::settings(tx)?, new);
            assert_eq!(
                Stored::replace(tx, &Origin::system(), Some(0), &new).unwrap_err().code,
                Code::StaleVersion
            );
            let loud = SpamSettings { warning_channels: vec!["zalo".into()], ..new };
            assert_eq!(loud.faults()[0].field, "warning_text");
            Ok(())
        });
    });
}
