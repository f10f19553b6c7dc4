import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Session, type SessionOptions, type Signal } from '../src/session/session.ts'
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
      url: 'ws://desk/ws/visitor',
      scope: 'visitor',
      storage,
      page,
      random: () => 0.5,
      credentials: async () => ({ token: 't' }),
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
  return { session, sockets, signals, storage, page, last, make }
}

describe('connecting', () => {
  it('says hello first and resumes each followed conversation after its last row', async () => {
    const { session, last } = await setup()
    session.follow('c1', [{ conv: 'c1', seq: 1 }, { conv: 'c1', seq: 2 }])
    last().accept()
    expect(last().sent).toEqual([{ hello: { token: 't' } }, { resume: { conv: 'c1', after_seq: 2 } }])
    expect(session.state).toBe('online')
  })

  it('comes back with growing, jittered waits', async () => {
    const { sockets, last } = await setup()
    for (const wait of [50, 100, 200, 400]) {
      const before = sockets.length
      last().close(1006)
      await vi.advanceTimersByTimeAsync(wait - 1)
      expect(sockets).toHaveLength(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(sockets).toHaveLength(before + 1)
    }
  })

  it('tries at once when the page comes back online', async () => {
    const { sockets, last, page } = await setup()
    for (let i = 0; i < 6; i++) {
      last().close(1006)
      await vi.advanceTimersByTimeAsync(30_000)
    }
    const before = sockets.length
    last().close(1006)
    page.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(0)
    expect(sockets).toHaveLength(before + 1)
  })

  it('asks for new credentials after a refusal, and stops when there are none', async () => {
    const asked: boolean[] = []
    const { session, last } = await setup({ credentials: async (refused) => {
      asked.push(refused)
      return refused ? undefined : { csrf: 'x' }
    } })
    last().accept()
    last().receive({ error: { code: 'unauthenticated' } })
    await vi.advanceTimersByTimeAsync(30_000)
    expect(asked).toEqual([false, true])
    expect(session.state).toBe('refused')
  })

  it('heeds what a close code says about coming back', async () => {
    const { session, sockets, last } = await setup()
    const returns = async (code: number, ms: number) => {
      const before = sockets.length
      last().accept()
      await vi.advanceTimersByTimeAsync(1000)
      last().close(code)
      await vi.advanceTimersByTimeAsync(ms - 1)
      expect(sockets, `${code}, a moment early`).toHaveLength(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(sockets, String(code)).toHaveLength(before + 1)
    }
    for (const code of [1001, 1006, 1011, 1012, 4408, 4409, 4410]) await returns(code, 50)
    await returns(1013, 1050)
    for (const code of [1002, 1003, 1008, 1009]) await returns(code, 60_050)
    const before = sockets.length
    last().close(4403)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sockets).toHaveLength(before)
    expect(session.state).toBe('refused')
  })

  it('comes back ever more rarely to a server that says hello and hangs up, until a connection has lasted a second', async () => {
    const { sockets, last } = await setup()
    const gap = async () => {
      const [before, from] = [sockets.length, Date.now()]
      while (sockets.length === before) await vi.advanceTimersByTimeAsync(1)
      return Date.now() - from
    }
    const gaps: number[] = []
    for (let i = 0; i < 9; i++) {
      last().accept()
      last().close(1006)
      gaps.push(await gap())
    }
    expect(gaps).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
    last().accept()
    await vi.advanceTimersByTimeAsync(1000)
    last().close(1006)
    expect(await gap()).toBe(50)
  })

  it('calls a break broken only when it lasts a second, and then until the next hello', async () => {
    const { session, last, signals } = await setup()
    const told = () => signals.filter(signal => signal.type === 'broken').length
    last().accept()
    await vi.advanceTimersByTimeAsync(1000)
    last().close(1006)
    await vi.advanceTimersByTimeAsync(500)
    last().accept()
    await vi.advanceTimersByTimeAsync(1000)
    expect([session.broken, told()]).toEqual([false, 0])
    for (let i = 0; i < 4; i++) {
      last().close(1006)
      await vi.advanceTimersByTimeAsync(500)
    }
    expect([session.broken, told()]).toEqual([true, 1])
    last().accept()
    expect([session.broken, told()]).toEqual([false, 2])
  })

  it('resumes on the next socket what the last was asked for when it was stopped', async () => {
    const { session, last, sockets } = await setup()
    session.follow('c1')
    last().accept()
    const cid = session.send('c1', 'hello')
    const slowed = session.send('c1', 'put off')
    last().receive({ error: { code: 'overloaded', cid: slowed, retry_after_ms: 5000 } })
    session.stop()
    session.start()
    await vi.advanceTimersByTimeAsync(0)
    last().accept()
    expect(last().of('resume')).toEqual([{ conv: 'c1', after_seq: 0 }])
    expect(last().of('send').map(send => send.cid)).toEqual([cid, slowed])
    last().event(1, { cid })
    last().event(2, { cid: slowed })
    last().resumed(2)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(sockets).toHaveLength(2)
    expect(session.timeline('c1')?.lastSeq).toBe(2)
  })

  it('drops a socket on which a hello stays unanswered', async () => {
    const { sockets } = await setup()
    await vi.advanceTimersByTimeAsync(10_000 + 600)
    expect(sockets[0]!.readyState).toBe(3)
    expect(sockets).toHaveLength(2)
  })
})

describe('receiving', () => {
  it('delivers the next row, drops an older one and asks for what a hole lacks', async () => {
    const { session, last, signals } = await setup()
    const timeline = session.follow('c1')
    last().accept()
    last().resumed(0)
    last().event(1)
    last().event(1)
    last().event(2)
    last().event(4)
    expect(timeline.events.map(event => event.seq)).toEqual([1, 2])
    expect(last().of('resume').at(-1)).toEqual({ conv: 'c1', after_seq: 2 })
    last().event(3)
    last().event(4)
    last().resumed(4)
    expect(timeline.events.map(event => event.seq)).toEqual([1, 2, 3, 4])
    expect(signals.filter(signal => signal.type === 'event')).toHaveLength(4)
  })

  it('asks for a hole once, however many rows come after it', async () => {
    const { session, last } = await setup()
    session.follow('c1')
    last().accept()
    last().resumed(0)
    for (const seq of [3, 4, 5]) last().event(seq)
    expect(last().of('resume')).toHaveLength(2)
  })

  it('resumes again when the server says that there is more than has come', async () => {
    const { session, last } = await setup()
    session.follow('c1')
    last().accept()
    last().event(1)
    last().resumed(3)
    expect(last().of('resume')).toEqual([{ conv: 'c1', after_seq: 0 }, { conv: 'c1', after_seq: 1 }])
  })

  it('tells rows of a resume from live ones', async () => {
    const { session, last, signals } = await setup()
    session.follow('c1')
    last().accept()
    last().event(1)
    last().resumed(1)
    last().event(2)
    expect(signals.flatMap(signal => signal.type === 'event' ? [signal.live] : [])).toEqual([false, true])
  })

  it('discards its history when the log is another one', async () => {
    const { session, last, signals } = await setup()
    const timeline = session.follow('c1')
    last().accept({ log_epoch: 'e1' })
    last().event(1)
    last().event(2)
    last().resumed(2)
    last().close(1006)
    await vi.advanceTimersByTimeAsync(1000)
    last().accept({ log_epoch: 'e2' })
    expect(last().of('hello')).toEqual([{ token: 't', log_epoch: 'e1' }])
    expect(last().of('resume')).toEqual([{ conv: 'c1', after_seq: 0 }])
    expect(signals.some(signal => signal.type === 'epoch')).toBe(true)
    last().event(1, { content: 'after the restore' })
    expect(timeline.events.map(event => event.content)).toEqual(['after the restore'])
  })

  it('ignores what is no frame and frames it does not know', async () => {
    const { session, last } = await setup()
    last().accept()
    last().onmessage?.({ data: '{broken' })
    last().onmessage?.({ data: '{"presence":{"agent":"a"}}' })
    last().onmessage?.({ data: new ArrayBuffer(2) })
    expect(session.state).toBe('online')
  })
})

describe('sending', () => {
  it('keeps a message until its row has come, and shows it once', async () => {
    const { session, last, storage } = await setup()
    session.follow('c1')
    last().accept()
    const cid = session.send('c1', 'hello')
    expect(last().of('send')).toEqual([{ conv: 'c1', cid, content: 'hello', type: 'text' }])
    expect(storage.length).toBe(1)
    last().receive({ ack: { conv: 'c1', cid, seq: 1 } })
    expect(storage.length).toBe(0)
    expect(session.pending('c1')).toMatchObject([{ cid, seq: 1 }])
    last().event(1, { cid, author: { kind: 'visitor' } })
    expect(session.pending('c1')).toEqual([])
  })

  it('forgets the message when its row comes before the acknowledgement', async () => {
    const { session, last, storage } = await setup()
    session.follow('c1')
    last().accept()
    const cid = session.send('c1', 'hello')
    last().event(1, { cid })
    last().receive({ ack: { conv: 'c1', cid, seq: 1 } })
    expect(session.pending('c1')).toEqual([])
    expect(storage.length).toBe(0)
  })

  it('sends unacknowledged messages again with the same cid, in order', async () => {
    const { session, last } = await setup()
    session.follow('c1')
    last().accept()
    const first = session.send('c1', 'one')
    last().close(1006)
    vi.advanceTimersByTime(2)
    const second = session.send('c1', 'two')
    await vi.advanceTimersByTimeAsync(1000)
    last().accept()
    expect(last().of('send').map(send => send.cid)).toEqual([first, second])
  })

  it('survives a reload with the same cid', async () => {
    const { session, last, make } = await setup()
    last().accept()
    last().close(1006)
    const cid = session.send('c1', 'typed while offline')
    session.stop()
    const reloaded = make()
    await vi.advanceTimersByTimeAsync(0)
    expect(reloaded.pending('c1')).toMatchObject([{ cid, content: 'typed while offline' }])
    last().accept()
    expect(last().of('send')).toMatchObject([{ cid, content: 'typed while offline' }])
  })

  it('leaves a refused message for the person to retry with the same cid', async () => {
    const { session, last } = await setup()
    last().accept()
    const cid = session.send('c1', 'hello')
    last().receive({ error: { code: 'invalid', cid, conv: 'c1' } })
    expect(session.pending('c1')).toMatchObject([{ cid, failed: 'invalid' }])
    last().close(1006)
    await vi.advanceTimersByTimeAsync(1000)
    last().accept()
    expect(last().of('send')).toEqual([])
    session.retry(cid)
    expect(last().of('send')).toMatchObject([{ cid }])
  })

  it('gives a failed message up when told to, and hands its text back', async () => {
    const { session, last, storage } = await setup()
    last().accept()
    const cid = session.send('c1', 'hello')
    last().receive({ error: { code: 'forbidden', cid } })
    expect(session.discard(cid)).toBe('hello')
    expect(session.pending('c1')).toEqual([])
    expect(storage.length).toBe(0)
  })

  it('repeats by itself after the time that an overloaded server names', async () => {
    const { session, last } = await setup()
    last().accept()
    const cid = session.send('c1', 'hello')
    last().receive({ error: { code: 'overloaded', cid, retry_after_ms: 700 } })
    await vi.advanceTimersByTimeAsync(699)
    expect(last().of('send')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(last().of('send').map(send => send.cid)).toEqual([cid, cid])
  })

  it('counts a socket that acknowledges nothing as dead', async () => {
    const { session, sockets, last } = await setup()
    last().accept()
    const cid = session.send('c1', 'hello')
    await vi.advanceTimersByTimeAsync(11_000)
    expect(sockets).toHaveLength(2)
    last().accept()
    expect(last().of('send')).toMatchObject([{ cid }])
  })

  it('follows a message into the conversation that took it', async () => {
    const { session, last, signals } = await setup()
    last().accept()
    const cid = session.send('c1', 'hello again')
    last().receive({ ack: { conv: 'c1', cid, seq: 1, moved_to: 'c2' } })
    expect(signals).toContainEqual({ type: 'moved', from: 'c1', to: 'c2' })
    expect(session.pending('c2')).toMatchObject([{ cid, conv: 'c2', seq: 1 }])
  })

  it('sends few typing signals for many key strokes', async () => {
    const { session, last } = await setup()
    last().accept()
    for (let i = 0; i < 20; i++) {
      session.typed('c1')
      await vi.advanceTimersByTimeAsync(200)
    }
    expect(last().of('typing')).toEqual([{ conv: 'c1', on: true }, { conv: 'c1', on: true }])
    session.send('c1', 'done')
    expect(last().of('typing').at(-1)).toEqual({ conv: 'c1', on: false })
  })
})

describe('what the server does not take', () => {
  it('asks for a refused resume again after the pause, while the conversation is followed', async () => {
    const { session, last } = await setup()
    session.follow('c1')
    session.follow('c2')
    last().accept()
    for (const conv of ['c1', 'c2']) last().receive({ error: { code: 'unavailable', conv, retry_after_ms: 1000 } })
    session.unfollow('c2')
    await vi.advanceTimersByTimeAsync(999)
    expect(last().of('resume')).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(last().of('resume').slice(2)).toEqual([{ conv: 'c1', after_seq: 0 }])
  })

  it('sends no lone surrogate', async () => {
    const { session, last } = await setup()
    last().accept()
    session.send('c1', 'a\ud83d b 😀')
    expect(last().of('send')).toMatchObject([{ content: 'a\uFFFD b 😀' }])
  })

  it('keeps a message over 10,000 code points from the wire, also after a reload', async () => {
    const { session, last, make } = await setup()
    last().accept()
    session.send('c1', '😀'.repeat(10_000))
    const cid = session.send('c1', 'x'.repeat(10_001))
    session.retry(cid)
    expect(last().of('send')).toHaveLength(1)
    expect(session.pending('c1')[1]).toMatchObject({ cid, failed: 'too_large' })
    session.stop()
    expect(make().pending('c1')[1]).toMatchObject({ cid, failed: 'too_large' })
  })

  it('stops the oldest unanswered message when a frame cannot be read', async () => {
    const { session, last } = await setup()
    last().accept()
    const first = session.send('c1', 'one')
    vi.advanceTimersByTime(2)
    const second = session.send('c1', 'two')
    last().receive({ ack: { conv: 'c1', cid: first, seq: 1 } })
    last().receive({ error: { code: 'bad_frame' } })
    expect(session.pending('c1')).toMatchObject([{ cid: first, seq: 1 }, { cid: second, failed: 'bad_frame' }])
  })

  it('stops the largest message when a frame was too large, and sends the others', async () => {
    const { session, last } = await setup()
    last().accept()
    const small = session.send('c1', 'one')
    vi.advanceTimersByTime(2)
    const large = session.send('c1', 'x'.repeat(9000))
    last().close(1009)
    await vi.advanceTimersByTimeAsync(1000)
    last().accept()
    expect(last().of('send').map(send => send.cid)).toEqual([small])
    expect(session.pending('c1')[1]).toMatchObject({ cid: large, failed: 'too_large' })
  })

  it('stops a message over which the connection ended three times, even with a reload between', async () => {
    const { session, last, make } = await setup()
    last().accept()
    const cid = session.send('c1', 'poison')
    last().close(1011)
    await vi.advanceTimersByTimeAsync(1000)
    last().accept()
    last().close(1011)
    session.stop()
    const reloaded = make()
    await vi.advanceTimersByTimeAsync(0)
    last().accept()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(reloaded.pending('c1')).toMatchObject([{ cid, failed: 'unavailable' }])
  })

  it('never gives a message up over lost connections', async () => {
    const { session, last } = await setup()
    last().accept()
    const cid = session.send('c1', 'patient')
    for (let i = 0; i < 8; i++) {
      last().close(1006)
      await vi.advanceTimersByTimeAsync(5000)
      last().accept()
    }
    expect(last().of('send')).toMatchObject([{ cid }])
  })

  it('leaves a connection alone whose message waits for its turn', async () => {
    const { session, last, sockets } = await setup()
    last().accept()
    const cid = session.send('c1', 'hello')
    last().receive({ error: { code: 'overloaded', cid, retry_after_ms: 15_000 } })
    await vi.advanceTimersByTimeAsync(15_000)
    expect(sockets).toHaveLength(1)
    expect(last().of('send')).toHaveLength(2)
  })

  it('names what is left of other conversations', async () => {
    const { session, last } = await setup()
    last().accept()
    const cid = session.send('old', 'lost')
    last().receive({ error: { code: 'not_found', cid } })
    session.send('c1', 'here')
    expect(session.strays('c1')).toMatchObject([{ cid, failed: 'not_found' }])
  })
})

describe('a conversation that was deleted', () => {
  const unsent = (storage: FakeStorage) => [...storage.map.values()].filter(item => item.includes('about Nina'))

  it('leaves nothing with an agent: rows, marks and unsent words go', async () => {
    const { session, last, signals, storage } = await setup({ scope: 'agent.me', inbox: true })
    last().accept()
    session.follow('c1', [{ conv: 'c1', seq: 1, content: 'her words' }])
    session.view('c1', true)
    session.send('c1', 'about Nina')
    last().receive({ gone: { conv: 'c1', reason: 'erased' } })
    expect([session.timeline('c1'), session.pending('c1'), unsent(storage)]).toEqual([undefined, [], []])
    expect(signals.at(-1)).toEqual({ type: 'gone', conv: 'c1', reason: 'erased' })
    last().event(2)
    expect(session.timeline('c1')).toBeUndefined()
  })

  it('is seen by a resume that finds nothing, but by no other error', async () => {
    const { session, last, signals } = await setup()
    last().accept()
    session.follow('c1', [{ conv: 'c1', seq: 1 }])
    last().resumed(1)
    last().receive({ error: { code: 'not_found', conv: 'c1' } }) // a mark that came too late
    expect(session.timeline('c1')).toBeDefined()
    const cid = session.send('c1', 'about Nina')
    last().close(1006)
    await vi.advanceTimersByTimeAsync(10_000)
    last().accept()
    last().receive({ error: { code: 'not_found', conv: 'c1' } })
    expect(session.timeline('c1')).toBeUndefined()
    expect(signals.filter(signal => signal.type === 'gone')).toEqual([{ type: 'gone', conv: 'c1', reason: 'missing' }])
    expect(session.pending('c1')).toMatchObject([{ cid }]) // a visitor's own words wait for another conversation
  })
})
