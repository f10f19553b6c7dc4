-- How many conversations within scope pass the filter; more than @most are not counted.
SELECT count(*) FROM (
    SELECT FROM conversations c
    WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
        AND (@site::integer = 0 OR c.site_id = @site::integer) AND (@department::integer = 0 OR c.department_id = @department::integer)
        AND (@status = '' OR c.status = @status) AND (@owner = '' OR c.owner = @owner)
    LIMIT @most::integer + 1
) c
