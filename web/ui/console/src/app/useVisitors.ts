import type { Conversation } from '@frontdesk/shared/api/types'
import { onScopeDispose, shallowRef, watch } from 'vue'
import { api } from './api.ts'

/**
 * Who is behind conversations of which a card knows no name: asked for once each, so that a card calls the visitor what
 * the inbox does. Forgotten when `conversations` no longer has them; one that could not be read stays without.
 */
export function useVisitors(conversations: () => readonly string[]) {
  const found = shallowRef<ReadonlyMap<string, Conversation['contact']>>(new Map())
  const asked = new Set<string>()
  let stopped = false

  async function ask(conv: string): Promise<void> {
    const contact = await api.get<Conversation>(`/api/agent/conversations/${conv}`).then(row => row.contact, () => undefined)
    if (contact && !stopped && asked.has(conv)) found.value = new Map(found.value).set(conv, contact)
  }
  watch(conversations, (wanted) => {
    const gone = [...asked].filter(conv => !wanted.includes(conv))
    for (const conv of gone) asked.delete(conv)
    if (gone.length) found.value = new Map([...found.value].filter(([conv]) => asked.has(conv)))
    for (const conv of wanted) {
      if (asked.has(conv)) continue
      asked.add(conv)
      void ask(conv)
    }
  }, { immediate: true })
  onScopeDispose(() => { stopped = true })

  return { found }
}
