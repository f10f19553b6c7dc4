import type { Gap, GapPage } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

export interface GapFilter {
  /** '' for the first in scope. */
  site: Ref<string>
  /** '' for all. */
  department: Ref<string>
  tab: Ref<string>
  search: Ref<string>
  /** '' for both. */
  locale: Ref<string>
  /** '' for any. */
  reason: Ref<string>
  order: Ref<string>
}

const limit = 30

/** The gap board, page by page; a new filter starts anew. */
export function useGaps({ site, department, tab, search, locale, reason, order }: GapFilter) {
  const items = shallowRef<Gap[]>([])
  const total = ref(0)
  const counts = shallowRef<Record<string, number>>({})
  const loading = ref(true)
  const problem = ref('')
  let generation = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(offset = 0): Promise<void> {
    const mine = ++generation
    loading.value = true
    try {
      const page = await api.get<GapPage>('/api/admin/gaps', {
        query: { site: site.value, department: department.value, tab: tab.value, search: search.value.trim(), locale: locale.value, reason: reason.value, order: order.value, offset: offset || undefined, limit },
      })
      if (mine !== generation) return
      const known = new Set(offset ? items.value.map(item => item.id) : [])
      items.value = [...offset ? items.value : [], ...page.items.filter(item => !known.has(item.id))]
      total.value = page.total
      counts.value = page.counts
      problem.value = ''
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  watch([site, department, tab, locale, reason, order], () => void read(), { immediate: true })
  watch(search, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void read(), 250)
  })
  onScopeDispose(() => {
    generation++
    clearTimeout(timer)
  })
  return { items, total, counts, loading, problem, refresh: () => read(), more: () => read(items.value.length) }
}

/** How many gaps a tab holds. */
export function countOf(counts: Record<string, number>, tab: string): number {
  const states: Record<string, string[]> = { open: ['open', 'in_progress'], solved: ['solved'], closed: ['dismissed', 'expired'], out_of_scope: ['out_of_scope'] }
  return (states[tab] ?? []).reduce((sum, state) => sum + (counts[state] ?? 0), 0)
}

/** A span of time for people: 45 s, 12 min, 3.5 h. */
export function spanText(seconds: number, t: (key: string, values: Record<string, unknown>) => string): string {
  if (seconds < 60) return t('reports.seconds', { n: Math.round(seconds) })
  if (seconds < 3600) return t('reports.minutes', { n: Math.round(seconds / 60) })
  return t('reports.hours', { n: Math.round(seconds / 360) / 10 })
}
