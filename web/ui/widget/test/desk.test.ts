import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeSocket } from '../../shared/test/fakeSocket.ts'
import { Desk } from '../src/app/desk.ts'
import { remember } from '../src/app/store.ts'

let socket: FakeSocket | undefined

beforeEach(() => {
  for (const name of ['token', 'token.shop', 'draft', 'draft.shop']) remember(`frontdesk.${name}`, undefined)
  localStorage.clear()
  vi.stubGlobal('fetch', vi.fn(async () => new Response(JSON.stringify({ token: 't', conversation: 'c1' }), { headers: { 'Content-Type': 'application/json' } })))
  vi.stubGlobal('WebSocket', class extends FakeSocket {
    constructor() {
      super()
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- the test is its server
      socket = this
    }
  })
})
afterEach(() => {
  socket = undefined
  vi.unstubAllGlobals()
})

it('a failed message of a former conversation is shown, and goes into today’s when it is tried again', async () => {
  const lost = { cid: '0190', conv: 'old', content: 'lost', type: 'text', at: 1 }
  localStorage.setItem('frontdesk.outbox.visitor.0190', JSON.stringify(lost))
  const desk = new Desk({ site: '', locale: 'en', page: '', onUnread: () => undefined, onActive: () => undefined })
  desk.start()
  const server = await vi.waitFor(() => socket ?? expect.fail('no socket'))
  server.accept()
  expect(server.of('send')).toMatchObject([{ cid: '0190', conv: 'old' }])
  server.receive({ error: { code: 'not_found', cid: '0190', conv: 'old' } })
  expect(desk.pending).toMatchObject([{ cid: '0190', failed: 'not_found' }])
  desk.retry('0190')
  expect(desk.pending).toMatchObject([{ conv: 'c1', content: 'lost' }])
  expect(server.of('send').at(-1)).toMatchObject({ conv: 'c1', content: 'lost' })
})

it('sites of one server share a browser, but neither tokens, drafts nor unsent messages', async () => {
  const asked: { site?: string, token: string | null }[] = []
  vi.stubGlobal('fetch', vi.fn(async (_path: string, init: RequestInit) => {
    const { site } = JSON.parse(init.body as string) as { site?: string }
    const token = new Headers(init.headers).get('Authorization')
    asked.push({ site, token })
    if (token && token !== `Bearer of ${site ?? 'none'}`) return new Response('{"code":"unauthenticated"}', { status: 401, headers: { 'Content-Type': 'application/problem+json' } })
    return new Response(JSON.stringify({ token: `of ${site ?? 'none'}`, conversation: `conv of ${site ?? 'none'}` }), { headers: { 'Content-Type': 'application/json' } })
  }))
  const open = async (site: string) => {
    socket = undefined
    const desk = new Desk({ site, locale: 'en', page: '', onUnread: () => undefined, onActive: () => undefined })
    desk.start()
    const server = await vi.waitFor(() => socket ?? expect.fail('no socket'))
    server.accept({ log_epoch: 'e1', conv: desk.conv })
    return { desk, server }
  }
  // A page that names no site, then two that do: the first token is another site's, and stays where it is.
  const none = await open('')
  none.desk.draft = 'half a thought'
  none.desk.send('unsent at none')
  const shop = await open('shop')
  expect(asked).toEqual([{ token: null }, { site: 'shop', token: 'Bearer of none' }, { site: 'shop', token: null }])
  expect([shop.desk.draft, shop.desk.pending, shop.server.of('send')]).toEqual(['', [], []])
  shop.desk.send('unsent at the shop')
  const again = await open('')
  expect(asked.at(-1)).toEqual({ token: 'Bearer of none' })
  expect(again.desk.draft).toBe('half a thought')
  expect(again.server.of('send').map(({ conv, content }) => [conv, content])).toEqual([['conv of none', 'unsent at none']])
  // Who leaves one site is still known at the other, and borrows nothing from it.
  shop.desk.logout()
  await open('shop')
  expect(asked.at(-1)).toEqual({ site: 'shop', token: null })
  await open('')
  expect(asked.at(-1)).toEqual({ token: 'Bearer of none' })
})

it('a page that names its site at last goes on with the visitor it had, and logging out forgets them', async () => {
  localStorage.setItem('frontdesk.token', 't')
  const desk = new Desk({ site: 'shop', locale: 'en', page: '', onUnread: () => undefined, onActive: () => undefined })
  desk.start()
  await vi.waitFor(() => socket ?? expect.fail('no socket'))
  expect([localStorage.getItem('frontdesk.token'), localStorage.getItem('frontdesk.token.shop')]).toEqual([null, 't'])
  desk.logout()
  expect(localStorage.getItem('frontdesk.token.shop')).toBe('')
})

it('a visitor who was erased meanwhile sees that, and goes on in a new conversation with what was not sent', async () => {
  localStorage.setItem('frontdesk.token', 't')
  let mine = 'c1'
  vi.stubGlobal('fetch', vi.fn(async (_path: string, init: RequestInit) => {
    if (mine === 'c2' && new Headers(init.headers).get('Authorization') === 'Bearer t') return new Response('{"code":"unauthenticated"}', { status: 401, headers: { 'Content-Type': 'application/problem+json' } })
    return new Response(JSON.stringify({ token: mine === 'c1' ? 't' : 'new', conversation: mine }), { headers: { 'Content-Type': 'application/json' } })
  }))
  const desk = new Desk({ site: '', locale: 'en', page: '', onUnread: () => undefined, onActive: () => undefined })
  desk.start()
  const first = await vi.waitFor(() => socket ?? expect.fail('no socket'))
  first.accept()
  first.event(1, { content: 'what I said', author: { kind: 'visitor' } })
  first.resumed(1)
  expect(desk.events).toHaveLength(1)
  mine = 'c2'
  desk.draft = 'half a thought'
  desk.send('one')
  desk.send('two')
  first.receive({ gone: { conv: 'c1', reason: 'erased' } })
  expect([desk.events, desk.lost, desk.conv]).toEqual([[], true, ''])
  const second = await vi.waitFor(() => socket !== first ? socket! : expect.fail('no new socket'))
  second.accept({ log_epoch: 'e1', conv: 'c2' })
  const old = second.of('send')
  expect(old.map(({ conv, content }) => [conv, content])).toEqual([['c1', 'one'], ['c1', 'two']])
  for (const { cid } of old) second.receive({ error: { code: 'not_found', cid, conv: 'c1' } })
  expect(second.of('send').slice(2).map(({ conv, content }) => [conv, content])).toEqual([['c2', 'one'], ['c2', 'two']])
  // Refused there too, they wait: it is tried once.
  for (const { cid } of second.of('send').slice(2)) second.receive({ error: { code: 'not_found', cid, conv: 'c2' } })
  expect(second.of('send')).toHaveLength(4)
  expect([desk.pending.map(item => item.failed), desk.draft]).toEqual([['not_found', 'not_found'], 'half a thought'])
})

it('who was signed in and is erased is signed out', async () => {
  localStorage.setItem('frontdesk.token', 't')
  localStorage.setItem('frontdesk.who', 'nina')
  let erased = false
  vi.stubGlobal('fetch', vi.fn(async (_path: string, init: RequestInit) => {
    if (erased && new Headers(init.headers).get('Authorization') === 'Bearer t') return new Response('{"code":"unauthenticated"}', { status: 401, headers: { 'Content-Type': 'application/problem+json' } })
    return new Response(JSON.stringify({ token: erased ? 'new' : 't', conversation: erased ? 'c2' : 'c1' }), { headers: { 'Content-Type': 'application/json' } })
  }))
  const told: string[] = []
  const desk = new Desk({ site: '', locale: 'en', page: '', onIdentity: state => told.push(state), onUnread: () => undefined, onActive: () => undefined })
  desk.setShown(true)
  const first = await vi.waitFor(() => socket ?? expect.fail('no socket'))
  first.accept()
  erased = true
  first.receive({ gone: { conv: 'c1', reason: 'erased' } })
  const second = await vi.waitFor(() => socket !== first ? socket! : expect.fail('no new socket'))
  second.accept({ log_epoch: 'e1', conv: 'c2' })
  expect([told, desk.who, desk.conv, desk.lost, localStorage.getItem('frontdesk.who')]).toEqual([['anonymous'], '', 'c2', true, null])
})
