import type { RoutingExplanation, RoutingSkill } from '@frontdesk/shared/api/types'
import { ref, shallowRef, type Ref } from 'vue'
import { api } from '../../app/api.ts'
import { troubleOf, type Trouble } from './useRead.ts'

/** What is asked: a conversation that there is not. */
export interface Question {
  department: number
  team: string
  language: string
  skills: RoutingSkill[]
  vip: boolean
  waited_s: number
  /** A local date and time as a field gives it; '' = now. */
  at: string
  page: string
  email: string
  reason: string
}

export function emptyQuestion(): Question {
  return { department: 0, team: '', language: '', skills: [], vip: false, waited_s: 0, at: '', page: '', email: '', reason: '' }
}

/** The request of a question: what is empty is left out. */
export function requestOf({ department, team, language, skills, vip, waited_s, at, page, email, reason }: Question) {
  const attributes = Object.fromEntries(Object.entries({ page, email, reason, locale: language }).filter(([, value]) => value !== ''))
  return {
    ...team ? { team } : department ? { department } : {},
    ...language ? { language } : {},
    ...vip ? { vip } : {},
    ...waited_s ? { waited_s } : {},
    ...at ? { at: new Date(at).toISOString() } : {},
    skills, attributes,
  }
}

/** Asks who would get a conversation. */
export function useSimulate(site: Ref<string>) {
  const question = ref(emptyQuestion())
  const answer = shallowRef<RoutingExplanation>()
  const trouble = ref<Trouble>()
  const busy = ref(false)

  async function ask(): Promise<void> {
    busy.value = true
    trouble.value = undefined
    try {
      answer.value = await api.request<RoutingExplanation>('POST', '/api/admin/routing/simulate', { body: requestOf(question.value), query: { site: site.value } })
    } catch (error) {
      answer.value = undefined
      trouble.value = troubleOf(error)
    } finally {
      busy.value = false
    }
  }
  return { question, answer, trouble, busy, ask }
}
