-- What a node says of itself with each renewal of its lease, for people who look after several.
ALTER TABLE nodes
    ADD COLUMN name       text NOT NULL DEFAULT '',
    ADD COLUMN address    text NOT NULL DEFAULT '',
    ADD COLUMN version    text NOT NULL DEFAULT '',
    ADD COLUMN visitors   integer NOT NULL DEFAULT 0, -- sockets of visitors that follow a conversation
    ADD COLUMN agents     integer NOT NULL DEFAULT 0, -- agents with a socket
    ADD COLUMN reached    integer NOT NULL DEFAULT 0; -- other nodes that it hears on the bus

-- On which nodes an agent has sockets. agents.node is one of them, the one that answers for the agent: when its lease
-- ends, or the agent leaves it, another takes over. One row an agent and node, not one a socket.
CREATE TABLE agent_nodes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    node    uuid NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, node)
);
CREATE INDEX agent_nodes_node ON agent_nodes (node);
