-- Business hours: when a clock runs that stands still otherwise. `week` and `holidays` are JSON, as the API shows them; `zone`
-- is the name of a time zone. `key`: which one of a preset it is.
CREATE TABLE business_hours (
  id id,
  key text UNIQUE,
  name text NOT NULL,
  zone text NOT NULL,
  week text NOT NULL,
  holidays text NOT NULL,
  is_default bool NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX business_hours_default ON business_hours (is_default) WHERE is_default;

-- What the hours of its stages are counted in; absent: by the clock.
ALTER TABLE pipelines ADD COLUMN business_hours_id bigint REFERENCES business_hours (id);
