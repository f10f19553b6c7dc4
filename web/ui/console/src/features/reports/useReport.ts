import type { BotReport } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemDetails, problemKey } from '../../app/api.ts'

export interface ReportFilter {
  /** '7', '28', '90' or 'custom'. */
  period: Ref<string>
  /** Milliseconds, from and to; of a custom period. */
  range: Ref<[number, number] | null>
  site: Ref<string>
  /** '' for all. */
  department: Ref<string>
  /** '' for both. */
  locale: Ref<string>
}

const day = 86_400_000

/** The figures of a period; a new filter reads them anew. */
export function useReport({ period, range, site, department, locale }: ReportFilter) {
  const report = shallowRef<BotReport>()
  const loading = ref(true)
  const problem = ref('')
  const details = shallowRef<string[]>([])
  let generation = 0

  const query = computed(() => {
    const custom = period.value === 'custom' ? range.value : null
    if (period.value === 'custom' && !custom) return undefined
    const to = custom ? new Date(custom[1] + day) : new Date()
    const from = custom ? new Date(custom[0]) : new Date(to.getTime() - Number(period.value) * day)
    return { from: from.toISOString(), to: to.toISOString(), site: site.value, department: department.value, locale: locale.value }
  })
  const csv = computed(() => query.value ? `/api/admin/reports/bot.csv?${new URLSearchParams(Object.entries(query.value).filter(([, value]) => value !== ''))}` : '')

  async function read(): Promise<void> {
    if (!query.value) return
    const mine = ++generation
    loading.value = true
    try {
      const found = await api.get<BotReport>('/api/admin/reports/bot', { query: query.value })
      if (mine !== generation) return
      report.value = found
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
  watch([period, range, site, department, locale], () => void read(), { immediate: true })
  onScopeDispose(() => { generation++ })
  return { report, loading, problem, details, csv, refresh: read }
}
