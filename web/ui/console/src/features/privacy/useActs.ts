import type { AuditEntry, AuditList } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { api, problemKey } from '../../app/api.ts'

const names = ['from', 'to', 'action', 'actor', 'q', 'site'] as const
export type ActFilter = typeof names[number]

/** Midnight of a day in the browser's time zone, as the server reads it; '' for none. */
function midnight(day: string, later = 0): string {
  const [year = NaN, month = NaN, date = NaN] = day.split('-').map(Number)
  const at = new Date(year, month - 1, date + later)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}

/** The record of acts, filtered by the page's address. */
export function useActs() {
  const route = useRoute()
  const router = useRouter()
  const read = (name: ActFilter) => typeof route.query[name] === 'string' ? route.query[name] : ''
  const rows = shallowRef<AuditEntry[]>([])
  const actions = shallowRef<string[]>([])
  const next = ref(0)
  const loading = ref(true)
  const problem = ref('')
  let generation = 0

  async function load(before = 0): Promise<void> {
    const mine = ++generation
    loading.value = true
    try {
      const query: Record<string, string | number> = { before }
      for (const name of names) {
        const value = name === 'from' ? midnight(read('from')) : name === 'to' ? midnight(read('to'), 1) : read(name)
        if (value) query[name] = value
      }
      const found = await api.get<AuditList>('/api/admin/audit', { query })
      if (mine !== generation) return
      rows.value = before ? [...rows.value, ...found.rows] : found.rows
      actions.value = found.actions
      next.value = found.next
      problem.value = ''
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }
  function set(name: ActFilter, value: string): void {
    void router.replace({ query: { ...route.query, [name]: value || undefined } })
  }
  watch(() => JSON.stringify(names.map(read)), () => void load(), { immediate: true })
  onScopeDispose(() => { generation++ })
  return { rows, actions, next, loading, problem, read, set, load, more: () => load(next.value) }
}
