import type { BoardPage, BoardRow } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** The filters in the order of the page, with the keys of their texts. Only with something in them, but for the first ones. */
export const shows = [
  { show: '', text: 'articles.all', always: true },
  { show: 'draft', text: 'articles.draft', always: true },
  { show: 'review', text: 'articles.review', always: true },
  { show: 'scheduled', text: 'articles.scheduled', always: true },
  { show: 'failed', text: 'articles.failed', always: false },
  { show: 'to_review', text: 'articles.toReview', always: true },
  { show: 'outdated', text: 'articles.outdated', always: false },
  { show: 'missing', text: 'articles.missing', always: true },
  { show: 'expired', text: 'articles.expired', always: false },
  { show: 'archived', text: 'articles.archived', always: true },
] as const

export interface BoardFilter {
  /** A filter's name; '' for everything but what is archived or expired. */
  show: Ref<string>
  search: Ref<string>
  /** '' for both languages. */
  locale: Ref<string>
  /** '' for any. */
  tag: Ref<string>
  /** A user id; '' for any. */
  owner: Ref<string>
}

/** An article in the list: its translations together. */
export interface BoardArticle {
  id: string
  title: string
  tags: string[]
  questions: number
  owner: string
  audience: string
  updated_at: string
  translations: BoardRow[]
}

/** One entry an article, its title in the given language where there is one. */
export function byArticle(items: readonly BoardRow[], locale: string): BoardArticle[] {
  const out = new Map<string, BoardArticle>()
  for (const item of items) {
    const found = out.get(item.id)
    if (!found) {
      out.set(item.id, { id: item.id, title: item.title, tags: item.tags, questions: item.questions, owner: item.owner, audience: item.audience, updated_at: item.updated_at, translations: [item] })
      continue
    }
    found.translations.push(item)
    found.questions += item.questions
    if (item.updated_at > found.updated_at) found.updated_at = item.updated_at
    if (!found.owner) found.owner = item.owner
    if (item.title && (item.locale === locale || !found.title)) found.title = item.title
  }
  return [...out.values()]
}

/** The editors' list, page by page; a new filter starts anew. */
export function useBoard({ show, search, locale, tag, owner }: BoardFilter) {
  const items = shallowRef<BoardRow[]>([])
  const counts = shallowRef<Record<string, number>>({})
  const next = ref('')
  const loading = ref(true)
  const problem = ref('')
  const tags = shallowRef<string[]>([])
  let generation = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(cursor = ''): Promise<void> {
    const mine = ++generation
    loading.value = true
    try {
      const query = { show: show.value || undefined, search: search.value.trim(), locale: locale.value, tag: tag.value, owner: owner.value, cursor, limit: 100 }
      const page = await api.get<BoardPage>('/api/admin/kb/board', { query })
      if (mine !== generation) return
      items.value = cursor ? [...items.value, ...page.items] : page.items
      counts.value = page.counts
      next.value = page.next
      problem.value = ''
      tags.value = [...new Set([...tags.value, ...page.items.flatMap(item => item.tags)])].sort()
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  watch([show, locale, tag, owner], () => void read(), { immediate: true })
  watch(search, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void read(), 250)
  })
  onScopeDispose(() => {
    generation++
    clearTimeout(timer)
  })

  return { items, counts, loading, problem, tags, next, refresh: () => read(), more: () => read(next.value) }
}
