//! One listener, whatever it is connected by: what to send it next.
//!
//! It subscribes before it looks, so nothing falls between the table and the feed. Its principal is looked at again every
//! half minute and before any batch in which something happened to it; events are judged by the newest view. When the view
//! has changed, or the listener fell behind, it is told to read everything anew. [`Session::next`] may be dropped half-way
//! and called again: nothing is lost.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use platform::{
    Db, Result,
    events::{self, Event, feed::Feed},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Interval, MissedTickBehavior, interval_at},
};

use super::{
    frame::Frame,
    presence::{Change, Presence, Seat},
    view::{Heard, View},
};

/// Frames that a listener may be told on coming back …
const REPLAYED: usize = 1_000;
/// … and rows that are looked at for them.
const LOOKED_AT: i64 = 10_000;

/// How often things are done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    pub recheck: Duration,
    /// A second look after something happened to the principal.
    pub again: Duration,
    pub ping: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            recheck: Duration::from_secs(30),
            again: Duration::from_secs(6),
            ping: Duration::from_secs(25),
        }
    }
}

/// Looks at the principal again; `None` when it may no longer be here.
pub(super) type Reload = Arc<dyn Fn() -> BoxFuture<'static, Result<Option<View>>> + Send + Sync>;

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The principal is gone, or it cannot be known whether it is.
    SignedOut,
    Stopping,
}

pub(super) struct Session {
    pub seat: Seat,
    pub view: View,
    shared: Arc<Presence>,
    feed: Feed,
    reload: Reload,
    events: broadcast::Receiver<Arc<Vec<Event>>>,
    changes: broadcast::Receiver<Arc<Change>>,
    /// Events up to here are sent, or not for this listener.
    position: i64,
    batch: Option<Arc<Vec<Event>>>,
    is_unsure: bool,
    must_resync: bool,
    timing: Timing,
    recheck: Interval,
    ping: Interval,
}

impl Session {
    /// Begins to listen; the frames to send first. `after`: the last `seq` that this listener knows.
    pub async fn open(
        db: &Db,
        feed: &Feed,
        shared: &Arc<Presence>,
        view: View,
        reload: Reload,
        after: Option<i64>,
        timing: Timing,
    ) -> Result<(Session, Vec<Frame>)> {
        let seat = shared.sit(&view)?;
        let (events, changes) = (feed.subscribe(), shared.changes());
        let newest = db.read(events::newest).await?;
        let first = match after {
            None => vec![Frame::hello(newest)],
            Some(after) => match replay(db, &view, after, newest).await? {
                Some(frames) => std::iter::once(Frame::hello(after)).chain(frames).collect(),
                None => vec![Frame::hello(newest), Frame::resync(newest)],
            },
        };
        let session = Session {
            seat,
            view,
            shared: shared.clone(),
            feed: feed.clone(),
            reload,
            events,
            changes,
            position: newest,
            batch: None,
            is_unsure: false,
            must_resync: false,
            timing,
            recheck: every(timing.recheck),
            ping: every(timing.ping),
        };
        Ok((session, first))
    }

    /// Waits until there is something to send.
    pub async fn next(&mut self) -> Result<Vec<Frame>, End> {
        loop {
            if self.is_unsure {
                let view = match (self.reload)().await {
                    Ok(Some(view)) => view,
                    Ok(None) => return Err(End::SignedOut),
                    Err(e) => {
                        tracing::warn!(error = %e, "a live listener could not be checked and is sent away");
                        return Err(End::SignedOut);
                    }
                };
                self.is_unsure = false;
                self.must_resync |= view != self.view;
                self.view = view;
            }
            if self.must_resync {
                self.must_resync = false;
                let last = self.batch.take().and_then(|b| b.last().map(|e| e.seq));
                self.position = self.position.max(self.feed.position()).max(last.unwrap_or(0));
                if self.seat.place().is_some_and(|place| !self.view.sees(place)) {
                    self.seat.leave();
                }
                return Ok(vec![Frame::resync(self.position)]);
            }
            if let Some(batch) = self.batch.take() {
                let frames = self.hear(&batch);
                if !frames.is_empty() {
                    return Ok(frames);
                }
            }
            tokio::select! {
                batch = self.events.recv() => match batch {
                    Ok(batch) => {
                        if batch.iter().any(|e| self.view.rests_on(e)) {
                            self.is_unsure = true;
                            // A copy of the principal from before may still be about.
                            self.recheck.reset_after(self.timing.again);
                        }
                        self.batch = Some(batch);
                    }
                    Err(RecvError::Lagged(_)) => self.must_resync = true,
                    Err(RecvError::Closed) => return Err(End::Stopping),
                },
                change = self.changes.recv() => match change {
                    Ok(change) => {
                        if let Some(text) = change.frame(&self.view) {
                            return Ok(vec![Frame { text, seq: None }]);
                        }
                    }
                    // Who is where will be said again at the next change.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Err(End::Stopping),
                },
                _ = self.recheck.tick() => self.is_unsure = true,
                _ = self.ping.tick() => return Ok(vec![Frame::ping(self.position)]),
            }
        }
    }

    fn hear(&mut self, events: &Arc<Vec<Event>>) -> Vec<Frame> {
        let batch = self.shared.batch(events);
        let mut frames = Vec::new();
        for (n, event) in events.iter().enumerate().filter(|(_, e)| e.seq > self.position) {
            match self.view.hears(event) {
                Heard::Event => frames.extend(batch.frame(n)),
                Heard::Removed => {
                    frames.push(Frame::removed(event));
                    if event.subject_kind == "ticket" && self.seat.ticket() == Some(event.subject_id) {
                        self.seat.leave();
                    }
                }
                Heard::Nothing => {}
            }
        }
        self.position = self.position.max(events.last().map_or(0, |e| e.seq));
        frames
    }
}

/// What happened after `after`, or `None` when it is too much.
async fn replay(db: &Db, view: &View, after: i64, newest: i64) -> Result<Option<Vec<Frame>>> {
    // Ahead of us: another database stood here before.
    if after > newest {
        return Ok(None);
    }
    let (mut frames, mut seq, mut looked_at) = (Vec::new(), after, 0);
    while seq < newest {
        let page = db.read(move |c| events::after(c, seq, 1_000)).await?;
        for event in page.iter().filter(|e| e.seq <= newest) {
            match view.hears(event) {
                Heard::Event => frames.push(Frame::event(event)),
                Heard::Removed => frames.push(Frame::removed(event)),
                Heard::Nothing => {}
            }
        }
        looked_at += page.len() as i64;
        seq = page.last().map_or(newest, |e| e.seq);
        if frames.len() > REPLAYED || (looked_at >= LOOKED_AT && seq < newest) {
            return Ok(None);
        }
    }
    Ok(Some(frames))
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(tokio::time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
