import type { Conversation, Event } from '@frontdesk/shared/api/types'

type Translate = (key: string, values?: Record<string, unknown>) => string

/** What to call the visitor: the name, else the address, else the end of the contact's id. */
export function contactName(row: Conversation, t: Translate): string {
  return row.contact.name || row.contact.email || t('inbox.visitor', { id: row.contact.id.slice(-4).toUpperCase() })
}

/** What the bot had found when it handed over: the articles nearest to the question. */
export function nearestArticles(event: Event): string[] {
  const candidates = event.kind === 'handover' ? event.data?.candidates : undefined
  if (!Array.isArray(candidates)) return []
  return candidates.flatMap((found: unknown) => typeof found === 'object' && found !== null && 'article' in found ? [String(found.article)] : [])
}

/** The line for a row that tells of a change, in the agent's language. */
export function systemText(event: Event, t: Translate, has: (key: string) => boolean): string {
  const name = event.author?.kind === 'agent' ? event.author.name || t('system.someone') : t('system.someone')
  switch (event.kind) {
    case 'handover': {
      const known = event.reason && has(`reason.${event.reason}`)
      return known ? t('system.handoverWhy', { reason: t(`reason.${event.reason}`) }) : t('system.handover')
    }
    case 'claimed': return t('system.claimed', { name: event.state?.assignee?.name || name })
    case 'transferred': return t('system.transferred', { name, to: event.state?.assignee?.name || t('system.theQueue') }) + (event.reason || event.content ? ` · ${event.reason || event.content}` : '')
    case 'released': return event.reason === 'agent_gone' ? t('system.releasedGone') : t('system.released', { name })
    case 'resolved': return t('system.resolved', { name })
    case 'reopened': return t('system.reopened')
    case 'email': return t('system.email', { email: event.content ?? '' })
    default: return event.content || t('system.other', { kind: event.kind ?? '' })
  }
}
