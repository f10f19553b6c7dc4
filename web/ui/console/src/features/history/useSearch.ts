import type { SearchChoices, SearchHit, SearchPage } from '@frontdesk/shared/api/types'
import { computed, onMounted, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { api, problemDetails, problemKey } from '../../app/api.ts'

/** What a search may be narrowed by; '' = not. Days are the browser's. */
export interface SearchFilter {
  from: string
  to: string
  site: string
  department: string
  agent: string
  status: string
  owner: string
  contact: string
  /** 'true' or ''. */
  notes: string
}

const names = ['from', 'to', 'site', 'department', 'agent', 'status', 'owner', 'contact', 'notes'] as const

/** Midnight of a day in the browser's time zone, some days later, as the server reads it. */
export function dayStart(day: string, later = 0): string {
  const [year = NaN, month = NaN, date = NaN] = day.split('-').map(Number)
  const at = new Date(year, month - 1, date + later)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}

/** The filter as the server's query has it: the last day is a whole one. */
export function filterQuery(filter: SearchFilter): Record<string, string> {
  const out: Record<string, string> = {}
  for (const name of names) {
    const value = name === 'from' ? dayStart(filter.from) : name === 'to' ? dayStart(filter.to, 1) : filter[name]
    if (value) out[name] = value
  }
  return out
}

/** The search that the address asks for: it survives a reload, and Back goes to the search before. */
export function useSearch() {
  const route = useRoute()
  const router = useRouter()
  const read = (name: string) => typeof route.query[name] === 'string' ? route.query[name] : ''
  const text = ref(read('q'))
  const filter = computed<SearchFilter>(() => Object.fromEntries(names.map(name => [name, read(name)])) as unknown as SearchFilter)
  const sort = computed(() => read('sort') === 'newest' ? 'newest' : 'best')
  const narrowed = computed(() => names.filter(name => filter.value[name]).length)
  const choices = shallowRef<SearchChoices>({ sites: [], agents: [], may_export: false, may_privacy: false })
  const hits = shallowRef<SearchHit[]>([])
  const page = shallowRef<SearchPage>()
  const loading = ref(false)
  const problem = ref('')
  const details = shallowRef<string[]>([])
  let generation = 0

  async function load(cursor = ''): Promise<void> {
    const mine = ++generation
    loading.value = true
    try {
      const found = await api.get<SearchPage>('/api/agent/search', { query: { ...filterQuery(filter.value), q: read('q') || undefined, sort: sort.value, cursor: cursor || undefined } })
      if (mine !== generation) return
      const known = new Set(cursor ? hits.value.map(hit => hit.conversation.id) : [])
      hits.value = cursor ? [...hits.value, ...found.hits.filter(hit => !known.has(hit.conversation.id))] : found.hits
      page.value = found
      problem.value = ''
      details.value = []
    } catch (error) {
      if (mine !== generation) return
      problem.value = problemKey(error)
      details.value = problemDetails(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }
  /** Changes the address; what is '' goes out of it. */
  function go(change: Record<string, string>, replace = false): void {
    const query: Record<string, string> = {}
    for (const [name, value] of Object.entries({ ...route.query, ...change })) if (typeof value === 'string' && value) query[name] = value
    void (replace ? router.replace({ query }) : router.push({ query }))
  }
  const submit = () => text.value.trim() === read('q') ? void load() : go({ q: text.value.trim(), open: '', seq: '' })
  const narrow = (name: keyof SearchFilter, value: string) => go({ [name]: value, ...name === 'site' ? { department: '' } : {}, open: '', seq: '' }, true)
  const clear = () => go(Object.fromEntries([...names, 'open', 'seq'].map(name => [name, ''])))

  watch(() => JSON.stringify([read('q'), sort.value, filter.value]), () => {
    if (!route.path.startsWith('/history/search')) return // on the way to another page
    text.value = read('q')
    void load()
  }, { immediate: true })
  onMounted(async () => {
    choices.value = await api.get<SearchChoices>('/api/agent/search/choices').catch(() => choices.value)
  })
  onScopeDispose(() => { generation++ })
  return { text, filter, sort, narrowed, choices, hits, page, loading, problem, details, go, submit, narrow, clear, load, more: () => load(page.value?.next) }
}
export type Searching = ReturnType<typeof useSearch>
