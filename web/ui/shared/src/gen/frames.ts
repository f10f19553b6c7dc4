// Generated from web/protocol.proto by `npm run generate`; do not edit.
// ProtoJSON leaves out fields that hold their default, so every field is optional.

/** ClientFrame is one message from a client. */
export interface ClientFrame {
  hello?: ClientHello
  send?: Send
  resume?: Resume
  typing?: Typing
  mark?: Watermark
  edit?: Edit
  viewing?: Viewing
  answer?: Answer
  presence?: SetPresence
}

/** ServerFrame is one message from the server. */
export interface ServerFrame {
  hello?: ServerHello
  ack?: Ack
  event?: Event
  typing?: Typing
  error?: Error
  resumed?: Resumed
  mark?: Watermark
  queue?: Queue
  viewing?: Viewing
  offer?: Offer
  offer_end?: OfferEnd
  presence?: Presence
  gone?: Gone
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
  /** Agents, notes only: the ids of the agents whom the note mentions, at most 20. */
  mentions?: string[]
  /** Agents: the last seq of the conversation that they had seen. When another agent has replied after it, nothing is stored and the answer is an Error "stale". 0 = do not check. */
  base_seq?: number
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
  /** How far each side has the log, where known: author.kind "visitor", and "agent" without an id for the furthest of all agents; with the caller's own id, how far they have read themselves. conv is empty in each. */
  marks?: Watermark[]
}

/** Event is one row of a conversation's log. seq is gapless from 1. */
export interface Event {
  conv?: string
  seq?: number
  cid?: string
  author?: Author
  /** "message", "note", "handover", "claimed", "transferred", "resolved", "reopened", "released", "email", "feedback", "edited", "deleted" (data.target is the seq of the row whose content changed), "invited", "identified", "hidden". A visitor receives "hidden" (no content) for rows that are not theirs to read. Unknown kinds must be tolerated. */
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
  /** What the named fields have no place for: docs/protocol.md lists it. */
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
  /** "bad_frame", "too_large", "unauthenticated", "forbidden", "blocked", "not_found", "invalid", "stale", "overloaded", "unavailable", "internal". */
  code?: string
  /** For developers, English, never internal detail. */
  message?: string
  /** The frame it answers, where it had one. */
  conv?: string
  cid?: string
  /** Milliseconds after which to try again; 0 = do not repeat unchanged. */
  retry_after_ms?: number
  /** The offer that an Answer named. */
  offer?: string
}

/** Watermark says how far its author has a conversation's log. It only rises; one that arrives late is dropped. From a client: how far this client has it. From the server: how far another has it, stored lazily and sometimes lost. */
export interface Watermark {
  conv?: string
  /** Set by the server. Visitors are not told which agent it is. */
  author?: Author
  /** Highest seq that has reached the client without a hole. */
  delivered?: number
  /** Highest seq that was on a screen before a person; read implies delivered. */
  read?: number
}

/** Edit changes or removes the content of an own message. It is answered by Ack with the seq of a new row, of kind "edited" or "deleted", or by Error. */
export interface Edit {
  conv?: string
  /** A UUIDv7 made by the client for this edit, as Send.cid. */
  cid?: string
  /** The row to change: an own message, or an agent's own note. */
  seq?: number
  /** The new content; empty with remove. */
  content?: string
  /** Removes the content instead. Visitors may only remove. */
  remove?: boolean
}

/** Viewing says which agents have a conversation on their screen. Agents only. */
export interface Viewing {
  conv?: string
  /** From a client: whether this one has. It ends with the socket: say it again after each hello. */
  on?: boolean
  /** From the server: everybody who has, oneself included. */
  agents?: Author[]
}

/** Queue is a visitor's place among those who wait for a person. */
export interface Queue {
  conv?: string
  /** From 1; 0 = does not wait any more. */
  position?: number
  /** How many wait in the same queue. */
  waiting?: number
  /** Seconds, from the last waits; 0 = unknown. */
  expected_wait_s?: number
}

/** Offer asks an agent whether they take a conversation that the router chose them for. */
export interface Offer {
  id?: string
  conv?: string
  contact_name?: string
  /** Excerpt of the last message, at most 200 characters. */
  last_message?: string
  /** What the conversation needs. */
  skills?: string[]
  /** After this moment it goes to somebody else. */
  expires?: string
  /** Why the visitor waits, as Event.reason of a handover. */
  reason?: string
  /** Milliseconds until expires when this was sent: clients' clocks are wrong. */
  expires_in_ms?: number
}

/** OfferEnd says that an offer is no more. */
export interface OfferEnd {
  id?: string
  conv?: string
  /** "accepted", "declined", "timeout", "taken" (somebody else has it, or it needs nobody any more). */
  result?: string
}

/** Answer is an agent's answer to an Offer. It is answered by OfferEnd, or by Error with the offer's id. */
export interface Answer {
  offer?: string
  accept?: boolean
}

/** SetPresence changes an agent's own presence. It is answered by Presence, or by Error. */
export interface SetPresence {
  /** "online", "away", "invisible" (works, but is given nothing), "offline". */
  presence?: string
  /** Why they are away, for colleagues; at most 100 characters. */
  reason?: string
}

/** Presence is an agent's presence and load, one's own or a colleague's. Agents only. */
export interface Presence {
  agent?: Author
  /** As in SetPresence; colleagues see "invisible" as "away". */
  presence?: string
  /** Conversations held now. */
  active?: number
  /** How many the router gives them at most. */
  cap?: number
  reason?: string
}

/** Gone says that a conversation was deleted with everything in it. The client drops all that it has of it, on the screen and in its stores; nothing more comes of it. A resume answered by Error "not_found" says the same. */
export interface Gone {
  conv?: string
  /** "erased" (the person was forgotten), "expired" (the site keeps conversations no longer), or empty. */
  reason?: string
}
