import type { AuditWeek } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** A week's sample of answers, one at a time. Verdicts are stored at once. */
export function useAudit() {
  const week = ref('')
  const audit = shallowRef<AuditWeek>()
  const at = ref(0)
  const loading = ref(true)
  const problem = ref('')
  let generation = 0
  const current = computed(() => audit.value?.answers[at.value])

  async function load(keep = false): Promise<void> {
    const mine = ++generation
    loading.value = !keep
    try {
      const found = await api.get<AuditWeek>('/api/admin/reports/audit', { query: { week: week.value } })
      if (mine !== generation) return
      audit.value = found
      if (!keep) at.value = Math.max(0, found.answers.findIndex(answer => answer.verdict === ''))
      at.value = Math.min(at.value, Math.max(0, found.answers.length - 1))
      problem.value = ''
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }
  function move(by: number): void {
    at.value = Math.min(Math.max(0, at.value + by), Math.max(0, (audit.value?.answers.length ?? 1) - 1))
  }
  async function judge(verdict: '' | 'right' | 'wrong' | 'partly'): Promise<void> {
    const answer = current.value
    if (!answer || !audit.value) return
    const index = at.value
    try {
      await api.post('/api/admin/reports/audit', { conversation: answer.conversation, seq: answer.seq, verdict })
      if (verdict && index === at.value) move(1)
      await load(true)
    } catch (error) {
      problem.value = problemKey(error)
    }
  }
  /** Goes some weeks on or back. */
  function turn(weeks: number): void {
    const monday = new Date(audit.value?.from ?? Date.now())
    monday.setUTCDate(monday.getUTCDate() + 7 * weeks)
    week.value = isoWeek(monday)
  }
  watch(week, () => void load(), { immediate: true })
  onScopeDispose(() => { generation++ })
  return { week, audit, current, at, loading, problem, load, move, judge, turn }
}

/** The ISO 8601 week of a day, such as 2026-W47: that of its Thursday. */
export function isoWeek(date: Date): string {
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()))
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7))
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = Math.ceil(((thursday.getTime() - first) / 86_400_000 + 1) / 7)
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`
}
