import { ApiError } from '@frontdesk/shared/api/client'
import type { Article, ArticleDesk, ArticleDraft, DeskTranslation, PublishedArticles } from '@frontdesk/shared/api/types'
import type { Locale } from '@frontdesk/shared/locale'
import { computed, onScopeDispose, reactive, ref, watch } from 'vue'
import { api, problemDetails, problemKey } from '../../app/api.ts'

export const locales: readonly Locale[] = ['zh-CN', 'en']
export const idPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** What an editor can change of a translation. */
export interface Content {
  title: string
  questions: string[]
  answer: string
  tags: string[]
  /** 0 = every department. */
  department: number
  audience: 'public' | 'customers' | 'staff'
  /** 0–1; 0 = the site's threshold. */
  floor: number
  handover: boolean
  next: string[]
  /** User id; '' = nobody. */
  owner: string
  /** ISO 8601; '' = never. */
  review_at: string
  /** ISO 8601; '' = never. */
  expires_at: string
  /** The change concerns no other translation. */
  minor: boolean
}

/** One translation on the desk. */
export interface Sheet {
  locale: Locale
  content: Content
  /** The content as the server has it, as text. */
  stored: string
  published?: Article
  /** The working copy as it was stored last; absent = there is none. */
  draft?: ArticleDraft
  versions: number
  ended: boolean
  outdated: boolean
  saving: boolean
  /** Somebody else changed, published or discarded the working copy: nothing is saved until the editor chose. */
  conflict: boolean
  /** Key of a text; '' = the last save went well. */
  problem: string
  /** What the server says about fields. */
  details: string[]
}

const empty = (): Content => ({ title: '', questions: [''], answer: '', tags: [], department: 0, audience: 'public', floor: 0, handover: false, next: [], owner: '', review_at: '', expires_at: '', minor: false })

function contentOf(of: Article | ArticleDraft, minor: boolean): Content {
  return {
    title: of.title, questions: of.questions.length ? [...of.questions] : [''], answer: of.answer, tags: [...of.tags], department: of.department, audience: of.audience,
    floor: of.floor, handover: of.handover, next: [...of.next], owner: of.owner, review_at: of.review_at ?? '', expires_at: of.expires_at ?? '', minor,
  }
}

/** What is sent of a content, and compared: blanks around texts and empty questions are nothing. */
export function bare(content: Content): Content {
  return { ...content, title: content.title.trim(), answer: content.answer.trim(), questions: content.questions.map(question => question.trim()).filter(Boolean) }
}
const asText = (content: Content) => JSON.stringify(bare(content))

/** Milliseconds of quiet before what was typed is stored. */
const autosave = 900

/** An article on the editors' desk: its translations, saved by themselves as working copies, and the steps to publication. */
export function useDesk(given: string) {
  const fresh = given === 'new'
  const id = ref(fresh ? '' : given)
  const sheets = reactive<Partial<Record<Locale, Sheet>>>({})
  const siteLocales = ref<string[]>([])
  const loading = ref(!fresh)
  const problem = ref('')
  /** A new article's name belongs to another. */
  const taken = ref('')
  const address = (kind: string, locale?: string) => `/api/admin/kb/${kind}/${encodeURIComponent(id.value)}${locale ? `/${locale}` : ''}`
  const isDirty = (locale: Locale) => {
    const sheet = sheets[locale]
    return sheet !== undefined && asText(sheet.content) !== sheet.stored
  }
  const dirty = computed(() => locales.some(isDirty))
  /** Something of it is stored: its name stays. */
  const named = computed(() => !fresh || locales.some(locale => sheets[locale]?.draft || sheets[locale]?.versions))

  function sheetOf(found: DeskTranslation): Sheet {
    const { published, draft } = found
    const content = draft ? contentOf(draft, draft.minor) : published ? contentOf(published, false) : empty()
    return {
      locale: found.locale, content, stored: asText(content), published: published ?? undefined, draft: draft ?? undefined, versions: found.versions,
      ended: found.ended, outdated: found.outdated, saving: false, conflict: false, problem: '', details: [],
    }
  }

  async function read(): Promise<ArticleDesk> {
    const desk = await api.get<ArticleDesk>(address('desk'))
    siteLocales.value = desk.locales
    return desk
  }

  /** Reads everything, or of one language what the server has; what was typed there goes. */
  async function load(only?: Locale): Promise<void> {
    try {
      const desk = await read()
      for (const locale of locales) {
        if (only && locale !== only) continue
        const found = desk.translations.find(translation => translation.locale === locale)
        if (found) sheets[locale] = sheetOf(found)
        else delete sheets[locale]
      }
      problem.value = ''
    } catch (error) {
      if (error instanceof ApiError && error.status === 404 && only) delete sheets[only]
      else problem.value = problemKey(error)
    } finally {
      loading.value = false
    }
  }

  /** Reads what others may have changed meanwhile, and leaves what is being written. */
  async function refresh(): Promise<void> {
    const desk = await read().catch(() => undefined)
    for (const locale of locales) {
      const found = desk?.translations.find(translation => translation.locale === locale)
      const sheet = sheets[locale]
      if (!found) continue
      if (!sheet || (!isDirty(locale) && !sheet.conflict)) sheets[locale] = sheetOf(found)
      else Object.assign(sheet, { published: found.published ?? undefined, versions: found.versions, ended: found.ended, outdated: found.outdated })
    }
  }

  /** A step met a newer revision than the one that was read: what is new is read, and what stands here is kept until the editor chose. */
  async function meet(locale: Locale): Promise<void> {
    const sheet = sheets[locale]
    const revision = sheet?.draft?.revision
    await refresh()
    if (sheet && sheets[locale] === sheet && sheet.draft?.revision === revision && isDirty(locale)) sheet.conflict = true
  }

  function begin(locale: Locale): void {
    const other = locales.map(name => sheets[name]).find(sheet => sheet !== undefined)?.content
    const content = { ...empty(), ...other && { tags: [...other.tags], department: other.department, audience: other.audience, floor: other.floor, handover: other.handover, next: [...other.next], owner: other.owner, review_at: other.review_at, expires_at: other.expires_at } }
    sheets[locale] = { locale, content, stored: asText(content), versions: 0, ended: false, outdated: false, saving: false, conflict: false, problem: '', details: [] }
  }

  const running = new Map<Locale, Promise<boolean>>()

  /** Stores what was typed; true when the server has all of it. One save a language at a time: the next begins when the last has ended. */
  async function save(locale: Locale): Promise<boolean> {
    const before = running.get(locale)
    if (before) {
      await before
      return save(locale)
    }
    const sheet = sheets[locale]
    if (!sheet || sheet.conflict) return false
    if (!isDirty(locale)) return true
    if (!named.value && !idPattern.test(id.value)) return false
    const run = store(sheet).finally(() => {
      running.delete(locale)
      sheet.saving = false
    })
    running.set(locale, run)
    return run
  }

  async function store(sheet: Sheet, revision = sheet.draft?.revision ?? 0, base?: number): Promise<boolean> {
    if (!named.value && await isTaken()) return false
    const sent = asText(sheet.content)
    sheet.saving = true
    try {
      sheet.draft = kept(await api.put<ArticleDraft>(address('drafts', sheet.locale), { ...bare(sheet.content), revision, base }))
      sheet.stored = sent
      sheet.problem = ''
      sheet.details = []
      sheet.conflict = false
      return true
    } catch (error) {
      sheet.problem = problemKey(error)
      sheet.details = problemDetails(error)
      if (error instanceof ApiError && error.status === 422 && !sheet.details.length && error.problem.detail) sheet.details = [error.problem.detail]
      sheet.conflict = error instanceof ApiError && error.status === 409
      return false
    }
  }

  /** A working copy that would say what is published is none. */
  const kept = (draft: ArticleDraft) => draft.revision > 0 ? draft : undefined

  async function isTaken(): Promise<boolean> {
    const desk = await api.get<ArticleDesk>(address('desk')).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return undefined
      throw error
    })
    taken.value = desk ? id.value : ''
    return desk !== undefined
  }

  /** Saves what stands here over what somebody else stored. */
  async function overwrite(locale: Locale): Promise<boolean> {
    const sheet = sheets[locale]!
    const found = (await read()).translations.find(translation => translation.locale === locale)
    sheet.published = found?.published ?? undefined
    sheet.conflict = false
    return store(sheet, found?.draft?.revision ?? 0, found?.published?.version).finally(() => {
      sheet.saving = false
    })
  }

  /** Runs a step on what is stored; what was typed is stored first. Throws what went wrong. */
  async function step(locale: Locale, name: 'submit' | 'return' | 'schedule' | 'unschedule', body: Record<string, unknown> = {}): Promise<void> {
    if (!await save(locale)) throw new Unsaved()
    const sheet = sheets[locale]!
    if (!sheet.draft) throw new Unsaved()
    const draft = await api.post<ArticleDraft>(`${address('drafts', locale)}/${name}`, { ...body, revision: sheet.draft.revision })
    sheet.draft = draft
    sheet.content = contentOf(draft, draft.minor)
    sheet.stored = asText(sheet.content)
  }

  /** Publishes the working copy and returns the version. Throws what went wrong. */
  async function publish(locale: Locale): Promise<number> {
    if (!await save(locale)) throw new Unsaved()
    const sheet = sheets[locale]!
    if (!sheet.draft) return sheet.published?.version ?? 0
    const ref = { article: id.value, locale, revision: sheet.draft.revision }
    const done = await api.post<PublishedArticles>('/api/admin/kb/publish', { drafts: [ref] })
    await load(locale)
    await refresh()
    return done.articles[0]?.version ?? 0
  }

  async function discard(locale: Locale): Promise<void> {
    const sheet = sheets[locale]!
    await running.get(locale)
    if (sheet.draft) await api.delete(`${address('drafts', locale)}?revision=${sheet.draft.revision}`)
    sheet.stored = asText(sheet.content)
    await load(locale)
  }

  async function archive(locale: Locale): Promise<void> {
    await api.delete(address('articles', locale))
    await load(locale)
  }

  async function restore(locale: Locale): Promise<number> {
    const article = await api.post<Article>(`${address('articles', locale)}/restore`)
    await load(locale)
    return article.version
  }

  async function rollback(locale: Locale, version: number): Promise<number> {
    const article = await api.post<Article>(`${address('articles', locale)}/rollback`, { version, current: sheets[locale]?.published?.version ?? 0 })
    await load(locale)
    await refresh()
    return article.version
  }

  async function markTranslated(locale: Locale): Promise<void> {
    await api.post(`${address('articles', locale)}/translated`)
    if (sheets[locale]) sheets[locale].outdated = false
  }

  const timers = new Map<Locale, ReturnType<typeof setTimeout>>()
  for (const locale of locales) {
    watch(() => [sheets[locale]?.content, id.value], () => {
      clearTimeout(timers.get(locale))
      const sheet = sheets[locale]
      if (!sheet || sheet.conflict || sheet.draft?.state === 'scheduled' || !isDirty(locale)) return
      timers.set(locale, setTimeout(() => void save(locale), autosave))
    }, { deep: true })
  }
  onScopeDispose(() => timers.forEach(timer => clearTimeout(timer)))

  if (fresh) begin('zh-CN')
  else void load()

  return { id, fresh, named, sheets, siteLocales, loading, problem, taken, dirty, isDirty, load, refresh, meet, begin, save, overwrite, step, publish, discard, archive, restore, rollback, markTranslated }
}

/** What was typed could not be stored; the sheet says why. */
export class Unsaved extends Error {}

export type Desk = ReturnType<typeof useDesk>
