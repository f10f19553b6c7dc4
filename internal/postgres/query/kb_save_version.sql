-- Keeps one version of an article.
INSERT INTO kb_versions (site_id, article_id, locale, version, department_id, title, questions, answer, tags, author, created_at)
VALUES (@site, @id, @locale, @version, nullif(@department::integer, 0), @title, @questions, @answer, @tags, @author, @at)
