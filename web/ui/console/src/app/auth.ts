import type { Agent, Me, Presence, SignedIn } from '@frontdesk/shared/api/types'
import { ApiError } from '@frontdesk/shared/api/client'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, credentials } from './api.ts'
import { clearDrafts } from './drafts.ts'

/** Who is signed in. */
export const useAuth = defineStore('auth', () => {
  const agent = shallowRef<Agent>()
  const presence = ref<Presence>('offline')
  /** Why away: one of `status.reason.*` or words; '' = none given. */
  const reason = ref('')
  const known = ref(false)
  const isAdmin = computed(() => agent.value?.role === 'admin')

  function enter(found: SignedIn & Partial<Me>): void {
    agent.value = found.agent
    credentials.csrf = found.csrf
    presence.value = found.presence ?? 'online'
    known.value = true
  }

  function leave(): void {
    agent.value = undefined
    credentials.csrf = ''
    known.value = true
  }

  /** Asks once who the cookie belongs to; answers whether anyone is signed in. */
  async function restore(): Promise<boolean> {
    if (!known.value) {
      try {
        enter(await api.get<Me>('/api/agent/me'))
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) leave()
        else throw error
      }
    }
    return agent.value !== undefined
  }

  // The server may change it: a closed tab leaves an agent offline, a connection brings them back.
  let chosen = 0
  /** Reads the presence that the server has; what was chosen or asked for meanwhile stays. */
  async function refreshPresence(): Promise<void> {
    const before = ++chosen
    const found = await api.get<Me>('/api/agent/me').catch(() => undefined)
    if (found && before === chosen) presence.value = found.presence ?? presence.value
  }

  /** Somebody's presence has changed: one's own perhaps in another tab. Only the server tells away from invisible. */
  function heardPresence(id: string | undefined, heard = 'offline'): void {
    if (id !== agent.value?.id || heard === presence.value || (heard === 'away' && presence.value === 'invisible')) return
    void refreshPresence()
  }

  async function signIn(email: string, password: string): Promise<void> {
    enter(await api.post<SignedIn>('/api/agent/login', { email, password }))
  }

  async function signOut(): Promise<void> {
    await api.post('/api/agent/logout').catch(() => undefined)
    clearDrafts()
    leave()
  }

  async function setPresence(next: Presence, why = ''): Promise<void> {
    const before = [presence.value, reason.value] as const
    chosen++
    presence.value = next
    reason.value = next === 'away' ? why : ''
    await api.post('/api/agent/presence', { presence: next, ...reason.value ? { reason: reason.value } : {} }).catch((error: unknown) => {
      [presence.value, reason.value] = before
      throw error
    })
  }

  return { agent, presence, reason, isAdmin, enter, leave, restore, signIn, signOut, setPresence, refreshPresence, heardPresence }
})
