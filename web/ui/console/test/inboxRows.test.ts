import type { Conversation } from '@frontdesk/shared/api/types'
import { describe, expect, it } from 'vitest'
import { applyEvent, belongs, inOrder } from '../src/features/workbench/inboxRows.ts'

const row = (more: Partial<Conversation> = {}): Conversation => ({
  id: 'c1', site: 'shop', status: 'open', owner: 'bot', owner_epoch: 1, assignee: null, team: null, last_seq: 3, locale: 'en', page: '', created_at: '2026-01-01T00:00:00Z',
  last_message: 'old', last_author: 'bot', last_message_at: '2026-01-01T00:00:00Z', waiting_since: null, queued_at: null, resolved_at: null,
  contact: { id: 'v', name: '', email: '', locale: 'en', identified: false }, unread: 0, ...more,
})
const at = (minute: number) => `2026-01-01T00:0${minute}:00Z`

describe('an event on a row', () => {
  it('of the visitor starts the wait and counts as unread', () => {
    const next = applyEvent(row(), { seq: 4, kind: 'message', content: 'hello?', author: { kind: 'visitor' }, time: at(1) }, false)
    expect(next).toMatchObject({ last_seq: 4, last_message: 'hello?', last_author: 'visitor', waiting_since: at(1), unread: 1 })
    expect(applyEvent(next, { seq: 5, kind: 'message', content: '??', author: { kind: 'visitor' }, time: at(2) }, false)).toMatchObject({ waiting_since: at(1), unread: 2 })
  })
  it('is not unread in the conversation that is being read', () => {
    expect(applyEvent(row({ unread: 2 }), { seq: 4, kind: 'message', author: { kind: 'visitor' } }, true).unread).toBe(0)
  })
  it('of an agent ends the wait', () => {
    expect(applyEvent(row({ waiting_since: at(1) }), { seq: 4, kind: 'message', author: { kind: 'agent' }, time: at(2) }, false).waiting_since).toBeNull()
  })
  it('with a state moves the conversation', () => {
    const queued = applyEvent(row(), { seq: 4, kind: 'handover', time: at(1), state: { status: 'open', owner: 'queue', owner_epoch: 2 } }, false)
    expect(queued).toMatchObject({ owner: 'queue', owner_epoch: 2, queued_at: at(1), assignee: null })
    const taken = applyEvent(queued, { seq: 5, kind: 'claimed', state: { status: 'open', owner: 'human', owner_epoch: 3, assignee: { id: 'a', name: 'Mei' } } }, false)
    expect(taken).toMatchObject({ owner: 'human', assignee: { id: 'a', name: 'Mei' }, queued_at: null })
    expect(applyEvent(taken, { seq: 6, kind: 'resolved', time: at(3), state: { status: 'resolved' } }, false)).toMatchObject({ status: 'resolved', resolved_at: at(3) })
  })
  it('that is older than the row changes nothing', () => {
    const before = row()
    expect(applyEvent(before, { seq: 3, kind: 'message', content: 'late' }, false)).toBe(before)
  })
  it('that is a note leaves the excerpt alone', () => {
    expect(applyEvent(row(), { seq: 4, kind: 'note', content: 'secret', author: { kind: 'agent' } }, false)).toMatchObject({ last_message: 'old', last_seq: 4 })
  })
})

describe('a view', () => {
  it('shows what belongs to it', () => {
    const mine = row({ owner: 'human', assignee: { id: 'me', name: '' } })
    expect([belongs(mine, 'mine', 'me'), belongs(mine, 'mine', 'you'), belongs(mine, 'human', 'you'), belongs(mine, 'queue', 'me'), belongs(mine, 'all', 'x')]).toEqual([true, false, true, false, true])
    const done = row({ status: 'resolved', owner: 'human', assignee: { id: 'me', name: '' } })
    expect([belongs(done, 'mine', 'me'), belongs(done, 'resolved', 'me')]).toEqual([false, true])
  })
  it('puts who waits longest first, and those who do not wait after', () => {
    const rows = [row({ id: 'calm' }), row({ id: 'short', queued_at: at(5) }), row({ id: 'long', queued_at: at(1) })]
    expect(inOrder(rows, 'queue').map(({ id }) => id)).toEqual(['long', 'short', 'calm'])
  })
  it('puts the newest first among the resolved', () => {
    const rows = [row({ id: 'old', last_message_at: at(1) }), row({ id: 'new', last_message_at: at(2) })]
    expect(inOrder(rows, 'resolved').map(({ id }) => id)).toEqual(['new', 'old'])
  })
})
