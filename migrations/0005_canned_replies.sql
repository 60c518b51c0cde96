-- Replies that are kept ready.

-- A text with merge fields. `user_id` and `department_id` say whose it is: one person's, a department's, or with neither
-- everybody's. `key`: a preset made it. `words` is what it is searched by, folded.
CREATE TABLE canned_replies (
  id id,
  key text,
  name text NOT NULL,
  name_folded text NOT NULL,
  shortcut text NOT NULL,
  subject text,
  body text NOT NULL,
  words text NOT NULL,
  department_id bigint REFERENCES departments (id),
  user_id bigint REFERENCES users (id),
  is_active bool NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL,
  CHECK (department_id IS NULL OR user_id IS NULL)
);
CREATE UNIQUE INDEX canned_replies_key ON canned_replies (key) WHERE key IS NOT NULL;
-- One shortcut at each owner, and each owner's along one index.
CREATE UNIQUE INDEX canned_replies_all ON canned_replies (shortcut) WHERE department_id IS NULL AND user_id IS NULL;
CREATE UNIQUE INDEX canned_replies_department ON canned_replies (department_id, shortcut) WHERE department_id IS NOT NULL;
CREATE UNIQUE INDEX canned_replies_user ON canned_replies (user_id, shortcut) WHERE user_id IS NOT NULL;
