import type { ContactCard, ContactCards } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

export interface ContactListOptions {
  search: Ref<string>
  /** '' for everybody. */
  filter: Ref<string>
  /** Key of the site; '' for all. */
  site: Ref<string>
  /** How many a page. @default 50 */
  limit?: number
}

/**
 * Contacts, page by page; another search or filter starts anew. The server looks at so many contacts at a time: what it
 * finds is shown as it comes, until there is a page of it.
 */
export function useContacts({ search, filter, site, limit = 50 }: ContactListOptions) {
  const items = shallowRef<ContactCard[]>([])
  const next = ref('')
  const loading = ref(true)
  const problem = ref('')
  let generation = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(cursor = ''): Promise<void> {
    const mine = ++generation
    loading.value = true
    try {
      let found = cursor ? items.value : []
      const wanted = found.length + limit
      const query = { search: search.value.trim(), filter: filter.value, site: site.value, cursor, limit }
      do {
        const page = await api.get<ContactCards>('/api/agent/contacts', { query })
        if (mine !== generation) return
        const known = new Set(found.map(item => item.id))
        found = [...found, ...page.items.filter(item => !known.has(item.id))]
        items.value = found
        query.cursor = next.value = page.next
        problem.value = ''
      } while (query.cursor && found.length < wanted)
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  watch([filter, site], () => void read(), { immediate: true })
  watch(search, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void read(), 250)
  })
  onScopeDispose(() => {
    generation++
    clearTimeout(timer)
  })
  return { items, next, loading, problem, refresh: () => read(), more: () => read(next.value) }
}
