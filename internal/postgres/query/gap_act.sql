-- One entry of a gap's history.
INSERT INTO gap_acts (gap_id, site_id, at, actor, act, detail)
SELECT g.id, g.site_id, @at, @actor, @act, @detail FROM gaps g WHERE g.id = @gap
