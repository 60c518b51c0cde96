//! Changes to the person themselves. There is nothing to show but that they happened.

use std::collections::HashMap;

use people::access::Principal;
use platform::{Conn, Result};
use serde_json::Value as Json;

use super::{EntryKind, EntryType, Source};

const fn change(event: &'static str) -> EntryKind {
    EntryKind { event, shown_as: EntryType::Change, id: "" }
}

/// `contact.*`.
pub(super) struct Contacts;

impl Source for Contacts {
    fn kinds(&self) -> &'static [EntryKind] {
        const KINDS: &[EntryKind] = &[
            change("contact.created"),
            change("contact.updated"),
            change("contact.blocked"),
            change("contact.unblocked"),
            change("contact.merged"),
            change("contact.unmerged"),
            change("contact.erased"),
        ];
        KINDS
    }
    fn is_open_to(&self, viewer: &Principal) -> bool {
        viewer.vendor_id.is_none() && viewer.scope_of("contacts.read").is_some()
    }
    fn show(&self, _: &Conn<'_>, _: &Principal, ids: &[i64]) -> Result<HashMap<i64, Json>> {
        Ok(ids.iter().map(|id| (*id, Json::Null)).collect())
    }
}
