-- How many texts of a site each department (0 = none) has for each audience.
SELECT coalesce(department_id, 0), audience, count(*)::integer
FROM kb_variants
WHERE site_id = @site
GROUP BY 1, 2
ORDER BY 1, 2
