-- Adds the department, or returns the one of this name; the first of a site becomes its default.
WITH put AS (
    INSERT INTO departments (site_id, name) VALUES (@site, @name)
    ON CONFLICT ON CONSTRAINT departments_name_unique DO UPDATE SET name = excluded.name
    RETURNING id, site_id
), preferred AS (
    UPDATE sites s SET default_department = put.id FROM put
    WHERE s.id = put.site_id AND s.default_department IS NULL
)
SELECT id FROM put
