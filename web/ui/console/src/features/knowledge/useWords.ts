import { ApiError } from '@frontdesk/shared/api/client'
import type { PastedWords, WordGroup, WordList } from '@frontdesk/shared/api/types'
import { computed, ref, shallowRef } from 'vue'
import { api, problemDetails, problemKey } from '../../app/api.ts'

export type WordKind = WordGroup['kind']
export const kinds: readonly WordKind[] = ['synonym', 'alias', 'code']

/** The words of a line, apart by commas of either script, semicolons, tabs or an equals sign. */
export function splitWords(line: string): string[] {
  return line.split(/[,;\t，；、=\n]/).map(word => word.trim()).filter(Boolean)
}

/** A site's word list. */
export function useWords() {
  const groups = shallowRef<WordGroup[]>([])
  const loading = ref(true)
  const problem = ref('')
  /** What the server says is wrong, in its words. */
  const details = ref<string[]>([])
  const search = ref('')
  const shown = computed(() => {
    const wanted = search.value.trim().toLowerCase()
    return wanted ? groups.value.filter(group => group.words.some(word => word.toLowerCase().includes(wanted))) : groups.value
  })

  async function load(): Promise<void> {
    loading.value = true
    await attempt(() => api.get<WordList>('/api/admin/kb/words'))
    loading.value = false
  }

  async function attempt(run: () => Promise<WordList | PastedWords>): Promise<boolean> {
    try {
      groups.value = (await run()).groups
      problem.value = ''
      details.value = []
      return true
    } catch (error) {
      note(error)
      return false
    }
  }

  function note(error: unknown): void {
    problem.value = problemKey(error)
    details.value = problemDetails(error)
    if (!details.value.length && error instanceof ApiError && error.status === 422 && error.problem.detail) details.value = [error.problem.detail]
  }

  /** Stores a group, with an id 0 a new one; false when it was refused. */
  function save(group: WordGroup): Promise<boolean> {
    const body = { kind: group.kind, locale: group.locale, words: group.words }
    return attempt(() => group.id ? api.put<WordList>(`/api/admin/kb/words/${group.id}`, body) : api.post<WordList>('/api/admin/kb/words', body))
  }
  const remove = (id: number) => attempt(() => api.delete<WordList>(`/api/admin/kb/words/${id}`))

  /** Adds a pasted list, or with dry only says what that would do. */
  async function paste(list: string, kind: WordKind, dry: boolean): Promise<PastedWords | undefined> {
    try {
      const done = await api.post<PastedWords>('/api/admin/kb/words/import', { list, kind, dry_run: dry })
      groups.value = done.groups
      problem.value = ''
      details.value = []
      return done
    } catch (error) {
      note(error)
      return undefined
    }
  }
  const clear = () => {
    problem.value = ''
    details.value = []
  }

  return { groups, shown, search, loading, problem, details, load, save, remove, paste, clear }
}
