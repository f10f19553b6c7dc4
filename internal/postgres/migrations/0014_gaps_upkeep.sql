-- What keeps the gap board quick when it holds a year's questions.

-- Until when a sample's conversation is looked at: some days after it was resolved nothing changes any more.
ALTER TABLE gap_samples ADD COLUMN follow_until timestamptz NOT NULL DEFAULT 'infinity';
UPDATE gap_samples SET follow_until = happened_at + interval '30 days';
CREATE INDEX gap_samples_followed ON gap_samples (follow_until);
CREATE INDEX gap_samples_model ON gap_samples (model) WHERE gap_id IS NOT NULL;
CREATE INDEX gap_samples_age ON gap_samples (happened_at);
CREATE INDEX gaps_live ON gaps (last_seen_at DESC) WHERE state IN ('open', 'in_progress');
