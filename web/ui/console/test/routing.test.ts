import { ApiError } from '@frontdesk/shared/api/client'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as lines from '../src/features/routing/lineTexts.ts'
import { withBulk } from '../src/features/routing/useAgents.ts'
import { moved } from '../src/features/routing/useRules.ts'
import { troubleOf } from '../src/features/routing/useRead.ts'
import { placesOf } from '../src/features/routing/useWrong.ts'
import * as texts from '../src/features/routing/texts.ts'
import { withTeam } from '../src/features/routing/useTeams.ts'
import { duration, recordOf } from '../src/features/routing/words.ts'
import { joinReason, languageOf, reasonText, splitReason } from '../src/features/workbench/names.ts'

const go = (file: string) => readFileSync(join(import.meta.dirname, '../../../../chat/routing', file), 'utf8')
const codes = (source: string, prefix: string) => [...source.matchAll(new RegExp(`\\t${prefix}\\w+ += "(\\w+)"`, 'g'))].map(match => match[1]!)

describe('the words of routing', () => {
  it('know every code and every strategy of the router', () => {
    const decisions = go('decision.go')
    const reasons = codes(decisions, 'Reason')
    const rejections = codes(decisions, 'Reject')
    const strategies = codes(go('catalog.go'), 'Strategy')
    expect([reasons.length, rejections.length, strategies.length].every(n => n > 10)).toBe(true)
    for (const { routeWhy } of [lines.en, lines.zh]) {
      expect(reasons.filter(code => !(code in routeWhy.reason))).toEqual([])
      expect(rejections.filter(code => !(code in routeWhy.reject) || !(code in routeWhy.count))).toEqual([])
      expect(strategies.filter(name => !(name in routeWhy.strategy))).toEqual([])
    }
  })
  it('know everything that can be wrong with a field', () => {
    const wrong = codes(go('check.go'), 'Bad')
    expect(wrong.length).toBeGreaterThan(10)
    for (const { routeWrong } of [texts.en, texts.zh]) expect(wrong.filter(code => !(code in routeWrong))).toEqual([])
  })
  it('tell which field the server refuses, and repeat its English only where it names none', () => {
    const refused = (errors: object[]) => troubleOf(new ApiError({ status: 422, detail: 'in English', errors }))
    expect(refused([{ location: 'body.rules[1].when[0].value', code: 'empty', message: 'is empty' }])).toEqual({ key: 'problem.invalid', details: [], fields: [{ at: 'rules[1].when[0].value', code: 'empty' }] })
    expect(refused([{ location: 'body.teams[3].overflow[1]', code: 'nothing', message: 'x' }]).fields).toEqual([{ at: 'overflow[1]', code: 'nothing' }])
    expect(refused([])).toEqual({ key: 'problem.invalid', details: ['in English'] })
    expect(placesOf('rules[0].skills[1].name')).toEqual(['rules[0].skills[1].name', 'rules[0].skills[1]', 'rules[0].skills', 'rules[0]', 'rules'])
  })
  it('tell lengths of time in two units at most', () => {
    const t = (key: string, values?: Record<string, unknown>) => `${key} ${Object.values(values ?? {}).join(' ')}`
    expect([5, 75, 660, 3600, 3720].map(seconds => duration(seconds, t))).toEqual(['route.time.s 5', 'route.time.minS 1 15', 'route.time.min 11', 'route.time.h 1', 'route.time.hMin 1 2'])
  })
  it('read the record of an assignment, whatever is missing', () => {
    expect(recordOf({})).toBeUndefined()
    expect(recordOf({ routing: { reasons: [{ code: 'only' }, 7], rejected: null } })).toEqual({ strategy: '', reasons: [{ code: 'only' }], rejected: [], counts: {}, candidates: 0, reserved: false })
  })
})

describe('changes of routing', () => {
  it('move a strategy among those of its kind only', () => {
    const on = (name: string) => ({ name, on: true, params: {} })
    const kind = (name: string) => name.slice(0, 1)
    const names = (to: number) => moved([on('a1'), on('b1'), on('a2'), on('b2'), on('a3')], kind, 'a3', to).map(one => one.name)
    expect(names(0)).toEqual(['a3', 'b1', 'a1', 'b2', 'a2'])
    expect(names(9)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
  })
  it('give many a skill once, whatever the case of its letters, and keep the rest', () => {
    const agent = { id: 'x', name: 'X', role: 'agent' as const, presence: 'online' as const, reason: '', active: 0, cap: 5, caps: { chat: 2 }, departments: [], all_departments: true, teams: [], skills: [{ name: 'Refunds', level: 1 }, { name: 'billing', level: 2 }], languages: ['en'] }
    expect(withBulk(agent, { give: { name: 'refunds', level: 4 }, cap: 2 })).toEqual({ id: 'x', skills: [{ name: 'billing', level: 2 }, { name: 'refunds', level: 4 }], languages: ['en'], cap: 2, caps: { chat: 2 } })
    expect(withBulk(agent, { take: 'BILLING' }).skills).toEqual([{ name: 'Refunds', level: 1 }])
  })
  it('forget what differed for a team that is gone, or no longer differs', () => {
    const hours = { zone: 'Asia/Shanghai', week: [] }
    expect(withTeam([{ team: 'a', hours, overflow: [] }, { team: 'gone', overflow: [] }], ['a', 'b'], 'b', { hours, overflow: [] }).map(one => one.team)).toEqual(['a', 'b'])
    expect(withTeam([{ team: 'a', hours, overflow: [] }], ['a'], 'a', { hours: null, overflow: [] })).toEqual([])
  })
})

describe('reasons of one click', () => {
  const codesOf = ['shift_end', 'language'] as const
  it('come apart as they were joined', () => {
    for (const [code, words] of [['shift_end', 'back: at two'], ['', 'words'], ['language', ''], ['', '']] as const) expect(splitReason(joinReason(code, words), codesOf)).toEqual({ code, words })
  })
  it('are read in the reader’s language, and other people’s words as they are', () => {
    const has = (key: string) => key === 'reason.shift_end'
    const t = (key: string) => key
    expect(reasonText('shift_end: back: at two', t, has)).toBe('reason.shift_end · back: at two')
    expect(reasonText('please: look', t, has)).toBe('please: look')
  })
})

describe('the language of a visitor', () => {
  it('is Chinese for who writes it, whatever the browser said, and unknown where nothing tells', () => {
    expect(languageOf({ locale: 'en', last_message: '我要退货', last_author: 'visitor' })).toBe('zh-CN')
    expect(languageOf({ locale: '', last_message: 'hi', last_author: 'visitor' })).toBeUndefined()
    expect(languageOf({ locale: 'en', last_message: '您好', last_author: 'agent' })).toBe('en')
  })
})
