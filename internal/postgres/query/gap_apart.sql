-- The two are not the same question.
INSERT INTO gaps_apart (one, other) VALUES (least(@id::bigint, @other::bigint), greatest(@id::bigint, @other::bigint)) ON CONFLICT DO NOTHING
