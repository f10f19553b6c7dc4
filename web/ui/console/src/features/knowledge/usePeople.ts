import type { SitePeople } from '@frontdesk/shared/api/types'
import { computed, shallowRef } from 'vue'
import { api } from '../../app/api.ts'

/** Who and what articles can belong to. Names of people who have left are not known: their id is all there is. */
export function usePeople() {
  const all = shallowRef<SitePeople>({ people: [], departments: [], all_departments: true })
  const names = computed(() => new Map(all.value.people.map(person => [person.id, person.name])))
  async function load(): Promise<void> {
    all.value = await api.get<SitePeople>('/api/admin/kb/people').catch(() => all.value)
  }
  void load()
  return { all, names, nameOf: (id: string) => names.value.get(id) ?? '' }
}
