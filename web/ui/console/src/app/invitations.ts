import type { Invitation } from '@frontdesk/shared/api/types'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api } from './api.ts'
import { useAuth } from './auth.ts'
import { useDesk } from './desk.ts'
import { useLocalStorage } from './useLocalStorage.ts'

/** The open conversations that colleagues asked this agent to take part in. */
export const useInvitations = defineStore('invitations', () => {
  const auth = useAuth()
  const desk = useDesk()
  const list = shallowRef<readonly Invitation[]>([])
  // Cards that were put away on this device; asked anew, an invitation has another time and shows again.
  const away = useLocalStorage<string[]>(`invitations.${auth.agent?.id ?? ''}`, [])
  const key = (one: Invitation) => `${one.conversation} ${one.at}`
  const fresh = computed(() => list.value.filter(one => !away.value.includes(key(one))))
  const ids = computed(() => new Set(list.value.map(one => one.conversation)))

  async function load(): Promise<void> {
    const found = await api.get<{ invitations: Invitation[] }>('/api/agent/routing/invitations').catch(() => undefined)
    if (!found) return
    list.value = found.invitations
    away.value = away.value.filter(one => found.invitations.some(other => key(other) === one))
  }
  function putAway(conversation: string): void {
    away.value = [...away.value, ...fresh.value.filter(one => one.conversation === conversation).map(key)]
  }

  desk.listen((signal) => {
    if (signal.type === 'hello' || (signal.type === 'gone' && ids.value.has(signal.conv))) return void load()
    if (signal.type !== 'event' || !signal.live) return
    const { kind, conv = '', data } = signal.event
    const invitee = kind === 'invited' && typeof data?.invitee === 'object' && data.invitee !== null && 'id' in data.invitee ? data.invitee.id : undefined
    if (invitee === auth.agent?.id || ((kind === 'resolved' || kind === 'claimed' || kind === 'transferred') && ids.value.has(conv))) void load()
  })
  return { list, fresh, ids, load, putAway }
})
