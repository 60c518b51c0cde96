//! What channel accounts record. Never a secret, only whether one is there.

platform::event_kinds! {
    CREATED = "channel.created", "kind, account_id, name, department_id, status, callback_url, app_id, has_secret";
    UPDATED = "channel.updated", "before, after: changed fields among name, department_id, status, callback_url, app_id, has_secret; secrets: names of those that were set anew";
    DELETED = "channel.deleted", "kind, account_id";
}
