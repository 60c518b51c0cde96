//! How much open work there is and where: kept in memory, so that neither tabs nor lists count it each time.
//!
//! What is kept is as of one event. Whoever asks reads again the tickets that later events name (on PostgreSQL also those
//! of events that wait for their place in the sequence), in the snapshot from which the answer is made. So everything that
//! this snapshot holds is counted, what its asker has just done above all, whichever node did it; an answer may be newer
//! than the snapshot, never older. It rests on this: no ticket becomes open, is closed or goes elsewhere without one of
//! [`MOVES`].
//!
//! Bounded: beyond 20 000 open tickets nothing is kept, and the caller counts for itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use people::{DepartmentId, UserId};
use platform::{Conn, Result, db::Row, events};

use super::{Status, events as kinds, query};
use crate::TicketId;

/// Events after which a ticket may count elsewhere.
const MOVES: &[&str] = &[kinds::CREATED, kinds::UPDATED, kinds::STATUS_CHANGED, kinds::ASSIGNED];
/// How much is kept, and followed.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Open tickets at most: about a hundred bytes each.
    most: usize,
    /// After more events than this everything is read anew …
    later: i64,
    /// … and after more than this where it was too much before.
    much_later: i64,
}

const LIMITS: Limits = Limits { most: 20_000, later: 1_000, much_later: 20_000 };

/// What open work is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    pub department: Option<DepartmentId>,
    pub assignee: Option<UserId>,
    pub status: Status,
}

/// The open work of one database. Cloning shares it; two databases must not.
#[derive(Debug, Clone)]
pub struct OpenWork {
    limits: Limits,
    held: Arc<Mutex<Option<Held>>>,
}

impl Default for OpenWork {
    fn default() -> Self {
        OpenWork { limits: LIMITS, held: Arc::default() }
    }
}

#[derive(Debug)]
struct Held {
    /// The newest event that is counted.
    seq: i64,
    /// `None`: there was more than is kept.
    work: Option<Work>,
}

#[derive(Debug, Default)]
struct Work {
    places: HashMap<TicketId, Place>,
    /// How many are at each place; none without any.
    counts: HashMap<Place, i64>,
}

impl OpenWork {
    /// How many tickets are where `holds` says; `None` when there is too much open work to be kept.
    ///
    /// One asker at a time brings the counts up to date; who waited for it finds them so. Never to be asked by a
    /// transaction that writes: what it has not committed would be counted for everybody.
    pub(super) fn count(&self, c: &Conn<'_>, holds: impl Fn(&Place) -> bool) -> Result<Option<i64>> {
        let newest = events::newest(c)?;
        let mut held = self.lock();
        self.limits.bring_up_to_date(&mut held, c, newest)?;
        let work = held.as_ref().and_then(|h| h.work.as_ref());
        Ok(work.map(|w| w.counts.iter().filter(|(place, _)| holds(place)).map(|(_, n)| n).sum()))
    }

    /// Keeps and follows little: for tests of what happens beyond.
    #[cfg(test)]
    pub(super) fn small(most: usize, later: i64) -> Self {
        OpenWork { limits: Limits { most, later, much_later: 2 * later }, ..OpenWork::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        // Nothing is changed half-way: every read comes before the first change.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limits {
    /// `newest`: the newest event that the snapshot of `c` holds.
    fn bring_up_to_date(self, held: &mut Option<Held>, c: &Conn<'_>, newest: i64) -> Result<()> {
        match held {
            // Somebody with a newer snapshot was here: theirs holds all of ours.
            Some(h) if newest < h.seq => Ok(()),
            Some(Held { seq, work: Some(work) }) if newest - *seq <= self.later => {
                let found = events::subjects_after(c, MOVES, *seq, 2 * self.later)?;
                // So many have no place in the sequence: nobody gives them one, and they cannot be followed.
                let is_lost = found.len() as i64 == 2 * self.later;
                if !is_lost {
                    work.follow(c, found)?;
                    *seq = newest;
                }
                if is_lost || work.places.len() > self.most {
                    *held = Some(Held { seq: newest, work: None });
                }
                Ok(())
            }
            Some(Held { seq, work: None }) if newest - *seq <= self.much_later => Ok(()),
            _ => {
                *held = Some(Held { seq: newest, work: Work::read(c, self.most)? });
                Ok(())
            }
        }
    }
}

impl Work {
    /// All of it; `None` when it is too much.
    fn read(c: &Conn<'_>, most: usize) -> Result<Option<Work>> {
        let b = query::places(c.engine(), most as i64 + 1);
        let all = c.all(b.sql(), &b.values, read)?;
        if all.len() > most {
            return Ok(None);
        }
        let mut work = Work::default();
        all.into_iter().for_each(|(id, place)| work.put(id, place));
        Ok(Some(work))
    }

    /// Puts the tickets to which something happened where they are now.
    fn follow(&mut self, c: &Conn<'_>, moved: Vec<i64>) -> Result<()> {
        let mut moved: Vec<TicketId> = moved.into_iter().map(TicketId).collect();
        moved.sort_unstable();
        moved.dedup();
        if moved.is_empty() {
            return Ok(());
        }
        let b = query::places_of(&moved);
        let all = c.all(b.sql(), &b.values, read)?;
        all.into_iter().for_each(|(id, place)| self.put(id, place));
        Ok(())
    }

    fn put(&mut self, id: TicketId, place: Option<Place>) {
        let before = match place {
            Some(place) => self.places.insert(id, place),
            None => self.places.remove(&id),
        };
        if before == place {
            return;
        }
        if let Some(before) = before
            && let Some(n) = self.counts.get_mut(&before)
        {
            *n -= 1;
            if *n == 0 {
                self.counts.remove(&before);
            }
        }
        if let Some(place) = place {
            *self.counts.entry(place).or_default() += 1;
        }
    }
}

/// A ticket and where it is, if it is open work.
fn read(row: Row<'_>) -> Result<(TicketId, Option<Place>)> {
    let mut r = row.columns();
    let id = r.next()?;
    let place = Place { department: r.next()?, assignee: r.next()?, status: r.next::<String>()?.parse()? };
    let is_spam: bool = r.next()?;
    Ok((id, (place.status.is_active() && !is_spam).then_some(place)))
}
