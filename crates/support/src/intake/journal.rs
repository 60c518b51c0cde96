//! The journal: what channels sent, as they sent it.

use channels::Event;
use platform::{Error, Result, Tx, events::NewEvent, http::COUNT_CAP};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    jobs,
    prepare::Raw,
    process::{self, Outcome},
    store,
};
use crate::{Support, intake::prepare::Prepared};

/// One journalled request, without its body.
#[derive(Debug, Serialize, ToSchema)]
pub struct JournalEntry {
    pub id: i64,
    #[serde(with = "platform::time::instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: i64,
    pub channel: String,
    pub account_id: Option<i64>,
    /// How many items it carried.
    pub items: i64,
    /// Bytes of the body.
    pub size: i64,
    /// `done`, `queued` (a job will process it) or `failed`.
    pub state: String,
    pub error: Option<String>,
}

impl From<store::Entry> for JournalEntry {
    fn from(e: store::Entry) -> Self {
        JournalEntry {
            id: e.id,
            at: e.at,
            channel: e.channel,
            account_id: e.account_id.map(|a| a.0),
            items: e.items,
            size: e.size,
            state: e.state,
            error: e.error,
        }
    }
}

/// Journals the request and decides on its items, in one transaction. When that fails for a reason that lies in the
/// request, the journal's row alone is stored and a job tries again; then the outcomes are empty.
pub(super) async fn take(support: &Support, raw: Raw, items: Vec<Prepared>) -> Result<Vec<Outcome>> {
    Ok(take_and(support, raw, items, |_, _| Ok(())).await?.0)
}

/// As [`take`]; `ask` reads what the answer says besides, in the same transaction.
pub(super) async fn take_and<T: Default + Send + 'static>(
    support: &Support,
    raw: Raw,
    items: Vec<Prepared>,
    ask: impl Fn(&Tx<'_>, &[Outcome]) -> Result<T> + Send + 'static,
) -> Result<(Vec<Outcome>, T)> {
    let db = &support.desk.db;
    if items.len() > super::BATCH {
        keep_for_later(support, raw, items.len(), None).await?;
        return Ok((Vec::new(), T::default()));
    }
    let locks = items.iter().filter_map(Prepared::lock).collect();
    let work = std::sync::Arc::new((raw, items));
    let shared = work.clone();
    let done = db
        .write_grouped(locks, move |tx| {
            let (raw, items) = &*shared;
            let rules = process::Rules::load(tx)?;
            store::insert(tx, raw, items.len(), "done", None)?;
            let outcomes = items.iter().map(|p| process::item(tx, &rules, p)).collect::<Result<Vec<_>>>()?;
            let asked = ask(tx, &outcomes)?;
            Ok((outcomes, asked))
        })
        .await;
    match done {
        Ok((outcomes, asked)) => {
            note_heard(support, &work.1, &outcomes);
            Ok((outcomes, asked))
        }
        // Nothing could be stored at all: the channel must send it again.
        Err(e) if e.code.status() == 503 => Err(e),
        Err(e) => {
            let channel = work.0.channel.as_str();
            // What a sender got wrong is theirs to mend; whoever reads the log looks for what we got wrong.
            match e.code.status() {
                500.. => tracing::error!(error = %e, channel, "a request could not be processed; it is kept"),
                _ => {
                    tracing::warn!(error = %e, channel, "a request cannot be processed as it is; it is kept")
                }
            }
            let (raw, items) = std::sync::Arc::unwrap_or_clone(work);
            keep_for_later(support, raw, items.len(), Some(e.to_string())).await?;
            Ok((Vec::new(), T::default()))
        }
    }
}

/// After the commit: through which accounts customers were heard.
pub(super) fn note_heard(support: &Support, items: &[Prepared], outcomes: &[Outcome]) {
    for (p, outcome) in items.iter().zip(outcomes) {
        if let (Event::Message(said), Outcome::Stored(stored)) = (&p.item.event, outcome)
            && !said.echo
            && !stored.duplicate
        {
            support.accounts.heard().note(p.account.account.id, p.at);
        }
    }
}

async fn keep_for_later(support: &Support, raw: Raw, items: usize, error: Option<String>) -> Result<()> {
    support
        .desk
        .db
        .write(move |tx| {
            let id = store::insert(tx, &raw, items, "queued", error.as_deref())?;
            platform::jobs::enqueue(tx, &jobs::ProcessJournal { journal_id: id }, tx.now()).map(|_| ())
        })
        .await
}

/// Processes a journalled request; its state tells how that went.
pub(super) async fn process(support: &Support, id: i64) -> Result<()> {
    let raw = support.desk.db.read(move |c| store::raw(c, id)).await?;
    let Some(raw) = raw else { return Ok(()) };
    let done = jobs::process_all(support, id, &raw).await;
    if let Err(e) = &done {
        let words = e.to_string();
        support.desk.db.write(move |tx| store::set_state(tx, id, "failed", Some(&words))).await?;
    }
    done
}

/// Asks for a journalled request to be processed again.
pub(super) async fn reprocess(
    support: &Support,
    origin: platform::events::Origin,
    id: i64,
) -> Result<JournalEntry> {
    support
        .desk
        .db
        .write(move |tx| {
            store::set_state(tx, id, "queued", None)?;
            let job = jobs::ProcessJournal { journal_id: id };
            platform::jobs::enqueue_once(tx, &id.to_string(), &job, tx.now())?;
            let event = NewEvent::new(super::events::REPROCESSED, "journal", id, json!({}));
            platform::events::record(tx, &origin, event)?;
            let entry =
                store::list(tx, id + 1, None, 1)?.pop().ok_or_else(|| Error::not_found("journal entry"))?;
            Ok(entry.into())
        })
        .await
}

/// A page of the journal, newest first, and how many there are (to a cap).
pub(super) async fn page(
    support: &Support,
    before: i64,
    state: Option<String>,
    limit: i64,
) -> Result<(Vec<JournalEntry>, i64)> {
    support
        .desk
        .db
        .read(move |c| {
            let rows = store::list(c, before, state.as_deref(), limit)?;
            let total = store::count(c, state.as_deref(), COUNT_CAP)?;
            Ok((rows.into_iter().map(Into::into).collect(), total))
        })
        .await
}
