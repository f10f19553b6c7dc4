-- Adds postings to the lexical index.
INSERT INTO kb_posting (site_id, department_id, audience, term, variant_id, weight)
SELECT @site, nullif(n.department_id, 0), n.audience, n.term, n.variant_id, n.weight
FROM unnest(@terms::text[], @variants::bigint[], @variant_departments::integer[], @audiences::smallint[], @weights::real[]) AS n (term, variant_id, department_id, audience, weight)
