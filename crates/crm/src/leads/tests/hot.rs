//! What is asked all day is found along indexes, statement by statement as it is run.

use platform::{clock::HOUR, counts::Counts, db::assert_indexed, http::Page};

use super::{
    super::{
        aging,
        board::board,
        ledger,
        list::{Asked, list},
        query::{Key, Order},
        sla, view,
    },
    *,
};

/// Those that grow without end. `c` stands for contacts.
const LARGE: &[&str] = &[
    "leads",
    "lead_tags",
    "lead_values",
    "lead_totals",
    "lead_warnings",
    "stage_moves",
    "students",
    "contacts",
    "contact_methods",
    "c",
    "events",
    "interactions",
    "tasks",
    "notifications",
];

#[test]
fn pages_that_people_look_at_all_day() {
    setup().each(|t| {
        let w = world(t);
        w.fill(t, 3, 40, 40);
        let now = t.clock.now();
        t.db.read_now(move |c| {
            let counts = Counts::default();
            let page = Page { limit: 5, ..Page::default() };
            let order = Order { key: Key::Score, descending: true };
            let own = Selection { owner: Some(Some(w.users[0])), ..Selection::default() };
            let asked = |selection: &Selection, search: Option<&str>, order| Asked {
                selection: selection.clone(),
                order,
                search: search.map(str::to_owned),
            };
            for scope in w.scopes() {
                for (s, search) in
                    [(&own, None), (&own, Some("lead")), (&Selection::default(), Some("le 12"))]
                {
                    for order in [Order::NEWEST, order] {
                        assert_indexed(c, "a list", LARGE, || {
                            let found = list(c, &counts, &scope, &asked(s, search, order), &page)?;
                            view::rows(c, &scope, &found.items, now).map(|_| ())
                        })?;
                    }
                    assert_indexed(c, "the board", LARGE, || {
                        board(
                            c,
                            &counts,
                            &scope,
                            &w.pipelines[0],
                            &asked(s, search, Order::NEWEST),
                            None,
                            now,
                        )
                        .map(|_| ())
                    })?;
                }
                assert_indexed(c, "the summary", LARGE, || {
                    aging::summary(c, &scope, &w.pipelines[0]).map(|_| ())
                })?;
                assert_indexed(c, "old leads", LARGE, || {
                    aging::aging(c, &counts, &scope, &w.pipelines[0], 3, &page, now).map(|_| ())
                })?;
            }
            for lead in all_leads(c)?.iter().take(2) {
                assert_indexed(c, "a lead", LARGE, || view::view(c, &LeadScope::All, lead, now).map(|_| ()))?;
            }
            Ok(())
        })
    });
}

#[test]
fn what_runs_every_few_seconds() {
    setup().each(|t| {
        let w = world(t);
        w.fill(t, 3, 40, 40);
        t.clock.advance(24 * 40 * HOUR);
        t.db.write_now(move |tx| {
            assert_indexed(tx, "the check for what is overdue", LARGE, || sla::mark(tx).map(|_| ()))?;
            assert_indexed(tx, "folding the ledger", LARGE, || ledger::fold(tx).map(|_| ()))
        })
    });
}
