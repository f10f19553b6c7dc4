import { onMounted, ref, shallowRef, watch } from 'vue'
import { api } from './api.ts'

/** The sites in scope and the departments of the chosen one, for filters. A list of one needs no choice. */
export function useSites() {
  const sites = shallowRef<{ key: string, name: string }[]>([])
  const departments = shallowRef<{ id: number, name: string }[]>([])
  /** Key of the site; '' = the first in scope. */
  const site = ref('')
  /** Id of the department as text; '' = all in scope. */
  const department = ref('')

  watch(site, async (key) => {
    department.value = ''
    const found = await api.get<{ departments: { id: number, name: string }[] }>('/api/admin/kb/people', { query: { site: key } }).catch(() => undefined)
    if (key === site.value) departments.value = found?.departments ?? []
  }, { immediate: true })
  onMounted(async () => {
    sites.value = (await api.get<{ sites: { key: string, name: string }[] }>('/api/admin/sites').catch(() => undefined))?.sites ?? []
  })
  return { sites, departments, site, department }
}
