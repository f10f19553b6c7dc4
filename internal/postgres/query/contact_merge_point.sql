-- Whoever was merged into @from, and @from, are seen as @into from now on, or as what that one is seen as.
UPDATE contacts k SET merged_into = nullif(r.root, k.id), left_at = CASE WHEN k.id = @from AND @left::boolean THEN now() ELSE k.left_at END
FROM (SELECT CASE WHEN o.merged_into IS NULL OR o.merged_into = @from THEN o.id ELSE o.merged_into END AS root FROM contacts o WHERE o.id = @into) r
WHERE k.id = @from OR k.merged_into = @from
