-- Adds postings to the lexical index.
INSERT INTO kb_posting (site_id, department_id, term, variant_id, weight)
SELECT @site, nullif(n.department_id, 0), n.term, n.variant_id, n.weight
FROM unnest(@terms::text[], @variants::bigint[], @variant_departments::integer[], @weights::real[]) AS n (term, variant_id, department_id, weight)
