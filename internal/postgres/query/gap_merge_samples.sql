-- All samples of one gap become another's, by hand.
UPDATE gap_samples SET gap_id = @into, by_hand = true WHERE gap_id = @id
