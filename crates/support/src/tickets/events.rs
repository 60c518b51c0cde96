//! What tickets record.

platform::event_kinds! {
    CREATED = "ticket.created", "number, channel, department_id, assignee_id, status, priority, is_spam, previous_ticket_id";
    /// `before`/`after` hold the changed fields among: subject, priority, tags, is_spam.
    UPDATED = "ticket.updated", "before, after: changed fields among subject, priority, tags, is_spam";
    STATUS_CHANGED = "ticket.status_changed", "before.status, after.status";
    ASSIGNED = "ticket.assigned", "before, after: assignee_id, department_id";
}
