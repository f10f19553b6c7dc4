import type { LintReport, LintWarning } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'
import { bare, type Sheet } from './useDesk.ts'

/** Milliseconds of quiet before an article is looked at. */
const quiet = 1400

/** What is odd about an article as it stands in the editor; looked at anew when it has changed. */
export function useLint(id: Ref<string>, sheet: Ref<Sheet | undefined>) {
  const report = shallowRef<LintReport>()
  const busy = ref(false)
  const problem = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let generation = 0
  let seen = ''

  async function look(): Promise<void> {
    const mine = ++generation
    const current = sheet.value
    const content = current && bare(current.content)
    if (!content || !id.value || !(content.questions.length || content.answer)) {
      report.value = undefined
      busy.value = false
      return
    }
    const key = JSON.stringify([id.value, current.locale, content])
    if (key === seen && !problem.value) {
      busy.value = false
      return
    }
    try {
      const found = await api.post<LintReport>(`/api/admin/kb/drafts/${encodeURIComponent(id.value)}/${current.locale}/lint`, content)
      if (mine !== generation) return
      report.value = found
      problem.value = ''
      seen = key
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) busy.value = false
    }
  }

  watch([id, sheet], () => {
    clearTimeout(timer)
    busy.value = true
    timer = setTimeout(() => void look(), report.value ? quiet : 300)
  }, { deep: true, immediate: true })
  watch(() => sheet.value?.locale, () => {
    report.value = undefined
    seen = ''
  })
  onScopeDispose(() => {
    generation++
    clearTimeout(timer)
  })

  /** The warnings about a field, or with an entry (from 1) about one of its lines. */
  const about = (field: string, entry?: number): LintWarning[] => (report.value?.warnings ?? []).filter(warning => warning.field === field && (entry === undefined || warning.entry === entry))

  return { report, busy, problem, about }
}
