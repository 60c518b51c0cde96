use platform::{counts::Counts, http::Page};

use super::{
    super::{
        LeadScope, aging,
        board::{More, board},
        list::Asked,
        query::{Order, Selection},
    },
    *,
};

#[test]
fn columns_hold_what_is_in_them() {
    setup().each(|t| {
        let world = world(t);
        world.fill(t, 31, 150, 100);
        let (now, w) = (t.clock.clone(), world.clone());
        t.db.read_now(move |c| {
            let pipeline = &w.pipelines[0];
            let all = all_leads(c)?;
            let narrow = [
                Selection::default(),
                Selection { owner: Some(Some(w.users[0])), ..Selection::default() },
                Selection { overdue: Some(true), ..Selection::default() },
                Selection { tag: Some("vip".into()), ..Selection::default() },
                Selection { sources: vec!["website".into()], ..Selection::default() },
            ];
            for scope in w.scopes() {
                for (n, s) in narrow.iter().enumerate() {
                    let is_meant = |l: &&Lead| {
                        l.archived_at.is_none()
                            && scope.sees(l)
                            && match n {
                                1 => l.owner_id == Some(w.users[0]),
                                2 => l.is_overdue,
                                3 => l.tags.iter().any(|t| t == "vip"),
                                4 => l.source == "website",
                                _ => true,
                            }
                    };
                    let asked = Asked { selection: s.clone(), order: Order::NEWEST, search: None };
                    let shown = board(c, &Counts::default(), &scope, pipeline, &asked, None, now.now())?;
                    assert_eq!(shown.columns.len(), pipeline.stages.len());
                    for (stage, column) in pipeline.stages.iter().zip(&shown.columns) {
                        let mut inside: Vec<&Lead> =
                            all.iter().filter(is_meant).filter(|l| l.stage_id == stage.id).collect();
                        inside.sort_by_key(|l| std::cmp::Reverse((l.touched_at, l.id)));
                        assert_eq!(column.status, stage.key);
                        assert_eq!(column.count, inside.len() as i64);
                        assert_eq!(column.value, Some(inside.iter().map(|l| l.value.unwrap_or(0)).sum()));
                        let overdue = inside.iter().filter(|l| l.is_overdue).count() as i64;
                        assert_eq!((column.overdue_count, column.count_capped), (Some(overdue), false));
                        let wanted: Vec<LeadId> = inside.iter().take(50).map(|l| l.id).collect();
                        assert_eq!(
                            column.leads.iter().map(|l| l.id).collect::<Vec<_>>(),
                            wanted,
                            "{n} {scope:?}"
                        );
                    }
                }
            }
            Ok(())
        })
    });
}

#[test]
fn a_column_goes_on_where_it_ended() {
    setup().each(|t| {
        let world = world(t);
        for n in 0..117 {
            let w = world.clone();
            t.db.write_now(move |tx| {
                let made = lead(tx, &w, w.contacts[0], "one", "")?;
                let to = Change { tags: Some(vec!["x".into()]), ..Change::default() };
                change(tx, &Origin::system(), &made, to).map(|_| ())
            })?;
            t.clock.advance(n % 2);
        }
        let now = t.clock.now();
        t.db.read_now(move |c| {
            let pipeline = &world.pipelines[0];
            let stage = &pipeline.stages[0];
            for tag in [None, Some("x".to_owned())] {
                let selection = Selection { tag, ..Selection::default() };
                let asked = Asked { selection, order: Order::NEWEST, search: None };
                let first = board(c, &Counts::default(), &LeadScope::All, pipeline, &asked, None, now)?;
                let mut column = first.columns.into_iter().next().unwrap();
                let mut found: Vec<i64> = Vec::new();
                loop {
                    assert_eq!(column.count, 117);
                    found.extend(column.leads.iter().map(|l| l.id.0));
                    let Some(cursor) = &column.next_cursor else { break };
                    let more = More::read(stage.id, cursor)?;
                    let mut next =
                        board(c, &Counts::default(), &LeadScope::All, pipeline, &asked, Some(&more), now)?
                            .columns;
                    assert_eq!(next.len(), 1);
                    column = next.remove(0);
                }
                let mut wanted: Vec<i64> = ids(c)?.into_iter().map(|id| id.0).collect();
                wanted.reverse();
                assert_eq!(found, wanted);
            }
            Ok(())
        })
    });
}

#[test]
fn what_is_old_comes_first_and_is_counted() {
    setup().each(|t| {
        let world = world(t);
        world.fill(t, 41, 90, 60);
        let (now, w) = (t.clock.now(), world.clone());
        t.db.read_now(move |c| {
            let pipeline = &w.pipelines[1];
            let all = all_leads(c)?;
            for scope in w.scopes() {
                let before = now - platform::clock::DAY;
                let open = |l: &&Lead| {
                    l.archived_at.is_none() && l.outcome.is_none() && l.pipeline_id == pipeline.id
                };
                let mut old: Vec<&Lead> = all
                    .iter()
                    .filter(open)
                    .filter(|l| scope.sees(l) && l.stage_entered_at < before)
                    .collect();
                old.sort_by_key(|l| (l.stage_entered_at, l.id));
                let (mut found, mut cursor) = (Vec::new(), None);
                loop {
                    let page = Page { limit: 7, cursor, offset: 0 };
                    let part = aging::aging(c, &Counts::default(), &scope, pipeline, 1, &page, now)?;
                    let counted: i64 = part.buckets.iter().map(|b| b.older_than_threshold).sum();
                    assert_eq!((counted, part.buckets.len()), (old.len() as i64, 5));
                    assert!(part.leads.iter().all(|l| l.days_in_stage >= 1));
                    found.extend(part.leads.iter().map(|l| l.row.id));
                    match part.next_cursor {
                        Some(next) => cursor = Some(platform::http::Cursor::decode(&next)?),
                        None => break,
                    }
                }
                assert_eq!(found, old.iter().map(|l| l.id).collect::<Vec<_>>());
            }
            Ok(())
        })
    });
}
