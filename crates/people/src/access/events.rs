//! What this slice records. Names and addresses of staff may stand in `data`; passwords, tokens and keys never do.

platform::event_kinds! {
    USER_CREATED = "user.created", "role, department_ids, is_active";
    /// `before` and `after` hold the fields that changed: email, username, name, role, department_ids, capacity, is_active.
    USER_UPDATED = "user.updated", "before, after";
    USER_DEACTIVATED = "user.deactivated", "before, after";
    /// One of a vendor's people was given a new link to set a password; the one before ended.
    USER_INVITED = "user.invited", "has_password: whether they had set one before";
    /// Queues drain when somebody becomes available.
    USER_STATUS_CHANGED = "user.status_changed", "before.status, after.status, department_ids";
    USER_CAPACITY_CHANGED = "user.capacity_changed", "before.capacity, after.capacity, department_ids";
    USER_PASSWORD_CHANGED = "user.password_changed", "by: self, link or command";
    USER_LOGGED_IN = "user.logged_in", "session_id";
    USER_LOGGED_OUT = "user.logged_out", "session_id";
    /// The subject is the user, or 0 when the name is not known.
    USER_LOGIN_FAILED = "user.login_failed", "reason: unknown_name, wrong_password, no_password or inactive";
    /// A refresh token that had been rotated away was seen again.
    SESSION_REUSED = "session.reused", "user_id";
    SESSION_REVOKED = "session.revoked", "user_id";
    ROLE_UPDATED = "role.updated", "before, after: name";
    API_KEY_CREATED = "api_key.created", "name, prefix, scope, rate_per_second, burst, daily_quota";
    API_KEY_REVOKED = "api_key.revoked", "name, prefix";
}
