-- Stores a score that is higher than the one before, with the contact as staff sees it and the one who wrote.
UPDATE contacts SET spam = @score, spam_reasons = @reasons
WHERE (id = @contact OR id = (SELECT o.merged_into FROM contacts o WHERE o.id = @contact)) AND spam < @score::real AND NOT spam_cleared
