-- Leads and what is done about them: pipelines, leads, tasks, interactions, vendors, imports.

-- A way that leads go. Its words are data: `dispositions` and `checklist` are lists of `{"key","name"}`, `lost_reasons` a
-- list of texts (JSON).
CREATE TABLE pipelines (
  id id,
  key text NOT NULL UNIQUE,
  name text NOT NULL,
  is_default bool NOT NULL,
  is_active bool NOT NULL,
  currency text NOT NULL,
  has_students bool NOT NULL,
  dispositions text NOT NULL,
  checklist text NOT NULL,
  lost_reasons text NOT NULL,
  position bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX pipelines_default ON pipelines (is_default) WHERE is_default;

-- A place in a pipeline. `key` never changes. `follow_ups`: tasks made when a lead enters it (JSON, `title, description,
-- due_hours`).
CREATE TABLE stages (
  id id,
  pipeline_id bigint NOT NULL REFERENCES pipelines (id),
  key text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('open', 'won', 'lost')),
  -- Hours without an interaction until a lead here is overdue; absent: never.
  sla_hours bigint,
  position bigint NOT NULL,
  follow_ups text NOT NULL,
  is_active bool NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX stages_key ON stages (pipeline_id, key);

-- A field that a pipeline's leads have besides the usual ones. `options` (JSON) for kind `choice`.
CREATE TABLE lead_fields (
  id id,
  pipeline_id bigint NOT NULL REFERENCES pipelines (id),
  key text NOT NULL,
  label text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('text', 'number', 'date', 'bool', 'choice')),
  options text NOT NULL,
  is_required bool NOT NULL,
  is_filterable bool NOT NULL,
  position bigint NOT NULL,
  is_active bool NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX lead_fields_key ON lead_fields (pipeline_id, key);

-- An opportunity with a contact. `outcome`: absent while open. `value` in minor units of `currency`.
-- `touched_at`: the later of stage entry and last interaction, from which overdue and stale count; `due_at` = `touched_at` +
-- the stage's hours, absent where nothing is due; `is_overdue`: that was noticed, and said once for this stage entry.
CREATE TABLE leads (
  id id,
  contact_id bigint NOT NULL REFERENCES contacts (id),
  pipeline_id bigint NOT NULL REFERENCES pipelines (id),
  stage_id bigint NOT NULL REFERENCES stages (id),
  name text NOT NULL,
  name_folded text NOT NULL,
  source text NOT NULL,
  owner_id bigint REFERENCES users (id),
  department_id bigint REFERENCES departments (id),
  vendor_id bigint,
  disposition text,
  -- 0 low, 1 medium, 2 high, 3 critical.
  priority bigint NOT NULL,
  value bigint,
  currency text NOT NULL,
  -- 0–100, with its parts (JSON).
  score bigint NOT NULL,
  score_parts text NOT NULL,
  tags text NOT NULL,
  notes text NOT NULL,
  custom text NOT NULL,
  checklist text NOT NULL,
  metadata text NOT NULL,
  stage_entered_at bigint NOT NULL,
  last_interaction_at bigint,
  -- The first time that somebody of ours got in touch.
  first_contact_at bigint,
  touched_at bigint NOT NULL,
  due_at bigint,
  is_overdue bool NOT NULL,
  outcome text CHECK (outcome IN ('won', 'lost')),
  lost_reason text,
  closed_at bigint,
  archived_at bigint,
  import_id bigint,
  created_by bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
-- Lists. An order has an index that also holds what lists are narrowed by most, so that rows that are not shown are passed
-- over inside the index, twenty times faster than by looking at them.
CREATE INDEX leads_recent ON leads (created_at, id, stage_id, owner_id, department_id, vendor_id, source, disposition, priority, is_overdue, score) WHERE archived_at IS NULL;
CREATE INDEX leads_updated ON leads (updated_at, id, stage_id, owner_id, department_id, source, priority, created_at) WHERE archived_at IS NULL;
CREATE INDEX leads_interaction ON leads (last_interaction_at, id, stage_id, owner_id, department_id, source, priority, created_at) WHERE archived_at IS NULL;
CREATE INDEX leads_name ON leads (name_folded, id, stage_id, owner_id, department_id, source, priority, created_at) WHERE archived_at IS NULL;
CREATE INDEX leads_score ON leads (score, id, stage_id, owner_id, department_id, source, priority, created_at) WHERE archived_at IS NULL;
CREATE INDEX leads_value ON leads (value, id, stage_id, owner_id, department_id, source, priority, created_at) WHERE archived_at IS NULL;
-- Also finds what has become overdue and is not marked yet.
CREATE INDEX leads_due ON leads (is_overdue, due_at, id, stage_id, owner_id, department_id, source, priority, created_at) WHERE archived_at IS NULL;
-- Few among many: how far, whose, where, where from, what came of it, how urgent.
CREATE INDEX leads_stage ON leads (stage_id, created_at, id, owner_id, department_id, source, priority, score) WHERE archived_at IS NULL;
CREATE INDEX leads_owner ON leads (owner_id, created_at, id, stage_id, department_id, source) WHERE archived_at IS NULL;
CREATE INDEX leads_department ON leads (department_id, created_at, id, stage_id, owner_id, source) WHERE archived_at IS NULL;
CREATE INDEX leads_source ON leads (source, created_at, id, stage_id, owner_id, department_id) WHERE archived_at IS NULL;
CREATE INDEX leads_disposition ON leads (disposition, created_at, id, stage_id, owner_id, department_id) WHERE disposition IS NOT NULL AND archived_at IS NULL;
-- 1 is what most leads have.
CREATE INDEX leads_priority ON leads (priority, created_at, id, stage_id, owner_id, department_id) WHERE priority <> 1 AND archived_at IS NULL;
CREATE INDEX leads_vendor ON leads (vendor_id, created_at, id, archived_at, stage_id) WHERE vendor_id IS NOT NULL;
CREATE INDEX leads_contact ON leads (contact_id, id);
CREATE INDEX leads_archived ON leads (created_at, id) WHERE archived_at IS NOT NULL;
-- The columns of the board, and how long leads have been in them.
CREATE INDEX leads_board ON leads (stage_id, touched_at, id, owner_id, department_id, source) WHERE archived_at IS NULL;
CREATE INDEX leads_aging ON leads (stage_id, stage_entered_at, id, owner_id, department_id) WHERE archived_at IS NULL;

-- The tags of leads that are not archived.
CREATE TABLE lead_tags (
  tag text NOT NULL,
  lead_id bigint NOT NULL REFERENCES leads (id),
  PRIMARY KEY (tag, lead_id)
);
CREATE INDEX lead_tags_lead ON lead_tags (lead_id);

-- Stays in a stage (`stage_entered_at`) of which it was said that they are overdue; the last one of each lead.
CREATE TABLE lead_warnings (
  lead_id bigint PRIMARY KEY,
  stage_entered_at bigint NOT NULL
);

-- What leads are searched by: tokens made by the program (folded words, digits of numbers, and marks of who may see it). It
-- follows the events and can be made anew at any time. Segments are merged in small steps by the program, never at once.
-- @sqlite
CREATE VIRTUAL TABLE lead_search USING fts5(words, content='', contentless_delete=1, detail=none, prefix='1 2 3 4 5 6', tokenize="ascii tokenchars '_'");
INSERT INTO lead_search (lead_search, rank) VALUES ('automerge', 0);
INSERT INTO lead_search (lead_search, rank) VALUES ('crisismerge', 200);
-- @postgres
CREATE TABLE lead_search (
  rowid bigint PRIMARY KEY,
  words TSVECTOR NOT NULL
);
CREATE INDEX lead_search_words ON lead_search USING gin (words) WITH (fastupdate = off);
-- @both

-- Values of filterable fields, normalised: numbers and dates so that they sort as text.
CREATE TABLE lead_values (
  field_id bigint NOT NULL REFERENCES lead_fields (id),
  value_key text NOT NULL,
  lead_id bigint NOT NULL REFERENCES leads (id),
  PRIMARY KEY (field_id, value_key, lead_id)
);
CREATE INDEX lead_values_lead ON lead_values (lead_id);

-- How many leads there are and what they are worth, by place and owner: a ledger. A change adds lines here (nobody waits for
-- anybody); a worker folds them into `lead_totals`. What is counted is the sum of both, and so always exact.
CREATE TABLE lead_deltas (
  id id,
  stage_id bigint NOT NULL,
  -- 0: nobody, none.
  owner_id bigint NOT NULL,
  department_id bigint NOT NULL,
  is_overdue bool NOT NULL,
  leads bigint NOT NULL,
  value bigint NOT NULL
);
CREATE TABLE lead_totals (
  stage_id bigint NOT NULL,
  owner_id bigint NOT NULL,
  department_id bigint NOT NULL,
  is_overdue bool NOT NULL,
  leads bigint NOT NULL,
  value bigint NOT NULL,
  PRIMARY KEY (stage_id, owner_id, department_id, is_overdue)
);
CREATE INDEX lead_totals_owner ON lead_totals (owner_id);

-- How many open leads somebody takes at most where that is not the usual number, and who was given one last.
CREATE TABLE lead_agents (
  user_id bigint PRIMARY KEY REFERENCES users (id),
  capacity bigint,
  last_assigned_at bigint NOT NULL
);

-- A dependant on a lead.
CREATE TABLE students (
  id id,
  lead_id bigint NOT NULL REFERENCES leads (id),
  name text NOT NULL,
  grade_applying_for text,
  date_of_birth text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX students_lead ON students (lead_id, id);

-- A lead's way: each entry into a stage, with what was before and for how long (milliseconds).
CREATE TABLE stage_moves (
  id id,
  lead_id bigint NOT NULL REFERENCES leads (id),
  from_stage_id bigint REFERENCES stages (id),
  to_stage_id bigint NOT NULL REFERENCES stages (id),
  at bigint NOT NULL,
  time_in_previous bigint,
  actor_kind text NOT NULL,
  actor_id bigint,
  reason text
);
CREATE INDEX stage_moves_lead ON stage_moves (lead_id, id);
CREATE INDEX stage_moves_stage ON stage_moves (to_stage_id, at);

-- Something to do. Overdue is not stored: it is open and past `due_at`.
-- `rank`: where it stands in a list, and so that every list is one walk: open ones by `due_at`, then those without; then
-- completed ones, then cancelled ones, each with the latest `due_at` first.
CREATE TABLE tasks (
  id id,
  title text NOT NULL,
  title_folded text NOT NULL,
  description text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'in_progress', 'completed', 'cancelled')),
  due_at bigint,
  -- When its assignee wants to be reminded; absent once that was done.
  remind_at bigint,
  lead_id bigint REFERENCES leads (id),
  ticket_id bigint,
  contact_id bigint,
  assignee_id bigint REFERENCES users (id),
  department_id bigint REFERENCES departments (id),
  -- Made by a stage's follow-up.
  is_follow_up bool NOT NULL,
  created_by bigint,
  completed_at bigint,
  completed_by bigint,
  rank bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX tasks_all ON tasks (rank, id);
CREATE INDEX tasks_assignee ON tasks (assignee_id, rank, id);
CREATE INDEX tasks_creator ON tasks (created_by, rank, id);
CREATE INDEX tasks_department ON tasks (department_id, rank, id);
CREATE INDEX tasks_lead ON tasks (lead_id, rank, id) WHERE lead_id IS NOT NULL;
CREATE INDEX tasks_ticket ON tasks (ticket_id, rank, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX tasks_contact ON tasks (contact_id, id) WHERE contact_id IS NOT NULL;
CREATE INDEX tasks_reminder ON tasks (remind_at, id) WHERE remind_at IS NOT NULL AND status IN ('pending', 'in_progress');

-- Whose calendar an unguessable address shows; only its hash is kept.
CREATE TABLE calendar_feeds (
  user_id bigint PRIMARY KEY REFERENCES users (id),
  token_hash text NOT NULL UNIQUE,
  created_at bigint NOT NULL
);

-- A logged call, meeting, e-mail or note on a lead.
CREATE TABLE interactions (
  id id,
  lead_id bigint NOT NULL REFERENCES leads (id),
  contact_id bigint NOT NULL,
  type text NOT NULL CHECK (type IN ('call', 'email', 'meeting', 'note', 'status_change')),
  outcome text,
  summary text NOT NULL,
  duration_seconds bigint,
  occurred_at bigint NOT NULL,
  created_by bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX interactions_lead ON interactions (lead_id, occurred_at, id);
CREATE INDEX interactions_contact ON interactions (contact_id, id);

-- Who sells leads. `rules` (JSON): fields asked for, formats, what must match. `agents`: whom `strategy` may choose (JSON list
-- of ids; empty: whoever is in the department).
CREATE TABLE vendors (
  id id,
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  description text,
  contact_name text,
  contact_email text,
  phone text,
  is_active bool NOT NULL,
  -- The row of `api_keys` that is good now; `key_prefix` shows which.
  api_key_id bigint,
  key_prefix text,
  pipeline_id bigint NOT NULL REFERENCES pipelines (id),
  department_id bigint REFERENCES departments (id),
  strategy text NOT NULL CHECK (strategy IN ('round_robin', 'capacity_based', 'manual', 'none')),
  agents text NOT NULL,
  source text NOT NULL,
  -- What one lead is worth, in minor units.
  lead_value bigint,
  rules text NOT NULL,
  -- How long a phone or an e-mail counts as a duplicate; absent: for ever.
  duplicate_days bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);

-- Every post of a vendor and what became of it. `faults` (JSON): fields and codes, never what was posted.
CREATE TABLE vendor_posts (
  id id,
  vendor_id bigint NOT NULL REFERENCES vendors (id),
  at bigint NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('accepted', 'rejected', 'duplicate')),
  lead_id bigint,
  faults text NOT NULL,
  request_id text
);
CREATE INDEX vendor_posts_vendor ON vendor_posts (vendor_id, at, id);
CREATE INDEX vendor_posts_old ON vendor_posts (at) WHERE lead_id IS NULL;
CREATE INDEX vendor_posts_lead ON vendor_posts (lead_id) WHERE lead_id IS NOT NULL;

-- A table of leads being taken in. `position` counts the data rows that are done for good, so that a broken-off run goes on
-- behind them; an undo counts it down again. `headers`, `sample`, `mapping` and `options` are JSON.
CREATE TABLE imports (
  id id,
  file_name text NOT NULL,
  -- Absent when the file is there no more.
  blob_key text,
  size bigint NOT NULL,
  encoding text NOT NULL,
  delimiter text NOT NULL,
  headers text NOT NULL,
  sample text NOT NULL,
  mapping text NOT NULL,
  options text NOT NULL,
  state text NOT NULL CHECK (state IN ('ready', 'checking', 'checked', 'running', 'done', 'failed', 'undoing', 'undone')),
  -- By whose word it works (JSON): who, and how far they may make leads.
  authority text,
  total_rows bigint,
  position bigint NOT NULL,
  created_rows bigint NOT NULL,
  updated_rows bigint NOT NULL,
  skipped_rows bigint NOT NULL,
  failed_rows bigint NOT NULL,
  -- What an undo left as it was, because somebody had worked on it since.
  kept_rows bigint NOT NULL,
  error text,
  created_by bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  finished_at bigint,
  -- When it lost its file.
  cleared_at bigint,
  version bigint NOT NULL
);
CREATE INDEX imports_creator ON imports (created_by, id);
CREATE INDEX imports_file ON imports (updated_at) WHERE cleared_at IS NULL;
CREATE INDEX imports_blob ON imports (blob_key) WHERE blob_key IS NOT NULL;
CREATE INDEX imports_leaving ON imports (cleared_at) WHERE blob_key IS NOT NULL AND cleared_at IS NOT NULL;

-- What an import did, row by row, so that it can be undone.
CREATE TABLE import_rows (
  import_id bigint NOT NULL REFERENCES imports (id),
  row bigint NOT NULL,
  lead_id bigint NOT NULL,
  contact_id bigint NOT NULL,
  -- The lead, the contact did not exist before.
  made_lead bool NOT NULL,
  made_contact bool NOT NULL,
  -- What a changed lead was (JSON).
  before text,
  -- The addresses that a contact was given which existed before (JSON).
  methods text,
  -- The company that was made for it.
  made_company bigint,
  -- A contact that existed before works for another company than this now, or for one at last.
  was_hired bool NOT NULL,
  employer_before bigint,
  -- The newest event when the row was done: what happened to the lead later, others did.
  event_id bigint NOT NULL,
  PRIMARY KEY (import_id, row)
);
CREATE INDEX import_rows_changed ON import_rows (lead_id) WHERE before IS NOT NULL;

-- Rows that could not be taken, and why (JSON).
CREATE TABLE import_faults (
  import_id bigint NOT NULL REFERENCES imports (id),
  row bigint NOT NULL,
  faults text NOT NULL,
  PRIMARY KEY (import_id, row)
);

-- What a check has come across so far, so that later rows are judged as a run would: who would have an address, what leads
-- there would be and what would stand in them (JSON). Ids below zero are of what a run would make. Gone when the check ends.
CREATE TABLE import_seen (
  import_id bigint NOT NULL REFERENCES imports (id),
  key text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (import_id, key)
);
