-- The contact @into takes what is known of @from, who signed in as it, where it knows nothing itself.
UPDATE contacts k SET
    name = coalesce(nullif(k.name, ''), f.name), email = coalesce(nullif(k.email, ''), f.email), phone = coalesce(nullif(k.phone, ''), f.phone),
    attributes = f.attributes || k.attributes, visits = k.visits + f.visits, created_at = least(k.created_at, f.created_at),
    seen_at = greatest(k.seen_at, f.seen_at),
    spam = CASE WHEN k.spam_cleared THEN k.spam ELSE greatest(k.spam, f.spam) END,
    spam_reasons = CASE WHEN NOT k.spam_cleared AND f.spam > k.spam THEN f.spam_reasons ELSE k.spam_reasons END,
    version = k.version + 1
FROM contacts f WHERE k.id = @into AND f.id = @from
