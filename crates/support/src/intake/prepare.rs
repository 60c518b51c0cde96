//! What is computed before the transaction: everything that needs no look-up.

use std::sync::Arc;

use channels::{Channel, Event, Item};
use platform::{
    clock::{MINUTE, Millis},
    db::LockKey,
};

use crate::{
    AccountId, Support,
    accounts::LoadedAccount,
    locks,
    routing::Matches,
    spam::content::{self, ContentScore},
};

/// A request that was let in: what the journal keeps of it.
#[derive(Debug, Clone)]
pub struct Raw {
    pub channel: Channel,
    /// The account that the address named, or the first that it is for.
    pub account_id: Option<AccountId>,
    /// The headers worth keeping, JSON. Never a secret.
    pub headers: String,
    pub query: String,
    pub body: Vec<u8>,
}

/// One item, ready to be decided on.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub account: Arc<LoadedAccount>,
    pub channel: Channel,
    pub item: Item,
    /// Of a customer's message; empty otherwise.
    pub matches: Matches,
    pub content: ContentScore,
    pub text_hash: i64,
    pub at: Millis,
}

impl Prepared {
    pub fn new(
        support: &Support,
        channel: Channel,
        account: Arc<LoadedAccount>,
        item: Item,
        now: Millis,
    ) -> Self {
        let text = match &item.event {
            Event::Message(m) if !m.echo => Some((m.text.as_str(), m.attachments.len())),
            _ => None,
        };
        let (matches, content, text_hash) = match text {
            Some((text, attachments)) => {
                (support.matcher.find(text), content::score_with(text, attachments > 0), hash(text))
            }
            None => Default::default(),
        };
        // A provider's clock may be ahead of ours, but a conversation is not led in the future.
        let at = match item.at {
            0 => now,
            at if at > now + 5 * MINUTE => now,
            at => at,
        };
        Prepared { account, channel, item, matches, content, text_hash, at }
    }

    /// The locks that keep two first messages of one customer from making two contacts.
    pub fn lock(&self) -> Option<LockKey> {
        let identity = self.item.identity.as_ref()?;
        Some(locks::identity(self.channel.as_str(), Some(self.account.account.id.0), &identity.value))
    }
}

/// Two texts that read alike have equal hashes; that two others do as well is unlikely, and harmless.
pub fn hash(text: &str) -> i64 {
    let folded = platform::fold::fold(text);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let digest = platform::crypto::sha256_hex(words.join(" "));
    i64::from_str_radix(&digest[..15], 16).unwrap_or_default()
}
