import type { Conversation } from '@frontdesk/shared/api/types'
import type { Signal } from '@frontdesk/shared/session/session'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { api } from '../src/app/api.ts'
import { useAuth } from '../src/app/auth.ts'
import { useDesk } from '../src/app/desk.ts'
import { useInbox } from '../src/features/workbench/useInbox.ts'
import { useThread } from '../src/features/workbench/useThread.ts'
import { ApiError } from '@frontdesk/shared/api/client'

const row = (id: string, more: Partial<Conversation> = {}): Conversation => ({
  id, site: 'shop', status: 'open', owner: 'queue', owner_epoch: 2, assignee: null, team: null, last_seq: 2, locale: 'en', page: '', created_at: '2026-01-01T00:00:00Z',
  last_message: '', last_author: 'visitor', last_message_at: null, waiting_since: null, queued_at: '2026-01-01T00:00:00Z', resolved_at: null,
  contact: { id: 'v', name: '', email: '', locale: 'en', identified: false }, unread: 1, ...more,
})
const counts = { queue: 1, mine: 0, bot: 0, human: 0, resolved: 0, all: 1 }

let scope: EffectScope
let say: (signal: Signal) => void

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
  useAuth().enter({ agent: { id: 'me', email: '', name: 'Mei', role: 'agent', locale: 'en' }, csrf: 'x' })
  const desk = useDesk()
  const listeners = new Set<(signal: Signal) => void>()
  vi.spyOn(desk.session, 'subscribe').mockImplementation((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  })
  say = signal => listeners.forEach(listener => listener(signal))
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  vi.restoreAllMocks()
})

describe('a conversation that was erased', () => {
  it('goes from the list and the open page with every word, also while it is being changed', async () => {
    localStorage.setItem('frontdesk.draft.me.text.a', 'Dear Nina')
    const get = vi.spyOn(api, 'get').mockImplementation(async path => (path.endsWith('/messages') ? { events: [{ conv: 'a', seq: 1, kind: 'message', content: 'her words' }] } : path.includes('/conversations/a') ? row('a') : { items: [row('a'), row('b')], next: '', counts }) as never)
    const inbox = scope.run(() => useInbox({ view: ref('queue'), search: ref(''), open: ref('a'), settleMs: 5 }))!
    const thread = scope.run(() => useThread(ref('a'), () => undefined))!
    await vi.waitFor(() => expect([inbox.items.value.length, thread.events.value.length]).toEqual([2, 1]))
    let answer: (head: Conversation) => void = () => undefined
    vi.spyOn(api, 'post').mockReturnValue(new Promise(resolve => answer = resolve) as never)
    const done = thread.resolve()
    get.mockResolvedValue({ items: [row('b')], next: '', counts } as never)
    say({ type: 'gone', conv: 'a', reason: 'erased' })
    expect([thread.gone.value, thread.conversation.value, thread.events.value, inbox.items.value.map(({ id }) => id)]).toEqual(['erased', undefined, [], ['b']])
    answer(row('a', { status: 'resolved' }))
    await done
    expect(thread.conversation.value).toBeUndefined()
  })
  it('is told of where a page only learns it by a 404', async () => {
    vi.spyOn(api, 'get').mockRejectedValue(new ApiError({ status: 404 }))
    const thread = scope.run(() => useThread(ref('a'), () => undefined))!
    await vi.waitFor(() => expect([thread.gone.value, thread.problem.value]).toEqual(['missing', '']))
  })
})

describe('useInbox', () => {
  it('moves a row at once when its conversation changes hands, and then reads the server’s view', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue({ items: [row('a'), row('b')], next: '', counts })
    const inbox = scope.run(() => useInbox({ view: ref('queue'), search: ref(''), open: ref(undefined), settleMs: 5 }))!
    await vi.waitFor(() => expect(inbox.items.value).toHaveLength(2))
    get.mockResolvedValue({ items: [row('b')], next: '', counts: { ...counts, queue: 1 } })
    say({ type: 'event', live: true, event: { conv: 'a', seq: 3, kind: 'claimed', state: { status: 'open', owner: 'human', owner_epoch: 3, assignee: { id: 'you', name: 'Sam' } } } })
    expect(inbox.items.value.map(({ id }) => id)).toEqual(['b'])
    await vi.waitFor(() => expect(get).toHaveBeenCalledTimes(2))
  })
  it('reads the view anew when a conversation appears that it does not know', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue({ items: [], next: '', counts })
    const inbox = scope.run(() => useInbox({ view: ref('queue'), search: ref(''), open: ref(undefined), settleMs: 5 }))!
    await vi.waitFor(() => expect(inbox.loading.value).toBe(false))
    get.mockResolvedValue({ items: [row('new')], next: '', counts })
    say({ type: 'event', live: true, event: { conv: 'new', seq: 1, kind: 'message' } })
    await vi.waitFor(() => expect(inbox.items.value.map(({ id }) => id)).toEqual(['new']))
  })
})

describe('useThread', () => {
  function open() {
    vi.spyOn(api, 'get').mockImplementation(async path => (path.endsWith('/messages') ? { events: [{ conv: 'a', seq: 1, kind: 'message' }, { conv: 'a', seq: 2, kind: 'handover' }], last_seq: 2 } : row('a')) as never)
    const changed = vi.fn()
    const id = ref<string | undefined>('a')
    return { thread: scope.run(() => useThread(id, changed))!, changed, id }
  }

  it('shows the history and follows the conversation until another is opened', async () => {
    const { thread, id } = open()
    const desk = useDesk()
    await vi.waitFor(() => expect(thread.events.value).toHaveLength(2))
    expect(desk.session.timeline('a')?.lastSeq).toBe(2)
    id.value = undefined
    await nextTick()
    expect(desk.session.timeline('a')).toBeUndefined()
    expect(thread.events.value).toEqual([])
  })
  it('claims with the owner epoch that was seen, and looks again when somebody was faster', async () => {
    const { thread, changed } = open()
    await vi.waitFor(() => expect(thread.conversation.value).toBeDefined())
    const post = vi.spyOn(api, 'post').mockRejectedValueOnce(new ApiError({ status: 409, code: 'stale' }))
    expect(await thread.claim()).toBe(false)
    expect(post).toHaveBeenCalledWith('/api/agent/conversations/a/claim', { owner_epoch: 2 })
    expect(thread.problem.value).toBe('problem.stale')
    expect(changed).not.toHaveBeenCalled()
    post.mockResolvedValue(row('a', { owner: 'human', assignee: { id: 'me', name: 'Mei' } }))
    expect(await thread.claim()).toBe(true)
    expect(thread.conversation.value?.owner).toBe('human')
    expect(changed).toHaveBeenCalledOnce()
  })
  it('takes a colleague’s conversation over by passing it on to itself', async () => {
    const { thread } = open()
    await vi.waitFor(() => expect(thread.conversation.value).toBeDefined())
    say({ type: 'event', live: true, event: { conv: 'a', seq: 3, kind: 'claimed', state: { status: 'open', owner: 'human', owner_epoch: 3, assignee: { id: 'sam', name: 'Sam' } } } })
    const post = vi.spyOn(api, 'post').mockResolvedValue(row('a', { owner: 'human', assignee: { id: 'me', name: 'Mei' } }))
    expect(await thread.claim()).toBe(true)
    expect(post).toHaveBeenCalledWith('/api/agent/transfer', { conversation: 'a', to: { agent: 'me' }, reason: '' })
  })
  it('shows who is writing until the message comes', async () => {
    const { thread } = open()
    await vi.waitFor(() => expect(thread.conversation.value).toBeDefined())
    say({ type: 'typing', typing: { conv: 'a', on: true, author: { kind: 'visitor' } } })
    expect(thread.typing.value).toBe('visitor')
    say({ type: 'event', live: true, event: { conv: 'a', seq: 3, kind: 'message', author: { kind: 'visitor' } } })
    expect(thread.typing.value).toBe('')
  })
})
