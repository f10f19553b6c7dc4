import type { Event } from '@frontdesk/shared/api/types'
import { computed, ref, shallowRef } from 'vue'
import { api } from './api.ts'
import { useAuth } from './auth.ts'
import { useDesk } from './desk.ts'

/** A note that speaks to the agent. */
export interface Mention {
  conversation: string
  seq: number
  time: string
  author: { kind?: string, id?: string, name?: string }
  content: string
  contact_name: string
  seen: boolean
}

/** Whom a note speaks to. */
export function mentionsOf(event: Event): { id: string, name: string }[] {
  const list = Array.isArray(event.data?.mentions) ? event.data.mentions as unknown[] : []
  return list.flatMap((found) => {
    const one = typeof found === 'object' && found !== null ? found as Record<string, unknown> : {}
    return typeof one.id === 'string' ? [{ id: one.id, name: typeof one.name === 'string' ? one.name : '' }] : []
  })
}

const kept = 30

/** The notes in which colleagues mentioned the agent: the last ones, and new ones as they come. */
export function useMentions() {
  const auth = useAuth()
  const desk = useDesk()
  const items = shallowRef<readonly Mention[]>([])
  const failed = ref(false)
  const listeners = new Set<(mention: Mention) => void>()
  const unread = computed(() => items.value.filter(item => !item.seen).length)

  const look = (item: Mention): Mention => item.seen || desk.session.readUpTo(item.conversation) < item.seq ? item : { ...item, seen: true }

  async function load(): Promise<void> {
    try {
      const found = await api.get<{ items: Mention[] }>('/api/agent/mentions', { query: { limit: kept } })
      items.value = (found.items ?? []).map(look)
      failed.value = false
    } catch {
      failed.value = true
    }
  }

  function hear(event: Event): void {
    const me = auth.agent?.id
    const { conv: conversation = '', seq = 0 } = event
    if (event.author?.id === me || !mentionsOf(event).some(one => one.id === me)) return
    if (items.value.some(item => item.conversation === conversation && item.seq === seq)) return
    const mention = look({ conversation, seq, time: event.time ?? '', author: { kind: 'agent', id: event.author?.id ?? '', name: event.author?.name ?? '' }, content: event.content ?? '', contact_name: '', seen: false })
    items.value = [mention, ...items.value].slice(0, kept)
    if (!mention.seen) for (const listener of listeners) listener(mention)
  }

  desk.listen((signal) => {
    if (signal.type === 'hello' || signal.type === 'epoch') void load()
    else if (signal.type === 'event' && signal.event.kind === 'note' && signal.live) hear(signal.event)
    else if (signal.type === 'gone') items.value = items.value.filter(item => item.conversation !== signal.conv)
    else if (signal.type === 'mark' && signal.author?.id === auth.agent?.id) items.value = items.value.map(look)
  })

  /** Hears of each new mention; call the result to stop. */
  function onNew(listener: (mention: Mention) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return { items, unread, failed, load, onNew }
}
