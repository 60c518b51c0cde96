//! What messages record. Never their content.

platform::event_kinds! {
    ADDED = "message.added", "message_id, sender_type, direction, visibility, content_type, is_spam";
    EDITED = "message.edited", "message_id";
    UNSENT = "message.unsent", "message_id";
    REACTED = "message.reacted", "message_id, by";
    DELIVERY = "message.delivery", "message_id, before, after";
    /// Of a file that waits to be sent, by whoever brought it.
    UPLOADED = "attachment.uploaded", "mime, size";
    COMPLETED = "message.completed", "message_ids";
}
