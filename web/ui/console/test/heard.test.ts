import type { Presence } from '@frontdesk/shared/api/types'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../src/app/api.ts'
import { useAuth } from '../src/app/auth.ts'

beforeEach(() => {
  setActivePinia(createPinia())
  useAuth().enter({ agent: { id: 'me', email: '', name: 'Mei', role: 'agent', locale: 'en' }, csrf: 'x', presence: 'invisible' })
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('the presence on the page', () => {
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
