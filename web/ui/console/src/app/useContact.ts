import type { ContactAttribute, ContactAttributes, ContactCard, ContactTimeline, Conversation } from '@frontdesk/shared/api/types'
import { ApiError } from '@frontdesk/shared/api/client'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemDetails, problemKey } from './api.ts'

export type ContactPatch = Partial<Pick<ContactCard, 'name' | 'email' | 'phone'>> & { attributes?: Record<string, unknown>, not_spam?: boolean }

export interface ContactOptions {
  /** Id of the contact; one that was merged leads to the contact it is part of. */
  id: Ref<string>
  /** How many conversations are read at once. @default 20 */
  limit?: number
}

/** One contact with its attributes and conversations, and what can be done with it. */
export function useContact({ id, limit = 20 }: ContactOptions) {
  const card = shallowRef<ContactCard>()
  const definitions = shallowRef<ContactAttribute[]>([])
  const conversations = shallowRef<Conversation[]>([])
  const next = ref('')
  const problem = ref('')
  const details = shallowRef<string[]>([])
  const busy = ref(false)
  let generation = 0

  function failed(error: unknown): void {
    problem.value = error instanceof ApiError && error.status === 409 ? 'contacts.changed' : problemKey(error)
    details.value = problemDetails(error)
    if (error instanceof ApiError && error.status === 422 && !details.value.length && error.problem.detail) details.value = [error.problem.detail]
  }

  async function load(): Promise<void> {
    const mine = ++generation
    const wanted = id.value
    if (!wanted) return
    try {
      const [found, timeline] = await Promise.all([
        api.get<ContactCard>(`/api/agent/contacts/${wanted}`),
        api.get<ContactTimeline>(`/api/agent/contacts/${wanted}/conversations`, { query: { limit } }),
      ])
      if (mine !== generation) return
      const known = await api.get<ContactAttributes>('/api/agent/contact-attributes', { query: { site: found.site } }).catch(() => undefined)
      if (mine !== generation) return
      card.value = found
      definitions.value = known?.items ?? []
      conversations.value = timeline.items
      next.value = timeline.next
      problem.value = ''
      details.value = []
    } catch (error) {
      if (mine === generation) failed(error)
    }
  }

  async function more(): Promise<void> {
    const mine = generation
    const page = await api.get<ContactTimeline>(`/api/agent/contacts/${id.value}/conversations`, { query: { limit, cursor: next.value } }).catch(failed)
    if (!page || mine !== generation) return
    conversations.value = [...conversations.value, ...page.items]
    next.value = page.next
  }

  /** Changes the contact. Answers whether it was stored; what somebody else changed meanwhile is loaded first. */
  async function save(patch: ContactPatch): Promise<boolean> {
    if (!card.value || busy.value) return false
    busy.value = true
    try {
      card.value = await api.put<ContactCard>(`/api/agent/contacts/${card.value.id}`, { version: card.value.version, ...patch })
      problem.value = ''
      details.value = []
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) await load()
      failed(error)
      return false
    } finally {
      busy.value = false
    }
  }

  /** Runs an act on the server and reads the contact again. */
  async function act(work: () => Promise<unknown>): Promise<boolean> {
    busy.value = true
    try {
      await work()
      await load()
      return problem.value === ''
    } catch (error) {
      failed(error)
      return false
    } finally {
      busy.value = false
    }
  }
  const lift = (block: string) => act(() => api.delete(`/api/agent/blocks/${block}`))

  watch(id, () => {
    card.value = undefined
    conversations.value = []
    next.value = ''
    problem.value = ''
    void load()
  }, { immediate: true })
  onScopeDispose(() => { generation++ })
  return { card, definitions, conversations, next, problem, details, busy, load, more, save, act, lift }
}

/** What a contact is called. */
export function nameOf(contact: { id: string, name: string, email: string }, t: (key: string, values: Record<string, unknown>) => string): string {
  return contact.name || contact.email || t('contacts.visitor', { id: contact.id.slice(-4).toUpperCase() })
}

/** The address of a page as a link, if it is one of the web. */
export function pageLink(address: string, title = ''): { href: string, text: string, title: string } | undefined {
  try {
    const url = new URL(address)
    if (!/^https?:$/.test(url.protocol)) return undefined
    return { href: url.href, text: url.host + (url.pathname === '/' ? '' : url.pathname), title }
  } catch {
    return undefined
  }
}

/** The time at a visitor's place, such as 21:40; '' where the zone is not known. */
export function timeThere(zone: string, now: number, locale: string): string {
  try {
    return zone ? new Date(now).toLocaleTimeString(locale, { timeZone: zone, hour: '2-digit', minute: '2-digit' }) : ''
  } catch {
    return ''
  }
}

/** Browser and system of a user agent, for people: "Firefox · Windows". */
export function browserOf(agent: string): string {
  const browser = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['MicroMessenger', 'WeChat'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']].find(([mark]) => agent.includes(mark!))?.[1]
  const system = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS X', 'macOS'], ['Linux', 'Linux']].find(([mark]) => agent.includes(mark!))?.[1]
  return [browser, system].filter(Boolean).join(' · ') || agent.slice(0, 60)
}
