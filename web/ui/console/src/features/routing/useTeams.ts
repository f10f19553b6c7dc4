import { ApiError } from '@frontdesk/shared/api/client'
import type { Hours, RoutingRuleSet, RoutingStep, RoutingTeam, RoutingTeams } from '@frontdesk/shared/api/types'
import { computed, ref, type Ref } from 'vue'
import { api } from '../../app/api.ts'
import { troubleOf, useRead, type Trouble } from './useRead.ts'
import { useRules } from './useRules.ts'

type TeamRules = RoutingRuleSet['teams'][number]

/** A team as the page edits it: who is in it, and what differs for it. */
export interface TeamForm { name: string, members: string[], hours: Hours | null, overflow: RoutingStep[] }

export function formOf(team: RoutingTeam, rules?: TeamRules): TeamForm {
  return structuredClone({ name: team.name, members: team.members, hours: rules?.hours ?? null, overflow: rules?.overflow ?? [] })
}

/** The rules of teams with one changed; a team without any of its own is left out, and so is one that is gone. */
export function withTeam(all: readonly TeamRules[], known: readonly string[], team: string, { hours, overflow }: Pick<TeamForm, 'hours' | 'overflow'>): TeamRules[] {
  const rest = all.filter(one => one.team !== team && known.includes(one.team))
  return hours || overflow.length ? [...rest, { team, ...hours ? { hours } : {}, overflow }] : rest
}

/** The teams of a site, with their hours and overflow, which are part of the site's rules. */
export function useTeams(site: Ref<string>) {
  const read = useRead<RoutingTeams>('/api/admin/routing/teams', { site })
  const rules = useRules(site)
  const busy = ref('')
  const trouble = ref<{ team: string, trouble: Trouble }>()
  const ready = computed(() => read.data.value !== undefined && rules.stored.value !== undefined)

  function refused(team: string, error: unknown): false {
    const found = troubleOf(error)
    if (error instanceof ApiError && error.code === 'team_taken') found.key = 'routeTeams.taken'
    if (error instanceof ApiError && error.code === 'team_used') found.key = 'routeTeams.removeUsed'
    trouble.value = { team, trouble: found }
    return false
  }
  async function run(team: string, work: () => Promise<boolean>): Promise<boolean> {
    busy.value = team
    trouble.value = undefined
    try {
      return await work()
    } catch (error) {
      return refused(team, error)
    } finally {
      busy.value = ''
      await read.load()
    }
  }

  const rulesOf = (team: string) => rules.stored.value?.teams.find(one => one.team === team)

  /** Saves name and members, then what differs of the rules, if it does. */
  function save(team: RoutingTeam, form: TeamForm): Promise<boolean> {
    return run(team.id, async () => {
      await api.request('PUT', `/api/admin/routing/teams/${team.id}`, { body: { name: form.name.trim(), members: form.members }, query: { site: site.value } })
      const before = formOf(team, rulesOf(team.id))
      if (JSON.stringify([before.hours, before.overflow]) === JSON.stringify([form.hours, form.overflow])) return true
      const known = read.data.value?.teams.map(one => one.id) ?? []
      if (await rules.save({ teams: withTeam(rules.stored.value?.teams ?? [], known, team.id, form) })) return true
      const why = rules.conflict.value ? { key: 'route.conflict', details: [] } : rules.trouble.value ?? { key: 'problem.internal', details: [] }
      trouble.value = { team: team.id, trouble: { ...why, details: ['part', ...why.details] } }
      if (rules.conflict.value) await rules.load()
      return false
    })
  }
  function add(name: string, department: number, members: string[]): Promise<boolean> {
    return run('new', async () => {
      await api.request('POST', '/api/admin/routing/teams', { body: { name: name.trim(), department, members }, query: { site: site.value } })
      return true
    })
  }
  function remove(team: RoutingTeam): Promise<boolean> {
    return run(team.id, async () => {
      await api.request('DELETE', `/api/admin/routing/teams/${team.id}`, { query: { site: site.value } })
      return true
    })
  }

  return { teams: read.data, loading: read.loading, problem: read.problem, load: read.load, ready, rulesOf, busy, trouble, save, add, remove }
}
