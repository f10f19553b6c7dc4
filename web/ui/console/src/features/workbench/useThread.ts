import type { Conversation, Event, History, Owner, Status } from '@frontdesk/shared/api/types'
import type { Outgoing } from '@frontdesk/shared/session/outbox'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'
import { useDesk } from '../../app/desk.ts'

const page = 60

/**
 * One open conversation: its rows, its state, what is on its way, and what can
 * be done with it. Follows the conversation while `id` names it.
 */
export function useThread(id: Ref<string | undefined>, onChanged: (conversation: Conversation) => void) {
  const desk = useDesk()
  const conversation = shallowRef<Conversation>()
  const events = shallowRef<readonly Event[]>([])
  const pending = shallowRef<Outgoing[]>([])
  const typing = ref('')
  const problem = ref('')
  const busy = ref(false)
  const hasEarlier = computed(() => (events.value[0]?.seq ?? 1) > 1)
  let typingTimer: ReturnType<typeof setTimeout> | undefined
  let readTimer: ReturnType<typeof setTimeout> | undefined
  let readSeq = 0

  async function load(conv: string): Promise<void> {
    problem.value = ''
    try {
      const [head, history] = await Promise.all([
        api.get<Conversation>(`/api/agent/conversations/${conv}`),
        api.get<History>(`/api/agent/conversations/${conv}/messages`, { query: { limit: page, before: 4294967295 } }),
      ])
      if (id.value !== conv) return
      conversation.value = head
      readSeq = 0
      desk.session.follow(conv, history.events ?? [])
      draw()
      markRead()
    } catch (error) {
      if (id.value === conv) problem.value = problemKey(error)
    }
  }

  function draw(): void {
    const conv = id.value
    events.value = conv ? desk.session.timeline(conv)?.events ?? [] : []
    pending.value = conv ? desk.session.pending(conv) : []
  }

  async function loadEarlier(): Promise<void> {
    const conv = id.value
    const timeline = conv ? desk.session.timeline(conv) : undefined
    if (!conv || !timeline || timeline.before === 0) return
    const history = await api.get<History>(`/api/agent/conversations/${conv}/messages`, { query: { before: timeline.before + 1, limit: page } })
    timeline.prepend(history.events ?? [])
    draw()
  }

  // Marks as read what is on a visible screen; several rows at once are one request.
  function markRead(): void {
    clearTimeout(readTimer)
    readTimer = setTimeout(() => {
      const conv = id.value
      const seq = events.value.at(-1)?.seq ?? 0
      if (!conv || seq <= readSeq || document.visibilityState !== 'visible') return
      readSeq = seq
      api.post(`/api/agent/conversations/${conv}/read`, { seq }).catch(() => { readSeq = 0 })
    }, 300)
  }

  async function act(path: string, body: object = {}): Promise<boolean> {
    const conv = id.value
    if (!conv) return false
    busy.value = true
    problem.value = ''
    try {
      const head = await api.post<Conversation>(path, body)
      if (id.value === conv) conversation.value = head
      onChanged(head)
      return true
    } catch (error) {
      problem.value = problemKey(error)
      void api.get<Conversation>(`/api/agent/conversations/${conv}`).then((head) => {
        if (id.value === conv) conversation.value = head
      }).catch(() => undefined)
      return false
    } finally {
      busy.value = false
    }
  }
  const on = (verb: string) => `/api/agent/conversations/${id.value}/${verb}`

  function applyState(event: Event): void {
    const state = event.state
    if (!state || !conversation.value) return
    conversation.value = {
      ...conversation.value,
      status: (state.status ?? conversation.value.status) as Status,
      owner: (state.owner ?? conversation.value.owner) as Owner,
      owner_epoch: state.owner_epoch ?? conversation.value.owner_epoch,
      assignee: state.assignee?.id ? { id: state.assignee.id, name: state.assignee.name ?? '' } : null,
    }
  }

  function showTyping(name: string): void {
    typing.value = name
    clearTimeout(typingTimer)
    if (name) typingTimer = setTimeout(() => showTyping(''), 6000)
  }

  desk.listen((signal) => {
    if (!id.value) return
    if (signal.type === 'event' && signal.event.conv === id.value) {
      applyState(signal.event)
      if (signal.event.kind === 'email' && conversation.value) conversation.value = { ...conversation.value, contact: { ...conversation.value.contact, email: signal.event.content || conversation.value.contact.email } }
      if (signal.event.author?.kind === 'visitor') showTyping('')
      draw()
      markRead()
    } else if ((signal.type === 'outbox' && signal.conv === id.value) || signal.type === 'epoch' || signal.type === 'state') {
      draw()
    } else if (signal.type === 'typing' && signal.typing.conv === id.value) {
      showTyping(signal.typing.on ? signal.typing.author?.name || signal.typing.author?.kind || '' : '')
    }
  })
  const onVisible = () => markRead()
  document.addEventListener('visibilitychange', onVisible)
  watch(id, (conv, before) => {
    if (before) desk.session.unfollow(before)
    conversation.value = undefined
    showTyping('')
    draw()
    if (conv) void load(conv)
  }, { immediate: true })
  onScopeDispose(() => {
    if (id.value) desk.session.unfollow(id.value)
    document.removeEventListener('visibilitychange', onVisible)
    clearTimeout(typingTimer)
    clearTimeout(readTimer)
  })

  return {
    conversation, events, pending, typing, problem, busy, hasEarlier,
    reload: () => id.value && load(id.value),
    loadEarlier,
    send: (content: string, type: 'text' | 'note', suggestion?: string) => id.value && desk.session.send(id.value, content, { type, suggestion }),
    typed: () => id.value && desk.session.typed(id.value),
    retry: (cid: string) => desk.session.retry(cid),
    discard: (cid: string) => desk.session.discard(cid),
    claim: () => act(on('claim'), { owner_epoch: conversation.value?.owner_epoch }),
    resolve: () => act(on('resolve')),
    reopen: () => act(on('reopen')),
    release: () => act(on('release')),
    transfer: (to: { agent: string } | { team: string }, reason: string) => act('/api/agent/transfer', { conversation: id.value, to, reason }),
  }
}

export type Thread = ReturnType<typeof useThread>
