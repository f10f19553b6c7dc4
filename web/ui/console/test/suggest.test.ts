import { effectScope, ref } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../src/app/api.ts'
import { matching, slashWord } from '../src/features/workbench/useCanned.ts'
import { confidenceWord, markedParts, useSuggestions } from '../src/features/workbench/useSuggestions.ts'

beforeEach(() => { vi.restoreAllMocks() })

describe('markedParts', () => {
  it('cuts a text at its marks, in code points', () => {
    expect(markedParts('😀 refund time', [{ from: 2, to: 8 }])).toEqual([{ text: '😀 ', on: false }, { text: 'refund', on: true }, { text: ' time', on: false }])
    expect(markedParts('退款多久', [{ from: 0, to: 2 }])).toEqual([{ text: '退款', on: true }, { text: '多久', on: false }])
  })
  it('ignores marks that overlap or lie outside', () => {
    expect(markedParts('abc', [{ from: 0, to: 2 }, { from: 1, to: 3 }, { from: 2, to: 9 }])).toEqual([{ text: 'ab', on: true }, { text: 'c', on: false }])
    expect(markedParts('', [])).toEqual([])
  })
})

describe('confidence', () => {
  it('has three words', () => {
    expect([0.95, 0.8, 0.6, 0.4].map(confidenceWord)).toEqual(['sure', 'sure', 'likely', 'maybe'])
  })
})

describe('a slash', () => {
  it('opens canned replies at the beginning of a word only', () => {
    expect(slashWord('/th', 3)).toEqual({ word: 'th', from: 0 })
    expect(slashWord('Hello /Th', 9)).toEqual({ word: 'th', from: 6 })
    expect(slashWord('／谢谢', 3)).toEqual({ word: '谢谢', from: 0 })
    expect(slashWord('、', 1)).toEqual({ word: '', from: 0 })
    for (const text of ['1/2', 'https://x', 'a、b', '/one two']) expect(slashWord(text, text.length)).toBeUndefined()
  })
  it('offers what begins with the word before what has it', () => {
    const all = [
      { id: 1, shortcut: 'wait', title: 'Please wait', text: 'One moment' }, { id: 2, shortcut: 'thanks', title: 'Thanks', text: 'Thank you for waiting' },
      { id: 3, shortcut: 'await', title: 'Parcel', text: 'x' },
    ]
    expect(matching(all, 'wait').map(one => one.id)).toEqual([1, 3, 2])
    expect(matching(all, '').map(one => one.id)).toEqual([1, 2, 3])
    expect(matching(all, 'zzz')).toEqual([])
  })
})

describe('useSuggestions', () => {
  const item = (id: string, more: object = {}) => ({ id, source: 'article', item: id, locale: 'en', title: id, text: `text of ${id}`, matched: '', marks: [], confidence: 0.9, rank: 1, internal: false, blanks: false, ...more })
  const open = (items: object[]) => {
    vi.spyOn(api, 'get').mockImplementation(async () => ({ seq: 3, question: 'q', floor: 0.35, items }) as never)
    const post = vi.spyOn(api, 'post').mockResolvedValue(undefined as never)
    const conv = ref<string | undefined>('c')
    const mine = ref(true)
    const scope = effectScope()
    const desk = scope.run(() => useSuggestions({ conv, lastAsked: ref(3), mine }))!
    return { desk, post, conv, mine, scope }
  }
  const acts = (post: { mock: { calls: unknown[][] } }) => post.mock.calls.map(call => (call[1] as { act: string }).act)

  it('notes what was shown once, and what was inserted and put away', async () => {
    const { desk, post, scope } = open([item('a'), item('b')])
    await vi.waitFor(() => expect(desk.items.value).toHaveLength(2))
    await desk.reload()
    desk.insert(desk.items.value[0]!)
    expect(desk.insertion.value).toEqual({ text: 'text of a', suggestion: 'a', send: false })
    desk.dismiss(desk.items.value[1]!)
    expect(desk.items.value.map(one => one.id)).toEqual(['a'])
    expect(acts(post)).toEqual(['shown', 'inserted', 'dismissed'])
    scope.stop()
  })
  it('inserts by Alt and the key\'s place, on any layout', async () => {
    const { desk, scope } = open([item('a'), item('b')])
    await vi.waitFor(() => expect(desk.items.value).toHaveLength(2))
    window.dispatchEvent(new KeyboardEvent('keydown', { altKey: true, code: 'Digit2', key: '™' }))
    expect(desk.insertion.value?.suggestion).toBe('b')
    desk.insertion.value = undefined
    window.dispatchEvent(new KeyboardEvent('keydown', { altKey: true, ctrlKey: true, code: 'Digit1' }))
    window.dispatchEvent(new KeyboardEvent('keydown', { altKey: true, code: 'Digit3' }))
    expect(desk.insertion.value).toBeUndefined()
    scope.stop()
    window.dispatchEvent(new KeyboardEvent('keydown', { altKey: true, code: 'Digit1' }))
    expect(desk.insertion.value).toBeUndefined()
  })
  it('never inserts what is internal, nor anything where the agent may not write, nor sends what has gaps', async () => {
    const { desk, mine, scope } = open([item('a', { internal: true, text: '' }), item('b', { blanks: true })])
    await vi.waitFor(() => expect(desk.items.value).toHaveLength(2))
    desk.insert(desk.items.value[0]!)
    desk.insert(desk.items.value[1]!, true)
    mine.value = false
    desk.insert(desk.items.value[1]!)
    expect(desk.insertion.value).toBeUndefined()
    scope.stop()
  })
  it('leaves nothing of another conversation on the screen', async () => {
    const { desk, conv, scope } = open([item('a')])
    await vi.waitFor(() => expect(desk.items.value).toHaveLength(1))
    vi.spyOn(api, 'get').mockImplementation(() => new Promise(() => {}))
    conv.value = 'd'
    await vi.waitFor(() => expect(desk.items.value).toHaveLength(0))
    scope.stop()
  })
})
