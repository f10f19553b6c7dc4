import type { Unread } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, shallowRef, watchEffect } from 'vue'
import { api } from './api.ts'
import { useAuth } from './auth.ts'
import { useDesk } from './desk.ts'
import { unread } from './unread.ts'

/**
 * How many conversations that are the agent's, or that wait, have messages of
 * others that the agent has not seen, on any page and device. The server
 * counts; what was just read here, or in another tab, is out at once.
 * @param settleMs how long to gather events before the server is asked. @default 2500
 */
export function useUnread(settleMs = 2500) {
  const auth = useAuth()
  const desk = useDesk()
  const rows = shallowRef<readonly { id: string, last: number }[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined
  const unseen = (list: readonly { id: string, last: number }[]) => list.filter(row => desk.session.readUpTo(row.id) < row.last)

  async function load(): Promise<void> {
    const found = await api.get<Unread>('/api/agent/unread-messages').catch(() => undefined)
    if (found) rows.value = unseen((found.conversations ?? []).map(({ conversation, last_seq: last }) => ({ id: conversation, last })))
  }
  function soon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void load()
    }, settleMs)
  }

  desk.listen((signal) => {
    if (signal.type === 'hello') void load()
    else if (signal.type === 'event' && signal.live && (signal.event.state || signal.event.kind === 'message')) soon()
    else if (signal.type === 'mark' && signal.author?.id === auth.agent?.id) rows.value = unseen(rows.value)
  })
  const count = computed(() => rows.value.length)
  watchEffect(() => { unread.value = count.value })
  onScopeDispose(() => {
    clearTimeout(timer)
    unread.value = 0
  })
  return { count }
}
