import type { RoutingReason, RoutingRejection } from '@frontdesk/shared/api/types'

type Translate = (key: string, values?: Record<string, unknown>) => string
type Known = (key: string) => boolean

/** How the pages name what the codes speak of. */
export interface Naming {
  t: Translate
  /** Whether the catalog has a key. */
  te: Known
  /** The name of a team. */
  team?: (id: string) => string
}

/** A code with its numbers, as the router gives it; what the log left out is empty. */
export type Code = Partial<RoutingReason> & { code: string }

/** A length of time in words, from seconds. */
export function duration(seconds: number, t: Translate): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('route.time.s', { n: s })
  if (s < 600 && s % 60) return t('route.time.minS', { n: Math.floor(s / 60), s: s % 60 })
  if (s < 3600) return t('route.time.min', { n: Math.floor(s / 60) })
  const minutes = Math.floor(s % 3600 / 60)
  return minutes ? t('route.time.hMin', { n: Math.floor(s / 3600), m: minutes }) : t('route.time.h', { n: Math.floor(s / 3600) })
}

/** What a language is called, in the reader's. */
export function languageName(tag: string, { t, te }: Naming): string {
  return te(`route.language.${tag}`) ? t(`route.language.${tag}`) : tag
}

/** What a strategy is called. */
export function strategyName(name: string, { t, te }: Naming): string {
  return te(`routeWhy.strategy.${name}`) ? t(`routeWhy.strategy.${name}`) : name
}

function values({ code, value = 0, of = 0, text = '' }: Code, naming: Naming): Record<string, unknown> {
  const round = Math.round(value * 10) / 10
  return { value: round, of: Math.round(of * 10) / 10, time: duration(value, naming.t), text: textOf(code, text, naming) }
}

function textOf(code: string, text: string, naming: Naming): string {
  switch (code) {
    case 'language': return languageName(text, naming)
    case 'decided': case 'outranked': return strategyName(text, naming)
    case 'team': return naming.team?.(text) || naming.t('route.aTeam')
    case 'presence': return naming.te(`account.${text || 'offline'}`) ? naming.t(`account.${text || 'offline'}`).toLowerCase() : text
    case 'channel': return naming.te(`route.channel.${text}`) ? naming.t(`route.channel.${text}`) : text
  }
  return text
}

/** Why an agent was chosen, in a few words. A code that is not known is shown as it is. */
export function reasonWords(reason: Code, naming: Naming): string {
  const key = `routeWhy.reason.${reason.code}`
  return naming.te(key) ? naming.t(key, values(reason, naming)) : reason.code
}

/** Why an agent was not chosen, in a few words. */
export function rejectionWords(rejection: Code, naming: Naming): string {
  const key = `routeWhy.reject.${rejection.code}`
  return naming.te(key) ? naming.t(key, values(rejection, naming)) : rejection.code
}

/** What the log keeps of an automatic assignment. */
export interface RoutingRecord {
  strategy: string
  reasons: Code[]
  rejected: (Code & Pick<RoutingRejection, 'name'>)[]
  counts: Record<string, number>
  candidates: number
  reserved: boolean
}

/** Reads the record of a row; undefined when it has none. */
export function recordOf(data: unknown): RoutingRecord | undefined {
  const found = isObject(data) ? data.routing : undefined
  if (!isObject(found)) return undefined
  const codes = (list: unknown) => (Array.isArray(list) ? list : []).filter(isObject).flatMap(one => typeof one.code === 'string' ? [{ ...one, code: one.code }] : [])
  return {
    strategy: typeof found.strategy === 'string' ? found.strategy : '',
    reasons: codes(found.reasons),
    rejected: codes(found.rejected).map(one => ({ ...one, name: 'name' in one ? String(one.name) : '' })),
    counts: isObject(found.counts) ? Object.fromEntries(Object.entries(found.counts).filter((pair): pair is [string, number] => typeof pair[1] === 'number')) : {},
    candidates: typeof found.candidates === 'number' ? found.candidates : 0,
    reserved: found.reserved === true,
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
