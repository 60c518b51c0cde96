//! The work of erasing: part after part, step after step, and all of it a second time a little later.

use std::time::{Duration, Instant};

use platform::{
    Db, Result, Tx,
    clock::{MINUTE, Millis, SECOND},
    events::Origin,
    jobs::{self, Job, Outcome, Workers},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Erasing, Part, events, store};

/// Between the two passes: longer than any transaction that takes a message in.
const AFTER: Millis = 15 * SECOND;
/// One try goes on for so long; then it is the next one's turn, so that a lease never runs out under a long search.
const GO: Duration = Duration::from_secs(20);
/// Steps of a search that find nothing between two marks of how far it is.
const LOOKS: usize = 50;

#[derive(Debug, Serialize, Deserialize)]
struct Erase {
    erasure_id: i64,
}

impl Job for Erase {
    const KIND: &'static str = "contacts.erase";
    /// Each try goes on where the last one was; it must not be given up.
    const ATTEMPTS: u32 = 1_000_000;
    const LEASE: Millis = MINUTE;
}

pub(super) fn enqueue(tx: &Tx<'_>, erasure_id: i64, at: Millis) -> Result<()> {
    jobs::enqueue(tx, &Erase { erasure_id }, at).map(|_| ())
}

/// Registers it.
pub fn workers(workers: Workers, erasing: &Erasing) -> Workers {
    let erasing = erasing.clone();
    workers.on(1, move |job: Erase| {
        let erasing = erasing.clone();
        async move {
            match go(&erasing, job.erasure_id).await {
                Ok(None) => Outcome::Done,
                Ok(Some(after)) => {
                    Outcome::Retry { after: Some(after), why: "there is more to do".to_owned() }
                }
                Err(e) => Outcome::Retry { after: Some(SECOND), why: e.to_string() },
            }
        }
    })
}

/// Goes on for a while; after how long to go on again, or `None` when it is finished.
async fn go(erasing: &Erasing, id: i64) -> Result<Option<Millis>> {
    let (db, begun) = (&erasing.desk.db, Instant::now());
    while begun.elapsed() < GO {
        let Some(row) = db.read(move |c| store::open(c, id)).await? else { return Ok(None) };
        if let Some(part) = erasing.parts.get(row.part).copied() {
            step(db, row, part).await?;
        } else if row.pass == 1 {
            db.write_bulk(move |tx| store::go_on(tx, &row, 2, 0, 0)).await?;
            return Ok(Some(AFTER));
        } else {
            (erasing.finish)().await?;
            let contact = row.contact;
            let done = db.write_bulk(move |tx| {
                if store::finish(tx, id)? {
                    let data = json!({ "erasure_id": id });
                    events::record(tx, &Origin::system(), events::ERASURE_FINISHED, contact, data)?;
                }
                Ok(())
            });
            done.await?;
            return Ok(None);
        }
    }
    Ok(Some(0))
}

async fn step(db: &Db, row: store::Row, part: Part) -> Result<()> {
    match part {
        Part::Rows(replace) => {
            let work = move |tx: &Tx<'_>| {
                let next = replace(tx, &row.person, row.place)?;
                move_on(tx, &row, next)
            };
            db.write_bulk(work).await
        }
        Part::Search { find, replace } => {
            let reader = row.clone();
            let looked = db.read(move |c| {
                let mut place = reader.place;
                for _ in 0..LOOKS {
                    let found = find(c, &reader.person, place)?;
                    match found.next {
                        Some(next) if found.hits.is_empty() => place = next,
                        _ => return Ok(found),
                    }
                }
                Ok(super::Found { hits: Vec::new(), next: Some(place) })
            });
            let found = looked.await?;
            let work = move |tx: &Tx<'_>| {
                if !found.hits.is_empty() {
                    replace(tx, &found.hits)?;
                }
                move_on(tx, &row, found.next)
            };
            db.write_bulk(work).await
        }
    }
}

fn move_on(tx: &Tx<'_>, row: &store::Row, next: Option<i64>) -> Result<()> {
    match next {
        Some(place) => store::go_on(tx, row, row.pass, row.part, place)?,
        None => store::go_on(tx, row, row.pass, row.part + 1, 0)?,
    };
    Ok(())
}
