-- Stores a policy if @version is still the stored one's (0 = there is none). No row: it is not, or no such site in scope.
INSERT INTO retention_policies (site_id, version, anonymous_days, identified_days, updated_by, updated_at)
SELECT s.id, 1, @anonymous, @identified, @by, @at::timestamptz FROM sites s
WHERE s.id = @site AND (@all::boolean OR s.id = ANY (@sites::integer[]))
    AND (@version::bigint = 0 OR EXISTS (SELECT FROM retention_policies p WHERE p.site_id = s.id))
ON CONFLICT (site_id) DO UPDATE SET version = retention_policies.version + 1, anonymous_days = excluded.anonymous_days,
    identified_days = excluded.identified_days, updated_by = excluded.updated_by, updated_at = excluded.updated_at
WHERE retention_policies.version = @version::bigint
RETURNING version
