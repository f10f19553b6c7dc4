import type { Conversation, Event, Owner, Status, View } from '@frontdesk/shared/api/types'

/** The row after an event of its conversation, as the server would show it to the agent `me`. */
export function applyEvent(row: Conversation, event: Event, reading: boolean, me = ''): Conversation {
  const seq = event.seq ?? 0
  if (seq <= row.last_seq) return row
  const next: Conversation = { ...row, last_seq: seq }
  const time = event.time ?? new Date().toISOString()
  if (event.state) {
    next.status = (event.state.status ?? next.status) as Status
    next.owner = (event.state.owner ?? next.owner) as Owner
    next.owner_epoch = event.state.owner_epoch ?? next.owner_epoch
    next.assignee = event.state.assignee?.id ? { id: event.state.assignee.id, name: event.state.assignee.name ?? '' } : null
    next.team = event.state.team ?? null
    next.queued_at = next.owner === 'queue' ? row.queued_at ?? time : null
    next.resolved_at = next.status === 'resolved' ? time : null
    if (next.status === 'resolved') next.waiting_since = null
  }
  if (event.kind === 'message') {
    const author = event.author?.kind ?? ''
    next.last_message = (event.content ?? '').slice(0, 200)
    next.last_author = author
    next.last_message_at = time
    next.waiting_since = author === 'visitor' ? row.waiting_since ?? time : null
    const own = event.author?.id !== undefined && event.author.id === me
    next.unread = reading || own ? 0 : (row.unread ?? 0) + 1
  }
  return next
}

/** Tells whether a conversation is shown in a view; `asked` are those that one was asked to take part in. */
export function belongs(row: Conversation, view: View, me: string, asked?: ReadonlySet<string>): boolean {
  if (view === 'all') return true
  if (view === 'resolved') return row.status === 'resolved'
  if (row.status === 'resolved') return false
  if (view === 'mine') return row.owner === 'human' && (row.assignee?.id === me || asked?.has(row.id) === true)
  return row.owner === view
}

/** Orders the open views by who has waited longest, the resolved one by the newest. */
export function inOrder(rows: readonly Conversation[], view: View): Conversation[] {
  const moved = (row: Conversation) => Date.parse(row.last_message_at ?? row.created_at)
  if (view === 'resolved' || view === 'all') return [...rows].sort((a, b) => moved(b) - moved(a))
  const since = (row: Conversation) => {
    const start = view === 'queue' ? row.queued_at ?? row.waiting_since : row.waiting_since
    return start ? Date.parse(start) : Infinity
  }
  return [...rows].sort((a, b) => {
    const left = since(a)
    const right = since(b)
    return left === right ? moved(b) - moved(a) : left - right
  })
}
