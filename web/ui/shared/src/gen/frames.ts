// Generated from web/protocol.proto by `npm run generate`; do not edit.
// ProtoJSON leaves out fields that hold their default, so every field is optional.

/** ClientFrame is one message from a client. */
export interface ClientFrame {
  hello?: ClientHello
  send?: Send
  resume?: Resume
  typing?: Typing
}

/** ServerFrame is one message from the server. */
export interface ServerFrame {
  hello?: ServerHello
  ack?: Ack
  event?: Event
  typing?: Typing
  error?: Error
  resumed?: Resumed
}

/** ClientHello is the first frame on a socket, within 10 s. */
export interface ClientHello {
  /** Visitors: the token of POST /api/visitor/session. Agents: empty, the session cookie of the upgrade request counts. */
  token?: string
  /** Agents: the csrf value of sign-in. Visitors: empty. */
  csrf?: string
  /** The log_epoch the client's stored history belongs to; empty at first. */
  log_epoch?: string
  /** Conversations to resume at once, as by Resume frames. */
  resume?: Resume[]
}

/** ServerHello answers ClientHello; nothing else is sent before it. */
export interface ServerHello {
  /** Identifies the log's history. When it differs from what the client has stored, the client discards its history and resumes after 0. */
  log_epoch?: string
  /** Visitors: the visitor's open conversation. */
  conv?: string
  /** Who the server takes the client for. */
  self?: Author
  /** How often the client may expect a ping at the latest, in seconds. */
  ping_s?: number
  /** True when at least one agent who may take this visitor's conversation is online. Visitors only. */
  agents_online?: boolean
}

/** Send stores one message. It is answered by Ack (with the same cid), after the durable commit, or by Error. */
export interface Send {
  conv?: string
  /** A UUIDv7 made by the client. The same cid in the same conversation is one row, however often it is sent. */
  cid?: string
  /** At most 10,000 characters (Unicode code points), not blank. */
  content?: string
  /** "text" (default) or, for agents only, "note". */
  type?: string
  /** Visitors: the id of the button that made this message, from Event.buttons. */
  button?: string
  /** Agents: the id of the suggested reply that the message was made of, from GET /api/agent/conversations/{id}/suggestions. */
  suggestion?: string
}

/** Ack says that the message is durably stored as row seq. */
export interface Ack {
  conv?: string
  cid?: string
  seq?: number
  time?: string
  /** The conversation that holds the row: another than the one sent to when that was resolved over 24 h ago. */
  moved_to?: string
}

/** Resume asks for every event of a conversation after a sequence number, and then for the live ones. */
export interface Resume {
  conv?: string
  after_seq?: number
  /** Agents: also receive the live events of every conversation in scope ("inbox"). conv is empty then. */
  inbox?: boolean
}

/** Resumed says that everything up to last_seq has been sent and that the conversation is live. */
export interface Resumed {
  conv?: string
  last_seq?: number
  inbox?: boolean
}

/** Event is one row of a conversation's log. seq is gapless from 1. */
export interface Event {
  conv?: string
  seq?: number
  cid?: string
  author?: Author
  /** "message", "note", "handover", "claimed", "transferred", "resolved", "reopened", "released", "email", "hidden". A visitor receives "hidden" (no content) for rows that are not theirs to read. Unknown kinds must be tolerated. */
  kind?: string
  content?: string
  time?: string
  /** The conversation's state after this row; present when the row changed it. */
  state?: State
  /** Bot messages: where the answer comes from. */
  source?: Source
  /** Bot messages: what the visitor can press. */
  buttons?: Button[]
  /** Machine-readable reason of a handover, transfer or release: "requested", "no_answer", "low_confidence", "bot_unavailable", … */
  reason?: string
  /** Anything later issues add to a row. */
  data?: Record<string, unknown>
  /** The language of content: "zh-CN", "en" or empty. */
  locale?: string
}

/** Author is who wrote a row. */
export interface Author {
  /** "visitor", "agent", "bot", "system". */
  kind?: string
  id?: string
  name?: string
}

/** State is what decides who may write next. */
export interface State {
  /** "open", "snoozed", "resolved". */
  status?: string
  /** "bot", "queue", "human". */
  owner?: string
  /** Rises with each change of owner. */
  owner_epoch?: number
  /** The agent in charge, when owner is "human". */
  assignee?: Author
  /** The team it waits for or belongs to, by id. */
  team?: string
}

/** Source is the article version an answer was taken from, verbatim. */
export interface Source {
  article?: string
  locale?: string
  title?: string
  version?: number
  /** Calibrated probability that this is the right article, 0–1. Not sent to visitors. */
  confidence?: number
  /** True when a language model put the article into other words, checked against it; otherwise the answer is verbatim. */
  reworded?: boolean
}

/** Button is an offer under a bot message. */
export interface Button {
  /** Sent back in Send.button. */
  id?: string
  label?: string
  /** "article", "none_of_these", "human". */
  kind?: string
}

/** Typing says that the author is writing. Never stored, may be dropped; shown for 6 s at most. */
export interface Typing {
  conv?: string
  /** Set by the server. */
  author?: Author
  on?: boolean
}

/** Error answers a frame that could not be carried out. The socket stays open unless a close code follows. */
export interface Error {
  /** "bad_frame", "too_large", "unauthenticated", "forbidden", "not_found", "invalid", "stale", "overloaded", "unavailable", "internal". */
  code?: string
  /** For developers, English, never internal detail. */
  message?: string
  /** The frame it answers, where it had one. */
  conv?: string
  cid?: string
  /** Milliseconds after which to try again; 0 = do not repeat unchanged. */
  retry_after_ms?: number
}
