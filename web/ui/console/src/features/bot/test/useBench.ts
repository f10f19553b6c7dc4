import type { AskResult, BotDrafts } from '@frontdesk/shared/api/types'
import { ref, shallowRef } from 'vue'
import { api, problemDetails, problemKey } from '../../../app/api.ts'

/** What is asked on the test bench. */
export interface BenchQuestion {
  text: string
  locale: string
  audience: 'public' | 'customers' | 'staff'
  /** Earlier questions, one a line. */
  previous: string
  drafts: boolean
}

export const previousOf = (lines: string) => lines.split('\n').map(line => line.trim()).filter(Boolean).slice(-3)

/** Asks the bot on the production path, without a conversation. */
export function useBench() {
  const question = ref<BenchQuestion>({ text: '', locale: '', audience: 'public', previous: '', drafts: false })
  const result = shallowRef<AskResult>()
  const asked = ref('')
  const drafts = ref(0)
  const problem = ref('')
  const details = ref<string[]>([])
  const busy = ref(false)

  async function ask() {
    const q = question.value
    if (!q.text.trim() || busy.value) return
    busy.value = true
    problem.value = ''
    details.value = []
    try {
      result.value = await api.post<AskResult>('/api/admin/kb/ask', {
        text: q.text.trim(), audience: q.audience, previous: previousOf(q.previous), drafts: q.drafts, ...q.locale ? { locale: q.locale } : {},
      })
      asked.value = q.text.trim()
    } catch (error) {
      result.value = undefined
      problem.value = problemKey(error)
      details.value = problemDetails(error)
    } finally {
      busy.value = false
    }
  }
  async function countDrafts() {
    try {
      drafts.value = (await api.get<BotDrafts>('/api/admin/bot/drafts')).drafts?.length ?? 0
    } catch {
      drafts.value = 0 // the switch stays off; asking tells what is wrong
    }
  }
  return { question, result, asked, drafts, problem, details, busy, ask, countDrafts }
}
