use std::collections::HashMap;

use super::{
    super::{
        ledger::{self, StageTotal, by_stage},
        query::Selection,
    },
    *,
};
use crate::StageId;

/// What a look at every lead gives.
fn looked(all: &[Lead], scope: &LeadScope) -> HashMap<StageId, StageTotal> {
    let mut totals: HashMap<StageId, StageTotal> = HashMap::new();
    for lead in all.iter().filter(|l| l.archived_at.is_none() && scope.sees(l)) {
        let total = totals.entry(lead.stage_id).or_default();
        total.leads += 1;
        total.overdue += i64::from(lead.is_overdue);
        total.value += lead.value.unwrap_or(0);
    }
    totals
}

fn check(t: &TestDb, world: &World) {
    let world = world.clone();
    t.db.read_now(move |c| {
        let all = all_leads(c)?;
        for scope in world.scopes() {
            assert_eq!(by_stage(c, &scope, &Selection::default())?, looked(&all, &scope), "{scope:?}");
            for pipeline in &world.pipelines {
                let mut own = looked(&all, &scope);
                own.retain(|id, _| pipeline.stage(*id).is_some());
                assert_eq!(ledger::totals(c, &scope, pipeline)?, own, "{scope:?}");
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn counts_are_exact_whatever_happens() {
    setup().each(|t| {
        let world = world(t);
        for seed in 0..6 {
            world.fill(t, seed * 1_000_003, 15, 60);
            check(t, &world);
            if seed % 2 == 1 {
                platform::testing::runtime().block_on(ledger::fold_all(&t.db))?;
                assert_eq!(count(&t.db, "SELECT count(*) FROM lead_deltas"), 0);
                check(t, &world);
            }
        }
        Ok(())
    });
}

#[test]
fn two_nodes_fold_what_there_is_once() {
    setup().each(|t| {
        let world = world(t);
        world.fill(t, 3, 40, 60);
        let other = t.second();
        platform::testing::runtime().block_on(async {
            let (a, b) = tokio::join!(ledger::fold_all(&t.db), ledger::fold_all(&other));
            a.and(b)
        })?;
        assert_eq!(count(&t.db, "SELECT count(*) FROM lead_deltas"), 0);
        check(t, &world);
        Ok(())
    });
}
