//! What tasks record. The subject is the lead where the task has one, and the task itself where it has none; `data` names the
//! task in every case, and who asked for it, who may hear of it as well.

platform::event_kinds! {
    CREATED = "task.created", "task_id, created_by, lead_id, ticket_id, assigned_to, department_id, due_at, is_follow_up";
    /// `fields` names what changed; `before`/`after` hold those of them that are no words.
    UPDATED = "task.updated", "task_id, created_by, fields, before, after: among status, due_at, remind_at, assigned_to, department_id";
    COMPLETED = "task.completed", "task_id, created_by";
    CANCELLED = "task.cancelled", "task_id, created_by";
    DELETED = "task.deleted", "task_id, created_by";
    /// Of somebody's calendar: who knows its address sees their tasks. The address is not in it.
    FEED_MADE = "calendar_feed.made", "";
    FEED_REVOKED = "calendar_feed.revoked", "";
}
