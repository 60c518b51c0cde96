//! The text forms of the model's closed words, as the API, the database and the URLs carry them.
//! Never renames: a stored word has to stay readable.

use std::fmt;
use std::str::FromStr;

use crate::{Channel, Delivery, Malformed};

impl Channel {
    pub const ALL: [Channel; 9] = [
        Channel::Facebook,
        Channel::Instagram,
        Channel::Whatsapp,
        Channel::Twitter,
        Channel::Zalo,
        Channel::Telegram,
        Channel::Generic,
        Channel::Chat,
        Channel::Chatbot,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Facebook => "facebook",
            Channel::Instagram => "instagram",
            Channel::Whatsapp => "whatsapp",
            Channel::Twitter => "twitter",
            Channel::Zalo => "zalo",
            Channel::Telegram => "telegram",
            Channel::Generic => "generic",
            Channel::Chat => "chat",
            Channel::Chatbot => "chatbot",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = Malformed;

    fn from_str(word: &str) -> Result<Self, Malformed> {
        let found = Channel::ALL.into_iter().find(|c| c.as_str() == word);
        found.ok_or_else(|| Malformed(format!("no such channel: {word:.40}")))
    }
}

impl Delivery {
    pub const ALL: [Delivery; 5] =
        [Delivery::Queued, Delivery::Sent, Delivery::Delivered, Delivery::Read, Delivery::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Delivery::Queued => "queued",
            Delivery::Sent => "sent",
            Delivery::Delivered => "delivered",
            Delivery::Read => "read",
            Delivery::Failed => "failed",
        }
    }

    /// queued 0 < sent 1 < delivered 2 < read 3; failed (4) stands outside the ladder, see [`Self::may_follow`].
    pub const fn rank(self) -> u8 {
        match self {
            Delivery::Queued => 0,
            Delivery::Sent => 1,
            Delivery::Delivered => 2,
            Delivery::Read => 3,
            Delivery::Failed => 4,
        }
    }

    /// Whether a message in state `current` moves on to `self`: ranks only rise, a failure ends what has not
    /// been delivered, and nothing follows a failure.
    pub const fn may_follow(self, current: Delivery) -> bool {
        match (current, self) {
            (Delivery::Failed, _) => false,
            (_, Delivery::Failed) => current.rank() < Delivery::Delivered.rank(),
            _ => self.rank() > current.rank(),
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Delivery {
    type Err = Malformed;

    fn from_str(word: &str) -> Result<Self, Malformed> {
        let found = Delivery::ALL.into_iter().find(|d| d.as_str() == word);
        found.ok_or_else(|| Malformed(format!("no such delivery state: {word:.40}")))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

impl fmt::Display for crate::Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            crate::Refusal::NoSecret => "the account has no secret",
            crate::Refusal::MissingSignature => "the request is not signed",
            crate::Refusal::BadSignature => "the signature does not match",
            crate::Refusal::Stale => "the signed time is too far from now",
        })
    }
}

impl std::error::Error for crate::Refusal {}
