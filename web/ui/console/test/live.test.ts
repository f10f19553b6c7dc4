import type { Event } from '@frontdesk/shared/api/types'
import type { Signal } from '@frontdesk/shared/session/session'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { computed, effectScope, nextTick, ref, shallowRef, type EffectScope } from 'vue'
import { api } from '../src/app/api.ts'
import { useAuth } from '../src/app/auth.ts'
import { useDesk } from '../src/app/desk.ts'
import { unread } from '../src/app/unread.ts'
import { useColleagues } from '../src/app/useColleagues.ts'
import { useMentions } from '../src/app/useMentions.ts'
import { useOffers, type OfferResult } from '../src/app/useOffers.ts'
import { useUnread } from '../src/app/useUnread.ts'
import { useVisitors } from '../src/app/useVisitors.ts'
import { applyEvent } from '../src/features/workbench/inboxRows.ts'
import { useCollision } from '../src/features/workbench/useCollision.ts'
import { matchingNames, mentionedIn, mentionParts, mentionWord } from '../src/features/workbench/useMention.ts'
import { useWordMenu } from '../src/features/workbench/useWordMenu.ts'

let scope: EffectScope
let say: (signal: Signal) => void
const read = new Map<string, number>()

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
  read.clear()
  useAuth().enter({ agent: { id: 'me', email: '', name: 'Mei', role: 'agent', locale: 'en' }, csrf: 'x' })
  const { session } = useDesk()
  const listeners = new Set<(signal: Signal) => void>()
  vi.spyOn(session, 'subscribe').mockImplementation((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  })
  vi.spyOn(session, 'readUpTo').mockImplementation(conv => read.get(conv) ?? 0)
  say = signal => listeners.forEach(listener => listener(signal))
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  vi.restoreAllMocks()
  vi.useRealTimers()
})
const hello: Signal = { type: 'hello', hello: {} }
const readMark = (conv: string, seq: number): Signal => {
  read.set(conv, seq)
  return { type: 'mark', conv, author: { kind: 'agent', id: 'me' }, read: seq }
}

describe('mentions in a note', () => {
  const names = [{ id: 'a', name: 'Sam' }, { id: 'b', name: 'Sam Miller' }, { id: 'c', name: '小梅' }]
  it('are found before the caret, in words of one or two parts', () => {
    expect(mentionWord('hi @sa', 6)).toEqual({ word: 'sa', from: 3 })
    expect(mentionWord('@Sam mi', 7)).toEqual({ word: 'sam mi', from: 0 })
    expect(mentionWord('a@b', 3)).toBeUndefined()
    expect(mentionWord('请看＠小', 4)).toBeUndefined()
    expect(mentionWord('请看，＠小', 5)).toEqual({ word: '小', from: 3 })
    expect(mentionWord('@Sam ', 5)).toBeUndefined()
  })
  it('offer those whose name or a word of it begins so', () => {
    expect(matchingNames(names, 'mil').map(one => one.id)).toEqual(['b'])
    expect(matchingNames(names, '').map(one => one.id)).toEqual(['a', 'b', 'c'])
  })
  it('mean the longest name that stands there, once each, and no part of another word', () => {
    expect(mentionedIn('@Sam Miller and @Sam, @小梅请看 @Sammy mail a@Sam', names)).toEqual(['b', 'a', 'c'])
    expect(mentionParts('x @Sam!', names)).toEqual([{ text: 'x ' }, { text: '@Sam', id: 'a' }, { text: '!' }])
  })
  it('take the place of what was typed', () => {
    const draft = ref('look @sa please')
    const at: number[] = []
    const menu = useWordMenu({ draft, find: mentionWord, choices: word => matchingNames(names, word), text: one => `@${one.name} `, focus: n => at.push(n ?? -1) })
    menu.look(8, true)
    expect(menu.items.value).toHaveLength(2)
    menu.onKey(new KeyboardEvent('keydown', { key: 'ArrowDown' }))
    expect(menu.onKey(new KeyboardEvent('keydown', { key: 'Enter' }))).toBe(true)
    expect([draft.value, at]).toEqual(['look @Sam Miller  please', [17]])
    expect(menu.onKey(new KeyboardEvent('keydown', { key: 'Enter' }))).toBe(false)
  })
})

describe('a reply that is being written', () => {
  const message = (seq: number, id: string, kind = 'agent'): Event => ({ seq, kind: 'message', content: `row ${seq}`, author: { kind, id, name: id } })
  function setup(text = '') {
    const draft = ref(text)
    const tab = ref('text')
    const events = shallowRef<readonly Event[]>([message(1, 'v', 'visitor')])
    const collision = scope.run(() => useCollision({ conv: 'c', draft, active: computed(() => tab.value === 'text'), events, me: 'me' }))!
    return { draft, tab, events, collision }
  }
  it('names the row that was last when it was begun, whatever the visitor says meanwhile', async () => {
    const { draft, events, collision } = setup()
    draft.value = 'h'
    events.value = [...events.value, message(2, 'v', 'visitor'), message(3, 'me')]
    draft.value = 'hello'
    await nextTick()
    expect(collision.newer.value).toBeUndefined()
    expect(collision.check()).toBe(1)
  })
  it('is stopped by a colleague’s newer reply until the agent has seen it', async () => {
    const { draft, events, collision } = setup()
    draft.value = 'hello'
    events.value = [...events.value, message(2, 'sam')]
    await nextTick()
    expect(collision.newer.value?.seq).toBe(2)
    expect(collision.stopped.value).toBe(false)
    expect(collision.check()).toBeUndefined()
    expect(collision.stopped.value).toBe(true)
    collision.seen()
    expect([collision.newer.value, collision.stopped.value, collision.check()]).toEqual([undefined, false, 2])
  })
  it('is no longer stopped when the newer reply was deleted, or the text given up', async () => {
    const { draft, events, collision } = setup()
    draft.value = 'hello'
    events.value = [...events.value, message(2, 'sam')]
    await nextTick()
    collision.check()
    draft.value = ''
    expect([collision.newer.value, collision.stopped.value]).toEqual([undefined, false])
    draft.value = 'again'
    expect(collision.check()).toBe(2)
    events.value = [...events.value, { ...message(3, 'sam'), data: { deleted: 't' } }]
    expect(collision.newer.value).toBeUndefined()
  })
  it('keeps its row over a reload, and a note beside it does not touch it', async () => {
    const first = setup()
    first.draft.value = 'half'
    first.tab.value = 'note'
    first.draft.value = ''
    first.events.value = [...first.events.value, message(2, 'sam')]
    await nextTick()
    scope.stop()
    scope = effectScope()
    const again = setup('half')
    again.events.value = first.events.value
    await nextTick()
    expect(again.collision.newer.value?.seq).toBe(2)
  })
})

describe('the router’s offers', () => {
  function setup() {
    vi.useFakeTimers()
    const answers: [string, boolean][] = []
    let connected = true
    vi.spyOn(useDesk().session, 'answer').mockImplementation((id, accept) => {
      answers.push([id, accept])
      return connected
    })
    const offers = scope.run(() => useOffers())!
    const ends: [OfferResult, string][] = []
    offers.onEnd((result, offer) => ends.push([result, offer.id]))
    const offer = (id: string, ms: number) => say({ type: 'offer', offer: { id, conv: `conv-${id}`, expires: '2000-01-01T00:00:00Z', expires_in_ms: ms } })
    return { offers, ends, answers, offer, cut: () => { connected = false } }
  }
  it('count down by the server’s measure, whatever this clock says, and go when time is up', () => {
    const { offers, ends, offer } = setup()
    offer('o1', 20_000)
    vi.advanceTimersByTime(5000)
    expect(offers.open.value[0]!.until - offers.now.value).toBe(15_000)
    offer('o1', 15_000)
    expect(offers.open.value).toHaveLength(1)
    expect(offers.open.value[0]!.lasts).toBe(20_000)
    vi.advanceTimersByTime(17_000)
    expect(offers.open.value).toEqual([])
    expect(ends).toEqual([['timeout', 'o1']])
  })
  it('are answered once, and tell whose they have become', () => {
    const { offers, ends, answers, offer } = setup()
    offer('o1', 20_000)
    offer('o2', 20_000)
    offers.answer('o1', true)
    offers.answer('o1', true)
    expect(answers).toEqual([['o1', true]])
    say({ type: 'offer_end', end: { id: 'o1', result: 'accepted' } })
    say({ type: 'offer_end', end: { id: 'o2', result: 'taken' } })
    expect(ends).toEqual([['accepted', 'o1'], ['taken', 'o2']])
    expect(offers.open.value).toEqual([])
  })
  it('that were accepted in vain are told apart from those that were missed', () => {
    const { ends, offer, offers } = setup()
    offer('o1', 20_000)
    offers.answer('o1', true)
    say({ type: 'offer_end', end: { id: 'o1', result: 'timeout' } })
    expect(ends).toEqual([['late', 'o1']])
  })
  it('that another tab accepted go without a word', () => {
    const { ends, offer, offers } = setup()
    offer('o1', 20_000)
    say({ type: 'offer_end', end: { id: 'o1', result: 'accepted' } })
    expect([ends, offers.open.value]).toEqual([[], []])
  })
  it('may be answered again when the answer was lost, and are told anew after a reconnect', () => {
    const { offers, ends, answers, offer, cut } = setup()
    offer('o1', 60_000)
    offers.answer('o1', false)
    vi.advanceTimersByTime(5000)
    offers.answer('o1', true)
    expect(answers).toHaveLength(2)
    say(hello)
    expect(offers.open.value).toEqual([])
    offer('o1', 40_000)
    cut()
    offers.answer('o1', true)
    expect(ends).toEqual([['offline', 'o1']])
    say({ type: 'error', error: { code: 'stale', offer: 'o1' } })
    expect(offers.open.value).toEqual([])
  })
})

describe('visitors of whom a card has no name', () => {
  it('are asked for once each, forgotten when the card goes, and left as they are when they cannot be read', async () => {
    const get = vi.spyOn(api, 'get').mockImplementation(async (path) => {
      if (path.endsWith('lost')) throw new Error('x')
      return { contact: { id: `of ${path.split('/').at(-1)}`, name: '', email: '' } } as never
    })
    const wanted = shallowRef(['c1', 'lost'])
    const { found } = scope.run(() => useVisitors(() => wanted.value))!
    await vi.waitFor(() => expect(found.value.get('c1')?.id).toBe('of c1'))
    wanted.value = ['c1', 'lost', 'c2']
    await vi.waitFor(() => expect(found.value.get('c2')?.id).toBe('of c2'))
    expect(get.mock.calls.map(([path]) => path)).toEqual(['c1', 'lost', 'c2'].map(conv => `/api/agent/conversations/${conv}`))
    wanted.value = ['c2']
    await nextTick()
    expect([...found.value.keys()]).toEqual(['c2'])
  })
})

describe('mentions of the agent', () => {
  const note = (seq: number, ids: string[], author = 'sam'): Signal => ({ type: 'event', live: true, event: { conv: 'c', seq, kind: 'note', content: 'look', author: { kind: 'agent', id: author, name: author }, data: { mentions: ids.map(id => ({ id, name: id })) } } })
  it('come from the server at first and live from then on; those that were read are not new', async () => {
    vi.spyOn(api, 'get').mockResolvedValue({ items: [{ conversation: 'old', seq: 4, time: '', author: {}, content: '', contact_name: '', seen: false }] })
    const mentions = scope.run(() => useMentions())!
    const told: number[] = []
    mentions.onNew(one => told.push(one.seq))
    say(hello)
    await vi.waitFor(() => expect(mentions.unread.value).toBe(1))
    say(note(5, ['me']))
    say(note(5, ['me']))
    say(note(6, ['sam'], 'ada'))
    say(note(7, ['me'], 'me'))
    expect([told, mentions.unread.value]).toEqual([[5], 2])
    say(readMark('c', 5))
    expect(mentions.unread.value).toBe(1)
    say(readMark('old', 9))
    expect(mentions.unread.value).toBe(0)
  })
  it('tell when they cannot be loaded', async () => {
    vi.spyOn(api, 'get').mockRejectedValue(new Error('x'))
    const mentions = scope.run(() => useMentions())!
    await mentions.load()
    expect(mentions.failed.value).toBe(true)
  })
})

describe('what is unread', () => {
  it('counts conversations on every page, and at once less those that were read here or elsewhere', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue({ total: 3, conversations: [{ conversation: 'a', last_seq: 4 }, { conversation: 'b', last_seq: 2 }] })
    const { count } = scope.run(() => useUnread(1))!
    say(hello)
    await vi.waitFor(() => expect(count.value).toBe(2))
    say(readMark('a', 4))
    expect(count.value).toBe(1)
    // The server writes marks late: what it still counts was read here.
    say({ type: 'event', live: true, event: { conv: 'x', seq: 1, kind: 'message' } })
    await vi.waitFor(() => expect(get).toHaveBeenCalledTimes(2))
    await nextTick()
    expect([count.value, unread.value]).toEqual([1, 1])
    scope.stop()
    expect(unread.value).toBe(0)
  })
  it('is no word of one’s own, but one of a colleague or the visitor', () => {
    const row = { last_seq: 1, unread: 2 } as never
    const event = (id: string): Event => ({ seq: 2, kind: 'message', author: { kind: 'agent', id } })
    expect(applyEvent(row, event('me'), false, 'me').unread).toBe(0)
    expect(applyEvent(row, event('sam'), false, 'me').unread).toBe(3)
    expect(applyEvent(row, event('sam'), true, 'me').unread).toBe(0)
  })
})

describe('colleagues', () => {
  it('are those of the teams, with presence and load as they change, who is there first', async () => {
    vi.spyOn(api, 'get').mockResolvedValue({ teams: [{ id: 1, name: 'x', members: [{ id: 'me', name: 'Mei', presence: 'online' }, { id: 'ada', name: 'Ada', presence: 'offline' }, { id: 'sam', name: 'Sam', presence: 'online', active: 1, cap: 4 }] }, { id: 2, name: 'y', members: [{ id: 'sam', name: 'Sam', presence: 'online' }] }] })
    const colleagues = scope.run(() => useColleagues())!
    say(hello)
    await vi.waitFor(() => expect(colleagues.others.value.map(one => one.name)).toEqual(['Sam', 'Ada']))
    say({ type: 'presence', presence: { agent: { id: 'sam' }, presence: 'away', reason: 'lunch', active: 2, cap: 4 } })
    say({ type: 'presence', presence: { agent: { id: 'ada' }, presence: 'online' } })
    expect(colleagues.others.value.map(one => one.name)).toEqual(['Ada', 'Sam'])
    expect(colleagues.of('sam')).toMatchObject({ name: 'Sam', presence: 'away', reason: 'lunch', active: 2 })
  })
})
