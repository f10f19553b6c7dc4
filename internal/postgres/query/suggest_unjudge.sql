-- Takes an agent's own judgement back.
DELETE FROM bot_judgements WHERE conversation_id = @conversation::uuid AND seq = @seq AND agent_id = @agent::uuid
