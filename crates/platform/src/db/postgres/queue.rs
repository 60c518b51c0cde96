//! What waits for a connection.
//!
//! Reads and closures that stand alone are taken one at a time. Grouped closures are taken several at a time, for one
//! transaction, and never while another group of this process holds one of their keys: they would occupy a connection
//! only to wait for its lock. Nobody waits for company: a group is what is there when a connection comes free.
//! Interactive work goes in the order of its arrival, before bulk work, except on the one connection that prefers that.

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::db::{
    LockKey,
    pool::{ReadJob, WriteJob},
};

/// One at a time.
pub(super) enum Alone {
    Read(ReadJob),
    /// SERIALIZABLE without `locks`; READ COMMITTED with them, be they none.
    Write {
        locks: Option<Vec<LockKey>>,
        job: Box<dyn WriteJob>,
    },
}

/// A closure that may share its transaction.
pub(super) struct Grouped {
    pub locks: Vec<LockKey>,
    pub job: Box<dyn WriteJob>,
}

pub(super) enum Work {
    Alone(Alone),
    Group(Group),
}

/// Grouped closures that one connection has taken, and their keys, which it holds until this is dropped. What it did not
/// come to then goes back to the head of the queue.
pub(super) struct Group {
    pub jobs: VecDeque<Grouped>,
    pub keys: BTreeSet<LockKey>,
    queue: Arc<Queue>,
}

/// What a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taste {
    Interactive,
    /// Interactive work first.
    Both,
    /// Bulk work first.
    BulkFirst,
}

/// Why something is not taken in.
pub(super) enum Refused {
    Full,
    Closed,
}

pub(super) struct Queue {
    state: Mutex<State>,
    /// Waiting in either lane at most.
    most: usize,
    /// Groups at once at most …
    groups: usize,
    /// … and closures in one of them.
    batch: usize,
    /// Where workers of [`Taste::Interactive`] sleep, and the others.
    interactive: Condvar,
    both: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    arrivals: u64,
    alone: VecDeque<(u64, Alone)>,
    grouped: VecDeque<Waiting>,
    /// Passed over, because a running group holds a key of theirs; in the order of their arrival.
    parked: VecDeque<Waiting>,
    bulk: VecDeque<Alone>,
    held: HashSet<LockKey>,
    /// Groups that are running.
    running: usize,
    /// Workers that sleep.
    idle_interactive: usize,
    idle_both: usize,
}

type Waiting = (u64, Grouped);

impl State {
    fn interactive(&self) -> usize {
        self.alone.len() + self.grouped.len() + self.parked.len()
    }
    fn arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }
    fn admits(&self, waiting: usize, most: usize) -> Result<(), Refused> {
        match () {
            () if self.closed => Err(Refused::Closed),
            () if waiting >= most => Err(Refused::Full),
            () => Ok(()),
        }
    }
}

impl Queue {
    pub fn new(most: usize, groups: usize, batch: usize) -> Arc<Self> {
        Arc::new(Queue {
            state: Mutex::default(),
            most,
            groups: groups.max(1),
            batch: batch.max(1),
            interactive: Condvar::new(),
            both: Condvar::new(),
        })
    }

    pub fn push(&self, work: Alone) -> Result<(), Refused> {
        let mut state = self.lock();
        state.admits(state.interactive(), self.most)?;
        let arrival = state.arrival();
        state.alone.push_back((arrival, work));
        self.wake(&state);
        Ok(())
    }
    pub fn push_bulk(&self, work: Alone) -> Result<(), Refused> {
        let mut state = self.lock();
        state.admits(state.bulk.len(), self.most)?;
        state.bulk.push_back(work);
        self.wake(&state);
        Ok(())
    }
    pub fn push_grouped(&self, job: Grouped) -> Result<(), Refused> {
        let mut state = self.lock();
        state.admits(state.interactive(), self.most)?;
        let arrival = state.arrival();
        state.grouped.push_back((arrival, job));
        self.wake(&state);
        Ok(())
    }

    /// Nothing more comes; what waits is still done.
    pub fn close(&self) {
        self.lock().closed = true;
        self.interactive.notify_all();
        self.both.notify_all();
    }

    pub fn len(&self) -> usize {
        let state = self.lock();
        state.interactive() + state.bulk.len()
    }

    /// The next work for a worker, waiting for it if need be. `None` when the queue is closed and holds nothing for it:
    /// what waits for a running group's keys is done by whoever runs that group.
    pub fn next(self: &Arc<Self>, taste: Taste) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(work) = self.take(&mut state, taste) {
                self.wake(&state);
                return Some(work);
            }
            if state.closed {
                return None;
            }
            let bed = if taste == Taste::Interactive { &self.interactive } else { &self.both };
            *idle(&mut state, taste) += 1;
            state = bed.wait(state).unwrap_or_else(PoisonError::into_inner);
            *idle(&mut state, taste) -= 1;
        }
    }

    fn take(self: &Arc<Self>, state: &mut State, taste: Taste) -> Option<Work> {
        let bulk = |state: &mut State| state.bulk.pop_front().map(Work::Alone);
        match taste {
            Taste::Interactive => self.take_interactive(state),
            Taste::Both => self.take_interactive(state).or_else(|| bulk(state)),
            Taste::BulkFirst => bulk(state).or_else(|| self.take_interactive(state)),
        }
    }

    fn take_interactive(self: &Arc<Self>, state: &mut State) -> Option<Work> {
        let alone = state.alone.front().map_or(u64::MAX, |(arrival, _)| *arrival);
        if state.grouped.front().is_some_and(|(arrival, _)| *arrival < alone)
            && let Some(group) = self.take_group(state)
        {
            return Some(Work::Group(group));
        }
        state.alone.pop_front().map(|(_, work)| Work::Alone(work))
    }

    /// This connection's fair share of what waits (all of it when no other group may begin now), and whatever else waits
    /// for the same keys, which could run nowhere else meanwhile.
    fn take_group(self: &Arc<Self>, state: &mut State) -> Option<Group> {
        let free = self.groups.saturating_sub(state.running);
        if free == 0 {
            return None;
        }
        let share = state.grouped.len().div_ceil(free);
        let (mut jobs, mut keys) = (VecDeque::new(), BTreeSet::new());
        for (arrival, next) in std::mem::take(&mut state.grouped) {
            let kin = || next.locks.iter().any(|k| keys.contains(k));
            if next.locks.iter().any(|k| state.held.contains(k)) {
                state.parked.push_back((arrival, next));
            } else if jobs.len() < self.batch && (jobs.len() < share || kin()) {
                keys.extend(next.locks.iter().copied());
                jobs.push_back(next);
            } else {
                state.grouped.push_back((arrival, next));
            }
        }
        if jobs.is_empty() {
            return None;
        }
        state.held.extend(keys.iter().copied());
        state.running += 1;
        Some(Group { jobs, keys, queue: self.clone() })
    }

    /// Another worker, if there is something for one that sleeps. Whoever takes work calls this again, so that as many
    /// are awake as there is work for.
    fn wake(&self, state: &State) {
        let interactive =
            !state.alone.is_empty() || (!state.grouped.is_empty() && state.running < self.groups);
        if interactive && state.idle_interactive > 0 {
            self.interactive.notify_one();
        } else if (interactive || !state.bulk.is_empty()) && state.idle_both > 0 {
            self.both.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn idle(state: &mut State, taste: Taste) -> &mut usize {
    match taste {
        Taste::Interactive => &mut state.idle_interactive,
        Taste::Both | Taste::BulkFirst => &mut state.idle_both,
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.running -= 1;
        for key in &self.keys {
            state.held.remove(key);
        }
        // In front of what arrived later: what was left, and then what waited for these keys.
        let parked = std::mem::take(&mut state.parked);
        let (free, parked): (VecDeque<Waiting>, VecDeque<Waiting>) =
            parked.into_iter().partition(|(_, p)| !p.locks.iter().any(|k| state.held.contains(k)));
        state.parked = parked;
        for waiting in free.into_iter().rev() {
            state.grouped.push_front(waiting);
        }
        for left in self.jobs.drain(..).rev() {
            state.grouped.push_front((0, left));
        }
        self.queue.wake(&state);
    }
}
