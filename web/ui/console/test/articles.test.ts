import { ApiError } from '@frontdesk/shared/api/client'
import type { ArticleDesk, ArticleDraft } from '@frontdesk/shared/api/types'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { api } from '../src/app/api.ts'
import { fromLocalInput, toLocalInput } from '../src/features/knowledge/fieldValues.ts'
import { byArticle, useBoard } from '../src/features/knowledge/useBoard.ts'
import { bare, idPattern, Unsaved, useDesk } from '../src/features/knowledge/useDesk.ts'
import { splitWords, useWords } from '../src/features/knowledge/useWords.ts'

const settings = { department: 0, audience: 'public' as const, floor: 0, handover: false, next: [], owner: '', review_at: null, expires_at: null }
const published = { id: 'a', locale: 'en', title: 'T', questions: ['q'], answer: 'A', tags: ['x'], version: 3, updated_at: '', ...settings }
const draft: ArticleDraft = { title: 'D', questions: ['q'], answer: 'A', tags: [], ...settings, state: 'draft', base: 3, minor: false, revision: 4, editor: '', submitter: '', reviewer: '', note: '', publish_at: null, retry_at: null, attempts: 0, failure: '', created_at: '', updated_at: '' }
const deskOf = (more: Partial<ArticleDesk['translations'][number]> = {}): ArticleDesk => ({ id: 'a', locales: ['en'], translations: [{ locale: 'en', published, draft: null, versions: 3, ended: false, outdated: false, ...more }] })
const conflict = () => new ApiError({ status: 409, code: 'conflict' })

let scope: EffectScope
beforeEach(() => {
  vi.restoreAllMocks()
  vi.useFakeTimers()
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})
async function open(id: string, found: ArticleDesk | Error = deskOf()) {
  const get = vi.spyOn(api, 'get').mockImplementation(async () => {
    if (found instanceof Error) throw found
    return found
  })
  const desk = scope.run(() => useDesk(id))!
  await vi.waitFor(() => expect(desk.loading.value).toBe(false))
  return { desk, get }
}

describe('useDesk', () => {
  it('stores what was typed by itself, once it is quiet', async () => {
    const { desk } = await open('a')
    const put = vi.spyOn(api, 'put').mockImplementation(async (_path, body) => ({ ...draft, ...body as object, revision: 1 }))
    desk.sheets.en!.content.title = 'T2'
    await nextTick()
    vi.advanceTimersByTime(500)
    desk.sheets.en!.content.questions.push('another', ' ')
    await nextTick()
    vi.advanceTimersByTime(500)
    expect(put).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1000)
    expect(put).toHaveBeenCalledTimes(1)
    expect(put.mock.calls[0]![0]).toBe('/api/admin/kb/drafts/a/en')
    expect(put.mock.calls[0]![1]).toMatchObject({ title: 'T2', questions: ['q', 'another'], revision: 0 })
    expect(desk.dirty.value).toBe(false)
    expect(desk.sheets.en!.draft?.revision).toBe(1)
  })
  it('keeps what was typed while a save was on its way', async () => {
    const { desk } = await open('a', deskOf({ draft }))
    let answer: (value: ArticleDraft) => void = () => {}
    vi.spyOn(api, 'put').mockImplementation(() => new Promise<never>((resolve) => { answer = resolve as never }))
    desk.sheets.en!.content.title = 'one'
    const saving = desk.save('en')
    await nextTick()
    desk.sheets.en!.content.title = 'one two'
    answer({ ...draft, title: 'one', revision: 5 })
    expect(await saving).toBe(true)
    expect(desk.sheets.en!.content.title).toBe('one two')
    expect(desk.isDirty('en')).toBe(true)
  })
  it('saves nothing over what somebody else wrote, until the editor chose', async () => {
    const { desk, get } = await open('a', deskOf({ draft }))
    const put = vi.spyOn(api, 'put').mockRejectedValueOnce(conflict()).mockImplementation(async (_path, body) => ({ ...draft, ...body as object, revision: 10 }))
    desk.sheets.en!.content.title = 'Mine'
    expect(await desk.save('en')).toBe(false)
    expect(desk.sheets.en!.conflict).toBe(true)
    desk.sheets.en!.content.title = 'Mine, longer'
    await vi.advanceTimersByTimeAsync(5000)
    expect(put).toHaveBeenCalledTimes(1)
    get.mockResolvedValue(deskOf({ draft: { ...draft, title: 'Theirs', revision: 9 } }))
    expect(await desk.overwrite('en')).toBe(true)
    expect(put.mock.calls.at(-1)![1]).toMatchObject({ title: 'Mine, longer', revision: 9, base: 3 })
    expect(desk.sheets.en!.conflict).toBe(false)
  })
  it('publishes what stands in the editor, not what was stored before', async () => {
    const { desk } = await open('a', deskOf({ draft }))
    vi.spyOn(api, 'put').mockResolvedValue({ ...draft, title: 'New', revision: 5 })
    const post = vi.spyOn(api, 'post').mockResolvedValue({ articles: [{ ...published, version: 4 }] })
    desk.sheets.en!.content.title = 'New'
    expect(await desk.publish('en')).toBe(4)
    expect(post).toHaveBeenCalledWith('/api/admin/kb/publish', { drafts: [{ article: 'a', locale: 'en', revision: 5 }] })
  })
  it('does not publish what could not be stored', async () => {
    const { desk } = await open('a')
    vi.spyOn(api, 'put').mockRejectedValue(new ApiError({ status: 422, code: 'invalid', detail: '"floor" must lie between 0 and 1' }))
    const post = vi.spyOn(api, 'post')
    desk.sheets.en!.content.floor = 7
    await expect(desk.publish('en')).rejects.toBeInstanceOf(Unsaved)
    expect(post).not.toHaveBeenCalled()
    expect(desk.sheets.en!.details).toEqual(['"floor" must lie between 0 and 1'])
  })
  it('leaves another article of the same name as it is', async () => {
    const { desk } = await open('new', deskOf())
    const put = vi.spyOn(api, 'put')
    desk.id.value = 'a'
    desk.sheets['zh-CN']!.content.title = 'x'
    expect(await desk.save('zh-CN')).toBe(false)
    expect(desk.taken.value).toBe('a')
    expect(put).not.toHaveBeenCalled()
  })
  it('writes nothing into a working copy that waits for its hour', async () => {
    const { desk } = await open('a', deskOf({ draft: { ...draft, state: 'scheduled', publish_at: '2030-01-01T00:00:00Z' } }))
    const put = vi.spyOn(api, 'put')
    desk.sheets.en!.content.title = 'underhand'
    await nextTick()
    await vi.advanceTimersByTimeAsync(5000)
    expect(put).not.toHaveBeenCalled()
  })
  it('asks for an imported article by its whole id', async () => {
    const { get } = await open('faq/a?b#50%')
    expect(get).toHaveBeenCalledWith('/api/admin/kb/desk/faq%2Fa%3Fb%2350%25')
  })
  it('names articles with small letters, digits and hyphens', () => {
    expect(['shipping-time', 'th01', 'A', 'a--b', '-a', '发货', ''].map(id => idPattern.test(id))).toEqual([true, true, false, false, false, false, false])
  })
  it('counts blanks around texts as nothing', () => {
    const content = { title: ' T ', questions: [' q ', ' '], answer: 'A\n', tags: [], department: 0, audience: 'public' as const, floor: 0, handover: false, next: [], owner: '', review_at: '', expires_at: '', minor: false }
    expect(bare(content)).toMatchObject({ title: 'T', questions: ['q'], answer: 'A' })
  })
})

describe('useBoard', () => {
  it('shows only the answer to the newest filter', async () => {
    const answers: ((page: unknown) => void)[] = []
    vi.spyOn(api, 'get').mockImplementation(() => new Promise((resolve) => { answers.push(resolve as (page: unknown) => void) }))
    const show = ref('')
    const board = scope.run(() => useBoard({ show, search: ref(''), locale: ref(''), tag: ref(''), owner: ref('') }))!
    show.value = 'draft'
    await nextTick()
    answers[1]!({ items: [{ id: 'new', tags: ['t'] }], counts: { draft: 1 }, next: '' })
    answers[0]!({ items: [{ id: 'old', tags: [] }], counts: {}, next: '' })
    await vi.waitFor(() => expect(board.loading.value).toBe(false))
    expect(board.items.value.map(item => item.id)).toEqual(['new'])
    expect(board.counts.value).toEqual({ draft: 1 })
    expect(board.tags.value).toEqual(['t'])
  })
  it('makes one entry of an article in two languages', () => {
    const row = (locale: string, title: string, at: string) => ({ id: 'a', locale, title, tags: [], questions: 4, owner: '', updated_at: at }) as never
    expect(byArticle([row('en', 'About', '2026-01-02'), row('zh-CN', '关于', '2026-01-01')], 'zh-CN')).toMatchObject([{ title: '关于', questions: 8, updated_at: '2026-01-02', translations: [{ locale: 'en' }, { locale: 'zh-CN' }] }])
  })
})

describe('useWords', () => {
  it('reads the words of a line in either script', () => {
    expect(splitWords('refund, money back；退款、 退钱\n= x')).toEqual(['refund', 'money back', '退款', '退钱', 'x'])
  })
  it('says in the server\'s words what contradicts', async () => {
    vi.spyOn(api, 'post').mockRejectedValue(new ApiError({ status: 422, code: 'invalid', detail: '"refund" stands in two groups' }))
    const words = useWords()
    expect(await words.save({ id: 0, kind: 'synonym', locale: '', words: ['refund', 'x'] })).toBe(false)
    expect(words.details.value).toEqual(['"refund" stands in two groups'])
  })
})

describe('times', () => {
  it('go through an input and back', () => {
    const time = '2026-11-21T09:30:00.000Z'
    expect(fromLocalInput(toLocalInput(time))).toBe(time)
    expect([toLocalInput(''), fromLocalInput(''), toLocalInput('nonsense')]).toEqual(['', '', ''])
  })
})
