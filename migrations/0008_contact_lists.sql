-- Lists of what is few among all contacts.
CREATE INDEX contacts_companies ON contacts (id) WHERE kind = 'company';
CREATE INDEX contacts_companies_name ON contacts (name_folded, id) WHERE kind = 'company';
CREATE INDEX contacts_blocked ON contacts (id) WHERE is_blocked = TRUE;

-- Whom somebody was told apart from, from either side.
CREATE INDEX contact_distinctions_other ON contact_distinctions (b_id);
