import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FakeSocket } from '../../shared/test/fakeSocket.ts'
import { Desk } from '../src/app/desk.ts'

let socket: FakeSocket | undefined

beforeEach(() => {
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
