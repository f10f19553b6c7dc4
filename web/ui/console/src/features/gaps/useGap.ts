import { ApiError } from '@frontdesk/shared/api/client'
import type { GapDetail } from '@frontdesk/shared/api/types'
import { ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemDetails, problemKey } from '../../app/api.ts'

/** One gap and what can be done with it. Each act answers whether it was done; `problem` says why not. */
export function useGap(id: Ref<number>) {
  const gap = shallowRef<GapDetail>()
  const loading = ref(true)
  const busy = ref(false)
  const problem = ref('')
  const details = shallowRef<string[]>([])

  async function load(): Promise<void> {
    const wanted = id.value
    loading.value = true
    try {
      const found = await api.get<GapDetail>(`/api/admin/gaps/${wanted}`)
      if (wanted === id.value) gap.value = found
      problem.value = ''
    } catch (error) {
      if (wanted !== id.value) return
      gap.value = undefined
      problem.value = error instanceof ApiError && error.status === 404 ? 'gaps.gone' : problemKey(error)
    } finally {
      if (wanted === id.value) loading.value = false
    }
  }

  async function act<T>(verb: string, body: object, taken = ''): Promise<T | undefined> {
    if (!gap.value || busy.value) return undefined
    busy.value = true
    problem.value = ''
    details.value = []
    try {
      const answer = await api.post<T>(`/api/admin/gaps/${id.value}/${verb}`, { revision: gap.value.revision, ...body })
      return answer
    } catch (error) {
      details.value = problemDetails(error)
      const conflict = error instanceof ApiError && error.status === 409
      const before = gap.value.revision
      const key = problemKey(error)
      if (conflict) {
        await load()
        problem.value = gap.value && gap.value.revision === before && taken ? taken : 'gaps.changed'
      } else {
        problem.value = key
      }
      return undefined
    } finally {
      busy.value = false
    }
  }
  async function change(verb: string, body: object, taken?: string): Promise<boolean> {
    const now = await act<GapDetail>(verb, body, taken)
    if (now) gap.value = now
    return now !== undefined
  }

  watch(id, () => void load(), { immediate: true })
  return {
    gap, loading, busy, problem, details, load,
    setState: (state: string) => change('state', { state }),
    rename: (name: string) => change('name', { name }),
    merge: (from: number) => change('merge', { from }),
    apart: (other: number) => change('apart', { other }),
    async split(samples: { conversation: string, seq: number }[]): Promise<number | undefined> {
      const found = await act<{ made: number, gap: GapDetail }>('split', { samples })
      if (found) gap.value = found.gap
      return found?.made
    },
    addVariants: (article: string, locale: string, questions: string[]) => change('variant', { article, locale, questions }),
    makeDraft: (draft: { article: string, locale: string, title: string, questions: string[], answer: string }) => change('draft', draft, 'gaps.taken'),
  }
}

/** A name for the article to be: words of an English title, else the gap's number. */
export function slugOf(title: string, id: number): string {
  const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60).replace(/-+$/, '')
  return slug.length >= 3 ? slug : `gap-${id}`
}
