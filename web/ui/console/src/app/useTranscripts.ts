import type { TranscriptLink } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { api, problemDetails, problemKey } from './api.ts'

/** A link's whole address: the server knows its own only where one is configured. */
export const addressOf = (link: TranscriptLink) => link.path ? new URL(link.path, /^https?:/.test(link.url) ? link.url : location.href).href : ''

/** The links to one conversation's transcript. */
export function useTranscripts(conversation: () => string) {
  const links = shallowRef<TranscriptLink[]>([])
  const busy = ref(false)
  const problem = ref('')
  const details = shallowRef<string[]>([])
  const path = () => `/api/agent/conversations/${conversation()}/transcript-links`
  let generation = 0

  async function guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    const mine = ++generation
    busy.value = true
    problem.value = ''
    details.value = []
    try {
      return await work()
    } catch (error) {
      if (mine !== generation) return undefined
      problem.value = problemKey(error)
      details.value = problemDetails(error)
      return undefined
    } finally {
      if (mine === generation) busy.value = false
    }
  }
  const load = () => guard(async () => { links.value = (await api.get<{ links: TranscriptLink[] }>(path())).links })
  /** Makes a link for some days and returns it; undefined when that failed. */
  const make = (days: number, locale: string) => guard(async () => {
    const link = await api.post<TranscriptLink>(path(), { days, ...locale ? { locale } : {} })
    links.value = [link, ...links.value]
    return link
  })
  const revoke = (id: string) => guard(async () => {
    const ended = await api.delete<TranscriptLink>(`/api/agent/transcript-links/${id}`)
    links.value = links.value.map(link => link.id === id ? { ...link, ...ended, agent: link.agent } : link)
  })
  onScopeDispose(() => { generation++ })
  return { links, busy, problem, details, load, make, revoke }
}
