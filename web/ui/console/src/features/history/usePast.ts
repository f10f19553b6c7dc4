import type { Conversation, Event } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

const around = 40

/** A conversation to be read: a piece of it around one row, and more on request. Nothing is marked as read. */
export function usePast(id: Ref<string>, seq: Ref<number>) {
  const head = shallowRef<Conversation>()
  const events = shallowRef<Event[]>([])
  const loading = ref(false)
  const problem = ref('')
  const before = ref(false)
  const after = ref(false)
  let generation = 0

  const rows = async (query: Record<string, number>) =>
    (await api.get<{ events: Event[] }>(`/api/agent/conversations/${id.value}/messages`, { query: { ...query, limit: around } })).events
  function take(list: Event[]): void {
    events.value = list
    before.value = (list[0]?.seq ?? 1) > 1
    after.value = (list.at(-1)?.seq ?? 0) < (head.value?.last_seq ?? 0)
  }
  async function open(): Promise<void> {
    const mine = ++generation
    if (!id.value) return
    loading.value = true
    try {
      const [found, list] = await Promise.all([api.get<Conversation>(`/api/agent/conversations/${id.value}`), rows({ after: Math.max(0, seq.value - around / 2) })])
      if (mine !== generation) return
      head.value = found
      take(list)
      problem.value = ''
    } catch (error) {
      if (mine !== generation) return
      head.value = undefined
      events.value = []
      problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }
  async function extend(back: boolean): Promise<void> {
    const mine = generation
    const first = events.value[0]?.seq ?? 1
    const last = events.value.at(-1)?.seq ?? 0
    try {
      const list = await rows(back ? { before: first } : { after: last })
      if (mine !== generation) return
      take(back ? [...list, ...events.value] : [...events.value, ...list])
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    }
  }
  watch([id, seq], () => {
    const at = seq.value
    if (head.value?.id === id.value && events.value.some(event => event.seq === at)) return
    void open()
  }, { immediate: true })
  onScopeDispose(() => { generation++ })
  return { head, events, loading, problem, before, after, open, extend }
}
