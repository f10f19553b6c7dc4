import type { CannedList, CannedReply, Team } from '@frontdesk/shared/api/types'
import { ApiError } from '@frontdesk/shared/api/client'
import { computed, ref, shallowRef } from 'vue'
import { api, problemDetails, problemKey } from '../../app/api.ts'

/** A reply while it is edited; id 0 = a new one. */
export interface CannedDraft { id: number, site: string, place: 'site' | 'team' | 'mine', team?: string, shortcut: string, title: string, texts: Record<string, string>, version: number }

/** Everything within reach, and changing it. */
export function useCannedReplies() {
  const items = shallowRef<CannedReply[]>([])
  const variables = shallowRef<string[]>([])
  const sites = shallowRef<{ key: string, name: string }[]>([])
  const teams = shallowRef<Team[]>([])
  const loading = ref(true)
  const problem = ref('')
  const details = shallowRef<string[]>([])
  const search = ref('')
  const shown = computed(() => {
    const word = search.value.trim().toLowerCase()
    return items.value.filter(item => !word || [item.shortcut, item.title, ...Object.values(item.texts)].some(text => text.toLowerCase().includes(word)))
  })

  async function load(): Promise<void> {
    loading.value = true
    try {
      const [list, found, people] = await Promise.all([
        api.get<CannedList>('/api/agent/canned'),
        api.get<{ sites: { key: string, name: string }[] }>('/api/admin/sites'),
        api.get<{ teams: Team[] }>('/api/agent/teams'),
      ])
      items.value = list.items
      variables.value = list.variables
      sites.value = found.sites
      teams.value = people.teams
      problem.value = ''
    } catch (error) {
      problem.value = problemKey(error)
    } finally {
      loading.value = false
    }
  }

  async function act(work: () => Promise<unknown>): Promise<boolean> {
    problem.value = ''
    details.value = []
    try {
      await work()
      await load()
      return true
    } catch (error) {
      const code = error instanceof ApiError ? error.code : ''
      problem.value = code === 'shortcut_taken' ? 'canned.taken' : code === 'conflict' ? 'canned.conflict' : problemKey(error)
      details.value = error instanceof ApiError && error.status === 422 && error.problem.detail ? [error.problem.detail, ...problemDetails(error)] : problemDetails(error)
      return false
    }
  }
  const bodyOf = ({ id: _, ...rest }: CannedDraft) => ({ ...rest, texts: Object.fromEntries(Object.entries(rest.texts).filter(([, text]) => text.trim())) })

  return {
    items, shown, variables, sites, teams, loading, problem, details, search, load,
    save: (draft: CannedDraft) => act(() => draft.id ? api.put(`/api/agent/canned/${draft.id}`, bodyOf(draft)) : api.post('/api/agent/canned', bodyOf(draft))),
    remove: (id: number) => act(() => api.delete(`/api/agent/canned/${id}`)),
  }
}
