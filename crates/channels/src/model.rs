//! What every channel's parser speaks: the words between a wire format and the desk.

/// A medium. The text form is what the API, the database and the URLs carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    Facebook,
    Instagram,
    Whatsapp,
    Twitter,
    Zalo,
    Telegram,
    /// `POST /webhook`: any platform that speaks our own JSON.
    Generic,
    /// `POST /chat`.
    Chat,
    /// A chatbot that hands a conversation over.
    Chatbot,
}

/// What a channel account knows that checking a request needs. Secrets are already decrypted.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Signing secret (Meta app secret, X consumer secret, Zalo OA secret, Telegram secret token, `whsec_…`).
    pub secret: Option<String>,
    /// The secret before the last rotation; still accepted where the format allows it.
    pub previous_secret: Option<String>,
    /// Meta's verify token.
    pub verify_token: Option<String>,
    /// Zalo's application id.
    pub app_id: Option<String>,
}

/// The raw request as it came in. Header names are compared without case.
#[derive(Debug, Clone, Copy)]
pub struct RawRequest<'a> {
    pub headers: &'a [(String, String)],
    /// The raw query string, without `?`.
    pub query: &'a str,
    pub body: &'a [u8],
}

impl RawRequest<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// Why a request is refused. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The account has no secret: it refuses everything rather than trusting anyone.
    NoSecret,
    MissingSignature,
    BadSignature,
    /// The signed time is outside the tolerance.
    Stale,
}

/// One thing that a request reports. A body is a batch of these; one bad item never loses the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Provider's id of the receiving account (page, phone number id, bot, OA); `None` where the URL names it.
    pub account: Option<String>,
    /// Unique per account for this occurrence: a second item with the same key is a duplicate.
    pub dedupe_key: String,
    /// The provider's event time, UTC milliseconds; 0 when it names none.
    pub at: i64,
    /// The customer's side of the conversation; `None` for events without a person.
    pub identity: Option<Identity>,
    pub event: Event,
}

/// A customer as the channel names them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Identity {
    /// The channel's id of the person. WhatsApp: the business-scoped user id where present, else the number.
    pub value: String,
    /// Other ids of the same person on the same channel (WhatsApp: the number beside the user id).
    pub aliases: Vec<String>,
    pub name: Option<String>,
    /// Phone numbers that the channel itself vouches for (WhatsApp's `wa_id`), digits with leading `+`.
    pub phones: Vec<String>,
    pub email: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A customer's message, or (`echo`) one that our side sent by other means.
    Message(Message),
    /// Replaces the text of an earlier message.
    Edited {
        external_id: String,
        text: String,
    },
    /// The sender took the message back.
    Unsent {
        external_id: String,
    },
    /// `emoji: None` takes the reaction away.
    Reaction {
        external_id: String,
        emoji: Option<String>,
    },
    /// Delivery state of messages that we sent.
    Receipt {
        of: ReceiptOf,
        state: Delivery,
        error: Option<DeliveryError>,
    },
    OptedIn {
        payload: Option<String>,
    },
    OptedOut,
    /// The customer gave a phone number (Telegram contact, Zalo form); `verified` when it is provably their own.
    ContactInfo {
        name: Option<String>,
        phone: Option<String>,
        verified: bool,
    },
    /// The same person under a new id.
    IdentityMoved {
        to: String,
    },
    /// Came from an ad or a deep link, without a message.
    Referral {
        source: String,
    },
    /// Well-formed and deliberately not handled (typing, groups, comments …). Kept in the journal only.
    Ignored {
        reason: &'static str,
    },
    /// A kind that this version does not know. Kept in the journal only.
    Unknown {
        what: String,
    },
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Message {
    pub external_id: String,
    /// Sent by our side (page inbox, another app, the phone); the identity is still the customer.
    pub echo: bool,
    pub text: String,
    pub attachments: Vec<Attachment>,
    pub reply_to: Option<String>,
    /// Button, quick reply or postback payload.
    pub payload: Option<String>,
    /// Ad or deep-link origin, e.g. `ad:120200000000000001`, `camp_7`.
    pub source: Option<String>,
    /// Album or image-set id: parts of one group.
    pub group: Option<String>,
    /// Subject and conversation wishes of a hand-off; unused elsewhere.
    pub subject: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attachment {
    /// `image`, `video`, `audio`, `voice`, `file`, `sticker`, `location`, `link`, `contact`, `order`, `other`.
    pub kind: &'static str,
    /// Where the bytes are, when the channel gives a link.
    pub url: Option<String>,
    /// The provider's media id, when the bytes must be asked for by id.
    pub provider_id: Option<String>,
    pub mime: Option<String>,
    pub name: Option<String>,
    pub size: Option<i64>,
    /// Title, caption of a link, address of a location, description of an order.
    pub title: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ReceiptOf {
    Messages(Vec<String>),
    /// Everything that we sent to this customer at or before this time (UTC milliseconds).
    Until(i64),
}

/// Ranks only rise, except that `Failed` ends anything below `Delivered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    Queued,
    Sent,
    Delivered,
    Read,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeliveryError {
    /// The provider's code as text.
    pub code: String,
    /// The provider's words, fit to show.
    pub text: String,
    /// Only a template may be sent now.
    pub needs_template: bool,
}

/// A body that is not what the channel sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);
