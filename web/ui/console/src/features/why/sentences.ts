import type { Packet } from '@frontdesk/shared/api/types'

/** One sentence: a text of the catalog with what goes into it. */
export interface Sentence { key: string, with?: Record<string, string | number> }

const percent = (share: number | undefined) => Math.round((share ?? 0) * 100)

interface Term { term: string, from?: string }

/**
 * The words worth showing. Chinese is searched by single characters and pairs of them: what they cover of the question
 * together is what a person reads, not the pairs. What `known` covers is left out.
 */
export function tellingWords(question: string, terms: readonly Term[], known: readonly Term[] = [], most = 6): string[] {
  const text = question.toLowerCase()
  const covered = new Array<boolean>(text.length).fill(false)
  const mark = (word: string, value: boolean) => {
    let found = false
    for (let at = text.indexOf(word); word && at >= 0; at = text.indexOf(word, at + 1)) {
      found = true
      covered.fill(value, at, at + word.length)
    }
    return found
  }
  const others = new Set<string>() // stems and rewritten words, which do not stand in the question as they are
  for (const term of terms) if (!mark((term.from || term.term).toLowerCase(), true)) others.add(term.from || term.term)
  for (const term of known) mark((term.from || term.term).toLowerCase(), false)
  const runs: string[] = []
  for (let from = 0; from < text.length; from++) {
    if (!covered[from]) continue
    let to = from
    while (to < text.length && covered[to]) to++
    runs.push(question.slice(from, to).trim())
    from = to
  }
  return [...new Set([...runs, ...others])].filter(Boolean).slice(0, most)
}

/** What a person is told about a decision, the most important first. `reason` names a reason in words. */
export function sentencesOf(packet: Packet, titles: Readonly<Record<string, string>>, reason: (key: string) => string): Sentence[] {
  const out: Sentence[] = []
  const title = (id: string) => titles[id] ?? id
  const best = packet.candidates?.[0]
  const second = packet.candidates?.[1]
  const features = packet.features
  const asked = packet.asked?.text?.replaceAll('\n', ' ') || packet.question
  const n = percent(packet.confidence)
  const t = packet.thresholds ? percent(packet.thresholds.answer) : undefined
  if (packet.shadow) out.push({ key: 'shadow' })
  switch (packet.action) {
    case 'answer':
      if (packet.reason === 'chosen') out.push({ key: 'chosen', with: { title: title(packet.article?.id ?? '') } })
      else if (best?.exact) out.push({ key: 'exact', with: { title: title(best.article) } })
      else if (best) out.push({ key: 'sure', with: { n, t: t ?? '?', question: asked, title: title(packet.article?.id ?? best.article), variant: best.variant } })
      break
    case 'clarify':
      if (packet.parts?.length) out.push({ key: 'several', with: { parts: packet.parts.map(part => `“${part}”`).join(' + ') } })
      else if (features?.Ambiguous) out.push({ key: 'ambiguous' })
      else if (features?.Contested) out.push({ key: 'contested' })
      else if (best) out.push({ key: 'unsure', with: { n, t: t ?? '?', question: asked, title: title(best.article) } })
      else out.push({ key: 'unsureNothing', with: { n, t: t ?? '?' } })
      break
    case 'handover':
      if (packet.reason === 'no_answer' && packet.thresholds) out.push({ key: 'noAnswer', with: { n: percent(packet.answerable), t: percent(packet.thresholds.clarify) } })
      else out.push({ key: 'handover', with: { reason: reason(packet.reason) } })
      break
    default:
      out.push({ key: 'reply', with: { reason: reason(packet.reason) } })
  }
  if (packet.rewritten) out.push({ key: 'rewritten', with: { text: packet.rewritten } })
  if (packet.joined) out.push({ key: 'joined' })
  if (best && packet.action !== 'reply' && !best.exact) out.push(...aboutBest(packet))
  if (second && best && packet.action !== 'reply') out.push({ key: 'next', with: { title: title(second.article), first: points(best.score), second: points(second.score) } })
  if (packet.thresholds && t !== undefined && (packet.action === 'answer' || packet.action === 'clarify') && packet.reason !== 'chosen' && !best?.exact) out.push({ key: packet.thresholds.learnt ? 'learnt' : 'set', with: { t } })
  if (packet.rejected?.length) out.push({ key: 'rejected', with: { titles: packet.rejected.map(id => `“${title(id)}”`).join(', ') } })
  if (packet.mood === 'angry') out.push({ key: 'angry' })
  if (packet.generated) out.push({ key: 'generated', with: { what: packet.generated } })
  if (packet.cached) out.push({ key: 'cached' })
  return out
}

/** What speaks for and against the first candidate. */
function aboutBest(packet: Packet): Sentence[] {
  const out: Sentence[] = []
  const best = packet.candidates?.[0]
  const terms = packet.terms ?? []
  const question = packet.rewritten || packet.question
  const hits = tellingWords(question, terms.filter(term => term.hit))
  if (hits.length) out.push({ key: 'words', with: { words: hits.join(', ') } })
  else if (terms.length) out.push({ key: 'wordsNone' })
  const unknown = tellingWords(question, terms.filter(term => !term.known), terms.filter(term => term.known))
  if (unknown.length) out.push({ key: 'unknown', with: { words: unknown.join(', ') } })
  if (packet.features?.NumberMiss) out.push({ key: 'number' })
  if (packet.features?.Foreign) out.push({ key: 'foreign' })
  const ranks = best?.ranks
  if (ranks && ranks.dense && !ranks.lexical && hits.length) out.push({ key: 'byMeaning', with: { dense: ranks.dense } })
  else if (ranks && ranks.lexical && ranks.dense > ranks.lexical) out.push({ key: 'byWords', with: { dense: ranks.dense, lexical: ranks.lexical } })
  return out
}

/** A score as points of a hundred; an exact match stands above. */
export const points = (score: number) => Math.round(Math.min(score, 1) * 100)
