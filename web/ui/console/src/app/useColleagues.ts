import type { Team } from '@frontdesk/shared/api/types'
import { computed, shallowRef } from 'vue'
import { api } from './api.ts'
import { useAuth } from './auth.ts'
import { useDesk } from './desk.ts'

/** An agent as the others see them. */
export interface Colleague { id: string, name: string, presence: string, active: number, cap: number, reason: string }

/** The agents of one's teams and sites, with their presence and load as they change. */
export function useColleagues() {
  const auth = useAuth()
  const desk = useDesk()
  const all = shallowRef<ReadonlyMap<string, Colleague>>(new Map())
  /** All but oneself, those who are there first. */
  const others = computed(() => [...all.value.values()].filter(one => one.id !== auth.agent?.id).sort((a, b) => Number(b.presence === 'online') - Number(a.presence === 'online') || a.name.localeCompare(b.name)))

  async function load(): Promise<void> {
    const found = await api.get<{ teams: Team[] }>('/api/agent/teams').catch(() => undefined)
    if (!found) return
    const members = (found.teams ?? []).flatMap(team => team.members ?? [])
    all.value = new Map(members.map(({ id, name, presence, active = 0, cap = 0 }) => [id, { id, name, presence: presence || 'offline', active, cap, reason: all.value.get(id)?.reason ?? '' }]))
  }

  desk.listen((signal) => {
    if (signal.type === 'hello') void load()
    if (signal.type !== 'presence') return
    const { agent, presence = 'offline', active = 0, cap = 0, reason = '' } = signal.presence
    if (!agent?.id) return
    all.value = new Map([...all.value, [agent.id, { id: agent.id, name: agent.name || all.value.get(agent.id)?.name || '', presence, active, cap, reason }]])
  })

  return { all, others, of: (id = '') => all.value.get(id) }
}
