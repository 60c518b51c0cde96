-- Who works here (roles, users, departments, sessions, API keys) and who is outside (contacts).

-- A role is data: a list of permissions `[{"action":"tickets.read","scope":"team"}]`. System roles are kept in step
-- with the program at start and refuse changes.
CREATE TABLE roles (
  id id,
  key text NOT NULL UNIQUE,
  name text NOT NULL,
  is_system bool NOT NULL,
  -- Staff roles can be given to people; the others belong to API keys.
  is_staff bool NOT NULL,
  permissions text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

-- `email` and `username` are stored as typed; uniqueness is over the lower-cased forms beside them.
CREATE TABLE users (
  id id,
  email text NOT NULL,
  email_key text NOT NULL UNIQUE,
  username text NOT NULL,
  username_key text NOT NULL UNIQUE,
  name text NOT NULL,
  name_folded text NOT NULL,
  role_id bigint NOT NULL REFERENCES roles (id),
  -- Argon2id; absent until the person has set one.
  password_hash text,
  is_active bool NOT NULL,
  kpi_score double NOT NULL,
  locale text,
  theme text,
  -- Set for a vendor's people, who see the portal and are no staff.
  vendor_id bigint,
  last_login_at bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX users_name ON users (name_folded, id);
CREATE INDEX users_role ON users (role_id);
CREATE INDEX users_vendor ON users (vendor_id, id) WHERE vendor_id IS NOT NULL;

-- What routing asks of a person, apart from `users` because it changes with every assignment.
-- `open_tickets` = assigned tickets that are new or open (spam apart); kept by the functions that change tickets.
CREATE TABLE agent_states (
  user_id bigint PRIMARY KEY REFERENCES users (id),
  status text NOT NULL CHECK (status IN ('available', 'busy', 'away', 'offline')),
  status_since bigint NOT NULL,
  -- Overrides the default capacity.
  capacity bigint,
  open_tickets bigint NOT NULL CHECK (open_tickets >= 0),
  last_assigned_at bigint NOT NULL
);

CREATE TABLE departments (
  id id,
  key text NOT NULL UNIQUE,
  name text NOT NULL,
  strategy text NOT NULL CHECK (strategy IN ('score', 'round_robin', 'capacity_based', 'manual')),
  uses_shifts bool NOT NULL,
  -- Takes what no keyword and no channel account claims; one at most.
  is_fallback bool NOT NULL,
  is_active bool NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX departments_fallback ON departments (is_fallback) WHERE is_fallback;

CREATE TABLE department_members (
  department_id bigint NOT NULL REFERENCES departments (id),
  user_id bigint NOT NULL REFERENCES users (id),
  is_manager bool NOT NULL,
  is_primary bool NOT NULL,
  PRIMARY KEY (department_id, user_id)
);
CREATE INDEX department_members_user ON department_members (user_id, department_id);

-- A log-in on one device. Each refresh rotates the token; seeing an old one again ends the whole session.
CREATE TABLE sessions (
  id id,
  user_id bigint NOT NULL REFERENCES users (id),
  token_hash text NOT NULL UNIQUE,
  created_at bigint NOT NULL,
  last_used_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  revoked_at bigint,
  address text,
  user_agent text
);
CREATE INDEX sessions_user ON sessions (user_id, id);

-- Hashes of refresh tokens that were rotated away, so that their reuse is noticed.
CREATE TABLE spent_tokens (
  token_hash text PRIMARY KEY,
  session_id bigint NOT NULL REFERENCES sessions (id),
  spent_at bigint NOT NULL
);
CREATE INDEX spent_tokens_age ON spent_tokens (spent_at);

-- One-time links and tickets: first set-up, password links, the live socket. Only hashes are stored.
CREATE TABLE one_time_tokens (
  token_hash text PRIMARY KEY,
  purpose text NOT NULL,
  user_id bigint REFERENCES users (id),
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  used_at bigint
);
CREATE INDEX one_time_tokens_age ON one_time_tokens (expires_at);

CREATE TABLE api_keys (
  id id,
  name text NOT NULL,
  prefix text NOT NULL,
  key_hash text NOT NULL UNIQUE,
  role_id bigint NOT NULL REFERENCES roles (id),
  rate_per_second bigint NOT NULL,
  burst bigint NOT NULL,
  -- Absent: no quota.
  daily_quota bigint,
  -- Set for a vendor's key, which posts and sees that vendor's leads alone.
  vendor_id bigint,
  created_by bigint REFERENCES users (id),
  created_at bigint NOT NULL,
  last_used_at bigint,
  revoked_at bigint
);

-- Requests per key and UTC day, flushed in batches.
CREATE TABLE api_key_usage (
  api_key_id bigint NOT NULL REFERENCES api_keys (id),
  day bigint NOT NULL,
  requests bigint NOT NULL,
  PRIMARY KEY (api_key_id, day)
);

-- A person or company outside.
CREATE TABLE contacts (
  id id,
  name text NOT NULL,
  name_folded text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('person', 'company')),
  is_blocked bool NOT NULL,
  -- First seen through (a channel, an import, by hand); an ad's or a deep link's name where known.
  source text,
  -- A person's employer.
  company_id bigint REFERENCES contacts (id),
  -- Merged into another contact, which holds what was theirs; hidden until it is unmerged.
  merged_into_id bigint REFERENCES contacts (id),
  -- Personal data were replaced; nothing brings them back.
  erased_at bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX contacts_company ON contacts (company_id, id) WHERE company_id IS NOT NULL;
CREATE INDEX contacts_name ON contacts (name_folded, id);
CREATE INDEX contacts_merged ON contacts (merged_into_id) WHERE merged_into_id IS NOT NULL;

-- One address of a contact. `account` is the channel account's provider id for channel identities and empty for phone and
-- e-mail; `value_key` is the normalised value. An address belongs to one contact.
CREATE TABLE contact_methods (
  id id,
  contact_id bigint NOT NULL REFERENCES contacts (id),
  kind text NOT NULL,
  account text NOT NULL,
  value text NOT NULL,
  value_key text NOT NULL,
  is_primary bool NOT NULL,
  is_active bool NOT NULL,
  is_verified bool NOT NULL,
  opted_out_at bigint,
  -- Agreed to be written to or called, and where that was said.
  consent_at bigint,
  consent_source text,
  created_at bigint NOT NULL,
  -- What it is likely to share with another address of the same person: the end of a phone number, or of a company's e-mail
  -- address the part before the @ with the company's name.
  likeness text
);
CREATE UNIQUE INDEX contact_methods_value ON contact_methods (value_key, kind, account);
CREATE INDEX contact_methods_contact ON contact_methods (contact_id, id);
CREATE INDEX contact_methods_likeness ON contact_methods (likeness, id) WHERE likeness IS NOT NULL;

-- Two contacts made one. `before` holds what the winner was and what each address of the loser was (JSON), so that undoing
-- puts it back.
CREATE TABLE contact_merges (
  id id,
  winner_id bigint NOT NULL REFERENCES contacts (id),
  loser_id bigint NOT NULL REFERENCES contacts (id),
  before text NOT NULL,
  merged_at bigint NOT NULL,
  merged_by bigint,
  undone_at bigint,
  undone_by bigint
);
CREATE INDEX contact_merges_winner ON contact_merges (winner_id, id);
CREATE INDEX contact_merges_loser ON contact_merges (loser_id, id);

-- Every row that a merge moved from the loser to the winner.
CREATE TABLE contact_merge_rows (
  merge_id bigint NOT NULL REFERENCES contact_merges (id),
  table_name text NOT NULL,
  row_id bigint NOT NULL,
  PRIMARY KEY (merge_id, table_name, row_id)
);

-- Two contacts that somebody said are not one; the lower id first. They are not suggested again.
CREATE TABLE contact_distinctions (
  a_id bigint NOT NULL REFERENCES contacts (id),
  b_id bigint NOT NULL REFERENCES contacts (id),
  decided_by bigint,
  decided_at bigint NOT NULL,
  PRIMARY KEY (a_id, b_id)
);

-- Somebody's personal data being replaced, part by part. `part` and `place` say how far it is, in the first pass over
-- everything or the second one, which finds what came in meanwhile. `traces` (JSON): who it is, and the names and addresses
-- by which what is theirs is told from what is not; empty once it is done.
CREATE TABLE contact_erasures (
  id id,
  contact_id bigint NOT NULL REFERENCES contacts (id),
  traces text NOT NULL,
  pass bigint NOT NULL,
  part bigint NOT NULL,
  place bigint NOT NULL,
  started_at bigint NOT NULL,
  finished_at bigint
);
CREATE INDEX contact_erasures_contact ON contact_erasures (contact_id, id);

-- What contacts are searched by: tokens of names and addresses, as in `lead_search`.
-- @sqlite
CREATE VIRTUAL TABLE contact_search USING fts5(words, content='', contentless_delete=1, detail=none, prefix='1 2 3 4 5 6', tokenize="ascii tokenchars '_'");
INSERT INTO contact_search (contact_search, rank) VALUES ('automerge', 0);
INSERT INTO contact_search (contact_search, rank) VALUES ('crisismerge', 200);
-- @postgres
CREATE TABLE contact_search (
  rowid bigint PRIMARY KEY,
  words TSVECTOR NOT NULL
);
CREATE INDEX contact_search_words ON contact_search USING gin (words) WITH (fastupdate = off);
-- @both

-- What somebody should know of. `kind` and `data` (JSON) say it; the interface finds the words.
CREATE TABLE notifications (
  id id,
  user_id bigint NOT NULL REFERENCES users (id),
  kind text NOT NULL,
  data text NOT NULL,
  link text,
  created_at bigint NOT NULL,
  read_at bigint
);
CREATE INDEX notifications_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;

-- What a page shows, under a name. `filters` (JSON) is what the page's address holds, `column_keys` (JSON) the columns of its
-- table in order. A team's view names its department; whose a view is never changes.
CREATE TABLE saved_views (
  id id,
  owner_id bigint NOT NULL REFERENCES users (id),
  name text NOT NULL,
  screen text NOT NULL CHECK (screen IN ('leads', 'pipeline', 'inbox', 'tasks')),
  filters text NOT NULL,
  column_keys text NOT NULL,
  shared_with text NOT NULL CHECK (shared_with IN ('me', 'team', 'all')),
  department_id bigint REFERENCES departments (id),
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL,
  CHECK ((shared_with = 'team') = (department_id IS NOT NULL))
);
CREATE INDEX saved_views_owner ON saved_views (owner_id, id);
CREATE INDEX saved_views_department ON saved_views (department_id, id) WHERE department_id IS NOT NULL;
CREATE INDEX saved_views_all ON saved_views (id) WHERE shared_with = 'all';
