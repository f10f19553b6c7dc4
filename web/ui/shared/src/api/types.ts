// The shapes of the JSON routes. This is the one file through which the apps
// see them.
import type * as frame from '../gen/frames.ts'

export type { Event, State, Author, Source, Button, Typing } from '../gen/frames.ts'

export type Status = 'open' | 'snoozed' | 'resolved'
export type Owner = 'bot' | 'queue' | 'human'
export type Presence = 'online' | 'away' | 'offline'
export type View = 'queue' | 'mine' | 'bot' | 'human' | 'resolved' | 'all'

export interface Person { id: string, name: string }
export interface Contact { id: string, name: string, email: string, locale: string }

export interface Conversation {
  id: string
  site: string
  status: Status
  owner: Owner
  owner_epoch: number
  assignee: Person | null
  team: string | null
  last_seq: number
  locale: string
  page: string
  created_at: string
  last_message: string
  last_author: string
  last_message_at: string | null
  waiting_since: string | null
  queued_at: string | null
  resolved_at: string | null
  contact: Contact
  unread?: number
}

export interface InboxPage { items: Conversation[], next: string, counts: Record<View, number> }
export interface History { events: frame.Event[], last_seq: number }

export interface Agent { id: string, email: string, name: string, role: string, locale: string }
export interface SignedIn { agent: Agent, csrf: string, presence?: Presence }
export interface Team { id: string, name: string, members: { id: string, name: string, presence: Presence }[] }

export interface VisitorState {
  status: Status
  owner: Owner
  owner_epoch: number
  last_seq: number
  assignee: Person | null
  email: string
}
export interface VisitorSession {
  token: string
  expires_at: string
  conversation: string
  contact: string
  state: VisitorState
  agents_online: boolean
  site: { key: string, name: string, locale: string }
}
export interface QueuePosition { position: number, waiting: number, expected_wait_s: number | null }

export interface Stats {
  visitors_online: number
  agents_online: number
  open: number
  queued: number
  with_bot: number
  with_human: number
  resolved_today: number
  longest_wait_s: number
  bot_answered_today: number
  handovers_today: number
}

export interface Article {
  id: string
  locale: string
  title: string
  questions: string[]
  answer: string
  tags: string[]
  version: number
  updated_at: string
}
export interface ArticleRow {
  id: string
  locale: string
  title: string
  tags: string[]
  questions_count: number
  version: number
  updated_at: string
  locales: string[]
}
export interface ArticlePage { items: ArticleRow[], next: string, total: number }
export interface ImportReport { lines: number, added: number, changed: number, unchanged: number, dry_run: boolean }

export interface Candidate { Article: string, Locale: string, Score: number, Cosine: number, Variant: string }
export interface AskResult { action: string, reason: string, text: string, confidence: number, candidates: Candidate[], took_ms: number }
