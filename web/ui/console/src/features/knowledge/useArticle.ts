import { ApiError } from '@frontdesk/shared/api/client'
import type { Article, Translations } from '@frontdesk/shared/api/types'
import type { Locale } from '@frontdesk/shared/locale'
import { computed, reactive, ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

export const locales: readonly Locale[] = ['zh-CN', 'en']
export const idPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** One translation as it stands in the editor. */
export interface Draft {
  /** 0 while it is not stored. */
  version: number
  /** The version that somebody else stored meanwhile. */
  theirs?: number
  title: string
  questions: string[]
  answer: string
  tags: string[]
  /** The stored form as text, to tell whether anything changed; '' while it is not stored. */
  stored: string
}

function content(draft: Pick<Draft, 'title' | 'questions' | 'answer' | 'tags'>) {
  return { title: draft.title.trim(), questions: draft.questions.map(question => question.trim()).filter(Boolean), answer: draft.answer.trim(), tags: draft.tags }
}

function fill(draft: Draft, article: Article): void {
  draft.version = article.version
  draft.theirs = undefined
  draft.title = article.title
  draft.questions = [...article.questions ?? []]
  draft.answer = article.answer
  draft.tags = [...article.tags ?? []]
  draft.stored = JSON.stringify(content(draft))
}

/** An article with its translations in the editor: reads, saves one language at a time, archives, and meets a conflict. */
export function useArticle(given: string) {
  const fresh = given === 'new'
  const id = ref(fresh ? '' : given)
  // Imported ids may hold / ? # or %.
  const address = () => `/api/admin/kb/articles/${encodeURIComponent(id.value)}`
  const drafts = reactive<Partial<Record<Locale, Draft>>>({})
  const loading = ref(!fresh)
  const problem = ref('')

  const isDirty = (locale: Locale) => {
    const draft = drafts[locale]
    return draft !== undefined && JSON.stringify(content(draft)) !== (draft.stored || JSON.stringify(content(empty())))
  }
  const dirty = computed(() => locales.some(isDirty))

  function empty(): Draft {
    return { version: 0, title: '', questions: [''], answer: '', tags: [], stored: '' }
  }

  function begin(locale: Locale): void {
    const other = locales.map(name => drafts[name]).find(draft => draft !== undefined)
    drafts[locale] = { ...empty(), tags: [...other?.tags ?? []] }
  }

  async function load(): Promise<void> {
    loading.value = true
    problem.value = ''
    try {
      const { translations } = await api.get<Translations>(address())
      for (const locale of locales) {
        const found = translations.find(article => article.locale === locale)
        if (!found) continue
        drafts[locale] ??= empty()
        fill(drafts[locale], found)
      }
    } catch (error) {
      problem.value = problemKey(error)
    } finally {
      loading.value = false
    }
  }

  /**
   * Stores a translation; false on a conflict, which the draft then carries, 'gone' when it was
   * archived meanwhile: saving again makes it anew; 'taken' when a new article's name is another's,
   * which then stays as it is. Throws what else went wrong.
   */
  async function save(locale: Locale, force = false): Promise<boolean | 'gone' | 'taken'> {
    const draft = drafts[locale]!
    const first = fresh && locales.every(name => !drafts[name]?.version)
    if (first && (await all()).length > 0) return 'taken'
    const version = force ? draft.theirs : draft.version
    try {
      const article = await api.put<Article>(`${address()}/${locale}`, { ...content(draft), ...(version && { version }) })
      fill(draft, article)
      return true
    } catch (error) {
      if (!(error instanceof ApiError) || !(error.status === 409 || (error.status === 404 && draft.version > 0))) throw error
      if (first) return 'taken'
      const theirs = await stored(locale)
      draft.theirs = theirs?.version
      if (theirs) return false
      draft.version = 0
      draft.stored = ''
      return 'gone'
    }
  }

  async function all(): Promise<Article[]> {
    const { translations } = await api.get<Translations>(address()).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return { translations: [] }
      throw error
    })
    return translations ?? []
  }

  async function stored(locale: Locale): Promise<Article | undefined> {
    return (await all()).find(article => article.locale === locale)
  }

  async function loadTheirs(locale: Locale): Promise<void> {
    const found = await stored(locale)
    if (found) fill(drafts[locale]!, found)
  }

  async function archive(locale: Locale): Promise<void> {
    if (drafts[locale]!.version > 0) await api.delete(`${address()}/${locale}`)
    drafts[locale] = undefined
  }

  if (fresh) for (const locale of locales) begin(locale)
  else void load()

  return { id, fresh, drafts, loading, problem, dirty, isDirty, begin, load, save, loadTheirs, archive }
}
