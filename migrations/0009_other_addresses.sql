-- Whose addresses came with a lead of somebody else: they stand in the lead's metadata, and are found here when their holder is
-- erased.
CREATE TABLE lead_other_addresses (
  lead_id bigint NOT NULL REFERENCES leads (id),
  contact_id bigint NOT NULL REFERENCES contacts (id),
  PRIMARY KEY (lead_id, contact_id)
);
CREATE INDEX lead_other_addresses_contact ON lead_other_addresses (contact_id, lead_id);
