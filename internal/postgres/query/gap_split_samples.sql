-- The named turns, with all that asked in the same words, leave a gap for another, by hand.
UPDATE gap_samples s SET gap_id = @made, by_hand = true
WHERE s.gap_id = @id AND lower(s.question) IN (
    SELECT lower(t.question) FROM gap_samples t JOIN unnest(@conversations::uuid[], @seqs::integer[]) AS n (conversation_id, seq) USING (conversation_id, seq)
    WHERE t.gap_id = @id)
