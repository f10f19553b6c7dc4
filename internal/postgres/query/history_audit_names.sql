-- The acts that there are, and who did some: what an audit page offers to choose from. A loose index scan over the acts.
WITH RECURSIVE act AS (
    (SELECT action FROM audit_log ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT a.action FROM audit_log a WHERE a.action > act.action ORDER BY a.action LIMIT 1) FROM act WHERE act.action IS NOT NULL
)
SELECT action FROM act WHERE action IS NOT NULL ORDER BY action
