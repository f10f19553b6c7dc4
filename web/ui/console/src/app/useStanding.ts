import type { RoutingState } from '@frontdesk/shared/api/types'
import { computed, shallowRef } from 'vue'
import { api } from './api.ts'
import { useAuth } from './auth.ts'
import { useDesk } from './desk.ts'

/** How the agent stands with the router: load and capacity, kept current by the socket. */
export function useStanding() {
  const auth = useAuth()
  const standing = shallowRef<RoutingState>()
  const full = computed(() => standing.value !== undefined && standing.value.cap > 0 && standing.value.active >= standing.value.cap)

  async function load(): Promise<void> {
    standing.value = await api.get<RoutingState>('/api/agent/routing/state').catch(() => standing.value)
  }

  useDesk().listen((signal) => {
    if (signal.type === 'hello') void load()
    if (signal.type !== 'presence' || signal.presence.agent?.id !== auth.agent?.id || !standing.value) return
    const { active = 0, cap = 0 } = signal.presence
    standing.value = { ...standing.value, active, cap }
  })
  return { standing, full, load }
}
