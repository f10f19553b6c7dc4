import type { Conversation, Event } from '@frontdesk/shared/api/types'

type Translate = (key: string, values?: Record<string, unknown>) => string

/** What to call the visitor: the name, else the address, else the end of the contact's id. */
export function contactName(row: Conversation, t: Translate): string {
  return row.contact.name || row.contact.email || t('inbox.visitor', { id: row.contact.id.slice(-4).toUpperCase() })
}

// Chinese characters of every plane; a Japanese or Korean text has others beside them, and counts too: EN would be further off.
const han = /\p{Script=Han}/u

/**
 * The language to expect of a visitor, or undefined. A client that named none has its site's, which may be wrong: who
 * writes Chinese reads it, whatever the browser said.
 */
export function languageOf(row: Pick<Conversation, 'locale' | 'last_message' | 'last_author'>): 'zh-CN' | 'en' | undefined {
  if (row.last_author === 'visitor' && han.test(row.last_message)) return 'zh-CN'
  return row.locale === 'zh-CN' || row.locale === 'en' ? row.locale : undefined
}

/** What became of an article before a person took over. */
export interface TriedArticle { article: string, title: string, outcome: string }

/** What is handed on with a conversation; what the server did not send is empty. */
export interface HandoverNotes {
  /** Sentences of the visitor's own, in their order. */
  summary: string[]
  question: string
  reason: string
  language: string
  /** "angry", "pleased" or empty. */
  mood: string
  /** Of the bot's last answer or best candidate, 0–1; 0 = none. */
  confidence: number
  /** Articles that the visitor saw, the latest first. */
  tried: TriedArticle[]
}

/** The notes of a handover, or undefined when there is nothing in them beyond the reason. */
export function handoverOf(event: Event): HandoverNotes | undefined {
  const data = event.kind === 'handover' ? event.data : undefined
  if (!data) return undefined
  const list = (value: unknown): unknown[] => Array.isArray(value) ? value : []
  const text = (value: unknown): string => typeof value === 'string' ? value : ''
  const notes = {
    summary: list(data.summary).map(text).filter(Boolean),
    question: text(data.question),
    reason: event.reason || text(data.reason),
    language: text(data.language) || event.locale || '',
    mood: ['angry', 'pleased'].includes(text(data.mood)) ? text(data.mood) : '',
    confidence: typeof data.confidence === 'number' ? data.confidence : 0,
    tried: list(data.tried).flatMap((found) => {
      const one = typeof found === 'object' && found !== null ? found as Record<string, unknown> : {}
      return text(one.article) ? [{ article: text(one.article), title: text(one.title) || text(one.article), outcome: text(one.outcome) }] : []
    }),
  }
  return notes.summary.length || notes.question || notes.tried.length ? notes : undefined
}

/** What the visitor thinks of the bot's answers, by their numbers; of several votes the last counts. */
export function votesOf(events: readonly Event[]): Map<number, boolean> {
  return new Map(events.flatMap((event) => {
    const vote = event.kind === 'feedback' ? event.data?.feedback : undefined
    return typeof vote === 'object' && vote !== null && 'seq' in vote && 'helpful' in vote ? [[Number(vote.seq), vote.helpful === true] as const] : []
  }))
}

/** A reason for an agent: the server's own and chosen ones translated, what a person wrote as it is. */
export function reasonText(reason: string, t: Translate, has: (key: string) => boolean): string {
  const [code = '', ...words] = reason.split(': ')
  const known = /^[a-z_]+$/.test(code) && has(`reason.${code}`)
  return known ? [t(`reason.${code}`), words.join(': ')].filter(Boolean).join(' · ') : reason
}

/** A chosen reason and words as one text, "code: words"; either may be empty. */
export function joinReason(code: string, words: string): string {
  return code && words ? `${code}: ${words}` : code || words
}

/** Takes apart what [joinReason] made of one of these codes. */
export function splitReason(reason: string, codes: readonly string[]): { code: string, words: string } {
  const code = codes.find(one => reason === one || reason.startsWith(`${one}: `)) ?? ''
  return { code, words: code ? reason.slice(code.length + 2) : reason }
}

/** Whom a row of kind "invited" asks to take part. */
export function inviteeOf(event: Event): { id: string, name: string } | undefined {
  const found = event.kind === 'invited' ? event.data?.invitee : undefined
  return typeof found === 'object' && found !== null && 'id' in found ? { id: String(found.id), name: 'name' in found ? String(found.name) : '' } : undefined
}

/** The line for a row that tells of a change, in the agent's language. */
export function systemText(event: Event, t: Translate, has: (key: string) => boolean): string {
  const name = event.author?.kind === 'agent' ? event.author.name || t('system.someone') : t('system.someone')
  const reason = event.reason || event.content
  const why = reason && reason !== 'released' ? ` · ${reasonText(reason, t, has)}` : ''
  switch (event.kind) {
    case 'handover': {
      return event.reason ? t('system.handoverWhy', { reason: reasonText(event.reason, t, has) }) : t('system.handover')
    }
    case 'claimed': return t(event.author?.kind === 'system' ? 'system.assigned' : 'system.claimed', { name: event.state?.assignee?.name || name })
    case 'invited': return t('system.invited', { name, invitee: inviteeOf(event)?.name || t('system.someone') }) + why
    case 'transferred':
      if (event.author?.id && event.author.id === event.state?.assignee?.id) return t('live.tookOver', { name }) + why
      return t('system.transferred', { name, to: event.state?.assignee?.name || t('system.theQueue') }) + why
    case 'released': return event.reason === 'agent_gone' ? t('system.releasedGone') : t('system.released', { name }) + why
    case 'resolved': return t('system.resolved', { name })
    case 'reopened': return t('system.reopened')
    case 'identified': return t('system.identified', { name: event.content || t('system.someone') })
    case 'email': return t('system.email', { email: event.content ?? '' })
    default: return event.content || t('system.other', { kind: event.kind ?? '' })
  }
}
