import type { RoutingAgent, RoutingAgents, RoutingSkill, RoutingTeams } from '@frontdesk/shared/api/types'
import { computed, ref, type Ref } from 'vue'
import { api } from '../../app/api.ts'
import { troubleOf, useRead, type Trouble } from './useRead.ts'

/** What can be changed of an agent. */
export interface AgentChange { id: string, skills: RoutingSkill[], languages: string[], cap: number, caps: Record<string, number> }

/** What a change of many does; what is undefined stays. */
export interface BulkChange { give?: RoutingSkill, take?: string, cap?: number, languages?: string[] }

/** What can be changed of an agent, as it is now. */
export function changeOf({ id, skills, languages, cap, caps }: RoutingAgent): AgentChange {
  return { id, skills: skills.map(skill => ({ ...skill })), languages: [...languages], cap, caps: { ...caps } }
}

/** An agent after a change of many: a skill that is given replaces one of its name. */
export function withBulk(agent: RoutingAgent, { give, take, cap, languages }: BulkChange): AgentChange {
  const next = changeOf(agent)
  const same = (one: RoutingSkill, name: string) => one.name.toLowerCase() === name.toLowerCase()
  if (take) next.skills = next.skills.filter(skill => !same(skill, take))
  if (give) next.skills = [...next.skills.filter(skill => !same(skill, give.name)), { ...give }]
  if (cap !== undefined) next.cap = cap
  if (languages) next.languages = [...languages]
  return next
}

/** The agents of a site, and how to change one or many. */
export function useAgents(site: Ref<string>) {
  const read = useRead<RoutingAgents>('/api/admin/routing/agents', { site })
  const teams = useRead<RoutingTeams>('/api/admin/routing/teams', { site })
  const search = ref('')
  const busy = ref(false)
  const trouble = ref<Trouble>()
  const skills = computed(() => [...new Set(read.data.value?.agents.flatMap(agent => agent.skills.map(skill => skill.name)))].sort((a, b) => a.localeCompare(b)))
  const found = computed(() => {
    const words = search.value.trim().toLowerCase()
    return (read.data.value?.agents ?? []).filter(agent => !words || agent.name.toLowerCase().includes(words) || agent.skills.some(skill => skill.name.toLowerCase().includes(words)))
  })

  async function run(work: () => Promise<void>): Promise<boolean> {
    busy.value = true
    trouble.value = undefined
    try {
      await work()
      return true
    } catch (error) {
      trouble.value = troubleOf(error)
      return false
    } finally {
      busy.value = false
    }
  }
  const put = async (agents: AgentChange[]) => {
    read.data.value = await api.request<RoutingAgents>('PUT', '/api/admin/routing/agents', { body: { agents }, query: { site: site.value } })
  }

  /** Saves one agent and the teams they are in. */
  function save(change: AgentChange, inTeams: readonly string[]): Promise<boolean> {
    return run(async () => {
      await put([change])
      for (const team of teams.data.value?.teams ?? []) {
        const is = team.members.includes(change.id)
        const wanted = inTeams.includes(team.id)
        if (is === wanted) continue
        const members = wanted ? [...team.members, change.id] : team.members.filter(id => id !== change.id)
        await api.request('PUT', `/api/admin/routing/teams/${team.id}`, { body: { name: team.name, members }, query: { site: site.value } })
      }
      await Promise.all([teams.load(), read.load()])
    })
  }
  /** Changes many at once, in one transaction. */
  function saveMany(agents: readonly RoutingAgent[], change: BulkChange): Promise<boolean> {
    return run(() => put(agents.map(agent => withBulk(agent, change))))
  }

  return { agents: read.data, found, search, skills, teams: teams.data, loading: read.loading, problem: read.problem, load: read.load, busy, trouble, save, saveMany }
}
