-- What the platform itself keeps: events, jobs, answers to repeated requests.

-- One recorded fact. `seq` orders the live stream and every other reader; on SQLite it is the id, on PostgreSQL the
-- sequencer stamps it after commit. `data` holds ids and changed fields, never bodies nor addresses.
-- `department_id` and `owner_id` say who may hear of it live, as things stood after the change.
CREATE TABLE events (
  id id,
  seq bigint,
  at bigint NOT NULL,
  actor_kind text NOT NULL,
  actor_id bigint,
  kind text NOT NULL,
  subject_kind text NOT NULL,
  subject_id bigint NOT NULL,
  contact_id bigint,
  department_id bigint,
  owner_id bigint,
  data text NOT NULL,
  request_id text,
  address text,
  user_agent text
);
CREATE UNIQUE INDEX events_seq ON events (seq);
CREATE INDEX events_subject ON events (subject_kind, subject_id, id);
-- A person's history: what happened with them, whatever it was about. By kind, so that a part of it is found without going
-- through the rest.
CREATE INDEX events_contact ON events (contact_id, kind, id) WHERE contact_id IS NOT NULL;
-- The audit asks what people and keys did; what contacts and the system did is found by subject.
CREATE INDEX events_actor ON events (actor_kind, actor_id, id) WHERE actor_kind IN ('user', 'api_key', 'nobody');
-- @postgres
CREATE INDEX events_unstamped ON events (id) WHERE seq IS NULL;
-- @both

-- Durable background work. `unique_key` keeps one waiting job per key.
CREATE TABLE jobs (
  id id,
  kind text NOT NULL,
  payload text NOT NULL,
  unique_key text,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  run_at bigint NOT NULL,
  attempts bigint NOT NULL,
  max_attempts bigint NOT NULL,
  lease_until bigint,
  error text,
  created_at bigint NOT NULL,
  finished_at bigint
);
CREATE INDEX jobs_due ON jobs (kind, run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_done ON jobs (finished_at) WHERE state = 'done';
CREATE INDEX jobs_failed ON jobs (id) WHERE state = 'failed';
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE state = 'queued';

-- The first answer to a write with an Idempotency-Key, for 24 hours. `key` and `fingerprint` are hashes.
CREATE TABLE idempotency_keys (
  key text PRIMARY KEY,
  fingerprint text NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done')),
  status bigint,
  content_type text,
  body blob,
  created_at bigint NOT NULL
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Settings that people change at run time, a JSON value per key; `version` guards against lost updates.
CREATE TABLE settings (
  key text PRIMARY KEY,
  value text NOT NULL,
  version bigint NOT NULL,
  updated_at bigint NOT NULL,
  updated_by bigint
);

-- How far the indexes that follow the events have come. `rebuilt_to`: the last row that a rebuild has reached; absent when
-- none is under way.
CREATE TABLE search_progress (
  name text PRIMARY KEY,
  seq bigint NOT NULL,
  rebuilt_to bigint
);
