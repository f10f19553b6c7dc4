import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { problemDetails } from '../src/app/api.ts'
import { useLocalStorage } from '../src/app/useLocalStorage.ts'
import { ago } from '../src/app/useNow.ts'
import { localPath } from '../src/features/entry/localPath.ts'
import { shareOfBest } from '../src/features/knowledge/shareOfBest.ts'
import { contactName, handoverOf, systemText } from '../src/features/workbench/names.ts'
import { clearDrafts, clearDraftsOf } from '../src/app/drafts.ts'
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
  it('forgets what was typed in a conversation that is no more, and nothing else', () => {
    useDraft(ref('a'), ref<'text' | 'note'>('text'), 'mei').value = 'Dear Nina'
    useDraft(ref('a'), ref<'text' | 'note'>('note'), 'sam').value = 'she is cross'
    useDraft(ref('b'), ref<'text' | 'note'>('text'), 'mei').value = 'kept'
    clearDraftsOf('a')
    expect(Object.keys(localStorage)).toEqual(['frontdesk.draft.mei.text.b'])
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

describe('shareOfBest', () => {
  it('shows scores without a ceiling as parts of the best', () => {
    const all = [{ score: 1.86 }, { score: 0.93 }, { score: -0.2 }]
    expect(all.map(one => shareOfBest(one, all))).toEqual([100, 50, 0])
    expect(shareOfBest({ score: 0 }, [{ score: 0 }])).toBe(0)
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
