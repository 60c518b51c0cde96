use std::time::Duration;

use platform::{
    db::{Engine, Sql},
    jobs,
    testing::runtime,
};

use super::{
    super::due::{self, CHUNK, Reschedule, START},
    *,
};
use crate::pipelines::{Change as PipelineChange, draft::StageDraft};

/// How many leads are not due as many hours after they were touched.
fn wrong(db: &Db, hours: i64) -> i64 {
    db.read_now(move |c| {
        let text = sql!("SELECT count(*) FROM leads WHERE due_at <> touched_at + ?1 * 3600000");
        c.one(text, params![hours], |r| r.get(0))
    })
    .unwrap()
}

#[test]
fn a_rescheduling_that_is_broken_off_goes_on_behind_what_is_done() {
    setup().each(|t| {
        let world = world(t);
        let all = 2 * CHUNK + 7;
        let w = world.clone();
        t.db.write_now(move |tx| {
            for _ in 0..all {
                lead(tx, &w, w.contacts[0], "lan", "")?;
            }
            Ok(())
        })?;
        let pipeline = world.pipelines[0].clone();
        let stage = pipeline.stages[0].clone();
        let hours = stage.sla_hours.unwrap();
        assert_eq!(wrong(&t.db, hours), 0);
        let draft = |s: &pipelines::Stage| StageDraft {
            key: s.key.clone(),
            name: s.name.clone(),
            kind: s.kind,
            sla_hours: s.sla_hours.map(|h| h + 1),
            follow_ups: Vec::new(),
        };
        let stages = Some(pipeline.stages.iter().map(draft).collect());
        t.db.write_now(move |tx| {
            let change = PipelineChange { stages: stages.clone(), ..PipelineChange::default() };
            pipelines::change(tx, &Origin::system(), pipeline.id, None, &change).map(|_| ())
        })?;
        let queued = |db: &Db| {
            let jobs = db.read_now(jobs::backlog).unwrap();
            jobs.iter().find(|j| j.0 == "leads.reschedule").map_or(0, |j| j.2)
        };
        let before = queued(&t.db);

        // One chunk, and what is left is another job's.
        let job = Reschedule { stage_id: stage.id.0, after: START, is_again: false };
        runtime().block_on(due::go(&t.db, job, Duration::MAX, 1))?;
        assert_eq!(wrong(&t.db, hours + 1), all - CHUNK);
        assert_eq!(queued(&t.db), before + 1);
        let payload: String = t.db.read_now(|c| {
            c.one(
                sql!("SELECT payload FROM jobs WHERE kind = 'leads.reschedule' ORDER BY id DESC LIMIT 1"),
                &[],
                |r| r.get(0),
            )
        })?;
        let versions = "SELECT CAST(sum(version) AS bigint) FROM leads";
        let then = count(&t.db, versions);
        let rest: Reschedule = serde_json::from_str(&payload).unwrap();
        runtime().block_on(due::go(&t.db, rest, Duration::MAX, usize::MAX))?;
        assert_eq!(wrong(&t.db, hours + 1), 0);
        assert_eq!(count(&t.db, versions), then + all - CHUNK, "what was done is not done again");
        runtime().block_on(due::reschedule_all(&t.db, stage.id))?;
        assert_eq!(count(&t.db, versions), then + all - CHUNK, "what is right is left alone");
        Ok(())
    });
}

#[test]
fn the_leads_of_a_stage_are_gone_through_along_an_index() {
    setup().each(|t| {
        world(t);
        t.db.read_now(|c| {
            if c.engine() == Engine::Postgres {
                c.value::<String>(sql!("SELECT set_config('enable_seqscan', 'off', true)"), &[])?;
            }
            let text = store::text_in();
            let lines = c.explain(Sql::built(&text), params![1_i64, 0_i64, 0_i64, 100_i64])?.join("\n");
            assert!(lines.contains("leads_stage"), "{lines}");
            let sorts = lines.contains("TEMP B-TREE") || lines.contains("Sort");
            assert!(!sorts, "{lines}");
            Ok(())
        })
    });
}
