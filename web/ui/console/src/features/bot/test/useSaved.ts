import { ApiError } from '@frontdesk/shared/api/client'
import type { SavedQuestion, SavedQuestions } from '@frontdesk/shared/api/types'
import { ref, shallowRef } from 'vue'
import { api, problemDetails, problemKey } from '../../../app/api.ts'

/** A question as it is typed. */
export interface NewQuestion { text: string, want: SavedQuestion['want'], articles: string, kind: string }

/** The site's saved questions. */
export function useSaved() {
  const questions = shallowRef<SavedQuestion[]>([])
  const most = ref(0)
  const loading = ref(true)
  const problem = ref('')
  const details = ref<string[]>([])
  const imported = ref<{ read: number, added: number }>()

  function failed(error: unknown) {
    problem.value = problemKey(error)
    details.value = problemDetails(error)
    if (error instanceof ApiError && error.status === 422 && !details.value.length && error.problem.detail) details.value = [error.problem.detail]
  }
  async function load() {
    try {
      const found = await api.get<SavedQuestions>('/api/admin/bot/questions')
      questions.value = found.questions ?? []
      most.value = found.most
    } catch (error) {
      failed(error)
    } finally {
      loading.value = false
    }
  }
  async function act(what: () => Promise<unknown>): Promise<boolean> {
    problem.value = ''
    details.value = []
    try {
      imported.value = undefined
      await what()
      await load()
      return true
    } catch (error) {
      failed(error)
      return false
    }
  }
  const save = (q: NewQuestion) => act(() => api.post('/api/admin/bot/questions', {
    text: q.text.trim(), want: q.want, kind: q.kind.trim(), articles: q.want === 'article' ? q.articles.split('|').map(id => id.trim()).filter(Boolean) : [],
  }))
  const drop = (id: number) => act(() => api.delete(`/api/admin/bot/questions/${id}`))
  /** Sends a file of frontdesk eval; all of it or nothing is saved. */
  const importFile = (file: File) => act(async () => {
    imported.value = await api.post<{ read: number, added: number }>('/api/admin/bot/questions/import', file, { contentType: 'text/tab-separated-values' })
  })
  return { questions, most, loading, problem, details, imported, load, save, drop, importFile }
}
