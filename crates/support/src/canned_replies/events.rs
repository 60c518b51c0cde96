//! What canned replies record. The words of one that others read are told; of somebody's own, only that they changed.

platform::event_kinds! {
    CREATED = "canned_reply.created", "name, shortcut, shared_with, department_id, is_active; subject and body where it is shared";
    UPDATED = "canned_reply.updated", "before, after: of name, shortcut, shared_with, department_id, is_active, and of subject and body where it is shared, those that changed; changed: the names of all that did";
    DELETED = "canned_reply.deleted", "name, shortcut, shared_with, department_id, is_active; subject and body where it is shared";
}
