//! A session on a WebSocket: frames out, what the client says in.
//!
//! A client that does not read for ten seconds, says nothing for more than a minute (not even *pong*), or talks too much is
//! closed. What waits for it is bounded by the socket's own buffer.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use platform::{Db, Result};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    frame::Frame,
    session::{End, Session},
    view::Place,
};
use crate::{TicketId, tickets};

/// Bytes that a client may say at once.
pub(super) const MOST_BYTES: usize = 4 << 10;
/// Frames that a client may say in a second.
const MOST_FRAMES: u32 = 20;
const SLOW: Duration = Duration::from_secs(10);
const PROBE: Duration = Duration::from_secs(25);
const SILENT: Duration = Duration::from_secs(75);

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Viewing {
        ticket_id: Option<i64>,
    },
    Typing {
        ticket_id: i64,
    },
    /// Whatever else: newer clients may say more.
    #[serde(other)]
    Other,
}

/// Serves the connection until either side ends it.
pub(super) async fn serve(socket: WebSocket, mut session: Session, first: Vec<Frame>, db: Db) {
    let (mut sink, mut stream) = socket.split();
    if send(&mut sink, first).await.is_err() {
        return;
    }
    let mut heard_at = Instant::now();
    let mut probe_at = heard_at + PROBE;
    let (mut second, mut said) = (heard_at, 0);
    let reason = loop {
        let typing = session.seat.typing_until();
        tokio::select! {
            frames = session.next() => match frames {
                Ok(frames) => if send(&mut sink, frames).await.is_err() { return },
                Err(End::SignedOut) => break (close_code::POLICY, "sign in again"),
                Err(End::Stopping) => break (close_code::AWAY, "the server stops"),
            },
            message = stream.next() => {
                heard_at = Instant::now();
                if heard_at - second >= Duration::from_secs(1) {
                    (second, said) = (heard_at, 0);
                }
                said += 1;
                if said > MOST_FRAMES {
                    break (close_code::POLICY, "too many frames");
                }
                match message {
                    Some(Ok(Message::Text(text))) => if let Err(e) = listen(&db, &mut session, &text).await {
                        tracing::debug!(error = %e, "what a live client said could not be looked up");
                    },
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                }
            },
            () = expire(typing) => session.seat.stop_typing(),
            () = sleep_until(probe_at) => {
                if heard_at.elapsed() > SILENT {
                    return;
                }
                probe_at = Instant::now() + PROBE;
                if !matches!(timeout(SLOW, sink.send(Message::Ping(Default::default()))).await, Ok(Ok(()))) {
                    return;
                }
            }
        }
    };
    let close = CloseFrame { code: reason.0, reason: Utf8Bytes::from_static(reason.1) };
    let _ = timeout(SLOW, sink.send(Message::Close(Some(close)))).await;
}

/// Writes all frames and flushes once. An error means that the client is gone, or too slow.
async fn send(sink: &mut SplitSink<WebSocket, Message>, frames: Vec<Frame>) -> Result<(), ()> {
    let write = async {
        for frame in frames {
            sink.feed(Message::Text(frame.text)).await?;
        }
        sink.flush().await
    };
    match timeout(SLOW, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

async fn expire(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Takes in what the client says. A ticket outside of its view is not there.
async fn listen(db: &Db, session: &mut Session, text: &str) -> Result<()> {
    let (ticket, typing) = match serde_json::from_str::<Said>(text) {
        Ok(Said::Viewing { ticket_id: Some(id) }) => (id, false),
        Ok(Said::Typing { ticket_id }) => (ticket_id, true),
        Ok(Said::Viewing { ticket_id: None }) => {
            session.seat.leave();
            return Ok(());
        }
        Ok(Said::Other) | Err(_) => return Ok(()),
    };
    if session.seat.ticket() != Some(ticket) {
        let found = db.read(move |c| tickets::get(c, TicketId(ticket))).await?;
        let place = found
            .map(|t| Place { department: t.department_id.map(|d| d.0), owner: t.assignee_id.map(|u| u.0) });
        match place.filter(|place| session.view.sees(*place)) {
            Some(place) => session.seat.look(&session.view, ticket, place),
            None => return Ok(()),
        }
    }
    if typing {
        session.seat.typing();
    }
    Ok(())
}
