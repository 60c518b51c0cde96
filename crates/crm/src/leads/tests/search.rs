use platform::{
    counts::Counts,
    events::sequencer,
    http::{Cursor, Page},
    search as index,
    testing::runtime,
};

use super::{
    super::{
        jobs,
        list::{Asked, list},
        query::{Key, Order, Selection},
        search::{INDEX, among_newest},
    },
    *,
};

/// Brings the index up to date, as the workers do.
fn follow(t: &TestDb) {
    runtime()
        .block_on(async {
            sequencer::stamp(&t.db).await?;
            jobs::follow_to_the_end(&t.db).await
        })
        .unwrap();
}

fn find_in(t: &TestDb, scope: LeadScope, s: Selection, order: Order, words: &str) -> Vec<String> {
    let asked = Asked { selection: s, order, search: Some(words.to_owned()) };
    t.db.read_now(move |c| {
        let (mut found, mut cursor, mut total) = (Vec::new(), None, None);
        loop {
            let page = list(c, &Counts::default(), &scope, &asked, &Page { limit: 2, cursor, offset: 0 })?;
            total = total.or(Some(page.total));
            found.extend(page.items.into_iter().map(|l| l.name));
            match page.next_cursor {
                Some(next) => cursor = Some(Cursor::decode(&next)?),
                None => break,
            }
        }
        assert_eq!(total, Some(found.len() as i64));
        Ok(found)
    })
    .unwrap()
}

fn find(t: &TestDb, words: &str) -> Vec<String> {
    find_in(t, LeadScope::All, Selection::default(), Order::NEWEST, words)
}

/// Name, phone, e-mail address, notes.
const LEADS: &[(&str, &str, &str, &str)] = &[
    ("Nguyễn Thị Lan", "0912 345 678", "lan.nguyen@example.com", "Hỏi về học phí lớp 6"),
    ("Nguyen Van Nam", "+84 987 654 321", "nam_vn@school.edu.vn", ""),
    ("Trần Đức Mạnh", "0903111222", "manh.tran@example.org", "Wants to visit on Monday; call 5551234"),
    ("O'Brien, Seán", "+353 1 234 5678", "sean+school@obrien.ie", "Đã gửi học phí"),
    ("Lan Anh", "", "", "nguyen's cousin"),
];

/// The same on both engines: words, and the leads that they find, newest first.
const GOLDEN: &[(&str, &[usize])] = &[
    ("nguyen", &[4, 1, 0]),
    ("Nguyễn", &[4, 1, 0]),
    ("NGUYEN LAN", &[4, 0]),
    ("lan nguy", &[4, 0]),
    ("nguy lan", &[]),
    ("ngu", &[4, 1, 0]),
    ("n", &[4, 1, 0]),
    ("duc manh", &[2]),
    ("mạnh đức", &[2]),
    ("0912345678", &[0]),
    ("0912 345 678", &[0]),
    ("+84 912 345 678", &[0]),
    ("345678", &[0, 3]),
    ("5678", &[0, 3]),
    ("678", &[0, 3]),
    ("78", &[]),
    ("0912", &[0]),
    ("0903", &[2]),
    ("8498", &[1]),
    ("5551234", &[2]),
    ("lan.nguyen@example.com", &[0]),
    ("example", &[2, 0]),
    ("@example.org", &[2]),
    ("school", &[3, 1]),
    ("school edu", &[1]),
    ("hoc phi", &[3, 0]),
    ("học phí lớp", &[0]),
    ("obrien", &[3]),
    ("o brien sean", &[3]),
    ("lan 678", &[0]),
    ("lan 321", &[]),
    ("' OR 1=1 --", &[]),
    ("\"nguyen\" NOT lan*", &[]),
    ("zzz", &[]),
];

fn golden(t: &TestDb) -> World {
    let world = world(t);
    for (name, phone, email, notes) in LEADS {
        let w = world.clone();
        t.db.write_now(move |tx| {
            let origin = Origin::system();
            let contact = contacts::create(tx, &origin, name, None)?;
            for (kind, value) in [("phone", phone), ("email", email)] {
                if !value.is_empty() {
                    contacts::add_method(tx, &origin, contact, kind, "", value)?;
                }
            }
            lead(tx, &w, contact, name, notes).map(|_| ())
        })
        .unwrap();
    }
    world
}

#[test]
fn the_same_is_found_on_both_engines() {
    setup().each(|t| {
        golden(t);
        follow(t);
        for (words, wanted) in GOLDEN {
            let mut wanted: Vec<usize> = wanted.to_vec();
            wanted.sort_unstable_by_key(|n| std::cmp::Reverse(*n));
            let wanted: Vec<&str> = wanted.into_iter().map(|n| LEADS[n].0).collect();
            assert_eq!(find(t, words), wanted, "{words}");
            let by_name = Order { key: Key::Name, descending: false };
            let mut found = find_in(t, LeadScope::All, Selection::default(), by_name, words);
            found.sort();
            let mut wanted = wanted;
            wanted.sort_unstable();
            assert_eq!(found, wanted, "{words}, by name");
        }
        assert_eq!(find(t, " -- "), Vec::<String>::new());
        Ok(())
    });
}

#[test]
fn what_changes_is_found_anew_and_what_is_not_yours_never() {
    setup().each(|t| {
        let world = golden(t);
        follow(t);
        let (mine, yours) = (LeadScope::Own(world.users[0]), LeadScope::Own(world.users[1]));
        let give = |to: UserId, team: DepartmentId| {
            t.db.write_now(move |tx| {
                let lead = super::super::lock(tx, ids(tx)?[0])?;
                let owner = Some((Some(to), Some(team)));
                change(tx, &Origin::system(), &lead, Change { owner, ..Change::default() }).map(|_| ())
            })
        };
        let everything = Selection::default;
        let names = |scope: &LeadScope| find_in(t, scope.clone(), everything(), Order::NEWEST, "nguyen");
        assert!(names(&mine).is_empty());
        give(world.users[0], world.teams[0])?;
        follow(t);
        assert_eq!(names(&mine), ["Nguyễn Thị Lan"]);
        let team = LeadScope::Team { user: world.users[2], departments: vec![world.teams[0]] };
        assert_eq!(names(&team), ["Nguyễn Thị Lan"]);
        // Taken away: not shown from that moment on, though the index does not know yet.
        give(world.users[1], world.teams[1])?;
        let asked = Asked { selection: everything(), order: Order::NEWEST, search: Some("nguyen".into()) };
        let m = mine.clone();
        assert!(
            t.db.read_now(move |c| list(c, &Counts::default(), &m, &asked, &Page::default()))?
                .items
                .is_empty()
        );
        follow(t);
        assert_eq!((names(&mine).len(), names(&yours).len()), (0, 1));
        // A program's own are not those that are nobody's.
        assert!(names(&LeadScope::Own(UserId(0))).is_empty());

        // Another name, another address, archived, back again.
        t.db.write_now(|tx| {
            let origin = Origin::system();
            let lead = super::super::lock(tx, ids(tx)?[0])?;
            contacts::add_method(tx, &origin, lead.contact_id, "email", "", "x@newplace.vn")?;
            let to = Change { name: Some("Bùi Thu Hà".into()), ..Change::default() };
            change(tx, &origin, &lead, to).map(|_| ())
        })?;
        follow(t);
        assert_eq!(
            (find(t, "thu ha"), find(t, "newplace")),
            (vec!["Bùi Thu Hà".into()], vec!["Bùi Thu Hà".into()])
        );
        let archive = |is: bool| {
            t.db.write_now(move |tx| {
                let lead = super::super::lock(tx, ids(tx)?[0])?;
                let to = Change { is_archived: Some(is), ..Change::default() };
                change(tx, &Origin::system(), &lead, to).map(|_| ())
            })
        };
        archive(true)?;
        follow(t);
        assert!(find(t, "thu ha").is_empty());
        let archived = Selection { archived: true, ..everything() };
        assert_eq!(find_in(t, LeadScope::All, archived, Order::NEWEST, "thu").len(), 1);
        archive(false)?;
        follow(t);
        assert_eq!(find(t, "thu ha").len(), 1);
        Ok(())
    });
}

#[test]
fn a_search_is_narrowed_as_a_list_is() {
    setup().each(|t| {
        let world = world(t);
        world.fill(t, 21, 60, 80);
        follow(t);
        let (now, w) = (t.clock.clone(), world.clone());
        t.db.read_now(move |c| {
            let mut dice = Dice(9);
            for (n, s) in selections(&w, &mut dice, &now, 40).into_iter().enumerate() {
                let scope = &w.scopes()[n % 4];
                let page = Page { limit: 200, cursor: None, offset: 0 };
                let asked = |search| Asked { selection: s.clone(), order: Order::NEWEST, search };
                let listed = list(c, &Counts::default(), scope, &asked(None), &page)?.items;
                let mut wanted: Vec<LeadId> =
                    listed.iter().filter(|l| l.name.starts_with("lan")).map(|l| l.id).collect();
                wanted.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
                let found = list(c, &Counts::default(), scope, &asked(Some("lan".into())), &page)?;
                let ids: Vec<LeadId> = found.items.iter().map(|l| l.id).collect();
                assert_eq!((ids, found.total), (wanted.clone(), wanted.len() as i64), "{scope:?} {s:?}");
            }
            Ok(())
        })
    });
}

#[test]
fn an_index_is_made_anew_and_one_node_at_a_time_follows() {
    setup().each(|t| {
        golden(t);
        let behind = || t.db.read_now(|c| index::is_behind(c, INDEX)).unwrap();
        assert!(behind());
        follow(t);
        assert!(!behind());
        // Lost, and made anew.
        t.db.write_now(|tx| {
            for id in ids(tx)?.into_iter().take(3) {
                tx.exec(sql!("DELETE FROM lead_search WHERE rowid = ?1"), params![id])?;
            }
            index::restart(tx, INDEX)
        })?;
        assert_eq!(find(t, "nguyen").len(), 1);
        assert!(behind());
        let other = t.second();
        runtime().block_on(async {
            let (a, b) = tokio::join!(jobs::follow_to_the_end(&t.db), jobs::follow_to_the_end(&other));
            a.and(b)
        })?;
        follow(t);
        assert_eq!(find(t, "nguyen").len(), 3);
        assert!(!behind());
        Ok(())
    });
}

#[test]
fn long_notes_are_found_by_their_beginning_and_by_their_end() {
    setup().each(|t| {
        let w = world(t);
        let many: Vec<String> = (0..2_000).map(|n| format!("w{n}")).collect();
        let notes = format!("beginning {} ending", many.join(" "));
        t.db.write_now(move |tx| {
            let contact = contacts::create(tx, &Origin::system(), "Long", None)?;
            lead(tx, &w, contact, "Long", &notes).map(|_| ())
        })
        .unwrap();
        follow(t);
        for word in ["beginning", "ending", "w0", "w1999"] {
            assert_eq!(find(t, word), ["Long"], "{word}");
        }
        Ok(())
    });
}

#[test]
fn a_search_in_a_tag_goes_with_the_tag() {
    setup().each(|t| {
        golden(t);
        let tagged = || Selection { tag: Some("vip".into()), ..Selection::default() };
        let found = || find_in(t, LeadScope::All, tagged(), Order::NEWEST, "nguyen");
        let tag = |tags: &'static [&'static str]| {
            t.db.write_now(move |tx| {
                let lead = super::super::lock(tx, ids(tx)?[0])?;
                let tags = Some(tags.iter().map(|t| (*t).to_owned()).collect());
                change(tx, &Origin::system(), &lead, Change { tags, ..Change::default() }).map(|_| ())
            })
            .unwrap();
            follow(t);
        };
        follow(t);
        assert!(found().is_empty());
        tag(&["vip", "other"]);
        assert_eq!(found(), [LEADS[0].0]);
        tag(&["other"]);
        assert!(found().is_empty());
        Ok(())
    });
}

/// What a board is put together from: the newest that the words find, and whether there are others.
#[test]
fn a_board_of_a_search_says_that_it_is_not_all() {
    setup().each(|t| {
        let world = world(t);
        for n in 0..7 {
            let w = world.clone();
            t.db.write_now(move |tx| {
                let made = lead(tx, &w, w.contacts[0], &format!("Duck {n}"), "")?;
                let to = Change { tags: Some(vec!["odd".into()]), ..Change::default() };
                if n % 2 == 1 { change(tx, &Origin::system(), &made, to).map(|_| ()) } else { Ok(()) }
            })?;
        }
        follow(t);
        t.db.read_now(move |c| {
            let all: Vec<LeadId> = ids(c)?.into_iter().rev().collect();
            let odd = Selection { tag: Some("odd".into()), ..Selection::default() };
            let stages = Some(world.pipelines[0].stages.iter().map(|s| s.id).collect());
            let vips = Selection { score_min: Some(1_000), stages, ..Selection::default() };
            let found = |s: &Selection, most| among_newest(c, &LeadScope::All, s, "duck", most);
            assert_eq!(found(&Selection::default(), 7)?, (all.clone(), false));
            assert_eq!(found(&Selection::default(), 6)?, (all[..6].to_vec(), true));
            let odds: Vec<LeadId> = all.iter().skip(1).step_by(2).copied().collect();
            assert_eq!(found(&odd, 7)?, (odds.clone(), false));
            assert_eq!(found(&odd, 2)?, (odds[..2].to_vec(), true));
            // Narrowed by what the index does not know: none of the newest is meant, and there are others.
            assert_eq!(found(&vips, 3)?, (Vec::new(), true));
            assert_eq!(found(&vips, 7)?, (Vec::new(), false));
            Ok(())
        })
    });
}
