import type { Conversation, InboxPage, View } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'
import { useAuth } from '../../app/auth.ts'
import { useDesk } from '../../app/desk.ts'
import { useInvitations } from '../../app/invitations.ts'
import { applyEvent, belongs, inOrder } from './inboxRows.ts'

export interface InboxOptions {
  view: Ref<View>
  search: Ref<string>
  /** The conversation that is open and looked at; it gathers no unread marks. */
  open: Ref<string | undefined>
  /** How long to wait before the server's own view is read again after an event, in milliseconds. @default 600 */
  settleMs?: number
}

/**
 * The rows of one view, kept current by the socket: an event changes its row
 * at once, and soon after the server's own order and counts are read.
 */
export function useInbox({ view, search, open, settleMs = 600 }: InboxOptions) {
  const auth = useAuth()
  const desk = useDesk()
  const invitations = useInvitations()
  const items = shallowRef<Conversation[]>([])
  const counts = shallowRef<Partial<Record<View, number>>>({})
  const next = ref('')
  const loading = ref(true)
  const problem = ref('')
  const me = auth.agent?.id ?? ''
  let generation = 0
  let settle: ReturnType<typeof setTimeout> | undefined

  // The server writes read marks a little later: what was read here or in another tab is read.
  const known = (row: Conversation): Conversation => row.unread && desk.session.readUpTo(row.id) >= row.last_seq ? { ...row, unread: 0 } : row

  async function read(limit: number, cursor = ''): Promise<InboxPage | undefined> {
    const mine = ++generation
    try {
      const page = await api.get<InboxPage>('/api/agent/conversations', { query: { view: view.value, search: search.value, limit, cursor } })
      if (mine !== generation) return undefined
      problem.value = ''
      counts.value = page.counts
      next.value = page.next ?? ''
      return page
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
      return undefined
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  async function refresh(): Promise<void> {
    const page = await read(Math.min(200, Math.max(50, items.value.length)))
    if (page) items.value = inOrder((page.items ?? []).map(known), view.value)
  }

  async function more(): Promise<void> {
    const page = await read(50, next.value)
    if (!page) return
    const here = new Set(items.value.map(row => row.id))
    items.value = inOrder([...items.value, ...(page.items ?? []).filter(row => !here.has(row.id)).map(known)], view.value)
  }

  function settleSoon(): void {
    settle ??= setTimeout(() => {
      settle = undefined
      void refresh()
    }, settleMs)
  }

  /** Puts a conversation as the server answered it in its place. */
  function put(row: Conversation): void {
    const rest = items.value.filter(other => other.id !== row.id)
    const fits = belongs(row, view.value, auth.agent?.id ?? '', invitations.ids)
    items.value = inOrder(fits ? [...rest, row] : rest, view.value)
    settleSoon()
  }

  desk.listen((signal) => {
    if (signal.type === 'event') {
      const row = items.value.find(other => other.id === signal.event.conv)
      // The inbox is where a message to the agent's own conversation has arrived, open or not.
      if (row?.assignee?.id === me) desk.session.delivered(row.id, signal.event.seq ?? 0)
      if (row) put(applyEvent(row, signal.event, row.id === open.value && document.visibilityState === 'visible', me))
      else if (signal.live) settleSoon()
    } else if (signal.type === 'gone') {
      items.value = items.value.filter(other => other.id !== signal.conv)
      settleSoon()
    } else if (signal.type === 'mark' && signal.author?.id === me) {
      items.value = items.value.map(known)
    } else if (signal.type === 'epoch' || (signal.type === 'state' && signal.state === 'online')) {
      settleSoon()
    }
  })
  watch([view, search], () => {
    items.value = []
    loading.value = true
    void refresh()
  }, { immediate: true })
  onScopeDispose(() => {
    generation++
    clearTimeout(settle)
  })

  return { items, counts, next, loading, problem, refresh, more, put }
}
