import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as frame from '../../shared/src/gen/frames.ts'
import { FakeSocket } from '../../shared/test/fakeSocket.ts'
import { App } from '../src/app/App.tsx'
import { Desk } from '../src/app/desk.ts'
import { remember } from '../src/app/store.ts'

let socket: FakeSocket | undefined
let box: HTMLElement

beforeEach(() => {
  localStorage.clear()
  for (const name of ['frontdesk.read', 'frontdesk.token', 'frontdesk.draft']) remember(name, undefined)
  box = document.body.appendChild(document.createElement('div'))
  vi.stubGlobal('fetch', vi.fn(async () => new Response(JSON.stringify({ token: 't', conversation: 'c1', position: 3, waiting: 4, expected_wait_s: null }), { headers: { 'Content-Type': 'application/json' } })))
  vi.stubGlobal('WebSocket', class extends FakeSocket {
    constructor() {
      super()
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- the test is its server
      socket = this
    }
  })
})
afterEach(() => {
  render(null, box)
  box.remove()
  socket = undefined
  vi.unstubAllGlobals()
})

async function open({ shown = true, unread = () => undefined as void }: { shown?: boolean, unread?: (count: number) => void } = {}) {
  const desk = new Desk({ site: '', locale: 'en', page: '', onUnread: unread, onActive: () => undefined })
  await act(() => render(<App desk={desk} given={{ text: '', listener: undefined }} />, box))
  if (shown) desk.setShown(true)
  else desk.start()
  const server = await vi.waitFor(() => socket ?? expect.fail('no socket'))
  server.accept({ log_epoch: 'e1', conv: 'c1', self: { kind: 'visitor', id: 'v' }, agents_online: true })
  const hears = async (...frames: frame.ServerFrame[]) => {
    await act(() => frames.forEach(one => server.receive(one)))
    await act(() => new Promise(resolve => setTimeout(resolve)))
  }
  return { desk, server, hears }
}
const row = (seq: number, kind: string, content: string, more: frame.Event = {}): frame.ServerFrame => ({ event: { conv: 'c1', seq, kind: 'message', content, author: { kind, name: kind === 'agent' ? 'Mei' : '' }, time: '2026-01-01T00:00:00Z', ...more } })
const resumed = (last: number): frame.ServerFrame => ({ resumed: { conv: 'c1', last_seq: last } })
const mark = (delivered: number, read: number): frame.ServerFrame => ({ mark: { conv: 'c1', author: { kind: 'agent' }, delivered, read } })
const bubbles = () => [...box.querySelectorAll('.bubble')].map(one => one.textContent)

describe('an own message', () => {
  it('says sent, delivered and read, the newest only', async () => {
    const { hears } = await open()
    await hears(row(1, 'visitor', 'one'), row(2, 'visitor', 'two', { state: { owner: 'human', status: 'open' } }), resumed(2))
    const state = () => box.querySelector('.mine:last-child .meta')?.textContent
    expect(state()).toMatch(/Sent$/)
    await hears(mark(2, 1))
    expect(state()).toMatch(/Delivered$/)
    await hears(mark(2, 2))
    expect(state()).toMatch(/Read$/)
    expect(box.querySelectorAll('.mine .meta')).toHaveLength(1)
    await hears(row(3, 'agent', 'answer'))
    expect(box.querySelector('.mine .meta')?.textContent).toMatch(/Read$/)
  })

  it('can be deleted after a question, and comes back with Retry when that fails', async () => {
    const { server, hears } = await open()
    await hears(row(1, 'visitor', 'my card is 1234'), resumed(1))
    const press = (label: string) => act(() => [...box.querySelectorAll('button')].find(one => (one.getAttribute('aria-label') ?? one.textContent) === label)!.click())
    await press('Delete message')
    await press('Keep')
    expect(server.of('edit')).toEqual([])
    await press('Delete message')
    await press('Delete')
    await hears()
    expect(bubbles()).toEqual(['You deleted this message'])
    const [{ cid }] = server.of('edit') as [frame.Edit]
    expect(server.of('edit')).toEqual([{ conv: 'c1', cid, seq: 1, remove: true }])
    await hears({ error: { code: 'forbidden', cid, conv: 'c1' } })
    expect(box.querySelector('[role=alert]')?.textContent).toContain('Not deleted')
    await press('Retry')
    await hears(row(2, 'visitor', '', { kind: 'deleted', cid, data: { target: 1 } }))
    expect(bubbles()).toEqual(['You deleted this message'])
  })
})

describe('the other side', () => {
  it('is shown as it stands after edits and deletions', async () => {
    const { hears } = await open()
    await hears(row(1, 'agent', 'tow'), row(2, 'agent', 'wrong chat'), resumed(2))
    await hears(row(3, 'agent', 'two', { kind: 'edited', data: { target: 1 } }), row(4, 'agent', '', { kind: 'deleted', data: { target: 2 } }))
    expect(bubbles()).toEqual(['two', 'This message was deleted'])
    expect(box.querySelector('.theirs .meta')?.textContent).toBe('edited')
  })
})

describe('the queue', () => {
  it('moves as the server says, without being asked', async () => {
    const { hears } = await open()
    await hears(row(1, 'visitor', 'a person please', { state: { owner: 'queue', status: 'open' } }), resumed(1))
    await hears({ queue: { conv: 'c1', position: 2, waiting: 3, expected_wait_s: 130 } })
    expect(box.querySelector('.queue')?.textContent).toContain('You are number 2 in the queue')
    expect(box.querySelector('.queue')?.textContent).toContain('about 2 min')
    await hears({ queue: { conv: 'other', position: 9 } }, { queue: { conv: 'c1', position: 1, waiting: 1 } })
    expect(box.querySelector('.queue')?.textContent).toContain('You are number 1 in the queue')
    expect(box.querySelector('.queue')?.textContent).not.toContain('min')
  })
})

describe('Enter before the conversation is there', () => {
  async function early(...typed: string[]) {
    let begin = (_: Response) => undefined as void
    vi.stubGlobal('fetch', vi.fn(() => new Promise<Response>((resolve) => { begin = resolve })))
    const desk = new Desk({ site: '', locale: 'en', page: '', onUnread: () => undefined, onActive: () => undefined })
    await act(() => render(<App desk={desk} given={{ text: '', listener: undefined }} />, box))
    desk.setShown(true)
    const field = box.querySelector('textarea')!
    for (const text of typed) {
      await act(() => {
        if (text === 'Enter') return void field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
        field.value = text
        field.dispatchEvent(new Event('input', { bubbles: true }))
      })
    }
    expect(field.value).toBe(typed.findLast(text => text !== 'Enter'))
    await act(async () => {
      begin(new Response(JSON.stringify({ token: 't', conversation: 'c1' }), { headers: { 'Content-Type': 'application/json' } }))
      await vi.waitFor(() => expect(desk.conv).toBe('c1'))
    })
    await act(() => new Promise(resolve => setTimeout(resolve)))
    return { desk, field }
  }

  it('sends once as soon as it is', async () => {
    const { desk, field } = await early('hello', 'Enter', 'Enter')
    expect([desk.pending.map(one => one.content), field.value]).toEqual([['hello'], ''])
  })
  it('sends nothing when the text was changed since', async () => {
    const { desk, field } = await early('hel', 'Enter', 'hello the')
    expect([desk.pending, field.value]).toEqual([[], 'hello the'])
  })
})

describe('who signs in', () => {
  const answers = (found: Record<string, object>) => vi.stubGlobal('fetch', vi.fn(async (path: string) => {
    const body = Object.entries(found).find(([end]) => path.endsWith(end))?.[1] ?? { token: 't', conversation: 'c1' }
    return new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } })
  }))
  const session = { token: 'ours', conversation: 'c1', contact: 'nina', state: { status: 'open', owner: 'queue', email: 'nina@example.com', assignee: null }, agents_online: false }

  it('is no longer offered the link to a transcript that was made before: it has ended', async () => {
    answers({ 'transcript-link': { path: '/t/1', expires_at: '2026-01-08T00:00:00Z' }, identify: session })
    const { desk, hears } = await open()
    await hears(row(1, 'visitor', 'private'), resumed(1))
    const link = () => box.querySelector('a[href="/t/1"]')
    await act(() => box.querySelector<HTMLButtonElement>('[aria-label="Transcript of this conversation"]')!.click())
    await vi.waitFor(() => expect(link()).not.toBeNull())
    await hears(row(2, 'agent', 'hello'))
    expect(link(), 'a message does not take it away').not.toBeNull()
    desk.identify('proof')
    await vi.waitFor(() => expect(desk.who).toBe('nina'))
    await hears()
    expect(link()).toBeNull()
    expect(box.querySelector('[aria-label="Transcript of this conversation"]')).not.toBeNull()
  })

  it('is not asked for the e-mail address that the site has given', async () => {
    answers({ identify: session, 'queue-position': { position: 1, waiting: 1, expected_wait_s: null }, 'visitor/conversation': { agents_online: false } })
    const { desk, hears } = await open()
    await hears(row(1, 'visitor', 'a person please', { state: { owner: 'queue', status: 'open' } }), resumed(1))
    desk.identify('proof')
    const card = () => box.querySelector('.queue')
    await vi.waitFor(() => expect(card()?.textContent).toContain('We will write to nina@example.com.'))
    expect(card()?.querySelector('input')).toBeNull()
  })
})

describe('the count of unread messages', () => {
  it('leaves out own words, and what was read on another device or tab', async () => {
    const counts: number[] = []
    const { hears } = await open({ shown: false, unread: count => void counts.push(count) })
    await hears(row(1, 'agent', 'a'), row(2, 'visitor', 'mine, from elsewhere'), row(3, 'agent', 'b'), row(4, 'bot', 'c'), resumed(4))
    expect(counts.at(-1)).toBe(2)
    await hears({ mark: { conv: 'c1', author: { kind: 'visitor', id: 'v' }, delivered: 3, read: 3 } })
    expect(counts.at(-1)).toBe(1)
    localStorage.setItem('frontdesk.read', JSON.stringify({ conv: 'c1', seq: 4, epoch: 'e1' }))
    window.dispatchEvent(Object.assign(new Event('storage'), { key: 'frontdesk.read' }))
    expect(counts.at(-1)).toBe(0)
    await hears(row(5, 'agent', 'd'), row(6, 'agent', '', { kind: 'deleted', data: { target: 5 } }))
    expect(counts.at(-1)).toBe(0)
  })

  it('begins anew in another conversation and in a log that was restored', async () => {
    localStorage.setItem('frontdesk.read', JSON.stringify({ conv: 'before', seq: 40, epoch: 'e1' }))
    const counts: number[] = []
    const { hears } = await open({ shown: false, unread: count => void counts.push(count) })
    await hears(row(1, 'agent', 'a'), resumed(1))
    expect(counts.at(-1)).toBe(1)
  })

  it('tells the server what is on the screen', async () => {
    const { server, hears } = await open()
    await hears(row(1, 'agent', 'a'), resumed(1))
    await vi.waitFor(() => expect(server.of('mark').at(-1)).toEqual({ conv: 'c1', delivered: 1, read: 1 }))
  })
})
