//! What this slice records: ids, marks and names of fields, never a name or an address of a person.

use platform::{
    Result, Tx,
    events::{NewEvent, Origin},
};
use serde_json::Value;

use crate::ContactId;

platform::event_kinds! {
    CREATED = "contact.created", "kinds";
    /// `fields` names what changed; with `methods` also `method_id` and `change`. `before` and `after` hold what says nothing
    /// about the person.
    UPDATED = "contact.updated", "fields, method_id, change: added, changed, removed, moved, opted_out or opted_in; before, after: among kind, company_id, and of a method is_primary, is_active, is_verified, opted_out, consent, consent_source";
    BLOCKED = "contact.blocked", "";
    UNBLOCKED = "contact.unblocked", "";
    /// Of the winner.
    MERGED = "contact.merged", "merge_id, other_id, rows";
    /// Of both.
    UNMERGED = "contact.unmerged", "merge_id, other_id, rows";
    /// With somebody else they are two people, said somebody; the other's id is there.
    DISTINGUISHED = "contact.distinguished", "other_id";
    /// Their personal data are gone for good: `counts` says of how many rows, by what they are.
    ERASED = "contact.erased", "erasure_id, counts";
    /// Nothing of them is left anywhere.
    ERASURE_FINISHED = "contact.erasure_finished", "erasure_id";
    /// It was made by an import that was undone.
    REMOVED = "contact.removed", "";
}

pub(super) fn record(
    tx: &Tx<'_>,
    origin: &Origin,
    kind: &'static str,
    id: ContactId,
    data: Value,
) -> Result<()> {
    platform::events::record(tx, origin, NewEvent::new(kind, "contact", id.0, data).contact(id.0))
}
