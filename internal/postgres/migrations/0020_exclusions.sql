-- Who gave a conversation back or declined it, each with when: user id → time. The time of one starts nobody else's again.
-- excluded_at stays the last of them: whoever decides to offer it says which they knew of.
ALTER TABLE queue_entries ADD COLUMN declined jsonb NOT NULL DEFAULT '{}';
UPDATE queue_entries q
SET declined = (SELECT jsonb_object_agg(u, coalesce(q.excluded_at, q.enqueued_at)) FROM unnest(q.excluded) u)
WHERE cardinality(q.excluded) > 0;
ALTER TABLE queue_entries DROP COLUMN excluded;
