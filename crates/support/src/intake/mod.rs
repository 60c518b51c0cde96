//! Intake: from a channel's request to a stored, judged and routed message, in one transaction.
//!
//! What is pure stands outside the transaction: signature, parsing, folding, keyword matching, the content's spam score.
//! Inside stand only look-ups, decisions and rows: the journal's row with the raw body, the contact, the ticket, the
//! message, the spam verdict, the routing decision, their events and jobs. The answer leaves after the commit, so an
//! answered request is on disk; a repeated one finds its message and stores nothing twice.
//!
//! A body that was signed well but cannot be processed is kept in the journal and tried again by a job: the channel hears
//! 200 all the same, because sending it again would not help. Bodies of more than [`BATCH`] items always go that way.
//! Intake never trusts what a body says about whose account it is: items reach only accounts that share the secret
//! which the body was signed with.

pub(crate) mod erase;
pub mod events;
pub mod handoff;
pub mod jobs;
pub mod journal;
pub mod media;
pub mod prepare;
pub mod process;
mod routes;
mod store;

use channels::Channel;

pub use self::routes::api;

/// Items of one body that are stored before the answer; more are left to a job.
pub const BATCH: usize = 50;

people::permission!(
    /// Send messages in.
    pub IntakePost = "intake.post"
);
people::permission!(
    /// Read the journal of raw requests.
    pub JournalRead = "journal.read"
);
people::permission!(
    /// Process a journalled request again.
    pub JournalWrite = "journal.write"
);

/// The kind of contact method that a channel's customers are known by.
pub fn method_kind(channel: Channel) -> &'static str {
    match channel {
        Channel::Facebook => "messenger",
        Channel::Instagram => "instagram",
        Channel::Whatsapp => "whatsapp",
        Channel::Twitter => "x",
        Channel::Zalo => "zalo",
        Channel::Telegram => "telegram",
        Channel::Chat | Channel::Chatbot => "webchat",
        Channel::Generic => "other",
    }
}

/// A channel's name as people write it.
pub fn display_name(channel: &str) -> &str {
    match channel {
        "facebook" => "Facebook",
        "instagram" => "Instagram",
        "whatsapp" => "WhatsApp",
        "twitter" => "X",
        "zalo" => "Zalo",
        "telegram" => "Telegram",
        "chat" => "Chat",
        "chatbot" => "Chatbot",
        other => other,
    }
}
