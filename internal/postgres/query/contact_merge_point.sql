-- The contact @from left for @into, and is seen as that one or as what that one is seen as; so is whoever left for @from.
UPDATE contacts k SET merged_into = root.id, merged_via = CASE WHEN k.id = @from THEN @into ELSE k.merged_via END,
    left_at = CASE WHEN k.id = @from THEN now() ELSE k.left_at END
FROM (SELECT coalesce(o.merged_into, o.id) AS id FROM contacts o WHERE o.id = @into) root
WHERE k.id = @from OR k.merged_into = @from
