import { ApiError } from '@frontdesk/shared/api/client'
import type { Author, Conversation, Event, History, Owner, Status } from '@frontdesk/shared/api/types'
import type { Reach } from '@frontdesk/shared/session/marks'
import type { Outgoing } from '@frontdesk/shared/session/outbox'
import type { SendOptions } from '@frontdesk/shared/session/session'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'
import { useAuth } from '../../app/auth.ts'
import { useDesk } from '../../app/desk.ts'

const page = 60

/**
 * One open conversation: its rows, its state, what is on its way, and what can
 * be done with it. Follows the conversation while `id` names it.
 */
export function useThread(id: Ref<string | undefined>, onChanged: (conversation: Conversation) => void) {
  const desk = useDesk()
  const auth = useAuth()
  const conversation = shallowRef<Conversation>()
  const events = shallowRef<readonly Event[]>([])
  const pending = shallowRef<Outgoing[]>([])
  /** Changes of own messages on their way, by the message's number. */
  const changes = shallowRef<ReadonlyMap<number, Outgoing>>(new Map())
  /** How far the visitor has received and read the conversation. */
  const reach = shallowRef<Reach>({ delivered: 0, read: 0 })
  /** The visitor or the bot who is writing; colleagues are in `writers`. */
  const typing = ref('')
  const { viewers, writers, ...others } = useOnlookers(id, () => auth.agent?.id ?? '')
  /** The text of a stopped message that goes back into the reply field. */
  const returned = ref('')
  const problem = ref('')
  /** Why there is nothing to show any more; '' = there is. */
  const gone = ref<'' | 'erased' | 'expired' | 'missing'>('')
  const busy = ref(false)
  const hasEarlier = computed(() => (events.value[0]?.seq ?? 1) > 1)
  let typingTimer: ReturnType<typeof setTimeout> | undefined

  async function load(conv: string): Promise<void> {
    problem.value = gone.value = ''
    try {
      const [head, history] = await Promise.all([
        api.get<Conversation>(`/api/agent/conversations/${conv}`),
        api.get<History>(`/api/agent/conversations/${conv}/messages`, { query: { limit: page, before: 4294967295 } }),
      ])
      if (id.value !== conv || gone.value) return
      conversation.value = head
      desk.session.follow(conv, history.events ?? [])
      draw()
      look()
    } catch (error) {
      if (id.value !== conv) return
      if (isMissing(error)) lose('missing')
      else problem.value = problemKey(error)
    }
  }

  /** Drops every word of a conversation that is no more. */
  function lose(reason: 'erased' | 'expired' | 'missing'): void {
    if (gone.value && reason === 'missing') return
    if (id.value) desk.session.unfollow(id.value)
    gone.value = reason
    conversation.value = undefined
    problem.value = returned.value = ''
    others.clear()
    showTyping('')
    draw()
  }

  function draw(): void {
    const conv = id.value
    events.value = conv ? desk.session.timeline(conv)?.events ?? [] : []
    pending.value = conv ? desk.session.pending(conv) : []
    changes.value = conv ? desk.session.edits(conv) : new Map()
    reach.value = conv ? desk.session.reached(conv, 'visitor') : { delivered: 0, read: 0 }
  }

  async function loadEarlier(): Promise<void> {
    const conv = id.value
    const timeline = conv ? desk.session.timeline(conv) : undefined
    if (!conv || !timeline || timeline.before === 0) return
    const history = await api.get<History>(`/api/agent/conversations/${conv}/messages`, { query: { before: timeline.before + 1, limit: page } })
    timeline.prepend(history.events ?? [])
    draw()
  }

  // What is on a visible screen is read, and the colleagues see who looks at it.
  function look(): void {
    const conv = id.value
    if (!conv || !desk.session.timeline(conv)) return
    const visible = document.visibilityState === 'visible'
    desk.session.view(conv, visible)
    if (visible) desk.session.seen(conv)
  }

  async function act(path: string, body: object = {}): Promise<boolean> {
    const conv = id.value
    if (!conv) return false
    busy.value = true
    problem.value = ''
    try {
      const head = await api.post<Conversation>(path, body)
      if (id.value === conv && gone.value) return false // it went while this was on its way
      if (id.value === conv) conversation.value = head
      onChanged(head)
      return true
    } catch (error) {
      problem.value = problemKey(error)
      void api.get<Conversation>(`/api/agent/conversations/${conv}`).then((head) => {
        if (id.value === conv && !gone.value) conversation.value = head
      }).catch((again: unknown) => {
        if (id.value === conv && isMissing(again)) lose('missing')
      })
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
      others.wrote(signal.event)
      draw()
      look()
    } else if (((signal.type === 'outbox' || signal.type === 'mark') && signal.conv === id.value) || signal.type === 'epoch' || signal.type === 'state') {
      draw()
    } else if (signal.type === 'gone' && signal.conv === id.value) {
      lose(signal.reason)
    } else if (signal.type === 'viewing' && signal.conv === id.value) {
      others.view(signal.agents)
    } else if (signal.type === 'typing' && signal.typing.conv === id.value) {
      if (signal.typing.author?.kind === 'agent') others.type(signal.typing.author, signal.typing.on ?? false)
      else showTyping(signal.typing.on ? signal.typing.author?.name || signal.typing.author?.kind || '' : '')
    }
  })
  const onVisible = () => look()
  document.addEventListener('visibilitychange', onVisible)
  watch(id, (conv, before) => {
    if (before) desk.session.unfollow(before)
    conversation.value = undefined
    gone.value = ''
    showTyping('')
    draw()
    if (conv) void load(conv)
  }, { immediate: true })
  onScopeDispose(() => {
    if (id.value) desk.session.unfollow(id.value)
    document.removeEventListener('visibilitychange', onVisible)
    clearTimeout(typingTimer)
  })

  return {
    conversation, events, pending, changes, reach, typing, viewers, writers, returned, problem, gone, busy, hasEarlier,
    reload: () => id.value && load(id.value),
    loadEarlier,
    send: (content: string, type: 'text' | 'note', more: Omit<SendOptions, 'type' | 'button'> = {}) => id.value && desk.session.send(id.value, content, { ...more, type }),
    edit: (seq: number, content: string) => id.value && desk.session.edit(id.value, seq, content),
    remove: (seq: number) => id.value && desk.session.remove(id.value, seq),
    typed: () => id.value && desk.session.typed(id.value),
    retry: (cid: string, anyway = false) => desk.session.retry(cid, anyway),
    discard: (cid: string) => desk.session.discard(cid),
    takeBack: (cid: string) => { returned.value = desk.session.discard(cid) ?? '' },
    takeReturned: () => {
      const text = returned.value
      returned.value = ''
      return text
    },
    // From the bot or the queue it is claimed; a colleague's is passed on to oneself.
    claim: () => conversation.value?.owner === 'human' && conversation.value.status === 'open' && conversation.value.assignee?.id !== auth.agent?.id
      ? act('/api/agent/transfer', { conversation: id.value, to: { agent: auth.agent?.id }, reason: '' })
      : act(on('claim'), { owner_epoch: conversation.value?.owner_epoch }),
    resolve: () => act(on('resolve')),
    reopen: () => act(on('reopen')),
    release: (reason = '') => act(on('release'), reason ? { reason } : {}),
    invite: (agent: string, reason: string) => act(on('invite'), { agent, reason }),
    transfer: (to: { agent: string } | { team: string }, reason: string) => act('/api/agent/transfer', { conversation: id.value, to, reason }),
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

/** The colleagues who have the conversation open, and those who are writing in it. */
function useOnlookers(id: Ref<string | undefined>, me: () => string) {
  const viewers = shallowRef<readonly Author[]>([])
  const writers = shallowRef<readonly Author[]>([])
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  function type(author: Author, on: boolean): void {
    const name = author.id ?? ''
    if (!name || name === me()) return
    clearTimeout(timers.get(name))
    timers.delete(name)
    writers.value = [...writers.value.filter(one => one.id !== name), ...on ? [author] : []]
    if (on) timers.set(name, setTimeout(() => type(author, false), 6000))
  }
  function clear(): void {
    for (const timer of timers.values()) clearTimeout(timer)
    timers.clear()
    viewers.value = []
    writers.value = []
  }
  watch(id, clear, { flush: 'sync' })
  onScopeDispose(clear)

  return {
    viewers, writers, type, clear,
    view: (agents: readonly Author[]) => { viewers.value = agents.filter(one => one.id !== me()) },
    wrote: (event: Event) => { if (event.author?.kind === 'agent') type(event.author, false) },
  }
}

export type Thread = ReturnType<typeof useThread>
