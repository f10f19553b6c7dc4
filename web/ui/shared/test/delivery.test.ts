import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { editedAt, formerTexts, isDeleted } from '../src/session/amend.ts'
import { Session, type SessionOptions, type Signal } from '../src/session/session.ts'
import { Timeline } from '../src/session/timeline.ts'
import { FakeSocket, FakeStorage } from './fakeSocket.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

async function setup(more: Partial<SessionOptions> = {}) {
  const sockets: FakeSocket[] = []
  const signals: Signal[] = []
  const storage = new FakeStorage()
  const page = new EventTarget()
  const make = () => {
    const session = new Session({
      url: 'ws://desk/ws/agent', scope: 'agent', storage, page, random: () => 0.5, credentials: async () => ({ csrf: 'x' }),
      open: () => {
        sockets.push(new FakeSocket())
        return sockets.at(-1)!
      },
      ...more,
    })
    session.subscribe(signal => signals.push(signal))
    session.start()
    return session
  }
  const session = make()
  await vi.advanceTimersByTimeAsync(0)
  const last = () => sockets.at(-1)!
  const again = async (hello = { log_epoch: 'e1', conv: 'c1' }) => {
    last().close(1006)
    await vi.advanceTimersByTimeAsync(1000)
    last().accept(hello)
  }
  return { session, sockets, signals, storage, page, last, make, again }
}

describe('watermarks', () => {
  it('are told once for many rows, and only when something rose', async () => {
    const { session, last } = await setup()
    session.follow('c1')
    last().accept()
    last().resumed(0)
    for (let seq = 1; seq <= 40; seq++) last().event(seq)
    await vi.advanceTimersByTimeAsync(1000)
    expect(last().of('mark')).toEqual([{ conv: 'c1', delivered: 40 }])
    session.seen('c1')
    session.seen('c1')
    session.seen('c1', 3)
    await vi.advanceTimersByTimeAsync(1000)
    expect(last().of('mark').slice(1)).toEqual([{ conv: 'c1', delivered: 40, read: 40 }])
  })

  it('are told anew at each connection, for the last ones may have been lost', async () => {
    const { session, last, again } = await setup()
    session.follow('c1', [{ conv: 'c1', seq: 1 }])
    last().accept()
    session.seen('c1')
    await vi.advanceTimersByTimeAsync(1000)
    await again()
    await vi.advanceTimersByTimeAsync(1000)
    expect(last().of('mark')).toEqual([{ conv: 'c1', delivered: 1, read: 1 }])
  })

  it('that were told long ago are not told again', async () => {
    const { session, last, again } = await setup()
    last().accept()
    for (let i = 0; i < 6000; i++) session.seen(`c${i}`, 1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(last().of('mark')).toHaveLength(5000)
    await vi.advanceTimersByTimeAsync(200_000)
    session.seen('c5999', 2)
    await vi.advanceTimersByTimeAsync(1000)
    await again()
    await vi.advanceTimersByTimeAsync(1000)
    expect(last().of('mark')).toEqual([{ conv: 'c5999', delivered: 2, read: 2 }])
  })

  it('of others only rise, are kept apart from one’s own, and come with a resume', async () => {
    const { session, last, signals } = await setup()
    session.follow('c1')
    last().accept({ log_epoch: 'e1', self: { kind: 'agent', id: 'me' } })
    last().receive({ resumed: { conv: 'c1', marks: [{ author: { kind: 'visitor' }, delivered: 4, read: 2 }, { author: { kind: 'agent', id: 'me' }, read: 9 }] } })
    expect(session.reached('c1', 'visitor')).toEqual({ delivered: 4, read: 2 })
    last().receive({ mark: { conv: 'c1', author: { kind: 'visitor' }, delivered: 3, read: 1 } })
    last().receive({ mark: { conv: 'c1', author: { kind: 'visitor' }, read: 5 } })
    expect(session.reached('c1', 'visitor')).toEqual({ delivered: 5, read: 5 })
    expect(session.reached('c1', 'agent')).toEqual({ delivered: 0, read: 0 })
    expect(signals.filter(signal => signal.type === 'mark')).toHaveLength(3)
  })
})

describe('edits', () => {
  it('change the row they speak of, and a page of history that was read before', () => {
    const timeline = new Timeline()
    timeline.prepend([{ seq: 3, content: 'tow', time: 't3' }])
    timeline.apply({ seq: 4, kind: 'edited', content: 'two', time: 't4', data: { target: 3 } })
    timeline.apply({ seq: 5, kind: 'deleted', time: 't5', data: { target: 2 } })
    expect(timeline.events[0]).toMatchObject({ content: 'two' })
    expect(editedAt(timeline.events[0]!)).toBe('t4')
    expect(formerTexts(timeline.events[0]!)).toEqual([{ content: 'tow', time: 't3' }])
    timeline.prepend([{ seq: 1, content: 'one' }, { seq: 2, content: 'gone' }])
    expect(timeline.events[1]).toMatchObject({ content: '' })
    expect(isDeleted(timeline.events[1]!)).toBe(true)
  })

  it('of one message several times end with the last text, whichever of them the server still has', () => {
    const timeline = new Timeline()
    timeline.prepend([{ seq: 1, content: 'c', data: { edited: 't3', history: [{ content: 'a', time: 't1' }, { content: 'b', time: 't2' }] } }, { seq: 2, kind: 'edited', time: 't2', data: { target: 1 } }, { seq: 3, kind: 'edited', content: 'c', time: 't3', data: { target: 1 } }])
    expect(timeline.events[0]).toMatchObject({ content: 'c' })
    expect(formerTexts(timeline.events[0]!)).toHaveLength(2)
  })

  it('travel like messages: kept, repeated with the same cid, over when their row is there', async () => {
    const { session, last, again, storage } = await setup()
    session.follow('c1', [{ conv: 'c1', seq: 1, content: 'helo' }])
    last().accept()
    last().resumed(1)
    const cid = session.edit('c1', 1, 'hello')
    expect(session.edits('c1').get(1)).toMatchObject({ cid, content: 'hello' })
    expect(session.pending('c1')).toEqual([])
    await again()
    expect(last().of('edit')).toEqual([{ conv: 'c1', cid, seq: 1, content: 'hello' }])
    last().resumed(1)
    last().receive({ ack: { conv: 'c1', cid, seq: 2 } })
    expect(storage.length).toBe(0)
    last().event(2, { kind: 'edited', cid, content: 'hello', data: { target: 1 } })
    expect(session.edits('c1').size).toBe(0)
    expect(session.timeline('c1')!.events[0]).toMatchObject({ content: 'hello' })
    session.remove('c1', 1)
    expect(last().of('edit').at(-1)).toMatchObject({ seq: 1, remove: true })
  })

  it('are not carried out on a log that was restored: the row may be another', async () => {
    const { session, last, again } = await setup()
    session.follow('c1', [{ conv: 'c1', seq: 1, content: 'helo' }])
    last().accept()
    last().close(1006)
    const cid = session.edit('c1', 1, 'hello')
    await vi.advanceTimersByTimeAsync(1000)
    last().accept({ log_epoch: 'e2' })
    expect(last().of('edit')).toEqual([])
    expect(session.edits('c1').get(1)).toMatchObject({ cid, failed: 'stale' })
    await again({ log_epoch: 'e2', conv: 'c1' })
    expect(last().of('edit')).toEqual([])
  })
})

describe('a reply', () => {
  it('names what its writer had seen; when a colleague was faster it waits, and goes anyway when told to', async () => {
    const { session, last } = await setup()
    session.follow('c1')
    last().accept()
    const cid = session.send('c1', 'mine', { base: 4 })
    expect(last().of('send')).toEqual([{ conv: 'c1', cid, content: 'mine', type: 'text', base_seq: 4 }])
    last().receive({ error: { code: 'stale', conv: 'c1', cid } })
    expect(session.pending('c1')).toMatchObject([{ cid, failed: 'stale', base: 4 }])
    session.retry(cid, true)
    expect(last().of('send').at(-1)).toEqual({ conv: 'c1', cid, content: 'mine', type: 'text' })
  })

  it('is not overtaken by what was written after it while the server slows it down', async () => {
    const { session, last } = await setup()
    session.follow('c1')
    last().accept()
    const first = session.send('c1', 'one')
    last().receive({ error: { code: 'overloaded', conv: 'c1', cid: first, retry_after_ms: 3000 } })
    vi.advanceTimersByTime(2)
    const second = session.send('c1', 'two')
    const other = session.send('c2', 'elsewhere')
    const sent = () => last().of('send').map(one => one.cid)
    expect(sent()).toEqual([first, other])
    await vi.advanceTimersByTimeAsync(3000)
    expect(sent()).toEqual([first, other, first])
    last().receive({ error: { code: 'overloaded', conv: 'c1', cid: first, retry_after_ms: 3000 } })
    await vi.advanceTimersByTimeAsync(3000)
    last().receive({ ack: { conv: 'c1', cid: first, seq: 1 } })
    expect(sent()).toEqual([first, other, first, first, second])
    last().receive({ error: { code: 'overloaded', conv: 'c1', cid: second, retry_after_ms: 60_000 } })
    vi.advanceTimersByTime(2)
    const third = session.send('c1', 'three')
    session.discard(second)
    expect(sent().at(-1)).toBe(third)
  })

  it('carries mentions in a note', async () => {
    const { session, last } = await setup()
    last().accept()
    session.send('c1', '@Sam look', { type: 'note', mentions: ['sam'] })
    expect(last().of('send')).toMatchObject([{ type: 'note', mentions: ['sam'] }])
  })
})

describe('viewing', () => {
  it('is said at once, repeated while it lasts, and again after a reconnect', async () => {
    const { session, last, again } = await setup()
    last().accept()
    session.view('c1', true)
    session.view('c1', true)
    expect(last().of('viewing')).toEqual([{ conv: 'c1', on: true }])
    await vi.advanceTimersByTimeAsync(50_000)
    expect(last().of('viewing')).toHaveLength(3)
    await again()
    expect(last().of('viewing')).toEqual([{ conv: 'c1', on: true }])
    session.view('c1', false)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(last().of('viewing')).toEqual([{ conv: 'c1', on: true }, { conv: 'c1' }])
  })
})

describe('a log that was restored', () => {
  it('is read from its beginning when its last row lies before the client’s', async () => {
    const { session, last, signals } = await setup()
    session.follow('c1', [{ conv: 'c1', seq: 1 }, { conv: 'c1', seq: 2 }])
    last().accept()
    last().resumed(1)
    expect(signals.some(signal => signal.type === 'epoch')).toBe(true)
    expect(last().of('resume')).toEqual([{ conv: 'c1', after_seq: 2 }, { conv: 'c1', after_seq: 0 }])
  })
  it('is not believed in for a live row that overtook the answer', async () => {
    const { session, last } = await setup({ inbox: true })
    session.follow('c1', [{ conv: 'c1', seq: 1 }])
    last().accept()
    last().event(2)
    last().resumed(1)
    expect(session.timeline('c1')!.lastSeq).toBe(2)
  })
})

describe('several pages of one person', () => {
  it('forget what another has stored or given up', async () => {
    const { session, page, storage, signals } = await setup()
    const cid = session.send('c1', 'from here')
    const key = storage.key(0)
    page.dispatchEvent(Object.assign(new Event('storage'), { key, newValue: null }))
    expect(session.pending('c1')).toEqual([])
    expect(signals.filter(signal => signal.type === 'outbox')).toHaveLength(2)
    expect(cid).not.toBe('')
  })

  it('send what a page that was closed has left, at the next connection', async () => {
    const { session, last, make, again } = await setup()
    last().accept()
    const other = make()
    await vi.advanceTimersByTimeAsync(0)
    const cid = other.send('c1', 'left behind')
    other.stop()
    expect(session.pending('c1')).toEqual([])
    await vi.advanceTimersByTimeAsync(1000)
    session.stop()
    session.start()
    await vi.advanceTimersByTimeAsync(0)
    last().accept()
    expect(last().of('send')).toMatchObject([{ cid }])
    await again()
  })
})

describe('a server that goes away', () => {
  it('is left alone for as long as it asks', async () => {
    const { sockets, last } = await setup()
    last().accept()
    last().receive({ error: { code: 'unavailable', retry_after_ms: 8000 } })
    last().close(1001)
    await vi.advanceTimersByTimeAsync(8000)
    expect(sockets).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(500)
    expect(sockets).toHaveLength(2)
  })
  it('is noticed by its silence', async () => {
    const { session, sockets, last } = await setup()
    session.follow('c1')
    last().accept({ log_epoch: 'e1', ping_s: 20 })
    last().resumed(0)
    await vi.advanceTimersByTimeAsync(40_000)
    expect(last().of('resume')).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(11_000)
    expect(sockets).toHaveLength(2)
  })
})

describe('what the router says', () => {
  it('reaches the listeners, and their answers the router', async () => {
    const { session, last, signals } = await setup()
    expect(session.answer('o1', true)).toBe(false)
    last().accept()
    last().receive({ offer: { id: 'o1', conv: 'c1' } })
    last().receive({ queue: { conv: 'c1', position: 2 } })
    last().receive({ presence: { agent: { id: 'sam' }, presence: 'away' } })
    last().receive({ viewing: { conv: 'c1' } })
    last().receive({ offer_end: { id: 'o1', result: 'timeout' } })
    last().receive({ error: { code: 'stale', offer: 'o1' } })
    expect(signals.map(signal => signal.type).slice(-6)).toEqual(['offer', 'queue', 'presence', 'viewing', 'offer_end', 'error'])
    expect(session.answer('o1', true)).toBe(true)
    expect(session.answer('o1', false)).toBe(true)
    expect(session.setPresence('away', 'lunch')).toBe(true)
    expect(last().of('answer')).toEqual([{ offer: 'o1', accept: true }, { offer: 'o1' }])
    expect(last().of('presence')).toEqual([{ presence: 'away', reason: 'lunch' }])
  })
})
