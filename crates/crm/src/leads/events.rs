//! What leads record: ids, keys and numbers with before and after; of names, notes and fields of one's own only that they
//! changed.

platform::event_kinds! {
    CREATED = "lead.created", "pipeline_id, status, source, owner_id, department_id, vendor_id, import_id";
    /// `fields` names what changed; `before`/`after` hold those of them that say nothing about the person.
    UPDATED = "lead.updated", "fields, before, after: among source, disposition, priority, value, currency, tags, score, contact_id, checklist";
    ASSIGNED = "lead.assigned", "before, after: owner_id, department_id; how";
    STATUS_CHANGED = "lead.status_changed", "pipeline_id, before.status, after.status, time_in_previous, reason";
    WON = "lead.won", "pipeline_id, status, value, currency";
    LOST = "lead.lost", "pipeline_id, status, reason";
    STUDENT_ENROLLED = "student.enrolled", "student_ids";
    STUDENTS_CHANGED = "lead.students_changed", "student_id, change: added, changed or removed";
    OVERDUE = "lead.overdue", "status, due_at";
    ARCHIVED = "lead.archived", "";
    RESTORED = "lead.restored", "";
    /// It was made by an import that was undone.
    REMOVED = "lead.removed", "import_id";
    SETTINGS_CHANGED = "lead.settings_changed", "version";
    /// The scores of all leads are being counted anew; every other second at most, and where it begins and ends.
    RESCORING = "lead.rescoring", "state, total, done, changed: how many leads";
    /// About a user.
    CAPACITY_CHANGED = "user.lead_capacity_changed", "before.max, after.max";
    EXPORTED = "lead.exported", "format, filters";
}
