-- The scores of all leads being counted anew, because what they go by was changed: one row (`id` 1), of the last time.
-- `position`: the last lead that is done, so that a broken-off count goes on behind it.
CREATE TABLE lead_rescoring (
  id bigint PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('running', 'done')),
  -- How many leads there were when it began; absent until they are counted.
  total bigint,
  position bigint NOT NULL,
  done bigint NOT NULL,
  -- Those among them whose score is another one now.
  changed bigint NOT NULL,
  started_at bigint NOT NULL,
  finished_at bigint
);
