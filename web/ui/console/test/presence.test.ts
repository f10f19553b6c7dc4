import type { Presence } from '@frontdesk/shared/api/types'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../src/app/api.ts'
import { useAuth } from '../src/app/auth.ts'
import { useDesk } from '../src/app/desk.ts'
import { FakeSocket } from '../../shared/test/fakeSocket.ts'

let socket: FakeSocket | undefined

beforeEach(() => {
  setActivePinia(createPinia())
  const agent = { id: 'me', email: '', name: 'Mei', role: 'agent' as const, locale: 'en' as const }
  useAuth().enter({ agent, csrf: 'x', presence: 'offline' })
  vi.stubGlobal('WebSocket', class extends FakeSocket {
    constructor() {
      super()
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- the test is its server
      socket = this
    }
  })
})
afterEach(() => {
  useDesk().stop()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  socket = undefined
})

async function connected(): Promise<FakeSocket> {
  useDesk().start()
  return vi.waitFor(() => socket ?? expect.fail('no socket'))
}

describe('the presence shown', () => {
  it('is read anew at each connection', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue({ presence: 'online' })
    const server = await connected()
    expect(get).not.toHaveBeenCalled()
    server.accept()
    await vi.waitFor(() => expect(useAuth().presence).toBe('online'))
  })
  it('stays what was chosen while it was being read', async () => {
    let answer: (found: { presence: Presence }) => void = () => undefined
    vi.spyOn(api, 'get').mockReturnValue(new Promise((resolve) => { answer = resolve }) as never)
    vi.spyOn(api, 'post').mockResolvedValue(undefined)
    const server = await connected()
    server.accept()
    await useAuth().setPresence('away')
    answer({ presence: 'online' })
    await new Promise(resolve => setTimeout(resolve))
    expect(useAuth().presence).toBe('away')
  })
})

describe('the presence on the page', () => {
  beforeEach(() => {
    useAuth().presence = 'invisible'
  })

  it('follows what was chosen in another tab, also when an older answer comes later', async () => {
    const auth = useAuth()
    const answers: ((presence: Presence) => void)[] = []
    vi.spyOn(api, 'get').mockImplementation(() => new Promise(resolve => answers.push(presence => resolve({ presence } as never))))
    void auth.refreshPresence() // at the connection, before the choice
    auth.heardPresence('me', 'online')
    expect(answers).toHaveLength(2)
    answers[1]!('online')
    answers[0]!('invisible')
    await vi.waitFor(() => expect(auth.presence).toBe('online'))
    await Promise.resolve()
    expect(auth.presence).toBe('online')
  })

  it('asks nothing where only colleagues see another word, or it is about a colleague', () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue({} as never)
    useAuth().heardPresence('me', 'away') // as which an invisible person is seen
    useAuth().heardPresence('sam', 'online')
    expect(get).not.toHaveBeenCalled()
  })
})
