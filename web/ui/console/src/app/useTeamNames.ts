import type { Team } from '@frontdesk/shared/api/types'
import { shallowRef } from 'vue'
import { api } from './api.ts'

// Teams change rarely: read once for all who name one, and again when one is not known.
const names = shallowRef<ReadonlyMap<string, string>>(new Map())
const asked = new Set<string>()
let reading: Promise<void> | undefined

async function read(): Promise<void> {
  const found = await api.get<{ teams: Team[] }>('/api/agent/teams').catch(() => undefined)
  if (found) names.value = new Map(found.teams.map(team => [team.id, team.name]))
  reading = undefined
}

/** What the teams within one's scope are called. */
export function useTeamNames(): { of: (id: string) => string } {
  return {
    of(id) {
      const name = names.value.get(id)
      if (name === undefined && id && !asked.has(id)) {
        asked.add(id)
        reading ??= read()
      }
      return name ?? ''
    },
  }
}
