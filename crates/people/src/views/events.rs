//! What saved views record: who shares what with whom. What a view asks for is told by its keys alone, for its values may
//! be people's names.

platform::event_kinds! {
    CREATED = "view.created", "name, screen, shared_with, department_id";
    UPDATED = "view.updated", "before, after: name, shared_with and department_id where they changed; changed: the names of all that did";
    DELETED = "view.deleted", "name, screen, shared_with, department_id";
}
