import type * as frame from '../gen/frames.ts'

/** Up to which row something has come. */
export interface Reach { delivered: number, read: number }

/** How often marks are told to the server at most, in milliseconds: many rows at once are one mark. */
export const markEveryMs = 250
// How long before a lost connection a mark may have been said in vain, in milliseconds: so long a dead one is not noticed.
const doubtMs = 120_000
// Conversations of which the own marks are kept; the oldest go first, and are known to the server.
const maxOwn = 5000

const key = (author: frame.Author | undefined) => `${author?.kind ?? ''} ${author?.id ?? ''}`
const nowhere: Reach = { delivered: 0, read: 0 }
const higher = (a: Reach, b: Reach): Reach => ({ delivered: Math.max(a.delivered, b.delivered, b.read), read: Math.max(a.read, b.read) })

/**
 * Watermarks, of this client and of the others: numbers that only rise. They
 * may be lost on the way, so the own ones are told anew at each connection.
 */
export class Marks {
  readonly #post: (mark: frame.Watermark) => void
  readonly #own = new Map<string, Reach>()
  readonly #told = new Map<string, Reach & { at: number }>()
  readonly #others = new Map<string, Map<string, Reach & { kind: string, id: string }>>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(post: (mark: frame.Watermark) => void) {
    this.#post = post
  }

  /** Notes how far this client, or its person, has come; tells whether the person has read more. */
  raise(conv: string, reach: Partial<Reach>): boolean {
    const before = this.#own.get(conv) ?? nowhere
    const next = higher(before, { ...nowhere, ...reach })
    if (next.delivered === before.delivered && next.read === before.read) return false
    this.#own.delete(conv) // to the end: the map is in the order of changes
    this.#own.set(conv, next)
    for (const oldest of this.#own.keys()) {
      if (this.#own.size <= maxOwn) break
      this.#own.delete(oldest)
      this.#told.delete(oldest)
    }
    this.#timer ??= setTimeout(() => this.flush(), markEveryMs)
    return next.read > before.read
  }

  /** Tells the server what has risen. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [conv, reach] of this.#own) {
      const told = this.#told.get(conv) ?? nowhere
      if (reach.delivered <= told.delivered && reach.read <= told.read) continue
      this.#told.set(conv, { ...reach, at: Date.now() })
      this.#post({ conv, ...(reach.delivered && { delivered: reach.delivered }), ...(reach.read && { read: reach.read }) })
    }
  }

  /** A connection has begun: what was told shortly before may have been lost. */
  again(): void {
    for (const [conv, { at }] of this.#told) if (Date.now() - at < doubtMs) this.#told.delete(conv)
    if (this.#own.size > 0) this.#timer ??= setTimeout(() => this.flush(), markEveryMs)
  }

  /** Takes another's mark; tells whether it rose. */
  heard(conv: string, author: frame.Author | undefined, reach: Partial<Reach>): boolean {
    const kind = author?.kind ?? ''
    const id = author?.id ?? ''
    const all = this.#others.get(conv) ?? new Map<string, Reach & { kind: string, id: string }>()
    this.#others.set(conv, all)
    const before = all.get(key(author)) ?? nowhere
    const next = higher(before, { delivered: reach.delivered ?? 0, read: reach.read ?? 0 })
    all.set(key(author), { ...next, kind, id })
    return next.delivered !== before.delivered || next.read !== before.read
  }

  /** How far those of a kind have come, the farthest of them; `except` is left out. */
  reached(conv: string, kind: string, except = ''): Reach {
    const marks = [...this.#others.get(conv)?.values() ?? []].filter(mark => mark.kind === kind && !(except && mark.id === except))
    return marks.reduce(higher, nowhere)
  }

  /** How far this client's person has read, here or elsewhere. */
  ownRead(conv: string, self: frame.Author): number {
    const elsewhere = this.#others.get(conv)?.get(key(self))?.read ?? 0
    return Math.max(this.#own.get(conv)?.read ?? 0, elsewhere)
  }

  /** The others' marks of a conversation that is no longer looked at are not kept. */
  release(conv: string, self: frame.Author): void {
    const own = this.#others.get(conv)?.get(key(self))
    if (own) this.#others.set(conv, new Map([[key(self), own]]))
    else this.#others.delete(conv)
  }

  /** Forgets one conversation, or everything: numbers of another log mean nothing. */
  forget(conv?: string): void {
    for (const map of [this.#own, this.#told, this.#others]) {
      if (conv === undefined) map.clear()
      else map.delete(conv)
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
