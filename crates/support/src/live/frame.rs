//! Frames: what a listener is sent. An event is written out once, however many hear it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock},
};

use axum::extract::ws::Utf8Bytes;
use platform::{events::Event, time::rfc3339};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Batches whose frames are kept for listeners that have yet to hear them.
const KEPT: usize = 16;

/// One frame as JSON; `seq` where a listener may come back to.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub text: Utf8Bytes,
    pub seq: Option<i64>,
}

impl Frame {
    pub fn hello(seq: i64) -> Self {
        Frame::of(&json!({"type": "hello", "seq": seq}), Some(seq))
    }
    pub fn resync(seq: i64) -> Self {
        Frame::of(&json!({"type": "resync", "seq": seq}), Some(seq))
    }
    /// `seq`: all up to there has been sent or is not for this listener.
    pub fn ping(seq: i64) -> Self {
        Frame::of(&json!({"type": "ping", "seq": seq}), Some(seq))
    }
    /// A task is named in its event's `data`, whatever it is about.
    pub fn removed(e: &Event) -> Self {
        let task = e.data.get("task_id").filter(|_| e.kind.starts_with("task."));
        let subject = match task {
            Some(id) => json!({"kind": "task", "id": id}),
            None => json!({"kind": e.subject_kind, "id": e.subject_id}),
        };
        Frame::of(&json!({"type": "removed", "seq": e.seq, "subject": subject}), Some(e.seq))
    }
    pub fn event(e: &Event) -> Self {
        Frame { text: written(e), seq: Some(e.seq) }
    }
    pub fn of(value: &Json, seq: Option<i64>) -> Self {
        Frame { text: value.to_string().into(), seq }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    r#type: &'static str,
    seq: i64,
    at: String,
    kind: &'a str,
    subject: Named<'a>,
    ticket_id: Option<i64>,
    contact_id: Option<i64>,
    actor: Actor<'a>,
    data: &'a Json,
}

#[derive(Serialize)]
struct Named<'a> {
    kind: &'a str,
    id: i64,
}

#[derive(Serialize)]
struct Actor<'a> {
    kind: &'a str,
    id: Option<i64>,
}

fn written(e: &Event) -> Utf8Bytes {
    let frame = Written {
        r#type: "event",
        seq: e.seq,
        at: rfc3339(e.at),
        kind: &e.kind,
        subject: Named { kind: &e.subject_kind, id: e.subject_id },
        ticket_id: (e.subject_kind == "ticket").then_some(e.subject_id),
        contact_id: e.contact_id,
        actor: Actor { kind: &e.actor_kind, id: e.actor_id },
        data: &e.data,
    };
    // It has text keys and plain values; nothing in it can refuse.
    serde_json::to_string(&frame).unwrap_or_default().into()
}

/// A batch of the feed with its frames, each written by the first listener that hears it.
pub(super) struct Batch {
    pub events: Arc<Vec<Event>>,
    texts: Vec<OnceLock<Utf8Bytes>>,
}

impl Batch {
    pub fn frame(&self, index: usize) -> Option<Frame> {
        let (event, text) = (self.events.get(index)?, self.texts.get(index)?);
        Some(Frame { text: text.get_or_init(|| written(event)).clone(), seq: Some(event.seq) })
    }
}

/// The newest batches, shared by all listeners of this process.
#[derive(Default)]
pub(super) struct Batches(Mutex<VecDeque<Arc<Batch>>>);

impl Batches {
    /// The batch with its frames; `first` runs once per batch.
    pub fn of(&self, events: &Arc<Vec<Event>>, first: impl FnOnce(&[Event])) -> Arc<Batch> {
        let mut kept = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(batch) = kept.iter().rev().find(|b| Arc::ptr_eq(&b.events, events)) {
            return batch.clone();
        }
        first(events);
        let batch = Arc::new(Batch {
            events: events.clone(),
            texts: (0..events.len()).map(|_| OnceLock::new()).collect(),
        });
        kept.push_back(batch.clone());
        if kept.len() > KEPT {
            kept.pop_front();
        }
        batch
    }
}
