import { describe, expect, it, vi } from 'vitest'
import { ApiClient, ApiError } from '../src/api/client.ts'
import { isComposing, sendsMessage, type EnterKey } from '../src/ime.ts'
import { pickLocale } from '../src/locale.ts'
import { parseInline, parseMarkdown } from '../src/markdown.ts'
import { backoff } from '../src/session/backoff.ts'
import { Timeline } from '../src/session/timeline.ts'
import { uuid7 } from '../src/uuid7.ts'

const enter: EnterKey = { key: 'Enter', keyCode: 13, isComposing: false, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false }

describe('uuid7', () => {
  it('carries version, variant and time, and sorts by it', () => {
    const early = uuid7(1_700_000_000_000)
    const late = uuid7(1_700_000_000_001)
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(early.slice(0, 13).replace('-', ''), 16)).toBe(1_700_000_000_000)
    expect(early < late).toBe(true)
  })
  it('sorts by the order of making within a millisecond, and when the clock goes back', () => {
    const now = 1_700_000_100_000
    const made = [...Array.from({ length: 5000 }, () => uuid7(now)), uuid7(now - 1000), uuid7(now)]
    expect([...made].sort()).toEqual(made)
    expect(new Set(made).size).toBe(made.length)
  })
})

describe('Enter', () => {
  it('sends, but not with Shift or Alt', () => {
    expect(sendsMessage(enter)).toBe(true)
    expect(sendsMessage({ ...enter, shiftKey: true })).toBe(false)
    expect(sendsMessage({ ...enter, altKey: true })).toBe(false)
  })
  it('never sends half a word of an input method', () => {
    expect(sendsMessage({ ...enter, isComposing: true })).toBe(false)
    expect(sendsMessage({ ...enter, keyCode: 229 })).toBe(false)
    expect(isComposing({ isComposing: false, keyCode: 13 })).toBe(false)
  })
  it('waits for Ctrl or Cmd where the person wants that', () => {
    expect(sendsMessage(enter, 'mod-enter')).toBe(false)
    expect(sendsMessage({ ...enter, ctrlKey: true }, 'mod-enter')).toBe(true)
    expect(sendsMessage({ ...enter, metaKey: true }, 'mod-enter')).toBe(true)
  })
})

describe('Markdown', () => {
  it('reads paragraphs, lists, emphasis and links', () => {
    expect(parseMarkdown('Hello **you**\nthere\n\n- one\n- two\n\n3. drei')).toEqual([
      { type: 'paragraph', children: [{ type: 'text', text: 'Hello ' }, { type: 'strong', children: [{ type: 'text', text: 'you' }] }, { type: 'break' }, { type: 'text', text: 'there' }] },
      { type: 'list', ordered: false, start: 1, items: [[{ type: 'text', text: 'one' }], [{ type: 'text', text: 'two' }]] },
      { type: 'list', ordered: true, start: 3, items: [[{ type: 'text', text: 'drei' }]] },
    ])
  })
  it('keeps markup as text', () => {
    expect(parseMarkdown('<img src=x onerror=alert(1)>')).toEqual([{ type: 'paragraph', children: [{ type: 'text', text: '<img src=x onerror=alert(1)>' }] }])
  })
  it('opens only harmless links', () => {
    expect(parseInline('[x](javascript:alert(1))')).not.toContainEqual(expect.objectContaining({ type: 'link' }))
    expect(parseInline('[x](data:text/html,a)')).toEqual([{ type: 'text', text: '[x](data:text/html,a)' }])
    expect(parseInline('见 https://example.com/帮助。')).toEqual([{ type: 'text', text: '见 ' }, { type: 'link', href: 'https://example.com/帮助', children: [{ type: 'text', text: 'https://example.com/帮助' }] }, { type: 'text', text: '。' }])
  })
  it('shows images of ours, with room kept for them, and of https sites, and no others', () => {
    const own = '/kb-files/0190a000-0000-4000-8000-00000000000a'
    expect(parseInline(`see ![a **plan**](${own}#640x480)!`)).toEqual([{ type: 'text', text: 'see ' }, { type: 'image', src: `${own}#640x480`, alt: 'a **plan**', width: 640, height: 480 }, { type: 'text', text: '!' }])
    expect(parseInline('![x](https://example.com/a.png)')).toEqual([{ type: 'image', src: 'https://example.com/a.png', alt: 'x' }])
    for (const src of ['http://example.com/a.png', 'javascript:alert(1)', 'data:image/svg+xml,x', '//example.com/a.png', '/api/agent/me', '/kb-files/../api/agent/me', `${own}/x`]) {
      expect(parseInline(`![x](${src})`).map(node => node.type), src).not.toContain('image')
    }
    expect(parseInline(`[manual.pdf](${own})`)).toEqual([{ type: 'link', href: own, children: [{ type: 'text', text: 'manual.pdf' }] }])
    expect(parseInline('[x](/api/agent/logout)')).toEqual([{ type: 'text', text: '[x](/api/agent/logout)' }])
  })
  it('starts a new list after a paragraph, and joins an indented line to its item', () => {
    const blocks = parseMarkdown('1. one\n   more\n2. two\n\nbetween\n\n1. again')
    expect(blocks.map(block => block.type)).toEqual(['list', 'paragraph', 'list'])
    expect(blocks[0]).toMatchObject({ items: [[{ text: 'one' }, { type: 'break' }, { text: 'more' }], [{ text: 'two' }]] })
  })
  it('reads a long line in linear time', () => {
    const start = performance.now()
    parseMarkdown('**a'.repeat(20_000))
    parseMarkdown('!['.repeat(20_000))
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe('backoff', () => {
  it('is anything from nothing to 0.1 s × 2ⁿ, at most 10 s, as docs/protocol.md says', () => {
    const most = { random: () => 0.999999 }
    expect([0, 1, 2, 6, 7, 2000].map(attempt => backoff(attempt, most))).toEqual([100, 200, 400, 6400, 10_000, 10_000])
    expect([0, 20].map(attempt => backoff(attempt, { random: () => 0 }))).toEqual([0, 0])
    expect(backoff(3, { random: () => 0.25 })).toBe(200)
  })
})

describe('a timeline', () => {
  it('puts rows that came early in their place', () => {
    const timeline = new Timeline()
    expect([1, 3, 4, 2, 2].map(seq => timeline.apply({ seq }))).toEqual(['delivered', 'hole', 'hole', 'delivered', 'duplicate'])
    expect(timeline.lastSeq).toBe(4)
  })
  it('takes earlier pages in front', () => {
    const timeline = new Timeline()
    timeline.prepend([{ seq: 5 }, { seq: 6 }])
    expect(timeline.before).toBe(4)
    timeline.prepend([{ seq: 4 }, { seq: 5 }])
    expect(timeline.events.map(event => event.seq)).toEqual([4, 5, 6])
    expect(timeline.apply({ seq: 7 })).toBe('delivered')
  })
})

describe('pickLocale', () => {
  it('makes every Chinese zh-CN and all else en', () => {
    expect([pickLocale('zh-TW'), pickLocale('zh'), pickLocale('de'), pickLocale('', null, 'zh-Hans-CN'), pickLocale()]).toEqual(['zh-CN', 'zh-CN', 'en', 'zh-CN', 'en'])
  })
})

describe('the API client', () => {
  const answer = (status: number, body: string, type = 'application/json') => vi.fn(async () => new Response(body, { status, headers: { 'content-type': type } }))

  it('sends JSON and leaves empty query parameters out', async () => {
    const fetch = answer(200, '{"ok":true}')
    const api = new ApiClient({ fetch, headers: method => ({ 'X-CSRF-Token': method }) })
    expect(await api.get('/api/x', { query: { a: 1, b: '', c: undefined } })).toEqual({ ok: true })
    await api.post('/api/y', { z: 1 })
    expect(fetch.mock.calls[0]).toMatchObject(['/api/x?a=1', { method: 'GET' }])
    expect(fetch.mock.calls[1]).toMatchObject(['/api/y', { method: 'POST', body: '{"z":1}', headers: { 'X-CSRF-Token': 'POST', 'Content-Type': 'application/json' } }])
  })
  it('throws the problem that the server describes', async () => {
    const ended = vi.fn()
    const api = new ApiClient({ fetch: answer(401, '{"code":"token_expired","detail":"sign in"}', 'application/problem+json'), onUnauthenticated: ended })
    const error = await api.get('/api/x').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 401, code: 'token_expired', message: 'sign in' })
    expect(ended).toHaveBeenCalledOnce()
  })
  it('has an error of its own for a server that cannot be reached, and stands an answer that is no JSON', async () => {
    const offline = new ApiClient({ fetch: vi.fn(async () => { throw new TypeError('no route') }) })
    await expect(offline.get('/api/x')).rejects.toMatchObject({ status: 0, code: 'offline' })
    await expect(new ApiClient({ fetch: answer(502, '<html>', 'text/html') }).get('/api/x')).rejects.toMatchObject({ status: 502 })
  })
})
