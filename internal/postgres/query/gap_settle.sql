-- What became of a sample, and until when it is followed. One that moved behind another wall leaves its gap, to be placed
-- there, with all that was said of it here.
UPDATE gap_samples SET checked_seq = @last_seq, handled_s = coalesce(@handled, handled_s), replies = @replies, follow_until = least(follow_until, @until),
    department_id = @department, gap_id = CASE WHEN @moved THEN NULL ELSE gap_id END, by_hand = by_hand AND NOT @moved
WHERE conversation_id = @conversation AND seq = @seq
