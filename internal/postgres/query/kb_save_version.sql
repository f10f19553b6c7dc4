-- Keeps one version of an article.
INSERT INTO kb_versions (site_id, article_id, locale, version, department_id, title, questions, answer, tags, audience, floor, handover, next, owner, review_at, expires_at, restored_from, author, created_at)
VALUES (@site, @id, @locale, @version, nullif(@department::integer, 0), @title, @questions, @answer, @tags,
        @audience, @floor, @handover, @next, @owner, @review_at, @expires_at, nullif(@restored_from::integer, 0), @author, @at)
