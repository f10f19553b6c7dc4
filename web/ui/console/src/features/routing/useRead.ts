import { ApiError } from '@frontdesk/shared/api/client'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemDetails, problemKey } from '../../app/api.ts'

/** What is wrong with one field: where, as JSON names it (`rules[1].when[0].value`; within the team or agent that is edited), and which of `routeWrong.*`. */
export interface Wrong { at: string, code: string }

/** What is wrong: a text's key, the fields at fault, and the server's own words where there are no others. */
export interface Trouble { key: string, details: string[], fields?: Wrong[] }

/** An error for people: a conflict and what the server says of fields are told apart by the caller. */
export function troubleOf(error: unknown): Trouble {
  const named = error instanceof ApiError ? error.problem.errors ?? [] : []
  const fields = named.flatMap(({ location, code }) => code ? [{ at: (location ?? '').replace(/^body\.((teams|agents)\[\d+\]\.)?/, ''), code }] : [])
  if (fields.length) return { key: problemKey(error), details: [], fields }
  const details = problemDetails(error)
  if (error instanceof ApiError && error.status === 422 && !details.length && error.problem.detail) details.push(error.problem.detail)
  return { key: problemKey(error), details }
}

export interface ReadOptions {
  /** Key of the site; '' = the first in scope. */
  site: Ref<string>
  /** Read again so often while the page is looked at, in milliseconds; 0 = never. @default 0 */
  everyMs?: number
}

/** Reads one route of a site, anew when the site changes, and keeps the last good answer when a reading fails. */
export function useRead<T>(path: string, { site, everyMs = 0 }: ReadOptions) {
  const data = shallowRef<T>()
  const problem = ref('')
  const loading = ref(true)
  let generation = 0

  async function load(): Promise<void> {
    const mine = ++generation
    try {
      const found = await api.get<T>(path, { query: { site: site.value } })
      if (mine !== generation) return
      data.value = found
      problem.value = ''
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  watch(site, () => {
    data.value = undefined
    loading.value = true
    void load()
  }, { immediate: true })
  const timer = everyMs > 0 ? setInterval(() => { if (document.visibilityState === 'visible') void load() }, everyMs) : undefined
  onScopeDispose(() => {
    generation++
    clearInterval(timer)
  })
  return { data, problem, loading, load }
}
