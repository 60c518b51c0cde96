-- Channels, intake, tickets and messages, spam, routing.

-- One connected page, number, bot or mailbox. Secrets are sealed; an account without one refuses every request.
CREATE TABLE channel_accounts (
  id id,
  kind text NOT NULL,
  account_id text NOT NULL,
  name text NOT NULL,
  department_id bigint REFERENCES departments (id),
  secret blob,
  previous_secret blob,
  verify_token blob,
  app_id text,
  -- For sending: the provider's access token, sealed.
  access_token blob,
  -- Generic channels: where signed replies are posted.
  callback_url text,
  status text NOT NULL CHECK (status IN ('active', 'disabled', 'disconnected')),
  -- When a customer was last heard here: written now and then, some seconds late.
  last_inbound_at bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX channel_accounts_id ON channel_accounts (kind, account_id);

-- Every request that a channel sent and that was let in, as it came. An answered request stands here.
CREATE TABLE journal (
  id id,
  at bigint NOT NULL,
  channel text NOT NULL,
  account_id bigint REFERENCES channel_accounts (id),
  headers text NOT NULL,
  query text NOT NULL,
  body blob NOT NULL,
  items bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('done', 'queued', 'failed')),
  error text
);
CREATE INDEX journal_open ON journal (id) WHERE state <> 'done';

-- A conversation that needs handling, on one channel account. `number` is for people.
-- `identity` is the customer's address on the channel. `queued_at`: waiting for an agent since.
CREATE TABLE tickets (
  id id,
  number bigint NOT NULL UNIQUE,
  contact_id bigint NOT NULL REFERENCES contacts (id),
  channel text NOT NULL,
  account_id bigint REFERENCES channel_accounts (id),
  identity text NOT NULL,
  subject text NOT NULL,
  status text NOT NULL CHECK (status IN ('new', 'open', 'pending_customer', 'resolved', 'closed')),
  -- 0 low, 1 medium, 2 high, 3 critical.
  priority bigint NOT NULL,
  department_id bigint REFERENCES departments (id),
  assignee_id bigint REFERENCES users (id),
  tags text NOT NULL,
  is_spam bool NOT NULL,
  is_bot_handoff bool NOT NULL,
  previous_ticket_id bigint,
  last_message_id bigint,
  last_message_at bigint NOT NULL,
  last_message_from text NOT NULL,
  preview text NOT NULL,
  last_inbound_at bigint,
  queued_at bigint,
  first_response_at bigint,
  resolved_at bigint,
  closed_at bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
-- The inbox: open work by person, by team, all; then everything by the same three. Spam has its own. The last column lets
-- a count that leaves out the other walk's rows stay within the index.
CREATE INDEX tickets_mine_open ON tickets (assignee_id, last_message_at, id, department_id) WHERE status IN ('new', 'open', 'pending_customer') AND is_spam = FALSE;
CREATE INDEX tickets_team_open ON tickets (department_id, last_message_at, id, assignee_id) WHERE status IN ('new', 'open', 'pending_customer') AND is_spam = FALSE;
CREATE INDEX tickets_mine ON tickets (assignee_id, last_message_at, id, department_id) WHERE is_spam = FALSE;
CREATE INDEX tickets_team ON tickets (department_id, last_message_at, id, assignee_id) WHERE is_spam = FALSE;
CREATE INDEX tickets_recent ON tickets (last_message_at, id) WHERE is_spam = FALSE;
CREATE INDEX tickets_contact ON tickets (contact_id, id);
CREATE INDEX tickets_spam ON tickets (last_message_at, id) WHERE is_spam;
CREATE INDEX tickets_queue ON tickets (department_id, priority, queued_at, id) WHERE queued_at IS NOT NULL;
CREATE INDEX tickets_resolved ON tickets (resolved_at) WHERE status = 'resolved';
-- @postgres
CREATE SEQUENCE tickets_number_seq START 1001;
-- @both

-- One entry in a ticket. `at` is the provider's time, by which a conversation is shown; `created_at` is ours.
-- A message that a channel numbered is stored once per channel account.
CREATE TABLE messages (
  id id,
  ticket_id bigint NOT NULL REFERENCES tickets (id),
  contact_id bigint NOT NULL,
  account_id bigint,
  external_id text,
  -- Given by the writer, so that a repeated send is one message.
  client_id text,
  sender_type text NOT NULL CHECK (sender_type IN ('customer', 'agent', 'bot', 'system')),
  sender_id bigint,
  direction text NOT NULL CHECK (direction IN ('inbound', 'outbound', 'internal')),
  visibility text NOT NULL CHECK (visibility IN ('public', 'internal')),
  content_type text NOT NULL,
  content text NOT NULL,
  -- Facts of an event-log entry, a payload, a source, the keywords found.
  data text,
  attachments bigint NOT NULL,
  reply_to_id bigint,
  reactions text,
  delivery text,
  delivery_error text,
  send_job_id bigint,
  undo_until bigint,
  is_spam bool NOT NULL,
  at bigint NOT NULL,
  created_at bigint NOT NULL,
  edited_at bigint,
  unsent_at bigint,
  completed_at bigint
);
CREATE INDEX messages_ticket ON messages (ticket_id, at, id);
CREATE UNIQUE INDEX messages_external ON messages (account_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX messages_client ON messages (ticket_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_pending ON messages (ticket_id, id) WHERE direction = 'inbound' AND completed_at IS NULL;
-- What was sent and is not yet known to be read: receipts by time look here.
CREATE INDEX messages_sent ON messages (ticket_id, at) WHERE delivery IN ('queued', 'sent', 'delivered');

-- A file on a message; or, without one, a file that somebody uploaded and has not sent yet, which is theirs alone.
-- `expired`: it was never sent, and its bytes are about to go.
CREATE TABLE attachments (
  id id,
  message_id bigint REFERENCES messages (id),
  uploader_kind text,
  uploader_id bigint,
  -- Its place among those of its message.
  position bigint NOT NULL,
  kind text NOT NULL,
  state text NOT NULL CHECK (state IN ('link', 'pending', 'stored', 'failed', 'expired')),
  url text,
  provider_id text,
  name text,
  mime text,
  size bigint,
  blob_key text,
  error text,
  title text,
  latitude double,
  longitude double,
  created_at bigint NOT NULL,
  CHECK (message_id IS NOT NULL OR uploader_id IS NOT NULL)
);
CREATE INDEX attachments_message ON attachments (message_id, position, id);
CREATE INDEX attachments_unsent ON attachments (uploader_kind, uploader_id, id) WHERE message_id IS NULL;
CREATE INDEX attachments_unsent_age ON attachments (created_at, id) WHERE message_id IS NULL;
-- Equal files share their bytes: before those go, everyone who has them is looked for here.
CREATE INDEX attachments_blob ON attachments (blob_key) WHERE blob_key IS NOT NULL;

-- What arrived before the message that it is about: an edit, an unsend, a reaction, a receipt. Applied when it comes.
CREATE TABLE pending_changes (
  id id,
  account_id bigint NOT NULL,
  external_id text NOT NULL,
  change text NOT NULL,
  at bigint NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX pending_changes_message ON pending_changes (account_id, external_id, at, id);
CREATE INDEX pending_changes_age ON pending_changes (created_at);

-- What somebody typed and did not send, per person and ticket.
CREATE TABLE drafts (
  user_id bigint NOT NULL REFERENCES users (id),
  ticket_id bigint NOT NULL REFERENCES tickets (id),
  content text NOT NULL,
  visibility text NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (ticket_id, user_id)
);

-- How far somebody has read.
CREATE TABLE ticket_reads (
  user_id bigint NOT NULL REFERENCES users (id),
  ticket_id bigint NOT NULL REFERENCES tickets (id),
  last_message_id bigint NOT NULL,
  PRIMARY KEY (ticket_id, user_id)
);

-- A word or phrase that names a department. `folded` is what text is matched against.
CREATE TABLE keywords (
  id id,
  word text NOT NULL,
  lowered text NOT NULL,
  folded text NOT NULL UNIQUE,
  department_id bigint REFERENCES departments (id),
  priority bigint NOT NULL,
  is_active bool NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX keywords_department ON keywords (department_id, folded);

-- Why a ticket went where it went. `detail` holds candidates with score parts, exclusions, keywords (JSON).
CREATE TABLE assignments (
  id id,
  ticket_id bigint NOT NULL REFERENCES tickets (id),
  message_id bigint,
  at bigint NOT NULL,
  department_id bigint,
  user_id bigint,
  assigned_by bigint,
  strategy text NOT NULL,
  reason text NOT NULL,
  settings_version bigint NOT NULL,
  detail text NOT NULL
);
CREATE INDEX assignments_ticket ON assignments (ticket_id, id);

-- One message judged spam. `parts` holds the parts of its score (JSON).
CREATE TABLE spam_activities (
  id id,
  contact_id bigint NOT NULL REFERENCES contacts (id),
  ticket_id bigint NOT NULL REFERENCES tickets (id),
  message_id bigint NOT NULL UNIQUE REFERENCES messages (id),
  channel text NOT NULL,
  at bigint NOT NULL,
  reason text NOT NULL,
  flagged_by text NOT NULL CHECK (flagged_by IN ('bot', 'manual')),
  flagged_by_user bigint,
  score double NOT NULL,
  parts text NOT NULL
);
CREATE INDEX spam_activities_contact ON spam_activities (contact_id, at);
CREATE INDEX spam_activities_at ON spam_activities (at, id);

-- Inbound messages per contact and UTC day: the rule windows count here, not in `messages`.
-- `text_hash` and `repeats`: the last text's hash, and how often it came in a row that day.
CREATE TABLE inbound_days (
  contact_id bigint NOT NULL REFERENCES contacts (id),
  day bigint NOT NULL,
  messages bigint NOT NULL,
  text_hash bigint NOT NULL,
  repeats bigint NOT NULL,
  PRIMARY KEY (contact_id, day)
);
CREATE INDEX inbound_days_day ON inbound_days (day);

-- What a sender was told of a limit (so many messages, or spam messages, in so many days), and when: once while the limit's
-- days last.
CREATE TABLE spam_notices (
  contact_id bigint NOT NULL REFERENCES contacts (id),
  step text NOT NULL CHECK (step IN ('warning', 'blocked')),
  counted text NOT NULL CHECK (counted IN ('messages', 'activities')),
  days bigint NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (contact_id, step, counted, days)
);

-- Addresses that are refused outright: kind and value as in contact methods; kind `domain` for mail domains.
CREATE TABLE spam_blocks (
  id id,
  kind text NOT NULL,
  value text NOT NULL,
  value_key text NOT NULL,
  reason text,
  created_by bigint,
  created_at bigint NOT NULL
);
CREATE UNIQUE INDEX spam_blocks_value ON spam_blocks (kind, value_key);
