import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { api, problemDetails } from '../src/app/api.ts'
import { useLocalStorage } from '../src/app/useLocalStorage.ts'
import { ago } from '../src/app/useNow.ts'
import { localPath } from '../src/features/entry/localPath.ts'
import { shareOfBest } from '../src/features/knowledge/shareOfBest.ts'
import { idPattern, useArticle } from '../src/features/knowledge/useArticle.ts'
import { grouped, useArticles } from '../src/features/knowledge/useArticles.ts'
import { contactName, handoverOf, systemText } from '../src/features/workbench/names.ts'
import { clearDrafts } from '../src/app/drafts.ts'
import { tabTitle } from '../src/app/unread.ts'
import { useDraft } from '../src/features/workbench/useDraft.ts'
import { ApiError } from '@frontdesk/shared/api/client'

beforeEach(() => {
  localStorage.clear()
  vi.restoreAllMocks()
})

describe('useDraft', () => {
  it('keeps one draft a conversation for replies and one for notes', () => {
    const conv = ref<string | undefined>('a')
    const kind = ref<'text' | 'note'>('text')
    const draft = useDraft(conv, kind)
    draft.value = 'half a reply'
    kind.value = 'note'
    expect(draft.value).toBe('')
    draft.value = 'a note'
    conv.value = 'b'
    expect(draft.value).toBe('')
    conv.value = 'a'
    kind.value = 'text'
    expect(draft.value).toBe('half a reply')
    expect(useDraft(ref('a'), ref<'text' | 'note'>('note')).value).toBe('a note')
  })
  it('shows no draft to another agent at the same computer, and none after signing out', () => {
    const kind = ref<'text' | 'note'>('text')
    useDraft(ref('a'), kind, 'mei').value = 'not for Sam'
    expect(useDraft(ref('a'), kind, 'sam').value).toBe('')
    expect(useDraft(ref('a'), kind, 'mei').value).toBe('not for Sam')
    localStorage.setItem('other', 'kept')
    clearDrafts()
    expect(useDraft(ref('a'), kind, 'mei').value).toBe('')
    expect(localStorage.getItem('other')).toBe('kept')
  })
  it('forgets a draft that was sent', () => {
    const draft = useDraft(ref('a'), ref<'text' | 'note'>('text'))
    draft.value = 'x'
    draft.value = ''
    expect(localStorage.length).toBe(0)
  })
})

describe('useLocalStorage', () => {
  it('keeps a value and stands an unreadable one', () => {
    useLocalStorage('k', 'a').value = 'b'
    expect(useLocalStorage('k', 'a').value).toBe('b')
    localStorage.setItem('k', '{')
    expect(useLocalStorage('k', 'a').value).toBe('a')
  })
})

describe('ago', () => {
  it('counts in the largest whole unit', () => {
    const now = Date.parse('2026-01-02T00:00:00Z')
    expect(['2026-01-01T23:59:30Z', '2026-01-01T23:58:00Z', '2026-01-01T21:59:00Z', '2025-12-30T00:00:00Z', '2026-01-02T00:01:00Z'].map(time => ago(time, now)))
      .toEqual([{ key: 'time.now', n: 0 }, { key: 'time.minutes', n: 2 }, { key: 'time.hours', n: 2 }, { key: 'time.days', n: 3 }, { key: 'time.now', n: 0 }])
  })
})

describe('the way after signing in', () => {
  it('leads to a page of the console only', () => {
    expect(['/inbox/mine/1', '//evil.example', '/\\evil.example', 'https://evil.example', undefined].map(localPath)).toEqual(['/inbox/mine/1', '/inbox', '/inbox', '/inbox', '/inbox'])
  })
})

describe('useArticle', () => {
  const stored = { id: 'a', locale: 'en', title: 'T', questions: ['q'], answer: 'A', tags: ['x'], version: 3, updated_at: '' }

  it('knows what has changed, and sends the version it began from', async () => {
    vi.spyOn(api, 'get').mockResolvedValue({ id: 'a', translations: [stored] })
    const put = vi.spyOn(api, 'put').mockImplementation(async (_path, body) => ({ ...stored, ...body as object, version: 4 }))
    const article = useArticle('a')
    await vi.waitFor(() => expect(article.loading.value).toBe(false))
    expect(article.dirty.value).toBe(false)
    article.drafts.en!.questions.push('another', ' ')
    expect([article.isDirty('en'), article.isDirty('zh-CN')]).toEqual([true, false])
    expect(await article.save('en')).toBe(true)
    expect(put).toHaveBeenCalledWith('/api/admin/kb/articles/a/en', { title: 'T', questions: ['q', 'another'], answer: 'A', tags: ['x'], version: 3 })
    expect(article.drafts.en).toMatchObject({ version: 4 })
    expect(article.dirty.value).toBe(false)
  })
  it('meets a newer version without losing what was written', async () => {
    vi.spyOn(api, 'get').mockResolvedValueOnce({ translations: [stored] }).mockResolvedValue({ translations: [{ ...stored, title: 'Theirs', version: 5 }] })
    const put = vi.spyOn(api, 'put').mockRejectedValueOnce(new ApiError({ status: 409, code: 'conflict' })).mockResolvedValue({ ...stored, title: 'Mine', version: 6 })
    const article = useArticle('a')
    await vi.waitFor(() => expect(article.loading.value).toBe(false))
    article.drafts.en!.title = 'Mine'
    expect(await article.save('en')).toBe(false)
    expect(article.drafts.en).toMatchObject({ title: 'Mine', theirs: 5 })
    expect(await article.save('en', true)).toBe(true)
    expect(put.mock.calls.at(-1)![1]).toMatchObject({ title: 'Mine', version: 5 })
  })
  it('leaves another article of the same name as it is', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue({ translations: [stored] })
    const put = vi.spyOn(api, 'put').mockRejectedValue(new ApiError({ status: 409, code: 'conflict' }))
    const article = useArticle('new')
    article.id.value = 'a'
    expect(await article.save('en')).toBe('taken')
    expect(put).not.toHaveBeenCalled()
    get.mockRejectedValue(new ApiError({ status: 404 }))
    expect(await article.save('en')).toBe('taken')
    expect(article.drafts.en!.theirs).toBeUndefined()
  })
  it('can make anew what was archived meanwhile, also the whole article', async () => {
    for (const status of [404, 409]) {
      vi.spyOn(api, 'get').mockResolvedValueOnce({ translations: [stored] }).mockRejectedValue(new ApiError({ status: 404 }))
      const put = vi.spyOn(api, 'put').mockRejectedValueOnce(new ApiError({ status })).mockResolvedValue({ ...stored, version: 7 })
      const article = useArticle('a')
      await vi.waitFor(() => expect(article.loading.value).toBe(false))
      expect(await article.save('en')).toBe('gone')
      expect(await article.save('en')).toBe(true)
      expect(put.mock.calls.at(-1)![1]).not.toHaveProperty('version')
      vi.restoreAllMocks()
    }
  })
  it('asks for an imported article by its whole id', async () => {
    const get = vi.spyOn(api, 'get').mockResolvedValue({ translations: [stored] })
    const remove = vi.spyOn(api, 'delete').mockResolvedValue(undefined)
    const article = useArticle('faq/a?b#50%')
    await vi.waitFor(() => expect(article.loading.value).toBe(false))
    expect(get).toHaveBeenCalledWith('/api/admin/kb/articles/faq%2Fa%3Fb%2350%25')
    await article.archive('en')
    expect(remove).toHaveBeenCalledWith('/api/admin/kb/articles/faq%2Fa%3Fb%2350%25/en')
  })
  it('names articles with small letters, digits and hyphens', () => {
    expect(['shipping-time', 'th01', 'A', 'a--b', '-a', '发货', ''].map(id => idPattern.test(id))).toEqual([true, true, false, false, false, false, false])
  })
})

describe('shareOfBest', () => {
  it('shows scores without a ceiling as parts of the best', () => {
    const all = [{ score: 1.86 }, { score: 0.93 }, { score: -0.2 }]
    expect(all.map(one => shareOfBest(one, all))).toEqual([100, 50, 0])
    expect(shareOfBest({ score: 0 }, [{ score: 0 }])).toBe(0)
  })
})

describe('useArticles', () => {
  it('shows only the answer to the newest filter', async () => {
    const answers: ((page: unknown) => void)[] = []
    vi.spyOn(api, 'get').mockImplementation(() => new Promise((resolve) => { answers.push(resolve as (page: unknown) => void) }))
    const locale = ref('')
    const scope = effectScope()
    const articles = scope.run(() => useArticles({ search: ref(''), locale, tag: ref('') }))!
    locale.value = 'en'
    await nextTick()
    answers[1]!({ items: [{ id: 'new', tags: ['t'] }], total: 1, next: '' })
    answers[0]!({ items: [{ id: 'old', tags: [] }], total: 9, next: '' })
    await vi.waitFor(() => expect(articles.loading.value).toBe(false))
    expect(articles.items.value.map(item => item.id)).toEqual(['new'])
    expect(articles.tags.value).toEqual(['t'])
    scope.stop()
  })
})

describe('grouped', () => {
  it('makes one row of an article in two languages', () => {
    const row = (locale: string, title: string, at: string) => ({ id: 'a', locale, title, tags: [], questions_count: 4, version: 1, updated_at: at, locales: ['en', 'zh-CN'] })
    expect(grouped([row('en', 'About', '2026-01-02'), row('zh-CN', '关于', '2026-01-01')], 'zh-CN')).toEqual([{ ...row('zh-CN', '关于', '2026-01-02'), questions_count: 8 }])
  })
})

describe('names', () => {
  const t = (key: string, values: Record<string, unknown> = {}) => `${key} ${Object.values(values).join(' ')}`.trim()
  it('call a visitor by name, address or number', () => {
    const row = (contact: object) => ({ contact: { id: '0190-abcd', name: '', email: '', ...contact } }) as never
    expect([contactName(row({ name: 'Li' }), t), contactName(row({ email: 'a@b.c' }), t), contactName(row({}), t)]).toEqual(['Li', 'a@b.c', 'inbox.visitor ABCD'])
  })
  it('tell what is handed over: summary, mood, articles by title with what became of them', () => {
    const data = { question: 'q', reason: 'no_answer', summary: ['one', '', 3, 'two'], mood: 'angry', language: 'en', confidence: 0.4, tried: [{ article: 'a', title: 'A', outcome: 'rejected' }, { article: 'b' }, null, 'c'] }
    expect(handoverOf({ kind: 'handover', data })).toEqual({
      question: 'q', reason: 'no_answer', summary: ['one', 'two'], mood: 'angry', language: 'en', confidence: 0.4,
      tried: [{ article: 'a', title: 'A', outcome: 'rejected' }, { article: 'b', title: 'b', outcome: '' }],
    })
    expect(handoverOf({ kind: 'handover', data: { question: 'q', mood: 'x' } })?.mood).toBe('')
    expect([handoverOf({ kind: 'handover' }), handoverOf({ kind: 'handover', data: { reason: 'x' } }), handoverOf({ kind: 'message', data: { question: 'q' } })]).toEqual([undefined, undefined, undefined])
  })
  it('describe changes, also kinds that are not known yet', () => {
    const has = (key: string) => key === 'reason.requested'
    expect(systemText({ kind: 'handover', reason: 'requested' }, t, has)).toBe('system.handoverWhy reason.requested')
    expect(systemText({ kind: 'handover', reason: 'unheard_of' }, t, has)).toBe('system.handoverWhy unheard_of')
    expect(systemText({ kind: 'handover' }, t, has)).toBe('system.handover')
    expect(systemText({ kind: 'released', author: { kind: 'agent', name: 'Mei' }, content: 'lunch' }, t, has)).toBe('system.released Mei · lunch')
    expect(systemText({ kind: 'transferred', author: { kind: 'agent', name: 'Mei' }, state: { assignee: { name: 'Sam' } }, reason: 'knows payments' }, t, has)).toBe('system.transferred Mei Sam · knows payments')
    expect(systemText({ kind: 'rated', content: '5' }, t, has)).toBe('5')
    expect(systemText({ kind: 'rated' }, t, has)).toBe('system.other rated')
  })
})

describe('texts about the page', () => {
  it('count unread conversations in the tab', () => {
    expect([tabTitle('Inbox', 3), tabTitle('Inbox', 0), tabTitle('', 0)]).toEqual(['(3) Inbox · Frontdesk', 'Inbox · Frontdesk', 'Frontdesk'])
  })
  it('name the fields that the server refused', () => {
    expect(problemDetails(new ApiError({ status: 422, errors: [{ location: 'body.questions', message: 'too many' }] }))).toEqual(['questions: too many'])
    expect([problemDetails(new ApiError({ status: 500, errors: [{ message: 'x' }] })), problemDetails(new Error('x'))]).toEqual([[], []])
  })
})
