import { describe, expect, it } from 'vitest'
import type { Packet } from '@frontdesk/shared/api/types'
import { sentencesOf, tellingWords } from '../src/features/why/sentences.ts'

const packet = (over: Partial<Packet>): Packet => ({
  action: 'answer', reason: 'confident', question: '退款多久到账啊', confidence: 0.87, ms: 7, answerable: 0.9,
  asked: { text: '退款多久到账啊' }, thresholds: { answer: 0.62, clarify: 0.4, learnt: true },
  candidates: [
    { article: 'refund', score: 0.85, cosine: 0.9, bm25: 1, char: 0.8, variant: '退款多久到账', ranks: { dense: 1, lexical: 1, fused: 1, final: 1 } },
    { article: 'less', score: 0.38, cosine: 0.5, bm25: 0.2, char: 0.1, variant: '退款少了' },
  ],
  article: { id: 'refund', locale: 'zh-CN', version: 3 },
  terms: [{ term: '退款', idf: 1, known: true, hit: true }, { term: '款多', idf: 2, known: true, hit: true }, { term: '多久', idf: 1, known: true, hit: true }, { term: '久到', idf: 2, known: true, hit: true }, { term: '到账', idf: 2, known: true, hit: true }, { term: '账啊', idf: 6 }],
  ...over,
} as Packet)
const titles = { refund: '退款多久到账', less: '退款金额比付款少' }
const keys = (p: Packet) => sentencesOf(p, titles, key => key).map(sentence => sentence.key)

describe('why in sentences', () => {
  it('says how sure it was, of what and why, then what came next', () => {
    const told = sentencesOf(packet({}), titles, key => key)
    expect(told[0]).toEqual({ key: 'sure', with: { n: 87, t: 62, question: '退款多久到账啊', title: '退款多久到账', variant: '退款多久到账' } })
    expect(told.map(sentence => sentence.key)).toEqual(['sure', 'words', 'unknown', 'next', 'learnt'])
    expect(told[1]?.with?.words).toBe('退款多久到账')
    expect(told[2]?.with?.words).toBe('啊')
    expect(told[3]?.with).toEqual({ title: '退款金额比付款少', first: 85, second: 38 })
  })
  it('names each reason for another course', () => {
    expect(keys(packet({ action: 'clarify', reason: 'unsure', article: undefined }))[0]).toBe('unsure')
    expect(keys(packet({ action: 'clarify', reason: 'unsure', features: { Ambiguous: true } as Packet['features'] }))[0]).toBe('ambiguous')
    expect(keys(packet({ action: 'handover', reason: 'no_answer' }))[0]).toBe('noAnswer')
    expect(keys(packet({ action: 'handover', reason: 'asked_for_human', candidates: [], terms: [] }))).toEqual(['handover'])
    expect(keys(packet({ action: 'reply', reason: 'greeting', candidates: [], terms: [] }))).toEqual(['reply'])
    expect(keys(packet({ shadow: true }))[0]).toBe('shadow')
    expect(keys(packet({ features: { NumberMiss: true } as Packet['features'] }))).toContain('number')
  })
  it('tells of a row of before the whole trace what there is', () => {
    expect(keys(packet({ asked: undefined, thresholds: undefined, terms: undefined, candidates: [{ article: 'refund', score: 0.8, cosine: 0.9, bm25: 1, char: 0.8, variant: 'x' }] }))).toEqual(['sure'])
  })
  it('shows words as they stand in the question, and stems that do not', () => {
    expect(tellingWords('When do I get my refunds?', [{ term: 'refund' }, { term: 'get' }])).toEqual(['get', 'refund'])
    expect(tellingWords('tuikuan', [{ term: '退款', from: '' }])).toEqual(['退款'])
    expect(tellingWords('', [])).toEqual([])
  })
})
