import type { ArticlePage, ArticleRow } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

export interface ArticleFilter {
  search: Ref<string>
  /** '' for both languages. */
  locale: Ref<string>
  /** '' for any. */
  tag: Ref<string>
}

/** One row an article, in the given language where there is one; the questions of its languages together. */
export function grouped(items: readonly ArticleRow[], locale: string): ArticleRow[] {
  const rows = new Map<string, ArticleRow>()
  for (const item of items) {
    const before = rows.get(item.id)
    if (!before) {
      rows.set(item.id, item)
      continue
    }
    const shown = item.locale === locale ? item : before
    rows.set(item.id, { ...shown, questions_count: before.questions_count + item.questions_count, updated_at: before.updated_at > item.updated_at ? before.updated_at : item.updated_at })
  }
  return [...rows.values()]
}

/** The articles that pass a filter, page by page; a new filter starts anew. */
export function useArticles({ search, locale, tag }: ArticleFilter) {
  const items = shallowRef<ArticleRow[]>([])
  const total = ref(0)
  const next = ref('')
  const loading = ref(true)
  const problem = ref('')
  const seenTags = shallowRef<string[]>([])
  let generation = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(cursor = ''): Promise<void> {
    const mine = ++generation
    loading.value = true
    try {
      const page = await api.get<ArticlePage>('/api/admin/kb/articles', { query: { search: search.value.trim(), locale: locale.value, tag: tag.value, cursor, limit: 50 } })
      if (mine !== generation) return
      const found = page.items ?? []
      items.value = cursor ? [...items.value, ...found] : found
      total.value = page.total
      next.value = page.next ?? ''
      problem.value = ''
      seenTags.value = [...new Set([...seenTags.value, ...found.flatMap(item => item.tags ?? [])])].sort()
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  watch([locale, tag], () => void read(), { immediate: true })
  watch(search, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void read(), 250)
  })
  onScopeDispose(() => {
    generation++
    clearTimeout(timer)
  })

  return { items, total, loading, problem, tags: computed(() => seenTags.value), hasMore: computed(() => next.value !== ''), refresh: () => read(), more: () => read(next.value) }
}
