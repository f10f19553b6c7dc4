-- left_at: since when an agent has no socket on any living node although node still answers for them: they are given
-- nothing, and keep what they have for the grace. chosen_at: when presence was last changed by the agent.
ALTER TABLE agents
    ADD COLUMN left_at   timestamptz,
    ADD COLUMN chosen_at timestamptz;
