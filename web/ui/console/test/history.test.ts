import { describe, expect, it } from 'vitest'
import { rowCounter } from '../src/features/history/useExport.ts'
import { dayStart, filterQuery } from '../src/features/history/useSearch.ts'
import { changed, daysOf, valid, type PolicyDraft } from '../src/features/privacy/useRetention.ts'

const none = { from: '', to: '', site: '', department: '', agent: '', status: '', owner: '', contact: '', notes: '' }

describe('the history', () => {
  it('counts every event of an export once, wherever its parts are cut', () => {
    const text = '{"id":"a","events":[{"seq":1,"content":"\\"seq\\":"},{"seq":2}]}\n{"id":"b","events":[{"seq":1}]}\n'
    for (let at = 0; at <= text.length; at++) {
      const count = rowCounter('jsonl')
      expect(count(text.slice(0, at)) + count(text.slice(at)), `cut at ${at}`).toBe(3)
    }
    const lines = rowCounter('csv')
    expect(lines('a\nb') + lines('\nc\n')).toBe(3)
  })

  it('sends whole days: the last one to its end, and nothing for what is not chosen', () => {
    expect(filterQuery(none)).toEqual({})
    const { from, to } = filterQuery({ ...none, from: '2026-03-01', to: '2026-03-01' })
    expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBe(24 * 3_600_000)
    expect(dayStart('soon')).toBe('')
    expect(filterQuery({ ...none, notes: 'true', status: 'open' })).toEqual({ notes: 'true', status: 'open' })
  })

  it('takes whole numbers of days alone', () => {
    expect(['0', ' 30 ', '36500'].map(daysOf)).toEqual([0, 30, 36_500])
    expect(['', '-1', '1.5', '36501', 'soon', '1e3'].map(daysOf)).toEqual(Array(6).fill(undefined))
    const draft = { policy: { anonymous_days: 30, identified_days: 0 }, anonymous: '30', identified: '0' } as PolicyDraft
    expect(changed(draft)).toBe(false)
    expect(changed({ ...draft, anonymous: '31' })).toBe(true)
    expect(valid({ ...draft, anonymous: '' })).toBe(false)
  })
})
